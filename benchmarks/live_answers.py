"""How neighbours are answered and streams are sent, by a daemon that works or has nothing else to do."""

import math
import re
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from benchmarks.programs import LARGEST, Line, daemon, echo, spread
from benchmarks.results import ROOT, Row
from oscreorder.osc.wire import decode, encode, unix

GRAINS, DIMENSIONS = 100_000, 16
HOP, RATE_HZ = 441, 44100
SMALL = ("win_length", 2000, "hop_length", 400)
QUESTIONS, PACE = 2000, 200
TURN = 250
K = 10
RATES, STREAM_S = (50, 200, 1000), 20
LOOKAHEAD_S = 0.1
SO_TIMESTAMPNS = 35


class Worker:
    """Keeps a daemon's worker at analyses of the corpus `work`, each with settings of its own, while it is open."""

    def __init__(self, port: int) -> None:
        self._line = Line(port)
        self._line.ask("load", 1, "work", "60s.wav")
        self._line.answer("load", 1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.analyses = 0

    def _run(self) -> None:
        number = 100
        while not self._ended.is_set():
            number += 1
            self._line.ask("analyse", number, "work", *SMALL, "n_mels", 128 - number % 100)
            self._line.answer("analyse", number)
            self.analyses += 1

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Analyse inside."""
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join()


def material(folder: Path, seconds: float) -> str:
    """Make a sound of so many seconds; return its name."""
    name = f"{seconds:.0f}s.wav"
    command = [sys.executable, "-m", "benchmarks.material", str(folder / name), "--seconds", str(seconds)]
    subprocess.run(command, cwd=ROOT, check=True)
    return name


def at_pace(n: int, rate: float) -> Iterator[int]:
    """Count to `n`, at so many a second."""
    pause, began = threading.Event(), time.perf_counter()
    for number in range(n):
        pause.wait(max(began + number / rate - time.perf_counter(), 0))
        yield number


# Neighbours


def neighbour_rows(folder: Path, command: str) -> Iterator[Row]:
    """Ask for neighbours."""
    sound = material(folder, GRAINS * HOP / RATE_HZ)
    material(folder, 60)
    with daemon(folder, environment={"XDG_CACHE_HOME": str(folder)}) as port, echo() as echo_port:
        line = Line(port)
        line.ask("load", 1, "long", sound)
        line.answer("load", 1)
        line.ask("analyse", 2, "long", "hop_length", HOP, "win_length", 2048)
        line.answer("analyse", 2)
        (search,) = folder.glob("oscreorder/**/search.npy")
        places = np.load(search)
        worker = Worker(port)
        yield from _asked(line, Line(echo_port), places, command, "with nothing else to do", (0.35e-3, 1.5e-3))
        with worker.busy():
            yield from _asked(line, Line(echo_port), places, command, "while a worker analyses", (math.inf, 3e-3))


def _asked(line: Line, bare: Line, places: Any, command: str, when: str, most: tuple[float, float]) -> Iterator[Row]:
    random = np.random.default_rng(1)
    near = random.normal(0, 0.05, (QUESTIONS, places.shape[1])) * places.std(axis=0)
    points = (places[random.integers(0, len(places), QUESTIONS)] + near).astype(np.float32)
    tree, ours, echoed, in_process = cKDTree(places), [], [], []
    _trip(line, _question(0, points[0]))  # the index is read
    for turn in range(0, QUESTIONS, TURN):
        for number in at_pace(TURN, PACE):
            question = _question(turn + number, points[turn + number])
            ours.append(_trip(line, question))
            echoed.append(_trip(bare, question))
        for number in at_pace(TURN, PACE):
            began = time.perf_counter()
            tree.query(points[turn + number], k=K)
            in_process.append(time.perf_counter() - began)
    p50, p99 = statistics.median(ours), statistics.quantiles(ours, n=100)[98]
    limits = [(name, limit) for name, limit in zip(("median", "p99"), most, strict=True) if limit < math.inf]
    target = " and ".join(f"{name} at most {1e3 * limit:g} ms" for name, limit in limits)
    yield Row(
        f"{QUESTIONS} questions for {K} of {len(places):,} grains in {places.shape[1]} dimensions, {when}: "
        "median, 99th percentile, longest", target, spread(ours), command, p50 <= most[0] and p99 <= most[1],
    )  # fmt: skip
    ratio = f"{p50 / statistics.median(echoed):.1f} times"
    yield Row(
        "a bare UDP echo at the same moments, likewise", "", f"{spread(echoed)}; ours took {ratio} as long", command
    )
    ratio = f"{p50 / statistics.median(in_process):.1f} times"
    yield Row(
        "scipy's cKDTree in this process, likewise", "", f"{spread(in_process)}; ours took {ratio} as long", command
    )


def _question(number: int, point: Sequence[float]) -> bytes:
    return encode("/oscreorder/neighbours", number, "long", "vector", *map(float, point), "k", K)


def _trip(line: Line, question: bytes) -> float:
    """Return how long it takes from a packet to the last one that answers it."""
    began = time.perf_counter()
    line.socket.send(question)
    while (answer := line.socket.recv(LARGEST)).startswith(b"/oscreorder/neighbour\0"):
        pass
    took = time.perf_counter() - began
    if answer.startswith(b"/oscreorder/error\0"):
        raise RuntimeError(f"neighbours: {decode(answer)[0].message.arguments}")
    return took


# Streams


def stream_rows(folder: Path, command: str) -> Iterator[Row]:
    """Let streams flow."""
    material(folder, 60)
    with daemon(folder) as port:
        line = Line(port)
        line.ask("notify", 1, 1)
        line.answer("notify", 1)
        line.ask("load", 2, "play", "60s.wav")
        line.answer("load", 2)
        line.ask("analyse", 3, "play", *SMALL)
        line.answer("analyse", 3)
        worker = Worker(port)
        with worker.busy():
            for rate in RATES:
                yield _stream_row(line, rate, command)


def _stream_row(line: Line, rate: int, command: str) -> Row:
    count = rate * STREAM_S
    line.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    line.ask("stream/start", rate, "play", "rate", rate, "count", count, "lookahead_ms", 1000 * LOOKAHEAD_S)
    line.ask("stream/target", rate, "grain", 100)
    after, told = [], ""
    while "ended" not in told:
        data, ancillary, *_ = line.socket.recvmsg(LARGEST, 64)
        timed = decode(data)
        if timed[0].message.address == "/oscreorder/grain":
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
            after += [seconds + nanoseconds / 1e9 - unix(grain.timetag) + LOOKAHEAD_S for grain in timed]
        elif timed[0].message.address == "/oscreorder/notice":
            told = str(timed[0].message.arguments[2])
    counted = re.search(r"(\d+) of them late", told)
    late = int(counted[1]) if counted else -1
    return Row(
        f"a stream of {rate} grains/s for {STREAM_S} s while a worker analyses, lookahead {1000 * LOOKAHEAD_S:g} ms: "
        "late; sent after the lookahead began: median, 99th percentile, longest",
        "none late", f"{late} of {len(after)}; {spread(after)}", command, late == 0 and len(after) == count,
    )  # fmt: skip
