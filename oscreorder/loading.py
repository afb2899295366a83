"""The jobs on the sounds of a corpus: loading them, and copying them for programs that read few formats.

Each takes a `Task` and `records`, and gives `records`; samples lie in files below the job's own folder.
"""

import errno
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oscreorder.errors import FileProblemError, LimitError, NotAudioError
from oscreorder.files import FileSource, decode
from oscreorder.folders import find_sounds, shown
from oscreorder.limits import Limits
from oscreorder.records import Context, CorpusRecord, Outcome, SoundRecord, Task
from oscreorder.writing import BLOCK, LARGEST, part_path, write_sound

if TYPE_CHECKING:
    from oscreorder.sound.frames import Signal


def load(task: Task, *, name: str, path: str, corpus: CorpusRecord | None) -> Outcome:
    """Decode a file, a folder or a glob into a corpus.

    Returns
    -------
    Outcome
        ``values``: sounds, seconds and skipped files of this load; ``corpus``: with the new sounds, not yet analysed.

    Raises
    ------
    FileProblemError
        The path is refused or nothing at it could be read; among several files, bad ones are skipped with a notice.
    """
    paths = find_sounds(path, task.folders.roots)
    sr = corpus.sr if corpus else task.settings.sample_rate
    before = corpus.sounds if corpus else ()
    present = {sound.path for sound in before}
    n_sounds = len(before) + len([each for each in paths if str(each) not in present])
    task.limits.check("sounds", n_sounds, f"sounds of {name}")
    sounds: list[SoundRecord] = []
    notices: list[str] = []
    skipped = 0
    for index, found in enumerate(paths):
        if str(found) in present:
            notices.append(f"{found.name} is in {name} already and was not loaded again; free {name} to renew it")
            continue
        try:
            progress = _share(task.context, index, len(paths), f"load {found.name}")
            record, told = _decode(found, Path(task.folder, f"{index}.f32"), sr, task.limits, progress)
        except (FileProblemError, LimitError) as problem:
            if len(paths) == 1:
                raise
            skipped += 1
            notices.append(f"skipped {problem}")
            continue
        sr = sr or record.sr
        sounds.append(record)
        notices += told
    if skipped == len(paths):
        raise NotAudioError(f"{shown(path)}: none of its {skipped} files could be read; {notices[-1]}")
    loaded = CorpusRecord(name, sr, tuple(sounds))
    everything = replace(loaded, sounds=(*before, *sounds), analysis=corpus.analysis if corpus and not sounds else None)
    return Outcome((len(sounds), loaded.seconds, skipped), tuple(notices), everything)


def _decode(
    path: Path, samples: Path, sr: int, limits: Limits, progress: Callable[[float], None]
) -> tuple[SoundRecord, tuple[str, ...]]:
    decoded = decode(path, samples, sr=sr, limits=limits, progress=progress)
    plain = str(path) if decoded.plain else ""
    own = (decoded.sr, decoded.channels, decoded.length)
    return SoundRecord(str(path), *own, str(samples), decoded.decoded_length, plain), decoded.notices


def _share(context: Context, index: int, count: int, what: str) -> Callable[[float], None]:
    """Progress of one file among several."""
    return lambda fraction: context.progress((index + fraction) / count, what)


def copies(task: Task, *, corpus: CorpusRecord) -> Outcome:
    """Copy to WAV what not every program reads, at each sound's own rate, sample for sample.

    A sound that cannot be copied, since its file is gone or has changed for instance, is told in a notice.

    Returns
    -------
    Outcome
        ``values``: the number of sounds; ``corpus``: with the copies, beside what is ``plain`` already.

    Raises
    ------
    FileProblemError
        A copy cannot be written (the disk is full, for instance).
    """
    sounds = list(corpus.sounds)
    notices: list[str] = []
    wanted = [index for index, sound in enumerate(sounds) if not sound.plain]
    for place, index in enumerate(wanted):
        sound = sounds[index]
        told = _share(task.context, place, len(wanted), f"copy {Path(sound.path).name}")
        raw = Path(task.folder, f"{index}.f32")
        try:
            source = _at_own_rate(sound, corpus, raw, task.limits)
        except (FileProblemError, LimitError) as problem:
            if _is_full(problem):
                raise
            notices.append(f"not copied: {problem}")
            continue
        with closing(source):
            sounds[index] = replace(sound, plain=_written(Path(task.folder, f"{index}.wav"), source, sound.sr, told))
        raw.unlink(missing_ok=True)
    return Outcome((len(sounds),), tuple(notices), replace(corpus, sounds=tuple(sounds)))


def _at_own_rate(sound: SoundRecord, corpus: CorpusRecord, raw: Path, limits: Limits) -> FileSource:
    """Return the samples of a sound's own file: the corpus's where the rate is the same, else decoded to `raw`."""
    size = sound.length * sound.channels * np.dtype(np.float32).itemsize
    if size > LARGEST:
        raise LimitError(f"{shown(sound.path)}: {size >> 20} MB as WAV, which holds at most 4096; load a part of it")
    samples = Path(sound.samples)
    if sound.sr != corpus.sr:
        found = decode(Path(sound.path), raw, sr=0, limits=limits)
        if (found.sr, found.channels, found.length) != (sound.sr, sound.channels, sound.length):
            text = f"it has changed since it was loaded; free {corpus.name} and load it again"
            raise FileProblemError(f"{shown(sound.path)}: {text}")
        samples = raw
    return FileSource(samples, channels=sound.channels, length=sound.length)


def _is_full(problem: Exception) -> bool:
    """Return whether it is the disk that is full, and not a file that cannot be read."""
    cause = problem.__cause__
    return isinstance(cause, OSError) and cause.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def _written(path: Path, source: FileSource, sr: int, progress: Callable[[float], None]) -> str:
    """Write a copy as WAV of float32, which is what was decoded, to the bit."""
    write_sound(path, _blocks(source, progress), sr=sr, channels=source.channels, subtype="FLOAT", part=part_path(path))
    return str(path)


def _blocks(source: FileSource, progress: Callable[[float], None]) -> Iterator["Signal"]:
    for start in range(0, source.length, BLOCK):
        yield source.read(start, min(start + BLOCK, source.length))
        progress(min(start + BLOCK, source.length) / source.length)
