"""Short renders have the level of their grains as a whole, and are neither clipped nor sharper for it."""

import numpy as np
import pytest

from oscreorder.parameters import Settings
from oscreorder.sound.frames import ArraySource, Signal, n_frames
from oscreorder.sound.placing import Placement, even_positions
from oscreorder.sound.reading import Reader
from oscreorder.sound.resynthesis import overlap_add
from oscreorder.sound.short import LONGEST, TOLERANCE_DB, levelled

CHOSEN = Settings(win_length=2000, hop_length=400)
ROUNDING = 1e-3


def placed(order: list[int], y: Signal) -> Placement:
    start = np.array([frame * CHOSEN.hop_length - CHOSEN.win_length // 2 for frame in order], np.int64)
    return Placement(np.zeros(len(order), np.intp), start, even_positions(len(order), CHOSEN), y.shape[1])


def shuffled(y: Signal, seed: int = 1) -> Placement:
    frames = n_frames(y.shape[1], CHOSEN.hop_length, n_fft=CHOSEN.win_length)
    return placed(np.random.default_rng(seed).permutation(frames).tolist(), y)


def struck(length: int = 6000, seed: int = 0) -> Signal:
    """Return a drum stroke: noise that decays, in two channels."""
    noise = np.random.default_rng(seed).uniform(-0.4, 0.4, (2, length))
    return (noise * np.exp(-np.arange(length) / 1500)).astype(np.float32)


def level_db(z: Signal, y: Signal) -> float:
    return float(10 * np.log10(np.mean(np.square(z, dtype=np.float64)) / np.mean(np.square(y, dtype=np.float64))))


def made(z: Signal, y: Signal, placement: Placement) -> Signal:
    return levelled(z, Reader([ArraySource(y)], placement.sound), placement, CHOSEN)


@pytest.mark.parametrize("seed", range(8))
def test_a_stroke_in_any_order_has_its_level(seed: int) -> None:
    y = struck(seed=seed)
    z = np.concatenate(list(overlap_add([ArraySource(y)], shuffled(y, seed), CHOSEN)), axis=1)
    assert abs(level_db(z, y)) <= TOLERANCE_DB + ROUNDING


@pytest.mark.parametrize("factor", [0.7, 0.95, 1.0, 1.02, 1.9])
def test_the_gain_is_what_exceeds_the_tolerance(factor: float) -> None:
    y = struck()
    z = np.roll(y, 3, axis=1) * np.float32(factor)
    found = made(z, y, shuffled(y))
    missing_db = level_db(y, z)
    expected_db = missing_db - np.clip(missing_db, -TOLERANCE_DB, TOLERANCE_DB)
    assert level_db(found, z) == pytest.approx(expected_db, abs=ROUNDING)
    assert (found == z).all() or abs(missing_db) > TOLERANCE_DB


def test_it_is_not_louder_than_full_scale() -> None:
    y = struck() * np.float32(2)
    z = np.zeros_like(y)
    z[:, 1000:1100] = 0.9 * np.hanning(100)
    found = made(z, y, shuffled(y))
    assert np.abs(found).max() == pytest.approx(1)


def test_its_joins_are_not_sharper_than_the_grains() -> None:
    t = np.arange(6000, dtype=np.float32)
    y = np.sin(t / 50, dtype=np.float32)[np.newaxis] * np.float32(0.8)
    z = np.sin(t / 37, dtype=np.float32)[np.newaxis] * np.float32(0.3)
    placement = shuffled(y)
    found = made(z, y, placement)
    assert np.abs(np.diff(found, 2)).max() == pytest.approx(np.abs(np.diff(y, 2)).max(), rel=ROUNDING)
    assert 1 < level_db(found, z) < level_db(y, z) - 1


def test_nothing_is_done_where_nothing_is_joined() -> None:
    y, z = struck(), struck() * np.float32(0.5)
    assert made(z, y, placed(list(range(16)), y)) is z


def test_silence_stays_and_spacing_by_distance_is_left_alone() -> None:
    y = struck()
    silence = np.zeros_like(y)
    assert not made(silence, y, shuffled(y)).any()
    assert made(y, silence, shuffled(y)) is y
    placement = shuffled(y)
    wider = Placement(placement.sound, placement.start, placement.position * 2, 2 * placement.length)
    z = np.pad(y, ((0, 0), (0, y.shape[1])))
    assert made(z, y, wider) is z


def test_a_long_render_comes_in_blocks() -> None:
    y = np.zeros((1, LONGEST + 1), np.float32)
    assert next(overlap_add([ArraySource(y)], shuffled(y), CHOSEN, block_length=1000)).shape == (1, 1000)
