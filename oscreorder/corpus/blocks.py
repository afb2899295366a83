"""Rows a block at a time: of rows that lie in a mapped file, only one block need be in memory at once."""

import mmap
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 8192
STRETCH = 1 << 16
"""Rows of a file: the memory of a stretch is given back together, since a few scattered rows bring in nearly all."""


def blocks(n: int, *arrays: NDArray[Any]) -> Iterator[slice]:
    """Yield slices of 8,192 rows up to `n`; after each, the memory of `arrays` in mapped files is given back."""
    for start in range(0, n, BLOCK):
        yield slice(start, min(start + BLOCK, n))
        for rows in arrays:
            give_back(rows)


def give_back(rows: NDArray[Any]) -> None:
    """Let go of the memory of rows that lie in a mapped file: the file has them, and they are read when next wanted."""
    mapped = _file_of(rows)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def taken(rows: NDArray[np.float32], members: slice | NDArray[np.intp]) -> NDArray[np.float32]:
    """Return ``rows[members]``; from a mapped file they are read as they lie there, a stretch at a time."""
    if isinstance(members, slice) or _file_of(rows) is None:
        return rows[members]
    chosen = np.empty((len(members), rows.shape[1]), rows.dtype)
    ranked = np.argsort(members, kind="stable")
    for first, last in pairwise(np.searchsorted(members[ranked], range(0, len(rows) + STRETCH, STRETCH))):
        chosen[ranked[first:last]] = rows[members[ranked[first:last]]]
        give_back(rows)
    return chosen


def _file_of(rows: NDArray[Any]) -> mmap.mmap | None:
    """Return the map of the file in which `rows` lie, if what is written to them gets there."""
    base: object = rows
    shared = False
    while isinstance(base, np.ndarray):
        shared |= isinstance(base, np.memmap) and base.mode != "c"
        base = base.base
    return base if shared and isinstance(base, mmap.mmap) else None
