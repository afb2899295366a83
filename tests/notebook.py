"""The notebook's formulas, literally, run through librosa and scikit-learn: the oracle of the tests.

Nothing here uses oscreorder.  Two things are added to what the notebook wrote, because without them librosa refuses odd
transform lengths and loses the end of the sound: `n_fft` and `length` are always given to ``istft``.
"""

# ruff: noqa: N803, N806 - D and S are librosa's letters

from collections.abc import Callable
from typing import Any

import librosa
import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

Signal = NDArray[np.float32]
Stft = NDArray[np.complex64]
Spectrogram = NDArray[np.float32]


def stft(y: Signal, *, n_fft: int, hop_length: int, win_length: int, window: str = "hann") -> Stft:
    D: Stft = librosa.stft(y, n_fft=n_fft, hop_length=hop_length, win_length=win_length, window=window)
    return D


def istft(D: Stft, *, n_fft: int, hop_length: int, win_length: int, length: int, window: str = "hann") -> Signal:
    y: Signal = librosa.istft(
        D, n_fft=n_fft, hop_length=hop_length, win_length=win_length, length=length, window=window
    )
    return y


def unit_phase(D: Stft) -> Stft:
    changed: Stft = np.array(np.real(D), dtype=np.complex64)
    changed.imag = 1
    return changed


def flip_frequency(D: Stft) -> Stft:
    return np.flip(D, axis=0)


def flip_time(D: Stft) -> Stft:
    return np.flip(D, axis=1)


def drop_phase(D: Stft) -> Stft:
    return np.abs(D).astype(np.complex64)


def shuffle_bins(D: Stft, *, seed: int) -> Stft:
    """Shuffle as the notebook meant to: its ``random.shuffle`` doubles some rows of an array and loses others."""
    return D[np.random.default_rng(seed).permutation(len(D))]


def mask_bins(D: Stft, *, seed: int, keep: float) -> Stft:
    zeros_and_ones = np.zeros(len(D), np.float32)
    zeros_and_ones[np.random.default_rng(seed).permutation(len(D))[: round(keep * len(D))]] = 1
    return D * zeros_and_ones[:, np.newaxis]


def transforms(*, seed: int, keep: float) -> dict[str, Callable[[Stft], Stft]]:
    """Return each transform by its name in our table of parameters."""
    return {
        "none": lambda D: D,
        "drop_phase": drop_phase,
        "unit_phase": unit_phase,
        "flip_frequency": flip_frequency,
        "flip_time": flip_time,
        "shuffle_bins": lambda D: shuffle_bins(D, seed=seed),
        "mask_bins": lambda D: mask_bins(D, seed=seed, keep=keep),
    }


def melspectrogram(y: Signal, sr: int, *, n_fft: int, hop_length: int, win_length: int, **options: Any) -> Spectrogram:
    S: Spectrogram = librosa.feature.melspectrogram(
        y=y, sr=sr, n_fft=n_fft, hop_length=hop_length, win_length=win_length, **options
    )
    return S


def amplitude_to_db(S: Spectrogram) -> Spectrogram:
    decibels: Spectrogram = librosa.amplitude_to_db(S)
    return decibels


def volume_scaling(S: Spectrogram) -> Spectrogram:
    return amplitude_to_db(S / np.sum(S, axis=1)[:, np.newaxis])


def log_scaling(S: Spectrogram) -> Spectrogram:
    weights = np.repeat(np.log(np.arange(len(S) + 1, 1, -1))[np.newaxis, :], len(S), axis=0)
    scaled: Spectrogram = np.matmul(weights, S)
    return scaled


def pca_order(S: Spectrogram) -> NDArray[np.intp]:
    return np.argsort(PCA(n_components=1).fit_transform(S.T)[:, 0])
