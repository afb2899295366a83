"""How grains that sound together are joined: the sums of them, and the level that comes of it.

`Mix` holds what all grains add up to on a stretch of the output: with weights ``v`` and grains ``x``, the sums of
``v x``, ``v``, ``v**2`` and ``(v x)**2``.  ``joins notebook`` divides the first by the second, as librosa.istft does;
grains from different places then partly cancel.  ``joins smooth`` adds runs of grains as one stretch and in phase (see
`oscreorder.sound.runs`), and restores what is lost nevertheless:

If the n stretches that sound together were one, their weighted mean would have the weighted mean T of their powers; if
they were strangers, the power P = q T, where ``q = sum(v**2) / sum(v)**2``.  The power A that it has tells where
between the two it lies: the coherence c = (A - P) / (T - P), a figure that varies slowly and is averaged over `SPAN`
samples.  The gain ``(q + c (1 - q)) ** -0.5``, common to all channels, restores T.  It follows the weights at once and
the sounds slowly, and it is 1 wherever only one stretch sounds.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oscreorder.sound.frames import Signal, compiled

CELL = 64
SPAN = 2048
FADE = 441
# Waves that cancel for long are not brought back whole: the gain would turn their dip into a step.
LEAST_COHERENCE = -0.3
MOST_GAIN = 2.0

Index = NDArray[np.int64]
Weights = NDArray[np.float32]


class Mix(NamedTuple):
    """The sums of weighted grains on a stretch of the output, a column for each sample; all float32.

    `total` (channels, n) sums ``v x``; `weight`, `weight2` and `power` (n,) sum ``v``, ``v**2`` and ``(v x)**2``, the
    last over all channels.
    """

    total: Signal
    weight: Weights
    weight2: Weights
    power: Weights

    @classmethod
    def silent(cls, channels: int, n: int) -> "Mix":
        """Return a mix of nothing."""
        return cls(np.zeros((channels, n), np.float32), *np.zeros((3, n), np.float32))

    def advance(self, n: int) -> "Mix":
        """Drop the first `n` columns, put as many empty ones behind the last, and return what was dropped."""
        dropped = Mix(*(array[..., :n].copy() for array in self))
        for array in self:
            array[..., :-n] = array[..., n:].copy()
            array[..., -n:] = 0
        return dropped


def flat_top(length: int, fade: int) -> Weights:
    """Return a window of ones with raised-cosine fades of `fade` samples, float32 (length,)."""
    shape = np.ones(length)
    shape[:fade] = np.sin(np.pi / 2 * (np.arange(fade) + 0.5) / fade) ** 2
    shape[length - fade :] = shape[:fade][::-1]
    return shape.astype(np.float32)


def frame_window(win_length: int, hop_length: int) -> Weights:
    """Return the weights, under ``joins smooth``, of a frame that has no samples beyond its window.

    As `stretch_window`, but never longer than `win_length`.
    """
    if 2 * hop_length <= win_length:
        return flat_top(win_length, win_length // 2)
    return flat_top(win_length, max(win_length - hop_length, min(FADE, win_length // 4)))


def stretch_window(win_length: int, hop_length: int) -> Weights:
    """Return the weights, under ``joins smooth``, of a grain that is a stretch of a sound; peak 1.

    A raised cosine of `win_length` samples while grains overlap by half or more.  Where they overlap less, a flat top
    between fades as long as the overlap, but not shorter than `FADE` samples (or the hop): such a grain begins a
    little before its frame and ends after it.  One each hop, the weights sum to 1 or more.
    """
    if 2 * hop_length <= win_length:
        return flat_top(win_length, win_length // 2)
    fade = max(win_length - hop_length, min(FADE, hop_length))
    return flat_top(hop_length + fade, fade)


def plain(mix: Mix) -> Signal:
    """Return the weighted mean of the grains, as librosa.istft does: undivided where the weights vanish."""
    mix.weight[mix.weight <= np.finfo(np.float32).tiny] = 1
    y: Signal = mix.total / mix.weight
    return y


def levelled(mixes: Iterable[Mix], *, floor: float) -> Iterator[Signal]:
    """Yield each mix as a signal that has the power of its grains.

    Parameters
    ----------
    mixes : iterable of Mix
        Successive stretches of the output, each a multiple of `CELL` samples and longer than half of `SPAN`.  They are
        used up.
    floor : float > 0
        Weights that sum to less than this are not made up for: there a grain fades into silence.

    Yields
    ------
    np.ndarray [shape=(channels, n), dtype=float32]
        One for each mix.
    """
    taps = np.hanning(SPAN // CELL + 3)[1:-1]
    margin = taps.size // 2 + 1
    cells = np.zeros((3, margin))
    waiting: Mix | None = None
    for mix in mixes:
        cells = np.concatenate((cells, _measure(mix, np.float32(floor))), axis=1)
        if waiting:
            yield _finished(waiting, cells, taps)
            cells = cells[:, waiting.weight.size // CELL :]
        waiting = mix
    if waiting:
        yield _finished(waiting, np.concatenate((cells, np.zeros((3, margin))), axis=1), taps)


def _finished(mix: Mix, cells: NDArray[np.float64], taps: NDArray[np.float64]) -> Signal:
    """Apply the gain to a measured mix; `cells` are its own and as many on either side as half of `taps`, and one."""
    _apply_gain(mix.total, mix.weight2, _coherence(cells, taps, mix.weight.size // CELL + 2))
    return mix.total


@compiled
def _measure(mix: Mix, floor: np.float32) -> NDArray[np.float64]:
    # Turns `total` into the weighted mean and `weight2` into q; returns A, T and P, summed over each cell.
    zero, one, least = np.float32(0), np.float32(1), np.float32(1e-30)
    cells = np.empty((3, mix.weight.size // CELL))
    scale = np.empty(CELL, np.float32)
    for j in range(cells.shape[1]):
        actual, target, strangers = zero, zero, zero
        cell = slice(j * CELL, (j + 1) * CELL)
        weight, weight2, power = mix.weight[cell], mix.weight2[cell], mix.power[cell]
        for t in range(CELL):
            scale[t] = one / max(weight[t], floor)
            fade = min(one, weight[t] / floor)
            known = weight2[t] > least
            target += power[t] / weight2[t] * (fade * fade) if known else zero
            strangers += power[t] * scale[t] * scale[t]
            weight2[t] = min(weight2[t] / (weight[t] * weight[t]), one) if known else one
        for c in range(mix.total.shape[0]):
            y = mix.total[c, cell]
            for t in range(CELL):
                y[t] *= scale[t]
                actual += y[t] * y[t]
        cells[0, j], cells[1, j], cells[2, j] = actual, target, strangers
    return cells


@compiled
def _coherence(cells: NDArray[np.float64], taps: NDArray[np.float64], n: int) -> Weights:
    out = np.empty(n, np.float32)
    for j in range(n):
        actual, target, strangers = 0.0, 0.0, 0.0
        for i in range(taps.size):
            actual += taps[i] * cells[0, j + i]
            target += taps[i] * cells[1, j + i]
            strangers += taps[i] * cells[2, j + i]
        apart = target - strangers
        # Where one stretch sounds there is nothing to tell apart, and the gain is 1 whatever the coherence.
        out[j] = min(max((actual - strangers) / apart, LEAST_COHERENCE), 1.0) if apart > 1e-4 * target else 1.0
    return out


@compiled
def _apply_gain(y: Signal, q: Weights, coherence: Weights) -> None:
    # `coherence` holds at the middle of each cell, from the one before the first to the one after the last.
    one, least = np.float32(1), np.float32(1 / MOST_GAIN**2)
    gain = np.empty(CELL, np.float32)
    for j in range(coherence.size - 1):
        low, high = max(j * CELL - CELL // 2, 0), min(j * CELL + CELL // 2, q.size)
        slope = (coherence[j + 1] - coherence[j]) / np.float32(CELL)
        first = coherence[j] + slope * np.float32(low - j * CELL + CELL // 2)
        part = q[low:high]
        for t in range(part.size):
            c = first + slope * np.float32(t)
            gain[t] = one / np.sqrt(max(part[t] + c * (one - part[t]), least * part[t]))
        for ch in range(y.shape[0]):
            row = y[ch, low:high]
            for t in range(row.size):
                row[t] *= gain[t]


@compiled
def add_grains(audio: Signal, offset: Index, column: Index, shape: Weights, weights: Weights, mix: Mix) -> None:
    """Add grains, each found in `audio` (channels, n) from its `offset` on, to a mix, from its `column` on.

    They are multiplied by `shape`; `weights` is what counts as their weight: `shape` times the window that they
    already have.
    """
    n = shape.size
    for k in range(offset.size):
        first, at = offset[k], column[k]
        weight, weight2, power = mix.weight[at : at + n], mix.weight2[at : at + n], mix.power[at : at + n]
        for u in range(n):
            weight[u] += weights[u]
            weight2[u] += weights[u] * weights[u]
        for c in range(audio.shape[0]):
            # Rows are cut from whole arrays: only then does the compiler know that they are contiguous.
            total, x = mix.total[c, at : at + n], audio[c, first : first + n]
            for u in range(n):
                part = shape[u] * x[u]
                total[u] += part
                power[u] += part * part
