"""Runs: successive grains that are one stretch of their sound, added as one and in phase with what sounds already.

Grains of one run never cancel each other and, where no other run sounds, are copied to the bit.  A run begins up to
`REACH` samples earlier or later in its sound than asked, where it goes along best with what sounds already, by cross-
correlation and with a preference for staying put: so that likes reinforce each other instead of cancelling.  At the
ends of its sound, which may be in the middle of a wave, a run is faded over `EDGE` samples.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oscreorder.sound.frames import Signal, compiled
from oscreorder.sound.joins import Index, Mix, Weights

REACH = 112
EDGE = 64
PIECE = 16384
EVERY = 4
SHORTEST = 4
STAY = 0.15


class Pieces(NamedTuple):
    """Runs cut into pieces, in the order in which they begin; arrays of int64 (n,) but for `fresh`, which is bool.

    A piece lies at output samples `begin` to `end` and belongs to a run in a `sound` of `length` samples.  The run's
    grains that reach into it are `first` to `last`; `lag` is what to add to an output sample for the sample of the
    sound; `fresh` tells the piece that begins its run; from `alone_from` to `alone_to` no other run sounds.
    """

    sound: Index
    length: Index
    lag: Index
    begin: Index
    end: Index
    first: Index
    last: Index
    fresh: NDArray[np.bool_]
    alone_from: Index
    alone_to: Index

    def part(self, part: slice) -> "Pieces":
        """Return some of the pieces."""
        return Pieces._make(array[part] for array in self)


def pieces(
    sound: NDArray[np.intp], start: Index, position: Index, length: Index, *, size: int, hop_length: int
) -> Pieces:
    """Find the runs in grains of `size` samples, and cut them into pieces of `PIECE` samples and what is left.

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
    counts = 1 + np.maximum(position[last] - run_begin - 1, 0) // PIECE
    run = np.repeat(np.arange(first.size), counts)
    nth = np.arange(run.size) - np.repeat(np.cumsum(counts) - counts, counts)
    begin = run_begin[run] + nth * PIECE
    end = np.where(nth + 1 < counts[run], begin + PIECE, run_end[run])
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


@compiled
def add_pieces(
    audio: Signal, offset: Index, cut: Pieces, position: Index, shape: Weights, state: Index, origin: int, mix: Mix
) -> None:
    """Add pieces of runs to a mix whose first column is output sample `origin`.

    The audio of piece p begins at ``offset[p] + REACH`` in `audio`, with `REACH` samples more on both sides.  `shape`
    is the window of the grains, `position` where each begins.  `state` is kept from call to call: how far the present
    run is shifted, and the output sample behind all that was added.
    """
    sums = np.empty(np.max(cut.end - cut.begin), np.float32)
    for p in range(offset.size):
        begin, weights = cut.begin[p], sums[: cut.end[p] - cut.begin[p]]
        _sum_windows(weights, begin, position[cut.first[p] : cut.last[p] + 1], shape)
        if cut.fresh[p]:
            # The outer quarters of what overlaps weigh little.
            covered = max(min(weights.size, state[1] - begin, shape.size), 0)
            skipped = covered // 4
            there = _reduced(mix.total, begin - origin + skipped, covered - 2 * skipped)
            new = _reduced(audio, offset[p] + skipped, covered - 2 * skipped + 2 * REACH)
            state[0] = _best_shift(there, weights[skipped:], new)
        state[1] = max(state[1], cut.end[p])
        _fade_edges(weights, begin + cut.lag[p] + state[0], cut.length[p])
        # Any weight does where nothing else sounds; with 1 the samples come out to the bit.
        weights[max(cut.alone_from[p] - begin, 0) : max(cut.alone_to[p] - begin, 0)] = 1
        _add_weighted(audio, offset[p] + REACH + state[0], weights, mix, begin - origin)


@compiled
def _fade_edges(weights: Weights, first: int, length: int) -> None:
    # Nothing weighs beyond the ends of the sound, which are faded: a sound may end in the middle of a wave.
    for u in range(min(EDGE - first, weights.size)):
        weights[u] *= _edge(first + u)
    for u in range(max(length - EDGE - first, 0), weights.size):
        weights[u] *= _edge(length - 1 - first - u)


@compiled
def _edge(sample: int) -> np.float32:
    return np.float32(np.sin(np.pi / 2 * (sample + 0.5) / EDGE) ** 2 if sample >= 0 else 0.0)


@compiled
def _add_weighted(audio: Signal, first: int, weights: Weights, mix: Mix, column: int) -> None:
    # Rows are cut from whole arrays, here and below: only then does the compiler know that they are contiguous.
    n = weights.size
    weight, weight2, power = mix.weight[column:][:n], mix.weight2[column:][:n], mix.power[column:][:n]
    for u in range(n):
        weight[u] += weights[u]
        weight2[u] += weights[u] * weights[u]
    for c in range(audio.shape[0]):
        total, x = mix.total[c, column : column + n], audio[c, first : first + n]
        for u in range(n):
            part = weights[u] * x[u]
            total[u] += part
            power[u] += part * part


@compiled
def _sum_windows(sums: Weights, begin: int, position: Index, shape: Weights) -> None:
    for t in range(sums.size):
        sums[t] = 0
    for k in range(position.size):
        low, high = max(begin, position[k]), min(begin + sums.size, position[k] + shape.size)
        if low < high:
            part, window = sums[low - begin : high - begin], shape[low - position[k] : high - position[k]]
            for t in range(part.size):
                part[t] += window[t]


@compiled
def _best_shift(there: Weights, weights: Weights, new: Weights) -> int:
    # How far to move the new audio, which is longer by `REACH` on both sides, to go along with what is there.
    if there.size < SHORTEST:
        return 0
    for i in range(there.size):
        there[i] *= weights[i * EVERY]
    score = _similarity(there, new)
    k = int(np.argmax(score))
    shift = float(k - score.size // 2)
    if 0 < k < score.size - 1:
        bend = score[k - 1] - 2 * score[k] + score[k + 1]
        if bend < 0:
            shift += 0.5 * (score[k - 1] - score[k + 1]) / bend
    return int(np.rint(shift * EVERY))


@compiled
def _reduced(y: Signal, first: int, n: int) -> Weights:
    # The sum of the channels, and of every four samples.
    mono = np.zeros(n, np.float32)
    for c in range(y.shape[0]):
        row = y[c, first : first + n]
        for u in range(n):
            mono[u] += row[u]
    out = np.empty(n // EVERY, np.float32)
    for i in range(out.size):
        out[i] = (mono[EVERY * i] + mono[EVERY * i + 1]) + (mono[EVERY * i + 2] + mono[EVERY * i + 3])
    return out


@compiled
def _similarity(there: Weights, new: Weights) -> Weights:
    # Normalised cross-correlation for each shift, less what it costs to move.
    m, side = there.size, REACH // EVERY
    score = np.empty(2 * side + 1, np.float32)
    there_power, new_power = np.float32(1e-20), np.float32(0)
    for i in range(m):
        there_power += there[i] * there[i]
        new_power += new[i] * new[i]
    for k in range(score.size):
        x = new[k : k + m]
        product = np.float32(0)
        for i in range(m):
            product += there[i] * x[i]
        score[k] = product / np.sqrt(there_power * max(new_power, np.float32(1e-20)))
        score[k] -= np.float32(STAY) * abs(k - side) / side
        if k + m < new.size:
            new_power += new[k + m] * new[k + m] - new[k] * new[k]
    return score
