"""Files are written here, whole or not at all.

What is written goes to a part file in the same folder, is flushed to the disk, and only then takes its name; after
any fault the part file is removed and what stood under the name stays.  The same input gives the same bytes.
"""

import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from oscreorder.errors import FileProblemError, LimitError
from oscreorder.folders import open_resolved, refuse_overwriting, shown
from oscreorder.formats import FORMATS, check_format
from oscreorder.leftovers import hold, part_path

if TYPE_CHECKING:
    from oscreorder.sound.frames import Signal

__all__ = ["Written", "part_path", "save_sound", "write_atomically", "write_sound"]

# Larger single writes of Ogg end the process: libvorbis takes them from the stack
BLOCK = 65536

# Sizes in WAV and AIFF have 32 bits; a little is for the headers
LARGEST = 2**32 - 2**16


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: samples in each channel, and how many values lay beyond full scale and were clipped."""

    frames: int
    clipped: int

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know."""
        if not self.clipped:
            return ()
        return (f"{self.clipped} values beyond full scale were clipped; subtype FLOAT (.wav, .aiff) keeps them",)


def write_sound(
    path: Path,
    blocks: Iterable["Signal"],
    *,
    sr: int,
    channels: int,
    subtype: str = "auto",
    part: Path,
    overwrite: bool = False,
) -> Written:
    """Write a sound, block by block.

    Parameters
    ----------
    path : Path
        Its suffix names the format: see `FORMATS`.  Its folder must have been resolved, as by `folders.output_path`.
    blocks : iterable of float32 ndarray [shape=(channels, n)]
        They are joined.  Beyond full scale, 1.0, values are clipped (FLOAT keeps them); nothing is normalised.
    sr : int, Hz
    channels : int
    subtype : str
        A value of the parameter ``subtype``.
    part : Path
        Name to write under until all is there, in the folder of `path`.
    overwrite : bool
        Replace `path` where it exists; looked at when all is written, since another may have been quicker.

    Returns
    -------
    Written

    Raises
    ------
    ParameterError
        The format cannot hold such a sound.
    OverwriteError
        `path` exists and `overwrite` is off.
    LimitError
        More than the 4 GB that WAV and AIFF can hold.
    FileProblemError
        It cannot be written (the disk is full, for instance), there are no samples, or one is not finite.
    """
    subtype = check_format(path, sr=sr, channels=channels, subtype=subtype)
    kind = FORMATS[path.suffix.lower()]
    with _replacing(path, part, overwrite=overwrite) as file:
        with (
            _Sink(file) as sink,
            soundfile.SoundFile(sink, "w", sr, channels, subtype, format=kind.container) as sound,
        ):
            limit = LARGEST // (kind.subtypes[subtype] * channels) if kind.sized else None
            written = _write_blocks(sound, blocks, path, limit=limit)
        if kind.container == "OGG":
            _settle_ogg(file)
        elif subtype == "FLOAT":
            _settle_peak(file)
    return written


def save_sound(path: str | Path, y: "Signal", sr: int, *, subtype: str = "auto", overwrite: bool = False) -> Written:
    """Write a sound from memory.

    Parameters
    ----------
    path : str or Path
        Where to; the suffix names the format: see `FORMATS`.
    y : float32 ndarray [shape=(channels, n_samples) or (n_samples,)]
        The signal, full scale 1.0.
    sr : int
        Its rate in Hz.
    subtype, overwrite
        As for `write_sound`.

    Returns
    -------
    Written

    Raises
    ------
    ParameterError, OverwriteError, LimitError, FileProblemError
        As `write_sound`.
    """
    path, y = Path(path), np.atleast_2d(np.asarray(y, np.float32))
    target = Path(os.path.realpath(path.parent), path.name)
    if not overwrite and os.path.lexists(target):
        raise refuse_overwriting(target)
    return write_sound(
        target, [y], sr=sr, channels=len(y), subtype=subtype, part=part_path(target), overwrite=overwrite
    )


def write_atomically(path: Path, part: Path, content: str | bytes, *, overwrite: bool = False) -> None:
    """Write a whole file; text as UTF-8.

    Parameters
    ----------
    path, part, overwrite
        As for `write_sound`.
    content : str or bytes

    Raises
    ------
    OverwriteError
        `path` exists and `overwrite` is off.
    FileProblemError
        It cannot be written.
    """
    encoded = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    with _replacing(path, part, overwrite=overwrite) as file:
        _write_all(file, encoded)


def _write_blocks(sound: soundfile.SoundFile, blocks: Iterable["Signal"], path: Path, *, limit: int | None) -> Written:
    frames = clipped = 0
    for block in _pieces(blocks):
        frames += len(block)
        if limit is not None and frames > limit:
            raise LimitError(f"{shown(path)}: a file of this format holds at most 4 GB; take .flac")
        if not np.isfinite(block).all():
            raise FileProblemError(f"{shown(path)}: not written, since its samples are not finite: an internal fault")
        keeps_all = sound.subtype == "FLOAT"
        clipped += 0 if keeps_all else int(np.count_nonzero(np.abs(block) > 1))
        sound.write(block if keeps_all else np.clip(block, -1, 1))
    if not frames:
        raise FileProblemError(f"{shown(path)}: not written, since there are no samples")
    return Written(frames, clipped)


def _pieces(blocks: Iterable["Signal"]) -> Iterator[NDArray[np.float32]]:
    """Yield the blocks as rows of samples, (n, channels), n at most `BLOCK`."""
    for block in blocks:
        for start in range(0, block.shape[1], BLOCK):
            yield block[:, start : start + BLOCK].T


@contextmanager
def _replacing(path: Path, part: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """Let the body fill `part`, then give it the name `path`; after a fault remove it and touch nothing else."""
    with ExitStack() as undo:
        try:
            folder = undo.enter_context(_held_folder(path.parent))
            folder.remove(part.name)  # of a process that was killed
            with folder.create(part.name) as file:
                undo.callback(folder.remove, part.name)
                hold(file.fileno())
                yield file
                os.fsync(file.fileno())
            if overwrite:
                folder.rename(part.name, path.name)
            else:
                _take_free_name(folder, part, path)
        except OSError as problem:
            raise FileProblemError(f"{shown(path)}: cannot be written: {problem.strerror}") from problem
        except soundfile.LibsndfileError as problem:
            raise FileProblemError(f"{shown(path)}: cannot be written: {problem}") from problem


def _take_free_name(folder: "_Folder", part: Path, path: Path) -> None:
    try:
        folder.rename_freely(part.name, path.name)
    except FileExistsError as problem:
        raise refuse_overwriting(path) from problem


@contextmanager
def _held_folder(path: Path) -> Iterator["_Folder"]:
    """Keep a folder open, so that all that is done in it is done in this one, wherever its name may lead by then."""
    if os.open not in os.supports_dir_fd:
        yield _Folder(path, None)
        return
    descriptor = open_resolved(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield _Folder(Path(), descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to write in; names are put behind `path`, and seen from `descriptor` where there is one."""

    path: Path
    descriptor: int | None

    def create(self, name: str) -> BinaryIO:
        """Make a file that is not there yet: never through a link that someone put there."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        return os.fdopen(os.open(self.path / name, flags, 0o666, dir_fd=self.descriptor), "w+b", buffering=0)

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        with suppress(FileNotFoundError):
            os.unlink(self.path / name, dir_fd=self.descriptor)

    def rename(self, name: str, new: str) -> None:
        """Rename a file, replacing what is there."""
        os.replace(self.path / name, self.path / new, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def rename_freely(self, name: str, new: str) -> None:
        """Rename a file, or give it a second name; FileExistsError if `new` is there, however lately it came."""
        if self.descriptor is None:  # Windows, where this replaces nothing
            os.rename(self.path / name, self.path / new)  # noqa: PTH104 - Path.rename says nothing of it
            return
        try:
            os.link(name, new, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor, follow_symlinks=False)
        except FileExistsError:
            raise
        except OSError:  # a file system, such as FAT, where a file has one name only
            if _is_there(new, self.descriptor):
                raise FileExistsError(new) from None
            self.rename(name, new)


def _is_there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


class _Sink:
    """The file that libsndfile writes to; it remembers faults.

    libsndfile's FLAC, Ogg and MP3 do not notice when their last bytes are refused, and nothing can be raised through
    its C: so the first fault is kept, and raised at the end.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._fault: OSError | KeyboardInterrupt | None = None
        self.seek, self.tell = file.seek, file.tell

    def write(self, data: bytes) -> int:
        """Return the number of bytes written: all or, after a fault, none."""
        try:
            _write_all(self._file, data)
        except (OSError, KeyboardInterrupt) as fault:
            self._fault = self._fault or fault
            return 0
        return len(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._fault is not None:
            raise self._fault


def _write_all(file: BinaryIO, data: bytes | bytearray) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


# An Ogg page: fixed header of 27 bytes, of which 14 to 18 are the stream's serial number, 22 to 26 a checksum, and the
# last the number of the sizes that follow, one byte each; then the body.
_SERIAL = b"osrd"
_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _settle_ogg(file: BinaryIO) -> None:
    """Give the stream a fixed serial number in the place of libsndfile's random one."""
    file.seek(0)
    while header := file.read(27):
        sizes = file.read(header[26])
        page = bytearray(header + sizes + file.read(sum(sizes)))
        page[14:18], page[22:26] = _SERIAL, bytes(4)
        page[22:26] = _ogg_checksum(page).to_bytes(4, "little")
        file.seek(-len(page), os.SEEK_CUR)
        _write_all(file, page)


def _ogg_checksum(page: bytearray) -> int:
    """Return the CRC-32 of Ogg, which is zip's with the bits in the other order and without its two inversions."""
    mirrored = zlib.crc32(page.translate(_REVERSED_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def _settle_peak(file: BinaryIO) -> None:
    """Clear the time of writing that libsndfile notes in the PEAK chunk of float files."""
    file.seek(0)
    at = file.read(256).find(b"PEAK")
    if at > 0:
        file.seek(at + 12)
        _write_all(file, bytes(4))
