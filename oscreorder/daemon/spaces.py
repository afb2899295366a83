"""The spaces of the corpora that are queried and streamed: each is read once, in a thread."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import PurePath

from oscreorder import machine_code
from oscreorder.corpus.neighbours import Index
from oscreorder.errors import OscReorderError
from oscreorder.live.space import Space, read_index, read_space
from oscreorder.records import CorpusRecord


class Spaces:
    """The spaces that are open; they are read in a thread, and stay until the files are removed."""

    def __init__(self) -> None:
        self._reader = ThreadPoolExecutor(1, "oscreorder-spaces")
        self._spaces: dict[str, Future[Space]] = {}
        self._maps: dict[str, Future[Index]] = {}
        self._ready = False

    def get_ready(self) -> None:
        """Take the compiled search in, which takes as long as a grain may wait: the first stream shall not."""
        if not self._ready:
            self._ready = True
            self._reader.submit(machine_code.load)

    def space(self, corpus: CorpusRecord) -> Future[Space]:
        """Return the space of an analysed corpus; OSError or OscReorderError where its files cannot be read."""
        if corpus.analysis is None:
            raise OscReorderError(f"{corpus.name} is not analysed")
        folder = corpus.analysis.folder
        if folder not in self._spaces:
            self._spaces[folder] = self._reader.submit(_space, corpus)
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


def _space(corpus: CorpusRecord) -> Space:
    return read_space(corpus, machine_code.load())


def _index(path: str) -> Index:
    return read_index(path, machine_code.load())
