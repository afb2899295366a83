"""How many grains sound at once, and whether the daemon's own sound ever misses a block."""

import contextlib
import os
import resource
import signal
import statistics
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from benchmarks.live_answers import SMALL, Worker, at_pace, material
from benchmarks.programs import Line, daemon
from benchmarks.results import Row
from oscreorder.live import mixing
from oscreorder.live.player import EVENT, Player

SR = 44100
BLOCK = 256
GRAIN = SR // 10
VOICES, MIXED_S, TURNS = 2000, 10, 5
LEAST_RATIO = 0.8
MANY = (512, 4000, 8000, 16000)
SOURCE_S = 60
PLAYED_S, GRAIN_RATE, PING_RATE = 60, 200, 1000
STREAM = 10
SOUNDING = ("play", 1, "tell", 0, "rate", GRAIN_RATE, "choose", "random", "spread", 1, "gain_db", -20)

SCORE = r"""
SynthDef(\grains, { |buf|
    var position = LFNoise1.ar(%(rate)d).range(0, 0.99);
    Out.ar(0, GrainBuf.ar(2, Impulse.ar(%(rate)d), 0.1, buf, 1, position, 2, 0, -1, 4096) * 0.01)
}).writeDefFile("%(folder)s");
Score.write([
    [0, [\b_allocRead, 0, "%(folder)s/source.wav"]],
    [0, [\d_load, "%(folder)s/grains.scsyndef"]],
    [0.1, [\s_new, \grains, 1000, 0, 0, \buf, 0]],
    [%(end)f, [\c_set, 0, 0]]
], "%(folder)s/score.osc");
0.exit;
"""


# Voices


def voice_rows(folder: Path, command: str) -> Iterator[Row]:
    """Mix grains."""
    y = np.random.default_rng(0).normal(0, 0.1, (1, SOURCE_S * SR)).astype(np.float32)
    soundfile.write(folder / "source.wav", y.T, SR, "FLOAT")
    _write_score(folder)
    _mixed(y, 100, 1)  # compiled
    theirs, ours = [], []
    for _ in range(TURNS):
        theirs.append(_scsynth_s(folder))
        ours.append(_mixed(y, VOICES, MIXED_S).sum())
    per_core, scsynth = (VOICES * MIXED_S / statistics.median(times) for times in (ours, theirs))
    ratio = per_core / scsynth
    yield Row(
        f"grains of 100 ms at once that keep a core busy, from the CPU time of {VOICES}, block {BLOCK}; scsynth's "
        "GrainBuf",
        f"at least {LEAST_RATIO} of scsynth's", f"{per_core:.0f}; {scsynth:.0f}; ratio {ratio:.2f}", command,
        ratio >= LEAST_RATIO,
    )  # fmt: skip
    for n in MANY:
        took = _mixed(y, n, 3)[SR // 5 // BLOCK :]
        p99 = float(np.quantile(took, 0.99))
        yield Row(
            f"{n} grains at once: a block of {1000 * BLOCK / SR:.2f} ms takes, median, 99th percentile, longest", "",
            f"{1e3 * np.median(took):.2f}, {1e3 * p99:.2f}, {1e3 * took.max():.2f} ms", command,
        )  # fmt: skip


def _mixed(y: NDArray[np.float32], voices: int, seconds: int) -> NDArray[np.float64]:
    """Return the CPU time of each block in which so many grains sound."""
    random, player = np.random.default_rng(0), Player(SR, voices * 5 // 4 + 64, 1 << 17)
    player.load_sound(0, y)
    n = voices * 10 * seconds
    rows = np.zeros(n, EVENT)
    rows["start"], rows["position"] = np.arange(n) * GRAIN // voices, random.integers(0, y.shape[1] - GRAIN, n)
    rows["length"], rows["attack"], rows["release"], rows["gain"] = GRAIN, GRAIN // 2, GRAIN // 2, 0.01
    out, took, first = np.empty((BLOCK, 2), np.float32), [], 0
    for _ in range(seconds * SR // BLOCK):
        last = int(np.searchsorted(rows["start"], player.now_frames + SR // 4))
        player.schedule(rows[first:last])
        first = last
        began = time.thread_time()
        mixing.mix(player.state, out)
        took.append(time.thread_time() - began)
    counts = player.counts
    if counts.stolen or counts.dropped or counts.late:
        raise RuntimeError(f"not all grains sounded: {counts}")
    return np.array(took)


def _write_score(folder: Path) -> None:
    code = folder / "score.scd"
    code.write_text(SCORE % {"rate": VOICES * 10, "folder": folder, "end": MIXED_S + 0.1})
    folder.chmod(0o700)
    headless = {"QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_DISABLE_SANDBOX": "1", "HOME": str(folder)}
    environment = os.environ | headless | {"XDG_RUNTIME_DIR": str(folder)}
    subprocess.run(["sclang", str(code)], env=environment, stdout=subprocess.DEVNULL, check=True, timeout=60)


def _scsynth_s(folder: Path) -> float:
    """Return the CPU time that scsynth takes for the score."""
    score, out = str(folder / "score.osc"), str(folder / "out.wav")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    command = ["scsynth", "-N", score, "_", out, str(SR), "WAV", "float", "-o", "2", "-i", "0", "-z", str(BLOCK)]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


# Sound


def sound_rows(folder: Path, command: str) -> Iterator[Row]:
    """Play while all else works."""
    material(folder, 60)
    with jack(folder / "jack.log") as environment, daemon(folder, environment=environment) as port:
        line = Line(port)
        line.ask("load", 1, "play", "60s.wav")
        line.answer("load", 1)
        line.ask("analyse", 2, "play", *SMALL)
        line.answer("analyse", 2)
        worker = Worker(port)
        with worker.busy():
            line.ask("stream/start", STREAM, "play", *SOUNDING)
            line.answer("stream/start", STREAM)
            line.ask("stream/target", STREAM, "grain", 100)
            answered = _ping(line)
            line.ask("stream/stop", STREAM + 1, STREAM)
            grains, late = map(str, line.answer("stream/stop", STREAM + 1).arguments[2:4])
        log = (folder / "jack.log").read_text()
    missed, driver = log.count("was not finished"), log.count("Process XRun")
    yield Row(
        f"{PLAYED_S} s of {GRAIN_RATE} grains/s from the daemon itself, while a worker analyses and {PING_RATE} pings "
        "a second are answered: cycles of JACK (256 frames) that it missed",
        "none",
        f"{missed} of {PLAYED_S * SR // BLOCK}; {grains} grains, {late} late; {answered} of {PLAYED_S * PING_RATE} "
        f"pings answered; {worker.analyses} analyses; JACK itself was late {driver} times",
        command, missed == 0 and answered == PLAYED_S * PING_RATE,
    )  # fmt: skip


def _ping(line: Line) -> int:
    """Send pings for as long as it plays; return how many were answered."""
    line.socket.setblocking(False)  # noqa: FBT003 - the library's argument
    answered = 0
    for number in at_pace(PLAYED_S * PING_RATE, PING_RATE):
        line.ask("ping", number)
        answered += _waiting(line)
    line.socket.settimeout(1)
    with contextlib.suppress(TimeoutError):
        while answered < PLAYED_S * PING_RATE:
            line.socket.recv(4096)
            answered += 1
    return answered


def _waiting(line: Line) -> int:
    """Return how many answers wait, and take them."""
    taken = 0
    with contextlib.suppress(BlockingIOError):
        while line.socket.recv(4096):
            taken += 1
    return taken


@contextlib.contextmanager
def jack(log: Path) -> Iterator[dict[str, str]]:
    """Run a JACK server without hardware; yield what others need to find it."""
    name = f"oscreorder-bench-{uuid.uuid4().hex[:8]}"
    command = ["jackd", "-n", name, "-R", "-P", "70", "-d", "dummy", "-r", str(SR), "-p", str(BLOCK)]
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as server:
        try:
            subprocess.run(["jack_wait", "-w", "-s", name, "-t", "20"], check=True, capture_output=True)
            yield {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"}
        finally:
            server.send_signal(signal.SIGTERM)
    for left in Path("/dev/shm").glob(f"jack*{name}*"):  # noqa: S108 - the place is JACK's
        left.unlink()
