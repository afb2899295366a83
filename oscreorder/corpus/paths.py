"""Short paths through grains: greedy edges, 2-opt and Or-opt moves, and keeping grains apart.

A path is an array that holds each grain once.  Moves are looked for along a graph's edges, by grains in a queue:
J. L. Bentley, Fast algorithms for geometric traveling salesman problems, ORSA Journal on Computing 4, 1992.  One
thread, no chance: the same input gives the same path.
"""

import numpy as np
from numpy.typing import NDArray

from oscreorder.corpus.graphs import BLOCK, NOBODY, Graph, Path, Rows, Space, length, near, neighbour_graph
from oscreorder.sound.frames import compiled

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


@compiled
def _reverse(tour: NDArray[np.int32], place: NDArray[np.int32], first: int, last: int) -> None:
    while first < last:
        a, b = tour[first], tour[last]
        tour[first], tour[last] = b, a
        place[b], place[a] = first, last
        first += 1
        last -= 1


@compiled
def _two_opt(
    space: Space,
    neighbours: NDArray[np.int32],
    tour: NDArray[np.int32],
    place: NDArray[np.int32],
    c: int,
    side: int,
    limit: int,
) -> tuple[int, int, int, int, int]:
    """Replace the edges c-s and e-f by c-e and s-f where that is shorter; return the grains touched."""
    s = tour[place[c] + side]
    present = length(space, c, s)
    for e in neighbours[c]:
        if e == NOBODY:
            break
        gain = present - length(space, c, e)
        if gain <= space.least_gain:
            break
        f = tour[place[e] + side]
        if e == s or f == c:
            continue
        first, last = min(place[c], place[e]), max(place[c], place[e])
        if side == 1:
            first += 1
        else:
            last -= 1
        if last - first < limit and gain + length(space, e, f) - length(space, s, f) > space.least_gain:
            _reverse(tour, place, first, last)
            return e, s, f, NOBODY, NOBODY
    return NOBODY, NOBODY, NOBODY, NOBODY, NOBODY


@compiled
def _shift(
    tour: NDArray[np.int32], place: NDArray[np.int32], low: int, high: int, gap: int, sense: int, limit: int
) -> bool:
    """Move the grains at low..high between gap and gap + 1, turned where `sense` is 1, unless that is too far."""
    size = high - low
    first, last = (low, gap) if gap > high else (gap + 1, high)
    if last - first >= limit:
        return False
    _reverse(tour, place, first, last)
    if gap > high:
        low, high = last - size, last
        _reverse(tour, place, first, low - 1)
    else:
        low, high = first, first + size
        _reverse(tour, place, high + 1, last)
    if sense != 1:
        _reverse(tour, place, low, high)
    return True


@compiled
def _or_opt(
    space: Space,
    neighbours: NDArray[np.int32],
    tour: NDArray[np.int32],
    place: NDArray[np.int32],
    c: int,
    side: int,
    limit: int,
) -> tuple[int, int, int, int, int]:
    """Move one to three grains, of which `c` is the one beside s, to an edge e-f, with c beside e, where that gains."""
    n = len(space.points)
    s = tour[place[c] + side]
    for size in range(3):
        far = place[c] - side * size
        if far < 1 or far > n:
            break
        t, o = tour[far], tour[far - side]
        freed = length(space, c, s) + length(space, t, o) - length(space, s, o)
        low, high = min(far, place[c]), max(far, place[c])
        for e in neighbours[c]:
            if e == NOBODY:
                break
            gain = freed - length(space, c, e)
            if gain <= space.least_gain:
                break
            for step in (1, -1):
                at = place[e] + step
                if low <= place[e] <= high or low <= at <= high:
                    continue
                f = tour[at]
                if gain - length(space, t, f) + length(space, e, f) <= space.least_gain:
                    continue
                if _shift(tour, place, low, high, min(place[e], at), side * step, limit):
                    return e, s, f, t, o
    return NOBODY, NOBODY, NOBODY, NOBODY, NOBODY


@compiled
def _improve(space: Space, neighbours: NDArray[np.int32], order: Path, limit: int) -> Path:
    n = len(order)
    # both ends are open: index n, at distance 0 from everyone, stands before and after the path
    tour = np.full(n + 2, n, np.int32)
    tour[1 : n + 1] = order
    place = np.empty(n, np.int32)
    for at in range(1, n + 1):
        place[tour[at]] = at
    queue = tour[1 : n + 1].copy()
    waits = np.ones(n + 1, np.bool_)
    waits[n] = True  # never queued
    head, waiting = 0, n
    left = 100 * n  # rounding must not keep it running in circles
    while waiting > 0 and left > 0:
        c = queue[head]
        touched = (NOBODY, NOBODY, NOBODY, NOBODY, NOBODY)
        for side in (1, -1):
            touched = _two_opt(space, neighbours, tour, place, c, side, limit)
            if touched[0] == NOBODY:
                touched = _or_opt(space, neighbours, tour, place, c, side, limit)
            if touched[0] != NOBODY:
                break
        if touched[0] == NOBODY:
            head, waiting = (head + 1) % n, waiting - 1
            waits[c] = False
            continue
        left -= 1
        for i in touched:
            if i != NOBODY and not waits[i]:
                waits[i] = True
                queue[(head + waiting) % n] = i
                waiting += 1
    return tour[1 : n + 1].astype(np.intp)


def improve(space: Space, graph: Graph, order: Path, *, limit: int) -> Path:
    """Return `order` made shorter by 2-opt and Or-opt moves along the graph's edges, each of at most `limit` places.

    The path stays open at both ends.  A small `limit` keeps each grain near its place.
    """
    return _improve(space, graph.neighbours, order, limit) if len(order) > 1 else order


@compiled
def _keep_apart(space: Space, order: Path, first: int) -> Path:
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
        while here < n and looked < PATIENCE and _follows_too_soon(space, order, last, here, first):
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
            fits_before = not near(space, order[here], order[behind])
            if fits_before and not _follows_too_soon(space, order, previous[behind], here, first):
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
def _follows_too_soon(space: Space, order: Path, before: int, here: int, first: int) -> bool:
    """Tell whether the grain at `here` is too near to the one at `before`, where n stands for `first`."""
    if before < len(order):
        return near(space, order[before], order[here])
    return first != NOBODY and near(space, first, order[here])


def keep_apart(space: Space, order: Path, *, after: Path) -> Path:
    """Return `order` changed so that successive grains are apart where they can be.

    At each place the first grain that may sound takes its turn; the others wait until they may.  `after` holds the
    grain that sounds before, or nothing.
    """
    first = int(after[0]) if len(after) else NOBODY
    return _keep_apart(space, np.ascontiguousarray(order), first) if len(order) else order


def near_steps(space: Space, order: Path) -> int:
    """Return how many steps of a path are nearer in their sound than `min_dt_s`."""
    first, second = order[:-1], order[1:]
    apart = np.abs(space.time_s[first] - space.time_s[second]) >= space.min_dt_s
    return int(np.count_nonzero((space.sound[first] == space.sound[second]) & ~apart))


def path_steps(points: Rows, order: Path) -> Rows:
    """Return the Euclidean length of each step of a path, float32 (n - 1,)."""
    steps = np.empty(max(0, len(order) - 1), np.float32)
    for start in range(0, len(steps), BLOCK):
        part = points[order[start : start + BLOCK + 1]]
        steps[start : start + BLOCK] = np.linalg.norm(np.diff(part, axis=0), axis=1)
    return steps
