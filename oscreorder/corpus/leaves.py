"""Grains as the search for the nearest reads them: in leaves of grains that lie together, and in groups of leaves."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAF = 64
"""Grains in a leaf; all of one are looked at together."""
GROUP = 8
"""Leaves in a group, which are passed over together where its box is too far away."""

Points = NDArray[np.float32]
Indices = NDArray[np.intp]

Search = Callable[..., None]
"""Takes what `SEARCH` lists: the addresses of `places`, `rows`, `boxes` and `groups`, the number of leaves and of
dimensions; the address of a place (float32), a radius (negative: none) and how many are wanted; where to write the
grains found, nearest first, and behind as many as are wanted their count (int64), where their distances (float32), and
where is room for as many and `workspace` more float64.
"""
SEARCH = (
    *[ctypes.c_void_p] * 4, ctypes.c_int64, ctypes.c_int64,
    ctypes.c_void_p, ctypes.c_float, ctypes.c_int64, *[ctypes.c_void_p] * 3,
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Leaves:
    """Places in leaves, each C-contiguous.

    `places`, float32 (n_leaves, d, LEAF), holds a leaf after the other, NaN behind the last place; `rows`, int64
    (n_leaves, LEAF), the grain of each place.  The places of a leaf lie between the two rows of its box, float32
    (n_leaves, 2, d), those of each `GROUP` leaves between those of `groups`.
    """

    places: Points
    rows: NDArray[np.int64]
    boxes: Points
    groups: Points

    @property
    def workspace(self) -> int:
        """How many float64 a search needs, beside as many as are wanted."""
        return (LEAF + GROUP + len(self.groups) + 1) // 2


def in_leaves(points: Points) -> Leaves:
    """Return the leaves of places, float32 (n, d)."""
    n, d = points.shape
    n_leaves = -(-n // LEAF)
    order = _apart(points)
    rows = np.zeros((n_leaves, LEAF), np.int64)
    rows.reshape(-1)[:n] = order
    places = np.full((n_leaves * LEAF, d), np.nan, np.float32)
    places[:n] = points[order]
    places = places.reshape(n_leaves, LEAF, d)
    low, high = np.fmin.reduce(places, axis=1), np.fmax.reduce(places, axis=1)
    firsts = np.arange(0, n_leaves, GROUP)
    groups = (np.minimum.reduceat(low, firsts), np.maximum.reduceat(high, firsts)) if n else (low, high)
    return Leaves(
        np.ascontiguousarray(places.transpose(0, 2, 1)), rows, np.stack((low, high), axis=1), np.stack(groups, axis=1)
    )


def _apart(points: Points) -> Indices:
    """Return all grains such that each `LEAF` of them, one after the other, lie near each other, and so do groups."""
    order = np.arange(len(points))
    waiting = [order]
    while waiting:
        part = waiting.pop()
        if len(part) <= LEAF:
            continue
        places = points[part]
        axis = places.var(axis=0, dtype=np.float64).argmax()
        cut = -(-len(part) // LEAF) // 2 * LEAF
        part[:] = part[np.argpartition(places[:, axis], cut)]
        waiting += [part[:cut], part[cut:]]
    return order
