"""Frames are librosa's frames, for any lengths, odd ones too, however the sound is cut into blocks."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import notebook
import numpy as np
import pytest
import scipy.signal
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from oscreorder.errors import ParameterError
from oscreorder.parameters import WINDOWS, Settings
from oscreorder.sound.frames import ArraySource, Signal, fft_length, mel_power, n_frames, stft_blocks, window

SR = 22050
Array = TypeVar("Array")


def noise(channels: int, length: int, seed: int = 0) -> Signal:
    return np.random.default_rng(seed).standard_normal((channels, length)).astype(np.float32)


def quietly(function: Callable[..., Array], *arguments: Any, **options: Any) -> Array:
    """Call librosa, which warns of sounds shorter than a frame and of bands without a bin: no fault of either of us."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return function(*arguments, **options)


def lengths(chosen: Settings) -> dict[str, int]:
    return {"n_fft": fft_length(chosen), "hop_length": chosen.hop_length, "win_length": chosen.win_length}


@st.composite
def framings(draw: st.DrawFn) -> Settings:
    win_length = draw(st.integers(16, 300))
    n_fft = draw(st.one_of(st.just(0), st.integers(win_length, 500)))
    return Settings(
        win_length=win_length,
        hop_length=draw(st.integers(1, win_length)),
        n_fft=n_fft,
        window=draw(st.sampled_from(["hann", "hamming", "blackman", "boxcar"])),
    )


@given(chosen=framings(), channels=st.integers(1, 3), length=st.integers(1, 2000), block=st.integers(1, 80))
@settings(max_examples=60, deadline=None)
def test_spectra_are_librosas(chosen: Settings, channels: int, length: int, block: int) -> None:
    y = noise(channels, length)
    expected = quietly(notebook.stft, y.mean(axis=0), **lengths(chosen), window=chosen.window)
    spectra = np.concatenate(list(stft_blocks(ArraySource(y), chosen, frames_per_block=block))).T
    assert spectra.shape == expected.shape
    assert spectra.dtype == np.complex64
    assert np.abs(spectra - expected).max() <= 1e-6 * np.abs(expected).max()


@given(chosen=framings(), length=st.integers(1, 2000), n_mels=st.integers(1, 200))
@settings(max_examples=60, deadline=None)
def test_mel_power_is_librosas(chosen: Settings, length: int, n_mels: int) -> None:
    chosen = chosen.changed({"n_mels": n_mels})
    y = noise(2, length)
    expected = quietly(
        notebook.melspectrogram, y.mean(axis=0), SR, **lengths(chosen), n_mels=n_mels, window=chosen.window
    )
    power = mel_power(ArraySource(y), SR, chosen).T
    assert power.shape == expected.shape
    assert np.abs(power - expected).max() <= 1e-6 * max(expected.max(), np.finfo(np.float32).tiny)


@pytest.mark.parametrize(("win_length", "hop_length"), [(2000, 400), (11025, 5512)])
@pytest.mark.parametrize("name", ["violin.flac", "loop_tabla.flac"])
def test_mel_power_of_real_sounds_is_librosas(sounds: Path, name: str, win_length: int, hop_length: int) -> None:
    y, sr = soundfile.read(sounds / name, dtype="float32", always_2d=True)
    chosen = Settings(win_length=win_length, hop_length=hop_length)
    expected = notebook.melspectrogram(y.T.mean(axis=0), sr, **lengths(chosen))
    power = mel_power(ArraySource(y.T), sr, chosen).T
    assert np.abs(power - expected).max() <= 1e-6 * expected.max()
    loud = expected > 1e-8 * expected.max()
    assert np.abs(10 * np.log10(power[loud] / expected[loud])).max() < 0.01


def test_the_edges_of_the_bands_are_taken() -> None:
    y = noise(1, 4000)
    chosen = Settings(win_length=1024, hop_length=256, n_mels=40, fmin_hz=200, fmax_hz=5000)
    expected = notebook.melspectrogram(y[0], SR, **lengths(chosen), n_mels=40, fmin=200.0, fmax=5000.0)
    assert np.abs(mel_power(ArraySource(y), SR, chosen).T - expected).max() <= 1e-6 * expected.max()


def test_bands_that_begin_above_half_the_rate_are_refused() -> None:
    with pytest.raises(ParameterError, match="fmin_hz: 12000 Hz is not below half the rate, 11025 Hz"):
        mel_power(ArraySource(noise(1, 100)), SR, Settings(fmin_hz=12000))


def test_progress_ends_at_one() -> None:
    told: list[float] = []
    mel_power(ArraySource(noise(1, 40000)), SR, Settings(win_length=256, hop_length=64), progress=told.append)
    assert told == sorted(told)
    assert len(told) > 5
    assert told[-1] == 1


@pytest.mark.parametrize(
    ("length", "hop_length", "n_fft", "expected"),
    [(0, 10, 100, 0), (1, 10, 100, 1), (99, 10, 100, 10), (100, 10, 100, 11), (100, 10, 101, 10), (101, 10, 101, 11)],
)
def test_frames_are_counted_as_librosa_does(length: int, hop_length: int, n_fft: int, expected: int) -> None:
    assert n_frames(length, hop_length, n_fft=n_fft) == expected


def test_an_empty_sound_has_no_frames() -> None:
    assert mel_power(ArraySource(noise(2, 0)), SR, Settings()).shape == (0, 128)


@pytest.mark.parametrize(("start", "stop"), [(-5, 3), (-9, -2), (2, 6), (8, 15), (12, 14), (-3, 13)])
def test_a_source_reads_zeros_beyond_its_ends(start: int, stop: int) -> None:
    y = noise(2, 10)
    expected = np.pad(y, ((0, 0), (20, 20)))[:, start + 20 : stop + 20]
    assert np.array_equal(ArraySource(y).read(start, stop), expected)


def test_a_source_takes_one_row_and_any_layout() -> None:
    y = noise(1, 10)
    assert ArraySource(y[0]).channels == 1
    rows = np.asfortranarray(noise(2, 10))
    source = ArraySource(rows)
    assert source.y.flags.c_contiguous
    assert np.array_equal(source.y, rows)


@pytest.mark.parametrize("win_length", [16, 17, 2000, 11025])
@pytest.mark.parametrize("name", WINDOWS)
def test_windows_are_scipys(name: str, win_length: int) -> None:
    shape = window(name, win_length)
    assert shape.dtype == np.float32
    assert np.abs(shape - scipy.signal.get_window(name, win_length)).max() < 1e-7
