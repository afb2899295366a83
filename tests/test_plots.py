"""Pictures: PNGs of one size, the same bytes each time, that show what they are told to."""

import io
import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from oscreorder.errors import FileProblemError
from oscreorder.plots import map_png, order_png, spectrogram_png

RNG = np.random.default_rng(5)
TIME_S = np.arange(200) * 0.05
POINTS = RNG.normal(size=(200, 2)).astype(np.float32)
MEL_DB = RNG.normal(-40, 10, (300, 128)).astype(np.float32)


def pixels(png: bytes) -> NDArray[np.int64]:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        return np.asarray(image.convert("RGB"), np.int64)


def spectrogram(mel_db: NDArray[np.float32], *, fmin_hz: float = 0, fmax_hz: float = 22050) -> bytes:
    return spectrogram_png(mel_db, 44100, 512, fmin_hz=fmin_hz, fmax_hz=fmax_hz, title="x")


def brightest(png: bytes) -> tuple[float, float]:
    """Return the middle, as row and column, of the brightest spot left of the colour bar."""
    light = pixels(png)[40:740, 100:1260].sum(axis=2)
    light[light == 3 * 255] = 0  # paper
    rows, columns = np.nonzero(light == light.max())
    return float(rows.mean()), float(columns.mean())


@pytest.mark.parametrize("dimensions", [1, 2])
def test_a_map_is_a_png_and_changes_with_points_and_times(dimensions: int) -> None:
    points = POINTS[:, :dimensions]
    png = map_png(points, TIME_S, title="corpus")
    assert pixels(png).shape == (800, 1400, 3)
    assert map_png(points, TIME_S, title="corpus") == png
    others = {
        map_png(points * np.linspace(1, 2, 200)[:, None], TIME_S, title="corpus"),
        map_png(points, TIME_S[::-1], title="corpus"),
        map_png(points, TIME_S, title="another"),
    }
    assert len(others | {png}) == 4


def test_a_map_is_coloured_by_time() -> None:
    corner = np.array([[0, 0], [1, 1]], np.float32)
    first, last = (pixels(map_png(corner, time_s, title="")) for time_s in (np.array([0, 9]), np.array([9, 0])))
    lower_left = slice(400, 800), slice(0, 600)
    yellow = np.array([253, 231, 37])  # viridis ends with it
    assert not (np.abs(first[lower_left] - yellow).sum(axis=2) < 10).any()
    assert (np.abs(last[lower_left] - yellow).sum(axis=2) < 10).any()


def test_an_order_is_a_png_and_changes_with_the_order_and_the_sounds() -> None:
    order, one = RNG.permutation(200), np.zeros(200, np.intp)
    png = order_png(order, TIME_S, one, title="corpus")
    assert pixels(png).shape == (800, 1400, 3)
    assert order_png(order, TIME_S, one, title="corpus") == png
    assert order_png(order[::-1], TIME_S, one, title="corpus") != png
    assert order_png(order, TIME_S, np.arange(200) // 20, title="corpus") != png
    assert order_png(order[:50], TIME_S, one, title="corpus") != png


def test_a_spectrogram_is_a_png_and_changes_with_the_levels() -> None:
    png = spectrogram(MEL_DB)
    assert pixels(png).shape == (800, 1400, 3)
    assert spectrogram(MEL_DB) == png
    assert spectrogram(MEL_DB * np.linspace(1, 2, 128, dtype=np.float32)) != png


def test_high_bands_are_above_and_late_frames_to_the_right() -> None:
    places = []
    for frame, band in [(50, 20), (250, 100)]:
        mel_db = np.full((300, 128), -80, np.float32)
        mel_db[frame - 3 : frame + 3, band - 2 : band + 2] = 0
        places.append(brightest(spectrogram(mel_db)))
    (low, early), (high, late) = places
    assert low - high == pytest.approx(700 * 80 / 128, rel=0.05)
    assert late - early == pytest.approx(1160 * 200 / 300, rel=0.05)


def test_one_loud_frame_of_a_long_sound_is_still_seen() -> None:
    mel_db = np.full((100_000, 16), -80, np.float32)
    mel_db[25_000] = 0
    png = spectrogram(mel_db)
    light = pixels(png)[100:700, 100:1200].sum(axis=2)
    assert light.max() > np.median(light) + 50
    assert brightest(png)[1] == pytest.approx(1160 / 4, abs=25)


def test_silence_is_dark() -> None:
    assert pixels(spectrogram(np.full((100, 128), -100, np.float32)))[100:700, 200:1200].mean() < 40


@pytest.mark.parametrize("n_grains", [1, 2, 5])
def test_few_and_equal_grains_are_drawn(n_grains: int) -> None:
    time_s = np.zeros(n_grains)
    for points in (np.zeros((n_grains, 1), np.float32), np.zeros((n_grains, 2), np.float32)):
        assert pixels(map_png(points, time_s, title="")).shape == (800, 1400, 3)
    assert order_png(np.arange(n_grains), time_s, np.zeros(n_grains, np.intp), title="")
    for n_mels in (1, 2):
        assert spectrogram(np.zeros((n_grains, n_mels), np.float32), fmin_hz=500, fmax_hz=510)


@pytest.mark.parametrize("hours", [0.5, 24])
def test_long_times_are_marked(hours: float) -> None:
    assert map_png(POINTS, np.linspace(0, hours * 3600, 200), title="")


@pytest.mark.parametrize("title", ["a $b$ \\frac{", "é漢字 ☃", "line\nbreak", "x" * 500])
def test_any_title_is_drawn(title: str) -> None:
    assert map_png(POINTS, TIME_S, title=title) != map_png(POINTS, TIME_S, title="")


def test_without_matplotlib_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(FileProblemError, match=r'pip install "oscreorder\[plot\]"'):
        map_png(POINTS, TIME_S, title="")
