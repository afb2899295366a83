"""Cutting sounds into grains: today each frame of the STFT is one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oscreorder.parameters import Settings
from oscreorder.sound.frames import fft_length, grain_start, n_frames


@dataclass(frozen=True, slots=True, eq=False)
class Grains:
    """Where the grains of a corpus lie, sound after sound, in time.

    Attributes
    ----------
    sound : intp ndarray [shape=(n_grains,)]
        Index of the sound.
    frame : int64 ndarray [shape=(n_grains,)]
        Frame within that sound; it is centred at ``frame * hop_length``.
    start : int64 ndarray [shape=(n_grains,)], samples
        First sample under the grain's window, at the corpus's rate; below 0 in the first frames.
    lengths : tuple of int, samples
        Length of each sound at the corpus's rate.
    """

    sound: NDArray[np.intp]
    frame: NDArray[np.int64]
    start: NDArray[np.int64]
    lengths: tuple[int, ...]

    @property
    def n_grains(self) -> int:
        """Number of grains."""
        return len(self.sound)

    def rows(self, sound: int) -> slice:
        """Return the rows of the grains of this sound."""
        first, last = np.searchsorted(self.sound, [sound, sound + 1])
        return slice(int(first), int(last))

    def time_s(self, settings: Settings, sr: int) -> NDArray[np.float64]:
        """Return the time of each grain's centre in its own sound, in seconds."""
        return self.frame.astype(np.float64) * (settings.hop_length / sr)


def frame_grains(lengths: Sequence[int], settings: Settings) -> Grains:
    """Return one grain for each frame of sounds of these `lengths` (samples at the corpus's rate)."""
    n_fft, hop_length, win_length = fft_length(settings), settings.hop_length, settings.win_length
    counts = [n_frames(length, hop_length, n_fft=n_fft) for length in lengths]
    sound = np.repeat(np.arange(len(lengths), dtype=np.intp), counts)
    frame = np.concatenate([np.arange(count, dtype=np.int64) for count in counts] or [np.empty(0, np.int64)])
    first = grain_start(0, hop_length=hop_length, win_length=win_length, n_fft=n_fft)
    return Grains(sound, frame, frame * hop_length + first, tuple(lengths))
