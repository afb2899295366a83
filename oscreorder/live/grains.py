"""Grains on their way to the ear: stretches of the files that they come from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WRAP_MS = 60_000
STEPS_PER_MS = 256
"""Times on the wire are multiples of 1/256 ms, which float32 holds exactly up to `WRAP_MS`."""


@dataclass(frozen=True, slots=True, eq=False)
class FileGrains:
    """The grains of a corpus as stretches of the files that they come from, clipped to those.

    Attributes
    ----------
    sound : intp ndarray [shape=(n_grains,)]
        Index of the sound.
    start, length : int64 ndarray [shape=(n_grains,)], samples
        At the sound's own rate; at least one sample, all within the file.
    dur_ms : float64 ndarray [shape=(n_grains,)]
        `length` in time.
    pan : float64 ndarray [shape=(n_grains,)]
        -1 left to 1 right.
    """

    sound: NDArray[np.intp]
    start: NDArray[np.int64]
    length: NDArray[np.int64]
    dur_ms: NDArray[np.float64]
    pan: NDArray[np.float64]


def file_grains(
    sound: NDArray[np.intp],
    start: NDArray[np.int64],
    *,
    win_length: int,
    sr: int,
    own_sr: Sequence[int],
    own_length: Sequence[int],
    pan: NDArray[np.float64] | None = None,
) -> FileGrains:
    """Return the grains of a corpus in samples of their sounds' own files.

    Parameters
    ----------
    sound, start : ndarray [shape=(n_grains,)]
        Index of the sound, and first sample under the grain's window at the corpus's rate, which may be below 0.
    win_length : int, samples at the corpus's rate
    sr : int, Hz
        The corpus's rate.
    own_sr, own_length : sequence of int
        Rate (Hz) and length (samples) of each sound's own file.
    pan : float64 ndarray [shape=(n_grains,)], -1 to 1, optional
        The middle where it is missing.
    """
    rates, ends = np.asarray(own_sr)[sound], np.asarray(own_length)[sound]
    own = rates / sr
    first = np.rint(start * own).astype(np.int64)
    last = first + np.rint(win_length * own).astype(np.int64)
    first = np.clip(first, 0, ends - 1)
    length = np.clip(last, first + 1, ends) - first
    return FileGrains(sound, first, length, 1000 * length / rates, np.zeros(len(sound)) if pan is None else pan)


@dataclass(frozen=True, slots=True)
class Grain:
    """A grain that sounds.

    `time_s` counts from the stream's beginning; `start` and `length` are samples of the sound's own file; `gain` is
    linear, `pan` -1 to 1; `distance` is that from the target, in chain mode from the grain before it.
    """

    time_s: float
    grain: int
    sound: int
    start: int
    length: int
    dur_ms: float
    gain: float
    pan: float
    distance: float
    attack_ms: float
    release_ms: float

    @property
    def t_ms(self) -> float:
        """The time on the wire: ms since the stream began, 0 to below 60,000."""
        return round(self.time_s * 1000 * STEPS_PER_MS) % (WRAP_MS * STEPS_PER_MS) / STEPS_PER_MS
