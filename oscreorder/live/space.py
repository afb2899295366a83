"""What neighbours and streams need of an analysed corpus: its index and its grains, from the files of its analysis."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from oscreorder.corpus.leaves import Search
from oscreorder.corpus.neighbours import FlatIndex, Index, grain_point
from oscreorder.errors import OscReorderError
from oscreorder.live.grains import FileGrains, file_grains
from oscreorder.live.stream import Target
from oscreorder.osc.places import Place
from oscreorder.records import CorpusRecord


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
        As stretches of the decoded copies, at the corpus's rate.
    """

    record: CorpusRecord
    search: Index
    grains: FileGrains
    samples: FileGrains


def read_space(corpus: CorpusRecord, search: Search | None = None) -> Space:
    """Read an analysed corpus; `search` as `FlatIndex` takes it.

    Raises
    ------
    OSError
        Its files cannot be read.
    OscReorderError
        It is not analysed.
    """
    if corpus.analysis is None:
        raise OscReorderError(f"{corpus.name} is not analysed")
    sound, start = np.load(Path(corpus.analysis.folder, "places.npy"))
    rates, lengths = [sound.sr for sound in corpus.sounds], [sound.length for sound in corpus.sounds]
    copied = [sound.decoded_length for sound in corpus.sounds]
    win_length, sr = corpus.analysis.settings.win_length, corpus.sr
    return Space(
        corpus,
        read_index(str(Path(corpus.analysis.folder, "search.npy")), search),
        file_grains(sound, start, win_length=win_length, sr=sr, own_sr=rates, own_length=lengths),
        file_grains(sound, start, win_length=win_length, sr=sr, own_sr=[sr] * len(copied), own_length=copied),
    )


def read_index(path: str, search: Search | None = None) -> Index:
    """Read the places of grains, a search space or a 2-D map; `search` as `FlatIndex` takes it."""
    return FlatIndex(np.load(path), search=search)


def target(place: Place, space: Space, map_index: Index | None) -> Target:
    """Return a place as a stream takes it, in its own index; errors as those of `Target` and `grain_point`."""
    return Target(*spot(place, space, map_index))


def spot(place: Place, space: Space, map_index: Index | None) -> tuple[Index, ArrayLike]:
    """Return the index in which a place lies, and its numbers there, unchecked; errors as those of `grain_point`."""
    match place.kind:
        case "grain":
            return space.search, grain_point(space.search, int(place.numbers[0]))
        case "vector":
            return space.search, place.numbers
        case "point":
            if map_index is None:
                raise OscReorderError("a point came without its map")
            return map_index, place.numbers
