"""The index: which grains lie nearest to a place in a space of descriptors.

`Index` is what the rest of the house asks; `FlatIndex`, exact and compiled, stands behind it today.  It has a room of
its own, since the compiler takes a while to import.
"""

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscreorder.errors import NotFoundError, ParameterError

FARTHEST = np.float32(1e30)
"""No coordinate lies farther out: distances stay finite in float32."""
NOBODY = -1
"""Fills the rows of `Index.query_many` that found fewer grains."""

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
    values = np.asarray(point, np.float64)
    if values.shape != (dimensions,):
        raise ParameterError(f"{name}: {values.size} numbers came; it takes {dimensions}, one for each dimension")
    if not np.abs(values).max(initial=0) <= FARTHEST:
        at = int((np.abs(values) <= FARTHEST).argmin())
        raise ParameterError(f"{name}: number {at + 1} of {dimensions} is {values[at]}; it takes -1e30 to 1e30")
    return values.astype(np.float32)


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
