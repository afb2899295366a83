"""The log leaves the process by a thread of its own: a stderr that nobody reads must not stop the event loop."""

import contextlib
import logging
import os
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

MAX_LINES = 1000
LAST_WORDS_S = 0.5
STREAMS = 3


@contextmanager
def logging_apart() -> Iterator[None]:
    """Write what is logged to stderr without ever waiting for it; what is too much is dropped and counted."""
    handler = _Apart(sys.stderr.fileno()) if sys.stderr else logging.NullHandler()
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


def hold_standard_streams() -> None:
    """Take the numbers of standard streams that are closed: no socket or file may be mistaken for one of them."""
    while (number := os.open(os.devnull, os.O_RDWR)) < STREAMS:
        os.set_inheritable(number, True)  # noqa: FBT003 - the system's own interface
    os.close(number)


class _Apart(logging.Handler):
    """Hands lines to a thread that writes them."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = os.dup(descriptor)  # its own: the number may mean something else before the last line is out
        self._lines: queue.Queue[str | None] = queue.Queue(MAX_LINES)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write, name="oscreorder-log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record, unless too many wait already."""
        line = self.format(record)
        if self._dropped:
            line = f"({self._dropped} lines of log were dropped here)\n{line}"
        try:
            self._lines.put_nowait(line)
            self._dropped = 0
        except queue.Full:
            self._dropped += 1

    def close(self) -> None:
        """Have the last lines written, if somebody reads them."""
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(None)
            self._thread.join(LAST_WORDS_S)
        super().close()

    def _write(self) -> None:
        # Not through sys.stderr: a thread that is stuck in it would keep the interpreter from ending
        while (line := self._lines.get()) is not None:
            left = f"{line}\n".encode(errors="backslashreplace")
            with contextlib.suppress(OSError):  # nobody can be told that the log cannot be written
                while left:
                    left = left[os.write(self._descriptor, left) :]
        os.close(self._descriptor)
