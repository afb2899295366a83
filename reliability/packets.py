"""Structured, mutated packets: against the codec and the message layer, and against a live daemon.

    python -m reliability.packets                     1,000,000 off-line and 100,000 live
    python -m reliability.packets --offline 20000 --live 2000

Off-line each packet is decoded and read as a request, under a clock of processor time (``time.thread_time_ns``), so
that a busy machine counts less.  Live each packet is followed by a ping: counted are the time to its answer, and what
both cost the daemon's main thread in processor time (``/proc/PID/task/PID/schedstat``).  A packet that took more than
5 ms is counted, and sent three times more: the least of the four times is its own, the rest the machine's.
"""

import argparse
import faulthandler
import gc
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import mutation
import psutil
from daemon import Client
from programs import Daemon
from soundbytes import WHOLE_WAV

from oscreorder.errors import WireError
from oscreorder.osc import wire
from oscreorder.osc.messages import Refusal, error, read_request

HUNG_S = 60.0
AT_MOST_MS = 5.0
PING_MS = 50.0
BATCH = 10_000
SEED = 20261122


@dataclass
class Figures:
    """What was seen of so many packets; times in ms."""

    packets: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    slowest_ms: float = 0.0
    slowest: tuple[bytes, ...] = ()
    again: int = 0
    slowest_ping_ms: float = 0.0
    late_pings: int = 0

    def took(self, took_ms: float, *packets: bytes) -> None:
        """Count what packets took together."""
        self.packets += len(packets)
        if took_ms > self.slowest_ms:
            self.slowest_ms, self.slowest = took_ms, packets

    def least(self, took_ms: float, again: Callable[[], float]) -> float:
        """Return the least of what was taken this time and, where that was too much, of three times more."""
        if took_ms <= AT_MOST_MS:
            return took_ms
        self.again += 1
        return min(took_ms, again(), again(), again())

    def answered(self, took_ms: float) -> None:
        """Count the time to the answer of a ping."""
        self.slowest_ping_ms = max(self.slowest_ping_ms, took_ms)
        self.late_pings += took_ms > PING_MS


def offline(count: int, *, seed: int = SEED) -> Figures:
    """Decode and read so many packets; any exception but `WireError` passes through."""
    figures, mutator = Figures(), mutation.Mutator(seed)
    gc.collect()
    gc.freeze()  # as the daemon does: what was imported is not looked through again and again
    for number in range(count):
        if number % BATCH == 0:
            faulthandler.dump_traceback_later(HUNG_S, exit=True)
        packet = mutator.packet()
        took_ms, ends = _offline_ms(packet)
        figures.ends.update(ends)
        figures.took(figures.least(took_ms, partial(_again_ms, packet)), packet)
    faulthandler.cancel_dump_traceback_later()
    return figures


def _offline_ms(packet: bytes) -> tuple[float, list[str]]:
    """Decode a packet and read what is in it; return the processor time and how each message ended."""
    began = time.thread_time_ns()
    try:
        ends = [_read(timed.message) for timed in wire.decode(packet)] or ["nothing"]
    except WireError:
        ends = ["WireError"]
    return (time.thread_time_ns() - began) / 1e6, ends


def _again_ms(packet: bytes) -> float:
    return _offline_ms(packet)[0]


def _read(message: wire.Message) -> str:
    """Read a message as the daemon does, and make the answer to what is refused."""
    asked = read_request(message)
    if not isinstance(asked, Refusal):
        return "nothing" if asked is None else "request"
    answer = error(asked.command, asked.id, asked.error)
    wire.encode(answer.address, *answer.arguments)
    return "refusal"


def live(count: int, port: int, pid: int, *, each: int = 1, seed: int = SEED) -> Figures:
    """Send so many packets to a daemon, a ping after `each` of them; a ping that is not answered is an error."""
    figures, mutator = Figures(), mutation.Mutator(seed)
    with Client(port) as hostile, Client(port) as client:
        for number in range(count // each):
            made = [mutator.packet() for _ in range(each)]

            def send(made: list[bytes] = made, number: int = number) -> float:
                before, began = _processor_ns(pid), time.perf_counter()
                for packet in made:
                    hostile.send_bytes(packet)
                figures.ends[client.ask("ping", number % 2**24).address] += 1
                figures.answered((time.perf_counter() - began) * 1e3)
                return (_processor_ns(pid) - before) / 1e6

            figures.took(figures.least(send(), send), *made)
    return figures


def _processor_ns(pid: int) -> int:
    """Return the processor time of a process's main thread."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0])


def _live(count: int) -> Figures:
    with tempfile.TemporaryDirectory() as name:
        root, out = Path(name, "root"), Path(name, "out")
        for folder in (root, out):
            folder.mkdir()
        (root / "a.wav").write_bytes(WHOLE_WAV)
        with Daemon(root=root, out=out) as daemon, Client(daemon.port) as client:
            process = psutil.Process(daemon.pid)
            live(1000, daemon.port, daemon.pid, seed=1)
            before = process.memory_info().rss
            figures = live(count, daemon.port, daemon.pid)
            grown = (process.memory_info().rss - before) / 2**20
            counts = client.ask("status", 1).arguments[2:]
            lines = len(daemon.lines)
    _tell("live", figures)
    sys.stdout.write(f"  slowest ping {figures.slowest_ping_ms:.1f} ms, {figures.late_pings} above {PING_MS:.0f} ms\n")
    sys.stdout.write(f"  memory {grown:+.1f} MiB, {lines} lines of log, status {counts}\n")
    return figures


def _tell(what: str, figures: Figures) -> None:
    ends = ", ".join(f"{end} {count:,}" for end, count in figures.ends.most_common())
    sys.stdout.write(f"{what}: {figures.packets:,} packets ({ends})\n")
    size = sum(map(len, figures.slowest))
    sys.stdout.write(f"  processor time at most {figures.slowest_ms:.2f} ms, for {size} bytes; ")
    sys.stdout.write(f"{figures.again} took more at first, and were measured again\n")
    sys.stdout.flush()


def main() -> int:
    """Measure, and return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offline", type=int, default=1_000_000)
    parser.add_argument("--live", type=int, default=100_000)
    options = parser.parse_args()
    began = time.perf_counter()
    figures = offline(options.offline)
    _tell("off-line", figures)
    sys.stdout.write(f"  {time.perf_counter() - began:.0f} s\n")
    alive = _live(options.live)
    return int(max(figures.slowest_ms, alive.slowest_ms) > AT_MOST_MS or alive.late_pings > 0)


if __name__ == "__main__":
    sys.exit(main())
