"""The index: which grains lie nearest to a place in a space of descriptors.

`Index` is what the rest of the house asks; `FlatIndex`, exact and in numpy, stands behind it today.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscreorder.errors import NotFoundError, ParameterError

FARTHEST = float(np.float32(1e30))
"""No coordinate lies farther out: distances stay finite in float32."""
NOBODY = -1
"""Fills the rows of `Index.query_many` that found fewer grains."""
BLOCK = 8192
"""Numbers in a block: so few that no BLAS spreads it over threads, which would wait for each other and for workers."""
GROUPS = 1024
FEW = 64
"""So many grains are looked up one by one sooner than together."""
FIRST_BLOCKS = 2
"""So many blocks are looked at first, beside those that hold enough grains: they tell which others are too far."""
FLOAT32_REACH = 1e15
"""Squares of lengths up to this are found in float32."""
TINY = 1e-35
"""More than what float32 loses where squares are too small for it."""

Points = NDArray[np.float32]
Indices = NDArray[np.intp]


class Index(Protocol):
    """Finds the nearest of the rows that it was made of; each row is the place of a grain.

    Any thread may query while another adds.
    """

    @property
    def points(self) -> Points:
        """The places of the grains, float32 (n, d), read-only."""

    def query(self, point: ArrayLike, *, k: int, radius: float = 0.0) -> tuple[Indices, Points]:
        """Return the grains nearest to a place, and how far they are; see `query_many`.

        Returns
        -------
        indices : intp ndarray [shape=(m,)]
            ``m <= k``, nearest first; grains at the same distance by their number.
        distances : float32 ndarray [shape=(m,)]
            Euclidean.
        """

    def query_many(self, points: ArrayLike, *, k: int, radius: float = 0.0) -> tuple[Indices, Points]:
        """Return for each of several places the grains nearest to it, and how far they are.

        Parameters
        ----------
        points : array [shape=(m, d)]
            Within ±1e30.
        k : int >= 1
            How many; as many as there are where it is above `n`.
        radius : float >= 0
            No grain is farther away than this, in float32; 0: no limit.

        Returns
        -------
        indices : intp ndarray [shape=(m, min(k, n))]
            Nearest first, grains at the same distance by their number; `NOBODY` where no grain is left.
        distances : float32 ndarray [shape=(m, min(k, n))]
            Euclidean; infinite where no grain is left.

        Raises
        ------
        ParameterError
            A place holds NaN, lies beyond ±1e30 or has not `d` numbers; or `k` or `radius` is out of range.
        """

    def add(self, points: ArrayLike) -> None:
        """Take more grains, numbered on from the last; ParameterError as for the constructor."""


def checked_point(point: ArrayLike, dimensions: int, *, name: str = "point") -> Points:
    """Return a place as float32 (dimensions,).

    Raises
    ------
    ParameterError
        It has another length, or a number is NaN or beyond ±1e30; the text begins with `name`.
    """
    return np.array(_numbers(point, dimensions, name=name), np.float32)


def _numbers(point: ArrayLike, dimensions: int, *, name: str = "point") -> list[float]:
    """Return the numbers of a place, of which a few are dealt with sooner one by one than as an array."""
    values = np.asarray(point, np.float64)
    if values.shape != (dimensions,):
        raise ParameterError(f"{name}: {values.size} numbers came; it takes {dimensions}, one for each dimension")
    numbers: list[float] = values.tolist()
    if not all(map(FARTHEST.__ge__, map(abs, numbers))):
        at = next(at for at, number in enumerate(numbers) if not abs(number) <= FARTHEST)
        raise ParameterError(f"{name}: number {at + 1} of {dimensions} is {numbers[at]}; it takes -1e30 to 1e30")
    return numbers


def grain_point(index: Index, grain: int) -> Points:
    """Return the place of a grain, float32 (d,).

    Raises
    ------
    NotFoundError
        There is no such grain.
    """
    n = len(index.points)
    if not 0 <= grain < n:
        known = f"the grains are 0 to {n - 1}" if n else "the corpus holds no grains"
        raise NotFoundError(f"there is no grain {grain}; {known}")
    point: Points = index.points[grain]
    return point


def unit_square(points: Points) -> Points:
    """Return a map, float32 (n, d), with each axis scaled to 0…1; where all are at the same place, 0.5."""
    if not len(points):
        return points
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    flat = span <= 0
    return np.where(flat, np.float32(0.5), (points - low) / np.where(flat, np.float32(1), span)).astype(np.float32)


class FlatIndex:
    """Exact search that looks at blocks of grains that lie together, and passes over those that are too far away.

    A k-d tree looks at few grains where the place lies among many, and at nearly all elsewhere: docs/decisions.md.

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
        table = self._table
        return _nearest(table, _numbers(point, table.points.shape[1]), k, radius)

    def query_many(self, points: ArrayLike, *, k: int, radius: float = 0.0) -> tuple[Indices, Points]:
        """Return for each of several places the grains nearest to it; see `Index.query_many`."""
        table = self._table
        rows = _checked_rows(points, table.points.shape[1])
        shape = len(rows), min(k, len(table.points))
        indices, distances = np.full(shape, NOBODY, np.intp), np.full(shape, np.inf, np.float32)
        for row, point in enumerate(rows):
            found, told = _nearest(table, point.tolist(), k, radius)
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

    `blocks`, float32 (n_blocks, d + 1, width), holds ``-2 x`` and below it ``|x|²`` of each place x: multiplied by
    (q, 1) it gives ``|x - q|² - |q|²``; behind the last place, infinity.  No x is longer than `longest`.  `rows`
    (n_blocks, width) tells the grain of each place.  The places of a block lie between its `low` and its `high`,
    float32 (n_blocks, d), and near each other, so that most blocks are too far away to be looked at.
    """

    points: Points
    rows: Indices
    blocks: Points
    low: Points
    high: Points
    longest: float


def _tabled(points: Points) -> _Table:
    n, d = points.shape
    width = min(max(BLOCK // (d + 1), 1), max(n, 1))
    n_blocks = -(-n // width)
    rows = np.zeros((n_blocks, width), np.intp)
    rows.reshape(-1)[:n] = _apart(points, width)
    if n:
        rows.reshape(-1)[n:] = rows.reshape(-1)[n - 1]
    blocks = np.empty((n_blocks, d + 1, width), np.float32)
    low, high = np.empty((2, n_blocks, d), np.float32)
    longest = 0.0
    for block, low_of, high_of, of in zip(blocks, low, high, rows, strict=True):
        places = points[of]
        squares = np.einsum("ij,ij->i", places, places, dtype=np.float64)
        longest = max(longest, squares.max())
        np.multiply(places.T, -2, out=block[:d])
        with np.errstate(over="ignore"):  # not read where it is infinite
            block[d] = squares
        low_of[:], high_of[:] = places.min(axis=0), places.max(axis=0)
    if n:
        blocks[-1, d, n - (n_blocks - 1) * width :] = np.inf
    points = points.view()
    points.flags.writeable = False
    return _Table(points, rows, blocks, low, high, math.sqrt(longest))


def _apart(points: Points, width: int) -> Indices:
    """Return all grains such that each `width` of them, one after the other, lie near each other."""
    order = np.arange(len(points))
    waiting = [order]
    while waiting:
        part = waiting.pop()
        if len(part) <= width:
            continue
        places = points[part]
        axis = places.var(axis=0, dtype=np.float64).argmax()
        cut = -(-len(part) // width) // 2 * width
        part[:] = part[np.argpartition(places[:, axis], cut)]
        waiting += [part[:cut], part[cut:]]
    return order


def _nearest(table: _Table, numbers: Sequence[float], k: int, radius: float) -> tuple[Indices, Points]:
    if k < 1:
        raise ParameterError(f"k: {k} is not allowed; it takes 1 or more")
    if not radius >= 0:
        raise ParameterError(f"radius: {radius} is not allowed; it takes 0 or more")
    vector = np.array((*numbers, 1), np.float32)
    point = vector[:-1]
    candidates = _candidates(table, vector, min(k, len(table.points)))
    apart = table.points[candidates].astype(np.float64)
    apart -= point
    squares = np.vecdot(apart, apart)
    # The candidates ascend, so that a stable sort leaves grains at the same distance in the order of their numbers.
    order = squares.argsort(kind="stable")[:k]
    distances = np.sqrt(squares[order]).astype(np.float32)
    if radius:
        within = np.searchsorted(distances, np.float32(radius), side="right")
        order, distances = order[:within], distances[:within]
    return candidates[order], distances


def _candidates(table: _Table, vector: Points, width: int) -> Indices:
    """Return, ascending, grains among which are the `width` nearest and all that are no farther than those.

    `vector` is the place and a 1.  Few and simple calls: after a rest the processor has forgotten the code of each.
    """
    n, d = table.points.shape
    point = vector[:-1]
    square = sum(number * number for number in point.tolist())
    reach = table.longest + math.sqrt(square)
    if 2 * width >= n or reach > FLOAT32_REACH:
        return np.arange(n)
    # Twice the error that d + 2 roundings to float32 can make on both sides of a comparison.
    margin = 2.0**-22 * (d + 8) * reach**2 + TINY
    beside = np.maximum(table.low, point)
    np.minimum(beside, table.high, out=beside)
    beside -= point
    squares = np.vecdot(beside, beside)
    n_blocks, _, in_block = table.blocks.shape
    enough = min(-(-width // in_block) + FIRST_BLOCKS, n_blocks)
    first = sorted(squares.argsort(kind="stable")[:enough].tolist())
    limit = _smallest(_scores(vector, table.blocks, first), width)
    near = (squares <= np.float32(limit + square + 2 * margin)).nonzero()[0].tolist()
    if 2 * len(near) > n_blocks:
        near = list(range(n_blocks))
    scores = _scores(vector, table.blocks, near)
    places = (scores <= np.float32(_smallest(scores, width) + margin)).nonzero()[0]
    if len(places) <= FEW:
        row = table.rows.item
        return np.array(sorted(row(near[place // in_block], place % in_block) for place in places.tolist()))
    found: Indices = table.rows[np.array(near)[places // in_block], places % in_block]
    found.sort()
    return found


def _scores(vector: Points, blocks: Points, which: Sequence[int]) -> Points:
    """Return the vector times each of these blocks, which ascend, float32 (which.size * width,)."""
    scores = np.empty((len(which), blocks.shape[2]), np.float32)
    # Blocks that follow each other are multiplied where they are: to copy them takes longer than to look at them.
    low = 0
    for high in range(1, len(which) + 1):
        if high == len(which) or which[high] != which[high - 1] + 1:
            np.matmul(vector, blocks[which[low] : which[high - 1] + 1], out=scores[low:high])
            low = high
    return scores.ravel()


def _smallest(scores: Points, width: int) -> float:
    """Return what is not below the `width`-th smallest of the scores, and hardly above it."""
    groups = max(GROUPS, 4 * width)
    if len(scores) >= 2 * groups:  # of the minima of groups it is found much faster
        scores = scores[: len(scores) // groups * groups].reshape(-1, groups).min(axis=0)
    return float(np.partition(scores, width - 1).item(width - 1))


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
