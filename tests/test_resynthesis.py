"""Grains in any order become the right signal, at the right places, whatever the blocks.

With plain joins it is librosa's; smooth ones are transparent, level and free of clicks.
"""

import itertools
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import notebook
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from oscreorder.parameters import Settings
from oscreorder.sound.frames import ArraySource, Signal, Source, fft_length, grain_start, n_frames, window
from oscreorder.sound.resynthesis import Placement, distance_positions, even_positions, overlap_add

Order = NDArray[np.intp]
SETTINGS = [(2000, 400), (4096, 2048)]


def lengths(chosen: Settings) -> dict[str, Any]:
    return {"n_fft": fft_length(chosen), "hop_length": chosen.hop_length, "win_length": chosen.win_length}


def noise(channels: int, length: int, seed: int = 0) -> Signal:
    return np.random.default_rng(seed).standard_normal((channels, length)).astype(np.float32)


def read(path: Path, frames: int = -1) -> tuple[Signal, int]:
    y, sr = soundfile.read(path, frames=frames, dtype="float32", always_2d=True)
    return np.ascontiguousarray(y.T), sr


def count(y: Signal, chosen: Settings) -> int:
    return n_frames(y.shape[1], chosen.hop_length, n_fft=fft_length(chosen))


def placed(order: Order, length: int, chosen: Settings) -> Placement:
    start = np.array([grain_start(int(frame), **lengths(chosen)) for frame in order], np.int64)
    return Placement(np.zeros(order.size, np.intp), start, even_positions(order.size, chosen), length)


def render(y: Signal, order: Order, chosen: Settings) -> Signal:
    return joined([ArraySource(y)], placed(order, y.shape[1], chosen), chosen)


def joined(sources: Sequence[Source], placement: Placement, chosen: Settings, **options: Any) -> Signal:
    return np.concatenate(list(overlap_add(sources, placement, chosen, **options)), axis=1)


def decibels(power: Any) -> Any:
    return 10 * np.log10(np.maximum(power, 1e-20))


def level_db(z: Signal, y: Signal) -> float:
    return float(decibels(np.mean(z**2)) - decibels(np.mean(y**2)))


def orders(y: Signal, sr: int, chosen: Settings) -> dict[str, Order]:
    """Return orders that put strangers, likes and near neighbours in time side by side."""
    mel = notebook.melspectrogram(y.mean(axis=0), sr, **lengths(chosen))
    rows = np.maximum(decibels(mel), decibels(mel.max()) - 80).T
    order, left = [0], np.ones(len(rows), bool)
    left[0] = False
    while left.any():
        distances = np.where(left, np.square(rows - rows[order[-1]]).sum(axis=1), np.inf)
        order.append(int(distances.argmin()))
        left[order[-1]] = False
    return {
        "random": np.random.default_rng(1).permutation(len(rows)),
        "pca": notebook.pca_order(rows.T),
        "tour": np.array(order),
    }


@st.composite
def framings(draw: st.DrawFn) -> Settings:
    win_length = draw(st.integers(16, 200))
    return Settings(
        win_length=win_length,
        hop_length=draw(st.one_of(st.integers(1, win_length), st.just(win_length))),
        n_fft=draw(st.one_of(st.just(0), st.integers(win_length, 300))),
        window=draw(st.sampled_from(["hann", "hamming", "blackman", "boxcar"])),
    )


def reached(length: int, chosen: Settings) -> NDArray[Any]:
    """Return what the windows of the frame before and the frame behind each sample weigh together."""
    shape = np.pad(window(chosen.window, chosen.win_length), chosen.win_length)
    since = np.arange(length) % chosen.hop_length
    now = chosen.win_length + since - grain_start(0, **lengths(chosen))
    following = np.arange(length) // chosen.hop_length + 1 < n_frames(
        length, chosen.hop_length, n_fft=fft_length(chosen)
    )
    return shape[now] + following * shape[now - chosen.hop_length]


@given(chosen=framings(), length=st.integers(1, 3000), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore:n_fft=.* is too large")
def test_notebook_joins_are_librosas_for_any_order(chosen: Settings, length: int, seed: int) -> None:
    chosen = chosen.changed({"joins": "notebook"})
    y = noise(2, length, seed)
    order = np.random.default_rng(seed).integers(0, count(y, chosen), count(y, chosen))
    spectra = [notebook.stft(row, **lengths(chosen), window=chosen.window)[:, order] for row in y]
    expected = np.stack(
        [notebook.istft(part, **lengths(chosen), window=chosen.window, length=length) for part in spectra]
    )
    # Where windows hardly reach, both divide almost nothing by almost nothing; librosa's has been through an FFT.
    reach = reached(length, chosen)
    errors = np.abs(render(y, order, chosen) - expected) * np.minimum(reach, 1)
    assert errors.max() <= 1e-6 * np.abs(y).max()


@pytest.mark.parametrize(("win_length", "hop_length"), [(2000, 400), (11025, 5512)])
@pytest.mark.parametrize("name", ["violin.flac", "loop_tabla.flac"])
def test_notebook_joins_are_librosas_on_real_sounds(sounds: Path, name: str, win_length: int, hop_length: int) -> None:
    y, _ = read(sounds / name)
    chosen = Settings(win_length=win_length, hop_length=hop_length, joins="notebook")
    order = np.random.default_rng(0).permutation(count(y, chosen))
    expected = np.stack(
        [
            notebook.istft(notebook.stft(row, **lengths(chosen))[:, order], **lengths(chosen), length=y.shape[1])
            for row in y
        ]
    )
    assert np.abs(render(y, order, chosen) - expected).max() <= 1e-6 * np.abs(expected).max()


@given(chosen=framings(), channels=st.integers(1, 3), length=st.integers(1, 3000))
@settings(max_examples=100, deadline=None)
def test_grains_in_their_own_order_come_out_to_the_bit(chosen: Settings, channels: int, length: int) -> None:
    y = noise(channels, length)
    assert np.array_equal(render(y, np.arange(count(y, chosen)), chosen), y)


@pytest.mark.parametrize(("win_length", "hop_length"), [*SETTINGS, (2000, 2000), (40001, 30000)])
def test_a_real_sound_in_its_own_order_comes_out_to_the_bit(sounds: Path, win_length: int, hop_length: int) -> None:
    y, _ = read(sounds / "loop_tabla.flac")
    chosen = Settings(win_length=win_length, hop_length=hop_length)
    assert np.array_equal(render(y, np.arange(count(y, chosen)), chosen), y)


@given(chosen=framings(), block=st.integers(1, 5000), joins=st.sampled_from(["smooth", "notebook"]))
@settings(max_examples=30, deadline=None)
def test_blocks_do_not_matter(chosen: Settings, block: int, joins: str) -> None:
    chosen = chosen.changed({"joins": joins, "transform": "flip_frequency" if block % 2 else "none"})
    y = noise(2, 2500)
    placement = placed(np.random.default_rng(block).permutation(count(y, chosen)), 2500, chosen)
    blocks = list(overlap_add([ArraySource(y)], placement, chosen, block_length=block))
    assert [part.shape[1] for part in blocks[:-1]] == [block] * (len(blocks) - 1)
    assert np.array_equal(np.concatenate(blocks, axis=1), joined([ArraySource(y)], placement, chosen))


class Spied:
    """A source that is read, not looked into; it counts the reads and the samples."""

    def __init__(self, y: Signal) -> None:
        self._source = ArraySource(y)
        self.channels, self.length = self._source.channels, self._source.length
        self.sizes: list[int] = []

    def read(self, start: int, stop: int) -> Signal:
        self.sizes.append(stop - start)
        return self._source.read(start, stop)


@pytest.mark.parametrize("joins", ["smooth", "notebook"])
def test_any_source_will_do(joins: str) -> None:
    y = noise(2, 60_000)
    chosen = Settings(win_length=1000, hop_length=250, joins=joins)
    placement = placed(np.random.default_rng(0).permutation(count(y, chosen)), 60_000, chosen)
    assert np.array_equal(joined([Spied(y)], placement, chosen), joined([ArraySource(y)], placement, chosen))


@pytest.mark.parametrize("joins", ["smooth", "notebook"])
def test_successive_frames_are_read_together(joins: str) -> None:
    y = noise(1, 200_000)
    chosen = Settings(win_length=1000, hop_length=100, joins=joins)
    spied = Spied(y)
    joined([spied], placed(np.arange(count(y, chosen)), 200_000, chosen), chosen)
    assert len(spied.sizes) < 50
    assert sum(spied.sizes) < 1.5 * 200_000


class Endless:
    """A long sound that is nowhere: each sample is a sine of its place."""

    channels = 2

    def __init__(self, length: int) -> None:
        self.length = length

    def read(self, start: int, stop: int) -> Signal:
        places = np.arange(start, stop)
        y = np.where((places >= 0) & (places < self.length), np.sin(0.01 * places), 0).astype(np.float32)
        return np.stack((y, y))


@pytest.mark.parametrize("joins", ["smooth", "notebook"])
def test_memory_does_not_grow_with_the_sound(joins: str) -> None:
    chosen = Settings(joins=joins)
    peaks = []
    for length in (500_000, 500_000, 8_000_000):
        placement = placed(np.random.default_rng(0).permutation(length // chosen.hop_length), length, chosen)
        tracemalloc.start()
        for _ in overlap_add([Endless(length)], placement, chosen):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < peaks[1] + 1_000_000


def test_channels_mono_goes_to_all_and_missing_ones_are_silent() -> None:
    chosen = Settings(win_length=100, hop_length=100, joins="notebook", window="boxcar")
    sources = [ArraySource(np.full((1, 100), 0.1)), ArraySource(np.array([[0.2], [0.3], [0.4]]).repeat(100, axis=1))]
    sources.append(ArraySource(np.array([[0.5], [0.6]]).repeat(100, axis=1)))
    placement = Placement(np.array([1, 0, 2]), np.zeros(3, np.int64), np.array([0, 100, 200]), 300)
    z = joined(sources, placement, chosen)
    assert np.allclose(z[:, ::100], [[0.2, 0.1, 0.5], [0.3, 0.1, 0.6], [0.4, 0.1, 0]])


def test_sources_that_are_not_used_do_not_count() -> None:
    y = noise(1, 1000)
    chosen = Settings(win_length=100, hop_length=25)
    sources = [ArraySource(y), ArraySource(noise(8, 1000))]
    assert joined(sources, placed(np.arange(41), 1000, chosen), chosen).shape == (1, 1000)


@pytest.mark.parametrize("joins", ["smooth", "notebook"])
@pytest.mark.parametrize("transform", ["none", "flip_frequency"])
@pytest.mark.parametrize("length", [1, 2, 30, 500, 5000])
def test_awkward_sounds_stay_finite_and_as_long_as_they_are(length: int, transform: str, joins: str) -> None:
    for win_length, hop_length in ((1000, 250), (1000, 1000), (17, 5)):
        chosen = Settings(win_length=win_length, hop_length=hop_length, joins=joins, transform=transform)
        for y in (noise(2, length), np.zeros((1, length), np.float32), np.ones((1, length), np.float32)):
            backwards = np.arange(count(y, chosen))[::-1]
            z = render(y, backwards, chosen)
            assert z.shape == y.shape
            assert z.dtype == np.float32
            assert np.isfinite(z).all()
            if not y.any():
                assert not z.any()


def test_nothing_to_play_is_silence() -> None:
    none = np.empty(0, np.int64)
    assert not joined([ArraySource(noise(1, 10))], Placement(none, none, none, 100), Settings()).any()
    assert list(overlap_add([], Placement(none, none, none, 0), Settings())) == []


def test_progress_ends_at_one() -> None:
    told: list[float] = []
    y = noise(1, 100_000)
    placement = placed(np.arange(count(y, Settings())), 100_000, Settings())
    joined([ArraySource(y)], placement, Settings(), block_length=7000, progress=told.append)
    assert told == sorted(told)
    assert len(told) == 15
    assert told[-1] == 1


def grain_power(y: Signal, order: Order, chosen: Settings) -> NDArray[np.float64]:
    """Return, for each output sample, the weighted mean of the power of the grains that sound there, over channels."""
    notebooks = chosen.changed({"joins": "notebook"})
    power = np.square(y).sum(axis=0, keepdims=True)
    return np.asarray(render(power, order, notebooks)[0], np.float64)


@pytest.mark.parametrize(("win_length", "hop_length"), SETTINGS)
@pytest.mark.parametrize("name", ["violin.flac", "loop_tabla.flac", "speech.flac"])
def test_smooth_joins_keep_the_level_and_do_not_click(
    sounds: Path, name: str, win_length: int, hop_length: int
) -> None:
    y, sr = read(sounds / name, frames=450_000)
    chosen = Settings(win_length=win_length, hop_length=hop_length)
    bends, step = np.abs(np.diff(y, 2)), np.abs(np.diff(y)).max()
    bend = max(1.5 * np.percentile(bends, 99.99), bends.max())
    size = sr // 10
    n = y.shape[1] // size
    for kind, order in orders(y, sr, chosen).items():
        z = render(y, order, chosen)
        assert abs(level_db(z, y)) < 0.3, kind
        wanted = grain_power(y, order, chosen)[: n * size].reshape(n, size).mean(axis=1)
        heard = np.square(z).sum(axis=0)[: n * size].reshape(n, size).mean(axis=1)
        errors = np.abs(decibels(heard) - decibels(wanted))[wanted > 1e-5 * wanted.max()]
        assert np.percentile(errors, 95) < 1.5, kind
        assert np.percentile(errors, 99) < 3, kind
        assert np.abs(np.diff(z, 2)).max() <= 1.0001 * bend, kind
        assert np.abs(np.diff(z)).max() <= 1.0001 * step, kind


def test_notebook_joins_lose_level_where_smooth_ones_do_not(sounds: Path) -> None:
    y, _ = read(sounds / "violin.flac")
    chosen = Settings(win_length=2000, hop_length=400)
    order = np.random.default_rng(1).permutation(count(y, chosen))
    assert level_db(render(y, order, chosen.changed({"joins": "notebook"})), y) < -3.5
    assert abs(level_db(render(y, order, chosen), y)) < 0.1


def test_smooth_joins_put_grains_of_a_tone_in_phase() -> None:
    y = np.sin(2 * np.pi * 330 / 44100 * np.arange(88_200), dtype=np.float32)[np.newaxis]
    chosen = Settings(win_length=2000, hop_length=400)
    order = np.random.default_rng(0).permutation(count(y, chosen))
    inner = slice(5000, -5000)
    for joins in ("smooth", "notebook"):
        z = render(y, order, chosen.changed({"joins": joins}))[0, inner]
        power = np.convolve(z**2, np.ones(441) / 441, "valid")
        ripple = decibels(power).max() - decibels(power).min()
        assert ripple < 0.5 if joins == "smooth" else ripple > 10


@pytest.mark.parametrize("window", ["hann", "hamming", "boxcar"])
@pytest.mark.parametrize(("win_length", "hop_length"), [(2000, 400), (2000, 1800), (2000, 2000)])
def test_smooth_joins_do_not_click_whatever_the_window(window: str, win_length: int, hop_length: int) -> None:
    wave = np.sin(2 * np.pi * 60 / 44100 * np.arange(200_000), dtype=np.float32)
    y = (wave * np.minimum(1, np.minimum(np.arange(200_000), np.arange(200_000)[::-1]) / 1000))[np.newaxis]
    chosen = Settings(win_length=win_length, hop_length=hop_length, window=window)
    order = np.random.default_rng(0).permutation(count(y, chosen))
    bend = np.abs(np.diff(y, 2)).max()
    assert np.abs(np.diff(render(y, order, chosen), 2)).max() < 1.2 * bend
    if window == "boxcar":
        assert np.abs(np.diff(render(y, order, chosen.changed({"joins": "notebook"})), 2)).max() > 100 * bend


def test_a_sound_that_is_cut_off_does_not_click_in_the_middle_of_a_render() -> None:
    y = np.ones((1, 20_000), np.float32)
    chosen = Settings(win_length=2000, hop_length=400)
    z = render(y, np.random.default_rng(0).permutation(count(y, chosen)), chosen)[:, 500:-500]
    assert np.abs(np.diff(z)).max() < 0.05
    assert np.abs(z - 1).max() < 0.1


def test_the_image_of_a_stereo_sound_stays() -> None:
    y = np.concatenate((noise(1, 50_000), -0.5 * noise(1, 50_000), np.zeros((1, 50_000), np.float32)))
    chosen = Settings(win_length=2000, hop_length=400)
    z = render(y, np.random.default_rng(0).permutation(count(y, chosen)), chosen)
    assert np.abs(z[1] + z[0] / 2).max() < 1e-6
    assert not z[2].any()


def test_even_grains_lie_where_librosa_puts_frames() -> None:
    chosen = Settings(win_length=2000, hop_length=400, n_fft=4001)
    assert even_positions(3, chosen).tolist() == [-1000, -600, -200]
    assert even_positions(0, chosen).size == 0


@given(
    st.lists(st.floats(0, 1e6, allow_subnormal=False), max_size=60),
    st.integers(1, 4096),
)
@settings(deadline=None)
def test_spacing_by_distance_fills_the_time_within_bounds(steps: list[float], hop_length: int) -> None:
    chosen = Settings(hop_length=hop_length)
    positions, even = distance_positions(steps, chosen), even_positions(len(steps) + 1, chosen)
    assert positions.dtype == even.dtype == np.int64
    assert (positions[0], positions[-1]) == (even[0], even[-1])
    gaps = np.diff(positions)
    assert (gaps >= hop_length / 8 - 1).all()
    assert (gaps <= hop_length * 8 + 1).all()
    for (near, gap), (far, wider) in itertools.pairwise(sorted(zip(steps, gaps.tolist(), strict=True))):
        assert near == far or gap <= wider + 1


def test_spacing_by_distance_is_proportional_where_nothing_is_out_of_bounds() -> None:
    gaps = np.diff(distance_positions([1, 2, 3, 2], Settings(hop_length=400)))
    assert gaps.tolist() == [200, 400, 600, 400]


@pytest.mark.parametrize("steps", [[], [0], [0, 0, 0], [2.5, 2.5, 2.5]])
def test_equal_distances_give_even_spacing(steps: list[float]) -> None:
    assert np.array_equal(distance_positions(steps, Settings()), even_positions(len(steps) + 1, Settings()))


def test_one_far_grain_among_equals_is_eight_hops_away() -> None:
    gaps = np.diff(distance_positions([0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0], Settings(hop_length=1000)))
    assert gaps[3] == 8000
    assert set(gaps[gaps < 8000].tolist()) == {300}


def test_grains_far_apart_fade_into_silence_without_clicks() -> None:
    y = np.ones((1, 10_000), np.float32)
    chosen = Settings(win_length=1000, hop_length=500)
    placement = Placement(np.zeros(3, np.intp), np.array([2000, 2000, 6000]), np.array([-500, 3000, 6000]), 7000)
    z = joined([ArraySource(y)], placement, chosen)[0]
    assert not z[1000:2990].any()
    assert not z[4010:5490].any()
    assert np.array_equal(np.flatnonzero(z[2990:4010] > 0.5) + 2990, np.arange(3250, 3750))
    assert z[0] > 1 - 1e-5
    assert np.abs(np.diff(z, 2)).max() < 1e-4
    assert np.abs(z).max() < 1 + 1e-6


@pytest.mark.parametrize("win_length", [1000, 131_072])
def test_long_gaps_and_long_windows(win_length: int) -> None:
    y = noise(1, 300_000)
    chosen = Settings(win_length=win_length, hop_length=500)
    position = np.array([-win_length // 2, 400_000, 400_500, 900_000])
    placement = Placement(np.zeros(4, np.intp), np.array([9000, 2000, 150_000, 6000]), position, 1_000_000)
    z = joined([ArraySource(y)], placement, chosen)[0]
    silent = np.ones(1_000_000, bool)
    for begin in position.tolist():
        silent[max(begin - 1000, 0) : begin + win_length + 1000] = False
    assert not z[silent].any()
    assert np.abs(z).max() < 1.5 * np.abs(y).max()
    assert np.abs(z[position[1] + win_length // 2 :][:100]).max() > 0.5


def test_grains_closer_than_their_windows_allow_keep_the_level() -> None:
    y = noise(2, 100_000)
    chosen = Settings(win_length=2000, hop_length=400)
    start = np.random.default_rng(0).integers(0, 98_000, 3000)
    placement = Placement(np.zeros(3000, np.intp), start, np.arange(3000) * 20 - 1000, 60_000)
    assert abs(level_db(joined([ArraySource(y)], placement, chosen), y)) < 0.3


def test_the_same_twice() -> None:
    y = noise(2, 40_000)
    order = np.random.default_rng(3).permutation(count(y, Settings()))
    assert np.array_equal(render(y, order, Settings()), render(y, order, Settings()))
