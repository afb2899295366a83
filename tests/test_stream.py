"""A stream's grains: the right ones at the exact times, the same however often the stream is asked."""

import gc
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from oscreorder.corpus.neighbours import FlatIndex, grain_point
from oscreorder.errors import ParameterError
from oscreorder.live.choice import MAX_REACH
from oscreorder.live.grains import FileGrains, Grain, file_grains
from oscreorder.live.stream import MAX_PENDING, MIN_GAP_S, Stream, StreamSettings, Target, play_through

UNHURRIED = trials(deadline=None)

N = 40
POINTS = np.random.default_rng(3).standard_normal((N, 3)).astype(np.float32)
SPACE = FlatIndex(POINTS)
MAP = FlatIndex(POINTS[:, :2])
LINE = FlatIndex(np.arange(N, dtype=np.float32)[:, np.newaxis])

Move = tuple[float, Target | Mapping[str, Any]]


def grains_of(n: int = N) -> FileGrains:
    return file_grains(
        np.zeros(n, np.intp), np.arange(n) * 100, win_length=400, sr=1000, own_sr=[1000], own_length=[n * 100]
    )


def stream(target: Target | None = None, *, seed: int = 1, n: int = N, **settings: Any) -> Stream:
    return Stream(grains_of(n), StreamSettings(**settings), seed=seed, target=target)


def on_line(place: float) -> Target:
    return Target(LINE, [place])


def numbers(grains: Sequence[Grain]) -> list[int]:
    return [grain.grain for grain in grains]


def times(grains: Sequence[Grain]) -> list[float]:
    return [grain.time_s for grain in grains]


targets = st.one_of(
    st.integers(0, N - 1).map(lambda grain: Target(SPACE, grain_point(SPACE, grain))),
    st.tuples(st.floats(-2, 2), st.floats(-2, 2)).map(lambda place: Target(MAP, place)),
)
modes = st.sampled_from(["bow", "beat", "fence", "chain"])
choices = st.sampled_from(["nearest", "random", "urn", "weighted"])
rates = st.sampled_from([0.7, 3.0, 20.0, 50.0])
options = st.fixed_dictionaries(
    {
        "mode": modes,
        "choose": choices,
        "rate": rates,
        "k": st.integers(1, 60),
        "radius": st.sampled_from([0.0, 0.5, 2.0]),
        "repeat_s": st.sampled_from([0.0, 0.1, 0.5, 60.0]),
        "count": st.sampled_from([0, 0, 3, 30]),
    }
)
changes = st.fixed_dictionaries({}, optional={"mode": modes, "choose": choices, "rate": rates, "radius": st.just(1.0)})
moves = st.lists(st.tuples(st.floats(0, 3), st.one_of(targets, targets, changes)), max_size=12).map(
    lambda found: sorted(found, key=lambda move: move[0])
)


def make(stream: Stream, move: Move) -> float:
    at_s, what = move
    return stream.target(what, at_s=at_s) if isinstance(what, Target) else stream.set(at_s=at_s, **what)


# However the stream is asked


@UNHURRIED
@given(settings=options, moves=moves, polls=st.lists(st.floats(0, 3), max_size=30), seed=st.integers(0, 100))
def test_the_grains_do_not_depend_on_how_often_the_stream_is_asked(
    settings: dict[str, Any], moves: list[Move], polls: list[float], seed: int
) -> None:
    expected = play_through(stream(seed=seed, **settings), moves, until_s=3)

    told_before = stream(seed=seed, **settings)
    for move in moves:
        make(told_before, move)
    assert [grain for poll in [*sorted(polls), 3.0] for grain in told_before.due(poll)] == expected

    told_in_time = stream(seed=seed, **settings)
    grains, waiting = [], list(moves)
    for poll in [*sorted(polls), 3.0]:
        while waiting and waiting[0][0] < poll:
            grains += told_in_time.due(waiting[0][0])
            make(told_in_time, waiting.pop(0))
        grains += told_in_time.due(poll)
    assert grains == expected


@UNHURRIED
@given(settings=options, moves=moves, polls=st.lists(st.floats(0, 3), min_size=1, max_size=10), ahead=st.floats(0, 1))
def test_what_comes_too_late_holds_from_the_time_that_is_told_and_replays(
    settings: dict[str, Any], moves: list[Move], polls: list[float], ahead: float
) -> None:
    live = stream(**settings)
    grains, log = [], []
    waiting = list(moves)
    for poll in sorted(polls):
        grains += live.due(poll + ahead)
        while waiting and waiting[0][0] <= poll:
            move = waiting.pop(0)
            held_from = make(live, move)
            assert held_from >= max(poll + ahead, move[0])
            log.append((held_from, move[1]))
    grains += live.due(4)
    assert play_through(stream(**settings), log, until_s=4) == grains


@UNHURRIED
@given(settings=options, moves=moves)
def test_times_never_go_back_and_nothing_is_given_twice(settings: dict[str, Any], moves: list[Move]) -> None:
    asked = stream(**settings)
    grains = play_through(asked, moves, until_s=3)
    assert times(grains) == sorted(set(times(grains)))
    assert asked.due(3) == asked.due(1) == []
    assert asked.target(on_line(0), at_s=2.0) >= 3
    assert asked.sounded == len(grains)


def test_the_seed_makes_the_choice() -> None:
    def chosen(seed: int, choose: str) -> list[int]:
        return numbers(stream(Target(SPACE, POINTS[0]), seed=seed, choose=choose).due(3))

    for choose in ("random", "urn", "weighted"):
        assert chosen(5, choose) == chosen(5, choose)
        assert chosen(5, choose) != chosen(6, choose)
    assert chosen(5, "nearest") == chosen(6, "nearest")


# When


@UNHURRIED
@given(rate=st.floats(0.1, 2000), first_s=st.floats(0, 100), polls=st.integers(1, 50))
def test_grains_are_spaced_exactly_by_the_rate(rate: float, first_s: float, polls: int) -> None:
    asked = stream(rate=rate, k=1, repeat_s=0.0)
    asked.target(on_line(3), at_s=first_s)
    span_s = 100 / rate
    grains = [grain for poll in range(1, polls + 1) for grain in asked.due(first_s + span_s * poll / polls)]
    assert times(grains) == [first_s + n / rate for n in range(len(grains))]
    assert 99 <= len(grains) <= 101


def test_moving_the_target_does_not_move_the_times() -> None:
    slider: list[Move] = [(n / 97, on_line(n % N)) for n in range(400)]
    assert times(play_through(stream(rate=30.0), slider, until_s=4)) == [n / 30 for n in range(120)]


def test_no_drift_in_an_hour() -> None:
    asked = stream(on_line(3), rate=30.0, k=1, repeat_s=0.0)
    for minute in range(1, 61):
        grains = asked.due(60 * minute)
    assert grains[-1].time_s == (60 * 60 * 30 - 1) / 30
    assert asked.sounded == 60 * 60 * 30


def test_nothing_sounds_before_the_first_target() -> None:
    for mode in ("bow", "beat", "fence", "chain"):
        asked = stream(mode=mode)
        assert asked.due(10) == []
        asked.target(on_line(3), at_s=12.5)
        assert times(asked.due(12.51)) == [12.5]


@UNHURRIED
@given(settings=options, count=st.integers(1, 40), moves=moves)
def test_a_stream_ends_after_count_grains(settings: dict[str, Any], count: int, moves: list[Move]) -> None:
    endless = play_through(stream(**settings | {"count": 0}), moves, until_s=10)
    counted = stream(**settings | {"count": count})
    assert play_through(counted, moves, until_s=10) == endless[:count]
    assert counted.ended == (len(endless) >= count)


def test_a_new_rate_goes_on_from_the_last_grain() -> None:
    asked = stream(on_line(3), rate=10.0)
    faster = [(0.25, {"rate": 100.0}), (0.32, {"rate": 10.0}), (0.33, {"rate": 100.0})]
    grains = play_through(asked, faster, until_s=0.345)
    np.testing.assert_allclose(times(grains), [0, 0.1, 0.2, 0.25, 0.26, 0.27, 0.28, 0.29, 0.3, 0.31, 0.33, 0.34])


def test_a_rate_that_a_fader_moves_leaves_no_gap_and_no_burst() -> None:
    fader = [(n / 100, {"rate": 20 + 10 * math.sin(n / 30)}) for n in range(1, 500)]
    gaps = np.diff(times(play_through(stream(on_line(3)), fader, until_s=5)))
    assert gaps.min() >= 1 / 30 - 1e-9
    assert gaps.max() <= 1 / 10 + 1e-9


@UNHURRIED
@given(st.lists(st.tuples(st.floats(0, 10), st.integers(0, N - 1)), max_size=40))
def test_in_beat_mode_each_target_sounds_when_it_comes(hits: list[tuple[float, int]]) -> None:
    hits = [hit for before, hit in pairwise([(-1.0, 0), *sorted(hits)]) if hit[0] - before[0] > MIN_GAP_S]
    beaten = stream(mode="beat", k=1, repeat_s=0.0)
    grains = play_through(beaten, [(at_s, on_line(place)) for at_s, place in hits], until_s=11)
    assert list(zip(times(grains), numbers(grains), strict=True)) == hits


def test_a_flood_of_beats_is_thinned_and_its_last_one_wins() -> None:
    flood = [(n / 50_000, on_line(n % N)) for n in range(501)]
    grains = play_through(stream(mode="beat", k=1, repeat_s=0.0), flood, until_s=1)
    assert min(b - a for a, b in pairwise(times(grains))) >= MIN_GAP_S - 1e-12
    assert len(grains) <= 22
    assert grains[-1].grain == 500 % N


@UNHURRIED
@given(st.lists(st.tuples(st.floats(0, 10), st.floats(-1, N)), max_size=60))
def test_the_fence_sounds_only_where_the_nearest_grain_changes(path: list[tuple[float, float]]) -> None:
    path = [step for before, step in pairwise([(-1.0, 0.0), *sorted(path)]) if step[0] - before[0] > MIN_GAP_S]
    fence = stream(mode="fence", k=1, repeat_s=0.0)
    grains = play_through(fence, [(at_s, on_line(place)) for at_s, place in path], until_s=11)
    nearest = [int(LINE.query([place], k=1)[0][0]) for _, place in path]
    crossed = [n for n in range(len(path)) if n == 0 or nearest[n] != nearest[n - 1]]
    assert times(grains) == [path[n][0] for n in crossed]
    assert numbers(grains) == [nearest[n] for n in crossed]


def test_the_fence_is_crossed_again_after_a_place_without_grains() -> None:
    path = [(0.0, on_line(3)), (1.0, on_line(100)), (2.0, on_line(3.1)), (3.0, on_line(3.2))]
    grains = play_through(stream(mode="fence", radius=2.0), path, until_s=9)
    assert times(grains) == [0.0, 2.0]


def test_the_fence_forgets_where_it_was_in_another_mode() -> None:
    path: list[Move] = [(0.1, {"mode": "beat"}), (0.2, {"mode": "fence"}), (0.3, on_line(3))]
    assert times(play_through(stream(on_line(3), mode="fence"), path, until_s=1)) == [0.0, 0.3]


def test_after_a_chain_the_bow_is_at_the_target_again() -> None:
    chain = stream(on_line(3), mode="chain", rate=10.0, repeat_s=0.0)
    assert numbers(play_through(chain, [(0.15, {"mode": "bow"})], until_s=0.35)) == [3, 2, 3, 3]


def test_a_setting_that_comes_with_a_beat_does_not_swallow_it() -> None:
    for change in ({"rate": 5.0}, {"k": 3}, {"gain_db": -3.0}):
        beat: list[Move] = [(0.5, on_line(3)), (0.5, change)]
        assert times(play_through(stream(mode="beat"), beat, until_s=1)) == [0.5]
    crossing: list[Move] = [(0.5, on_line(3)), (0.5, {"mode": "fence"})]
    assert times(play_through(stream(mode="beat"), crossing, until_s=1)) == [0.5]


def test_from_bow_to_chain_the_count_goes_on() -> None:
    grains = play_through(stream(on_line(3), rate=30.0), [(0.5, {"mode": "chain"})], until_s=1.99)
    assert times(grains) == [n / 30 for n in range(60)]


def test_modes_can_be_changed_while_it_sounds() -> None:
    asked = stream(on_line(3), rate=10.0)
    path: list[Move] = [
        (0.15, {"mode": "beat"}),
        (0.4, on_line(5)),
        (0.45, {"mode": "chain"}),
        (0.7, {"mode": "fence"}),
    ]
    assert times(play_through(asked, path, until_s=5)) == pytest.approx([0, 0.1, 0.4, 0.5, 0.6, 0.7][:5])


# Which


@UNHURRIED
@given(settings=options, moves=st.lists(st.tuples(st.floats(0, 3), targets), max_size=8), seed=st.integers(0, 100))
def test_a_grain_does_not_return_too_soon_while_another_could_sound(
    settings: dict[str, Any], moves: list[tuple[float, Target]], seed: int
) -> None:
    settings |= {"radius": 0.0}
    path = sorted(moves, key=lambda move: move[0])
    last_s: dict[int, float] = {}
    for grain in play_through(stream(seed=seed, **settings), path, until_s=3):
        silent_s = grain.time_s - last_s.get(grain.grain, -math.inf)
        if silent_s < settings["repeat_s"] - 1e-6:
            assert len(last_s) == N
            assert grain.time_s - min(last_s.values()) == silent_s
        last_s[grain.grain] = grain.time_s


@UNHURRIED
@given(choose=choices, k=st.integers(1, 10), grain=st.integers(0, N - 1), seed=st.integers(0, 100))
def test_without_a_pause_only_the_k_nearest_sound(choose: str, k: int, grain: int, seed: int) -> None:
    target = Target(SPACE, POINTS[grain])
    grains = stream(target, choose=choose, k=k, repeat_s=0.0, seed=seed).due(5)
    indices, distances = SPACE.query(POINTS[grain], k=k)
    told = dict(zip(indices.tolist(), distances.tolist(), strict=True))
    assert {each.grain for each in grains} <= set(told)
    assert all(each.distance == told[each.grain] for each in grains)
    if choose == "nearest":
        assert set(numbers(grains)) == {grain}


@UNHURRIED
@given(k=st.integers(1, 60), grain=st.integers(0, N - 1), seed=st.integers(0, 100))
def test_the_urn_gives_each_of_the_k_once_before_any_returns(k: int, grain: int, seed: int) -> None:
    grains = stream(Target(SPACE, POINTS[grain]), choose="urn", k=k, repeat_s=0.0, seed=seed, rate=50.0).due(5)
    nearest = sorted(SPACE.query(POINTS[grain], k=k)[0].tolist())
    size = len(nearest)
    for first in range(0, len(grains) - size + 1, size):
        assert sorted(numbers(grains[first : first + size])) == nearest


def test_the_urn_goes_on_where_the_target_comes_to_rest() -> None:
    for seed in range(10):
        urn = stream(on_line(1), choose="urn", k=4, repeat_s=0.0, rate=10.0, seed=seed)
        grains = play_through(urn, [(0.15, on_line(21.4))], until_s=0.95)
        assert set(numbers(grains[:2])) < {0, 1, 2, 3}
        assert sorted(numbers(grains[2:6])) == [20, 21, 22, 23]
        assert len(set(numbers(grains[6:]))) == 4


def test_the_urn_reaches_beyond_rather_than_give_the_same_again() -> None:
    urn = stream(on_line(0.4), choose="urn", k=2, rate=10.0, repeat_s=0.15)
    first = numbers(urn.due(0.05))[0]
    other = 1 - first
    path: list[Move] = [(0.05, on_line(other)), (0.05, {"choose": "nearest"})]
    back: list[Move] = [(0.15, on_line(0.4)), (0.15, {"choose": "urn"})]
    assert numbers(play_through(urn, [*path, *back], until_s=0.25)) == [other, 2]


def test_the_nearest_that_may_sound_is_taken_beyond_the_k() -> None:
    for choose in ("nearest", "random", "urn", "weighted"):
        grains = stream(on_line(0), choose=choose, k=2, rate=10.0, repeat_s=0.45).due(0.95)
        first = numbers(grains[:5])
        assert sorted(first[:2]) == [0, 1]
        assert first[2:] == [2, 3, 4]
        assert sorted(numbers(grains[5:7])) == [0, 1]


def test_the_search_for_one_that_may_sound_goes_far_but_ends() -> None:
    n = MAX_REACH + 100
    long_line = FlatIndex(np.arange(n, dtype=np.float32)[:, np.newaxis])
    grains = stream(Target(long_line, [0.0]), n=n, rate=1000.0, repeat_s=60.0).due(MAX_REACH / 1000 + 0.0015)
    assert numbers(grains) == [*range(MAX_REACH), 0, 1]


def test_the_urn_can_be_large_and_grow() -> None:
    n = 300
    line = FlatIndex(np.arange(n, dtype=np.float32)[:, np.newaxis])
    urn = stream(Target(line, [0.0]), n=n, choose="urn", k=10, rate=1000.0, repeat_s=0.0)
    grains = numbers(play_through(urn, [(0.0095, {"k": 256})], until_s=0.2555))
    assert sorted(grains[:10]) == list(range(10))
    assert sorted(grains) == list(range(256))


def test_when_all_are_too_recent_the_longest_silent_returns() -> None:
    grains = stream(on_line(0), rate=10.0, radius=3.5, repeat_s=60.0).due(1.15)
    assert numbers(grains) == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]


def test_a_grain_that_had_to_return_keeps_no_other_waiting() -> None:
    few = stream(on_line(0), rate=10.0, radius=3.5, repeat_s=0.45)
    slower: list[Move] = [(0.45, {"rate": 10 / 3}), (0.45, on_line(2.4))]
    assert numbers(play_through(few, slower, until_s=0.75)) == [0, 1, 2, 3, 0, 2]


def test_chance_is_even_and_weighted_chance_prefers_the_near() -> None:
    even = Counter(numbers(stream(on_line(0), choose="random", k=4, repeat_s=0.0, rate=1000.0).due(8)))
    assert sorted(even) == [0, 1, 2, 3]
    assert all(1800 < even[grain] < 2200 for grain in even)
    near = Counter(numbers(stream(on_line(0), choose="weighted", k=4, repeat_s=0.0, rate=1000.0).due(8)))
    weights = np.exp(-np.arange(4) / 1.5)
    for grain, share in enumerate(weights / weights.sum()):
        assert near[grain] == pytest.approx(8000 * share, rel=0.1)


def test_equal_distances_weigh_the_same() -> None:
    doubles = FlatIndex(np.zeros((N, 2)))
    grains = stream(Target(doubles, [0, 0]), choose="weighted", k=4, repeat_s=0.0, rate=1000.0).due(4)
    assert all(850 < count < 1150 for count in Counter(numbers(grains)).values())


@UNHURRIED
@given(grain=st.integers(0, N - 1))
def test_a_chain_goes_from_neighbour_to_neighbour(grain: int) -> None:
    chain = stream(Target(SPACE, POINTS[grain]), mode="chain", rate=20.0, repeat_s=60.0).due(N / 20 - 0.01)
    walked = numbers(chain)
    assert walked[0] == grain
    assert sorted(walked) == list(range(N))
    for n, (here, there) in enumerate(pairwise(walked)):
        unplayed = [each for each in SPACE.query(POINTS[here], k=N)[0].tolist() if each not in walked[: n + 1]]
        assert there == unplayed[0]


@UNHURRIED
@given(choose=choices, k=st.integers(1, 10), repeat_s=st.sampled_from([0.0, 0.3]), seed=st.integers(0, 100))
def test_in_a_chain_no_grain_follows_itself(choose: str, k: int, repeat_s: float, seed: int) -> None:
    chain = stream(Target(SPACE, POINTS[0]), mode="chain", choose=choose, k=k, repeat_s=repeat_s, seed=seed).due(5)
    for here, there in pairwise(chain):
        assert there.grain != here.grain
        if repeat_s == 0:
            assert there.grain in SPACE.query(POINTS[here.grain], k=k + 1)[0]


def test_a_chain_chooses_among_all_k_neighbours() -> None:
    n, k = 300, 100
    line = FlatIndex(np.arange(n, dtype=np.float32)[:, np.newaxis])
    chain = stream(Target(line, [0.0]), n=n, mode="chain", choose="random", k=k, rate=1000.0, repeat_s=0.0).due(3)
    ranks = {line.query([here], k=n)[0].tolist().index(there) for here, there in pairwise(numbers(chain))}
    assert ranks == set(range(1, k + 1))


def test_a_new_target_begins_a_new_chain() -> None:
    chain = stream(on_line(3), mode="chain", rate=10.0, repeat_s=60.0)
    assert numbers(play_through(chain, [(0.25, on_line(20))], until_s=0.55)) == [3, 2, 1, 20, 19, 18]


def test_a_chain_of_one_grain_repeats_it() -> None:
    lone = Stream(grains_of(1), StreamSettings(mode="chain"), seed=1, target=Target(FlatIndex([[0.0]]), [5.0]))
    assert numbers(lone.due(0.16)) == [0, 0, 0, 0]


def test_outside_the_radius_nothing_sounds_and_the_clock_goes_on() -> None:
    path = [(0.25, on_line(1000)), (0.55, on_line(3))]
    grains = play_through(stream(on_line(3), rate=10.0, radius=1.0), path, until_s=0.85)
    assert times(grains) == [0.0, 0.1, 0.2, 0.6, 0.7, 0.8]


def test_radius_and_k_can_be_changed_while_the_target_rests() -> None:
    wider: list[Move] = [(0.55, {"radius": 0.0}), (1.05, {"k": 9, "choose": "urn", "repeat_s": 0.0})]
    grains = numbers(play_through(stream(on_line(3), k=3, rate=10.0, radius=1.0), wider, until_s=1.95))
    assert set(grains[:6]) == {2, 3, 4}
    assert set(grains[6:11]) > {2, 3, 4}
    assert sorted(grains[11:]) == sorted(LINE.query([3], k=9)[0].tolist())


def test_a_point_of_the_map_finds_the_grains_around_it_on_the_map() -> None:
    target = Target(MAP, (0.3, -0.2))
    grains = stream(target, k=5, choose="urn", repeat_s=0.0).due(0.25)
    assert sorted(numbers(grains)) == sorted(MAP.query([0.3, -0.2], k=5)[0].tolist())


# What a grain carries


def test_a_grain_carries_its_stretch_its_gain_and_its_envelope() -> None:
    grains = file_grains(
        np.zeros(N, np.intp),
        np.arange(N) * 100 - 200,
        win_length=400,
        sr=1000,
        own_sr=[1000],
        own_length=[4000],
        pan=np.linspace(-1, 1, N),
    )
    asked = Stream(grains, StreamSettings(gain_db=-6.0, repeat_s=0.0, rate=1.0), seed=1, target=on_line(0))
    first, second = play_through(asked, [(0.5, {"gain_db": 0.0, "attack_ms": 3.0, "release_ms": 4.0})], until_s=1.5)
    assert (first.sound, first.start, first.length, first.dur_ms) == (0, 0, 200, 200.0)
    assert first.gain == pytest.approx(0.501187, rel=1e-5)
    assert (first.attack_ms, first.release_ms, first.pan) == (10.0, 10.0, -1.0)
    assert (second.gain, second.attack_ms, second.release_ms) == (1.0, 3.0, 4.0)
    assert asked.settings.gain_db == 0.0


@UNHURRIED
@given(
    sounds=st.lists(st.tuples(st.sampled_from([8000, 44100, 192000]), st.integers(1, 100_000)), min_size=1, max_size=3),
    sr=st.sampled_from([8000, 48000, 192000]),
    win_length=st.integers(16, 8192),
)
def test_grains_lie_within_their_files(sounds: list[tuple[int, int]], sr: int, win_length: int) -> None:
    own_sr, own_length = [sound[0] for sound in sounds], [sound[1] for sound in sounds]
    sound = np.repeat(np.arange(len(sounds)), 3)
    ends = [length * sr / rate for rate, length in sounds]
    start = np.concatenate([np.array([0, end / 2, end]) - win_length // 2 for end in ends]).astype(np.int64)
    grains = file_grains(sound, start, win_length=win_length, sr=sr, own_sr=own_sr, own_length=own_length)
    for n in range(len(sound)):
        rate, length = sounds[sound[n]]
        assert 0 <= grains.start[n] < grains.start[n] + grains.length[n] <= length
        assert grains.dur_ms[n] == pytest.approx(1000 * grains.length[n] / rate)
        wanted = np.clip(np.array([start[n], start[n] + win_length]) * rate / sr, 0, length)
        assert abs(grains.start[n] - wanted[0]) <= 1
        assert abs(grains.start[n] + grains.length[n] - wanted[1]) <= 2


@UNHURRIED
@given(st.floats(0, 1e6))
def test_the_time_on_the_wire_wraps_each_minute_and_fits_a_float(time_s: float) -> None:
    grain = Grain(time_s, 0, 0, 0, 1, 1.0, 1.0, 0.0, 0.0, 10.0, 10.0)
    assert 0 <= grain.t_ms < 60_000
    assert float(np.float32(grain.t_ms)) == grain.t_ms
    apart = abs(grain.t_ms - time_s * 1000 % 60_000)
    assert min(apart, 60_000 - apart) <= 0.002


# What is refused, and what is kept small


def test_an_empty_corpus_is_refused() -> None:
    with pytest.raises(ParameterError, match="the corpus holds no grains"):
        Stream(grains_of(0), StreamSettings(), seed=1)


def test_a_bad_target_is_refused() -> None:
    with pytest.raises(ParameterError, match="target: number 2 of 3 is nan"):
        Target(SPACE, [0.0, math.nan, 0.0])
    with pytest.raises(ParameterError, match="target: 2 numbers came; it takes 3"):
        Target(SPACE, [0.0, 0.0])
    other = FlatIndex(np.zeros((N + 1, 3)))
    with pytest.raises(ParameterError, match=f"its index holds {N + 1} grains, the stream {N}"):
        stream().target(Target(other, [0, 0, 0]), at_s=0.0)


def test_a_flood_of_targets_that_nobody_asks_for_does_not_grow() -> None:
    flooded = stream(k=1, repeat_s=0.0)
    for n in range(3 * MAX_PENDING):
        flooded.target(on_line(n % N), at_s=n / 5000)
        if n == MAX_PENDING // 2:
            flooded.set(at_s=0.0, gain_db=-20.0)
    assert sum(type(each) is Target for each in gc.get_objects()) <= MAX_PENDING + 10
    last = flooded.due(10)[-1]
    assert last.grain == (3 * MAX_PENDING - 1) % N
    assert last.gain == pytest.approx(0.1)
