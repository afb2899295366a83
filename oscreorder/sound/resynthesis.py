"""From grains in sounding order to a signal: overlap-add of windowed stretches of the sounds, a block at a time.

Re-ordering the columns of a short-time spectrum and inverting it is the same as adding up windowed stretches of the
signal, so that nothing is transformed here but for the spectral transforms.  Where grains go is `placing`; `reading`
fetches them, `runs` and `mixing` add them up, `joins` gives the sum its level, and `steps` takes what clicks out of it;
`short` sees to the level of the whole where few grains make it.
This room leads, in the order in which grains begin.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from oscreorder.parameters import Settings
from oscreorder.sound import joins, runs, short, steps
from oscreorder.sound.frames import (
    BLOCK_FRAMES,
    BLOCK_SAMPLES,
    Flat,
    Indices,
    Progress,
    Signal,
    Source,
    compiled,
    fft_length,
    window,
)
from oscreorder.sound.mixing import LANES, Mix, add_grains
from oscreorder.sound.placing import Placement, distance_positions, even_positions
from oscreorder.sound.reading import Reader, Samples, fetch
from oscreorder.sound.transforms import Transform, transform

__all__ = ["Placement", "distance_positions", "even_positions", "overlap_add"]

BLOCK = 65536
_FRAME_FLOOR = 0.25

_Finish = Callable[[Mix, int], Signal]


class _Parts(Protocol):
    """What is added up: parts, in the order in which they begin."""

    begins: NDArray[np.int64]
    longest: int

    def add(self, parts: slice, mix: Mix, origin: int) -> None:
        """Add these parts to a mix whose first column is output sample `origin`."""

    def calm(self, y: Signal, parts: slice) -> None:
        """Soften clicks in `y`, which is made of these parts."""


class _Frames:
    """Each grain by itself: a windowed frame, with or without a spectral transform."""

    def __init__(self, reader: Reader, placement: Placement, settings: Settings, change: Transform | None) -> None:
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
        for part in self._batches(parts):
            start = self._placement.start[part]
            size = np.full(start.size, self.longest, np.int64)
            samples, first = self._reader.stretches(self._placement.sound[part].astype(np.int64), start, size)
            if self._change:
                samples = Samples(self._changed(samples, first, self._change), interleaved=False)
                first = self.longest * np.arange(start.size, dtype=np.int64)
            add_grains(samples, first, self.begins[part] - origin, self._shape, self._weights, mix)

    def calm(self, y: Signal, parts: slice) -> None:
        """Leave it as it is: every grain fades in and out."""

    def _batches(self, parts: slice) -> Iterator[slice]:
        size = max(min(BLOCK_SAMPLES // self._n_fft, BLOCK_FRAMES), 1) if self._change else parts.stop
        for low in range(parts.start, parts.stop, size):
            yield from self._reader.batches(slice(low, min(low + size, parts.stop)), self.longest)

    def _changed(self, samples: Samples, first: Indices, change: Transform) -> Signal:
        """Return what lies under the windows of these grains after the transform, one after the other."""
        lead = (self._n_fft - self.longest) // 2
        framed = np.zeros((self._reader.channels, first.size, self._n_fft), np.float32)
        _frame(samples, first, self._analysis, lead, framed)
        spectra = scipy.fft.rfft(framed.reshape(-1, self._n_fft), axis=-1)
        changed = scipy.fft.irfft(change(spectra), n=self._n_fft, axis=-1)
        return np.ascontiguousarray(changed[:, lead : lead + self.longest]).reshape(len(framed), -1)


@compiled
def _frame(samples: Samples, first: Indices, shape: Flat, lead: int, out: Signal) -> None:
    x = np.empty((out.shape[0], shape.size), np.float32)
    for k in range(first.size):
        fetch(samples, first[k], x, 0, shape.size)
        for c in range(out.shape[0]):
            out[c, k, lead : lead + shape.size] = x[c] * shape


class _Stretches:
    """Runs of grains as stretches of their sounds, for ``joins smooth``."""

    def __init__(self, reader: Reader, placement: Placement, settings: Settings) -> None:
        self._shape = joins.stretch_window(settings.win_length, settings.hop_length)
        self._fade = int(np.argmax(self._shape))
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
        self._sharpest = np.zeros(2, np.float32)

    def add(self, parts: slice, mix: Mix, origin: int) -> None:
        for part in self._reader.batches(parts, self.longest):
            samples, first, size = self._stretches(part)
            if not self._reader.at_once:
                self._look(samples, first, size)
            bounds = part.start, part.stop
            runs.add_pieces(samples, first, self._pieces, bounds, self._position, self._shape, self._state, origin, mix)

    def calm(self, y: Signal, parts: slice) -> None:
        """Soften what is sharper than these parts, or others that were looked at: where it must be known, that is."""
        sharpness = steps.sharpest(y)
        if self._reader.at_once and (sharpness > self._sharpest).any():
            for part in self._reader.batches(parts, self.longest):
                self._look(*self._stretches(part))
        if (sharpness > self._sharpest).any():
            steps.soften(y, np.maximum(self._sharpest, steps.of_fades(y, self._fade)))

    def _stretches(self, part: slice) -> tuple[Samples, Indices, Indices]:
        """Return samples, where in them the stretches of these parts begin, and their sizes with all they may move."""
        begin = self._pieces.begin[part]
        start = begin + self._pieces.lag[part] - runs.REACH
        size = self._pieces.end[part] - begin + 2 * runs.REACH
        return *self._reader.stretches(self._pieces.sound[part], start, size), size

    def _look(self, samples: Samples, first: Indices, size: Indices) -> None:
        found = steps.sharpest_of(samples, first, size, self._reader.channels)
        self._sharpest = np.maximum(self._sharpest, found.max(axis=1))


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
    reader = Reader(sources, placement.sound)
    done = 0
    for block in _cut(_signals(reader, placement, settings), placement.length, block_length):
        done += block.shape[1]
        yield block
        if progress:
            progress(done / placement.length)


def _signals(reader: Reader, placement: Placement, settings: Settings) -> Iterator[Signal]:
    """Yield stretches of the output, from sample 0 on, as many as it takes."""
    if placement.sound.size == 0:
        yield np.zeros((reader.channels, placement.length), np.float32)
        return
    change = transform(settings, 1 + fft_length(settings) // 2)
    smooth = settings.joins == "smooth"
    whole = smooth and not change
    parts: _Parts = _Stretches(reader, placement, settings) if whole else _Frames(reader, placement, settings, change)
    finish = joins.Levelled(1.0 if whole else _FRAME_FLOOR) if smooth else joins.plain
    # Blocks end at multiples of their length; before the first grain there is silence, in cells.
    lead = joins.AHEAD - min(0, int(parts.begins[0])) // joins.CELL * joins.CELL
    blocks = _finished(parts, finish, reader.channels, lead, placement.length)
    if whole and placement.length <= short.LONGEST:
        y = np.concatenate(list(blocks), axis=1)[:, lead : lead + placement.length]
        yield short.levelled(y, reader, placement, settings)
        return
    for y in blocks:
        yield y[:, lead:]
        lead = 0


def _finished(parts: _Parts, finish: _Finish, channels: int, lead: int, length: int) -> Iterator[Signal]:
    """Yield the output block by block, the first with `lead` samples before it."""
    mix = Mix.silent(channels, lead + BLOCK + joins.AHEAD + parts.longest + LANES)
    ends = np.arange(BLOCK, length + BLOCK, BLOCK)
    bounds = [0, *np.searchsorted(parts.begins, ends + joins.AHEAD).tolist()]
    reaching = np.searchsorted(parts.begins, ends - BLOCK - parts.longest).tolist()
    origin = -lead
    for end, first, (low, high) in zip(ends.tolist(), reaching, pairwise(bounds), strict=True):
        if low < high:
            parts.add(slice(low, high), mix, origin)
        y = finish(mix, end - origin)
        if first < high:
            parts.calm(y, slice(first, high))
        yield y
        mix.drop(end - origin)
        origin = end


def _cut(signals: Iterable[Signal], length: int, block_length: int) -> Iterator[Signal]:
    """Cut a signal of `length` samples into blocks."""
    left = length
    kept: list[Signal] = []
    size = 0
    for y in signals:
        kept.append(y)
        size += y.shape[1]
        while left and size >= min(block_length, left):
            joined = np.concatenate(kept, axis=1) if len(kept) > 1 else kept[0]
            n = min(block_length, left)
            yield joined[:, :n]
            kept, size, left = [joined[:, n:]], size - n, left - n
