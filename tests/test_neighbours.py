"""The index finds exactly the nearest grains, ties by their number, whatever the places are; bad questions are told."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from oscreorder.corpus.neighbours import NOBODY, FlatIndex, Index, checked_point, grain_point
from oscreorder.errors import NotFoundError, ParameterError

UNHURRIED = trials(deadline=None)

Rows = NDArray[np.float32]


def rows(**elements: Any) -> st.SearchStrategy[Rows]:
    shapes = st.tuples(st.integers(1, 80), st.integers(1, 4))
    return shapes.flatmap(lambda shape: hnp.arrays(np.float32, shape, elements=st.floats(width=32, **elements)))


# Few different values: most places are shared and most distances tied, all exact in float64.
GRID = st.tuples(st.integers(1, 80), st.integers(1, 3)).flatmap(
    lambda shape: hnp.arrays(np.float32, shape, elements=st.integers(-2, 2))
)


def counted(points: Rows, point: Rows, *, k: int, radius: float = 0.0) -> tuple[list[int], list[float]]:
    """Look at every row."""
    distances = np.sqrt(((points.astype(np.float64) - point.astype(np.float64)) ** 2).sum(axis=1))
    order = np.lexsort((np.arange(len(points)), distances))
    if radius:
        order = order[distances[order].astype(np.float32) <= np.float32(radius)]
    return order[:k].tolist(), distances[order[:k]].astype(np.float32).tolist()


@UNHURRIED
@given(points=GRID, data=st.data(), k=st.integers(1, 100), radius=st.sampled_from([0.0, 0.5, 1.0, 2.0**0.5, 2.0]))
def test_ties_and_shared_places_are_in_the_order_of_the_numbers(
    points: Rows, data: st.DataObject, k: int, radius: float
) -> None:
    point = data.draw(hnp.arrays(np.float32, points.shape[1], elements=st.integers(-3, 3)))
    indices, distances = FlatIndex(points).query(point, k=k, radius=radius)
    assert (indices.tolist(), distances.tolist()) == counted(points, point, k=k, radius=radius)
    assert indices.dtype == np.intp
    assert distances.dtype == np.float32


def test_ties_across_the_whole_tree_are_in_the_order_of_the_numbers() -> None:
    axis = np.arange(10, dtype=np.float32)
    points = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3)
    points = np.random.default_rng(2).permutation(points)
    index = FlatIndex(points)
    for k in range(1, 40):
        for point in points[:20]:
            assert index.query(point, k=k)[0].tolist() == counted(points, point, k=k)[0]


def test_zero_and_minus_zero_are_one_place() -> None:
    for values in ([-0.0, 0.0], [0.0, -0.0]):
        index = FlatIndex([[value] for value in values])
        for value in values:
            assert index.query([value], k=1)[0].tolist() == [0]


@UNHURRIED
@given(points=rows(min_value=-1000, max_value=1000), data=st.data(), k=st.integers(1, 100))
def test_no_grain_is_nearer_than_those_found(points: Rows, data: st.DataObject, k: int) -> None:
    point = data.draw(hnp.arrays(np.float32, points.shape[1], elements=st.floats(-1000, 1000, width=32)))
    indices, distances = FlatIndex(points).query(point, k=k)
    assert len(set(indices.tolist())) == len(indices) == min(k, len(points))
    np.testing.assert_allclose(distances, counted(points, point, k=k)[1], rtol=1e-6, atol=1e-30)
    there = np.linalg.norm(points[indices].astype(np.float64) - point, axis=1)
    np.testing.assert_allclose(distances, there, rtol=1e-6, atol=1e-30)


@UNHURRIED
@given(points=GRID, k=st.integers(1, 30), more=st.integers(0, 60))
def test_fewer_neighbours_are_the_beginning_of_more(points: Rows, k: int, more: int) -> None:
    index = FlatIndex(points)
    few, many = index.query(points[0], k=k), index.query(points[0], k=k + more)
    assert few[0].tolist() == many[0][:k].tolist()
    assert few[1].tolist() == many[1][:k].tolist()


@UNHURRIED
@given(points=rows(min_value=-10, max_value=10), data=st.data())
def test_a_told_distance_given_as_radius_reaches_that_grain(points: Rows, data: st.DataObject) -> None:
    index = FlatIndex(points)
    indices, distances = index.query(points[-1], k=len(points))
    rank = data.draw(st.integers(0, len(points) - 1))
    radius = float(distances[rank])
    if radius:
        within, told = index.query(points[-1], k=len(points), radius=radius)
        assert indices[rank] in within
        assert told.max() <= distances[rank]
        assert len(within) == np.count_nonzero(distances <= distances[rank])


def test_what_rounds_to_more_than_the_radius_is_outside() -> None:
    index = FlatIndex([[1.0, 1e-4], [1.0, 4.2e-4]])
    indices, distances = index.query([0.0, 0.0], k=2, radius=1.0)
    assert (indices.tolist(), distances.tolist()) == ([0], [1.0])


@UNHURRIED
@given(points=GRID, k=st.integers(1, 20), radius=st.sampled_from([0.0, 1.0]))
def test_many_questions_at_once_are_answered_as_one_by_one(points: Rows, k: int, radius: float) -> None:
    index = FlatIndex(points)
    indices, distances = index.query_many(points, k=k, radius=radius)
    assert indices.shape == distances.shape == (len(points), min(k, len(points)))
    for row, point in enumerate(points):
        alone = index.query(point, k=k, radius=radius)
        found = len(alone[0])
        assert indices[row, :found].tolist() == alone[0].tolist()
        assert distances[row, :found].tolist() == alone[1].tolist()
        assert (indices[row, found:] == NOBODY).all()
        assert np.isinf(distances[row, found:]).all()


@UNHURRIED
@given(points=GRID, cut=st.integers(0, 80), k=st.integers(1, 20))
def test_grains_that_were_added_are_found_as_if_they_had_been_there(points: Rows, cut: int, k: int) -> None:
    grown, whole = FlatIndex(points[:cut]), FlatIndex(points)
    grown.add(points[cut:])
    np.testing.assert_array_equal(grown.points, points)
    assert grown.query(points[0], k=k)[0].tolist() == whole.query(points[0], k=k)[0].tolist()


@UNHURRIED
@given(points=rows(min_value=-100, max_value=100), data=st.data())
def test_a_grain_finds_itself_or_its_double_first(points: Rows, data: st.DataObject) -> None:
    index: Index = FlatIndex(points)
    grain = data.draw(st.integers(0, len(points) - 1))
    indices, distances = index.query(grain_point(index, grain), k=1)
    assert distances[0] == 0
    assert indices[0] == np.flatnonzero((points == points[grain]).all(axis=1))[0]


def test_silence_of_many_grains_does_not_hide_what_is_near() -> None:
    rng = np.random.default_rng(1)
    points = rng.standard_normal((3000, 16)).astype(np.float32)
    points[rng.permutation(3000)[:2000]] = points[7]
    index = FlatIndex(points)
    for point in (points[7], points[7] + np.float32(0.1), points[8]):
        for k in (1, 10, 1990, 2500):
            assert index.query(point, k=k)[0].tolist() == counted(points, point, k=k)[0]


def test_how_a_place_lies_in_memory_does_not_matter() -> None:
    points = np.random.default_rng(7).standard_normal((500, 6)).astype(np.float32)
    index = FlatIndex(points)
    wanted = index.query(points[3].tolist(), k=5)[0].tolist()
    wide = np.repeat(points[3].astype(np.float64), 2)
    for point in (points[3], wide[::2], tuple(points[3]), points[3].astype(">f4")):
        assert index.query(point, k=5)[0].tolist() == wanted


def test_an_index_without_grains_finds_nothing() -> None:
    index = FlatIndex(np.empty((0, 3), np.float32))
    indices, distances = index.query([0, 0, 0], k=4)
    assert (len(indices), len(distances)) == (0, 0)
    assert index.query_many(np.zeros((2, 3)), k=4)[0].shape == (2, 0)
    index.add([[1, 2, 3]])
    assert index.query([1, 2, 3], k=4)[0].tolist() == [0]


@pytest.mark.parametrize("size", [1e-38, 1e-30, 1e-22, 1e-19, 1e-3, 1e6, 1e14, 1e18, 1e29])
def test_the_nearest_are_found_at_any_scale(size: float) -> None:
    rng = np.random.default_rng(4)
    points = (size * rng.standard_normal((3000, 3))).astype(np.float32)
    index = FlatIndex(points)
    for point in [*points[:5], (size * rng.standard_normal(3)).astype(np.float32), np.zeros(3, np.float32)]:
        indices, distances = index.query(point, k=20)
        assert indices.tolist() == counted(points, point, k=20)[0]
        assert np.isfinite(distances).all()


@pytest.mark.parametrize("place", [1e3, 1e6, 1e9, 1e12])
def test_from_far_away_the_nearest_are_told_in_order(place: float) -> None:
    points = np.random.default_rng(5).permutation(np.arange(3000, dtype=np.float32))[:, np.newaxis]
    indices, _ = FlatIndex(points).query([place], k=20)
    assert points[indices, 0].tolist() == sorted(points[:, 0], key=lambda each: abs(float(each) - place))[:20]


def test_from_the_end_of_the_world_distances_are_finite() -> None:
    index = FlatIndex(np.random.default_rng(6).standard_normal((3000, 2)))
    indices, distances = index.query([1e30, -1e30], k=3)
    assert len(set(indices.tolist())) == 3
    assert np.isfinite(distances).all()


@pytest.mark.parametrize(
    ("point", "told"),
    [
        ([0.0, float("nan"), 0.0], "point: number 2 of 3 is nan; it takes -1e30 to 1e30"),
        ([0.0, 0.0, float("-inf")], "point: number 3 of 3 is -inf; it takes"),
        ([1e300, 0.0, 0.0], "point: number 1 of 3 is 1e\\+300; it takes"),
        ([0.0, 0.0], "point: 2 numbers came; it takes 3, one for each dimension"),
        ([], "point: 0 numbers came; it takes 3"),
        ([[0.0, 0.0, 0.0]], "point: 3 numbers came"),
    ],
)
def test_a_bad_place_is_refused_by_name(point: list[float], told: str) -> None:
    index = FlatIndex(np.zeros((5, 3)))
    with pytest.raises(ParameterError, match=told):
        index.query(point, k=1)
    with pytest.raises(ParameterError, match="vector: "):
        checked_point(point, 3, name="vector")


def test_other_bad_questions_are_refused() -> None:
    index = FlatIndex(np.zeros((5, 3)))
    with pytest.raises(ParameterError, match="k: 0 is not allowed"):
        index.query([0, 0, 0], k=0)
    for radius in (-1.0, float("nan")):
        with pytest.raises(ParameterError, match=f"radius: {radius} is not allowed"):
            index.query([0, 0, 0], k=1, radius=radius)
    with pytest.raises(ParameterError, match=r"points: shape \(2, 2\) came; it takes \(n, 3\)"):
        index.query_many(np.zeros((2, 2)), k=1)
    with pytest.raises(ParameterError, match="points: row 1 holds NaN"):
        index.add([[0.0, 0.0, 0.0], [0.0, float("nan"), 0.0]])
    assert len(index.points) == 5


def test_bad_places_make_no_index() -> None:
    with pytest.raises(ParameterError, match="points: row 2 holds NaN"):
        FlatIndex([[0.0], [1.0], [float("nan")]])
    with pytest.raises(ParameterError, match=r"points: shape \(3,\) came; it takes \(n, d\)"):
        FlatIndex([0.0, 1.0, 2.0])


@pytest.mark.parametrize("grain", [-1, 5])
def test_there_is_no_other_grain(grain: int) -> None:
    with pytest.raises(NotFoundError, match=f"there is no grain {grain}; the grains are 0 to 4"):
        grain_point(FlatIndex(np.zeros((5, 3))), grain)
    with pytest.raises(NotFoundError, match="the corpus holds no grains"):
        grain_point(FlatIndex(np.empty((0, 3))), grain)


def test_the_places_cannot_be_written_through_the_index() -> None:
    with pytest.raises(ValueError, match="read-only"):
        FlatIndex(np.zeros((5, 3))).points[0] = 1
