"""The jobs from file to file: analyse, render, order, plot; and the table of all.

The daemon runs them in worker processes, the command line and Python in their own.  Each takes a `Task` and
`records`, and gives `records`; arrays lie in files below the job's own folder.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oscreorder import machine_code, plots
from oscreorder.corpus import corpus as room
from oscreorder.corpus.descriptors import describe
from oscreorder.corpus.grains import Grains, frame_grains
from oscreorder.corpus.neighbours import unit_square
from oscreorder.corpus.ordering import Ordering
from oscreorder.files import FileSource
from oscreorder.folders import output_path
from oscreorder.formats import SOUND_SUFFIXES, check_format
from oscreorder.loading import copies, load
from oscreorder.order_files import ORDER_SUFFIXES, OrderRow, write_order
from oscreorder.parameters import Settings
from oscreorder.records import AnalysisRecord, Context, CorpusRecord, MapRecord, Outcome, Task
from oscreorder.sound.frames import Source, fft_length, mel_power, n_frames
from oscreorder.writing import part_path, write_atomically, write_sound


def analyse(task: Task, *, corpus: CorpusRecord) -> Outcome:
    """Cut a corpus into grains and describe them.

    Returns
    -------
    Outcome
        ``values``: grains, features and seconds it took; ``corpus``: with its analysis.
    """
    began = time.perf_counter()
    _check_size(task, corpus)
    with _sources(corpus) as sources:
        analysis, known = _analysis(task, replace(corpus, analysis=_fitting(corpus, task.settings)), sources)
    analysed = known or corpus
    n_grains, features = analysis.search.shape
    return Outcome((n_grains, features, time.perf_counter() - began), analysis.notices, analysed)


def prepare(task: Task, *, corpus: CorpusRecord, mapped: bool) -> Outcome:
    """Make a corpus ready for neighbours and streams: analysed in whatever way and, if `mapped`, with a 2-D map.

    Returns
    -------
    Outcome
        ``corpus``: with its analysis, and the map that the task's settings ask for.
    """
    kept = corpus.analysis
    analysing = replace(task, settings=kept.settings) if kept else task
    _check_size(analysing, corpus)
    with _sources(corpus) as sources:
        analysis, known = _analysis(analysing, corpus, sources)
    record, notices = known or corpus, analysis.notices
    if mapped and record.analysis and not record.analysis.map_for(task.settings):
        task.context.progress(_ORDERING, "map")
        embedded = room.embed(analysis, task.settings.changed({"components": 2}))
        made = MapRecord(task.settings, str(Path(task.folder, "map.npy")))
        np.save(made.path, unit_square(embedded.points))
        record = replace(record, analysis=replace(record.analysis, maps=(*record.analysis.maps, made)))
        notices += embedded.notices
    return Outcome((), notices, record)


def _check_size(task: Task, corpus: CorpusRecord) -> None:
    """Refuse a job that would hold too many grains, or take more memory than a worker has, before it starts."""
    settings, limits = task.settings, task.limits
    n_grains = sum(
        n_frames(sound.decoded_length, settings.hop_length, n_fft=fft_length(settings)) for sound in corpus.sounds
    )
    limits.check("grains", n_grains, f"grains of {corpus.name}")
    if limits.memory_mb:
        limits.check(
            "memory_mb", predicted_mb(n_grains, settings), f"MB that {corpus.name} needs for {n_grains} grains"
        )


def predicted_mb(n_grains: int, settings: Settings) -> int:
    """Return how many MB a job on so many grains takes at most, libraries included.

    An hour of mono at hop 400, 397,000 grains, is reckoned at twice what it takes: `python -m benchmarks.run --only
    memory`.
    """
    each = 4 * settings.n_mels + 12 * settings.features + BYTES_OF_ORDERS[settings.order]
    return BASE_MB + (n_grains * each + FRAMES * 16 * fft_length(settings) >> 20)


BASE_MB = 400
FRAMES = 64
BYTES_OF_ORDERS = {
    "similarity": 400, "tour": 600, "tsne": 7000, "pca": 100, "cluster": 400, "original": 50, "random": 50,
}  # fmt: skip


def _fitting(corpus: CorpusRecord, settings: Settings) -> AnalysisRecord | None:
    """Return the corpus's analysis where `settings` would make the same one."""
    present = corpus.analysis
    fits = present is not None and present.settings.group("analysis") == settings.group("analysis")
    return present if fits else None


def render(task: Task, *, corpus: CorpusRecord, out: str) -> Outcome:
    """Write a sound in which the grains are re-ordered.

    Returns
    -------
    Outcome
        ``values``: path, frames (samples in each channel), sample rate and seconds it took; ``corpus``: with its
        analysis, where this job made the first one.

    Raises
    ------
    FileProblemError
        The output is refused or cannot be written; nothing is left under its name then.
    """
    began, settings = time.perf_counter(), task.settings
    _check_size(task, corpus)
    path, part = _output(task, out, SOUND_SUFFIXES)
    channels = max(sound.channels for sound in corpus.sounds)
    check_format(path, sr=corpus.sr, channels=channels, subtype=settings.subtype)
    with _sources(corpus) as sources:
        grains, ordering, known, notices = _order(task, corpus, sources)
        progress = _stage(task.context, _RENDERING, 1.0, "render")
        blocks = room.render(sources, grains, ordering, settings, progress=progress)
        written = write_sound(
            path,
            blocks,
            sr=corpus.sr,
            channels=channels,
            subtype=settings.subtype,
            part=part,
            overwrite=bool(settings.overwrite),
        )
    took_s = time.perf_counter() - began
    report: dict[str, int | float | str] = {
        "path": str(path), "seconds": round(written.frames / corpus.sr, 3), "sr": corpus.sr, "channels": channels,
        "grains": grains.n_grains, "took_s": round(took_s, 3),
    }  # fmt: skip
    return Outcome((str(path), written.frames, corpus.sr, took_s), (*notices, *written.notices), known, report)


def order(task: Task, *, corpus: CorpusRecord, out: str) -> Outcome:
    """Write the order as ``.csv``, ``.json`` or ``.txt`` (Audacity labels on the rendered time line).

    Returns
    -------
    Outcome
        ``values``: path and number of grains.
    """
    settings = task.settings
    _check_size(task, corpus)
    path, part = _output(task, out, ORDER_SUFFIXES)
    with _sources(corpus) as sources:
        grains, ordering, known, notices = _order(task, corpus, sources)
    rows = _rows(corpus, grains, ordering, settings)
    names = [sound.path for sound in corpus.sounds]
    told = settings.group("load", "analysis", "order", "render")
    write_order(path, part, rows, settings=told, sounds=names, sr=corpus.sr, overwrite=bool(settings.overwrite))
    return Outcome((str(path), len(rows)), notices, known, {"path": str(path), "grains": len(rows)})


def _rows(corpus: CorpusRecord, grains: Grains, ordering: Ordering, settings: Settings) -> list[OrderRow]:
    """Return a row for each grain as it sounds; start and length are in samples of the sound's own file."""
    heard = room.sounding(ordering, settings)
    placed = room.place(grains, heard, settings)
    own = np.array([sound.sr / corpus.sr for sound in corpus.sounds])[placed.sound]
    start = np.rint(placed.start * own).astype(int)
    length = np.rint(settings.win_length * own).astype(int)
    centre_s = (placed.position + settings.win_length / 2) / corpus.sr
    columns = (heard.order, placed.sound, start, length, centre_s)
    values = zip(*(column.tolist() for column in columns), strict=True)
    return [OrderRow(position, *row) for position, row in enumerate(values)]


def plot(task: Task, *, corpus: CorpusRecord, out: str) -> Outcome:
    """Draw a map of the grains, the mel spectrogram, or the order, as a PNG.

    Returns
    -------
    Outcome
        ``values``: the path.
    """
    _check_size(task, corpus)
    path, part = _output(task, out, (".png",))
    with _sources(corpus) as sources:
        png, known, notices = _PICTURES[task.settings.kind](task, corpus, sources)
    write_atomically(path, part, png, overwrite=bool(task.settings.overwrite))
    return Outcome((str(path),), notices, known, {"path": str(path)})


JOBS: Mapping[str, Callable[..., Outcome]] = {
    "load": load,
    "copies": copies,
    "analyse": analyse,
    "render": render,
    "order": order,
    "plot": plot,
    "prepare": prepare,
}


def _map(
    task: Task, corpus: CorpusRecord, sources: Sequence[Source]
) -> tuple[bytes, CorpusRecord | None, tuple[str, ...]]:
    settings = task.settings
    analysis, known = _analysis(task, corpus, sources)
    task.context.progress(_ORDERING, "map")
    embedded = room.embed(analysis, settings)
    dimensions = f"{settings.components}-D {settings.embedding}"
    points = unit_square(embedded.points)  # so that a point read off the picture is one that neighbours takes
    png = plots.map_png(points, _time_s(corpus, analysis.grains, settings), title=f"{corpus.name}: {dimensions}")
    return png, known, (*analysis.notices, *embedded.notices)


def _order_picture(
    task: Task, corpus: CorpusRecord, sources: Sequence[Source]
) -> tuple[bytes, CorpusRecord | None, tuple[str, ...]]:
    grains, ordering, known, notices = _order(task, corpus, sources)
    time_s = _time_s(corpus, grains, task.settings)
    png = plots.order_png(ordering.order, time_s, grains.sound, title=f"{corpus.name}: {task.settings.order}")
    return png, known, notices


def _spectrogram(
    task: Task, corpus: CorpusRecord, sources: Sequence[Source]
) -> tuple[bytes, CorpusRecord | None, tuple[str, ...]]:
    settings = task.settings
    task.context.progress(0.0, "spectrogram")
    mel = np.concatenate([mel_power(source, corpus.sr, settings) for source in sources])
    mel_db, _ = describe(mel, "power_db")
    png = plots.spectrogram_png(
        mel_db,
        corpus.sr,
        settings.hop_length,
        fmin_hz=settings.fmin_hz,
        fmax_hz=settings.fmax_hz or corpus.sr / 2,
        title=corpus.name,
    )
    return png, None, ()


_PICTURES = {"map": _map, "spectrogram": _spectrogram, "order": _order_picture}


def _time_s(corpus: CorpusRecord, grains: Grains, settings: Settings) -> NDArray[np.float64]:
    """Return the time of each grain when the sounds are laid end to end, in seconds."""
    before = np.cumsum([0, *grains.lengths[:-1]]) / corpus.sr
    time_s: NDArray[np.float64] = before[grains.sound] + grains.time_s(settings, corpus.sr)
    return time_s


# How far a job is when its analysis, and when its order, is done
_ORDERING, _RENDERING = 0.4, 0.7


def _order(
    task: Task, corpus: CorpusRecord, sources: Sequence[Source]
) -> tuple[Grains, Ordering, CorpusRecord | None, tuple[str, ...]]:
    """Order the grains; analyse first where the order depends on what they sound like."""
    settings = task.settings
    if settings.order in {"original", "random"} and settings.spacing == "even":
        grains = frame_grains([source.length for source in sources], settings)
        alike = np.zeros((grains.n_grains, 1), np.float32)
        analysis, known = room.Analysis(grains, alike, alike, settings), None
    else:
        analysis, known = _analysis(task, corpus, sources)
    task.context.progress(_ORDERING, "order")
    progress = _stage(task.context, _ORDERING, _RENDERING, f"order {settings.order}")
    ordering = room.order(analysis, corpus.sr, settings, progress=progress)
    return analysis.grains, ordering, known, (*analysis.notices, *ordering.notices)


def _analysis(task: Task, corpus: CorpusRecord, sources: Sequence[Source]) -> tuple[room.Analysis, CorpusRecord | None]:
    """Return the analysis that the task's settings want: the corpus's own where it fits, else a new one.

    The first analysis of a corpus is kept: the record that knows it is returned beside it.
    """
    fitting = _fitting(corpus, task.settings)
    if fitting:
        return _read_analysis(fitting, sources), None
    progress = _stage(task.context, 0.0, _ORDERING, "analyse")
    path = Path(task.folder, "passing.npy" if corpus.analysis else "descriptors.npy")
    analysis = room.analyse(sources, corpus.sr, task.settings, progress=progress, empty=partial(_rows_in_file, path))
    return analysis, None if corpus.analysis else _keep_analysis(corpus, analysis, task.folder)


def _rows_in_file(path: Path, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return rows that lie in a file: few of them are in memory at a time."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        # a disk that is full must say so now: later, a row that has no place there would end the process
        for start in range(0, shape[0], SECTION):
            file.write(bytes(4 * shape[1] * min(SECTION, shape[0] - start)))
    rows: NDArray[np.float32] = np.load(path, mmap_mode="r+")
    return rows


def _keep_analysis(corpus: CorpusRecord, analysis: room.Analysis, folder: str) -> CorpusRecord:
    np.save(Path(folder, "search.npy"), analysis.search)
    np.save(Path(folder, "places.npy"), np.stack([analysis.grains.sound, analysis.grains.start]))
    n_grains, features = analysis.search.shape
    return replace(corpus, analysis=AnalysisRecord(analysis.settings, folder, n_grains, features))


def _read_analysis(record: AnalysisRecord, sources: Sequence[Source]) -> room.Analysis:
    descriptors, search = (np.load(Path(record.folder, f"{name}.npy"), mmap_mode="r") for name in _ARRAYS)
    grains = frame_grains([source.length for source in sources], record.settings)
    return room.Analysis(grains, descriptors, search, record.settings)


_ARRAYS = ("descriptors", "search")
SECTION = 8192


def _stage(context: Context, first: float, last: float, what: str) -> Callable[[float], None]:
    """Progress of one stage of a job, which lies between these fractions of the whole."""
    return lambda fraction: context.progress(first + (last - first) * fraction, what)


def warm_up() -> None:
    """Re-order a moment of noise, so that libraries are imported and compiled kernels loaded before the first job."""
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, 4096).astype(np.float32)
    room.reorder(noise, 44100, win_length=256, hop_length=64)
    machine_code.keep()


def _output(task: Task, out: str, suffixes: Sequence[str]) -> tuple[Path, Path]:
    """Return the path of the output and of the part file that will take its name."""
    path = output_path(out, task.folders.out, overwrite=bool(task.settings.overwrite), suffixes=suffixes)
    part = part_path(path)
    task.context.creates(part)
    return path, part


@contextmanager
def _sources(corpus: CorpusRecord) -> Iterator[list[FileSource]]:
    sources = [
        FileSource(Path(sound.samples), channels=sound.channels, length=sound.decoded_length) for sound in corpus.sounds
    ]
    try:
        yield sources
    finally:
        for source in sources:
            source.close()
