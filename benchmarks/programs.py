"""The programs that are measured from outside: daemons and echoes, and a socket that talks with one of them."""

import os
import signal
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.results import ROOT
from oscreorder.osc.wire import Message, decode, encode

PATIENCE_S = 60.0
LARGEST = 65507
CANCELLED = 5


class Line:
    """A UDP socket that talks with one port of this machine."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(PATIENCE_S)

    def ask(self, command: str, *arguments: float | str) -> None:
        """Send a request."""
        self.socket.send(encode(f"/oscreorder/{command}", *arguments))

    def hear(self) -> Message:
        """Wait for the next message."""
        return decode(self.socket.recv(LARGEST))[0].message

    def answer(self, command: str, request_id: int) -> Message:
        """Wait for the done or error of a request; an error ends the benchmark, but for a cancelled request."""
        while True:
            message = self.hear()
            if message.address in ("/oscreorder/done", "/oscreorder/error") and message.arguments[1] == request_id:
                if message.address.endswith("error") and message.arguments[2] != CANCELLED:
                    raise RuntimeError(f"{command}: {message.arguments}")
                return message


@contextmanager
def daemon(folder: Path, *flags: str, environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run a daemon that reads `folder` and writes to `out` in it, from its ready line on; yield its port."""
    out = folder / "out"
    for left in out.iterdir() if out.exists() else ():
        left.unlink()
    out.mkdir(exist_ok=True)
    serve = [sys.executable, "-m", "oscreorder", "serve", "--port", "0", "--root", str(folder), "--out", str(out)]
    with program([*serve, *flags], environment=environment) as line:
        yield int(line.rpartition(":")[2])


@contextmanager
def echo() -> Iterator[int]:
    """Run an echo; yield its port."""
    with program([sys.executable, "-m", "benchmarks.echo"]) as line:
        yield int(line)


@contextmanager
def program(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a program until SIGTERM; yield the first line it prints."""
    everything = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=everything) as running:
        try:
            line = running.stdout.readline() if running.stdout else ""
            if not line:
                raise RuntimeError(f"{' '.join(command[1:4])} ended with exit status {running.wait()}")
            yield line.strip()
        finally:
            running.send_signal(signal.SIGTERM)


def spread(seconds: Sequence[float]) -> str:
    """Return median, 99th percentile and longest of times, in ms."""
    p99 = statistics.quantiles(seconds, n=100)[98]
    return f"{1e3 * statistics.median(seconds):.2f}, {1e3 * p99:.2f}, {1e3 * max(seconds):.2f} ms"
