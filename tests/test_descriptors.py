"""Scaling steps: librosa's and the notebook's to the letter, what they meant to do, any sequence, only numbers."""

from collections.abc import Callable
from pathlib import Path

import librosa
import notebook
import numpy as np
import pytest
import soundfile
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from oscreorder.corpus.blocks import BLOCK, STRETCH, blocks, taken
from oscreorder.corpus.corpus import SECTION, analyse
from oscreorder.corpus.descriptors import Descriptors, describe
from oscreorder.errors import ParameterError
from oscreorder.parameters import STEPS, Settings
from oscreorder.sound.frames import ArraySource, mel_power

NAMES = st.lists(st.sampled_from(STEPS), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def violin(sounds: Path) -> Descriptors:
    y, sr = soundfile.read(sounds / "violin.flac", dtype="float32")
    mel = librosa.feature.melspectrogram(y=y, sr=sr, n_fft=2000, win_length=2000, hop_length=400)
    return np.ascontiguousarray(mel.T)


def random_mel(seed: int, n: int = 12, bands: int = 8) -> Descriptors:
    """Return power over eight decades, with some grains and bands silent."""
    rng = np.random.default_rng(seed)
    mel = 10 ** rng.uniform(-7, 1, (n, bands))
    mel[rng.random(n) < 0.1] = 0
    mel[:, rng.random(bands) < 0.1] = 0
    return mel.astype(np.float32)


def test_db_steps_are_librosas_to_the_last_bit(violin: Descriptors) -> None:
    np.testing.assert_array_equal(describe(violin, "power_db")[0], librosa.power_to_db(violin))
    np.testing.assert_array_equal(describe(violin, "amplitude_db")[0], librosa.amplitude_to_db(violin))


@pytest.mark.parametrize(
    ("steps", "formula"),
    [
        ("notebook_volume", notebook.volume_scaling),
        ("notebook_log", notebook.log_scaling),
        ("notebook_volume+notebook_log", lambda x: notebook.log_scaling(notebook.volume_scaling(x))),
        ("amplitude_db+notebook_log", lambda x: notebook.log_scaling(notebook.amplitude_to_db(x))),
    ],
)
def test_the_notebooks_steps_are_its_formulas(
    violin: Descriptors, steps: str, formula: Callable[[NDArray[np.float32]], NDArray[np.float32]]
) -> None:
    expected = formula(violin.T).T
    np.testing.assert_allclose(describe(violin, steps)[0], expected, rtol=2e-6, atol=1e-5)


def test_a_silent_band_does_not_break_the_notebooks_volume() -> None:
    mel = np.ones((5, 3), np.float32)
    mel[:, 1] = 0
    descriptors, _ = describe(mel, "notebook_volume")
    assert np.isfinite(descriptors).all()
    assert (descriptors[:, 1] == descriptors.min()).all()


def test_the_default_keeps_what_the_notebook_loses_on_the_floor(violin: Descriptors) -> None:
    def floor_share(steps: str) -> float:
        rows = describe(violin, steps)[0]
        return float((rows == rows.min()).mean())

    assert floor_share("power_db") < 0.2
    assert floor_share("amplitude_db") > 0.8


@pytest.mark.parametrize("steps", ["low_weight", "low_weight+power_db", "power_db+low_weight", "volume+low_weight"])
def test_low_weight_keeps_all_bands_where_the_notebook_left_one(violin: Descriptors, steps: str) -> None:
    assert np.linalg.matrix_rank(describe(violin, "notebook_log")[0]) == 1
    rows = describe(violin, steps)[0]
    # float32 rounds at 1e-7 of the largest singular value, and quiet bands of plain power lie near that
    assert np.linalg.matrix_rank(rows, tol=1e-7 * np.linalg.norm(rows)) > 40


def test_low_weight_lets_low_bands_count_more() -> None:
    weights = describe(np.ones((1, 128), np.float32), "low_weight")[0][0]
    assert (np.diff(weights) < 0).all()
    assert weights.mean() == pytest.approx(1)
    assert weights[0] / weights[-1] == pytest.approx(np.log(129) / np.log(2))


def test_low_weight_before_db_is_applied_after_it_and_says_so() -> None:
    mel = random_mel(1)
    before, notices = describe(mel, "low_weight+volume+power_db")
    after, silent = describe(mel, "volume+power_db+low_weight")
    np.testing.assert_array_equal(before, after)
    assert notices == ("low_weight: applied after power_db, before which it would only shift the bands",)
    assert not silent


def test_db_of_db_is_left_out_and_says_so() -> None:
    mel = random_mel(2)
    twice, notices = describe(mel, "power_db+amplitude_db")
    np.testing.assert_array_equal(twice, describe(mel, "power_db")[0])
    assert notices == ("amplitude_db: left out, since the values are in dB already",)


@given(names=NAMES, at=st.integers(0, 5), seed=st.integers(0, 1000))
@settings(max_examples=150, deadline=None)
def test_with_volume_the_gain_of_a_grain_has_no_effect(names: list[str], at: int, seed: int) -> None:
    db = [name for name in names if name in ("power_db", "amplitude_db", "notebook_volume")]
    assume("notebook_volume" not in db[1:])  # it would divide by a sum of dB, which may be near 0 and swell rounding
    steps = "+".join([*names[:at], "volume", *names[at:]])
    mel = random_mel(seed)
    gains = 10 ** np.random.default_rng(seed + 1).uniform(-3, 3, (len(mel), 1)).astype(np.float32)
    plain, _ = describe(mel, steps)
    np.testing.assert_allclose(describe(mel * gains, steps)[0], plain, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("steps", ["volume", "power_db+volume", "volume+power_db"])
def test_volume_removes_the_level_and_nothing_else(steps: str) -> None:
    mel = np.array([[1, 2, 5], [4, 2, 2], [0, 0, 0]], np.float32)
    rows, _ = describe(mel, steps)
    assert np.ptp(rows[0]) > 0
    assert not np.allclose(rows[0], rows[1])
    if steps == "volume":
        np.testing.assert_allclose(rows.sum(axis=1), [1, 1, 0], rtol=1e-6)
    if steps == "power_db+volume":
        np.testing.assert_allclose(rows.mean(axis=1), 0, atol=1e-5)
        np.testing.assert_allclose(rows[0] - rows[0, 0], 10 * np.log10([1, 2, 5]), atol=1e-4)


@given(
    names=NAMES,
    cells=st.lists(st.floats(width=32, allow_nan=True, allow_infinity=True), min_size=12, max_size=12),
    shape=st.sampled_from([(3, 4), (12, 1), (1, 12), (2, 6)]),
)
@settings(max_examples=200, deadline=None)
def test_whatever_comes_in_finite_rows_come_out(names: list[str], cells: list[float], shape: tuple[int, int]) -> None:
    mel = np.array(cells, np.float32).reshape(shape)
    before = mel.copy()
    rows, notices = describe(mel, "+".join(names))
    assert rows.shape == shape
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    np.testing.assert_array_equal(mel, before)
    broken = int(np.count_nonzero(~((mel >= 0) & (mel < np.inf))))
    assert (broken > 0) == any(f"{broken} cells of the mel spectrogram" in text for text in notices)


def test_no_grains_are_described_by_no_rows() -> None:
    for name in STEPS:
        assert describe(np.zeros((0, 128), np.float32), name)[0].shape == (0, 128)


def test_none_leaves_the_power_as_it_is() -> None:
    np.testing.assert_array_equal(describe(random_mel(3), "none+none")[0], random_mel(3))


def test_a_callable_stands_anywhere_in_the_sequence() -> None:
    def lowest(rows: Descriptors) -> Descriptors:
        rows[:, 4:] = 0  # its own copy
        return rows[:, :4]

    mel = random_mel(4)
    rows, _ = describe(mel, ["power_db", lowest, "low_weight+volume"])
    assert rows.shape == (12, 4)
    np.testing.assert_allclose(rows.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_array_equal(mel, random_mel(4))


def test_rows_below_zero_that_a_callable_returns_are_taken_for_db() -> None:
    mel = random_mel(5) + np.float32(1e-3)
    by_hand, notices = describe(mel, [lambda rows: 10 * np.log10(rows), "power_db"])
    np.testing.assert_allclose(by_hand, 10 * np.log10(mel), rtol=1e-6)
    assert notices == ("power_db: left out, since the values are in dB already",)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda rows: rows[:5], r"shape \(5, 8\).*a row for each grain"),
        (lambda rows: rows[:, 0], r"shape \(12,\)"),
        (lambda rows: rows[:, :0], r"shape \(12, 0\)"),
        (lambda rows: np.log(rows * 0 - 1), "not finite"),
        (lambda rows: rows.astype(np.float64) * 1e300, "not finite"),
        (lambda rows: rows * 1j, "complex64 values"),
        (lambda _rows: None, r"shape \(\)"),
    ],
)
def test_a_callable_that_returns_something_else_is_refused(
    wrong: Callable[[Descriptors], Descriptors], text: str
) -> None:
    with np.errstate(all="ignore"), pytest.raises(ParameterError, match=rf"^steps: .*{text}"):
        describe(random_mel(6), [wrong])


@pytest.mark.parametrize("steps", ["power", "power_db+", "", ["power_db", "loudness"]])
def test_an_unknown_step_is_refused(steps: str | list[str]) -> None:
    with pytest.raises(ParameterError, match=r"^steps: .* power_db"):
        describe(random_mel(7), steps)


def mapped(path: Path, rows: Descriptors) -> Descriptors:
    """Return a copy of `rows` that lies in a file."""
    np.save(path, rows)
    kept: Descriptors = np.load(path, mmap_mode="r+")
    return kept


@given(names=NAMES)
@settings(max_examples=30, deadline=None)
def test_rows_in_a_file_are_described_as_those_in_memory(
    names: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    mel = random_mel(3, n=3 * BLOCK + 5, bands=4)
    kept = mapped(tmp_path_factory.mktemp("rows") / "rows.npy", mel)
    expected, notices = describe(mel, names)
    found, same = describe(kept, names, overwrite_mel=True)
    assert found.tobytes() == expected.tobytes()
    assert same == notices
    assert np.shares_memory(found, kept)


def test_memory_that_is_given_back_loses_nothing(tmp_path: Path) -> None:
    rows = random_mel(1, n=BLOCK + 7)
    kept = mapped(tmp_path / "rows.npy", np.zeros_like(rows))
    private = np.load(tmp_path / "rows.npy", mmap_mode="c")
    for block in blocks(len(rows), kept, private):
        kept[block] = rows[block]
        private[block] = 2 * rows[block]
    np.testing.assert_array_equal(kept, rows)
    np.testing.assert_array_equal(private, 2 * rows)
    np.testing.assert_array_equal(np.load(tmp_path / "rows.npy"), rows)


@given(n=st.integers(0, 50), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_rows_are_taken_from_a_file_as_from_memory(n: int, seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    rows = np.random.default_rng(seed).normal(size=(2 * STRETCH + 9, 2)).astype(np.float32)
    members = np.random.default_rng(seed).integers(len(rows), size=n)
    kept = mapped(tmp_path_factory.mktemp("rows") / "rows.npy", rows)
    np.testing.assert_array_equal(taken(kept, members), rows[members])
    np.testing.assert_array_equal(taken(rows, members), rows[members])
    np.testing.assert_array_equal(taken(kept, slice(3, n)), rows[3:n])


@pytest.mark.parametrize("n_fft", [64, 65])
@pytest.mark.parametrize("frames", [SECTION - 1, SECTION, 2 * SECTION, 2 * SECTION + 3])
def test_a_long_sound_is_analysed_in_sections_as_in_one(n_fft: int, frames: int, tmp_path: Path) -> None:
    known = Settings(win_length=60, n_fft=n_fft, hop_length=7, n_mels=4, fmin_hz=100, features=2)
    y = np.random.default_rng(frames).uniform(-1, 1, 7 * frames - 1).astype(np.float32)
    sources = [ArraySource(y), ArraySource(y[:500]), ArraySource(y[::-1])]
    expected = describe(np.concatenate([mel_power(source, 8000, known) for source in sources]), "power_db")[0]
    heard: list[float] = []
    analysis = analyse(
        sources,
        8000,
        known,
        progress=heard.append,
        empty=lambda shape: mapped(tmp_path / "rows.npy", np.zeros(shape, np.float32)),
    )
    assert analysis.descriptors.tobytes() == expected.tobytes()
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1)
    np.testing.assert_array_equal(analysis.search, analyse(sources, 8000, known).search)
