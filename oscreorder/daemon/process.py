"""The outside of a worker process (its inside is `daemon.worker`): start, send, hear, kill, and how it ended."""

import contextlib
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO, cast

# What a fresh worker runs: it takes over our path, and nothing from the folder that it happens to be started in.
BOOT = """
import os, pickle, sys
calls = open(os.dup(0), "rb")
sys.path[:], preload, threads, memory_mb = pickle.load(calls)
from oscreorder.daemon.worker import carry_out_jobs
carry_out_jobs(calls, preload, threads, memory_mb)
"""

LONGEST_LINE = 4096
AGAIN = "send the request again, and report it with its sound if it ends so again"
LAST_WORDS_S = 1.0

_log = logging.getLogger(__name__)

# Two processes started at the same moment could inherit each other's pipes on Windows.
_starting = threading.Lock()


class Overheard:
    """What worker processes print, logged line by line: they never wait for somebody to read our stderr.

    Attributes
    ----------
    descriptor : int
        Their stderr.
    """

    def __init__(self) -> None:
        self._reading, self.descriptor = os.pipe()
        self._closed = False
        self._thread = threading.Thread(target=self._read, name="oscreorder-overheard", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Log the last of it; all processes have ended."""
        if not self._closed:
            self._closed = True
            os.close(self.descriptor)
        self._thread.join(LAST_WORDS_S)

    def _read(self) -> None:
        with open(self._reading, "rb") as said:  # noqa: PTH123 - it has no path
            while line := said.readline(LONGEST_LINE):
                _log.warning("%s", line.decode(errors="replace").rstrip("\n"))


class WorkerProcess:
    """A worker process and the pipes to it, started when constructed; OSError where the system refuses.

    `stderr` is the descriptor to which it prints; by default ours.
    """

    def __init__(self, preload: Sequence[str], threads: int, memory_mb: int, *, stderr: int | None = None) -> None:
        command = [sys.executable, "-P", "-c", BOOT, "oscreorder-worker"]
        with _starting:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr
            )
        self._calls = cast("IO[bytes]", self._process.stdin)
        self._said = cast("IO[bytes]", self._process.stdout)
        with contextlib.suppress(OSError):  # it has died already, as the first job will find
            self.call((sys.path, preload, threads, memory_mb))

    @property
    def pid(self) -> int:
        """Its number in the system."""
        return self._process.pid

    def alive(self) -> bool:
        """Return whether it has not ended."""
        return self._process.poll() is None

    def call(self, what: object) -> None:
        """Send an object."""
        pickle.dump(what, self._calls)
        self._calls.flush()

    def hear(self) -> object:
        """Return the next object that it says; EOFError when it has ended."""
        return pickle.load(self._said)  # noqa: S301 - our own worker wrote it

    def kill(self) -> None:
        """Begin its end."""
        self._process.kill()

    def end(self) -> str:
        """End it, if it has not ended by itself, and return in words how it did."""
        self._process.kill()
        code = self._process.wait()
        for pipe in (self._calls, self._said):
            with contextlib.suppress(OSError):  # what was not sent any more
                pipe.close()
        return _manner(code)


def _manner(code: int) -> str:
    """Return in words how a process ended that gave this exit code."""
    if code >= 0:
        return f"the worker process ended with exit code {code}; {AGAIN}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = ", perhaps for lack of memory" if name == "SIGKILL" else ""
    return f"the worker process was ended by {name}{hint}; {AGAIN}"
