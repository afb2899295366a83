"""Who lies near whom: graphs of neighbours.

A graph gives each grain its nearest others, nearest first.  What compiled code does here runs in one thread and is
free of chance: the same input gives the same graph.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oscreorder.corpus.space import Path, Progress, Rows, Rule, Space, Times, length, read_only
from oscreorder.sound.frames import compiled

NEIGHBOURS = 10
"""Edges that a graph offers for each grain."""
ALL = 1024
"""Up to as many grains all meet."""
TREES, LEAF = 4, 48
"""Beyond, how often they are split into leaves, and how many a leaf holds at least."""
FOLLOWING = 4
"""Grains that follow each other so closely are likely neighbours."""
SAMPLE = 256
"""Grains among which those that have too few neighbours look on."""
NOBODY = -1
"""Fills the graph's row of a grain that has fewer neighbours."""


class Graph(NamedTuple):
    """The neighbours of each grain, int32 (n, k), nearest first, and how far they are, float32 (n, k)."""

    neighbours: NDArray[np.int32]
    lengths: Rows


@compiled
def _insert(neighbours: NDArray[np.int32], lengths: Rows, row: int, j: int, distance: float) -> None:
    """Put grain `j`, which is nearer than the last one, among the neighbours in a row, but not twice."""
    at = lengths.shape[1] - 1
    if _knows(neighbours, row, j):
        return
    while at > 0 and distance < lengths[row, at - 1]:
        neighbours[row, at] = neighbours[row, at - 1]
        lengths[row, at] = lengths[row, at - 1]
        at -= 1
    neighbours[row, at] = j
    lengths[row, at] = distance


@compiled
def _knows(neighbours: NDArray[np.int32], row: int, j: int) -> bool:
    known = False
    for column in range(neighbours.shape[1]):
        known |= neighbours[row, column] == j
    return known


@compiled
def _meet(
    points: Rows,
    when: Times,
    rule: Rule,
    members: Path,
    neighbours: NDArray[np.int32],
    lengths: Rows,
    a: int,
    b: int,
) -> None:
    """Offer the members `a` and `b` to each other."""
    distance = length(points, when, rule, members[a], members[b])
    last = lengths.shape[1] - 1
    if distance < min(lengths[a, last], rule.penalty):
        _insert(neighbours, lengths, a, members[b], distance)
    if distance < min(lengths[b, last], rule.penalty):
        _insert(neighbours, lengths, b, members[a], distance)


@compiled
def _meet_in_rows(
    points: Rows,
    when: Times,
    rule: Rule,
    members: Path,
    neighbours: NDArray[np.int32],
    lengths: Rows,
    rows: Path,
    bounds: Path,
    width: int,
) -> None:
    """Let those meet that lie between the same two bounds of `rows` and at most `width` places apart."""
    for part in range(len(bounds) - 1):
        for first in range(bounds[part], bounds[part + 1]):
            for second in range(first + 1, min(bounds[part + 1], first + 1 + width)):
                _meet(points, when, rule, members, neighbours, lengths, rows[first], rows[second])


@compiled
def _meet_friends(
    points: Rows,
    when: Times,
    rule: Rule,
    members: Path,
    neighbours: NDArray[np.int32],
    lengths: Rows,
    rows: Path,
    rank: NDArray[np.int32],
) -> None:
    """Let each member meet the neighbours of its neighbours; `rank` finds the graph's row of a grain."""
    for a in rows:
        for column in range(neighbours.shape[1]):
            friend = neighbours[a, column]
            if friend == NOBODY:
                break
            for far in range(min(NEIGHBOURS, neighbours.shape[1])):
                other = neighbours[rank[friend], far]
                if other == NOBODY:
                    break
                if other != members[a] and not _knows(neighbours, a, other):
                    _meet(points, when, rule, members, neighbours, lengths, a, rank[other])


@compiled
def _fill_short(
    points: Rows,
    when: Times,
    rule: Rule,
    members: Path,
    neighbours: NDArray[np.int32],
    lengths: Rows,
    sample: Path,
) -> None:
    """Let members that have too few neighbours meet a sample."""
    for a in range(len(members)):
        if neighbours[a, -1] == NOBODY:
            for b in sample:
                if a != b:
                    _meet(points, when, rule, members, neighbours, lengths, a, b)


def _empty_graph(n: int, k: int) -> Graph:
    return Graph(np.full((n, k), NOBODY, np.int32), np.full((n, k), np.inf, np.float32))


def window_graph(space: Space, order: Path, *, width: int, count: int = NEIGHBOURS) -> Graph:
    """Return the graph of the `count` nearest among those at most `width` places away in `order`: linear time."""
    n = len(order)
    graph = _empty_graph(n, count)
    _meet_in_rows(*space, _everybody(n), *graph, order, np.array([0, n]), width)
    return graph


def _everybody(n: int) -> Path:
    return read_only(np.arange(n), np.intp)


@compiled
def _halve(search: Rows, rows: Path, half: int, first: float, second: float) -> None:
    """Permute `rows` so that the lower `half` of them, along a line through two of them, come first."""
    n = len(rows)
    line = search[rows[int(first * n)]] - search[rows[int(second * n)]]
    along = np.zeros(n, np.float32)
    for at in range(n):
        for feature in range(len(line)):
            along[at] += search[rows[at], feature] * line[feature]
    median = np.partition(along, half)[half]
    ties = half - np.count_nonzero(along < median)  # so many of those at the median go with the lower half
    apart = np.empty(n, np.intp)
    lower, upper = 0, half
    for at in range(n):
        tied = along[at] == median and ties > 0
        ties -= tied
        if tied or along[at] < median:
            apart[lower] = rows[at]
            lower += 1
        else:
            apart[upper] = rows[at]
            upper += 1
    rows[:] = apart


@compiled
def _grow(search: Rows, rows: Path, bounds: Path, draws: NDArray[np.float64]) -> None:
    """Permute `rows` into leaves, given by their bounds: all are halved, then the halves, and so on."""
    size = len(bounds) - 1
    node = 0
    while size > 1:
        for leaf in range(0, len(bounds) - 1, size):
            low, middle, high = bounds[leaf], bounds[leaf + size // 2], bounds[leaf + size]
            _halve(search, rows[low:high], middle - low, draws[node, 0], draws[node, 1])
            node += 1
        size //= 2


def _leaf_bounds(n: int, fewest: int) -> Path:
    """Return the bounds of a power of two of leaves, of `fewest` to twice as many rows where there are so many."""
    leaves = 1 << max(0, (n // fewest).bit_length() - 1) if n > ALL else 1
    return np.arange(leaves + 1) * n // leaves


def neighbour_graph(
    space: Space,
    search: Rows,
    *,
    members: Path | None = None,
    count: int = NEIGHBOURS,
    progress: Progress | None = None,
) -> Graph:
    """Return the graph of the `count` nearest among `members` (all grains), one row for each member.

    Up to 1,024 members all meet.  More are split into leaves of alike ones, several times, along random lines in
    `search` (n, few): those in a leaf meet, those that follow each other, and then the neighbours of neighbours.  That
    finds about nine in ten of the true neighbours, in a time nearly proportional to their number.  The distance in
    `space` decides.  With a minimal time distance a row that stays short is filled from a regular sample.
    """
    n = len(search) if members is None else len(members)
    members = _everybody(n) if members is None else read_only(members, np.intp)
    search = read_only(search if n == len(search) else search[members], np.float32)
    graph = _empty_graph(n, count)
    bounds = _leaf_bounds(n, max(LEAF, 2 * count))
    rows = np.arange(n)
    _meet_in_rows(*space, members, *graph, rows, np.array([0, n]), FOLLOWING)
    rng = np.random.default_rng(0)
    trees = TREES if len(bounds) > 2 else 1  # noqa: PLR2004 - one leaf holds them all
    for tree in range(trees):
        _grow(search, rows, bounds, rng.random((len(bounds), 2)))
        _meet_in_rows(*space, members, *graph, rows, bounds, n)
        if progress:
            progress((tree + 1) / (trees + 2))
    if trees > 1:
        rank = np.full(len(space.points), NOBODY, np.int32)
        rank[members] = np.arange(n)
        _meet_friends(*space, members, *graph, rows, rank)
    if space.rule.min_dt:
        _fill_short(*space, members, *graph, np.arange(0, n, 1 + n // SAMPLE))
    if progress:
        progress(1.0)
    return graph
