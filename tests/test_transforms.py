"""Each spectral transform is the notebook's formula, run through librosa, for every channel of a sound."""

from pathlib import Path
from typing import Any

import notebook
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from oscreorder.parameters import TRANSFORMS, Settings
from oscreorder.sound.frames import ArraySource, Signal, fft_length, grain_start, n_frames
from oscreorder.sound.resynthesis import Placement, even_positions, overlap_add
from oscreorder.sound.transforms import flips_time, transform

SEED, KEEP = 7, 0.3


def lengths(chosen: Settings) -> dict[str, Any]:
    return {"n_fft": fft_length(chosen), "hop_length": chosen.hop_length, "win_length": chosen.win_length}


def resynthesise(y: Signal, chosen: Settings) -> Signal:
    """Return all frames in their own order, or backwards where the transform says so."""
    order = np.arange(n_frames(y.shape[1], chosen.hop_length, n_fft=fft_length(chosen)))
    order = order[::-1] if flips_time(chosen) else order
    start = np.array([grain_start(int(frame), **lengths(chosen)) for frame in order])
    placement = Placement(np.zeros(order.size, np.intp), start, even_positions(order.size, chosen), y.shape[1])
    return np.concatenate(list(overlap_add([ArraySource(y)], placement, chosen)), axis=1)


@pytest.mark.parametrize(("win_length", "hop_length", "n_fft"), [(2000, 400, 0), (11025, 5512, 0), (2000, 400, 4001)])
@pytest.mark.parametrize("name", ["violin.flac", "loop_tabla.flac"])
@pytest.mark.parametrize("kind", TRANSFORMS)
def test_notebook_joins_give_what_librosa_gives(
    sounds: Path, kind: str, name: str, win_length: int, hop_length: int, n_fft: int
) -> None:
    y = soundfile.read(sounds / name, frames=100_001, dtype="float32", always_2d=True)[0].T
    chosen = Settings(
        win_length=win_length, hop_length=hop_length, n_fft=n_fft, transform=kind, joins="notebook", seed=SEED,
        mask_keep=KEEP,
    )  # fmt: skip
    change = notebook.transforms(seed=SEED, keep=KEEP)[kind]
    expected = np.stack(
        [
            notebook.istft(change(notebook.stft(row, **lengths(chosen))), **lengths(chosen), length=y.shape[1])
            for row in y
        ]
    )
    # Without phase all but a thousandth lies outside a window in a longer transform: rounding is that of the grains.
    peak = max(np.abs(expected).max(), 0.1 * np.abs(y).max())
    assert np.abs(resynthesise(y, chosen) - expected).max() <= 1e-5 * peak


@given(st.integers(1, 3000), st.integers(0, 2**24 - 1))
def test_shuffled_bins_are_all_there(n_bins: int, seed: int) -> None:
    shuffle = transform(Settings(transform="shuffle_bins", seed=seed), n_bins)
    assert shuffle
    spectra = np.arange(2 * n_bins, dtype=np.complex64).reshape(2, n_bins)
    shuffled = shuffle(spectra)
    assert np.array_equal(np.sort(shuffled[0].real), spectra[0].real)
    assert np.array_equal(shuffled[1], shuffled[0] + n_bins)


@given(st.integers(1, 3000), st.floats(0, 1), st.integers(0, 2**24 - 1))
def test_a_mask_keeps_exactly_its_share(n_bins: int, keep: float, seed: int) -> None:
    mask = transform(Settings(transform="mask_bins", mask_keep=keep, seed=seed), n_bins)
    assert mask
    masked = mask(np.full((3, n_bins), 2 + 1j, np.complex64))
    assert set(np.unique(masked)) <= {0j, 2 + 1j}
    assert np.count_nonzero(masked[0]) == round(keep * n_bins)
    assert np.array_equal(masked[0], masked[2])


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_a_transform_does_not_depend_on_where_blocks_are_cut(kind: str) -> None:
    change = transform(Settings(transform=kind), 65)
    if not change:
        assert kind in {"none", "flip_time"}
        return
    rng = np.random.default_rng(0)
    spectra = (rng.standard_normal((9, 65)) + 1j * rng.standard_normal((9, 65))).astype(np.complex64)
    whole = change(spectra)
    assert whole.dtype == np.complex64
    assert np.array_equal(whole, np.concatenate([change(spectra[:4]), change(spectra[4:])]))


def test_the_seed_decides() -> None:
    spectra = np.arange(300, dtype=np.complex64)[np.newaxis]
    for kind in ("shuffle_bins", "mask_bins"):
        one, same, other = (transform(Settings(transform=kind, seed=seed), 300) for seed in (1, 1, 2))
        assert one
        assert same
        assert other
        assert np.array_equal(one(spectra), same(spectra))
        assert not np.array_equal(one(spectra), other(spectra))


def test_a_mask_that_keeps_all_is_transparent_with_smooth_joins(sounds: Path) -> None:
    y = soundfile.read(sounds / "loop_tabla.flac", frames=30_000, dtype="float32", always_2d=True)[0].T
    chosen = Settings(win_length=2000, hop_length=400, transform="mask_bins", mask_keep=1)
    assert np.abs(resynthesise(y, chosen) - y).max() <= 1e-6


def level_db(z: Signal, y: Signal) -> float:
    return float(10 * np.log10(np.mean(z**2) / np.mean(y**2)))


@pytest.mark.parametrize("kind", ["drop_phase", "flip_frequency", "shuffle_bins", "mask_bins"])
@pytest.mark.parametrize(("win_length", "hop_length"), [(2000, 400), (4096, 2048)])
def test_smooth_joins_lose_less_of_changed_grains(sounds: Path, kind: str, win_length: int, hop_length: int) -> None:
    y = soundfile.read(sounds / "violin.flac", frames=200_000, dtype="float32", always_2d=True)[0].T
    chosen = Settings(win_length=win_length, hop_length=hop_length, transform=kind)
    smooth = level_db(resynthesise(y, chosen), y)
    plain = level_db(resynthesise(y, chosen.changed({"joins": "notebook"})), y)
    assert plain < smooth < 0.5
    if kind == "flip_frequency":
        assert abs(smooth) < 0.1
        assert plain < -0.4


def test_smooth_joins_do_not_blow_up_where_windows_barely_overlap(sounds: Path) -> None:
    y = soundfile.read(sounds / "violin.flac", frames=100_000, dtype="float32", always_2d=True)[0].T
    chosen = Settings(win_length=2000, hop_length=1900, transform="shuffle_bins")
    plain = resynthesise(y, chosen.changed({"joins": "notebook"}))
    assert np.abs(plain).max() > 20 * np.abs(y).max()
    assert np.abs(resynthesise(y, chosen)).max() < 4 * np.abs(y).max()
