"""PCA that never changes its mind, t-SNE that never crashes: quality, sign, determinism, and all broken inputs."""

from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from oscreorder.corpus.embedding import _scikit_tsne, _start, alike, fit_pca, pca, repaired, tsne
from oscreorder.corpus.space import Rows

CELLS = st.floats(width=32, allow_nan=True, allow_infinity=True)


@pytest.fixture(scope="module")
def violin(sounds: Path) -> Rows:
    """Return dB mel frames that do not overlap."""
    y, sr = soundfile.read(sounds / "violin.flac", dtype="float32")
    mel = librosa.feature.melspectrogram(y=y, sr=sr, n_fft=2000, win_length=2000, hop_length=2000)
    return np.ascontiguousarray(librosa.power_to_db(mel).T)


def normal(*shape: int, seed: int = 0) -> Rows:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_pca_is_scikit_learns_in_double_precision_but_for_the_sign(violin: Rows) -> None:
    expected = PCA(16, svd_solver="full").fit_transform(violin.astype(np.float64))
    points = pca(violin, 16)
    signs = np.sign((points * expected).sum(axis=0))
    np.testing.assert_allclose(points * signs, expected, atol=1e-3)


def test_the_sign_of_a_component_is_that_of_its_largest_loading(violin: Rows) -> None:
    components = fit_pca(violin, 16).components
    largest = np.abs(components).argmax(axis=1)
    assert (components[np.arange(16), largest] > 0).all()


@pytest.mark.parametrize("noise", [0, 1e-6, 1e-4])
def test_equally_large_loadings_do_not_turn_a_component(noise: float) -> None:
    rows = np.outer(np.linspace(-1, 1, 50), [1, -1]).astype(np.float32)
    for seed in range(20):
        component = fit_pca(rows + noise * normal(50, 2, seed=seed), 1).components[0]
        assert component[0] > 0 > component[1]


def test_pca_is_the_same_to_the_last_bit(violin: Rows) -> None:
    assert pca(violin, 16).tobytes() == pca(violin.copy(), 16).tobytes()


@given(
    rows=arrays(np.float32, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=6), elements=CELLS),
    k=st.integers(1, 8),
)
@settings(max_examples=200, deadline=None)
def test_pca_of_anything_is_finite(rows: Rows, k: int) -> None:
    basis = fit_pca(rows, k)
    n, d = rows.shape
    assert basis.components.shape == (min(k, n, d), d)
    points = basis.project(rows)
    assert points.shape == (n, min(k, n, d))
    assert np.isfinite(points).all()


def test_cells_that_are_not_finite_count_as_the_median_of_their_column() -> None:
    rows = np.array([[1, np.nan], [2, np.nan], [np.nan, np.nan], [9, np.inf]], np.float32)
    np.testing.assert_array_equal(repaired(rows), np.array([[1, 1e15], [2, 1e15], [2, 1e15], [9, 1e15]], np.float32))
    assert np.isnan(rows).sum() == 4
    fine = normal(5, 3)
    assert repaired(fine) is fine


def test_rows_that_differ_by_rounding_are_alike() -> None:
    level = np.full((40, 8), -80, np.float32)
    assert alike(level)
    assert alike(level + 1e-5 * normal(40, 8))
    assert not alike(level + 1e-2 * normal(40, 8))
    assert not alike(1e-12 * normal(40, 8))  # small numbers may differ as much as large ones
    assert alike(np.zeros((3, 4), np.float32))


BROKEN = {
    "silence": np.full((431, 128), -80.0),
    "constant": np.ones((50, 10)),
    "silence with noise": -100 + 1e-12 * normal(400, 128),
    "two values": np.repeat(np.eye(2) * 50, [50, 80], axis=0),
    "half silent": np.concatenate([np.full((70, 20), -80.0), 20 * normal(40, 20)]),
    "duplicates": np.repeat(normal(5, 8), 30, axis=0),
    "one outlier": np.concatenate([np.zeros((99, 3)), np.full((1, 3), 1e9)]),
    "one band": normal(100, 1),
    "holes": np.where(np.random.default_rng(1).random((100, 9)) < 0.2, np.nan, normal(100, 9)),
    "huge": 1e38 * normal(60, 5),
    "tiny": 1e-38 * normal(60, 5),
    "equally far": np.eye(5),
} | {f"{n} grains": normal(n, 3) for n in (0, 1, 2, 3, 4, 5, 6, 8, 13, 91)}


@pytest.mark.parametrize("dimensions", [1, 2])
@pytest.mark.parametrize("kind", BROKEN)
def test_tsne_of_anything_neither_crashes_nor_leaves_the_numbers(kind: str, dimensions: int) -> None:
    rows = BROKEN[kind].astype(np.float32)
    embedded = tsne(rows, n_components=dimensions, perplexity=30, seed=1)
    assert embedded.points.shape == (len(rows), dimensions)
    assert embedded.points.dtype == np.float32
    assert np.isfinite(embedded.points).all()


@pytest.mark.parametrize("kind", ["two values", "duplicates", "one outlier", "equally far", "4 grains"])
def test_where_open_tsne_is_missing_scikit_learn_stands_the_same(kind: str) -> None:
    rows = BROKEN[kind].astype(np.float32)
    rows /= np.abs(rows).max()
    points = _scikit_tsne(rows, _start(rows, 1, 1), min(30.0, (len(rows) - 1) / 3), 1, None)
    assert np.isfinite(points).all()
    assert np.ptp(points) > 0


@pytest.mark.parametrize("n", [5, 40, 150])
@pytest.mark.parametrize("slope", [-1, 1])
def test_a_sound_that_fades_evenly_does_not_end_the_process(n: int, slope: int) -> None:
    """openTSNE's grid has no maximum where each place lies below the one before."""
    rows = np.outer(slope * np.linspace(0, 60, n), np.ones(8)).astype(np.float32)
    rows += 0.01 * normal(n, 8)
    points = tsne(rows, n_components=1, perplexity=30, seed=1).points[:, 0]
    assert abs(np.corrcoef(np.argsort(np.argsort(points)), np.arange(n))[0, 1]) > (0.95 if n > 5 else 0)


def test_few_grains_are_told() -> None:
    assert tsne(normal(3, 4), n_components=1, perplexity=30, seed=1).notices == ("3 grains: t-SNE replaced by pca",)
    assert tsne(normal(1, 4), n_components=1, perplexity=30, seed=1).notices == ("1 grain: t-SNE replaced by pca",)
    assert tsne(normal(31, 4), n_components=1, perplexity=30, seed=1).notices == (
        "31 grains: perplexity lowered from 30 to 10",
    )
    assert not tsne(normal(91, 4), n_components=1, perplexity=30, seed=1).notices


def test_grains_that_are_alike_stay_where_they_are() -> None:
    embedded = tsne(BROKEN["silence"].astype(np.float32), n_components=1, perplexity=30, seed=1)
    assert not embedded.points.any()
    assert embedded.notices == ("all grains are alike: t-SNE has nothing to tell apart",)


def two_tones(n: int) -> tuple[Rows, NDArray[np.bool_]]:
    """Return the dB frames of two tones that take turns, with a little noise, and which of them is the second."""
    second = np.arange(n) % 2 == 1
    bands = np.arange(40)
    peak = np.where(second, 30, 10)[:, np.newaxis]
    return (-2.0 * np.abs(bands - peak) + normal(n, 40)).astype(np.float32), second


@pytest.mark.parametrize("dimensions", [1, 2])
def test_tsne_parts_two_alternating_tones(dimensions: int) -> None:
    rows, second = two_tones(160)
    points = tsne(rows, n_components=dimensions, perplexity=30, seed=3).points
    gap = points[second].mean(axis=0) - points[~second].mean(axis=0)
    along = points @ gap
    assert along[second].min() > along[~second].max()


def test_tsne_keeps_neighbours_and_repeats_itself(violin: Rows) -> None:
    heard: list[float] = []
    points = tsne(violin, n_components=1, perplexity=30, seed=42, progress=heard.append).points
    ranks = np.argsort(np.argsort(points[:, 0]))[:, np.newaxis]
    assert trustworthiness(violin, ranks, n_neighbors=10) > 0.975
    assert points.tobytes() == tsne(violin, n_components=1, perplexity=30, seed=42).points.tobytes()
    assert heard == sorted(heard)
    assert heard[-1] == 1


def test_the_seed_of_tsne_decides() -> None:
    rows, _ = two_tones(60)
    first, second = (tsne(rows, n_components=1, perplexity=10, seed=seed).points for seed in (1, 2))
    assert (first != second).any()
