"""The index: which grains lie nearest to a place in a space of descriptors.

`Index` is what the rest of the house asks; `FlatIndex`, exact, stands behind it today.
"""

import ctypes
import functools
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from oscreorder.corpus.leaves import Indices, Leaves, Points, Search, in_leaves
from oscreorder.errors import NotFoundError, ParameterError

FARTHEST = float(np.float32(1e30))
"""No coordinate lies farther out: distances stay finite in float32."""
NOBODY = -1
"""Fills the rows of `Index.query_many` that found fewer grains."""
_COUNT = struct.Struct("=q")
MOST = 1024
"""Of more neighbours than that it is quicker to look at every grain."""


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


def _numbers(point: ArrayLike, dimensions: int, *, name: str = "point") -> Sequence[float]:
    """Return the numbers of a place, of which a few are dealt with sooner one by one than as an array."""
    if isinstance(point, tuple) and len(point) == dimensions and {float}.issuperset(map(type, point)):
        numbers: Sequence[float] = point  # as a question brings them
    else:
        values = np.asarray(point, np.float64)
        if values.shape != (dimensions,):
            raise ParameterError(f"{name}: {values.size} numbers came; it takes {dimensions}, one for each dimension")
        numbers = values.tolist()
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
    """Exact search that passes over the grains whose box is too far away: docs/decisions.md has what it takes.

    Parameters
    ----------
    points : array [shape=(n, d)]
        The places of the grains; n may be 0.
    search : Search
        The compiled search; by default it is compiled in this process.

    Raises
    ------
    ParameterError
        `points` has not two dimensions, or a row holds NaN or a number beyond ±1e30.
    """

    def __init__(self, points: ArrayLike, *, search: Search | None = None) -> None:
        self._search = search or _compiled()
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
        numbers = _numbers(point, d)
        most = min(k, n)
        if not 0 < most <= MOST:
            return _of_all(table.points, np.array(numbers, np.float32), k, radius)
        kind, place, found, distances, workspace = _paper(d, most, table.leaves.workspace)
        paper = kind()
        place.pack_into(paper, 0, *numbers)
        at = ctypes.addressof(paper)
        self._search(*table.leaves_at, at, radius or -1.0, most, at + found, at + distances, at + workspace)
        (count,) = _COUNT.unpack_from(paper, found + most * _COUNT.size)
        return np.frombuffer(paper, np.intp, count, found), np.frombuffer(paper, np.float32, count, distances)

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
    """Places, their leaves, and where these lie in memory, as a `Search` takes it."""

    points: Points
    leaves: Leaves
    leaves_at: tuple[int, ...]


def _tabled(points: Points) -> _Table:
    leaves = in_leaves(points)
    arrays = (leaves.places, leaves.rows, leaves.boxes, leaves.groups)
    points = points.view()
    points.flags.writeable = False
    return _Table(points, leaves, (*(array.ctypes.data for array in arrays), len(leaves.rows), points.shape[1]))


@functools.lru_cache(maxsize=64)
def _paper(d: int, most: int, beside: int) -> tuple[Callable[[], Any], struct.Struct, int, int, int]:
    """Return room for one search of its own, how its place is written, and where the results and the workspace lie."""
    place = struct.Struct(f"={d}f")
    found = -(-place.size // 8) * 8
    workspace = found + 8 * (most + 1)
    distances = workspace + 8 * (most + beside)
    return ctypes.c_char * (distances + 4 * most), place, found, distances, workspace


def _compiled() -> Search:
    # Not for whoever brings a search: to import numba takes a second.
    from oscreorder.corpus.nearest import compiled  # noqa: PLC0415

    return compiled()


def _of_all(points: Points, point: Points, k: int, radius: float) -> tuple[Indices, Points]:
    """Look at every grain."""
    apart = points.astype(np.float64)
    apart -= point
    squares = np.vecdot(apart, apart)
    order = np.arange(len(squares))
    if k < len(squares):
        order = np.flatnonzero(squares <= np.partition(squares, k - 1)[k - 1])
    # A stable sort leaves grains at the same distance in the order of their numbers.
    order = order[squares[order].argsort(kind="stable")][:k]
    distances = np.sqrt(squares[order]).astype(np.float32)
    if radius:
        within = np.searchsorted(distances, np.float32(radius), side="right")
        order, distances = order[:within], distances[:within]
    return order, distances


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
