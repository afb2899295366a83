"""Which of the grains around a place sounds: the nearest, or by chance, and none again too soon."""

import math
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from itertools import accumulate
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from oscreorder.corpus.neighbours import Index

Choice = Literal["nearest", "random", "urn", "weighted"]

MIN_REACH = 64
"""So many neighbours are looked up at least: they cost hardly more than one, and are soon needed."""
MAX_REACH = 4096
"""How many neighbours are looked at for one that has not sounded within ``repeat_s``."""
ROUNDING_S = 1e-9


class Nearby:
    """The grains around a place, nearest first, looked up only as far out as needed.

    Parameters
    ----------
    index : Index
    point : array [shape=(d,)]
    radius : float >= 0
        None is farther away; 0: no limit.

    Attributes
    ----------
    grains : list of int
        Those looked up so far.
    distances : list of float
    """

    def __init__(self, index: Index, point: ArrayLike, *, radius: float) -> None:
        self._index = index
        self._point = point
        self._radius = radius
        self._asked = 0
        self.grains: list[int] = []
        self.distances: list[float] = []

    def reach(self, k: int) -> bool:
        """Look up the `k` nearest at least; return whether that gave more grains than before."""
        before = len(self.grains)
        if k <= self._asked or before < self._asked:  # they are here, or there are no more
            return False
        k = max(k, MIN_REACH)
        indices, distances = self._index.query(self._point, k=k, radius=self._radius)
        self.grains, self.distances, self._asked = indices.tolist(), distances.tolist(), k
        return len(self.grains) > before


class Chooser:
    """Chooses among the grains around a place; it remembers what sounded.

    Parameters
    ----------
    seed : int >= 0
        Of the choices by chance.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._recent: OrderedDict[int, float] = OrderedDict()
        self._drawn: set[int] = set()

    def choose(
        self,
        nearby: Nearby,
        at_s: float,
        *,
        k: int,
        choose: Choice,
        repeat_s: float,
        apart_from: int | None = None,
    ) -> int:
        """Return the rank of the grain that sounds at `at_s`; later calls have later times.

        The choice is among the `k` nearest.  A grain that sounded less than `repeat_s` ago does not return: where
        that leaves none of the `k`, the nearest beyond them sounds, and where it leaves none of the `MAX_REACH`
        nearest, the one that has been silent longest.  In the urn, each of the `k` sounds once before any returns.

        Parameters
        ----------
        nearby : Nearby
            At least one grain, and looked up as far as `k` grains beside `apart_from`.
        apart_from : int, optional
            The grain that was chosen last: it sounds only where there is no other.
        """
        self._forget(at_s - repeat_s)
        pool = [rank for rank, grain in enumerate(nearby.grains[: k + 1]) if grain != apart_from][:k]
        free = [rank for rank in pool if nearby.grains[rank] not in self._recent]
        left = self._left(pool, free, nearby.grains) if choose == "urn" else free
        rank = self._pick(left, pool, nearby.distances, choose) if left else self._beyond(nearby, pool)
        if rank is None:
            rank = self._pick(free, pool, nearby.distances, choose) if free else self._longest_silent(nearby)
        self._remember(nearby.grains[rank], at_s, urn=choose == "urn")
        return rank

    def _forget(self, before_s: float) -> None:
        while self._recent and next(iter(self._recent.values())) <= before_s + ROUNDING_S:
            self._recent.popitem(last=False)

    def _remember(self, grain: int, at_s: float, *, urn: bool) -> None:
        self._recent[grain] = at_s
        self._recent.move_to_end(grain)
        if urn:
            self._drawn.add(grain)

    def _left(self, pool: Sequence[int], free: Sequence[int], grains: Sequence[int]) -> list[int]:
        """Return which of `free` the urn still holds; it is filled again when all of `pool` were drawn."""
        self._drawn.intersection_update(grains[rank] for rank in pool)
        if len(self._drawn) == len(pool):
            self._drawn.clear()
        return [rank for rank in free if grains[rank] not in self._drawn]

    def _pick(self, ranks: Sequence[int], pool: Sequence[int], distances: Sequence[float], choose: Choice) -> int:
        """Return one of `ranks`, of which there is at least one."""
        match choose:
            case "nearest":
                return ranks[0]
            case "weighted":
                return _weighted(ranks, pool, distances, self._random.random())
            case "random" | "urn":
                return ranks[int(self._random.random() * len(ranks))]

    def _beyond(self, nearby: Nearby, pool: Sequence[int]) -> int | None:
        """Return the nearest rank after `pool` whose grain did not sound too recently, or None."""
        start = pool[-1] + 1 if pool else 0
        while True:
            for rank in range(start, len(nearby.grains)):
                if nearby.grains[rank] not in self._recent:
                    return rank
            start = len(nearby.grains)
            if start >= MAX_REACH or not nearby.reach(min(8 * start, MAX_REACH)):
                return None

    def _longest_silent(self, nearby: Nearby) -> int:
        silent_since = [self._recent.get(grain, -math.inf) for grain in nearby.grains]
        return silent_since.index(min(silent_since))


def _weighted(ranks: Sequence[int], pool: Sequence[int], distances: Sequence[float], chance: float) -> int:
    """Return one of `ranks`: a grain as far away as `pool` is on average is e times rarer than one at the place."""
    scale = math.fsum(distances[rank] for rank in pool) / len(pool) or 1.0
    edges = list(accumulate(math.exp(-distances[rank] / scale) for rank in ranks))
    return ranks[min(bisect_right(edges, chance * edges[-1]), len(ranks) - 1)]
