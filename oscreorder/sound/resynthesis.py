"""From grains in sounding order to a signal: overlap-add of windowed stretches of the sounds, a block at a time.

Re-ordering the columns of a short-time spectrum and inverting it is the same as adding up windowed stretches of the
signal, so that nothing is transformed here but for the spectral transforms.  Where grains go is `placing`, how those
that overlap are joined is `joins`; this room reads the grains and adds them, in the order in which they begin.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from oscreorder.parameters import Settings
from oscreorder.sound import joins, runs
from oscreorder.sound.frames import (
    BLOCK_FRAMES,
    BLOCK_SAMPLES,
    ArraySource,
    MappedSource,
    Progress,
    Signal,
    Source,
    compiled,
    fft_length,
    window,
)
from oscreorder.sound.joins import Mix
from oscreorder.sound.placing import Placement, distance_positions, even_positions
from oscreorder.sound.transforms import Transform, transform

__all__ = ["Placement", "distance_positions", "even_positions", "overlap_add"]

Indices = NDArray[np.int64]

BLOCK = 16384
_GATHERED = 1 << 17
_FRAME_FLOOR = 0.25


class _Parts(Protocol):
    """What is added up: parts, in the order in which they begin."""

    begins: NDArray[np.int64]
    longest: int

    def add(self, parts: slice, mix: Mix, origin: int) -> None:
        """Add these parts to a mix whose first column is output sample `origin`."""


class _Reader:
    """Reads any of the sources with the same number of channels: mono goes to all, missing ones are silent."""

    def __init__(self, sources: Sequence[Source], used: NDArray[np.intp]) -> None:
        self._sources = sources
        self.channels = max((sources[i].channels for i in np.unique(used).tolist()), default=1)
        self.lengths = np.array([source.length for source in sources], np.int64)
        self._kept: Signal = np.empty((self.channels, 0), np.float32)

    def stretches(self, sound: Indices, start: Indices, size: Indices) -> tuple[Signal, Indices]:
        """Return an array that holds these stretches, until the next call, and in which column each begins."""
        one = self._sources[int(sound[0])]
        end = start + size
        inside = start.min() >= 0 and end.max() <= one.length
        if isinstance(one, ArraySource) and one.channels == self.channels and inside and (sound == sound[0]).all():
            return one.y, start
        apart = (np.diff(sound) != 0) | (start[1:] < start[:-1]) | (start[1:] > end[:-1])
        first = np.flatnonzero(np.concatenate(([True], apart)))
        ends = np.maximum.reduceat(end, first)
        stops = np.cumsum(ends - start[first])
        if self._kept.shape[1] < stops[-1]:
            self._kept = np.empty((self.channels, int(stops[-1])), np.float32)
        rows = one.rows if isinstance(one, MappedSource) and (sound == sound[0]).all() else None
        if rows is not None and rows.shape[1] == self.channels:
            _gather(rows, start[first], stops, self._kept)
        else:
            low = 0
            for index, begin, stop in zip(sound[first].tolist(), start[first].tolist(), stops.tolist(), strict=True):
                self._read(index, begin, self._kept[:, low:stop])
                low = stop
        moved = stops - ends
        return self._kept, start + np.repeat(moved, np.diff(np.append(first, start.size)))

    def _read(self, sound: int, start: int, out: Signal) -> None:
        y = self._sources[sound].read(start, start + out.shape[1])
        if y.shape[0] in {1, out.shape[0]}:
            out[:] = y
        else:
            out[: y.shape[0]] = y
            out[y.shape[0] :] = 0


@compiled
def _gather(rows: Signal, begin: Indices, stops: Indices, out: Signal) -> None:
    # One stretch after the other, with zeros beyond the ends of the sound.
    column = 0
    for p in range(begin.size):
        size = stops[p] - column
        low = min(max(-begin[p], 0), size)
        high = max(min(rows.shape[0] - begin[p], size), low)
        stretch = out[:, column : column + size]
        stretch[:, :low] = 0
        stretch[:, high:] = 0
        inside = rows[begin[p] + low : begin[p] + high]
        for c in range(out.shape[0]):
            row = out[c, column + low : column + high]
            for t in range(row.size):
                row[t] = inside[t, c]
        column += size


class _Frames:
    """Each grain by itself: a windowed frame, with or without a spectral transform."""

    def __init__(self, reader: _Reader, placement: Placement, settings: Settings, change: Transform | None) -> None:
        self.begins = placement.position
        self.longest = settings.win_length
        self._reader, self._placement, self._change = reader, placement, change
        self._n_fft = fft_length(settings)
        self._analysis = window(settings.window, settings.win_length)
        synthesis = self._analysis
        if settings.joins == "smooth":
            synthesis = joins.frame_window(settings.win_length, settings.hop_length)
        self._weights = self._analysis * synthesis
        self._shape = synthesis if change else self._weights

    def add(self, parts: slice, mix: Mix, origin: int) -> None:
        n = BLOCK_SAMPLES // self._n_fft if self._change else _GATHERED // self.longest
        for part in _batches(parts, min(n, BLOCK_FRAMES)):
            start = self._placement.start[part]
            audio, columns = self._reader.stretches(
                self._placement.sound[part].astype(np.int64), start, np.full(start.size, self.longest, np.int64)
            )
            if self._change:
                grains = [audio[:, column : column + self.longest] for column in columns.tolist()]
                audio = self._changed(np.stack(grains, axis=1), self._change)
                columns = self.longest * np.arange(start.size, dtype=np.int64)
            joins.add_grains(audio, columns, self.begins[part] - origin, self._shape, self._weights, mix)

    def _changed(self, grains: NDArray[np.float32], change: Transform) -> Signal:
        """Return what lies under the windows of these grains after the transform, one after the other."""
        lead = (self._n_fft - self.longest) // 2
        framed = np.zeros((grains.shape[0] * grains.shape[1], self._n_fft), np.float32)
        framed[:, lead : lead + self.longest] = grains.reshape(len(framed), -1) * self._analysis
        changed = scipy.fft.irfft(change(scipy.fft.rfft(framed, axis=-1)), n=self._n_fft, axis=-1)
        return np.ascontiguousarray(changed[:, lead : lead + self.longest]).reshape(len(grains), -1)


class _Stretches:
    """Runs of grains as stretches of their sounds, for ``joins smooth``."""

    def __init__(self, reader: _Reader, placement: Placement, settings: Settings) -> None:
        self._shape = joins.stretch_window(settings.win_length, settings.hop_length)
        lead = (self._shape.size - settings.win_length) // 2
        # The first and the last stretch go on for a hop, so that nothing fades at the ends of the output.
        beyond = np.array([-settings.hop_length, *np.zeros(placement.sound.size, np.int64), settings.hop_length])
        start = np.pad(placement.start, 1, mode="edge") + beyond - lead
        self._position = np.pad(placement.position, 1, mode="edge") + beyond - lead
        sound = np.pad(placement.sound, 1, mode="edge")
        self._pieces = runs.pieces(
            sound, start, self._position, reader.lengths, size=self._shape.size, hop_length=settings.hop_length
        )
        self.begins = self._pieces.begin
        self.longest = int((self._pieces.end - self._pieces.begin).max())
        self._reader = reader
        self._state = np.array([0, self.begins[0]], np.int64)

    def add(self, parts: slice, mix: Mix, origin: int) -> None:
        for part in _batches(parts, _GATHERED // self.longest):
            cut = self._pieces.part(part)
            size = cut.end - cut.begin + 2 * runs.REACH
            audio, columns = self._reader.stretches(cut.sound, cut.begin + cut.lag - runs.REACH, size)
            runs.add_pieces(audio, columns, cut, self._position, self._shape, self._state, origin, mix)


def _batches(parts: slice, size: int) -> Iterator[slice]:
    """Cut a slice, so that what is read for each does not grow with the number of grains that sound at once."""
    for low in range(parts.start, parts.stop, max(size, 1)):
        yield slice(low, min(low + max(size, 1), parts.stop))


def overlap_add(
    sources: Sequence[Source],
    placement: Placement,
    settings: Settings,
    *,
    block_length: int = 65536,
    progress: Progress | None = None,
) -> Iterator[Signal]:
    """Yield the output, block by block.

    Parameters
    ----------
    sources : sequence of Source
        The sounds, all at one rate.
    placement : Placement
        Which grains sound, and where.
    settings : Settings
        `win_length`, `hop_length`, `n_fft`, `window`, `joins`, `transform`, `mask_keep` and `seed` count.
    block_length : int > 0
        Samples in each block but the last; what they hold does not depend on it.
    progress : callable, optional
        Called after each block with the share done, 0 to 1.

    Yields
    ------
    np.ndarray [shape=(channels, n), dtype=float32]
        Together (channels, `placement.length`), where channels is the largest number among the sources used.  Mono
        goes to all channels; channels that a source does not have are silent.  With ``joins notebook`` each channel
        is ``librosa.istft(transform(D[:, order]), length=...)``.  With ``joins smooth`` grains in their own order come
        out to the bit and any order keeps the level of its grains; the windows are then raised cosines, whatever
        `window` is, and a grain may begin up to `runs.REACH` samples beside its start (see `joins` and `runs`).
    """
    reader = _Reader(sources, placement.sound)
    done = 0
    for block in _cut(_signals(reader, placement, settings), placement.length, block_length):
        done += block.shape[1]
        yield block
        if progress:
            progress(done / placement.length)


def _signals(reader: _Reader, placement: Placement, settings: Settings) -> Iterator[Signal]:
    """Yield stretches of the output, from sample 0 on, as many as it takes."""
    if placement.sound.size == 0:
        yield np.zeros((reader.channels, placement.length), np.float32)
        return
    change = transform(settings, 1 + fft_length(settings) // 2)
    smooth = settings.joins == "smooth"
    whole = smooth and not change
    parts: _Parts = _Stretches(reader, placement, settings) if whole else _Frames(reader, placement, settings, change)
    origin = min(0, int(parts.begins[0]))
    mixes = _mixes(parts, reader.channels, origin, placement.length)
    signals = joins.levelled(mixes, floor=1.0 if whole else _FRAME_FLOOR) if smooth else map(joins.plain, mixes)
    for y in signals:
        yield y[:, max(-origin, 0) :]
        origin += BLOCK


def _mixes(parts: _Parts, channels: int, origin: int, length: int) -> Iterator[Mix]:
    """Yield what sounds in each block from sample `origin` to sample `length`."""
    mix = Mix.silent(channels, BLOCK + parts.longest)
    ends = range(origin + BLOCK, length + BLOCK, BLOCK)
    bounds = [0, *np.searchsorted(parts.begins, ends).tolist()]
    for end, (low, high) in zip(ends, pairwise(bounds), strict=True):
        parts.add(slice(low, high), mix, end - BLOCK)
        yield mix.advance(BLOCK)


def _cut(signals: Iterable[Signal], length: int, block_length: int) -> Iterator[Signal]:
    """Cut a signal of `length` samples into blocks."""
    left = length
    kept: list[Signal] = []
    size = 0
    for y in signals:
        kept.append(y)
        size += y.shape[1]
        while left and size >= min(block_length, left):
            joined = np.concatenate(kept, axis=1)
            n = min(block_length, left)
            yield joined[:, :n]
            kept, size, left = [joined[:, n:]], size - n, left - n
