"""How loud, and how free of clicks, renders are: each kind of joins, in each order; writes the section `joins`.

    python -m benchmarks.joins
    python -m benchmarks.joins --sounds DIR     # `joins smooth` on all sounds of a folder; prints, writes nothing

Level is that of the whole render against the source's.  "Bend" is the largest second difference of the render against
the 99.99 percentile of the source's; "step" the largest first difference against the source's largest; both inside
joins, where more than one run of grains sounds.

With a folder are added, in brackets, the level against the mean power of the grains and the source's own largest bend;
and the level in the small: the errors of each 100 ms against the mean power of the grains there, 95th and 99th
percentile.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.results import ROOT, Row, provenance, write_section
from oscreorder import ArraySource, Settings, Signal, analyse, order, read_sound, render
from oscreorder.corpus.corpus import Analysis
from oscreorder.formats import SOUND_SUFFIXES

COMMAND = "python -m benchmarks.joins"
SOUNDS = ("violin.flac", "loop_tabla.flac", "speech.flac")
ORDERS = ("original", "random", "pca", "tsne", "similarity", "tour", "cluster")
FRAMINGS = ((2000, 400), (4096, 2048))
LEVEL_DB, BEND = 0.5, 1.5
ROUNDING = 1e-6


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sounds", metavar="DIR", type=Path, help="a folder of sounds")
    options = parser.parse_args()
    if options.sounds:
        _study(options.sounds)
        return
    before = provenance()
    rows = [_row(sound, joins) for sound in SOUNDS for joins in ("notebook", "smooth")]
    for row in rows:
        print(row.line, flush=True)
    write_section("joins", rows, notes=__doc__ or "", before=before)


def _row(sound: str, joins: str) -> Row:
    y, sr = read_sound(ROOT / "examples" / "sounds" / sound)
    settings = Settings(win_length=2000, hop_length=400, joins=joins)
    analysis = analyse([ArraySource(y)], sr, settings)
    told, fine = [], True
    for name in ORDERS:
        z, grains = _rendered(y, sr, analysis, settings.changed({"order": name}))
        level_db, bend, step = _figures(y, z, _joined(grains, settings, y.shape[1]))
        told.append(f"{name} {level_db:+.2f} dB, {bend:.2f}, {step:.2f}")
        fine = fine and abs(level_db) <= LEVEL_DB and bend <= BEND and step <= 1 + ROUNDING
    target = f"level within {LEVEL_DB} dB, bend at most {BEND}, step at most 1" if joins == "smooth" else ""
    figure = f"{sound}, hop 400, win 2000, joins {joins}: level, bend, step"
    return Row(figure, target, "; ".join(told), COMMAND, fine if target else None)


def _rendered(y: Signal, sr: int, analysis: Analysis, settings: Settings) -> tuple[Signal, NDArray[np.intp]]:
    ordering = order(analysis, sr, settings)
    return np.concatenate(list(render([ArraySource(y)], analysis.grains, ordering, settings)), axis=1), ordering.order


def _figures(y: Signal, z: Signal, joined: NDArray[np.bool_]) -> tuple[float, float, float]:
    level_db = _decibels(np.mean(z**2)) - _decibels(np.mean(y**2))
    usual = np.percentile(_differences(y, 2), 99.99)
    bend = _differences(z, 2)[:, joined[1:-1]].max(initial=0) / max(usual, 1e-12)
    step = _differences(z, 1)[:, joined[1:]].max(initial=0) / max(_differences(y, 1).max(), 1e-12)
    return float(level_db), float(bend), float(step)


def _differences(y: Signal, n: int) -> NDArray[np.float32]:
    return np.abs(np.diff(y, n=n, axis=1))


def _decibels(power: NDArray[np.floating] | np.floating) -> NDArray[np.float64]:
    return np.multiply(10, np.log10(np.maximum(power, 1e-20, dtype=np.float64)))


@dataclass(frozen=True, slots=True)
class _Case:
    """One render: levels in dB against the source and against its grains, the errors of small ones as percentiles."""

    sound: str
    settings: Settings
    level_db: float
    grains_db: float
    small_95_db: float
    small_99_db: float
    bend: float
    own_bend: float
    step: float
    error: float


def _study(folder: Path) -> None:
    print(provenance())
    cases = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SOUND_SUFFIXES:
            for case in _cases(path):
                print(_line(case), flush=True)
                cases.append(case)
    original = [case for case in cases if case.settings.order == "original"]
    print(f"identity: largest error {max(case.error for case in original):.1g} of {len(original)} renders")
    moved = [case for case in cases if case.settings.order != "original"]
    for name, share in _shares(moved).items():
        print(f"{name}: {100 * share:.1f} % of {len(moved)} renders")


def _cases(path: Path) -> Iterator[_Case]:
    y, sr = read_sound(path)
    if not y.any():
        return
    for win_length, hop_length in FRAMINGS:
        settings = Settings(win_length=win_length, hop_length=hop_length)
        analysis = analyse([ArraySource(y)], sr, settings)
        for name in ORDERS:
            chosen = settings.changed({"order": name})
            z, grains = _rendered(y, sr, analysis, chosen)
            level_db, bend, step = _figures(y, z, _joined(grains, chosen, y.shape[1]))
            levels_db = _levels_db(y, z, sr, analysis, chosen)
            _, own_bend, _ = _figures(y, y, np.ones(y.shape[1], bool))
            error = float(np.abs(z - y).max())
            yield _Case(path.name, chosen, level_db, *levels_db, bend, own_bend, step, error)


def _joined(grains: NDArray[np.intp], settings: Settings, length: int) -> NDArray[np.bool_]:
    """Return where more than one run of successive frames sounds, (length,)."""
    first = np.flatnonzero(np.diff(grains, prepend=-2) != 1)
    last = np.append(first[1:], grains.size) - 1
    half = settings.win_length // 2
    changes = np.zeros(length + 1, int)
    np.add.at(changes, np.clip(first * settings.hop_length - half, 0, length), 1)
    np.add.at(changes, np.clip(last * settings.hop_length + half, 0, length), -1)
    return np.cumsum(changes)[:length] > 1


def _levels_db(y: Signal, z: Signal, sr: int, analysis: Analysis, settings: Settings) -> tuple[float, float, float]:
    """Return the level against that of the grains, and the 95th and 99th percentile of its errors in 100 ms.

    What is silent does not count.
    """
    power = np.square(y).sum(axis=0, keepdims=True)
    wanted, _ = _rendered(power, sr, analysis, settings.changed({"joins": "notebook"}))
    size = min(sr // 10, y.shape[1])
    n = y.shape[1] // size * size
    grains = wanted[0, :n].reshape(-1, size).mean(axis=1)
    heard = np.square(z).sum(axis=0)[:n].reshape(-1, size).mean(axis=1)
    sounding = grains > 1e-5 * grains.max()
    errors = np.abs(_decibels(heard) - _decibels(grains))[sounding]
    whole = float(_decibels(heard.mean()) - _decibels(grains.mean()))
    return whole, float(np.percentile(errors, 95)), float(np.percentile(errors, 99))


def _shares(cases: Sequence[_Case]) -> dict[str, float]:
    """Return which share of the cases is within each limit."""
    return {
        "level within 0.5 dB (target 95 %)": _share([abs(case.level_db) <= LEVEL_DB for case in cases]),
        "level within 1 dB (target all)": _share([abs(case.level_db) <= 1 for case in cases]),
        "level within 0.5 dB of its grains": _share([abs(case.grains_db) <= LEVEL_DB for case in cases]),
        "95 % of all 100 ms within 1.5 dB": _share([case.small_95_db <= 1.5 for case in cases]),
        "99 % of all 100 ms within 3 dB": _share([case.small_99_db <= 3 for case in cases]),
        "bend at most 1.5 (target all)": _share([case.bend <= BEND for case in cases]),
        "bend at most 1.5 or the source's own": _share(
            [case.bend <= max(BEND, case.own_bend + ROUNDING) for case in cases]
        ),
        "step at most 1 (target all)": _share([case.step <= 1 + ROUNDING for case in cases]),
    }


def _share(met: Sequence[bool]) -> float:
    return float(np.mean(met))


def _line(case: _Case) -> str:
    chosen = case.settings
    return (
        f"{case.sound:22s} {chosen.win_length}/{chosen.hop_length} {chosen.order:10s} {case.level_db:+.2f} dB "
        f"({case.grains_db:+.2f}), "
        f"100 ms {case.small_95_db:.2f} {case.small_99_db:.2f} dB, "
        f"bend {case.bend:.2f} ({case.own_bend:.2f}), step {case.step:.2f}"
    )


if __name__ == "__main__":
    main()
