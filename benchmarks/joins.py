"""How loud, and how free of clicks, renders are: each kind of joins, in each order; writes the section `joins`.

    python -m benchmarks.joins

Level is that of the whole render against the source's.  "Bend" is the largest second difference of the render against
the 99.99 percentile of the source's; "step" the largest first difference against the source's largest.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks.results import ROOT, Row, provenance, write_section
from oscreorder import ArraySource, Settings, Signal, analyse, order, read_sound, render

COMMAND = "python -m benchmarks.joins"
SOUNDS = ("violin.flac", "loop_tabla.flac", "speech.flac")
ORDERS = ("original", "random", "pca", "tsne", "similarity", "tour", "cluster")
LEVEL_DB, BEND = 0.5, 1.5


def main() -> None:
    """Measure and write."""
    before = provenance()
    rows = [_row(sound, joins) for sound in SOUNDS for joins in ("notebook", "smooth")]
    for row in rows:
        print(row.line, flush=True)
    write_section("joins", rows, notes=__doc__ or "", before=before)


def _row(sound: str, joins: str) -> Row:
    y, sr = read_sound(ROOT / "examples" / "sounds" / sound)
    settings = Settings(win_length=2000, hop_length=400, joins=joins)
    source = ArraySource(y)
    analysis = analyse([source], sr, settings)
    told, fine = [], True
    for name in ORDERS:
        chosen = settings.changed({"order": name})
        blocks = list(render([source], analysis.grains, order(analysis, sr, chosen), chosen))
        level_db, bend, step = _figures(y, np.concatenate(blocks, axis=1))
        told.append(f"{name} {level_db:+.2f} dB, {bend:.2f}, {step:.2f}")
        if name == "original":
            continue  # the source itself
        fine = fine and abs(level_db) <= LEVEL_DB and bend <= BEND and step <= 1.0
    target = f"level within {LEVEL_DB} dB, bend at most {BEND}, step at most 1" if joins == "smooth" else ""
    figure = f"{sound}, hop 400, win 2000, joins {joins}: level, bend, step"
    return Row(figure, target, "; ".join(told), COMMAND, fine if target else None)


def _figures(y: Signal, z: Signal) -> tuple[float, float, float]:
    level_db = 20 * np.log10(np.sqrt(np.mean(z**2)) / np.sqrt(np.mean(y**2)))
    usual = np.percentile(_differences(y, 2), 99.99)
    return (
        float(level_db),
        float(_differences(z, 2).max() / usual),
        float(_differences(z, 1).max() / _differences(y, 1).max()),
    )


def _differences(y: Signal, n: int) -> NDArray[np.float32]:
    return np.abs(np.diff(y, n=n, axis=1))


if __name__ == "__main__":
    main()
