"""Paths through grains: of the shortest edges first, and with grains kept apart in time.

A path is an array that holds each grain once.
"""

import numpy as np
from numpy.typing import NDArray

from oscreorder.corpus.blocks import blocks
from oscreorder.corpus.graphs import NOBODY, Graph, neighbour_graph, window_graph
from oscreorder.corpus.moves import improve
from oscreorder.corpus.space import Path, Rows, Rule, Space, Times, near, part_of
from oscreorder.sound.frames import compiled

PART = 1 << 15
"""Grains whose descriptors lie in memory while their path is refined."""
PATIENCE = 20_000
"""Grains looked at, or gaps tried, before a grain is left too near to the one before it."""


@compiled
def _root(parent: NDArray[np.int32], i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@compiled
def _link(
    members: Path, neighbours: NDArray[np.int32], ranking: Path, links: NDArray[np.int32], parent: NDArray[np.int32]
) -> int:
    """Accept edges where both ends are free and in different fragments; return how many were."""
    accepted = 0
    k = neighbours.shape[1]
    for edge in ranking:
        i, j = members[edge // k], neighbours[edge // k, edge % k]
        if links[i, 1] != NOBODY or links[j, 1] != NOBODY or _root(parent, i) == _root(parent, j):
            continue
        parent[_root(parent, i)] = _root(parent, j)
        links[i, 0 if links[i, 0] == NOBODY else 1] = j
        links[j, 0 if links[j, 0] == NOBODY else 1] = i
        accepted += 1
    return accepted


@compiled
def _walk(links: NDArray[np.int32]) -> Path:
    """Read the fragments off, one after the other."""
    order = np.empty(len(links), np.intp)
    seen = np.zeros(len(links), np.bool_)
    at = 0
    for end in range(len(links)):
        if seen[end] or links[end, 1] != NOBODY:
            continue
        before, i = NOBODY, end
        while i != NOBODY:
            order[at] = i
            at += 1
            seen[i] = True
            following = links[i, 1] if links[i, 0] == before else links[i, 0]
            before, i = i, following
    return order


def greedy_path(space: Space, search: Rows, graph: Graph) -> Path:
    """Return a path of the shortest edges first; the fragments' ends are matched again until one path is left.

    Where a minimal time distance leaves fragments that nothing may join, they follow each other as they come.
    """
    n = len(search)
    links = np.full((n, 2), NOBODY, np.int32)
    parent = np.arange(n, dtype=np.int32)
    members = np.arange(n)
    fragments = n
    while fragments > 1:
        edges = np.flatnonzero(np.isfinite(graph.lengths))
        ranking = edges[np.argsort(graph.lengths.ravel()[edges], kind="stable")]
        accepted = _link(members, graph.neighbours, ranking, links, parent)
        fragments -= accepted
        if not accepted:
            break
        members = np.flatnonzero(links[:, 1] == NOBODY)
        graph = neighbour_graph(space, search, members=members)
    return _walk(links)


def refined(space: Space, path: Path, *, limit: int, part: int = PART) -> Path:
    """Return `path` made shorter by moves of at most `limit` places, `part` grains at a time."""
    path = path.copy()
    for start in range(0, len(path), part):
        inside = path[start : start + part]
        n = len(inside)
        before, after = path[max(start - 1, 0) : start], path[start + n : start + n + 1]
        local = part_of(space, np.concatenate([inside, before, after]))
        nobody = len(local.points)
        ends = n if len(before) else nobody, n + len(before) if len(after) else nobody
        graph = window_graph(local, np.arange(n), width=limit)
        path[start : start + n] = inside[improve(local, graph, np.arange(n), limit=limit, ends=ends)]
    return path


@compiled
def _keep_apart(when: Times, rule: Rule, order: Path, first: int) -> Path:
    """Keep grains apart; `first` is the grain before them, or `NOBODY`.

    Places in `order` make two linked lists, n being the end of both: those that wait, and, backwards, those that
    sound.
    """
    n = len(order)
    waiting = np.arange(1, n + 2)
    waiting[n] = 0
    previous = np.full(n, n)
    last = n
    while waiting[n] < n:
        before, here, looked = n, waiting[n], 0
        while here < n and looked < PATIENCE and _follows_too_soon(when, rule, order, last, here, first):
            before, here, looked = here, waiting[here], looked + 1
        if here == n or looked == PATIENCE:
            break
        waiting[before] = waiting[here]
        previous[here] = last
        last = here
    # those that may not follow the last one go to the nearest gap before it where they fit, or else to the end
    here, end = waiting[n], last
    while here < n:
        behind, looked = last, 0
        while behind < n and looked < PATIENCE:
            fits_before = not near(when, rule, order[here], order[behind])
            if fits_before and not _follows_too_soon(when, rule, order, previous[behind], here, first):
                break
            behind, looked = previous[behind], looked + 1
        if behind < n and looked < PATIENCE:
            previous[here] = previous[behind]
            previous[behind] = here
        else:
            previous[here] = end
            end = here
        here = waiting[here]
    path = np.empty(n, np.intp)
    for at in range(n - 1, -1, -1):
        path[at] = order[end]
        end = previous[end]
    return path


@compiled
def _follows_too_soon(when: Times, rule: Rule, order: Path, before: int, here: int, first: int) -> bool:
    """Tell whether the grain at `here` is too near to the one at `before`, where n stands for `first`."""
    if before < len(order):
        return near(when, rule, order[before], order[here])
    return first != NOBODY and near(when, rule, first, order[here])


def keep_apart(space: Space, order: Path, *, after: Path) -> Path:
    """Return `order` changed so that successive grains are apart where they can be.

    At each place the first grain that may sound takes its turn; the others wait until they may.  `after` holds the
    grain that sounds before, or nothing.
    """
    first = int(after[0]) if len(after) else NOBODY
    return _keep_apart(space.when, space.rule, np.ascontiguousarray(order), first) if len(order) else order


def near_steps(space: Space, order: Path) -> int:
    """Return how many steps of a path are nearer in their sound than `min_dt_s`."""
    return int(np.count_nonzero(np.abs(np.diff(space.when[order])) < space.rule.min_dt))


def path_steps(points: Rows, order: Path) -> Rows:
    """Return the Euclidean length of each step of a path, float32 (n - 1,)."""
    steps = np.empty(max(0, len(order) - 1), np.float32)
    for block in blocks(len(steps)):
        part = points[order[block.start : block.stop + 1]]
        steps[block] = np.linalg.norm(np.diff(part, axis=0), axis=1)
    return steps
