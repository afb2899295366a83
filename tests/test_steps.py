"""What is sharper than it may be becomes quieter, slowly; all else stays."""

import numpy as np
import pytest

from oscreorder.sound.frames import Signal
from oscreorder.sound.steps import CELL, LEAST, REACH, of_fades, sharpest, soften

LIMIT = np.array([1, 1.5], np.float32)


def wave(channels: int = 2) -> Signal:
    y = 4 * np.sin(0.2 * np.arange(20_000), dtype=np.float32)
    return np.stack([y] * channels)


@pytest.mark.parametrize("n", [3, 64, 300, 5000])
def test_the_sharpest_of_all_channels(n: int) -> None:
    y = np.random.default_rng(n).standard_normal((3, n)).astype(np.float32)
    assert np.array_equal(sharpest(y), [np.abs(np.diff(y)).max(), np.abs(np.diff(y, 2)).max()])


def test_what_is_within_limits_stays_to_the_bit() -> None:
    y = wave()
    soften(y, LIMIT)
    assert np.array_equal(y, wave())


@pytest.mark.parametrize("place", [70, 700, 10_000, 19_800])
def test_a_sharp_place_comes_down_to_the_limit_with_its_surroundings(place: int) -> None:
    y = wave()
    y[1, place : place + 200] *= 1.2
    before = y.copy()
    soften(y, LIMIT)
    inner = slice(place + 1, place + 199)
    assert np.abs(np.diff(before[:, inner])).max() > 0.94
    gain = y[0] / np.where(before[0] == 0, 1, before[0])
    heard = np.abs(before[0]) > 0.1
    assert (gain[heard] <= 1 + 1e-6).all()
    far = np.abs(np.arange(20_000) - place) > 200 + REACH + 2 * CELL
    assert np.array_equal(y[:, far], before[:, far])


def test_steps_and_bends_end_at_their_limits() -> None:
    y = wave()
    y[:, 9000:9500] *= np.float32(1.3) + np.zeros(500, np.float32)
    y[:, 8800:9000] *= np.linspace(1, 1.3, 200, dtype=np.float32)
    y[:, 9500:9700] *= np.linspace(1.3, 1, 200, dtype=np.float32)
    limit = sharpest(wave())
    assert (sharpest(y) > limit).all()
    soften(y, limit)
    assert (sharpest(y) <= limit * np.float32(1.0001)).all()


def test_never_below_the_least_factor() -> None:
    y = wave(1)
    y[:, 10_000] = 1000
    soften(y, LIMIT)
    assert y[0, 10_000] == pytest.approx(1000 * LEAST)
    assert (np.abs(y) >= LEAST**4 * np.abs(wave(1)) - 1e-6).all()


def test_what_fades_make_of_a_slow_wave_is_allowed() -> None:
    fade = np.sin(np.pi / 2 * np.linspace(0, 1, 500)) ** 2
    y = np.concatenate([np.zeros(100), fade, np.ones(100)])[np.newaxis].astype(np.float32)
    assert (sharpest(y) <= of_fades(y, 500)).all()
