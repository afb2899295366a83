"""Stretches come out the same wherever a sound's samples lie."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from oscreorder.sound.frames import ArraySource, Signal, Source
from oscreorder.sound.reading import Reader, fetch

Kind = Callable[[Signal], Source]


def noise(channels: int, length: int, seed: int = 0) -> Signal:
    return np.random.default_rng(seed).standard_normal((channels, length)).astype(np.float32)


class Distant:
    """A sound that must be read."""

    rows: Signal | None = None

    def __init__(self, y: Signal) -> None:
        self._source = ArraySource(y)
        self.channels, self.length = self._source.channels, self._source.length

    def read(self, start: int, stop: int) -> Signal:
        return self._source.read(start, stop)


class Interleaved(Distant):
    """A sound as a mapped file has it."""

    def __init__(self, y: Signal) -> None:
        super().__init__(y)
        self.rows = np.ascontiguousarray(y.T)


def taken(sources: Sequence[Source], sound: Sequence[int], start: Sequence[int], size: int) -> Signal:
    reader = Reader(sources, np.array(sound, np.intp))
    samples, first = reader.stretches(np.array(sound), np.array(start), np.full(len(start), size))
    out = np.full((reader.channels, size * len(start)), np.nan, np.float32)
    for n, begin in enumerate(first.tolist()):
        fetch(samples, begin, out, n * size, size)
    return out


STARTS = [0, 40, 45, 960, -30, 995, -200, 1500, 500, 100]


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("kind", [ArraySource, Interleaved, Distant])
def test_one_sound_with_zeros_beyond_its_ends(kind: Kind, channels: int) -> None:
    y = noise(channels, 1000)
    source = ArraySource(y)
    expected = np.concatenate([source.read(start, start + 100) for start in STARTS], axis=1)
    assert np.array_equal(taken([kind(y)], [0] * len(STARTS), STARTS, 100), expected)


@pytest.mark.parametrize("kinds", [(ArraySource, Interleaved, Distant), (Interleaved, Distant, ArraySource)])
def test_several_sounds_mono_goes_to_all_and_missing_channels_are_silent(kinds: Sequence[Kind]) -> None:
    signals = [noise(channels, 1000, channels) for channels in (1, 2, 3)]
    sound = [0, 1, 2, 2, 1, 0, 0, 1, 2, 0]
    full = [np.repeat(signals[0], 3, axis=0), np.pad(signals[1], ((0, 1), (0, 0))), signals[2]]
    wanted = [ArraySource(full[n]).read(start, start + 100) for n, start in zip(sound, STARTS, strict=True)]
    sources = [kind(y) for kind, y in zip(kinds, signals, strict=True)]
    assert np.array_equal(taken(sources, sound, STARTS, 100), np.concatenate(wanted, axis=1))


def test_batches_are_small_unless_the_only_sound_is_in_memory() -> None:
    used = np.zeros(1, np.intp)
    assert list(Reader([ArraySource(noise(1, 10))], used).batches(slice(3, 5000), 2000)) == [slice(3, 5000)]
    batches = list(Reader([Distant(noise(1, 10))], used).batches(slice(3, 5000), 2000))
    assert [part.start for part in batches[1:]] == [part.stop for part in batches[:-1]]
    assert (batches[0].start, batches[-1].stop) == (3, 5000)
    assert max(part.stop - part.start for part in batches) * 2000 < 300_000
