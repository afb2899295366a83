"""The spaces of corpora: read once, from the files of a real analysis, and let go of with these."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oscreorder.daemon.spaces import Spaces
from oscreorder.errors import NotFoundError, OscReorderError, ParameterError
from oscreorder.live.space import target
from oscreorder.osc.places import Place
from oscreorder.parameters import Settings
from oscreorder.records import AnalysisRecord, CorpusRecord, SoundRecord

PATIENCE_S = 10.0
N = 30
SEARCH = np.random.default_rng(4).standard_normal((N, 4)).astype(np.float32)
SETTINGS = Settings(win_length=400, hop_length=200)


@pytest.fixture
def spaces() -> Iterator[Spaces]:
    spaces = Spaces()
    yield spaces
    spaces.close()


@pytest.fixture
def corpus(tmp_path: Path) -> CorpusRecord:
    """Return an analysed corpus of one sound, recorded at twice the corpus's rate."""
    np.save(tmp_path / "search.npy", SEARCH)
    np.save(tmp_path / "places.npy", np.stack([np.zeros(N, np.intp), np.arange(N) * 200 - 200]))
    sound = SoundRecord("a.wav", 2000, 1, 11_600, str(tmp_path / "a.f32"), 5_800)
    return CorpusRecord("corpus", 1000, (sound,), AnalysisRecord(SETTINGS, str(tmp_path), N, 4))


def result(future: Future[Any]) -> Any:
    return future.result(PATIENCE_S)


def test_a_corpus_is_read_once_with_its_grains_in_both_rates(spaces: Spaces, corpus: CorpusRecord) -> None:
    space = result(spaces.space(corpus))
    assert result(spaces.space(replace(corpus, name="other"))) is space
    assert space.search.points.tobytes() == SEARCH.tobytes()
    assert (space.grains.start[:4].tolist(), space.samples.start[:4].tolist()) == ([0, 0, 400, 800], [0, 0, 200, 400])
    assert (space.grains.length[-1], space.samples.length[-1]) == (400, 200)
    assert space.grains.dur_ms.tolist() == space.samples.dur_ms.tolist()


def test_a_place_is_aimed_at_in_its_own_index(spaces: Spaces, corpus: CorpusRecord, tmp_path: Path) -> None:
    np.save(tmp_path / "map.npy", SEARCH[:, :2])
    space, map_index = result(spaces.space(corpus)), result(spaces.map(str(tmp_path / "map.npy")))
    assert target(Place("grain", (7.0,)), space, None).point.tolist() == SEARCH[7].tolist()  # type: ignore[union-attr]
    assert target(Place("point", (0.5, 0.5)), space, map_index).index is map_index
    with pytest.raises(NotFoundError, match=f"there is no grain {N}"):
        target(Place("grain", (float(N),)), space, None)
    with pytest.raises(ParameterError, match="3 numbers came; it takes 4"):
        target(Place("vector", (0.0, 1.0, 2.0)), space, None)
    with pytest.raises(OscReorderError, match="without its map"):
        target(Place("point", (0.5, 0.5)), space, None)


def test_what_is_forgotten_is_read_anew(spaces: Spaces, corpus: CorpusRecord, tmp_path: Path) -> None:
    path = str(tmp_path / "map.npy")
    np.save(path, SEARCH[:, :2])
    space, map_index = result(spaces.space(corpus)), result(spaces.map(path))
    spaces.forget(["/elsewhere"])
    assert (result(spaces.space(corpus)), result(spaces.map(path))) == (space, map_index)
    spaces.forget([str(tmp_path)])
    for file in tmp_path.glob("*.npy"):
        file.unlink()
    with pytest.raises(FileNotFoundError):
        result(spaces.space(corpus))
    with pytest.raises(FileNotFoundError):
        result(spaces.map(path))


def test_a_corpus_that_is_not_analysed_has_none(spaces: Spaces, corpus: CorpusRecord) -> None:
    with pytest.raises(OscReorderError, match="corpus is not analysed"):
        spaces.space(replace(corpus, analysis=None))
