"""From a sound to its frames, a block at a time: short-time spectra and mel power.

Frames lie where librosa's ``center=True`` puts them, with zeros beyond both ends: frame ``t`` is centred at
``t * hop_length``.  The transform of a frame is `n_fft` long; its window, `win_length` long, sits in the middle.
Nothing here holds more than one block of frames and the output.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar, cast, runtime_checkable

import numba
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from oscreorder.errors import ParameterError
from oscreorder.parameters import Settings

Signal = NDArray[np.float32]
Flat = NDArray[np.float32]
Indices = NDArray[np.int64]
Progress = Callable[[float], None]

# Importing scipy.signal for four windows would be most of the time that it takes to begin a render.
COSINES = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46), "blackman": (0.42, 0.5, 0.08), "boxcar": (1.0,)}
BLOCK_FRAMES = 64
BLOCK_SAMPLES = 1 << 19

_Function = TypeVar("_Function", bound=Callable[..., object])


def compiled(function: _Function) -> _Function:
    """Compile `function` on its first call, for one thread; the machine code is cached on disk.

    The cache looks at the file of `function` alone: after a change in a kernel of another file that it calls, touch
    both.
    """
    # Sums may be re-associated (that is what makes them fast), the same way on every run; NaN and infinity keep their
    # meaning.
    compiler = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
    return cast("_Function", compiler(function))


class Source(Protocol):
    """A sound, at the corpus's rate, that can be read anywhere."""

    @property
    def channels(self) -> int:
        """Number of channels."""

    @property
    def length(self) -> int:
        """Samples in each channel."""

    def read(self, start: int, stop: int) -> Signal:
        """Return samples `start` to `stop`, (channels, stop - start), with zeros outside 0 to `length`."""


class ArraySource:
    """A sound in memory.

    Parameters
    ----------
    y : np.ndarray [shape=(channels, n_samples) or (n_samples,)]
        The signal; `y` keeps it as float32 in two dimensions.
    """

    def __init__(self, y: Signal) -> None:
        self.y: Signal = np.ascontiguousarray(np.atleast_2d(y), dtype=np.float32)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.y.shape[0])

    @property
    def length(self) -> int:
        """Samples in each channel."""
        return int(self.y.shape[1])

    def read(self, start: int, stop: int) -> Signal:
        """Return samples `start` to `stop`, (channels, stop - start), with zeros outside 0 to `length`."""
        first, last = max(start, 0), min(stop, self.length)
        if start == first and stop == last:
            return self.y[:, start:stop]
        out = np.zeros((self.channels, stop - start), np.float32)
        if first < last:
            out[:, first - start : last - start] = self.y[:, first:last]
        return out


@runtime_checkable
class MappedSource(Source, Protocol):
    """A source whose samples may lie in memory as a file has them, so that many stretches can be gathered at once."""

    @property
    def rows(self) -> Signal | None:
        """The samples, channels interleaved, (length, channels); None where they must be read."""


def n_frames(length: int, hop_length: int, *, n_fft: int = 0) -> int:
    """Return the number of frames of a sound of `length` samples, as librosa counts them.

    That is ``1 + length // hop_length``, and one less for an odd `n_fft` (librosa pads both ends by ``n_fft // 2``)
    where `hop_length` divides `length`; at least 1, and 0 for a sound without samples.  Pass `fft_length(settings)`.
    """
    return 1 + max(0, length - n_fft % 2) // hop_length if length else 0


def fft_length(settings: Settings) -> int:
    """Return the length of the transform: `settings.n_fft`, or `win_length` where that is 0."""
    return settings.n_fft or settings.win_length


def window(name: str, win_length: int) -> NDArray[np.float32]:
    """Return the periodic window of this name, float32 (win_length,), as scipy.signal.get_window makes it."""
    angles = 2 * np.pi / win_length * np.arange(win_length)
    shape = np.zeros(win_length)
    for k, part in enumerate(COSINES[name]):
        shape += (-1) ** k * part * np.cos(k * angles)
    return shape.astype(np.float32)


def grain_start(frame: int, *, hop_length: int, win_length: int, n_fft: int) -> int:
    """Return the first sample under the window of `frame`; it is below 0 for the first frames."""
    return frame * hop_length - n_fft // 2 + (n_fft - win_length) // 2


def stft_blocks(
    source: Source, settings: Settings, *, frames_per_block: int | None = None
) -> Iterator[NDArray[np.complex64]]:
    """Yield the short-time spectra of the mean of the channels, a block of frames at a time.

    Parameters
    ----------
    source : Source
        The sound.
    settings : Settings
        `win_length`, `hop_length`, `n_fft` and `window` count.
    frames_per_block : int > 0, optional
        Frames in each block but the last; by default as many as stay in the processor's cache.

    Yields
    ------
    np.ndarray [shape=(n, 1 + n_fft // 2), dtype=complex64]
        Rows are frames: the blocks, stacked, are ``librosa.stft(y.mean(axis=0), ...).T``.
    """
    n_fft, win_length, hop_length = fft_length(settings), settings.win_length, settings.hop_length
    shape = window(settings.window, win_length)
    lead = (n_fft - win_length) // 2
    total = n_frames(source.length, hop_length, n_fft=n_fft)
    size = min(frames_per_block or max(1, min(BLOCK_FRAMES, BLOCK_SAMPLES // n_fft)), max(total, 1))
    windowed = np.zeros((size, n_fft), np.float32)
    for first in range(0, total, size):
        n = min(size, total - first)
        start = grain_start(first, hop_length=hop_length, win_length=win_length, n_fft=n_fft)
        y = source.read(start, start + (n - 1) * hop_length + win_length)
        y = y[0] if source.channels == 1 else y.mean(axis=0)
        frames = np.lib.stride_tricks.sliding_window_view(y, win_length)[::hop_length]
        np.multiply(frames, shape, out=windowed[:n, lead : lead + win_length])
        yield scipy.fft.rfft(windowed[:n], axis=-1)


@dataclass(frozen=True, slots=True)
class _Bands:
    """Mel bands without their zeros: band m weighs bins low[m] to high[m] by weights[offset[m]:]."""

    low: NDArray[np.intp]
    high: NDArray[np.intp]
    offset: NDArray[np.intp]
    weights: NDArray[np.float32]


def _bands(sr: int, settings: Settings) -> _Bands:
    import librosa  # noqa: PLC0415 - it costs seconds, and renders without analysis do not need it

    fmax = settings.fmax_hz or sr / 2
    if settings.fmin_hz >= fmax:
        raise ParameterError(
            f"fmin_hz: {settings.fmin_hz:g} Hz is not below half the rate, {sr / 2:g} Hz: lower it, or give fmax_hz"
        )
    with warnings.catch_warnings():
        # Narrow bands may hold no bin of a short transform: they stay 0, which every later step can take.
        warnings.filterwarnings("ignore", message="Empty filters", category=UserWarning)
        bank = librosa.filters.mel(
            sr=sr, n_fft=fft_length(settings), n_mels=settings.n_mels, fmin=settings.fmin_hz, fmax=fmax
        )
    inside = bank != 0
    low = inside.argmax(axis=1)
    high = np.where(inside.any(axis=1), bank.shape[1] - inside[:, ::-1].argmax(axis=1), low)
    offset = np.concatenate(([0], np.cumsum(high - low)[:-1]))
    weights = np.concatenate([row[a:b] for row, a, b in zip(bank, low, high, strict=True)])
    return _Bands(low.astype(np.intp), high.astype(np.intp), offset.astype(np.intp), weights.astype(np.float32))


@compiled
def _band_power(
    spectra: NDArray[np.complex64],
    low: NDArray[np.intp],
    high: NDArray[np.intp],
    offset: NDArray[np.intp],
    weights: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    # Bins by frames: the sums of all frames of the block run side by side in the processor's vector lanes.
    n, n_bins = spectra.shape
    power = np.empty((n_bins, n), np.float32)
    for k in range(n_bins):
        for t in range(n):
            power[k, t] = spectra[t, k].real ** 2 + spectra[t, k].imag ** 2
    total = np.empty(n, np.float32)
    for m in range(low.size):
        total[:] = 0
        for k in range(low[m], high[m]):
            weight = weights[offset[m] + k - low[m]]
            for t in range(n):
                total[t] += weight * power[k, t]
        for t in range(n):
            out[t, m] = total[t]


def mel_power(source: Source, sr: int, settings: Settings, *, progress: Progress | None = None) -> NDArray[np.float32]:
    """Return the power of each frame in mel bands.

    Parameters
    ----------
    source : Source
        The sound; the mean of its channels is analysed.
    sr : int > 0
        Its sample rate in Hz.
    settings : Settings
        Those of the group ``analysis`` count; `fmax_hz` 0 stands for half the rate.
    progress : callable, optional
        Called after each block with the share done, 0 to 1.

    Returns
    -------
    np.ndarray [shape=(n_frames, n_mels), dtype=float32]
        ``librosa.feature.melspectrogram(y=y.mean(axis=0), ...).T``.

    Raises
    ------
    ParameterError
        `fmin_hz` is not below half the rate while `fmax_hz` is 0.
    """
    bands = _bands(sr, settings)
    total = n_frames(source.length, settings.hop_length, n_fft=fft_length(settings))
    out = np.empty((total, settings.n_mels), np.float32)
    done = 0
    for spectra in stft_blocks(source, settings):
        rows = out[done : done + len(spectra)]
        _band_power(spectra, bands.low, bands.high, bands.offset, bands.weights, rows)
        done += len(spectra)
        if progress:
            progress(done / total)
    return out
