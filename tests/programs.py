"""Real programs in tests: started, heard line by line, ended by pid; nothing of them may be left."""

import os
import queue
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

REPOSITORY = Path(__file__).parent.parent
SHOWN = 40


class Program:
    """A program that runs, with its output (both streams) as lines.

    Use it as a context manager: at the end it is terminated, and it is a failure if any process of it is left.
    """

    def __init__(
        self, *command: str | Path, environment: Mapping[str, str] | None = None, cwd: Path = REPOSITORY
    ) -> None:
        self._name = Path(command[0]).name
        self._process = subprocess.Popen(
            [*map(str, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | dict(environment or {}),
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self._fresh: queue.Queue[str | None] = queue.Queue()
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    @property
    def pid(self) -> int:
        return self._process.pid

    def write(self, text: str) -> None:
        """Give it `text` on its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def next_line(self, timeout_s: float = 30) -> str:
        """Return the next line that it prints, without its end."""
        try:
            line = self._fresh.get(timeout=max(timeout_s, 0))
        except queue.Empty:
            raise AssertionError(self._told(f"printed no further line for {timeout_s:.0f} s")) from None
        assert line is not None, self._told("ended")
        return line

    def has_line(self, timeout_s: float) -> bool:
        """Return whether it prints a line in time; the line is taken."""
        try:
            return self._fresh.get(timeout=timeout_s) is not None
        except queue.Empty:
            return False

    def wait_for(self, pattern: str, timeout_s: float = 30) -> re.Match[str]:
        """Return the first match of `pattern` in the lines that have not been asked for yet."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            if match := re.search(pattern, self.next_line(left)):
                return match
        raise AssertionError(self._told(f"did not print {pattern!r} in {timeout_s:.0f} s"))

    def wait(self, timeout_s: float = 60) -> int:
        """Wait until it ends by itself, and return its exit status."""
        status = self._process.wait(timeout_s)
        self._reader.join(timeout_s)
        return status

    def end(self) -> None:
        """Terminate it, and see that nothing of it is left."""
        self._process.terminate()
        _, left = psutil.wait_procs(self._group(), timeout=10)
        for process in left:
            process.kill()
        self._process.wait(10)
        self._reader.join(10)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        assert not left, self._told(f"left {left} behind")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))
            self._fresh.put(self.lines[-1])
        self._fresh.put(None)

    def _group(self) -> list[psutil.Process]:
        """Return every process of the session that began with it, even where a parent in between has ended."""
        found = []
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) == self.pid:
                    found.append(process)
            except (ProcessLookupError, PermissionError):
                continue
        return found

    def _told(self, what: str) -> str:
        return "\n".join([f"{self._name} {what}; its last lines:", *self.lines[-SHOWN:]])


class Daemon(Program):
    """A daemon of our own on a free port, ready when constructed."""

    def __init__(self, *, root: Path, out: Path, arguments: Sequence[str] = ()) -> None:
        self.out = out
        folders = ("--root", str(root), "--out", str(out))
        super().__init__(sys.executable, "-m", "oscreorder", "serve", "--port", "0", *folders, *arguments)
        self.port = int(self.wait_for(r"^oscreorder listening on 127\.0\.0\.1:(\d+)$")[1])


def free_port() -> int:
    """Return a UDP port that no program has at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
