"""Exact search for the nearest grains, compiled: leaves of grains that lie together, in groups of leaves.

In float32 it is found what may be near, with a margin that is larger than any error; what is, in float64.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscreorder.corpus.neighbours import FARTHEST, NOBODY, Indices, Points, checked_point
from oscreorder.errors import ParameterError

LEAF = 64
"""Grains in a leaf; all of one are looked at together."""
GROUP = 16
"""Leaves in a group, which are passed over together where its box is too far away."""
MOST = 1024
"""Of more neighbours than that it is quicker to look at every grain."""
NOT_A_PLACE = -1
ROUNDING = 2.0**-23
"""Twice what is lost, at most, of a number that is rounded to float32."""
TINY = np.float32(1e-35)
"""More than what float32 loses where squares are too small for it."""

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
LeafRows = NDArray[np.int64]
_Function = TypeVar("_Function", bound=Callable[..., Any])


def _fast(function: _Function) -> _Function:
    """Compile what works in float32 and may be off a little: sums are re-associated."""
    compiler = numba.njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
    return cast("_Function", compiler(function))


def _exact(function: _Function) -> _Function:
    """Compile what sums in one order."""
    return cast("_Function", numba.njit(cache=True, error_model="numpy")(function))


def _entry(function: _Function) -> _Function:
    """Compile, when this module is imported and not when the first question comes, what is called from outside.

    The interpreter's lock is kept: to get it back could take longer than a search.
    """
    boxes = leaves = "float32[:, :, ::1]"
    arguments = f"{leaves}, int64[:, ::1], {boxes}, {boxes}, float64[::1], float32, int64[::1], float32[::1]"
    compiler = numba.njit(f"int64({arguments})", cache=True, error_model="numpy")
    return cast("_Function", compiler(function))


class FlatIndex:
    """Exact search that passes over the grains whose box is too far away: docs/decisions.md has what it takes.

    Parameters
    ----------
    points : array [shape=(n, d)]
        The places of the grains; n may be 0.

    Raises
    ------
    ParameterError
        `points` has not two dimensions, or a row holds NaN or a number beyond ±1e30.
    """

    def __init__(self, points: ArrayLike) -> None:
        self._table = _tabled(_checked_rows(points))

    @property
    def points(self) -> Points:
        """The places of the grains, float32 (n, d), read-only."""
        return self._table.points

    def query(self, point: ArrayLike, *, k: int, radius: float = 0.0) -> tuple[Indices, Points]:
        """Return the grains nearest to a place, and how far they are; see `Index.query`."""
        if k < 1:
            raise ParameterError(f"k: {k} is not allowed; it takes 1 or more")
        if not radius >= 0:
            raise ParameterError(f"radius: {radius} is not allowed; it takes 0 or more")
        table = self._table
        n, d = table.points.shape
        place = np.asarray(point, np.float64, order="C")
        k = min(k, n)
        if k > MOST or place.shape != (d,):
            return _of_all(table.points, checked_point(point, d), k, radius)
        found, distances = np.empty(k, np.int64), np.empty(k, np.float32)
        count = _nearest(table.places, table.rows, table.boxes, table.groups, place, radius, found, distances)
        if count == NOT_A_PLACE:
            checked_point(point, d)
        return (found, distances) if count == k else (found[:count], distances[:count])

    def query_many(self, points: ArrayLike, *, k: int, radius: float = 0.0) -> tuple[Indices, Points]:
        """Return for each of several places the grains nearest to it; see `Index.query_many`."""
        n, d = self._table.points.shape
        rows = _checked_rows(points, d)
        shape = len(rows), min(k, n)
        indices, distances = np.full(shape, NOBODY, np.intp), np.full(shape, np.inf, np.float32)
        for row, point in enumerate(rows):
            found, told = self.query(point, k=k, radius=radius)
            indices[row, : len(found)], distances[row, : len(found)] = found, told
        return indices, distances

    def add(self, points: ArrayLike) -> None:
        """Take more grains, numbered on from the last."""
        rows = _checked_rows(points, self.points.shape[1])
        # One assignment: a thread that queries sees the old table or the new one.
        self._table = _tabled(np.concatenate((self.points, rows)))


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Places as the search reads them.

    `places`, float32 (n_leaves, d, LEAF), holds a leaf after the other, NaN behind the last place; `rows`, int64
    (n_leaves, LEAF), the grain of each place.  The places of a leaf lie between the two rows of its box, float32
    (n_leaves, 2, d), those of each `GROUP` leaves between those of `groups`.
    """

    points: Points
    places: Points
    rows: NDArray[np.int64]
    boxes: Points
    groups: Points


def _tabled(points: Points) -> _Table:
    n, d = points.shape
    n_leaves = -(-n // LEAF)
    order = _apart(points)
    rows = np.zeros((n_leaves, LEAF), np.int64)
    rows.reshape(-1)[:n] = order
    places = np.full((n_leaves * LEAF, d), np.nan, np.float32)
    places[:n] = points[order]
    places = places.reshape(n_leaves, LEAF, d)
    boxes = np.stack((np.fmin.reduce(places, axis=1), np.fmax.reduce(places, axis=1)), axis=1)
    firsts = np.arange(0, n_leaves, GROUP)
    groups = (
        np.stack((np.minimum.reduceat(boxes[:, 0], firsts), np.maximum.reduceat(boxes[:, 1], firsts)), axis=1)
        if n
        else boxes
    )
    points = points.view()
    points.flags.writeable = False
    return _Table(points, np.ascontiguousarray(places.transpose(0, 2, 1)), rows, boxes, groups)


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


def _of_all(points: Points, point: Points, k: int, radius: float) -> tuple[Indices, Points]:
    """Look at every grain."""
    apart = points.astype(np.float64)
    apart -= point
    squares = np.einsum("ij,ij->i", apart, apart)
    # A stable sort leaves grains at the same distance in the order of their numbers.
    order = np.argsort(squares, kind="stable")[:k]
    distances = np.sqrt(squares[order]).astype(np.float32)
    if radius:
        within = np.searchsorted(distances, np.float32(radius), side="right")
        order, distances = order[:within], distances[:within]
    return order, distances


@_fast
def _to_box(boxes: Points, box: int, point: Points) -> Any:
    """Return the squared distance from a place to a box."""
    square = np.float32(0)
    for j in range(len(point)):
        apart = max(max(boxes[box, 0, j] - point[j], point[j] - boxes[box, 1, j]), np.float32(0))  # noqa: PLW3301 - numba
        square += apart * apart
    return square


@_fast
def _to_leaf(places: Points, leaf: int, point: Points, squares: Points) -> None:
    """Write the squared distances from a place to those of a leaf."""
    for i in range(LEAF):
        squares[i] = 0
    for j in range(len(point)):
        for i in range(LEAF):
            apart = places[leaf, j, i] - point[j]
            squares[i] += apart * apart


@_exact
def _to_place(places: Points, leaf: int, i: int, point: Points) -> float:
    """Return the squared distance between two places."""
    square = 0.0
    for j in range(len(point)):
        apart = np.float64(places[leaf, j, i]) - np.float64(point[j])
        square += apart * apart
    return square


@_exact
def _closest(boxes: Points, first: int, last: int, point: Points) -> int:
    """Return which box from `first` to `last` is nearest."""
    best, least = first, np.float32(np.inf)
    for box in range(first, last):
        square = _to_box(boxes, box, point)
        if square < least:
            best, least = box, square
    return best


@_exact
def _insert(found: Rows, nearest: Floats, count: int, row: int, square: float) -> int:
    """Put a grain among those that are nearest, unless these are enough and nearer; return how many there are now."""
    most = len(found)
    if count == most and (nearest[most - 1], found[most - 1]) < (square, row):
        return count
    at = min(count, most - 1)
    while at > 0 and (nearest[at - 1], found[at - 1]) > (square, row):
        nearest[at], found[at] = nearest[at - 1], found[at - 1]
        at -= 1
    nearest[at], found[at] = square, row
    return min(count + 1, most)


@_exact
def _search(places: Points, rows: LeafRows, boxes: Points, groups: Points, point: Points, found: Rows) -> Floats:
    """Find as many grains as `found` holds, or all; return how far they are, squared, infinite where there is none."""
    most, n_leaves, n_groups = len(found), len(places), len(groups)
    nearest, squares = np.full(most, np.inf), np.empty(LEAF, np.float32)
    # No sum of squares in float32 is off by more than a part of itself, on either side of a comparison.
    slack, count = np.float32(1 + (len(point) + 8) * ROUNDING), 0
    limit: Any = np.float32(np.inf)
    best = _closest(groups, 0, n_groups, point)
    first = _closest(boxes, best * GROUP, min(best * GROUP + GROUP, n_leaves), point)
    for turn in range(-1, n_groups):
        group = (best + max(turn, 0)) % n_groups
        if turn > 0 and _to_box(groups, group, point) > limit:
            continue
        start = first if turn < 0 else group * GROUP
        for leaf in range(start, start + 1 if turn < 0 else min(start + GROUP, n_leaves)):
            if turn >= 0 and (leaf == first or _to_box(boxes, leaf, point) > limit):
                continue
            _to_leaf(places, leaf, point, squares)
            for i in range(LEAF):
                if squares[i] <= limit:
                    count = _insert(found, nearest, count, rows[leaf, i], _to_place(places, leaf, i, point))
                    limit = np.float32(nearest[most - 1]) * slack + TINY
    return nearest


@_entry
def _nearest(
    places: Points, rows: LeafRows, boxes: Points, groups: Points, place: Floats, radius: float,
    found: Rows, distances: Points,
) -> int:  # fmt: skip
    """Find as many grains as `found` holds, no farther than `radius` where it is not 0; return how many there are."""
    point = np.empty(len(place), np.float32)
    for j in range(len(place)):
        if not abs(place[j]) <= FARTHEST:
            return NOT_A_PLACE
        point[j] = place[j]
    if not len(found):
        return 0
    nearest = _search(places, rows, boxes, groups, point, found)
    for rank in range(len(found)):
        distances[rank] = math.sqrt(nearest[rank])
        if radius and distances[rank] > radius:
            return rank
    return len(found)


def _checked_rows(points: ArrayLike, dimensions: int | None = None) -> Points:
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as that
        rows = np.ascontiguousarray(points, np.float32)
    if rows.ndim != 2 or rows.shape[1] != (dimensions or rows.shape[1]):  # noqa: PLR2004 - rows and columns
        raise ParameterError(f"points: shape {rows.shape} came; it takes (n, {dimensions or 'd'})")
    inside = (np.abs(rows) <= FARTHEST).all(axis=1)
    if not inside.all():
        at = int(inside.argmin())
        raise ParameterError(f"points: row {at} holds NaN or a number beyond 1e30")
    return rows
