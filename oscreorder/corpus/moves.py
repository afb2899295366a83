"""Moves that shorten a path: 2-opt, Or-opt, and kicks that are kept where they help.

Moves are looked for along a graph's edges, by grains in a queue: J. L. Bentley, Fast algorithms for geometric
traveling salesman problems, ORSA Journal on Computing 4, 1992.  Kicks swap neighbouring stretches, after O. Martin,
S. Otto and E. Felten, Large-step Markov chains for the traveling salesman problem, Complex Systems 5, 1991.  One
thread, the same draws each time: the same input gives the same path.

Kernels know a path as `walk`, int32 (2, n + 2): which grain is at each place, and at which place each grain is.  The
places 0 and n + 1 hold what stands before and after it: grains that stay, or the open end (index n).  `log` keeps the
turns that were made, its first row how many; `queue` the grains to look at, and whether a grain waits there.
"""

import numpy as np
from numpy.typing import NDArray

from oscreorder.corpus.graphs import NOBODY, Graph
from oscreorder.corpus.space import Path, Rows, Rule, Space, Times, length
from oscreorder.sound.frames import compiled

SPAN = 30
"""Grains of each of the two stretches that a kick swaps, at most."""
MOVES = 250
"""Moves that may follow a kick: hardly ever as many as 50 do."""
TURNS = 4
"""Turns of stretches that a move is made of, at most."""

Ints = NDArray[np.int32]
Move = tuple[float, int, int, int, int, int]
"""How much shorter the path is (0: no move was made), and the grains that have other neighbours now."""
NO_MOVE = (0.0, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY)


@compiled
def _turn(walk: Ints, log: Ints, first: int, last: int) -> None:
    """Turn the stretch from place `first` to `last` round, and note it where there is room for that."""
    if log[0, 0] + 1 < len(log):
        log[0, 0] += 1
        log[log[0, 0], 0], log[log[0, 0], 1] = first, last
    _reverse(walk, first, last)


@compiled
def _reverse(walk: Ints, first: int, last: int) -> None:
    while first < last:
        a, b = walk[0, first], walk[0, last]
        walk[0, first], walk[0, last] = b, a
        walk[1, b], walk[1, a] = first, last
        first += 1
        last -= 1


@compiled
def _two_opt(
    points: Rows,
    when: Times,
    rule: Rule,
    neighbours: Ints,
    lengths: Rows,
    walk: Ints,
    log: Ints,
    c: int,
    side: int,
    limit: int,
) -> Move:
    """Replace the edges c-s and e-f by c-e and s-f where that is shorter."""
    s = walk[0, walk[1, c] + side]
    present = length(points, when, rule, c, s)
    for column in range(neighbours.shape[1]):
        e = neighbours[c, column]
        if e == NOBODY:
            break
        gain = present - lengths[c, column]
        if gain <= rule.least_gain:
            break
        f = walk[0, walk[1, e] + side]
        if e == s or f == c:
            continue
        first, last = min(walk[1, c], walk[1, e]), max(walk[1, c], walk[1, e])
        if side == 1:
            first += 1
        else:
            last -= 1
        if last - first < limit:
            gain += length(points, when, rule, e, f) - length(points, when, rule, s, f)
            if gain > rule.least_gain:
                _turn(walk, log, first, last)
                return gain, c, e, s, f, NOBODY
    return NO_MOVE


@compiled
def _shift(walk: Ints, log: Ints, low: int, high: int, gap: int, sense: int, limit: int) -> bool:
    """Move the grains at low..high between gap and gap + 1, turned where `sense` is 1, unless that is too far."""
    size = high - low
    first, last = (low, gap) if gap > high else (gap + 1, high)
    if last - first >= limit:
        return False
    _turn(walk, log, first, last)
    if gap > high:
        low, high = last - size, last
        _turn(walk, log, first, low - 1)
    else:
        low, high = first, first + size
        _turn(walk, log, high + 1, last)
    if sense != 1:
        _turn(walk, log, low, high)
    return True


@compiled
def _or_opt(
    points: Rows,
    when: Times,
    rule: Rule,
    neighbours: Ints,
    lengths: Rows,
    walk: Ints,
    log: Ints,
    c: int,
    side: int,
    limit: int,
) -> Move:
    """Move one to three grains, of which `c` is the one beside s, to an edge e-f, with c beside e, where that gains."""
    n = walk.shape[1] - 2
    home = walk[1, c]
    s = walk[0, home + side]
    for size in range(3):
        far = home - side * size
        if far < 1 or far > n:
            break
        t, o = walk[0, far], walk[0, far - side]
        freed = length(points, when, rule, c, s) + length(points, when, rule, t, o) - length(points, when, rule, s, o)
        low, high = min(far, home), max(far, home)
        for column in range(neighbours.shape[1]):
            e = neighbours[c, column]
            if e == NOBODY:
                break
            gain = freed - lengths[c, column]
            if gain <= rule.least_gain:
                break
            for step in (1, -1):
                at = walk[1, e] + step
                if low <= walk[1, e] <= high or low <= at <= high:
                    continue
                f = walk[0, at]
                won = gain - length(points, when, rule, t, f) + length(points, when, rule, e, f)
                if won > rule.least_gain and _shift(walk, log, low, high, min(walk[1, e], at), side * step, limit):
                    return won, e, s, f, t, o
    return NO_MOVE


@compiled
def _settle(
    points: Rows,
    when: Times,
    rule: Rule,
    neighbours: Ints,
    lengths: Rows,
    walk: Ints,
    log: Ints,
    queue: Ints,
    waiting: int,
    limit: int,
) -> float:
    """Make moves around the `waiting` grains until none helps or the log is full; return how much was gained."""
    head, gained = 0, 0.0
    n = walk.shape[1] - 2
    most = MOVES if len(log) > 1 else 100 * n  # rounding must not keep it running in circles
    while waiting > 0:
        c = queue[0, head]
        move = NO_MOVE
        for side in (1, -1):
            if move[0] == 0 and most > 0:
                move = _two_opt(points, when, rule, neighbours, lengths, walk, log, c, side, limit)
            if move[0] == 0 and most > 0:
                move = _or_opt(points, when, rule, neighbours, lengths, walk, log, c, side, limit)
        if move[0] == 0:
            head, waiting = (head + 1) % n, waiting - 1
            queue[1, c] = False
            continue
        most -= 1
        gained += move[0]
        for i in move[1:]:
            if i != NOBODY and not queue[1, i]:
                queue[1, i] = True
                queue[0, (head + waiting) % n] = i
                waiting += 1
    return gained


@compiled
def _kick(
    points: Rows, when: Times, rule: Rule, walk: Ints, log: Ints, queue: Ints, first: int, middle: int, last: int
) -> tuple[float, int]:
    """Swap the stretches first..middle-1 and middle..last-1; return the gain, and how many wait in the queue now."""
    gained, waiting = 0.0, 0
    for at in (first, middle, last):
        gained += length(points, when, rule, walk[0, at - 1], walk[0, at])
        for place in (at - 1, at):
            i = walk[0, place]
            if not queue[1, i]:
                queue[1, i] = True
                queue[0, waiting] = i
                waiting += 1
    log[0, 0] = 0
    _turn(walk, log, first, middle - 1)
    _turn(walk, log, middle, last - 1)
    _turn(walk, log, first, last - 1)
    for at in (first, first + last - middle, last):
        gained -= length(points, when, rule, walk[0, at - 1], walk[0, at])
    return gained, waiting


@compiled
def _undo(walk: Ints, log: Ints) -> None:
    for turn in range(log[0, 0], 0, -1):
        _reverse(walk, log[turn, 0], log[turn, 1])


@compiled
def _improve(
    points: Rows,
    when: Times,
    rule: Rule,
    neighbours: Ints,
    lengths: Rows,
    walk: Ints,
    limit: int,
    draws: NDArray[np.int64],
) -> None:
    n = walk.shape[1] - 2
    for at in range(1, n + 1):
        walk[1, walk[0, at]] = at
    queue = np.ones((2, n + 2), np.int32)  # all wait; what stands before and after the path is never queued
    queue[0, :n] = walk[0, 1:-1]
    log = np.zeros((1, 2), np.int32)
    _settle(points, when, rule, neighbours, lengths, walk, log, queue, n, limit)
    log = np.zeros((1 + TURNS * (MOVES + 1), 2), np.int32)
    for kick in range(len(draws)):
        first = draws[kick, 0]
        middle = first + draws[kick, 1]
        last = middle + draws[kick, 2]
        if last <= n + 1:
            gained, waiting = _kick(points, when, rule, walk, log, queue, first, middle, last)
            gained += _settle(points, when, rule, neighbours, lengths, walk, log, queue, waiting, limit)
            if gained < 0:
                _undo(walk, log)


def improve(
    space: Space, graph: Graph, order: Path, *, limit: int, kicks: int = 0, ends: tuple[int, int] | None = None
) -> Path:
    """Return `order` made shorter by 2-opt and Or-opt moves along the graph's edges, each of at most `limit` places.

    A small `limit` keeps each grain near its place.  Then come `kicks`: two stretches somewhere change places, moves
    repair what that has torn, and where the path is longer than before, all is undone.

    Parameters
    ----------
    space : Space
    graph : Graph
        Of the grains of `order`, which are the first of `space`.
    order : intp ndarray [shape=(n,)]
        A permutation of ``range(n)``.
    limit : int
    kicks : int
    ends : tuple of two int, optional
        Grains n and later of `space` that stand before and after the path and stay there; by default it is open.
    """
    n = len(order)
    if n < 2:  # noqa: PLR2004 - nothing can move
        return order
    before, after = ends or (len(space.points), len(space.points))
    walk = np.zeros((2, n + 2), np.int32)
    walk[0] = np.concatenate([[before], order, [after]])
    draws = np.random.default_rng(0).integers(1, (n + 1, SPAN + 1, SPAN + 1), size=(kicks, 3))
    _improve(*space, *graph, walk, limit, draws)
    return walk[0, 1:-1].astype(np.intp)
