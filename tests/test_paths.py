"""Graphs, paths, the map and the clusters: against brute force, against a greedy walk, and on awkward grains."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oscreorder.corpus.graphs import NOBODY, Graph, neighbour_graph, window_graph
from oscreorder.corpus.moves import improve
from oscreorder.corpus.paths import greedy_path, keep_apart, near_steps, path_steps, refined
from oscreorder.corpus.som import cluster_labels, map_places
from oscreorder.corpus.space import Path, Rows, Space, make_space, near


def normal(*shape: int, seed: int = 0) -> Rows:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def space_of(points: Rows, *, min_dt_s: float = 0.0, step_s: float = 0.1) -> Space:
    n = len(points)
    return make_space(points, np.zeros(n), step_s * np.arange(n), min_dt_s=min_dt_s)


def tour(space: Space) -> Path:
    graph = neighbour_graph(space, space.points)
    return improve(space, graph, greedy_path(space, space.points, graph), limit=50_000)


def length(points: Rows, order: NDArray[np.intp] | tuple[int, ...]) -> float:
    return float(path_steps(points, np.asarray(order, np.intp)).sum())


def distances(points: Rows) -> NDArray[np.float64]:
    table: NDArray[np.float64] = np.linalg.norm(points[:, np.newaxis].astype(np.float64) - points, axis=2)
    return table


def test_the_graph_holds_the_true_neighbours() -> None:
    points = normal(400, 6)
    graph = neighbour_graph(space_of(points), points, count=8)
    true = np.argsort(distances(points), axis=1)[:, 1:9]
    found = np.mean([np.isin(row, known).mean() for row, known in zip(graph.neighbours, true, strict=True)])
    assert found > 0.97
    assert (np.diff(graph.lengths, axis=1) >= 0).all()
    np.testing.assert_allclose(graph.lengths, np.take_along_axis(distances(points), graph.neighbours, 1), rtol=1e-5)


def test_a_window_as_wide_as_the_path_gives_the_exact_graph() -> None:
    points = normal(60, 5)
    graph = window_graph(space_of(points), np.arange(60), width=60, count=7)
    np.testing.assert_array_equal(graph.neighbours, np.argsort(distances(points), axis=1)[:, 1:8])


def test_a_window_keeps_to_its_width() -> None:
    order = np.random.default_rng(1).permutation(50)
    graph = window_graph(space_of(normal(50, 3)), order, width=5, count=4)
    place = np.argsort(order)
    assert np.abs(place[graph.neighbours] - place[:, np.newaxis]).max() == 5


@given(n=st.integers(2, 60), kinds=st.integers(1, 5), count=st.integers(1, 12), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_graphs_of_crowds_hold_as_many_neighbours_as_there_are(n: int, kinds: int, count: int, seed: int) -> None:
    points = normal(kinds, 3)[np.random.default_rng(seed).integers(kinds, size=n)]
    graph = neighbour_graph(space_of(points), points, count=count)
    for i, row in enumerate(graph.neighbours):
        known = row[row != NOBODY]
        assert len(known) == min(count, n - 1)
        assert len(set(known.tolist()) - {i}) == len(known)


def test_a_graph_leaves_out_those_that_are_too_near_in_time() -> None:
    space = space_of(np.cumsum(normal(300, 3), axis=0), min_dt_s=2.0)
    for graph in (neighbour_graph(space, space.points), window_graph(space, np.arange(300), width=60)):
        for i, row in enumerate(graph.neighbours):
            assert not any(near(space.when, space.rule, i, int(j)) for j in row if j != NOBODY)
        assert (graph.neighbours[:, 0] != NOBODY).all()


def test_the_tour_of_eight_is_nearly_always_the_best_there_is() -> None:
    best, ratios = 0, []
    orders = np.array([order for order in permutations(range(8)) if order[0] < order[-1]])
    for seed in range(30):
        points = normal(8, 3, seed=seed)
        every = distances(points)[orders[:, :-1], orders[:, 1:]].sum(axis=1).min()
        ratios.append(length(points, tour(space_of(points))) / every)
        best += ratios[-1] < 1.0001
    assert best >= 20
    assert max(ratios) < 1.15


def test_a_tour_is_far_shorter_than_a_walk_to_the_nearest() -> None:
    points = normal(1500, 2)
    table = distances(points)
    walk = [0]
    left = np.ones(1500, np.bool_)
    left[0] = False
    while left.any():
        walk.append(int(np.where(left, table[walk[-1]], np.inf).argmin()))
        left[walk[-1]] = False
    order = tour(space_of(points))
    np.testing.assert_array_equal(np.sort(order), np.arange(1500))
    assert length(points, order) < 0.9 * length(points, tuple(walk))


@given(n=st.integers(1, 80), kinds=st.integers(1, 80), limit=st.sampled_from([3, 50, 10_000]), seed=st.integers(0, 99))
@settings(max_examples=100, deadline=None)
def test_moves_never_make_a_path_longer_nor_lose_a_grain(n: int, kinds: int, limit: int, seed: int) -> None:
    points = normal(kinds, 2)[np.random.default_rng(seed).integers(kinds, size=n)]
    order = np.random.default_rng(seed + 1).permutation(n)
    space = space_of(points)
    better = improve(space, window_graph(space, order, width=n), order, limit=limit)
    np.testing.assert_array_equal(np.sort(better), np.arange(n))
    assert length(points, better) <= length(points, order) * (1 + 1e-6)


@given(n=st.integers(1, 40), kinds=st.integers(1, 40), kicks=st.integers(0, 50), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_kicks_never_make_a_path_longer_nor_lose_a_grain(n: int, kinds: int, kicks: int, seed: int) -> None:
    points = normal(kinds, 2)[np.random.default_rng(seed).integers(kinds, size=n)]
    space = space_of(points)
    graph, order = neighbour_graph(space, points), np.random.default_rng(seed + 1).permutation(n)
    plain, kicked = (improve(space, graph, order, limit=n, kicks=number) for number in (0, kicks))
    np.testing.assert_array_equal(np.sort(kicked), np.arange(n))
    assert length(points, kicked) <= length(points, plain) * (1 + 1e-5)
    np.testing.assert_array_equal(kicked, improve(space, graph, order, limit=n, kicks=kicks))


def test_kicks_find_shorter_tours() -> None:
    points = normal(600, 3)
    space = space_of(points)
    graph = neighbour_graph(space, points)
    order = greedy_path(space, points, graph)
    plain, kicked = (length(points, improve(space, graph, order, limit=600, kicks=kicks)) for kicks in (0, 6000))
    assert kicked < 0.985 * plain


@given(n=st.integers(1, 90), part=st.integers(2, 40), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_a_path_refined_in_parts_is_never_longer_and_keeps_grains_in_their_part(n: int, part: int, seed: int) -> None:
    points = normal(n, 2, seed=seed)
    order = np.random.default_rng(seed).permutation(n)
    better = refined(space_of(points), order, limit=20, part=part)
    for start in range(0, n, part):
        assert set(better[start : start + part]) == set(order[start : start + part])
    assert length(points, better) <= length(points, order) * (1 + 1e-6)


def test_a_path_refined_in_parts_is_as_smooth_as_in_one() -> None:
    points = np.cumsum(normal(4000, 8), axis=0).astype(np.float32)
    order = np.argsort(np.arange(4000) + np.random.default_rng(0).uniform(0, 30, 4000))
    whole, parts = (length(points, refined(space_of(points), order, limit=50, part=part)) for part in (4000, 500))
    assert whole < 0.5 * length(points, order)
    assert parts < 1.02 * whole


def test_many_grains_find_nearly_all_their_neighbours() -> None:
    points = np.cumsum(normal(6000, 8), axis=0).astype(np.float32)[np.random.default_rng(1).permutation(6000)]
    graph = neighbour_graph(space_of(points), points)
    _, true = cKDTree(points).query(points, 11)
    found = np.mean([np.isin(row, known).mean() for row, known in zip(graph.neighbours, true[:, 1:], strict=True)])
    assert found > 0.95
    assert (graph.neighbours != NOBODY).all()
    assert graph.neighbours.tobytes() == neighbour_graph(space_of(points), points).neighbours.tobytes()


def test_many_noisy_grains_find_most_of_their_neighbours() -> None:
    points = normal(6000, 16)  # no recording is as hard: nothing but chance is near
    graph = neighbour_graph(space_of(points), points)
    _, true = cKDTree(points).query(points, 11)
    found = np.mean([np.isin(row, known).mean() for row, known in zip(graph.neighbours, true[:, 1:], strict=True)])
    assert found > 0.3
    assert graph.lengths.mean() < 1.15 * cKDTree(points).query(points, 11)[0][:, 1:].mean()


def test_a_path_without_crossings_is_left_alone() -> None:
    points = np.stack([np.arange(100), np.zeros(100)], axis=1).astype(np.float32)
    space = space_of(points)
    np.testing.assert_array_equal(
        improve(space, window_graph(space, np.arange(100), width=50), np.arange(100), limit=50), np.arange(100)
    )


def test_thousands_of_equal_grains_are_no_trouble() -> None:
    points = np.concatenate([np.zeros((20_000, 4), np.float32), normal(500, 4)])
    order = tour(space_of(points))
    silent = np.flatnonzero(order < 20_000)
    assert silent[-1] - silent[0] == 19_999


def test_a_path_of_nobody_and_of_one() -> None:
    for n in (0, 1):
        space = space_of(normal(n, 2))
        order = np.arange(n)
        empty = Graph(np.full((n, 1), NOBODY, np.int32), np.full((n, 1), np.inf, np.float32))
        assert len(improve(space, empty, order, limit=50)) == n
        assert len(keep_apart(space, order, after=order[:0])) == n
        assert len(path_steps(space.points, order)) == 0


@given(
    n=st.integers(1, 60),
    sounds=st.integers(1, 3),
    min_dt_s=st.sampled_from([0.05, 0.15, 0.5, 2.0, 60.0]),
    seed=st.integers(0, 999),
)
@settings(max_examples=200, deadline=None)
def test_keeping_apart_loses_no_grain_and_never_does_harm(n: int, sounds: int, min_dt_s: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    space = make_space(normal(n, 2), np.sort(rng.integers(sounds, size=n)), 0.1 * np.arange(n), min_dt_s=min_dt_s)
    order = rng.permutation(n)
    apart = keep_apart(space, order, after=order[:0])
    np.testing.assert_array_equal(np.sort(apart), np.arange(n))
    assert near_steps(space, apart) <= near_steps(space, order)


@given(permutation=st.permutations(range(7)), after=st.none() | st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_seven_grains_are_kept_apart_where_that_is_plainly_possible(permutation: list[int], after: int | None) -> None:
    space = make_space(normal(8, 2), np.zeros(8), np.array([0.1 * i for i in range(7)] + [9.0]), min_dt_s=0.15)
    first = np.array([7 if after is None else after])
    assert near_steps(space, keep_apart(space, np.array(permutation), after=first)) <= 1


def test_a_path_that_is_apart_already_stays_as_it_is() -> None:
    space = space_of(normal(40, 2), min_dt_s=0.3)
    order = np.arange(40).reshape(5, 8).T.ravel()
    assert near_steps(space, order) == 0
    np.testing.assert_array_equal(keep_apart(space, order, after=order[:0]), order)


def test_a_time_distance_is_kept_by_paths_and_not_only_by_waiting() -> None:
    points = np.cumsum(normal(500, 8), axis=0).astype(np.float32)
    space = space_of(points, min_dt_s=0.55)
    assert near_steps(space, tour(space)) < 5
    assert near_steps(space, tour(space_of(points))) > 400


@pytest.mark.parametrize("n", [1, 2, 3, 49, 50, 51, 400, 3500])
def test_the_map_finds_the_way_along_a_bent_line(n: int) -> None:
    along = np.random.default_rng(5).permutation(n) / n
    bent = np.stack([3 * along, np.sin(3 * along), np.cos(2 * along)], axis=1)
    places = map_places((bent - bent.mean(axis=0)).astype(np.float32))
    assert places.shape == (n,)
    ranks, true = np.argsort(np.argsort(places)), np.argsort(np.argsort(along))
    assert np.abs(ranks - true).max() <= max(2, n // 20)


def test_the_map_of_equal_grains_keeps_their_order() -> None:
    assert not np.ptp(map_places(np.zeros((30, 4), np.float32)))


def test_clusters_are_the_heaps_that_are_there() -> None:
    heap = np.random.default_rng(3).integers(4, size=600)
    points = (10 * np.eye(4)[heap] + 0.5 * normal(600, 4)).astype(np.float32)
    labels = cluster_labels(points, 4, seed=1)
    for true in range(4):
        assert len(set(labels[heap == true].tolist())) == 1
    np.testing.assert_array_equal(labels, cluster_labels(points, 4, seed=1))
    assert set(labels.tolist()) == {0, 1, 2, 3}


@given(n=st.integers(1, 20), kinds=st.integers(1, 20), wanted=st.integers(1, 30), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_no_cluster_is_empty_and_equal_grains_share_one(n: int, kinds: int, wanted: int, seed: int) -> None:
    kind = np.random.default_rng(seed).integers(kinds, size=n)
    labels = cluster_labels(normal(kinds, 2)[kind], wanted, seed=seed)
    assert set(labels.tolist()) == set(range(labels.max() + 1))
    assert labels.max() < min(wanted, len(set(kind.tolist())))
    assert len(set(zip(kind.tolist(), labels.tolist(), strict=True))) == len(set(kind.tolist()))
