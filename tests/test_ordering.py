"""Orders: each is a permutation of anything, keeps what its settings promise, has a direction, and is smooth.

Smoothness and the notebook's order are measured on real sounds.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from oscreorder.corpus.descriptors import describe
from oscreorder.corpus.embedding import pca
from oscreorder.corpus.ordering import Ordering, order_grains
from oscreorder.corpus.som import cluster_labels
from oscreorder.corpus.space import Rows
from oscreorder.parameters import ORDERS, Settings

QUICK = tuple(order for order in ORDERS if order != "tsne")
SOUNDS = (
    "compus.mp3",
    "compus.ogg",
    "loop_tabla.flac",
    "piano-48k-24bit.wav",
    "slide-22k.aiff",
    "speech.flac",
    "violin.flac",
)
LIKENESS = ("similarity", "tour", "pca", "tsne", "cluster")


@dataclass(frozen=True)
class Corpus:
    """Grains as the analysis leaves them."""

    descriptors: Rows
    search: Rows
    sound: NDArray[np.intp]
    time_s: NDArray[np.float64]

    def order(self, **options: float | str) -> Ordering:
        known = Settings().changed(options)
        return order_grains(self.descriptors, self.search, sound=self.sound, time_s=self.time_s, settings=known)

    def part(self, n: int) -> "Corpus":
        return Corpus(self.descriptors[:n], self.search[:n], self.sound[:n], self.time_s[:n])


def corpus_of(descriptors: Rows, *, step_s: float = 0.05, sounds: int = 1) -> Corpus:
    n = len(descriptors)
    sound = np.arange(n) * sounds // max(n, 1)
    time_s = (step_s * (np.arange(n) - np.searchsorted(sound, sound))).astype(np.float64)
    return Corpus(descriptors, pca(descriptors, 16), sound, time_s)


def mel_of(path: Path, win_length: int, hop_length: int) -> Rows:
    y, sr = soundfile.read(path, dtype="float32", always_2d=True)
    y = soxr.resample(y.mean(axis=1), sr, 44100) if sr != 44100 else y.mean(axis=1)
    mel = librosa.feature.melspectrogram(y=y, sr=44100, n_fft=win_length, win_length=win_length, hop_length=hop_length)
    return np.ascontiguousarray(mel.T)


@pytest.fixture(scope="module")
def violin(sounds: Path) -> Corpus:
    """Return frames that do not overlap."""
    return corpus_of(describe(mel_of(sounds / "violin.flac", 2000, 2000), "power_db")[0], step_s=2000 / 44100)


@pytest.fixture(scope="module")
def everything(sounds: Path) -> Corpus:
    """Return all sounds as one corpus, frames that do not overlap."""
    mels = [mel_of(sounds / name, 2000, 4000) for name in SOUNDS]
    return corpus_of(describe(np.concatenate(mels), "power_db")[0])


def step(rows: Rows, order: NDArray[np.intp]) -> float:
    """Return the mean distance of successive rows."""
    return float(np.linalg.norm(np.diff(rows[order], axis=0), axis=1).mean())


KINDS: dict[str, Callable[[np.random.Generator, int], NDArray[np.float64]]] = {
    "normal": lambda rng, n: rng.normal(size=(n, 5)),
    "one band": lambda rng, n: rng.normal(size=(n, 1)),
    "silence": lambda _rng, n: np.full((n, 4), -80.0),
    "duplicates": lambda rng, n: rng.normal(size=(4, 3))[rng.integers(4, size=n)],
    "two values": lambda rng, n: np.eye(2)[rng.integers(2, size=n)],
    "holes": lambda rng, n: np.where(rng.random((n, 4)) < 0.3, np.nan, rng.normal(size=(n, 4))),
    "broken rows": lambda rng, n: np.where(rng.random((n, 1)) < 0.3, np.inf, rng.normal(size=(n, 4))),
    "huge": lambda rng, n: 3e37 * rng.normal(size=(n, 3)),
}


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n = draw(st.sampled_from([0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 30, 61]))
    rows = KINDS[draw(st.sampled_from(sorted(KINDS)))](rng, n).astype(np.float32)
    return corpus_of(rows, sounds=draw(st.integers(1, 3)))


@given(
    corpus=corpora(),
    order=st.sampled_from(QUICK),
    reverse=st.integers(0, 1),
    amount=st.sampled_from([0.0, 0.3, 1.0]),
    window_s=st.sampled_from([0.0, 0.12, 1.0]),
    min_dt_s=st.sampled_from([0.0, 0.07, 0.5, 60.0]),
    clusters=st.sampled_from([1, 3, 100]),
    seed=st.integers(0, 3),
)
@settings(max_examples=300, deadline=None)
def test_every_order_is_a_permutation_of_anything(corpus: Corpus, **options: float | str) -> None:
    ordering = corpus.order(**options)
    n = len(corpus.sound)
    np.testing.assert_array_equal(np.sort(ordering.order), np.arange(n))
    assert ordering.order.dtype == np.intp
    assert ordering.steps.shape == (max(0, n - 1),)
    assert ordering.steps.dtype == np.float32
    assert np.isfinite(ordering.steps).all()
    again = corpus.order(**options)
    assert ordering.order.tobytes() == again.order.tobytes()
    assert ordering.notices == again.notices


@given(corpus=corpora(), perplexity=st.sampled_from([2.0, 30.0]))
@settings(max_examples=15, deadline=None)
def test_so_is_tsne(corpus: Corpus, perplexity: float) -> None:
    ordering = corpus.order(order="tsne", perplexity=perplexity)
    np.testing.assert_array_equal(np.sort(ordering.order), np.arange(len(corpus.sound)))
    assert np.isfinite(ordering.steps).all()


@pytest.mark.parametrize("order", LIKENESS)
def test_grains_that_are_all_alike_stay_where_they_are_and_say_so(order: str) -> None:
    ordering = corpus_of(np.full((40, 6), -80, np.float32)).order(order=order)
    np.testing.assert_array_equal(ordering.order, np.arange(40))
    assert ordering.notices == ("all grains are alike: they stay in their original order",)


@pytest.mark.parametrize("order", ORDERS)
def test_amount_0_is_the_original_and_1_the_order(violin: Corpus, order: str) -> None:
    corpus = violin.part(200)
    np.testing.assert_array_equal(corpus.order(order=order, amount=0, min_dt_s=0.3).order, np.arange(200))
    whole = corpus.order(order=order).order
    np.testing.assert_array_equal(corpus.order(order=order, amount=1).order, whole)
    np.testing.assert_array_equal(corpus.order(order=order, reverse=1).order, whole[::-1])


def test_amount_lies_between(violin: Corpus) -> None:
    n = len(violin.sound)
    moved = [
        np.abs(np.argsort(violin.order(amount=amount).order) - np.arange(n)).mean() for amount in (0.0, 0.2, 0.6, 1.0)
    ]
    assert moved[0] == 0
    assert (np.diff(moved) > 0).all()


@given(corpus=corpora(), order=st.sampled_from(QUICK), window_s=st.sampled_from([0.05, 0.2, 1.0]))
@settings(max_examples=100, deadline=None)
def test_a_window_keeps_grains_in_their_stretch(corpus: Corpus, order: str, window_s: float) -> None:
    stretch = np.stack([corpus.sound, np.floor(corpus.time_s / window_s + 1e-9).astype(np.intp)])
    for amount in (0.4, 1.0):
        sounding = corpus.order(order=order, window_s=window_s, amount=amount, min_dt_s=0.1).order
        np.testing.assert_array_equal(stretch[:, sounding], stretch)


def test_a_window_orders_inside_each_stretch(violin: Corpus) -> None:
    ordering = violin.order(order="pca", window_s=2)
    loudness = violin.search[ordering.order, 0]
    window = np.floor(violin.time_s / 2 + 1e-9)
    for one in np.unique(window):
        assert (np.diff(loudness[window == one]) > -1e-3).all()


def near_pairs(corpus: Corpus, order: NDArray[np.intp], min_dt_s: float) -> int:
    time_s, sound = corpus.time_s[order], corpus.sound[order]
    return int(np.count_nonzero((np.abs(np.diff(time_s)) < min_dt_s - 1e-9) & (np.diff(sound) == 0)))


@pytest.mark.parametrize("order", [order for order in ORDERS if order != "original"])
def test_the_time_distance_is_kept_by_every_order(violin: Corpus, order: str) -> None:
    corpus = violin.part(300)
    for min_dt_s, amount in ((0.2, 1.0), (3.0, 1.0), (0.5, 0.5)):
        ordering = corpus.order(order=order, min_dt_s=min_dt_s, amount=amount)
        assert near_pairs(corpus, ordering.order, min_dt_s) == 0
        assert not ordering.notices


@given(
    corpus=corpora(),
    order=st.sampled_from([order for order in QUICK if order != "original"]),
    min_dt_s=st.sampled_from([0.06, 0.2, 1.0, 60.0]),
    window_s=st.sampled_from([0.0, 0.3]),
)
@settings(max_examples=150, deadline=None)
def test_the_time_distance_is_kept_or_told(corpus: Corpus, order: str, min_dt_s: float, window_s: float) -> None:
    ordering = corpus.order(order=order, min_dt_s=min_dt_s, window_s=window_s)
    near = near_pairs(corpus, ordering.order, min_dt_s)
    told = [text for text in ordering.notices if text.startswith("min_dt_s")]
    expected = f"min_dt_s: {near} of {len(corpus.sound) - 1} steps are nearer than {min_dt_s:g} s"
    assert told == ([f"{expected}; no other place was found for them"] if near else [])


def test_without_a_time_distance_a_tour_of_overlapping_frames_replays_the_sound(sounds: Path) -> None:
    rows = describe(mel_of(sounds / "violin.flac", 2000, 400)[:800], "power_db")[0]
    corpus = corpus_of(rows, step_s=400 / 44100)
    plain, apart = (corpus.order(order="tour", min_dt_s=min_dt_s).order for min_dt_s in (0, 0.05))
    assert near_pairs(corpus, plain, 0.05) > 600
    assert near_pairs(corpus, apart, 0.05) == 0
    assert step(rows, apart) < 0.45 * step(rows, corpus.order(order="random").order)


@pytest.mark.parametrize("order", LIKENESS)
def test_the_direction_is_fixed(violin: Corpus, order: str) -> None:
    rank = np.argsort(violin.order(order=order).order)
    assert np.corrcoef(rank, violin.search[:, 0])[0, 1] > 0
    for seed in range(3):
        noise = 1e-3 * np.random.default_rng(seed).normal(size=violin.descriptors.shape).astype(np.float32)
        shaken = corpus_of(violin.descriptors + noise)
        other = np.argsort(shaken.order(order=order, seed=seed).order)
        assert np.corrcoef(other, violin.search[:, 0])[0, 1] > 0
        if order in ("similarity", "pca"):  # which come out nearly the same; tours differ, and keep their direction
            assert np.corrcoef(rank, other)[0, 1] > 0.9


@pytest.mark.parametrize("order", ["similarity", "pca"])
def test_a_sound_played_backwards_does_not_turn_its_order(violin: Corpus, order: str) -> None:
    rank = np.argsort(violin.order(order=order).order)
    backwards = np.argsort(corpus_of(violin.descriptors[::-1].copy()).order(order=order).order)[::-1]
    assert np.corrcoef(rank, backwards)[0, 1] > 0.9


def test_where_nothing_tells_a_direction_the_end_that_came_first_comes_first() -> None:
    ring = 2 * np.pi * np.arange(90) / 90
    rows = np.stack([np.cos(ring), np.sin(ring)], axis=1).astype(np.float32)
    search = np.zeros((90, 2), np.float32)
    search[:, 1] = np.arange(90)
    order = Corpus(rows, search, np.zeros(90, np.intp), np.linspace(0, 9, 90)).order(order="tour").order
    assert order[0] < order[-1]


def test_the_original_and_a_random_order_are_not_turned(violin: Corpus) -> None:
    n = len(violin.sound)
    np.testing.assert_array_equal(violin.order(order="original").order, np.arange(n))
    for seed in (1, 2):
        expected = np.random.default_rng(seed).permutation(n)
        np.testing.assert_array_equal(violin.order(order="random", seed=seed).order, expected)


def test_steps_are_distances_along_what_was_reduced(violin: Corpus) -> None:
    ordering = violin.order(order="pca")
    along = pca(violin.descriptors, 1)[ordering.order, 0]
    np.testing.assert_allclose(ordering.steps, np.abs(np.diff(along)), rtol=1e-4, atol=1e-4)
    ordering = violin.order(order="tsne")
    assert ordering.steps.sum() < 1000  # the places on a line, end to end
    for order in ("similarity", "tour", "cluster", "random", "original"):
        ordering = violin.order(order=order)
        far = np.linalg.norm(np.diff(violin.search[ordering.order], axis=0), axis=1)
        np.testing.assert_allclose(ordering.steps, far, rtol=1e-4)


def test_clusters_are_played_one_after_the_other_and_join_well(everything: Corpus) -> None:
    ordering = everything.order(order="cluster", clusters=12, seed=5)
    rows = everything.descriptors
    label = cluster_labels(everything.search, 12, seed=5)[ordering.order]
    clusters = np.split(ordering.order, 1 + np.flatnonzero(np.diff(label)))
    assert len(clusters) == 12

    def joins(sequence: list[NDArray[np.intp]]) -> float:
        return float(np.mean([np.linalg.norm(rows[a[-1]] - rows[b[0]]) for a, b in pairwise(sequence)]))

    rng = np.random.default_rng(1)
    anyhow = np.mean([joins([clusters[i] for i in rng.permutation(12)]) for _ in range(50)])
    assert joins(clusters) < 0.8 * anyhow
    assert step(rows, ordering.order) < 1.1 * step(rows, everything.order().order)


def test_more_clusters_than_unlike_grains_are_told() -> None:
    rows = np.repeat(np.eye(3, dtype=np.float32), 5, axis=0)
    assert corpus_of(rows).order(order="cluster", clusters=8).notices == (
        "3 clusters instead of 8: there are no more unlike grains",
    )


def test_similarity_keeps_the_gradient_of_likeness(everything: Corpus) -> None:
    rank = np.argsort(everything.order().order)[:, np.newaxis]
    assert trustworthiness(everything.descriptors, rank, n_neighbors=10) > 0.95


@pytest.mark.parametrize(("corpus", "similarity", "tour"), [("violin", 0.90, 0.87), ("everything", 0.88, 0.84)])
def test_orders_are_smoother_than_scikit_learns_tsne(
    corpus: str, similarity: float, tour: float, request: pytest.FixtureRequest
) -> None:
    grains: Corpus = request.getfixturevalue(corpus)
    rows = grains.descriptors
    with threadpool_limits(1):  # its threads wait for each other where the machine is busy
        reduced = TSNE(n_components=1, random_state=42).fit_transform(rows)[:, 0]
    notebook = step(rows, np.argsort(reduced))
    assert step(rows, grains.order(order="similarity").order) <= similarity * notebook
    assert step(rows, grains.order(order="tour").order) <= tour * notebook
    assert step(rows, grains.order(order="tsne").order) <= 1.1 * notebook


def lower_bound(rows: Rows, longest: float) -> float:
    """Return a length that no path falls below: Held and Karp's, of spanning trees under penalties on the grains.

    The tree holds n - 1 edges, as a path does; where a grain has more than two, a penalty makes its edges dearer.
    """
    n = len(rows)
    distances = squareform(pdist(rows.astype(np.float64)))
    penalty, best, scale = np.zeros(n), 0.0, 1.0
    for _ in range(150):
        costs = distances + penalty + penalty[:, np.newaxis]
        above = 1 - costs.min()  # an edge of 0 would be none
        tree = minimum_spanning_tree(costs + above).tocoo()
        degree = np.bincount(np.concatenate([tree.row, tree.col]), minlength=n)
        ends = np.argsort(penalty)[:2]  # a path misses two edges of a round trip, at its ends
        degree[ends] += 1
        bound = tree.data.sum() - (n - 1) * above + penalty[ends].sum() - 2 * penalty.sum()
        best, scale = (bound, scale) if bound > best else (best, 0.95 * scale)
        penalty += scale * (longest - bound) / max(1, ((degree - 2) ** 2).sum()) * (degree - 2)
    return best


def test_a_tour_is_within_two_and_a_half_percent_of_the_shortest_path(violin: Corpus) -> None:
    tour = Corpus(violin.search, violin.search, violin.sound, violin.time_s).order(order="tour")
    found = float(tour.steps.sum(dtype=np.float64))
    assert found <= 1.025 * lower_bound(violin.search, found)


@pytest.mark.parametrize("sound", ["violin.flac", "loop_tabla.flac"])
@pytest.mark.parametrize(("win_length", "hop_length"), [(2000, 400), (11025, 5512)])
def test_pca_is_the_notebooks_order(sounds: Path, sound: str, win_length: int, hop_length: int) -> None:
    """The notebook's coordinates are rounded to float32 by scikit-learn's solver, and silent frames are exactly equal.

    So its order is compared where it means something: along our order its coordinate never falls by more than its own
    rounding, which is what it differs from the same formula in float64.
    """
    mel = mel_of(sounds / sound, win_length, hop_length)
    notebook = np.ascontiguousarray(librosa.amplitude_to_db(mel.T).T)
    corpus = corpus_of(describe(mel, "amplitude_db")[0])
    order = corpus.order(order="pca").order
    single = PCA(n_components=1, random_state=0).fit_transform(notebook)[:, 0].astype(np.float64)
    double = PCA(n_components=1, svd_solver="full").fit_transform(notebook.astype(np.float64))[:, 0]
    single *= np.sign(np.corrcoef(single, double)[0, 1])
    if np.corrcoef(np.argsort(order), double)[0, 1] < 0:
        single, double = -single, -double
    rounding = 2 * np.abs(single - double).max() + 1e-5 * np.ptp(double)
    assert rounding < 1e-3 * np.ptp(double)
    assert np.diff(single[order]).min() >= -rounding
    assert np.diff(double[order]).min() >= -1e-5 * np.ptp(double)
    clear = np.diff(np.sort(double)) > 1e-5 * np.ptp(double)
    alone = np.concatenate([[True], clear]) & np.concatenate([clear, [True]])
    assert alone.mean() > 0.3
    np.testing.assert_array_equal(order[alone], np.argsort(double, kind="stable")[alone])


def test_a_progress_is_told_from_0_to_1(violin: Corpus) -> None:
    for order in ("similarity", "tour", "tsne"):
        heard: list[float] = []
        order_grains(
            violin.descriptors,
            violin.search,
            sound=violin.sound,
            time_s=violin.time_s,
            settings=Settings(order=order),
            progress=heard.append,
        )
        assert heard == sorted(heard)
        assert heard[-1] == 1


def test_rows_that_may_not_be_written_to_will_do(violin: Corpus) -> None:
    rows = violin.descriptors.copy()
    rows.flags.writeable = False
    with warnings.catch_warnings():
        order = Corpus(rows, violin.search, violin.sound, violin.time_s).order().order
    np.testing.assert_array_equal(order, violin.order().order)
