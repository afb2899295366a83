"""``oscreorder doctor``: what is installed, what works, and for each failure what to do."""

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from oscreorder import __version__, files
from oscreorder.corpus.corpus import reorder
from oscreorder.daemon.sockets import port_free, receive_buffer
from oscreorder.daemon.worker import default_memory_mb
from oscreorder.errors import AudioDeviceError, OscReorderError
from oscreorder.limits import LIMITS
from oscreorder.live.audio import output_devices

OPTIONAL = {"openTSNE": "t-SNE then runs through scikit-learn, slower", "matplotlib": "plot needs it"}
ENOUGH_DISK_GIB = 1.0


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report: what was looked at, what was `found`, and, where something can be done, the `remedy`."""

    name: str
    found: str
    remedy: str = ""
    failed: bool = False


def checks(*, host: str, port: int, roots: Sequence[str], out: str) -> Iterator[Check]:
    """Yield one `Check` after the other; nothing is changed but a file that comes and goes in the folder `out`."""
    yield Check("oscreorder", f"{__version__}, Python {platform.python_version()}, {platform.platform()}")
    yield _libraries()
    yield from _optional_libraries()
    yield _codecs()
    yield _audio()
    yield _port(host, port)
    yield _receive_buffer()
    yield _limits()
    for root in roots:
        yield _readable(Path(root))
    yield _writable(Path(out))
    yield _disk(Path(out))
    yield _self_test()


def _libraries() -> Check:
    try:
        versions = [f"{name} {metadata.version(name)}" for name in _needed()]
    except metadata.PackageNotFoundError as problem:
        return Check("libraries", f"{problem.name} is missing", "install oscreorder again, with pip", failed=True)
    return Check("libraries", ", ".join(versions))


def _needed() -> list[str]:
    """Return what oscreorder's own metadata say that it needs."""
    names = [(re.split(r"[<>=!~ ;\[]", line, maxsplit=1)[0], line) for line in metadata.requires("oscreorder") or []]
    return [name for name, line in names if "extra ==" not in line and name not in OPTIONAL]


def _optional_libraries() -> Iterator[Check]:
    for name, without in OPTIONAL.items():
        try:
            yield Check(name, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(name, f"not installed; {without}", f"pip install {name}")


def _codecs() -> Check:
    missing = {"WAV", "AIFF", "FLAC", "OGG", "MP3"} - set(files.codecs())
    found = f"{files.library_version()}: WAV, AIFF, FLAC, OGG, MP3"
    if missing:
        found = f"{files.library_version()} lacks {', '.join(sorted(missing))}"
        return Check("codecs", found, "pip install --force-reinstall soundfile brings a complete library", failed=True)
    return Check("codecs", found)


def _audio() -> Check:
    """Tell the devices; a studio machine without any is fine, since rendering needs none."""
    try:
        devices = output_devices()
    except AudioDeviceError as problem:
        return Check("audio", str(problem), "only the daemon's own playback needs it; rendering does not")
    if not devices:
        return Check("audio", "no output device", "only the daemon's own playback needs one; rendering does not")
    return Check("audio", ", ".join(devices))


def _port(host: str, port: int) -> Check:
    if port_free(host, port):
        return Check("port", f"{host}:{port} is free")
    remedy = "end the program that listens there (is a daemon running?), or: oscreorder serve --port 0"
    return Check("port", f"{host}:{port} is taken", remedy, failed=True)


def _receive_buffer() -> Check:
    asked, granted = receive_buffer()
    found = f"{granted // 1024} KiB granted of {asked // 1024} KiB asked for"
    if granted >= asked:
        return Check("receive buffer", found)
    remedy = f"bursts of messages may be lost; on Linux: sudo sysctl -w net.core.rmem_max={asked}"
    return Check("receive buffer", found, remedy)


def _limits() -> Check:
    default = {**{name: row.default for name, row in LIMITS.items()}, "memory_mb": default_memory_mb()}
    return Check("limits", ", ".join(f"{name} {value}" for name, value in default.items()))


def _readable(folder: Path) -> Check:
    name = f"root {folder}"
    if folder.is_dir() and os.access(folder, os.R_OK | os.X_OK):
        return Check(name, f"{folder.resolve()} can be read")
    return Check(name, "is not a folder that can be read", "name another by --root DIR", failed=True)


def _writable(folder: Path) -> Check:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".oscreorder-doctor-"):
            return Check("out", f"{folder.resolve()} can be written")
    except OSError as problem:
        found = f"{folder} cannot be written: {problem.strerror}"
        return Check("out", found, "make the folder, or name another by --out DIR", failed=True)


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder if folder.is_dir() else Path.cwd()).free / 2**30
    remedy = "" if free >= ENOUGH_DISK_GIB else "make room: an hour of stereo takes 1.3 GB while it is loaded"
    return Check("disk", f"{free:.1f} GiB free", remedy, failed=free < ENOUGH_DISK_GIB)


def _self_test() -> Check:
    """Re-order a second of sound twice: it must come out of the same length, audible, and the same both times."""
    sr = 44100
    time_s = np.arange(sr) / sr
    y = (0.5 * np.sin(2 * np.pi * (220 + 660 * time_s) * time_s)).astype(np.float32)
    try:
        (first, _), (second, _) = reorder(y, sr), reorder(y, sr)
    except OscReorderError as problem:
        return Check("self-test", str(problem), "install oscreorder again, with pip", failed=True)
    if first.shape != (1, sr) or not np.array_equal(first, second) or np.sqrt(np.mean(first**2)) < 0.1:  # noqa: PLR2004
        return Check("self-test", "a re-ordered tone came out wrong", "please report it, with this list", failed=True)
    return Check("self-test", "a second of sound was analysed, ordered and resynthesised, twice the same")
