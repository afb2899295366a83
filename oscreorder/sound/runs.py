"""Runs: successive grains that are one stretch of their sound, added as one and in phase with what sounds already.

Grains of one run never cancel each other and, where no other run sounds, are copied to the bit.  A run begins up to
`REACH` samples earlier or later in its sound than asked, where it goes along best with what sounds already, by cross-
correlation and with a preference for staying put: so that likes reinforce each other instead of cancelling.  At the
ends of its sound, which may be in the middle of a wave, a run is faded over `EDGE` samples.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oscreorder.sound.frames import Flat, Indices, Signal, compiled
from oscreorder.sound.mixing import LANES, Mix, add_weighted
from oscreorder.sound.reading import Samples, fetch

REACH = 112
EDGE = 64
PIECE = 4096
EVERY = 4
SHORTEST = 4
STAY = 0.15
AT_ONCE = 8


class Pieces(NamedTuple):
    """Runs cut into pieces, in the order in which they begin; arrays of int64 (n,) but for `fresh`, which is bool.

    A piece lies at output samples `begin` to `end` and belongs to a run in a `sound` of `length` samples.  The run's
    grains that reach into it are `first` to `last`; `lag` is what to add to an output sample for the sample of the
    sound; `fresh` tells the piece that begins its run; from `alone_from` to `alone_to` no other run sounds.
    """

    sound: Indices
    length: Indices
    lag: Indices
    begin: Indices
    end: Indices
    first: Indices
    last: Indices
    fresh: NDArray[np.bool_]
    alone_from: Indices
    alone_to: Indices


def pieces(
    sound: NDArray[np.intp], start: Indices, position: Indices, length: Indices, *, size: int, hop_length: int
) -> Pieces:
    """Find the runs in grains of `size` samples, and cut them into pieces of `PIECE` samples, at least `size`.

    A run is made of successive grains of one sound, no more than a hop apart, and as far apart in the output as in
    the sound.  The piece that holds a run's last grain is not cut: no run that comes later begins before that grain.
    """
    lag = start - position
    joined = (np.diff(lag) == 0) & (np.diff(sound) == 0) & (np.diff(position) <= hop_length)
    first = np.flatnonzero(np.concatenate(([True], ~joined)))
    last = np.append(first[1:], sound.size) - 1
    run_begin, run_end = position[first], position[last] + size
    before = np.concatenate(([run_begin[0]], np.maximum.accumulate(run_end)[:-1]))
    after = np.append(run_begin[1:], run_end[-1])
    piece = max(PIECE, size)
    counts = 1 + np.maximum(position[last] - run_begin - 1, 0) // piece
    run = np.repeat(np.arange(first.size), counts)
    nth = np.arange(run.size) - np.repeat(np.cumsum(counts) - counts, counts)
    begin = run_begin[run] + nth * piece
    end = np.where(nth + 1 < counts[run], begin + piece, run_end[run])
    return Pieces(
        sound=sound[first][run].astype(np.int64),
        length=length[sound[first]][run],
        lag=lag[first][run],
        begin=begin,
        end=end,
        first=np.maximum(first[run], np.searchsorted(position, begin - size, side="right")),
        last=np.minimum(last[run], np.searchsorted(position, end) - 1),
        fresh=nth == 0,
        alone_from=np.maximum(before, run_begin + size // 2)[run],
        alone_to=np.minimum(after, position[last] + size // 2)[run],
    )


class _Room(NamedTuple):
    """Where `add_pieces` works; made once a call, since making arrays takes long."""

    audio: Signal
    weights: Flat
    there: Flat
    new: Flat
    score: Flat


@compiled
def add_pieces(
    samples: Samples,
    first: Indices,
    cut: Pieces,
    part: tuple[int, int],
    position: Indices,
    shape: Flat,
    state: Indices,
    origin: int,
    mix: Mix,
) -> None:
    """Add pieces of runs, from `part[0]` to before `part[1]`, to a mix whose first column is output sample `origin`.

    The audio of the nth of them begins at ``first[n] + REACH`` in `samples`, with `REACH` samples more on both sides.
    `shape` is the window of the grains, `position` where each begins.  `state` is kept from call to call: how far the
    present run is shifted, and the output sample behind all that was added.
    """
    room = _room(mix.total.shape[0], np.max(cut.end[part[0] : part[1]] - cut.begin[part[0] : part[1]]))
    for p in range(part[0], part[1]):
        begin, end, at = cut.begin[p], cut.end[p], cut.begin[p] - origin
        fetch(samples, first[p - part[0]], room.audio, 0, end - begin + 2 * REACH)
        weights = room.weights[: -(-(end - begin) // LANES) * LANES]
        _sum_windows(weights, begin, position, cut.first[p], cut.last[p], shape)
        if cut.fresh[p]:
            # The outer quarters of what overlaps weigh little.
            covered = max(min(end, state[1], begin + shape.size) - begin, 0)
            skipped = covered // 4
            state[0] = _best_shift(mix.total, at + skipped, covered - 2 * skipped, skipped, room)
        state[1] = max(state[1], end)
        _fade_edges(weights, begin + cut.lag[p] + state[0], cut.length[p])
        # Any weight does where nothing else sounds; with 1 the samples come out to the bit.
        for u in range(max(cut.alone_from[p] - begin, 0), min(cut.alone_to[p] - begin, weights.size)):
            weights[u] = 1
        for u in range(end - begin, weights.size):
            weights[u] = 0
        add_weighted(room.audio, REACH + state[0], weights, weights, mix, at)


@compiled
def _room(channels: int, longest: int) -> _Room:
    n = longest + LANES
    few = n // EVERY + 3 * LANES
    return _Room(
        np.zeros((channels, n + 2 * REACH), np.float32),
        np.zeros(n, np.float32),
        np.zeros(few, np.float32),
        np.zeros(few, np.float32),
        np.zeros(LANES, np.float32),
    )


@compiled
def _sum_windows(sums: Flat, begin: int, position: Indices, first: int, last: int, shape: Flat) -> None:
    # Unsigned places, here and below, need no look at their sign, and no slices: those are counted, which takes long.
    for t in range(np.uint64(sums.size)):
        sums[t] = 0
    for k in range(first, last + 1):
        low, high = max(begin, position[k]), min(begin + sums.size, position[k] + shape.size)
        at, since = np.uint64(low - begin), np.uint64(low - position[k])
        for t in range(np.uint64(max(high - low, 0))):
            sums[at + t] += shape[since + t]


@compiled
def _fade_edges(weights: Flat, first: int, length: int) -> None:
    # Nothing weighs beyond the ends of the sound, which are faded: a sound may end in the middle of a wave.
    for u in range(min(EDGE - first, weights.size)):
        weights[u] *= _edge(first + u)
    for u in range(max(length - EDGE - first, 0), weights.size):
        weights[u] *= _edge(length - 1 - first - u)


@compiled
def _edge(sample: int) -> np.float32:
    return np.float32(np.sin(np.pi / 2 * (sample + 0.5) / EDGE) ** 2 if sample >= 0 else 0.0)


@compiled
def _best_shift(total: Signal, column: int, n: int, skipped: int, room: _Room) -> int:
    # How far to move the new audio, which is longer by `REACH` on both sides, to go along with what is there.
    m, side = n // EVERY, REACH // EVERY
    if m < SHORTEST:
        return 0
    _reduce(total, column, room.there, m)
    _reduce(room.audio, skipped, room.new, m + 2 * side)
    for i in range(m):
        room.there[i] *= room.weights[skipped + i * EVERY]
    for i in range(m, m + AT_ONCE):
        room.there[i] = 0
    _correlate(room.there, room.new, m, room.score)
    score = room.score
    _rate(score, room.there, room.new, m)
    k = 0
    for i in range(1, 2 * side + 1):
        k = i if score[i] > score[k] else k
    shift = float(k - side)
    if 0 < k < 2 * side:
        bend = score[k - 1] - 2 * score[k] + score[k + 1]
        if bend < 0:
            shift += 0.5 * (score[k - 1] - score[k + 1]) / bend
    return int(np.rint(shift * EVERY))


@compiled
def _reduce(y: Signal, first: int, out: Flat, n: int) -> None:
    # The sum of the channels, and of every four samples.
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    for i in range(np.uint64(n)):
        out[i] = 0
    for c in range(np.uint64(y.shape[0])):
        for i in range(np.uint64(n)):
            t = np.uint64(first) + np.uint64(EVERY) * i
            out[i] += (y[c, t] + y[c, t + one]) + (y[c, t + two] + y[c, t + three])


@compiled
def _correlate(there: Flat, new: Flat, m: int, score: Flat) -> None:
    # All shifts side by side in the processor's vector lanes, several samples at a time; the last lanes are not used.
    score[:] = 0
    for i in range(0, m, AT_ONCE):
        a, b, c, d = there[i], there[i + 1], there[i + 2], there[i + 3]
        e, f, g, h = there[i + 4], there[i + 5], there[i + 6], there[i + 7]
        x = new[i : i + LANES + AT_ONCE]
        for k in range(LANES):
            left = (a * x[k] + b * x[k + 1]) + (c * x[k + 2] + d * x[k + 3])
            right = (e * x[k + 4] + f * x[k + 5]) + (g * x[k + 6] + h * x[k + 7])
            score[k] += left + right


@compiled
def _rate(score: Flat, there: Flat, new: Flat, m: int) -> None:
    # Turns products into normalised cross-correlation, less what it costs to move.
    side, least = REACH // EVERY, np.float32(1e-20)
    there_power, new_power = least, np.float32(0)
    for i in range(np.uint64(m)):
        there_power += there[i] * there[i]
        new_power += new[i] * new[i]
    powers = np.empty(LANES, np.float32)
    for k in range(2 * side):
        powers[k] = max(new_power, least)
        new_power += new[k + m] * new[k + m] - new[k] * new[k]
    powers[2 * side] = max(new_power, least)
    for k in range(2 * side + 1):
        score[k] /= np.sqrt(there_power * powers[k])
        score[k] -= np.float32(STAY / side) * np.float32(abs(k - side))
