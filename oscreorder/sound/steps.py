"""Steps and bends: where a join would be sharper than the sounds are, it is made a little quieter.

A step is the difference of neighbouring samples, a bend that of neighbouring steps.  Grains that add up where each is
at its steepest, with a gain that holds on average, can be sharper together than any of them: heard as a click.
"""

import numpy as np
from numpy.typing import NDArray

from oscreorder.sound.frames import Flat, Indices, Signal, compiled
from oscreorder.sound.reading import Samples, fetch

CELL = 64
REACH = 512
LEAST = 0.7

_LANES = 256


def sharpest(y: Signal) -> Flat:
    """Return the largest step and the largest bend in `y` (channels, n), float32 (2,)."""
    found = np.zeros((2, _LANES), np.float32)
    _sharpest(y, 0, y.shape[1], found)
    largest: Flat = found.max(axis=1)
    return largest


def of_fades(y: Signal, length: int) -> Flat:
    """Return the largest step and bend that fades of `length` samples may make of the slowest wave as loud as `y`."""
    return (float(np.abs(y).max()) * np.array([np.pi, np.pi**2 / length]) / max(length, 1)).astype(np.float32)


@compiled
def sharpest_of(samples: Samples, first: Indices, size: Indices, channels: int) -> NDArray[np.float32]:
    """Return the largest step and the largest bend in stretches of `samples`, in columns of float32 (2, n)."""
    found = np.zeros((2, _LANES), np.float32)
    y = np.empty((channels, np.max(size)), np.float32)
    for p in range(first.size):
        fetch(samples, first[p], y, 0, size[p])
        _sharpest(y, 0, size[p], found)
    return found


@compiled
def soften(y: Signal, limit: Flat) -> None:
    """Make `y` quieter, in place, around each cell whose steps or bends exceed the `limit`; to `LEAST` at most.

    The first and the last cell stay, so that what comes before and after fits.
    """
    found = np.empty((2, _LANES), np.float32)
    for low in range(CELL, y.shape[1] - 2 * CELL + 1, CELL):
        found[:] = 0
        _sharpest(y, low - 2, CELL + 2, found)
        excess = max(np.max(found[0]) / limit[0], np.max(found[1]) / limit[1])
        if excess > 1:
            _dip(y, low, min(REACH, low), min(REACH, y.shape[1] - low - CELL), max(1 / excess, LEAST))


@compiled
def _dip(y: Signal, low: int, before: int, after: int, factor: float) -> None:
    # Slowly down to the factor, along the cell, and slowly back.
    for t in range(-before, CELL + after):
        apart = -t / (before + 1) if t < 0 else max(t - CELL + 1, 0) / (after + 1)
        gain = np.float32(1 - (1 - factor) * np.cos(np.pi / 2 * apart) ** 2)
        for c in range(y.shape[0]):
            y[c, low + t] *= gain


@compiled
def _sharpest(y: Signal, first: int, n: int, found: Flat) -> None:
    # Side by side in the processor's vector lanes; places are unsigned: they need no look at their sign.
    one, two, steps, bends = np.uint64(1), np.uint64(2), found[0], found[1]
    for c in range(np.uint64(y.shape[0])):
        for block in range((n - 2) // _LANES):
            at = np.uint64(first + block * _LANES)
            for k in range(np.uint64(_LANES)):
                before, after = y[c, at + k + one] - y[c, at + k], y[c, at + k + two] - y[c, at + k + one]
                steps[k] = max(steps[k], abs(before))
                bends[k] = max(bends[k], abs(after - before))
        for t in range(first + (n - 2) // _LANES * _LANES, first + n - 2):
            before, after = y[c, t + 1] - y[c, t], y[c, t + 2] - y[c, t + 1]
            steps[0] = max(steps[0], abs(before), abs(after))
            bends[0] = max(bends[0], abs(after - before))
