"""Orders are written here as files that other programs read: a table, JSON, or labels for Audacity."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from oscreorder.errors import ParameterError
from oscreorder.folders import shown
from oscreorder.writing import write_atomically

ORDER_SUFFIXES = (".csv", ".json", ".txt")


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A grain in sounding order.

    `position` counts from 0; `grain` is its number in the corpus, `sound` the number of its sound; `start` and
    `length` are in samples of that sound's own file; `time_s` is where its centre sounds in the render, in seconds.
    """

    position: int
    grain: int
    sound: int
    start: int
    length: int
    time_s: float


def write_order(
    path: Path,
    part: Path,
    rows: Sequence[OrderRow],
    *,
    settings: Mapping[str, int | float | str],
    sounds: Sequence[str],
    sr: int,
    overwrite: bool = False,
) -> None:
    """Write an order as ``.csv``, ``.json`` or ``.txt``.

    Parameters
    ----------
    path, part, overwrite
        As for `writing.write_sound`.
    rows : sequence of OrderRow
        In sounding order.
    settings : mapping
        What made the order, by the names of the parameter table; for ``.json``.
    sounds : sequence of str
        The paths of the corpus's sounds.
    sr : int
        The corpus's rate in Hz.

    Raises
    ------
    ParameterError
        The suffix is none of `ORDER_SUFFIXES`.
    OverwriteError, FileProblemError
        As `writing.write_atomically`.
    """
    match path.suffix.lower():
        case ".csv":
            text = _csv(rows)
        case ".json":
            text = _json(rows, settings=settings, sounds=sounds, sr=sr)
        case ".txt":
            text = _labels(rows, sounds=sounds, sr=sr)
        case _:
            raise ParameterError(f"out: {shown(path)} does not end in one of {', '.join(ORDER_SUFFIXES)}")
    write_atomically(path, part, text, overwrite=overwrite)


def _csv(rows: Sequence[OrderRow]) -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("position", "grain", "sound", "start", "length"))
    writer.writerows((row.position, row.grain, row.sound, row.start, row.length) for row in rows)
    return table.getvalue()


def _json(
    rows: Sequence[OrderRow], *, settings: Mapping[str, int | float | str], sounds: Sequence[str], sr: int
) -> str:
    """Return one object, its rows a line each."""
    head = json.dumps({"sr": sr, "sounds": list(sounds), "settings": dict(settings)}, ensure_ascii=False, indent=2)
    lines = ",\n    ".join(json.dumps(asdict(row)) for row in rows)
    return f'{head[:-2]},\n  "rows": [\n    {lines}\n  ]\n}}\n'


def _labels(rows: Sequence[OrderRow], *, sounds: Sequence[str], sr: int) -> str:
    """Return Audacity labels: each grain from half-way to the one before it, to half-way to the next."""
    if not rows:
        return ""
    centres = [row.time_s for row in rows]
    gaps = [after - before for before, after in pairwise(centres)] or [rows[0].length / sr]
    edges = [
        centres[0] - gaps[0] / 2,
        *(centre + gap / 2 for centre, gap in zip(centres, gaps, strict=False)),
        centres[-1] + gaps[-1] / 2,
    ]
    names = [" ".join(Path(sound).name.split()) for sound in sounds]
    return "".join(
        f"{max(0.0, start):.6f}\t{max(0.0, end):.6f}\t{row.grain} {names[row.sound]}\n"
        for row, (start, end) in zip(rows, pairwise(edges), strict=False)
    )
