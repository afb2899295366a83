"""Load: many messages a second while the daemon renders and streams, then a flood as fast as this machine sends.

    python -m reliability.load                       10,000 messages/s for 60 s, then a flood of 5 s
    python -m reliability.load --rate 2000 --seconds 10 --flood 1

A process of its own sends: half of it aims two streams, the rest sets and asks parameters and pings; it reads what
comes back and counts it.  Beside it another client pings a hundred times a second.  A datagram is lost by us if the
system has handed it to the daemon and the daemon has not counted it; what the system itself drops, since the buffer of
a socket is full (``/proc/net/udp``), is told apart.  Of what was to be answered, all must be.
"""

import argparse
import itertools
import multiprocessing
import selectors
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
from daemon import Client
from programs import REPOSITORY, Daemon
from watching import dropped

from oscreorder.daemon.sockets import enlarge
from oscreorder.osc.wire import decode, encode

PING_MS, SOON_MS, MEMORY_MIB, CORE = 20.0, 100.0, 10.0, 0.6
PINGS_PER_S = 100
STEP_S = 0.001
ASK_AGAIN_S = 0.01
SENDERS_OWN = 1
PATIENCE_S = 30.0
SOUNDS = REPOSITORY / "examples" / "sounds"
CORPUS = "violin.flac"
WORK = ("order", "tsne", "win_length", 2000, "hop_length", 400, "overwrite", 1)

# What is sent over and over, and which answers it brings
CYCLE = (
    *(("stream/target", 1 + at % 2, "point", at / 10, 1 - at / 10) for at in range(10)),
    *(("param/amount", at / 4) for at in range(4)),
    *(("stream/set", 1 + at % 2, "rate", 40.0 + at) for at in range(4)),
    ("param/amount",),
    ("ping", 7),
)
ANSWERS = {"/oscreorder/param": 5, "/oscreorder/done": 1}


@dataclass
class Figures:
    """What was sent, what came of it, and what it cost; times in ms."""

    sent: int = 0
    taken: int = 0
    dropped: int = 0
    refused: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    pings: list[float] = field(default_factory=list)
    lost_pings: int = 0
    renders: int = 0
    core: float = 0.0
    seconds: float = 0.0

    @property
    def lost(self) -> int:
        """Datagrams that reached the daemon and were not counted by it."""
        return self.sent - self.dropped - self.taken

    @property
    def unanswered(self) -> int:
        """Requests of the sender that were taken on and not answered; where the system dropped some, nobody knows."""
        due = sum(self.sent // len(CYCLE) * count for count in ANSWERS.values())
        return due - sum(self.answers[address] for address in ANSWERS) if not self.dropped else 0

    @property
    def p99_ms(self) -> float:
        """Of the pings."""
        return statistics.quantiles(self.pings, n=100)[98]


class Desk:
    """A daemon with a corpus to stream from and one to render, and whoever talks with it."""

    def __init__(self, daemon: Daemon, client: Client) -> None:
        self.daemon = daemon
        self._client = client
        self.asked = 0
        self.process = psutil.Process(daemon.pid)

    @property
    def memory_mib(self) -> float:
        """What the daemon holds, without its workers."""
        return float(self.process.memory_info().rss) / 2**20

    @property
    def processor_s(self) -> float:
        """What the daemon has used of the processor, without its workers."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def counts(self) -> tuple[int, int]:
        """Return how many datagrams were taken, and how many refused."""
        self.asked += 1
        arguments = self._client.ask("status", self.asked).arguments
        return int(str(arguments[6])), int(str(arguments[7]))

    def settle(self) -> None:
        """Wait until the daemon has done what it was sent."""
        idle = 0
        while idle < 5:  # as often in a row it was at once: nothing waits any more
            began = time.monotonic()
            self.asked += 1
            self._client.ask("ping", self.asked)
            idle = idle + 1 if time.monotonic() - began < PING_MS / 1000 else 0


@contextmanager
def prepared() -> Iterator[Desk]:
    """Start a daemon and have it prepare all that the load needs."""
    with (
        tempfile.TemporaryDirectory() as out,
        Daemon(root=SOUNDS, out=Path(out), arguments=("--workers", "1", "--audio", "none")) as daemon,
        Client(daemon.port) as client,
    ):
        for request, command in enumerate((("load", "live", CORPUS), ("load", "work", CORPUS))):
            client.ask(command[0], request, *command[1:])
        end = client.ask("neighbours", 3, "live", "point", 0.5, 0.5)
        if not end.address.endswith("done"):
            raise RuntimeError(f"neighbours: {end.arguments}")
        yield Desk(daemon, client)


# What the sending process does


def _send(port: int, rate: int, seconds: float, pipe: Connection) -> None:
    """Start two streams and send at this rate, or with 0 as fast as it goes; then tell what was sent and heard."""
    heard: Counter[str] = Counter()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line, selectors.DefaultSelector() as ear:
        enlarge(line)
        line.connect(("127.0.0.1", port))
        line.setblocking(False)  # noqa: FBT003 - the socket's own interface
        ear.register(line, selectors.EVENT_READ)
        for stream in (1, 2):
            line.send(encode("/oscreorder/stream/start", stream, "live"))
        _hear_until(ear, line, heard, time.monotonic() + 1.0)
        cycle = [encode(f"/oscreorder/{name}", *values) for name, *values in CYCLE]
        heard.clear()
        pipe.send("begun")
        pipe.recv()  # it has been counted what came until now
        sent = _send_paced(ear, line, heard, cycle, rate, seconds) if rate else _send_flat_out(line, cycle, seconds)
        pipe.send(sent)
        _hear_until(ear, line, heard, time.monotonic() + 2.0)
        pipe.send(heard)
        line.send(encode("/oscreorder/stream/stop", 9, -1))  # SENDERS_OWN
        _hear_until(ear, line, heard, time.monotonic() + 0.5)


def _send_paced(
    ear: selectors.BaseSelector,
    line: socket.socket,
    heard: Counter[str],
    cycle: list[bytes],
    rate: int,
    seconds: float,
) -> int:
    """Send whole cycles, each when it is due."""
    began = time.monotonic()
    cycles = round(rate * seconds / len(cycle))
    for number in range(cycles):
        _hear_until(ear, line, heard, began + number * len(cycle) / rate)
        for datagram in cycle:
            line.send(datagram)
    return cycles * len(cycle)


def _send_flat_out(line: socket.socket, cycle: list[bytes], seconds: float) -> int:
    """Send without a pause, deaf."""
    end, cycles = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        for datagram in cycle:
            line.send(datagram)
        cycles += 1
    return cycles * len(cycle)


def _hear_until(ear: selectors.BaseSelector, line: socket.socket, heard: Counter[str], moment: float) -> None:
    """Count what comes until that moment."""
    while (left := moment - time.monotonic()) > 0:
        if ear.select(left):
            heard.update(timed.message.address for timed in decode(line.recv(65536)))


@contextmanager
def _sending(port: int, rate: int, seconds: float) -> Iterator[Connection]:
    """Start a process that sends; yield what tells of it, when it has begun."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_send, args=(port, rate, seconds, theirs))
    process.start()
    theirs.close()  # so that its end is heard
    try:
        if not ours.poll(PATIENCE_S):
            raise RuntimeError("nothing is sent")
        ours.recv()
        yield ours
    finally:
        process.join(PATIENCE_S + seconds)
        process.kill()
        process.join()


# What is measured


def paced(desk: Desk, *, rate: int, seconds: float) -> Figures:
    """Send at a rate while the daemon renders and streams."""
    figures = Figures(seconds=seconds)
    port = desk.daemon.port
    with Client(port) as control, Client(port) as pinger, _sending(port, rate, seconds) as pipe:
        taken, refused = desk.counts()
        gone, processor_s = dropped(port) or 0, desk.processor_s
        pipe.send("go")
        extra = _ping_while(figures, control, pinger, pipe)
        figures.core = (desk.processor_s - processor_s) / seconds
        figures.sent = pipe.recv()
        figures.answers = pipe.recv()
        pipe.poll(PATIENCE_S)  # it has stopped its streams and gone
        after, refused_after = desk.counts()
        figures.taken, figures.refused = after - taken - extra, refused_after - refused
        figures.dropped = (dropped(port) or 0) - gone
        control.send("cancel", 999, 500 + figures.renders)
        control.end_of(500 + figures.renders)
    return figures


def _ping_while(figures: Figures, control: Client, pinger: Client, pipe: Connection) -> int:
    """Ping and keep a render running until the sender has done; return how many datagrams that took."""
    control.send("render", 500, "work", "out.wav", *WORK)
    number = 0
    due = time.monotonic()
    while not pipe.poll(max(due - time.monotonic(), 0)):
        due += 1 / PINGS_PER_S
        number += 1
        began = time.monotonic()
        pinger.send("ping", number)
        try:
            pinger.end_of(number)
            figures.pings.append((time.monotonic() - began) * 1e3)
        except TimeoutError:
            figures.lost_pings += 1
        if _rendered(control, 500 + figures.renders):
            figures.renders += 1
            mels = 128 - figures.renders % 100
            control.send("render", 500 + figures.renders, "work", "out.wav", *WORK, "n_mels", mels)
    return number + 1 + figures.renders + 2  # with the sender's stop, and the question for the counts


def _rendered(control: Client, request: int) -> bool:
    """Take what has been told of a render; return whether it is done."""
    try:
        heard = control.receive(STEP_S)
    except TimeoutError:
        return False
    if heard.address.endswith("error"):
        raise RuntimeError(f"render: {heard.arguments}")
    return heard.address.endswith("done") and heard.arguments[1] == request


@dataclass(frozen=True, slots=True)
class Flood:
    """What a flood did."""

    sent: int
    dropped: int
    taken: int
    refused: int
    answered_ms: float
    grown_mib: float


def flat_out(desk: Desk, *, seconds: float) -> Flood:
    """Send as fast as it goes, then ask."""
    port = desk.daemon.port
    with Client(port) as control:
        with _sending(port, 0, seconds) as pipe:
            desk.settle()
            taken, refused = desk.counts()
            gone, memory_mib, asked = dropped(port) or 0, desk.memory_mib, desk.asked
            pipe.send("go")
            pipe.poll(PATIENCE_S + seconds)
            answered_ms, pings = _answered_ms(control)
            sent = pipe.recv()
            pipe.recv()
            pipe.poll(PATIENCE_S)  # it has stopped its streams and gone
        desk.settle()
        after, refused_after = desk.counts()
        lost = (dropped(port) or 0) - gone
        of_others = pings + desk.asked - asked + SENDERS_OWN
        grown_mib = desk.memory_mib - memory_mib
        return Flood(sent, lost, after - taken - of_others, refused_after - refused, answered_ms, grown_mib)


def _answered_ms(client: Client) -> tuple[float, int]:
    """Ask until an answer comes, since the socket may be full when the flood ends; return when, and how often."""
    began = time.monotonic()
    for number in itertools.count():
        client.send("ping", number)
        with suppress(TimeoutError):
            client.receive(ASK_AGAIN_S)
            return (time.monotonic() - began) * 1e3, number + 1
        if time.monotonic() > began + PATIENCE_S:
            raise TimeoutError("no answer after the flood")
    raise AssertionError


def main() -> int:
    """Measure, and return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=10_000, help="messages a second; default 10000")
    parser.add_argument("--seconds", type=float, default=60.0, help="default 60")
    parser.add_argument("--flood", type=float, default=5.0, help="seconds; default 5")
    options = parser.parse_args()
    with prepared() as desk:
        figures = paced(desk, rate=options.rate, seconds=options.seconds)
        _tell(figures, options.rate)
        flood = flat_out(desk, seconds=options.flood)
        sys.stdout.write(
            f"flood of {options.flood:g} s: {flood.sent:,} sent, the system dropped {flood.dropped:,}, "
            f"{flood.taken:,} reached the daemon, which passed over {flood.refused:,}\n"
            f"  a ping after it was answered in {flood.answered_ms:.1f} ms; memory {flood.grown_mib:+.1f} MiB\n"
        )
    broken = figures.lost or figures.dropped or figures.unanswered or figures.lost_pings
    broken = broken or figures.p99_ms > PING_MS or figures.core > CORE
    return int(bool(broken or flood.answered_ms > SOON_MS or flood.grown_mib > MEMORY_MIB))


def _tell(figures: Figures, rate: int) -> None:
    sys.stdout.write(
        f"{rate:,}/s for {figures.seconds:g} s: {figures.sent:,} sent, the system dropped {figures.dropped:,}, "
        f"lost by us {figures.lost:,}, refused {figures.refused:,}, not answered {figures.unanswered:,}\n"
        f"  {len(figures.pings):,} pings: median {statistics.median(figures.pings):.2f}, p99 {figures.p99_ms:.2f}, "
        f"longest {max(figures.pings):.2f} ms, {figures.lost_pings} lost; meanwhile {figures.renders} renders done\n"
        f"  the daemon used {100 * figures.core:.0f} % of a core; heard {dict(figures.answers)}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
