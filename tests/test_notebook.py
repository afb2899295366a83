"""All that the notebook does, this does: the same sounds from the same formulas, run through librosa, on real sounds.

The notebook's faults stay mended where they have their room: test_descriptors, test_embedding, test_transforms.
"""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import notebook
import numpy as np
import pytest
from numpy.typing import NDArray

from oscreorder import ArraySource, Settings, Signal, analyse, order, read_sound, reorder
from oscreorder.corpus.corpus import Analysis

SIZES: list[dict[str, Any]] = [
    {"win_length": 2000, "hop_length": 400, "n_fft": 2000},
    {"win_length": 11025, "hop_length": 5512, "n_fft": 11025},
]
KEEP, SEED = 0.5, 42
NOTEBOOK: dict[str, Any] = {"steps": "amplitude_db", "order": "pca", "joins": "notebook"}


@pytest.fixture(scope="module", params=["violin.flac", "loop_tabla.flac"])
def sound(request: pytest.FixtureRequest, sounds: Path) -> tuple[Signal, int]:
    y, sr = read_sound(sounds / request.param)
    return y, sr


def istft_of_each_channel(y: Signal, order: NDArray[np.intp], sizes: dict[str, Any], transform: str = "none") -> Signal:
    changed = notebook.transforms(seed=SEED, keep=KEEP)[transform]
    return np.stack(
        [
            notebook.istft(changed(notebook.stft(channel, **sizes)[:, order]), length=len(channel), **sizes)
            for channel in y
        ]
    )


def assert_close(ours: Signal, theirs: Signal) -> None:
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(theirs).max()


def analysed(y: Signal, sr: int, sizes: dict[str, Any]) -> tuple[Analysis, Settings]:
    settings = Settings().changed({**sizes, **NOTEBOOK})
    return analyse([ArraySource(y)], sr, settings), settings


@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: f"win{sizes['win_length']}")
def test_the_order_of_pca_is_the_notebooks_and_so_is_its_sound(
    sound: tuple[Signal, int], sizes: dict[str, Any]
) -> None:
    y, sr = sound
    ours, ordering = reorder(y, sr, **sizes, **NOTEBOOK)
    mel_db = notebook.amplitude_to_db(notebook.melspectrogram(y.mean(axis=0), sr, **sizes))
    theirs = notebook.pca_order(mel_db)
    assert_same_order(ordering.order, theirs, mel_db)
    assert_close(ours, istft_of_each_channel(y, ordering.order, sizes))


def assert_same_order(ours: NDArray[np.intp], theirs: NDArray[np.intp], mel_db: NDArray[np.float32]) -> None:
    """Compare up to direction; frames may change places only where their coordinates differ by rounding.

    Most of the notebook's cells lie on the floor of its dB, so that whole frames are equal: which of those comes first
    is chance there (its sort is not stable) and here it is time.
    """
    centred = mel_db.T.astype(np.float64) - mel_db.T.mean(axis=0, dtype=np.float64)
    axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    coordinate = centred @ axis
    if coordinate[ours[0]] > coordinate[ours[-1]]:
        coordinate = -coordinate
    if coordinate[theirs[0]] > coordinate[theirs[-1]]:
        theirs = theirs[::-1]
    rounding = 4e-7 * np.ptp(coordinate)  # of float32, in which the notebook reckons
    assert np.abs(coordinate[ours] - coordinate[theirs]).max() <= rounding
    apart = np.diff(coordinate[theirs]) > 2 * rounding
    clear = np.concatenate([[True], apart]) & np.concatenate([apart, [True]])
    assert clear.mean() > 0.5
    assert np.array_equal(ours[clear], theirs[clear])


@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: f"win{sizes['win_length']}")
@pytest.mark.parametrize("transform", list(notebook.transforms(seed=SEED, keep=KEEP)))
def test_each_transform_is_the_notebooks(sound: tuple[Signal, int], sizes: dict[str, Any], transform: str) -> None:
    y, sr = sound
    y = y[:, : 5 * sr]
    options: dict[str, Any] = {
        "order": "original",
        "joins": "notebook",
        "transform": transform,
        "mask_keep": KEEP,
        "seed": SEED,
    }
    ours, ordering = reorder(y, sr, **sizes, **options)
    assert_close(ours, istft_of_each_channel(y, ordering.order, sizes, transform))


def test_the_mel_spectrogram_in_db_is_the_notebooks(sound: tuple[Signal, int]) -> None:
    y, sr = sound
    analysis, _ = analysed(y, sr, SIZES[0])
    theirs = notebook.amplitude_to_db(notebook.melspectrogram(y.mean(axis=0), sr, **SIZES[0])).T
    assert analysis.descriptors.shape == theirs.shape
    assert np.abs(analysis.descriptors - theirs).max() < 0.01


def test_direction_is_fixed_and_reverse_turns_it(sound: tuple[Signal, int]) -> None:
    y, sr = sound
    analysis, settings = analysed(y, sr, SIZES[1])
    forwards = order(analysis, sr, settings).order
    backwards = order(analysis, sr, settings.changed({"reverse": 1})).order
    assert np.array_equal(forwards[::-1], backwards)
    again, _ = analysed(y * np.float32(0.999), sr, SIZES[1])
    assert np.corrcoef(np.argsort(forwards), np.argsort(order(again, sr, settings).order))[0, 1] > 0.9


def _walkthrough() -> ModuleType:
    path = Path(__file__).parent.parent / "examples" / "notebook.py"
    spec = importlib.util.spec_from_file_location("walkthrough", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_walkthrough_writes_every_sound_and_picture_of_the_notebook(sounds: Path, tmp_path: Path) -> None:
    short = sounds / "slide-22k.aiff"
    written = _walkthrough().main(str(short), str(tmp_path), 2000, 800)
    source, sr = read_sound(short)
    names = {path.stem for path in written if path.suffix == ".wav"}
    assert {"none", "unit_phase", "flip_frequency", "flip_time", "drop_phase", "shuffle_bins", "mask_bins"} <= names
    assert {"order-pca", "order-tsne", "steps-notebook-volume", "steps-notebook-log", "clusters", "distance"} <= names
    for path in written:
        if path.suffix == ".png":
            assert path.read_bytes().startswith(b"\x89PNG")
            continue
        y, rate = read_sound(path)
        assert (rate, y.shape) == (sr, source.shape)
        assert np.isfinite(y).all()
        assert y.std() > 1e-4, path.name
    assert np.abs(read_sound(tmp_path / "none.wav")[0] - source).max() < 1e-4
    assert {path.name for path in written} >= {"spectrogram.png", "pca-1.png", "pca-2.png", "tsne-1.png", "tsne-2.png"}
