"""From sounds to an analysed corpus, from that to an order, and from an order to a new signal.

These few functions are the main job on arrays; ``oscreorder.work`` runs the same ones from file to file.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from oscreorder.corpus.blocks import give_back
from oscreorder.corpus.descriptors import Step, describe
from oscreorder.corpus.embedding import Embedded, fit_pca, pca, tsne
from oscreorder.corpus.grains import Grains, frame_grains
from oscreorder.corpus.ordering import Ordering, order_grains
from oscreorder.errors import ParameterError
from oscreorder.parameters import Settings
from oscreorder.sound.frames import ArraySource, Signal, Source, fft_length, mel_power
from oscreorder.sound.resynthesis import Placement, distance_positions, even_positions, overlap_add
from oscreorder.sound.transforms import flips_time

Progress = Callable[[float], None]
Empty = Callable[[tuple[int, int]], NDArray[np.float32]]
"""Makes the rows, of this shape, that will be descriptors: in memory, or in a mapped file."""

SECTION = 1 << 14
"""Frames, a multiple of those in a block, whose power lies in memory before it goes where it is kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What is known of each grain of a corpus.

    Attributes
    ----------
    grains : Grains
        Where each grain lies.
    descriptors : float32 ndarray [shape=(n_grains, n_features)]
        The scaled mel bands of each grain; rows are grains.
    search : float32 ndarray [shape=(n_grains, k)]
        The search space: PCA of `descriptors`, ``k <= settings.features``.
    settings : Settings
        Those of the group ``analysis`` made it.
    notices : tuple of str
        What was done differently from what was asked.
    """

    grains: Grains
    descriptors: NDArray[np.float32]
    search: NDArray[np.float32]
    settings: Settings
    notices: tuple[str, ...] = ()


def analyse(
    sources: Sequence[Source],
    sr: int,
    settings: Settings,
    *,
    steps: str | Sequence[str | Step] | None = None,
    progress: Progress | None = None,
    empty: Empty | None = None,
) -> Analysis:
    """Cut `sources` into grains and describe each by its mel bands.

    Parameters
    ----------
    sources : sequence of Source
        The sounds, all at the rate `sr`; they are analysed on the mean of their channels.
    sr : int, Hz
    settings : Settings
        The group ``analysis``.
    steps : sequence of names and callables, optional
        Takes the place of ``settings.steps``; a callable gets float32 ``(n_grains, n_features)`` and returns as many
        rows.
    progress : callable, optional
        Called with the fraction done, 0 to 1.
    empty : callable, optional
        Makes the rows that will be `Analysis.descriptors`, by default in memory.  If it maps a file, memory grows by
        64 bytes a grain (the search space) instead of 576.

    Raises
    ------
    ParameterError
        There is no sound, or a step returned something else than finite rows.
    """
    grains = frame_grains([source.length for source in sources], settings)
    if not grains.n_grains:
        raise ParameterError("there is nothing to analyse: the corpus holds no samples; load a sound first")
    mel = (empty or _in_memory)((grains.n_grains, settings.n_mels))
    _fill_mel(mel, sources, sr, settings, grains, progress)
    descriptors, notices = describe(mel, settings.steps if steps is None else steps, overwrite_mel=True)
    basis = fit_pca(descriptors, settings.features)
    return Analysis(grains, descriptors, basis.project(descriptors), settings, notices)


def _in_memory(shape: tuple[int, int]) -> NDArray[np.float32]:
    return np.empty(shape, np.float32)


def _fill_mel(
    mel: NDArray[np.float32],
    sources: Sequence[Source],
    sr: int,
    settings: Settings,
    grains: Grains,
    progress: Progress | None,
) -> None:
    """Fill `mel` with the power of all frames, a section of a sound at a time."""
    for index, source in enumerate(sources):
        rows = grains.rows(index)
        for first, last in pairwise(_section_bounds(rows.stop - rows.start)):
            section = slice(rows.start + first, rows.start + last)
            part = _Section(source, first, last, settings) if last - first < rows.stop - rows.start else source
            told = _part(progress, section.start / len(mel), (last - first) / len(mel))
            mel[section] = mel_power(part, sr, settings, progress=told)
            give_back(mel)


def _section_bounds(n_frames: int) -> list[int]:
    return [*range(0, SECTION * (n_frames // SECTION), SECTION), n_frames] if n_frames >= SECTION else [0, n_frames]


class _Section:
    """A stretch of a sound whose frames are the sound's from `first` to before `last`: at least two."""

    def __init__(self, source: Source, first: int, last: int, settings: Settings) -> None:
        self._source, self._offset = source, first * settings.hop_length
        self.channels = source.channels
        self.length = (last - first - 1) * settings.hop_length + fft_length(settings) % 2

    def read(self, start: int, stop: int) -> Signal:
        """Return its samples; before and after them come the sound's own."""
        return self._source.read(start + self._offset, stop + self._offset)


def _part(progress: Progress | None, done: float, share: float) -> Progress | None:
    """Progress of a part that begins at `done` and is `share` of the whole."""
    return None if progress is None else lambda fraction: progress(done + share * fraction)


def order(analysis: Analysis, sr: int, settings: Settings, *, progress: Progress | None = None) -> Ordering:
    """Order the grains of a corpus by the group ``order`` of `settings`; see `order_grains`."""
    grains = analysis.grains
    return order_grains(
        analysis.descriptors,
        analysis.search,
        sound=grains.sound,
        time_s=grains.time_s(analysis.settings, sr),
        settings=settings,
        progress=progress,
    )


def embed(analysis: Analysis, settings: Settings) -> Embedded:
    """Place the grains on a map of ``settings.components`` dimensions by ``settings.embedding``.

    Returns
    -------
    Embedded
        ``points``, float32 ``(n_grains, components)``, and notices.
    """
    if settings.embedding == "tsne":
        return tsne(
            analysis.descriptors, n_components=settings.components, perplexity=settings.perplexity, seed=settings.seed
        )
    points = analysis.search
    if points.shape[1] < settings.components:
        points = pca(analysis.descriptors, settings.components)
    missing = settings.components - points.shape[1]  # one grain, or one band, spans no plane
    points = np.pad(points[:, : settings.components], ((0, 0), (0, max(missing, 0))))
    return Embedded(points, ())


def sounding(ordering: Ordering, settings: Settings) -> Ordering:
    """Return the order as it sounds: ``transform flip_time`` plays it backwards."""
    if not flips_time(settings):
        return ordering
    return Ordering(ordering.order[::-1], ordering.steps[::-1], ordering.notices)


def place(grains: Grains, ordering: Ordering, settings: Settings) -> Placement:
    """Put the grains of an order, as it sounds, on the output time line.

    The length is that of the sounds together: for one sound exactly its own, so that the identity order gives the
    input back; between sounds, each but the last is rounded up to a whole number of hops.
    """
    chosen = ordering.order
    distance = settings.spacing == "distance"
    position = distance_positions(ordering.steps, settings) if distance else even_positions(len(chosen), settings)
    last = grains.rows(len(grains.lengths) - 1)
    length = last.start * settings.hop_length + grains.lengths[-1]
    return Placement(sound=grains.sound[chosen], start=grains.start[chosen], position=position, length=length)


def render(
    sources: Sequence[Source],
    grains: Grains,
    ordering: Ordering,
    settings: Settings,
    *,
    progress: Progress | None = None,
) -> Iterator[Signal]:
    """Yield the signal in which the grains sound in this order, in blocks of shape ``(channels, n)``.

    `settings` must agree in the group ``analysis`` with those that made `grains`.
    """
    heard = sounding(ordering, settings)
    return overlap_add(sources, place(grains, heard, settings), settings, progress=progress)


def reorder(
    y: NDArray[np.float32],
    sr: int,
    *,
    steps: str | Sequence[str | Step] = "power_db",
    **options: float | str,
) -> tuple[Signal, Ordering]:
    """Return `y` with its grains in a new order: the notebook in one call.

    Parameters
    ----------
    y : float32 ndarray [shape=(n_samples,) or (channels, n_samples)]
        Full scale is 1.0.
    sr : int, Hz
    steps : str, or sequence of names and callables
        As in `analyse`.
    **options
        Any parameter of the groups ``analysis``, ``order`` and ``render``, by name.

    Returns
    -------
    y : float32 ndarray [shape=(channels, n_samples)]
    ordering : Ordering

    Raises
    ------
    ParameterError
        An option is unknown or refused, or `y` is empty, not finite or of more than two dimensions.

    Examples
    --------
    >>> y, sr = oscreorder.read_sound("violin.flac")
    >>> z, ordering = oscreorder.reorder(y, sr, win_length=2000, hop_length=400, order="tour")
    """
    settings = Settings().changed(options)
    source = ArraySource(np.atleast_2d(np.asarray(y, np.float32)))
    analysis = analyse([source], sr, settings, steps=steps)
    ordering = order(analysis, sr, settings)
    return np.concatenate(list(render([source], analysis.grains, ordering, settings)), axis=1), ordering
