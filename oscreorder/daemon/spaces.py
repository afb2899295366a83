"""What queries and streams need of an analysed corpus, read once from the files of its jobs: its indices and grains."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np

from oscreorder.corpus.neighbours import FlatIndex, Index, grain_point
from oscreorder.errors import OscReorderError
from oscreorder.live.grains import FileGrains, file_grains
from oscreorder.live.stream import Target
from oscreorder.osc.places import Place
from oscreorder.records import AnalysisRecord, CorpusRecord


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """An analysed corpus.

    Attributes
    ----------
    record : CorpusRecord
    search : Index
        Over the search space.
    grains : FileGrains
        As stretches of the files, at their own rates.
    samples : FileGrains
        As stretches of the daemon's copies, at the corpus's rate.
    """

    record: CorpusRecord
    search: Index
    grains: FileGrains
    samples: FileGrains


class Spaces:
    """The spaces that are open; they are read in a thread, and stay until the files are removed."""

    def __init__(self) -> None:
        self._reader = ThreadPoolExecutor(1, "oscreorder-spaces")
        self._spaces: dict[str, Future[Space]] = {}
        self._maps: dict[str, Future[Index]] = {}

    def space(self, corpus: CorpusRecord) -> Future[Space]:
        """Return the space of an analysed corpus; OSError or OscReorderError where its files cannot be read."""
        if corpus.analysis is None:
            raise OscReorderError(f"{corpus.name} is not analysed")
        folder = corpus.analysis.folder
        if folder not in self._spaces:
            self._spaces[folder] = self._reader.submit(_space, corpus, corpus.analysis)
        return self._spaces[folder]

    def map(self, path: str) -> Future[Index]:
        """Return the index over a 2-D map."""
        if path not in self._maps:
            self._maps[path] = self._reader.submit(_index, path)
        return self._maps[path]

    def forget(self, folders: Iterable[str]) -> None:
        """Let go of what was read from folders that are removed."""
        for folder in folders:
            self._spaces.pop(folder, None)
            for path in [path for path in self._maps if PurePath(path).parent == PurePath(folder)]:
                del self._maps[path]

    def close(self) -> None:
        """End the thread."""
        self._reader.shutdown(cancel_futures=True)


def target(place: Place, space: Space, map_index: Index | None) -> Target:
    """Return a place as a stream takes it, in its own index."""
    match place.kind:
        case "grain":
            return Target(space.search, grain_point(space.search, int(place.numbers[0])))
        case "vector":
            return Target(space.search, place.numbers)
        case "point":
            if map_index is None:
                raise OscReorderError("a point came without its map")
            return Target(map_index, place.numbers)


def _index(path: str) -> Index:
    return FlatIndex(np.load(path))


def _space(corpus: CorpusRecord, analysis: AnalysisRecord) -> Space:
    sound, start = np.load(Path(analysis.folder, "places.npy"))
    rates, lengths = [sound.sr for sound in corpus.sounds], [sound.length for sound in corpus.sounds]
    copied = [sound.decoded_length for sound in corpus.sounds]
    win_length, sr = analysis.settings.win_length, corpus.sr
    return Space(
        corpus,
        _index(str(Path(analysis.folder, "search.npy"))),
        file_grains(sound, start, win_length=win_length, sr=sr, own_sr=rates, own_length=lengths),
        file_grains(sound, start, win_length=win_length, sr=sr, own_sr=[sr] * len(copied), own_length=copied),
    )
