"""Short paths through grains, compiled: neighbour graphs, greedy edges, 2-opt and Or-opt, keeping grains apart.

A path is an array that holds each grain once.  Distances are Euclidean on the rows of a `Space`; two grains of one
sound that are nearer in time than ``min_dt_s`` cost `Space.penalty` on top, more than any detour.  Everything is
single-threaded and free of chance: the same input gives the same path.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Rows = NDArray[np.float32]
Path = NDArray[np.intp]
Graph = NDArray[np.int32]

NEIGHBOURS = 10
CANDIDATES = 16
NOBODY = -1
"""Fills a graph's row that has fewer neighbours."""


class Space(NamedTuple):
    """Where the grains lie and which of them should not follow each other.

    `points` (n, d) float32; `sound` (n,) int64 and `time_s` (n,) float64 say where each grain comes from.
    """

    points: Rows
    sound: NDArray[np.int64]
    time_s: NDArray[np.float64]
    min_dt_s: float
    penalty: float
    least_gain: float


def _compiled(function: Any, **options: Any) -> Any:
    return numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def _length(space, i, j):
    """Distance of two grains; 0 where one of them is the path's open end (index n)."""
    if i == len(space.points) or j == len(space.points):
        return 0.0
    a, b = space.points[i], space.points[j]
    total = np.float32(0)
    for f in range(len(a)):
        total += (a[f] - b[f]) * (a[f] - b[f])
    if space.min_dt_s > 0 and _near(space, i, j):
        return np.sqrt(total) + space.penalty
    return np.sqrt(total) + 0.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _near(space, i, j):
    return space.sound[i] == space.sound[j] and abs(space.time_s[i] - space.time_s[j]) < space.min_dt_s - 1e-9


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _insert(graph, lengths, i, j, length):
    """Put `j` among the nearest of `i` where it belongs."""
    at = graph.shape[1]
    while at > 0 and length < lengths[i, at - 1]:
        at -= 1
        if at + 1 < graph.shape[1]:
            graph[i, at + 1], lengths[i, at + 1] = graph[i, at], lengths[i, at]
    if at < graph.shape[1]:
        graph[i, at], lengths[i, at] = j, length


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _window_graph(space, order, width, k):
    n = len(order)
    graph = np.full((n, k), NOBODY, np.int32)
    lengths = np.full((n, k), np.inf, np.float32)
    for p in range(n):
        i = order[p]
        for q in range(p + 1, min(n, p + 1 + width)):
            j = order[q]
            length = _length(space, i, j)
            if length < lengths[i, k - 1] and not (space.min_dt_s > 0 and _near(space, i, j)):
                _insert(graph, lengths, i, j, length)
                _insert(graph, lengths, j, i, length)
            elif length < lengths[j, k - 1] and not (space.min_dt_s > 0 and _near(space, i, j)):
                _insert(graph, lengths, j, i, length)
    return graph, lengths


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _refined(space, members, candidates, k):
    n = len(space.points)
    graph = np.full((n, k), NOBODY, np.int32)
    lengths = np.full((n, k), np.inf, np.float32)
    for row in range(len(members)):
        i = members[row]
        for column in range(candidates.shape[1]):
            at = candidates[row, column]
            if at == len(members):
                continue
            j = members[at]
            if j != i and not (space.min_dt_s > 0 and _near(space, i, j)):
                length = _length(space, i, j)
                if length < lengths[i, k - 1]:
                    _insert(graph, lengths, i, j, length)
    return graph, lengths


def graph(space, search, k=NEIGHBOURS, c=CANDIDATES):
    tree = cKDTree(search, leafsize=32, balanced_tree=False, compact_nodes=False)
    members = np.arange(len(search))
    out = tree.query(search, k=c + 1)[1]
    return _refined(space, members, out, k)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _root(parent, i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _match(graph, ranking, links, parent):
    """Accept edges, shortest first, where both ends are free and in different fragments; return how many."""
    k = graph.shape[1]
    taken = 0
    for at in ranking:
        i, j = at // k, graph[at // k, at % k]
        if j == NOBODY or links[i, 1] != NOBODY or links[j, 1] != NOBODY:
            continue
        a, b = _root(parent, i), _root(parent, j)
        if a == b:
            continue
        parent[a] = b
        links[i, 1 if links[i, 0] != NOBODY else 0] = j
        links[j, 1 if links[j, 0] != NOBODY else 0] = i
        taken += 1
    return taken


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _read(links):
    n = len(links)
    order = np.empty(n, np.int64)
    seen = np.zeros(n, np.bool_)
    at = 0
    for first in range(n):
        if seen[first] or links[first, 1] != NOBODY:
            continue
        last, i = -1, first
        while i != NOBODY:
            order[at] = i
            at += 1
            seen[i] = True
            nxt = links[i, 0] if links[i, 0] != last else links[i, 1]
            last, i = i, nxt
    return order


def greedy(space, search, first):
    n = len(search)
    links = np.full((n, 2), NOBODY, np.int32)
    parent = np.arange(n, dtype=np.int32)
    g, lengths = first
    rounds = []
    left = n
    while True:
        ranking = np.argsort(lengths, axis=None, kind="stable")
        ranking = ranking[: np.isfinite(lengths).sum()]
        taken = _match(g, ranking, links, parent)
        left -= taken
        rounds.append(left)
        if left <= 1 or not taken:
            break
        members = np.flatnonzero(links[:, 1] == NOBODY)
        tree = cKDTree(search[members], leafsize=32, balanced_tree=False, compact_nodes=False)
        out = tree.query(search[members], k=min(8, len(members)))[1]
        g, lengths = _refined(space, members, out, 6)
    print("rounds", rounds)
    return _read(links)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _reverse(tour, place, first, last):
    while first < last:
        a, b = tour[first], tour[last]
        tour[first], tour[last] = b, a
        place[b], place[a] = first, last
        first += 1
        last -= 1


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _two_opt(space, graph, tour, place, c, side, limit):
    s = tour[place[c] + side]
    present = _length(space, c, s)
    for column in range(graph.shape[1]):
        e = graph[c, column]
        if e == NOBODY:
            break
        gain = present - _length(space, c, e)
        if gain <= space.least_gain:
            break
        f = tour[place[e] + side]
        if e == s or f == c:
            continue
        first, last = (place[c], place[e]) if place[c] < place[e] else (place[e], place[c])
        if side == 1:
            first += 1
        else:
            last -= 1
        if last - first < limit and gain + _length(space, e, f) - _length(space, s, f) > space.least_gain:
            _reverse(tour, place, first, last)
            return e, s, f
    return NOBODY, NOBODY, NOBODY


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _or_opt(space, graph, tour, place, c, side, limit):
    n = len(space.points)
    s = tour[place[c] + side]
    for size in range(1, 4):
        far = place[c] - side * (size - 1)
        if far < 1 or far > n:
            break
        t, o = tour[far], tour[far - side]
        if s == n and o == n:
            break
        lo, hi = (far, place[c]) if side == 1 else (place[c], far)
        freed = _length(space, c, s) + _length(space, t, o) - _length(space, s, o)
        for column in range(graph.shape[1]):
            e = graph[c, column]
            if e == NOBODY:
                break
            gain = freed - _length(space, c, e)
            if gain <= space.least_gain:
                break
            p = place[e]
            if lo <= p <= hi:
                continue
            for step in (1, -1):
                q = p + step
                if lo <= q <= hi:
                    continue
                f = tour[q]
                if gain - _length(space, t, f) + _length(space, e, f) <= space.least_gain:
                    continue
                left = min(p, q)
                # the segment lo..hi goes between left and left + 1; c ends up beside e
                if left > hi:
                    moved_lo, moved_hi = lo, left
                else:
                    moved_lo, moved_hi = left + 1, hi
                if moved_hi - moved_lo >= limit:
                    continue
                c_left = side == -1  # c is at the segment's left end now
                want_left = step == 1
                flip = c_left != want_left
                # rotate: reverse the whole, then reverse the parts
                _reverse(tour, place, moved_lo, moved_hi)
                if left > hi:
                    seg_lo, seg_hi = moved_hi - (size - 1), moved_hi
                    _reverse(tour, place, moved_lo, seg_lo - 1)
                else:
                    seg_lo, seg_hi = moved_lo, moved_lo + size - 1
                    _reverse(tour, place, seg_hi + 1, moved_hi)
                if not flip:
                    _reverse(tour, place, seg_lo, seg_hi)
                return e, s, f, t, o
    return NOBODY, NOBODY, NOBODY, NOBODY, NOBODY


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _push(queue, waiting, state, i):
    n = len(queue)
    if i < n and i >= 0 and not waiting[i]:
        waiting[i] = True
        queue[(state[0] + state[1]) % n] = i
        state[1] += 1


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _improve(space, graph, order, limit):
    n = len(order)
    tour = np.empty(n + 2, np.int32)
    tour[0] = tour[n + 1] = n
    tour[1 : n + 1] = order
    place = np.empty(n, np.int32)
    place[order] = np.arange(1, n + 1)
    # index n (open end) has no place; it is never in the graph
    full = np.empty(n + 1, np.int32)
    full[:n] = place
    queue = order.astype(np.int32)
    waiting = np.ones(n, np.bool_)
    state = np.array([0, n])
    moves = 0
    while state[1] > 0:
        c = queue[state[0]]
        state[0] = (state[0] + 1) % n
        state[1] -= 1
        waiting[c] = False
        better = True
        while better:
            better = False
            for side in (1, -1):
                e, s, f = _two_opt(space, graph, tour, full, c, side, limit)
                if e != NOBODY:
                    better = True
                    for x in (s, e, f):
                        _push(queue, waiting, state, x)
                    break
                e, s, f, t, o = _or_opt(space, graph, tour, full, c, side, limit)
                if e != NOBODY:
                    better = True
                    for x in (s, e, f, t, o):
                        _push(queue, waiting, state, x)
                    break
            moves += better
    return tour[1 : n + 1].astype(np.int64), moves
