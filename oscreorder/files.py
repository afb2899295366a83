"""Sounds are read here: decoding to raw samples, and reading those anywhere.

Decoding trusts no header: it reads a block at a time until an empty one comes, and only what came counts.  A raw file
holds float32 in the machine's own byte order, channels interleaved; it is read by ranges, so that neither decoding
nor rendering grows with the length of a sound.
"""

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

from oscreorder.errors import FileProblemError, LimitError, NotAudioError, OutsideError
from oscreorder.folders import shown
from oscreorder.formats import check_readable

if TYPE_CHECKING:
    from oscreorder.sound.frames import Signal

# Bytes of samples that are mapped rather than read piece by piece: 12 minutes of stereo
LARGEST_MAP = 2**28

BLOCK = 65536

MAX_HOURS = 24

# Above it (240 dB over full scale) spectra leave what float32 can hold; no recording is so loud
LOUDEST = 1e12

# The length that libsndfile gives where the header does not know it, as in FLAC that was streamed
UNKNOWN_LENGTH = 2**63 - 1
NEARLY_ALL = 0.99


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
    """

    sr: int
    channels: int
    length: int
    decoded_sr: int
    decoded_length: int
    repaired: int = 0
    notices: tuple[str, ...] = ()


def decode(path: Path, samples: Path, *, sr: int, progress: Callable[[float], None] | None = None) -> Decoded:
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
    progress : callable, optional
        Called with the fraction done, 0 to 1, as far as the header can be believed.

    Raises
    ------
    FileProblemError
        The file cannot be opened (a FIFO, a device and a folder are refused without waiting), or there is no room
        for the samples.
    OutsideError
        `path` is a link.
    NotAudioError
        It is not audio that we read, or has no samples.
    LimitError
        Its rate is not 8 to 192 kHz, or it has more than 64 channels or 24 hours.
    """
    with ExitStack() as undo:
        undo.callback(samples.unlink, missing_ok=True)
        try:
            with samples.open("wb") as raw:
                decoded = _decode(path, raw, sr, progress)
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
    decoded = _decode(Path(os.path.realpath(path)), raw, sr, None)
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
        except OSError as problem:
            raise FileProblemError(f"{shown(samples)}: {problem.strerror}") from problem

    def _mapped(self, size: int) -> NDArray[np.float32] | None:
        """Map the samples, which makes many small reads quick; not those of a long sound.

        The pages of a map count as this process's memory, and would grow with the sound.
        """
        if not 0 < self.length * self.channels * 4 == size <= LARGEST_MAP:
            return None
        return np.asarray(np.memmap(self._raw, np.float32, "r", shape=(self.length, self.channels)))

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


class _Stream(soundfile.SoundFile):  # type: ignore[misc]
    """A sound that is only read onwards.

    soundfile sets the position anew after each read of a sound in which it can: then MP3 starts a thousand samples
    afresh, audibly, and FLAC with a wrong length fails.
    """

    def seekable(self) -> bool:
        """Return False."""
        return False


class _Blocks:
    """The blocks of an open sound, (n, channels) each, with what was counted on the way."""

    def __init__(self, sound: soundfile.SoundFile, name: str) -> None:
        self._sound, self._name = sound, name
        self.length, self.repaired, self.fault = 0, 0, ""

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        buffer = np.empty((BLOCK, self._sound.channels), np.float32)
        while not self.fault:
            block = self._next(buffer)
            if not len(block):
                break
            self.length += len(block)
            if self.length > MAX_HOURS * 3600 * self._sound.samplerate:
                raise LimitError(f"{self._name}: it is longer than {MAX_HOURS} hours; load a part of it")
            self._repair(block)
            yield block

    @property
    def fraction(self) -> float:
        """How much was read of what the header promises."""
        promised: int = self._sound.frames
        return min(1.0, self.length / max(1, promised))

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know, once all was read."""
        told = []
        cut = self._sound.frames != UNKNOWN_LENGTH and self.fraction < NEARLY_ALL
        if self.fault or cut:
            seconds = self.length / self._sound.samplerate
            reason = self.fault or f"its header promises {self._sound.frames} samples"
            told.append(f"{self._name}: it breaks off after {seconds:.3f} s ({reason}); what was read is kept")
        if self.repaired:
            told.append(f"{self._name}: {self.repaired} samples that were not finite or absurdly loud are 0 now")
        return tuple(told)

    def _next(self, buffer: NDArray[np.float32]) -> NDArray[np.float32]:
        """Fill the buffer; after a fault of the decoder return what it had decoded until then."""
        buffer.fill(np.nan)
        try:
            rows: NDArray[np.float32] = self._sound.read(out=buffer)  # with `out` the header's length is not asked
        except soundfile.LibsndfileError as problem:
            self.fault = problem.error_string.rstrip(". ")
            written = np.flatnonzero(~np.isnan(buffer).all(axis=1))
            rows = buffer[: written[-1] + 1] if written.size else buffer[:0]
        return rows

    def _repair(self, block: NDArray[np.float32]) -> None:
        sane = np.abs(block) <= LOUDEST  # false for NaN, too
        insane = block.size - int(np.count_nonzero(sane))
        if insane:
            block[~sane] = 0
            self.repaired += insane


def _decode(path: Path, raw: BinaryIO, sr: int, progress: Callable[[float], None] | None) -> Decoded:
    with _opened(path) as sound:
        blocks = _Blocks(sound, shown(path))
        own_sr, channels = sound.samplerate, sound.channels
        to_sr = sr or own_sr
        for rows in _resampled(blocks, own_sr, to_sr, channels):
            raw.write(rows.data)
            if progress:
                progress(blocks.fraction)
        if not blocks.length:
            raise NotAudioError(f"{shown(path)}: it has no samples{f' ({blocks.fault})' if blocks.fault else ''}")
        length = max(1, round(blocks.length * to_sr / own_sr))
        _cut(raw, length * channels * np.dtype(np.float32).itemsize)
        return Decoded(own_sr, channels, blocks.length, to_sr, length, blocks.repaired, blocks.notices)


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
def _opened(path: Path) -> Iterator[soundfile.SoundFile]:
    """Open a sound that we read; anything else is refused."""
    with open(_descriptor(path), "rb", buffering=0) as file:
        try:
            # Not the descriptor on Windows: there it belongs to one C library, and libsndfile may have another
            sound = _Stream(file.fileno() if os.name == "posix" else file, closefd=False)
        except soundfile.LibsndfileError as problem:
            reason = problem.error_string.rstrip(". ")
            raise NotAudioError(f"{shown(path)}: {reason}; WAV, AIFF, FLAC, OGG and MP3 are read") from problem
        with sound:
            kind = {"container": sound.format, "subtype": sound.subtype}
            check_readable(path, sr=sound.samplerate, channels=sound.channels, **kind)
            yield sound


def _descriptor(path: Path) -> int:
    """Open a regular file and nothing else, without waiting for the other end of a FIFO."""
    flags = (getattr(os, name, 0) for name in ("O_RDONLY", "O_BINARY", "O_NONBLOCK", "O_NOFOLLOW"))
    try:
        if path.is_symlink():
            raise OutsideError(f"{shown(path)}: this link leads out of the folders that may be read")
        descriptor = os.open(path, sum(flags))
    except OSError as problem:
        raise FileProblemError(f"{shown(path)}: {problem.strerror}") from problem
    kind = os.fstat(descriptor)
    if stat.S_ISREG(kind.st_mode) and kind.st_size:
        return descriptor
    os.close(descriptor)
    if stat.S_ISREG(kind.st_mode):
        raise NotAudioError(f"{shown(path)}: it is empty (0 bytes)")
    raise FileProblemError(f"{shown(path)}: this is a folder or a device, not a file")
