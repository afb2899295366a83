"""How grains that sound together are joined: the sums of them, and the level that comes of it.

A `mixing.Mix` holds what all grains add up to on a stretch of the output: with weights ``v`` and grains ``x``, the
sums of ``v x``, ``v``, ``v**2`` and ``(v x)**2``.  ``joins notebook`` divides the first by the second, as
librosa.istft does; grains from different places then partly cancel.  ``joins smooth`` adds runs of grains as one
stretch and in phase (see `oscreorder.sound.runs`), and restores what is lost nevertheless:

If the n stretches that sound together were one, their weighted mean would have the weighted mean T of their powers; if
they were strangers, the power P = q T, where ``q = sum(v**2) / sum(v)**2``.  The power A that it has tells where
between the two it lies: the coherence c = (A - P) / (T - P), a figure that varies slowly and is averaged over `SPAN`
samples.  The gain ``(q + c (1 - q)) ** -0.5``, common to all channels, restores T.  It follows the weights at once and
the sounds slowly, and it is 1 wherever only one stretch sounds.
"""

import numpy as np
from numpy.typing import NDArray

from oscreorder.sound.frames import Flat, Signal, compiled
from oscreorder.sound.mixing import Mix

CELL = 64
SPAN = 2048
AHEAD = SPAN // 2 + CELL
FADE = 441
# Waves that cancel for long are not brought back whole: the gain would turn their dip into a step.
LEAST_COHERENCE = -0.3
MOST_GAIN = 2.0

Sums = NDArray[np.float64]


def flat_top(length: int, fade: int) -> Flat:
    """Return a window of ones with raised-cosine fades of `fade` samples, float32 (length,)."""
    shape = np.ones(length)
    shape[:fade] = np.sin(np.pi / 2 * (np.arange(fade) + 0.5) / fade) ** 2
    shape[length - fade :] = shape[:fade][::-1]
    return shape.astype(np.float32)


def frame_window(win_length: int, hop_length: int) -> Flat:
    """Return the weights, under ``joins smooth``, of a frame that has no samples beyond its window.

    As `stretch_window`, but never longer than `win_length`.
    """
    if 2 * hop_length <= win_length:
        return flat_top(win_length, win_length // 2)
    return flat_top(win_length, max(win_length - hop_length, min(FADE, win_length // 4)))


def stretch_window(win_length: int, hop_length: int) -> Flat:
    """Return the weights, under ``joins smooth``, of a grain that is a stretch of a sound; peak 1.

    A raised cosine of `win_length` samples while grains overlap by half or more.  Where they overlap less, a flat top
    between fades as long as the overlap, but not shorter than `FADE` samples (or the hop): such a grain begins a
    little before its frame and ends after it.  One each hop, the weights sum to 1 or more.
    """
    if 2 * hop_length <= win_length:
        return flat_top(win_length, win_length // 2)
    fade = max(win_length - hop_length, min(FADE, hop_length))
    return flat_top(hop_length + fade, fade)


def plain(mix: Mix, n: int) -> Signal:
    """Return the weighted mean of the grains on `n` columns, as librosa.istft does: undivided where weights vanish."""
    weight = mix.weight[:n]
    divisor: Flat = np.where(weight <= np.finfo(np.float32).tiny, np.float32(1), weight)
    return mix.total[:, :n] / divisor


class Levelled:
    """Gives a mix the power of its grains, block by block.

    Parameters
    ----------
    floor : float > 0
        Weights that sum to less than this are not made up for: there a grain fades into silence.
    """

    def __init__(self, floor: float) -> None:
        self._floor = np.float32(floor)
        self._taps: Sums = np.hanning(SPAN // CELL + 3)[1:-1]
        self._cells: Sums = np.zeros((3, 2 * AHEAD // CELL))

    def __call__(self, mix: Mix, n: int) -> Signal:
        """Return the next `n` columns of a mix, which is complete for `AHEAD` more; `n` is a multiple of `CELL`.

        The `AHEAD` columns before the first block must have been silent.
        """
        cells = np.empty((3, (n + 2 * AHEAD) // CELL))
        known = self._cells.shape[1]
        cells[:, :known] = self._cells
        _measure(mix, AHEAD, self._floor, cells[0, known:], cells[1, known:], cells[2, known:])
        self._cells = cells[:, n // CELL :]
        y: Signal = np.empty((mix.total.shape[0], n), np.float32)
        _finish(mix, _coherence(cells, self._taps), self._floor, y)
        return y


@compiled
def _measure(mix: Mix, column: int, floor: np.float32, actual: Sums, target: Sums, strangers: Sums) -> None:
    # A, T and P, summed over each cell from `column` on.
    least, most = np.float32(1e-30), np.float32(1) / floor**2
    scale = np.empty(CELL, np.float32)
    # Unsigned places need no look at their sign, which would keep the sums from running side by side.
    for j in range(np.uint64(actual.size)):
        first = np.uint64(column) + j * np.uint64(CELL)
        a, t, p = np.float32(0), np.float32(0), np.float32(0)
        for u in range(np.uint64(CELL)):
            weight, power = mix.weight[first + u], mix.power[first + u]
            large, faded = max(weight, floor), min(weight, floor)
            scale[u] = np.float32(1) / (large * large)
            p += power * scale[u]
            t += power / max(mix.weight2[first + u], least) * (faded * faded * most)
        for c in range(np.uint64(mix.total.shape[0])):
            for u in range(np.uint64(CELL)):
                a += mix.total[c, first + u] * mix.total[c, first + u] * scale[u]
        actual[j], target[j], strangers[j] = a, t, p


@compiled
def _coherence(cells: NDArray[np.float64], taps: Sums) -> Sums:
    # From the cell before the first that is finished to the one after the last.
    n = cells.shape[1] - taps.size + 1
    sums = np.zeros((3, n))
    for k in range(3):
        for i in range(taps.size):
            total, part = sums[k], cells[k, i : i + n]
            for j in range(n):
                total[j] += taps[i] * part[j]
    out = np.empty(n)
    for j in range(n):
        actual, target, strangers = sums[0, j], sums[1, j], sums[2, j]
        apart = target - strangers
        # Where one stretch sounds there is nothing to tell apart, and the gain is 1 whatever the coherence.
        out[j] = min(max((actual - strangers) / apart, LEAST_COHERENCE), 1.0) if apart > 1e-4 * target else 1.0
    return out


@compiled
def _finish(mix: Mix, coherence: Sums, floor: np.float32, out: Signal) -> None:
    # `coherence` holds at the middle of each cell, from the one before the first to the one after the last.
    n, half = out.shape[1], CELL // 2
    gain = np.empty(n, np.float32)
    for j in range(n // half):
        before = (j + 1) // 2
        slope = np.float32((coherence[before + 1] - coherence[before]) / CELL)
        first = np.float32(coherence[before]) + slope * np.float32((j + 1) % 2 * half)
        for u in range(half):
            gain[j * half + u] = first + slope * np.float32(u)
    _turn_to_gain(gain, mix.weight[:n], mix.weight2[:n], floor)
    for c in range(out.shape[0]):
        _multiply(mix.total[c, :n], gain, out[c])


@compiled
def _turn_to_gain(coherence: Flat, weight: Flat, weight2: Flat, floor: np.float32) -> None:
    zero, one, tiny, least = np.float32(0), np.float32(1), np.float32(1e-30), np.float32(1 / MOST_GAIN**2)
    per = one / floor
    for u in range(coherence.size):
        w, w2 = weight[u], weight2[u]
        power = max(w2 + coherence[u] * max(w * w - w2, zero), least * w2, tiny)
        coherence[u] = min(one, w * per) / np.sqrt(power)


@compiled
def _multiply(y: Flat, gain: Flat, out: Flat) -> None:
    for u in range(out.size):
        out[u] = y[u] * gain[u]
