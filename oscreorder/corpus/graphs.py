"""Who lies near whom: the space that grains lie in, and graphs of neighbours.

A graph gives each grain its nearest others, nearest first.  What compiled code does here runs in one thread and is
free of chance: the same input gives the same graph.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oscreorder.sound.frames import compiled

Rows = NDArray[np.float32]
Path = NDArray[np.intp]
Progress = Callable[[float], None]

NEIGHBOURS = 10
"""Edges that a graph offers for each grain."""
CANDIDATES = 24
"""Grains near in the search space among which the neighbours in all descriptors are looked for."""
LOOSE = 1.0
"""The tree may pass over grains up to 1 + LOOSE times nearer: 4 times faster, and the tours are as short."""
MOST_CANDIDATES = 256
BLOCK = 8192
NOBODY = -1
"""Fills the graph's row of a grain that has fewer neighbours."""


class Space(NamedTuple):
    """Where grains lie, and which of them should not follow each other.

    `points` (n, d) float32; `sound` (n,) int64 and `time_s` (n,) float64 tell where each grain comes from.  Two grains
    of one sound that are less than `min_dt_s` apart cost `penalty` on top of their distance: more than any detour.
    A change of a path counts from `least_gain` on.
    """

    points: Rows
    sound: NDArray[np.int64]
    time_s: NDArray[np.float64]
    min_dt_s: float
    penalty: float
    least_gain: float


class Graph(NamedTuple):
    """The neighbours of each grain, int32 (n, k), nearest first, and how far they are, float32 (n, k)."""

    neighbours: NDArray[np.int32]
    lengths: Rows


def make_space(points: Rows, sound: NDArray[Any], time_s: NDArray[Any], *, min_dt_s: float = 0.0) -> Space:
    """Return the space of these grains; its penalty is four times the diagonal of the box around `points`."""
    extent = points.max(axis=0) - points.min(axis=0) if len(points) else np.zeros(0)
    diagonal = float(np.linalg.norm(extent.astype(np.float64)))
    return Space(
        points=read_only(points, np.float32),
        sound=read_only(sound, np.int64),
        time_s=read_only(time_s, np.float64),
        # times are sums of rounded numbers: a nanosecond is not a difference
        min_dt_s=max(0.0, min_dt_s - 1e-9),
        penalty=4 * diagonal + 1,
        least_gain=1e-6 * diagonal,
    )


def part_of(space: Space, members: slice | Path) -> Space:
    """Return the space of some of its grains."""
    return space._replace(
        points=read_only(space.points[members], np.float32),
        sound=read_only(space.sound[members], np.int64),
        time_s=read_only(space.time_s[members], np.float64),
    )


def read_only(values: NDArray[Any], dtype: type) -> NDArray[Any]:
    """Return a view for the kernels; they would be compiled twice if some arrays were read-only and others not."""
    view = np.ascontiguousarray(values, dtype).view(np.ndarray)
    view.flags.writeable = False
    return view


@compiled
def near(space: Space, i: int, j: int) -> bool:
    """Tell whether two grains are nearer in their sound than `min_dt_s`."""
    return bool(space.sound[i] == space.sound[j] and abs(space.time_s[i] - space.time_s[j]) < space.min_dt_s)


@compiled
def length(space: Space, i: int, j: int) -> float:
    """Distance of two grains; 0 where one of them is the open end of the path (index n)."""
    if i == len(space.points) or j == len(space.points):
        return 0.0
    a, b = space.points[i], space.points[j]
    total = np.float32(0)
    for feature in range(len(a)):
        total += (a[feature] - b[feature]) * (a[feature] - b[feature])
    if space.min_dt_s > 0 and near(space, i, j):
        return float(np.sqrt(total)) + space.penalty
    return float(np.sqrt(total))


@compiled
def _offer(space: Space, graph: Graph, row: int, i: int, j: int) -> None:
    """Put grain `j` among the neighbours of grain `i`, whose row this is, where it belongs, but not twice."""
    if i == j or near(space, i, j):
        return
    _insert(graph, row, j, length(space, i, j))


@compiled
def _insert(graph: Graph, row: int, j: int, distance: float) -> None:
    k = graph.lengths.shape[1]
    if distance >= graph.lengths[row, k - 1]:
        return
    for column in range(k):
        if graph.neighbours[row, column] == j:
            return
    at = k - 1
    while at > 0 and distance < graph.lengths[row, at - 1]:
        graph.neighbours[row, at] = graph.neighbours[row, at - 1]
        graph.lengths[row, at] = graph.lengths[row, at - 1]
        at -= 1
    graph.neighbours[row, at] = j
    graph.lengths[row, at] = distance


def _empty_graph(n: int, k: int) -> Graph:
    return Graph(np.full((n, k), NOBODY, np.int32), np.full((n, k), np.inf, np.float32))


@compiled
def _fill_window(space: Space, order: Path, width: int, graph: Graph) -> None:
    for first in range(len(order)):
        for second in range(first + 1, min(len(order), first + 1 + width)):
            i, j = order[first], order[second]
            distance = length(space, i, j)
            if distance < space.penalty:
                _insert(graph, i, j, distance)
                _insert(graph, j, i, distance)


def window_graph(space: Space, order: Path, *, width: int, count: int = NEIGHBOURS) -> Graph:
    """Return the graph of the `count` nearest among those at most `width` places away in `order`: linear time."""
    graph = _empty_graph(len(order), count)
    _fill_window(space, order, width, graph)
    return graph


class _Places(NamedTuple):
    """Grains by their place: those of place p are ``rows[starts[p]:starts[p + 1]]``; silence may be thousands.

    The places are sorted by their first coordinate.
    """

    rows: Path
    starts: Path


def _places(points: Rows) -> _Places:
    rows = np.argsort(points[:, 0], kind="stable")
    unlike = (points[rows[1:]] != points[rows[:-1]]).any(axis=1)
    return _Places(rows, np.concatenate([[0], 1 + np.flatnonzero(unlike), [len(rows)]]))


@compiled
def _fill(space: Space, members: Path, places: _Places, block: Path, found: NDArray[np.intp], graph: Graph) -> None:
    """Fill the rows of the grains that lie at the places of a block, from the places found near those."""
    rows, starts = places.rows, places.starts
    most = graph.lengths.shape[1] + 1
    for at in range(len(block)):
        for position in range(starts[block[at]], starts[block[at] + 1]):
            i = members[rows[position]]
            for place in found[at]:
                if place == len(starts) - 1:
                    break
                # of a crowd, some, spread over it, and not the same ones for everybody
                size = starts[place + 1] - starts[place]
                offset = position - starts[block[at]]
                for turn in range(min(size, most)):
                    other = starts[place] + (offset + turn * max(1, size // most)) % size
                    _offer(space, graph, rows[position], i, members[rows[other]])
            # in a row along the first coordinate, so that even a crowd hangs together
            _offer(space, graph, rows[position], i, members[rows[min(position + 1, len(rows) - 1)]])


@compiled
def _fill_short(space: Space, members: Path, sample: Path, graph: Graph) -> None:
    """Fill the rows that have too few neighbours from a sample of grains."""
    for row in range(len(members)):
        if graph.neighbours[row, -1] == NOBODY:
            for j in sample:
                _offer(space, graph, row, members[row], j)


def _candidates(space: Space, members: Path, count: int) -> int:
    """Return how many near grains to look at: with a minimal time distance, the time neighbours come on top."""
    candidates = max(CANDIDATES, count + count // 4)
    if not space.min_dt_s:
        return candidates
    steps = np.diff(space.time_s[members])
    step = float(np.median(steps[steps > 0])) if (steps > 0).any() else space.min_dt_s
    return candidates + int(min(MOST_CANDIDATES, 2 * space.min_dt_s / step))


def neighbour_graph(
    space: Space,
    search: Rows,
    *,
    members: Path | None = None,
    count: int = NEIGHBOURS,
    progress: Progress | None = None,
) -> Graph:
    """Return the graph of the `count` nearest among `members` (all grains), one row for each member.

    A tree on the rows of `search` (n, few) gives candidates, their distance in `space` decides.  With a minimal time
    distance a row that stays short is filled from a regular sample of the members.
    """
    members = np.arange(len(search)) if members is None else members
    places = _places(search[members])
    points = search[members[places.rows[places.starts[:-1]]]]
    tree = cKDTree(points, leafsize=32, balanced_tree=False, compact_nodes=False)
    ranks = np.arange(1, min(len(points), _candidates(space, members, count) + 1) + 1)
    graph = _empty_graph(len(members), count)
    for start in range(0, len(points), BLOCK):
        # in the order of the leaves, so that each query finds in the cache what the last one left there
        block = np.asarray(tree.indices[start : start + BLOCK], np.intp)
        found = tree.query(points[block], k=ranks, eps=LOOSE)[1]
        _fill(space, members, places, block, found, graph)
        if progress:
            progress(min(1.0, (start + BLOCK) / len(points)))
    if space.min_dt_s:
        _fill_short(space, members, members[:: 1 + len(members) // MOST_CANDIDATES], graph)
    return graph
