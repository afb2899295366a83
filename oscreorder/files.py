"""Sounds are read here: decoding to raw samples, and reading those anywhere.

Decoding trusts no header: it reads a block at a time until an empty one comes, and only what came counts.  A raw file
holds float32 in the machine's own byte order, channels interleaved; it is read by ranges, so that neither decoding
nor rendering grows with the length of a sound.
"""

import functools
import io
import os
import stat
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from oscreorder.blocks import Blocks, Stream
from oscreorder.errors import FileProblemError, LimitError, NotAudioError
from oscreorder.folders import open_resolved, shown
from oscreorder.formats import check_readable, is_plain
from oscreorder.limits import DEFAULTS, Limits

if TYPE_CHECKING:
    from oscreorder.sound.frames import Signal

# Bytes of samples that are mapped rather than read piece by piece: 12 minutes of stereo
LARGEST_MAP = 2**28


# What libsndfile says of some headers that make no sense, and what it means
MEANT = {
    "Internal error : SF_INFO struct incomplete": "its header makes no sense",
    "Unspecified internal error": "its header makes no sense",
    "File does not exist or is not a regular file (possibly a pipe?)": "it has no whole frame",
}

# Beyond the first, a file that unpacks to more than so many times its size is made to fill memory and disk
UNPACKED_FREELY = 2**28
MOST_UNPACKED = 500

# Formats in whose headers libsndfile corrects a length that the file cannot hold
SIZED = {"WAV", "WAVEX", "RF64", "AIFF"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """What decoding gave.

    Attributes
    ----------
    sr, channels, length : int
        Rate (Hz), channels and samples in each of them, of the file itself; `length` counts what was read.
    decoded_sr, decoded_length : int
        Rate and length of the raw file.
    repaired : int
        How many samples were not finite, or absurdly loud, and became 0.
    notices : tuple of str
        What the user should know: repairs, a file that breaks off.
    plain : bool
        Every program reads the same samples in the file itself.
    """

    sr: int
    channels: int
    length: int
    decoded_sr: int
    decoded_length: int
    repaired: int = 0
    notices: tuple[str, ...] = ()
    plain: bool = False


def decode(
    path: Path,
    samples: Path,
    *,
    sr: int,
    limits: Limits = DEFAULTS,
    progress: Callable[[float], None] | None = None,
) -> Decoded:
    """Decode the sound at `path` to the raw file `samples`.

    Parameters
    ----------
    path : Path
        WAV, AIFF, FLAC, OGG or MP3; one that `folders.find_sounds` returned.
    samples : Path
        Where the raw float32 goes; it is removed if decoding fails.
    sr : int
        Rate to resample to, in Hz; 0: the sound's own.  The raw file then holds ``round(length * sr / own rate)``
        samples in each channel, at least one.
    limits : Limits
        The most seconds, channels, Hz and megabytes.
    progress : callable, optional
        Called with the fraction done, 0 to 1, as far as the header can be believed.

    Raises
    ------
    FileProblemError
        The file cannot be opened (a FIFO, a device and a folder are refused without waiting), or there is no room
        for the samples.
    OutsideError
        `path` is a link, or a folder of it has become one.
    NotAudioError
        It is not audio that we read, or has no samples.
    LimitError
        It is beyond one of the limits, its rate is below 8 kHz, or it unpacks to more than 500 times its size
        (beyond 256 MiB).
    """
    with ExitStack() as undo:
        undo.callback(samples.unlink, missing_ok=True)
        try:
            with samples.open("wb") as raw:
                decoded = _decode(path, raw, sr, limits, progress)
        except OSError as problem:
            raise FileProblemError(f"{shown(path)}: no room for its samples: {problem.strerror}") from problem
        undo.pop_all()
    return decoded


def read_sound(path: str | Path, *, sr: int = 0) -> tuple["Signal", int]:
    """Read a sound into memory.

    Parameters
    ----------
    path : str or Path
        WAV, AIFF, FLAC, OGG or MP3; no folders are forbidden here.
    sr : int
        Rate to resample to, in Hz; 0: the sound's own.

    Returns
    -------
    y : float32 ndarray [shape=(channels, n_samples)]
        The signal, full scale 1.0.
    sr : int
        Its rate in Hz.

    Warns
    -----
    UserWarning
        Samples were repaired, or the file breaks off.

    Raises
    ------
    FileProblemError, NotAudioError, LimitError
        As `decode`.
    """
    raw = io.BytesIO()
    decoded = _decode(Path(os.path.realpath(path)), raw, sr, DEFAULTS, None)
    for notice in decoded.notices:
        warnings.warn(notice, stacklevel=2)
    rows = np.frombuffer(raw.getbuffer(), np.float32).reshape(-1, decoded.channels)
    return np.ascontiguousarray(rows.T), decoded.decoded_sr


class FileSource:
    """A sound in a raw file, which can be read anywhere; a `sound.frames.Source`.

    One descriptor is open until `close`.  Two threads must not read at once.  `rows` are the samples, mapped, or None
    where they are too many; it satisfies `oscreorder.sound.frames.MappedSource`.

    Parameters
    ----------
    samples : Path
        Raw float32, channels interleaved, as `decode` writes it.
    channels : int
    length : int
        Samples in each channel.

    Raises
    ------
    FileProblemError
        The file cannot be opened.
    """

    def __init__(self, samples: Path, *, channels: int, length: int) -> None:
        self.channels = channels
        self.length = length
        try:
            self._raw = samples.open("rb", buffering=0)
            self.rows = self._mapped(samples.stat().st_size)
            if self.rows is not None:
                self._raw.close()  # the map has a descriptor of its own
        except OSError as problem:
            raise FileProblemError(f"{shown(samples)}: {problem.strerror}") from problem

    def _mapped(self, size: int) -> NDArray[np.float32] | None:
        """Map the samples, which makes many small reads quick; not those of a long sound.

        The pages of a map count as this process's memory, and would grow with the sound.
        """
        if not 0 < self.length * self.channels * 4 == size <= LARGEST_MAP:
            return None
        # "c": nothing is written, but kernels need not be compiled once more, for arrays that cannot be written to
        return np.asarray(np.memmap(self._raw, np.float32, "c", shape=(self.length, self.channels)))

    def read(self, start: int, stop: int) -> "Signal":
        """Return samples `start` to `stop`, (channels, stop - start), with zeros outside 0 to `length`.

        Raises
        ------
        FileProblemError
            The raw file is shorter than it should be, or cannot be read.
        """
        y = np.zeros((self.channels, stop - start), np.float32)
        first, last = max(start, 0), min(stop, self.length)
        if first < last:
            y[:, first - start : last - start] = self._rows(first, last).T
        return y

    def close(self) -> None:
        """Close the file."""
        self.rows = None
        self._raw.close()

    def _rows(self, first: int, last: int) -> NDArray[np.float32]:
        if self.rows is not None:
            return self.rows[first:last]
        rows = np.empty((last - first, self.channels), np.float32)
        missing = rows.data.cast("B")
        try:
            self._raw.seek(first * self.channels * rows.itemsize)
            while missing:
                got = self._raw.readinto(missing)
                if not got:
                    raise FileProblemError(
                        f"{shown(self._raw.name)}: it ends before sample {last}; load the sound again"
                    )
                missing = missing[got:]
        except OSError as problem:
            raise FileProblemError(f"{shown(self._raw.name)}: {problem.strerror}") from problem
        return rows


def codecs() -> frozenset[str]:
    """Return the formats that the installed libsndfile knows, by its own names."""
    return frozenset(soundfile.available_formats())


def library_version() -> str:
    """Return name and version of the library that decodes."""
    return f"libsndfile {soundfile.__libsndfile_version__}"


def _decode(path: Path, raw: BinaryIO, sr: int, limits: Limits, progress: Callable[[float], None] | None) -> Decoded:
    with _opened(path, limits) as (sound, packed):
        blocks = Blocks(sound, shown(path), limits)
        own_sr, channels = sound.samplerate, sound.channels
        to_sr = sr or own_sr
        check = functools.partial(_check_size, shown(path), packed=packed, limits=limits)
        if sound.format in SIZED:
            check(sound.frames * channels * 4 * to_sr // own_sr)
        for rows in _resampled(blocks, own_sr, to_sr, channels):
            raw.write(rows.data)
            check(raw.tell())
            if progress:
                progress(blocks.fraction)
        if not blocks.length:
            raise NotAudioError(f"{shown(path)}: it has no samples{f' ({blocks.fault})' if blocks.fault else ''}")
        length = max(1, round(blocks.length * to_sr / own_sr))
        _cut(raw, length * channels * np.dtype(np.float32).itemsize)
        plain = is_plain(container=sound.format, subtype=sound.subtype) and not blocks.notices
        return Decoded(own_sr, channels, blocks.length, to_sr, length, blocks.repaired, blocks.notices, plain)


def _check_size(name: str, size: int, *, packed: int, limits: Limits) -> None:
    """Refuse samples of too many bytes, `size`, from a file of `packed` bytes."""
    limits.check("sound_mb", size >> 20, f"{name}: the megabytes of its samples")
    if size > UNPACKED_FREELY + MOST_UNPACKED * packed:
        raise LimitError(f"{name}: it unpacks to more than {MOST_UNPACKED} times its size; load a part of it, as WAV")


def _resampled(
    blocks: Iterable[NDArray[np.float32]], from_sr: int, to_sr: int, channels: int
) -> Iterator[NDArray[np.float32]]:
    if from_sr == to_sr:
        yield from blocks
        return
    stream = soxr.ResampleStream(from_sr, to_sr, channels, dtype="float32", quality="HQ")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.empty((0, channels), np.float32), last=True)


def _cut(raw: BinaryIO, size: int) -> None:
    """Make the file `size` bytes long, which is a few samples away at most."""
    missing = size - raw.tell()
    if missing > 0:
        raw.write(bytes(missing))
    raw.truncate(size)


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[tuple[soundfile.SoundFile, int]]:
    """Open a sound that we read, and tell the size of its file; anything else is refused."""
    with open(_descriptor(path), "rb", buffering=0) as file:
        try:
            # Not the descriptor on Windows: there it belongs to one C library, and libsndfile may have another
            sound = Stream(file.fileno() if os.name == "posix" else file, closefd=False)
        except soundfile.LibsndfileError as problem:
            reason = problem.error_string.rstrip(". ")
            reason = MEANT.get(reason, reason)
            raise NotAudioError(f"{shown(path)}: {reason}; WAV, AIFF, FLAC, OGG and MP3 are read") from problem
        with sound:
            kind = {"container": sound.format, "subtype": sound.subtype}
            check_readable(path, sr=sound.samplerate, channels=sound.channels, limits=limits, **kind)
            yield sound, os.fstat(file.fileno()).st_size


def _descriptor(path: Path) -> int:
    """Open a regular file and nothing else, without waiting for the other end of a FIFO."""
    flags = (getattr(os, name, 0) for name in ("O_RDONLY", "O_BINARY", "O_NONBLOCK"))
    try:
        descriptor = open_resolved(path, sum(flags))
    except OSError as problem:
        raise FileProblemError(f"{shown(path)}: {problem.strerror}") from problem
    kind = os.fstat(descriptor)
    if stat.S_ISREG(kind.st_mode) and kind.st_size:
        return descriptor
    os.close(descriptor)
    if stat.S_ISREG(kind.st_mode):
        raise NotAudioError(f"{shown(path)}: it is empty (0 bytes)")
    raise FileProblemError(f"{shown(path)}: this is a folder or a device, not a file")
