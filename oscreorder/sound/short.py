"""Short renders, which few grains make: their level is that of their grains as a whole.

`joins.Levelled` gives each moment the power of the grains that sound there.  Over a long render that comes to the power
of the sounds; in a short one it matters which grain the end cuts in half, and which sounds where another begins.
"""

import numpy as np
from numpy.typing import NDArray

from oscreorder.parameters import Settings
from oscreorder.sound import joins, steps
from oscreorder.sound.frames import Indices, Signal, compiled
from oscreorder.sound.placing import Placement
from oscreorder.sound.reading import Reader, Samples, fetch

LONGEST = 2**19
"""Samples of the longest render that counts as short: it is held as a whole."""
TOLERANCE_DB = 0.3
MOST_GAIN = 2.0
TINY = float(np.finfo(np.float32).tiny)

Pair = NDArray[np.float32]


def levelled(y: Signal, reader: Reader, placement: Placement, settings: Settings) -> Signal:
    """Return a whole render at the level of its grains, give or take `TOLERANCE_DB`.

    It is made louder only as far as it then does not exceed full scale, nor its joins are sharper than its grains (see
    `steps`).  Where nothing is joined the level is right; where grains are not one each hop, it is meant to change.

    Parameters
    ----------
    y : np.ndarray [shape=(channels, placement.length), dtype=float32]
    reader : Reader
    placement : Placement
    settings : Settings
        `win_length` and `hop_length` count.
    """
    breaks = np.flatnonzero((np.diff(placement.start) != settings.hop_length) | (np.diff(placement.sound) != 0))
    if not breaks.size or (np.diff(placement.position) != settings.hop_length).any():
        return y
    # One hop of each grain, from its middle: in the original order these tile the sounds.
    sound = placement.sound.astype(np.int64)
    middle = placement.start + settings.win_length // 2
    first = np.clip(middle, 0, reader.lengths[sound])
    size = np.clip(middle + settings.hop_length, 0, reader.lengths[sound]) - first
    power = float(np.square(y, dtype=np.float64).mean())
    wanted = _energy(reader, sound, first, size) / max(reader.channels * int(size.sum()), 1)
    if not power or not wanted:
        return y
    missing_db = 10 * np.log10(wanted / power)
    gain = 10 ** ((missing_db - np.clip(missing_db, -TOLERANCE_DB, TOLERANCE_DB)) / 20)
    if gain > 1:
        sharpness = _sharpest(reader, sound, first, size) / _sharpest_join(y, placement, breaks, settings)
        gain = max(1.0, min(gain, MOST_GAIN, 1 / float(np.abs(y).max()), float(sharpness.min())))
    return y * np.float32(gain)


def _sharpest_join(y: Signal, placement: Placement, breaks: NDArray[np.intp], settings: Settings) -> Pair:
    """Return the largest step and bend in `y` where more than one run of grains sounds."""
    size = joins.stretch_window(settings.win_length, settings.hop_length).size
    position = placement.position - (size - settings.win_length) // 2
    sounding = np.zeros(placement.length + 1, np.int64)
    np.add.at(sounding, np.clip(position[breaks + 1], 0, placement.length), 1)
    np.add.at(sounding, np.clip(position[breaks] + size, 0, placement.length), -1)
    joined = np.cumsum(sounding)[: placement.length] > 0
    found = [np.abs(np.diff(y, n))[:, joined[n:]].max(initial=TINY) for n in (1, 2)]
    return np.array(found, np.float32)


def _sharpest(reader: Reader, sound: Indices, first: Indices, size: Indices) -> Pair:
    """Return the largest step and bend in stretches, and in two samples behind each."""
    found = np.full(2, TINY, np.float32)
    size = np.minimum(size + 2, reader.lengths[sound] - first)
    long = size > 2  # noqa: PLR2004 - a bend takes three samples
    sound, first, size = sound[long], first[long], size[long]
    for part in reader.batches(slice(0, sound.size), int(size.max(initial=1))):
        samples, begin = reader.stretches(sound[part], first[part], size[part])
        found = np.maximum(found, steps.sharpest_of(samples, begin, size[part], reader.channels).max(axis=1))
    return found


def _energy(reader: Reader, sound: Indices, first: Indices, size: Indices) -> float:
    """Return the sum of the squares of stretches, over all channels."""
    total = 0.0
    for part in reader.batches(slice(0, sound.size), int(size.max(initial=1))):
        samples, begin = reader.stretches(sound[part], first[part], size[part])
        total += _sum_squares(samples, begin, size[part], reader.channels)
    return total


@compiled
def _sum_squares(samples: Samples, first: Indices, size: Indices, channels: int) -> float:
    y = np.empty((channels, np.max(size)), np.float32)
    total = 0.0
    for p in range(first.size):
        fetch(samples, first[p], y, 0, size[p])
        for c in range(channels):
            for t in range(size[p]):
                total += float(y[c, t]) * float(y[c, t])
    return total
