"""Everything at once for a long time against one daemon: whether its memory, descriptors and threads stay.

    python -m reliability.soak --minutes 30

A musician loads, analyses, asks, streams, renders, cancels, errs and frees, over and over, and a student does so in
haste; a slider plays streams as plain messages; a stranger sends mutated packets; and somebody pings.  Each second the
daemon is looked at.  What counts is the time after a warm-up (a fifth, at most five minutes).
"""

import argparse
import itertools
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import mutation
import numpy as np
import packets
import psutil
import soundfile
from daemon import Client
from programs import REPOSITORY, Daemon
from soundbytes import WHOLE_WAV

from oscreorder.osc.wire import Argument, Message

SOUNDS = sorted((REPOSITORY / "examples" / "sounds").glob("*.*[!md]"))
SLOPE_MB_PER_H = 1.0
WARM_UP, LONGEST_WARM_UP_S = 0.2, 300.0
EACH_S = 1.0
PATIENCE_S = 120.0
OURS, SHORT = "soak", "short.wav"
DONE, ERROR = "/oscreorder/done", "/oscreorder/error"

# The stranger sets parameters of the session too, so those that cost time or space are said with each request
ANALYSIS = (
    "win_length", 4096, "hop_length", 2048, "n_fft", 0, "window", "hann", "fmin_hz", 0.0, "fmax_hz", 0.0,
    "steps", "power_db", "features", 16,
)  # fmt: skip
RENDER = (
    "reverse", 0, "amount", 1.0, "window_s", 0.0, "min_dt_s", 0.0, "spacing", "even", "transform", "none",
    "subtype", "auto", "overwrite", 1,
)  # fmt: skip
STREAM = ("rate", 50, "k", 8, "radius", 0.0, "repeat_s", 0.1, "mode", "bow", "count", 0, "play", 0, "tell", 1)


@dataclass
class Samples:
    """What was seen of the daemon: times (s), memory of the daemon and of its workers (MB), descriptors, threads."""

    time_s: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    workers_mb: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def take(self, process: psutil.Process, now: float) -> None:
        """Look at the daemon."""
        with suppress(psutil.NoSuchProcess):  # a worker that was ended just now
            workers = sum(worker.memory_info().rss for worker in process.children(recursive=True))
            self.time_s.append(now)
            self.memory_mb.append(process.memory_info().rss / 1e6)
            self.workers_mb.append(workers / 1e6)
            self.descriptors.append(process.num_fds())
            self.threads.append(process.num_threads())

    def after(self, moment: float) -> "Samples":
        """Return those that were taken later."""
        first = sum(time_s < moment for time_s in self.time_s)
        columns = (self.time_s, self.memory_mb, self.workers_mb, self.descriptors, self.threads)
        return Samples(*(column[first:] for column in columns))  # type: ignore[arg-type]

    def slope(self, values: Sequence[float]) -> tuple[float, float]:
        """Return by how many MB an hour they grow, and the standard error, as if samples knew nothing of each other."""
        hours = np.array(self.time_s) / 3600
        (slope, _), covariance = np.polyfit(hours, values, 1, cov=True)
        return float(slope), float(np.sqrt(covariance[0, 0]))

    def halves(self, values: Sequence[int]) -> tuple[float, float]:
        """Return the medians of the first and of the second half."""
        middle = len(values) // 2
        return statistics.median(values[:middle]), statistics.median(values[middle:])


class Role:
    """Somebody who does the same over and over in a thread, until told to end."""

    def __init__(self, port: int, act: Callable[["Role", int], None]) -> None:
        self.client = Client(port)
        self.ended = threading.Event()
        self.problem: BaseException | None = None
        self.requests = self.rounds = 0
        self._act = act
        self._ids = itertools.count(2**20)  # above those of mutated packets
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for number in itertools.count():
                if self.ended.is_set():
                    return
                self._act(self, number)
                self.rounds += 1
        except (AssertionError, OSError, RuntimeError) as problem:
            self.problem = problem

    def join(self) -> None:
        """Wait for the end of the round."""
        self._thread.join(PATIENCE_S)
        self.client.__exit__()

    def pause(self, seconds: float) -> None:
        """Wait, but not after the end."""
        self.ended.wait(seconds)

    def listen(self, seconds: float) -> None:
        """Take what comes in that time: a socket that nobody reads is full soon."""
        until = time.monotonic() + seconds
        with suppress(TimeoutError):
            while (left := until - time.monotonic()) > 0:
                self.client.receive(left)

    def send(self, command: str, *arguments: Argument) -> int:
        """Send a request, and return its id."""
        self.requests += 1
        number = next(self._ids)
        self.client.send(command, number, *arguments)
        return number

    def end_of(self, number: int) -> tuple[Message, list[Message]]:
        """Return the end of a request, and what came before."""
        before: list[Message] = []
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                heard = self.client.receive(max(until - time.monotonic(), 0.001))
            except TimeoutError:
                raise RuntimeError(f"request {number} was not answered; the last word was {before[-1:]}") from None
            if heard.address in {DONE, ERROR} and heard.arguments[1] == number:
                return heard, before
            before.append(heard)

    def does(self, command: str, *arguments: Argument) -> list[Message]:
        """Ask for what must be done."""
        end, before = self.end_of(self.send(command, *arguments))
        if end.address != DONE:
            raise RuntimeError(f"{command} {arguments}: {end}")
        return before

    def errs(self, command: str, *arguments: Argument) -> None:
        """Ask for what must be refused."""
        end, _ = self.end_of(self.send(command, *arguments))
        if end.address != ERROR:
            raise RuntimeError(f"{command} {arguments}: {end}")


# The cast


def musician(role: Role, number: int) -> None:
    """Do all that there is, with a corpus that is forgotten in the end."""
    name, n_mels = f"{OURS} {number}", 32 + number % 64
    role.does("notify", 1)
    role.does("load", name, str(SOUNDS[number % len(SOUNDS)]), "sample_rate", 0)
    role.does("analyse", name, *ANALYSIS, "n_mels", n_mels)
    for place in (("grain", 3), ("point", 0.5, 0.5)):
        role.does("neighbours", name, *place, "k", 8, "radius", 0.0, "embedding", "pca")
    stream = role.send("stream/start", name, *STREAM, "embedding", "pca")
    role.end_of(stream)
    for at in range(20):
        role.client.send("stream/target", stream, "point", at / 20, 0.5)
        role.listen(0.02)
    role.does("stream/stop", stream)
    orders = ("similarity", "tour", "pca", "tsne", "cluster", "random")
    rendering = ("order", orders[number % len(orders)], "joins", "smooth", *RENDER)
    role.does("render", name, f"{number % 5}.{('wav', 'flac', 'ogg')[number % 3]}", *rendering)
    role.does("order", name, "order.csv", *rendering)
    other = role.send("render", name, "cancelled.wav", *rendering, "n_mels", n_mels + 1)
    role.pause(0.05 * (number % 7))
    role.end_of(role.send("cancel", other))
    role.errs("load", name, "no such file.wav")
    role.errs("render", name, "../outside.wav")
    role.errs("neighbours", "no such corpus", "grain", 1)
    role.errs("nonsense", 1)
    role.does("free", name)


def student(role: Role, number: int) -> None:
    """Do the same in haste with a second of noise, so that whatever fills with use is full after the warm-up."""
    name = f"{OURS} short {number}"
    role.does("load", name, SHORT, "sample_rate", 0)
    role.does("analyse", name, *ANALYSIS, "n_mels", 32 + number % 64)
    for place in (("grain", 3), ("point", 0.5, 0.5)):
        role.does("neighbours", name, *place, "k", 8, "radius", 0.0, "embedding", "pca")
    stream = role.send("stream/start", name, *STREAM, "embedding", "pca")
    role.end_of(stream)
    for at in range(20):
        role.client.send("stream/target", stream, "point", at / 20, 0.5)
    role.listen(0.1)
    role.does("stream/stop", stream)
    role.does("free", name)


def slider(role: Role, number: int) -> None:
    """Play a stream as plain messages, from a corpus of its own."""
    name = f"{OURS} live {number % 2}"
    role.does("load", name, str(SOUNDS[number % 2]), "sample_rate", 0)
    stream = role.send("stream/start", name, *STREAM, "tags", 0, "embedding", "pca")
    role.end_of(stream)
    for at in range(500):
        role.client.send("stream/target", stream, "point", at % 100 / 100, at / 500)
        role.client.send("stream/set", stream, "rate", 20 + at % 60)
        role.listen(0.02)
    role.does("stream/stop", stream)
    role.does("free", name)


def stranger() -> Callable[[Role, int], None]:
    """Send mutated packets and hostile ones by name; now and then clear away what came of them."""
    mutator, hostile = mutation.Mutator(7), itertools.cycle(packets.HOSTILE.values())

    def act(role: Role, number: int) -> None:
        if number == 0:
            role.does("notify", 1)  # so that only streams of its own are stopped
        for _ in range(10):
            role.client.send_bytes(mutator.packet())
        role.client.send_bytes(next(hostile))
        role.listen(0.5)
        if number % 20 == 19:  # each ten seconds
            _clear(role)

    return act


def _clear(role: Role) -> None:
    role.send("stream/stop", -1)
    rows = [row for row in role.does("corpora") if row.address == "/oscreorder/corpus"]
    for row in rows:
        if not str(row.arguments[1]).startswith(OURS):
            role.send("free", str(row.arguments[1]))
    role.does("sync")


def pinger(times_ms: list[float]) -> Callable[[Role, int], None]:
    """Ping twenty times a second."""

    def act(role: Role, _number: int) -> None:
        began = time.perf_counter()
        role.does("ping")
        times_ms.append(1e3 * (time.perf_counter() - began))
        role.pause(0.05)

    return act


# What is measured


@dataclass
class Report:
    """What a soak has shown."""

    seconds: float
    samples: Samples
    pings_ms: list[float]
    requests: int
    rounds: list[int]
    problems: list[str]
    lines: int
    counts: tuple[object, ...]

    @property
    def slope(self) -> tuple[float, float]:
        """Of the daemon's memory, MB an hour."""
        return self.samples.slope(self.samples.memory_mb)

    @property
    def late(self) -> int:
        """How many grains were sent too late: the last of what ``status`` counts."""
        return int(str(self.counts[-1]))

    @property
    def constant(self) -> bool:
        """Whether descriptors and threads are as many in the second half as in the first."""
        halves = (self.samples.halves(values) for values in (self.samples.descriptors, self.samples.threads))
        return all(first == second for first, second in halves)


@contextmanager
def _cast(port: int, times_ms: list[float]) -> Iterator[list[Role]]:
    roles = [Role(port, act) for act in (musician, student, slider, stranger(), pinger(times_ms))]
    try:
        yield roles
    finally:
        for role in roles:
            role.ended.set()
        for role in roles:
            role.join()


def soak(base: Path, *, seconds: float) -> Report:
    """Let the cast play so long against a daemon whose folders lie in `base`."""
    for name in ("root", "out"):
        (base / name).mkdir()
    (base / "root" / "a.wav").write_bytes(WHOLE_WAV)
    soundfile.write(base / "root" / SHORT, np.random.default_rng(0).uniform(-0.3, 0.3, 44100), 44100)
    samples, times_ms = Samples(), list[float]()
    arguments = ("--root", str(SOUNDS[0].parent), "--workers", "2", "--audio", "none", "--limit", "job_s=60")
    with Daemon(root=base / "root", out=base / "out", arguments=arguments) as daemon:
        process = psutil.Process(daemon.pid)
        began = time.monotonic()
        with _cast(daemon.port, times_ms) as roles:
            while (now := time.monotonic() - began) < seconds and not any(role.problem for role in roles):
                samples.take(process, now)
                roles[0].pause(EACH_S)
        problems = [f"{type(role.problem).__name__}: {role.problem}" for role in roles if role.problem]
        with Client(daemon.port) as client:
            counts = client.ask("status", 1).arguments[2:]
        warm = samples.after(min(WARM_UP * seconds, LONGEST_WARM_UP_S))
        requests = sum(role.requests for role in roles)
        return Report(
            seconds, warm, times_ms, requests, [role.rounds for role in roles], problems, len(daemon.lines), counts
        )


def main() -> int:
    """Measure, and return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0, help="default 30")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="oscreorder-soak-") as name:
        report = soak(Path(name), seconds=60 * options.minutes)
    if report.problems:
        sys.stdout.write(f"after rounds of each {report.rounds}: {'; '.join(report.problems)}\n")
        return 1
    _tell(report)
    return int(bool(report.slope[0] >= SLOPE_MB_PER_H or not report.constant or report.late))


def _tell(report: Report) -> None:
    samples = report.samples
    (slope, error), (of_workers, its_error) = report.slope, samples.slope(samples.workers_mb)
    p50, p99 = (statistics.quantiles(report.pings_ms, n=100)[at] for at in (49, 98))
    told = {
        "soak": f"{report.seconds / 60:g} min, {report.requests:,} requests, rounds of each {report.rounds}",
        "memory": f"{_range(samples.memory_mb)} MB, slope {slope:+.2f} ± {error:.2f} MB/h",
        "workers": f"{_range(samples.workers_mb)} MB, slope {of_workers:+.1f} ± {its_error:.1f} MB/h",
        "descriptors": f"{_range(samples.descriptors)}, medians of both halves {samples.halves(samples.descriptors)}",
        "threads": f"{_range(samples.threads)}, medians of both halves {samples.halves(samples.threads)}",
        "pings": f"{len(report.pings_ms):,}, p50 {p50:.2f} ms, p99 {p99:.2f} ms, longest {max(report.pings_ms):.0f} ms",
        "log": f"{report.lines} lines",
        "status": " ".join(map(str, report.counts)),
    }
    sys.stdout.write("".join(f"{name:<12} {text}\n" for name, text in told.items()))


def _range(values: Sequence[float]) -> str:
    return f"{min(values):.1f} to {max(values):.1f}".replace(".0", "")


if __name__ == "__main__":
    sys.exit(main())
