"""The inside of a worker process: it carries out one job after the other and says what becomes of each.

Calls come in on its standard input, what it says goes out on its standard output, all of it pickled.  Imported on both
sides, this module stays light: what the jobs need is imported by the worker alone.
"""

import contextlib
import contextvars
import importlib
import os
import pickle
import queue
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from oscreorder.errors import FileProblemError, LimitError, OscReorderError
from oscreorder.limits import Limits
from oscreorder.parameters import Settings
from oscreorder.records import Folders, Outcome, Task

NICENESS = 10
MAPPED_MB = 4096
"""What libraries and sounds that are mapped, not allocated, may take of the address space beside the limit."""
FALLBACK_MB = 6144
PROGRESS_INTERVAL_S = 0.05
THREAD_CAPS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)


@dataclass(frozen=True, slots=True)
class Progress:
    """The job is at `fraction` (0 to 1)."""

    fraction: float
    what: str


@dataclass(frozen=True, slots=True)
class Creates:
    """The job is about to make the file or folder `path`, which must go if it does not end well."""

    path: str


@dataclass(frozen=True, slots=True)
class Done:
    """The job's last word: its result."""

    result: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """The job's last word: why it failed; `trace` is for the log, where it is our fault."""

    error: OscReorderError
    trace: str = ""


class Reporter:
    """What a job says while it runs; satisfies `oscreorder.records.Context`."""

    def __init__(self, out: BinaryIO, created: list[Path]) -> None:
        self._out = out
        self._created = created
        self._told = -PROGRESS_INTERVAL_S

    def progress(self, fraction: float, what: str) -> None:
        """Tell the fraction done, 0 to 1, and of what; more often than 20 times a second it is passed over."""
        now = time.monotonic()
        if now - self._told >= PROGRESS_INTERVAL_S:
            self._told = now
            _say(self._out, pickle.dumps(Progress(float(fraction), what)))

    def creates(self, path: Path) -> None:
        """Announce a file or folder, before it is made, that must be removed if the job does not end well."""
        self._created.append(path)
        _say(self._out, pickle.dumps(Creates(str(path))))


_REPORTER: contextvars.ContextVar[Reporter] = contextvars.ContextVar("reporter")


def reporter() -> Reporter:
    """Return the reporter of the job that runs; only in a worker, else LookupError."""
    return _REPORTER.get()


def work(
    command: str, /, *, settings: Settings, folders: Folders, folder: str, limits: Limits, **arguments: Any
) -> Outcome:
    """Carry out a job of `oscreorder.work` with a fresh `folder` of its own; runs in a worker."""
    from oscreorder.work import JOBS  # noqa: PLC0415 - heavy: only a worker may import it

    context = reporter()
    context.creates(Path(folder))
    Path(folder).mkdir(parents=True)
    task = Task(settings=settings, folders=folders, folder=folder, limits=limits, context=context)
    return JOBS[command](task, **arguments)


def remove(paths: Iterable[Path]) -> None:
    """Remove files and folders; what is gone or cannot be removed is passed over."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def carry_out_jobs(calls: BinaryIO, preload: Sequence[str], threads: int, memory_mb: int) -> None:
    """Live as a worker until `calls` closes: read a pickled call, make it, say how it ended."""
    out = _settle(threads, memory_mb)
    created: list[Path] = []
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read_calls, args=(calls, waiting, created), daemon=True).start()
    for name in preload:
        _prepare(name)
    while True:
        call = waiting.get()
        _REPORTER.set(Reporter(out, created))
        last = _last_word(call)
        created.clear()
        _say(out, last)


def _prepare(name: str) -> None:
    """Import a module or, by ``module:function``, have it prepare itself."""
    module, _, function = name.partition(":")
    with contextlib.suppress(ImportError):  # the job that needs it will tell
        imported = importlib.import_module(module)
        if function:
            getattr(imported, function)()


def _read_calls(calls: BinaryIO, waiting: "queue.SimpleQueue[bytes]", created: Sequence[Path]) -> None:
    """Hand calls on; when there are no more, the control process is dead: leave nothing half-made, and end too."""
    with contextlib.suppress(EOFError, OSError, pickle.UnpicklingError):
        while True:
            waiting.put(pickle.load(calls))  # noqa: S301 - the control process wrote it
    remove(tuple(created))
    os._exit(1)


def _say(out: BinaryIO, pickled: bytes) -> None:
    out.write(pickled)
    out.flush()


def _last_word(call: bytes) -> bytes:
    """Make the call and return, pickled, what became of it."""
    try:
        fn, args, kwargs = pickle.loads(call)  # noqa: S301 - the control process wrote it
        return pickle.dumps(Done(fn(*args, **kwargs)))
    except OscReorderError as error:
        return pickle.dumps(Failed(error))
    except MemoryError:
        text = "there was not enough memory for it (limit memory_mb); a larger hop_length or fewer sounds need less"
        return pickle.dumps(Failed(LimitError(text)))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        text = f"{where}{error.strerror or error}; is the disk full, or has somebody removed files of the daemon?"
        return pickle.dumps(Failed(FileProblemError(text), traceback.format_exc()))
    except Exception as error:  # noqa: BLE001 - a fault of ours must cost this job only, and be told
        text = f"internal fault, please report it; the daemon's log has more: {type(error).__name__}: {error}"
        return pickle.dumps(Failed(OscReorderError(text), traceback.format_exc()))


def _settle(threads: int, memory_mb: int) -> BinaryIO:
    """Be modest: low priority, few threads, bounded memory, deaf to Ctrl-C.

    Returns what was standard output.  From now on Python's standard streams are nothing to read from, and stderr to
    write to; native libraries write to nothing: decoders of broken files fill whatever is there, and wait where nobody
    reads it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(dict.fromkeys(THREAD_CAPS, str(threads)))
    if sys.platform != "win32":
        os.nice(NICENESS)
        _bound_memory(memory_mb)
    out = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    with contextlib.suppress(OSError):  # there may be no stderr
        sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
    sys.stdout = sys.stderr
    for stream in (1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)
    return out


def default_memory_mb() -> int:
    """Return three quarters of the machine's memory."""
    if sys.platform == "win32":  # it tells its memory to nobody who only has the standard library
        return FALLBACK_MB
    return max(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 3 // 4 >> 20, 1)


def _bound_memory(memory_mb: int) -> None:
    """Let a wild allocation fail in this job, rather than swap the machine to death.

    What is allocated is bounded; the address space, which holds mapped libraries and files too, a little higher.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - POSIX only

    for kind, wanted in ((resource.RLIMIT_DATA, memory_mb << 20), (resource.RLIMIT_AS, memory_mb + MAPPED_MB << 20)):
        _, hard = resource.getrlimit(kind)
        bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):  # macOS has the call and may refuse it
            resource.setrlimit(kind, (bound, hard))
