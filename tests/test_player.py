"""The player of grains: the same samples in any blocks, envelope, gain and pan by value, and what makes way."""

import ctypes
import math
import threading
import weakref
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from oscreorder.errors import BusyError, LimitError, ParameterError
from oscreorder.live.player import COMMANDS, EVENT, Counts, Player

SR = 8000
FADE = 40  # 5 ms
CENTRE = math.sqrt(0.5)
Block = NDArray[np.float32]


def events(*rows: Mapping[str, float]) -> NDArray[Any]:
    made = np.zeros(len(rows), EVENT)
    made["length"], made["gain"] = 400, 1
    for i, row in enumerate(rows):
        for name, value in row.items():
            made[name][i] = value
    return made


def noise(channels: int = 1, length: int = 2000, seed: int = 0) -> Block:
    return np.random.default_rng(seed).uniform(-1, 1, (channels, length)).astype(np.float32)


def steady(channels: int = 1) -> Block:
    """A sound that shows the envelope: all samples 1."""
    return np.ones((channels, 20000), np.float32)


def player(*sounds: NDArray[Any], n_voices: int = 16, ring: int = 4096) -> Player:
    made = Player(SR, n_voices, ring)
    for index, y in enumerate(sounds):
        made.load_sound(index, y)
    return made


def rise(n: int) -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / n)


def plain_grain(y: Block, position: int, length: int, attack: int, release: int) -> NDArray[np.float64]:
    """What the tables and rules say, in double precision: (channels, length)."""
    if attack + release > length:
        attack = length * attack // (attack + release)
        release = length - attack
    at = position + np.arange(length)
    inside = (at >= 0) & (at < y.shape[1])
    grain = np.where(inside, y[:, np.clip(at, 0, y.shape[1] - 1)], 0).astype(np.float64)
    grain[:, :attack] *= rise(attack) if attack else 1
    grain[:, length - release :] *= rise(release)[::-1] if release else 1
    return grain


# --- the same samples in any blocks ---

SOUNDS = (noise(1), noise(2, seed=1), noise(5, seed=2), noise(3, 1500, seed=3).T.copy().T, noise(1, seed=4))

grains = st.fixed_dictionaries(
    {
        "start": st.integers(-100, 2200),
        "sound": st.integers(0, 5),  # the last one is not loaded
        "stream": st.integers(0, 2),
        "position": st.one_of(st.integers(-300, 2300), st.floats(-10, 1990)),
        "length": st.integers(1, 900),
        "attack": st.integers(0, 300),
        "release": st.integers(0, 300),
        "gain": st.floats(0, 2, width=32),
        "pan": st.floats(-1, 1, width=32),
    }
)
acts = st.one_of(
    st.lists(grains, min_size=1, max_size=12),
    st.integers(0, 2).map(lambda stream: ("stop", stream)),
    st.integers(0, 4).map(lambda sound: ("free", sound)),
)


def play(acts: Iterable[tuple[int, Any]], cuts: Iterable[int], *, n_voices: int) -> tuple[Block, Counts]:
    """Carry out `acts`, each at its frame, and pull in blocks that end at them and at `cuts`."""
    made = player(*SOUNDS[:4], n_voices=n_voices)
    made.load_sound(4, SOUNDS[4], sr=7000)
    blocks = []
    for frame, act in [*sorted(acts, key=lambda pair: pair[0]), (3000, None)]:
        ends = [*sorted(cut for cut in cuts if made.now_frames < cut < frame), frame]
        blocks += [made.pull(end - made.now_frames) for end in ends]
        match act:
            case ("stop", stream):
                made.stop_stream(stream)
            case ("free", sound):
                made.free_sound(sound)
            case [*rows]:
                made.schedule(events(*rows))
    return np.concatenate(blocks), made.counts


@settings(max_examples=80, deadline=None)
@given(
    acts=st.lists(st.tuples(st.integers(0, 2000), acts), min_size=1, max_size=10),
    cuts=st.sets(st.integers(1, 2999), max_size=60),
    n_voices=st.sampled_from([1, 2, 5, 100]),
)
def test_the_samples_do_not_depend_on_the_blocks(acts: list[Any], cuts: set[int], n_voices: int) -> None:
    whole, counts = play(acts, [], n_voices=n_voices)
    parts, counts_of_parts = play(acts, cuts, n_voices=n_voices)
    assert whole.tobytes() == parts.tobytes()
    assert counts.started == counts_of_parts.started
    assert (counts.late, counts.dropped, counts.stolen) == (
        counts_of_parts.late,
        counts_of_parts.dropped,
        counts_of_parts.stolen,
    )
    assert np.isfinite(whole).all()


def test_a_crowd_in_blocks_of_one_frame() -> None:
    """More grains at once than the voices and all that fade out: some are dropped, the same ones in any blocks."""
    rng = np.random.default_rng(5)
    rows = events(*({"start": int(s), "position": int(s), "length": 90} for s in rng.integers(0, 500, 600)))
    heard = []
    for block in (1, 7, 1000):
        made = player(noise(), n_voices=4)
        made.schedule(rows)
        heard.append(np.concatenate([made.pull(min(block, 1000 - at)) for at in range(0, 1000, block)]))
        assert made.counts.dropped > 0
        assert made.counts.started + made.counts.dropped == 600
    assert heard[0].tobytes() == heard[1].tobytes() == heard[2].tobytes()


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(grains, st.integers(0, 40), st.integers(1, 4)), min_size=20, max_size=60),
    n_voices=st.sampled_from([2, 100]),
)
def test_the_samples_do_not_depend_on_when_the_events_came(rows: list[Any], n_voices: int) -> None:
    at_once, in_time = player(*SOUNDS, n_voices=n_voices), player(*SOUNDS, n_voices=n_voices)
    blocks = []
    for row, gap, lead in rows:
        blocks.append(in_time.pull(gap))
        event = events(row | {"start": 50 * (in_time.now_frames // 50 + lead)})  # many start together
        in_time.schedule(event)
        at_once.schedule(event)
    blocks.append(in_time.pull(1000))
    assert np.concatenate(blocks).tobytes() == at_once.pull(sum(map(len, blocks))).tobytes()


def test_the_callback_of_the_device_gives_the_samples_of_pull_and_allocates_nothing() -> None:
    rows = events(*({"start": 37 * i, "position": 13 * i, "attack": 50, "release": 80, "pan": 0.3} for i in range(30)))
    offline, live = player(noise(2), n_voices=5), player(noise(2), n_voices=5)
    offline.schedule(rows)
    live.schedule(rows)
    address, user_data = live.callback()
    word, pointer = ctypes.c_ulong, ctypes.c_void_p
    call = ctypes.CFUNCTYPE(ctypes.c_int, pointer, pointer, word, pointer, word, pointer)(address)
    out, times = np.full((2048, 2), np.nan, np.float32), np.array([0.0, 2.0, 2.5])
    memory: Any = import_module("numba.core.runtime._nrt_python")
    memory.memsys_enable_stats()
    before = memory.memsys_get_stats_alloc()
    for begin in range(0, 2048, 128):
        flags = 4 if begin == 1024 else 0  # paOutputUnderflow
        assert call(None, out[begin:].ctypes.data, 128, times.ctypes.data, flags, user_data) == 0
    after = memory.memsys_get_stats_alloc()
    memory.memsys_disable_stats()
    assert out.tobytes() == offline.pull(2048).tobytes()
    assert before == after
    assert (live.counts.underflows, live.counts.heartbeat, live.counts.stolen) == (1, 16, offline.counts.stolen)
    assert live.origin_s == pytest.approx(2.5 - 1920 / SR)


def test_events_pass_from_one_thread_to_another_each_once() -> None:
    made, total = player(steady(), n_voices=600, ring=200), 20_000
    rows = events(*({"start": 0, "length": 1 << 20} for _ in range(100)))
    pulled = threading.Event()

    def pull() -> None:
        while made.counts.started + made.counts.dropped < total:
            made.pull(64)
        pulled.set()

    thread = threading.Thread(target=pull)
    thread.start()
    written = 0
    while written < total:
        written += made.schedule(rows[: total - written])
    assert pulled.wait(60)
    thread.join()
    assert made.counts.waiting == 0
    assert made.counts.started + made.counts.dropped == total


# --- values ---


@settings(max_examples=80, deadline=None)
@given(
    position=st.integers(-300, 2300),
    length=st.integers(1, 900),
    attack=st.integers(0, 700),
    release=st.integers(0, 700),
    start=st.integers(0, 300),
)
def test_a_grain_is_its_stretch_of_the_sound_under_its_envelope(
    position: int, length: int, attack: int, release: int, start: int
) -> None:
    y = noise(2)
    made = player(y)
    row = {"start": start, "position": position, "length": length, "attack": attack, "release": release}
    made.schedule(events(row))
    expected = np.zeros((1300, 2))
    expected[start : start + length] = plain_grain(y, position, length, attack, release).T
    np.testing.assert_allclose(made.pull(1300), expected, rtol=0, atol=3e-6)


def test_stereo_without_envelope_is_the_file_itself() -> None:
    y = noise(2)
    made = player(y)
    made.schedule(events({"start": 5, "position": 100, "length": 1000}))
    np.testing.assert_allclose(made.pull(1005)[5:], y[:, 100:1100].T, rtol=2e-7)


def test_half_attack_half_release_is_a_hann_window() -> None:
    made = player(steady())
    made.schedule(events({"length": 400, "attack": 200, "release": 200}))
    hann = np.sin(np.pi * (np.arange(400) + 0.5) / 400) ** 2
    np.testing.assert_allclose(made.pull(400)[:, 0], CENTRE * hann, atol=2e-6)


def test_a_release_and_an_attack_cross_without_a_dip() -> None:
    made = player(steady())
    made.schedule(events({"length": 500, "release": 100}, {"start": 400, "length": 500, "attack": 100}))
    np.testing.assert_allclose(made.pull(900), CENTRE, atol=3e-6)


@given(pan=st.floats(-1, 1, width=32))
@settings(max_examples=30, deadline=None)
def test_pan_keeps_the_power(pan: float) -> None:
    made = player(steady(1), steady(2), steady(7))
    made.schedule(events(*({"start": 10 * i, "sound": i, "length": 10, "pan": pan} for i in range(3))))
    left, right = made.pull(30).astype(np.float64).T
    power = left**2 + right**2
    np.testing.assert_allclose(power[:10], 1, rtol=1e-6)
    np.testing.assert_allclose(power[10:20], 2, rtol=1e-6)
    assert np.sign(right[0] - left[0]) == np.sign(pan) or abs(pan) < 1e-6


def test_pan_at_the_sides_and_gain() -> None:
    made = player(steady())
    made.schedule(events({"pan": -1, "length": 10, "gain": 0.5}, {"start": 10, "pan": 1, "length": 10, "gain": 0}))
    np.testing.assert_allclose(made.pull(20), [[0.5, 0]] * 10 + [[0, 0]] * 10, atol=1e-7)


def test_of_many_channels_each_is_heard_on_its_side() -> None:
    y = np.zeros((5, 500), np.float32)
    for channel in range(5):
        y[channel, 100 * channel : 100 * (channel + 1)] = 1
    made = player(y)
    made.schedule(events({"length": 500}))
    left, right = made.pull(500)[::100].T
    third, half = math.sqrt(1 / 3), math.sqrt(1 / 2)
    np.testing.assert_allclose(left, [third, 0, third, 0, third], atol=1e-6)
    np.testing.assert_allclose(right, [0, half, 0, half, 0], atol=1e-6)


def test_a_sound_may_lie_in_memory_in_any_way() -> None:
    y = noise(3)
    rows = events({"position": 50.0, "length": 500}, {"start": 100, "position": 300.5, "length": 400})
    heard = []
    for same in (y, np.asfortranarray(y), y[:, ::-1].copy()[:, ::-1], y.astype(np.float64)):
        made = player(same)
        made.schedule(rows)
        heard.append(made.pull(600).tobytes())
    assert len(set(heard)) == 1


def test_a_sound_of_another_rate_keeps_its_pitch_and_time() -> None:
    at = np.arange(4000)
    made = player()
    made.load_sound(0, np.sin(2 * np.pi * 200 * at / 5000).astype(np.float32)[None], sr=5000)
    made.schedule(events({"position": 500, "length": 4000, "pan": -1}))
    expected = np.sin(2 * np.pi * 200 * (0.1 + np.arange(4000) / SR))
    np.testing.assert_allclose(made.pull(4000)[:, 0], expected, atol=2e-3)


def test_between_samples_the_ends_of_a_sound_are_bounded_by_zeros() -> None:
    made = player(steady()[:, :10])
    made.schedule(events({"position": -4.5, "length": 20, "pan": -1}))
    heard = made.pull(20)[:, 0]
    assert not heard[:3].any()
    np.testing.assert_array_equal(heard[6:12], 1)
    assert not heard[16:].any()


def test_what_is_not_finite_is_silent_and_harms_nothing_else() -> None:
    y = steady()
    y[0, 10:20] = np.nan, np.inf, -np.inf, *[np.nan] * 7
    made = player(y, steady())
    made.schedule(events({"length": 100}, {"start": 15, "sound": 1, "length": 100}))
    heard = made.pull(120)
    assert np.isfinite(heard).all()
    assert not heard[10:20].any()
    np.testing.assert_allclose(heard[20:100], 2 * CENTRE, rtol=1e-6)


# --- late, stolen, stopped, freed ---


def test_a_late_grain_joins_in_where_it_would_be_by_now() -> None:
    row = {"start": 1000, "position": 50, "length": 600, "attack": 10, "release": 100}
    in_time, late = player(noise()), player(noise())
    in_time.schedule(events(row))
    expected = in_time.pull(2000)
    late.pull(1100)
    late.schedule(events(row))
    heard = late.pull(900)
    assert heard[FADE:].tobytes() == expected[1100 + FADE :].tobytes()
    np.testing.assert_allclose(heard[:FADE], expected[1100 : 1100 + FADE] * rise(FADE)[:, None], atol=1e-5)
    assert (late.counts.late, late.counts.dropped, late.counts.started) == (1, 0, 1)


@pytest.mark.parametrize("left", [-5000, 0, FADE])
def test_a_grain_that_is_over_before_it_could_be_heard_is_dropped(left: int) -> None:
    made = player(noise())
    made.pull(10_000)
    made.schedule(events({"start": 10_000 + left - 400, "length": 400}))
    assert not made.pull(400).any()
    assert (made.counts.late, made.counts.dropped, made.counts.started) == (1, 1, 0)


def test_the_oldest_grain_makes_way() -> None:
    made = player(steady(), n_voices=2)
    gains = (1, 0.1, 0.01)
    made.schedule(events(*({"start": 100 * i, "gain": gain, "length": 1000} for i, gain in enumerate(gains))))
    heard = made.pull(400)[:, 0] / np.float32(CENTRE)
    np.testing.assert_allclose(heard[100:200], 1.1, rtol=1e-6)
    np.testing.assert_allclose(heard[200 : 200 + FADE], 0.11 + rise(FADE)[::-1], atol=1e-5)
    np.testing.assert_allclose(heard[200 + FADE :], 0.11, rtol=1e-5)
    assert made.counts.stolen == 1
    assert made.counts.active == 2


def test_a_grain_that_ends_just_before_is_not_replaced() -> None:
    made = player(steady(), n_voices=1)
    made.schedule(events({"length": 100}, {"start": 100, "length": 100}))
    np.testing.assert_allclose(made.pull(200), CENTRE, rtol=1e-6)
    assert made.counts.stolen == 0


def test_stealing_makes_no_click() -> None:
    """No step is larger than those of the fades that run at once."""
    made = player(steady(), n_voices=8)
    made.schedule(events(*({"start": 50 * i, "length": 4000, "attack": 80, "gain": 0.1} for i in range(98))))
    heard = made.pull(4900)[:, 0]
    steepest = 0.1 * CENTRE * np.pi / 2 * (1 / FADE + 2 / 80)
    assert np.abs(np.diff(heard)).max() <= steepest
    assert made.counts.stolen == 90


def test_a_stream_stops_within_5_ms_and_only_that_one() -> None:
    made = player(steady())
    made.schedule(
        events(
            {"stream": 7, "length": 4000},
            {"stream": 7, "start": 1200, "length": 4000},
            {"stream": 8, "length": 4000, "gain": 0.1},
        )
    )
    made.pull(1000)
    made.stop_stream(7)
    made.schedule(events({"stream": 7, "start": 2000, "length": 100}))
    heard = made.pull(1100)[:, 0] / np.float32(CENTRE)
    np.testing.assert_allclose(heard[:FADE], 0.1 + rise(FADE)[::-1], atol=1e-5)
    np.testing.assert_allclose(heard[FADE:1000], 0.1, rtol=1e-5)
    np.testing.assert_allclose(heard[1000:], 1.1, rtol=1e-5)


def test_stop_all_leaves_silence() -> None:
    made = player(noise())
    made.schedule(events(*({"start": 50 * i, "stream": i} for i in range(100))))
    made.pull(1000)
    made.stop_all()
    assert made.pull(FADE).any()
    assert not made.pull(5000).any()
    assert (made.counts.active, made.counts.waiting) == (0, 0)


def test_a_freed_sound_fades_and_is_let_go() -> None:
    y = noise()
    gone = weakref.ref(y)
    made = player(y)
    del y
    made.schedule(events({"length": 1500}, {"start": 600, "length": 100}))
    made.pull(500)
    made.free_sound(0)
    made.free_sound(0)
    with pytest.raises(BusyError):
        made.load_sound(0, noise(seed=9))
    made.pull(FADE - 1)
    assert gone() is not None
    made.pull(1)
    assert gone() is None
    assert not made.pull(500).any()
    made.schedule(events({"start": made.now_frames}))
    made.pull(10)
    assert made.counts.dropped == 1
    made.load_sound(0, noise(seed=9))
    made.schedule(events({"start": made.now_frames}))
    assert made.pull(10).any()


def test_silence_ends_all_at_once() -> None:
    made = player(noise())
    made.schedule(events({"length": 4000}, {"start": 3000}))
    made.pull(100)
    made.free_sound(0)
    made.silence()
    made.load_sound(0, noise())
    assert not made.pull(5000).any()


# --- what is refused ---


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gain", math.nan),
        ("gain", -1),
        ("pan", 1.5),
        ("position", math.inf),
        ("length", 0),
        ("length", -1),
        ("attack", -1),
        ("stream", -1),
        ("sound", -1),
        ("sound", 65536),
    ],
)
def test_a_value_that_is_not_allowed_is_named_and_nothing_is_taken(name: str, value: float) -> None:
    made = player(noise())
    with pytest.raises(ParameterError, match=name):
        made.schedule(events({}, {name: value}))
    assert not made.pull(500).any()


def test_a_full_ring_takes_what_fits_and_still_lets_stop_through() -> None:
    made = player(noise(), ring=100)
    assert made.schedule(events(*({"start": i} for i in range(150)))) == 100
    assert made.schedule(events({})) == 0
    made.stop_all()
    assert not made.pull(1000).any()
    assert made.schedule(events({})) == 1


def test_commands_that_nobody_takes_are_refused_in_the_end() -> None:
    made = player(ring=10)
    for _ in range(10 + COMMANDS):
        made.stop_all()
    with pytest.raises(LimitError):
        made.stop_all()


@pytest.mark.parametrize("shape", [(10,), (0, 10), (1, 2, 10)])
def test_a_sound_has_channels_and_samples(shape: tuple[int, ...]) -> None:
    with pytest.raises(ParameterError, match="channels, n_samples"):
        player(np.zeros(shape, np.float32))


def test_an_empty_sound_is_silent() -> None:
    made = player(np.zeros((2, 0), np.float32))
    made.schedule(events({}, {"position": 0.5}))
    assert not made.pull(500).any()


def test_numbers_that_make_no_player() -> None:
    with pytest.raises(ParameterError):
        Player(0)
    with pytest.raises(ParameterError):
        Player(SR).load_sound(65536, noise())
