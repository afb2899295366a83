"""Stretches of the sounds, wherever their samples lie: in memory as a whole, or to be read."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oscreorder.sound.frames import ArraySource, Flat, Indices, MappedSource, Signal, Source, compiled

_GATHERED = 1 << 18
_STEREO = 2


class Samples(NamedTuple):
    """Samples in memory: `array` is (channels, n), or (n, channels) where they are interleaved."""

    array: Signal
    interleaved: bool


class Reader:
    """Reads any of the sources with the same number of channels: mono goes to all, missing ones are silent."""

    def __init__(self, sources: Sequence[Source], used: NDArray[np.intp]) -> None:
        present = np.unique(used).tolist()
        self.channels = max((sources[i].channels for i in present), default=1)
        self.lengths = np.array([source.length for source in sources], np.int64)
        self._sources = sources
        self._memories = {i: _in_memory(sources[i]) for i in present}
        self._only = self._memories[present[0]] if len(present) == 1 else None
        self._kept: Signal = np.zeros((self.channels, 1), np.float32)

    @property
    def at_once(self) -> bool:
        """Whether stretches may be had at once, as often as one likes: all sounds are in memory."""
        return all(self._memories.values())

    def batches(self, parts: slice, longest: int) -> Iterator[slice]:
        """Cut a slice of stretches, so that what is kept of them does not grow with their number."""
        size = parts.stop - parts.start if self._only else _GATHERED // longest
        for low in range(parts.start, parts.stop, max(size, 1)):
            yield slice(low, min(low + max(size, 1), parts.stop))

    def stretches(self, sound: Indices, start: Indices, size: Indices) -> tuple[Samples, Indices]:
        """Return samples that hold these stretches, until the next call, and where in them each begins.

        That may be before the first sample, or the end behind the last: there is silence (see `fetch`).
        """
        if self._only:
            return self._only, start
        end = start + size
        apart = (np.diff(sound) != 0) | (start[1:] < start[:-1]) | (start[1:] > end[:-1])
        first = np.flatnonzero(np.concatenate(([True], apart)))
        ends = np.maximum.reduceat(end, first)
        stops = np.cumsum(ends - start[first])
        if self._kept.shape[1] < stops[-1]:
            self._kept = np.zeros((self.channels, int(stops[-1])), np.float32)
        for index in np.unique(sound[first]).tolist():
            mine = sound[first] == index
            self._keep(index, start[first][mine], (stops - ends + start[first])[mine], stops[mine])
        moved = np.repeat(stops - ends, np.diff(np.append(first, start.size)))
        return Samples(self._kept, interleaved=False), start + moved

    def _keep(self, sound: int, start: Indices, column: Indices, stop: Indices) -> None:
        memory = self._memories[sound]
        if memory:
            _gather(memory, start, column, stop, self._kept)
            return
        source = self._sources[sound]
        for begin, low, high in zip(start.tolist(), column.tolist(), stop.tolist(), strict=True):
            read = Samples(np.ascontiguousarray(source.read(begin, begin + high - low)), interleaved=False)
            fetch(read, 0, self._kept, low, high - low)


def _in_memory(source: Source) -> Samples | None:
    if isinstance(source, ArraySource):
        return Samples(source.y, interleaved=False)
    rows = source.rows if isinstance(source, MappedSource) else None
    return None if rows is None else Samples(rows, interleaved=True)


@compiled
def _gather(samples: Samples, start: Indices, column: Indices, stop: Indices, out: Signal) -> None:
    for p in range(start.size):
        fetch(samples, start[p], out, column[p], stop[p] - column[p])


@compiled
def fetch(samples: Samples, first: int, out: Signal, column: int, n: int) -> None:
    """Copy `n` samples from `first` on to the columns of `out` from `column` on, with zeros beyond the ends."""
    array, interleaved = samples
    flat = array.reshape(-1)
    length, channels = array.shape if interleaved else array.shape[::-1]
    low = min(max(-first, 0), n)
    high = max(min(length - first, n), low)
    if high - low < n or channels < out.shape[0]:
        for c in range(out.shape[0]):
            out[c, column : column + n] = 0
    if interleaved and channels == out.shape[0] == _STEREO:
        _part(flat[2 * (first + low) :], out[0, column + low : column + high], out[1, column + low :])
        return
    for c in range(min(out.shape[0], channels) if channels > 1 else out.shape[0]):
        own = min(c, channels - 1)
        begin = (first + low) * channels + own if interleaved else own * length + first + low
        _pick(flat[begin:], channels if interleaved else 1, out[c, column + low : column + high])


@compiled
def _part(pairs: Flat, left: Flat, right: Flat) -> None:
    # Both at once: the processor's vector unit takes pairs apart quickly, but not one of two samples.
    for t in range(left.size):
        left[t] = pairs[2 * t]
        right[t] = pairs[2 * t + 1]


@compiled
def _pick(y: Flat, step: int, out: Flat) -> None:
    if step == 1:
        for t in range(out.size):
            out[t] = y[t]
    else:
        for t in range(out.size):
            out[t] = y[step * t]
