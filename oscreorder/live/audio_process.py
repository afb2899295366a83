"""The process that plays: an audio device, the player that it pulls, and what the daemon asks of them.

What comes and goes is pickled, over standard input and output.  The process ends when its input does, so that
nothing sounds on after the daemon.  Compiler and audio library are imported only where it runs.
"""

import contextlib
import mmap
import os
import pickle
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oscreorder.errors import AudioDeviceError, OscReorderError
from oscreorder.live.audio import Output, device_rate
from oscreorder.live.layout import EVENT, Counts

if TYPE_CHECKING:
    from oscreorder.live.player import Player

REPORT_S = 0.05


@dataclass(frozen=True, slots=True)
class Wish:
    """The first message: which device, and how."""

    device: str
    sr: int
    block_length: int
    n_voices: int


@dataclass(frozen=True, slots=True)
class Report:
    """What is told all the time: frame 0 was heard at `origin`, a time of ``time.monotonic``, as `sent` is."""

    sr: int
    counts: Counts
    alive: bool
    origin: float
    sent: float


@dataclass(frozen=True, slots=True)
class Load:
    """Play from a file of raw float32 samples, channels interleaved."""

    index: int
    path: str
    channels: int
    sr: int


@dataclass(frozen=True, slots=True)
class Free:
    """Let go of a sound."""

    index: int


@dataclass(frozen=True, slots=True)
class LetGo:
    """Let go of the sounds that were freed and that nothing reads any more."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End the grains of a stream."""

    stream: int


def main() -> None:
    """Be the process that plays: read what is to be done from standard input, and report to standard output."""
    wishes, reports = sys.stdin.buffer, _Reports()
    try:
        player, output = _open(pickle.load(wishes))  # noqa: S301 - the daemon wrote it
    except AudioDeviceError as problem:
        reports.tell(problem)
        return
    ended = threading.Event()
    reporter = threading.Thread(target=reports.watch, args=(player, output, ended))
    reporter.start()
    try:
        with contextlib.suppress(EOFError, OSError):
            while True:
                _carry_out(pickle.load(wishes), player, reports)  # noqa: S301 - likewise
    finally:
        ended.set()
        reporter.join()
    if output.alive(time.monotonic()):
        _fade_out(player, output)
        output.close()
    os._exit(0)  # at a regular exit PortAudio would wait for a device that is lost


def _fade_out(player: "Player", output: Output) -> None:
    player.stop_all()
    well_after = player.now_frames + player.sr // 50
    threading.Event().wait(max(output.heard_in(well_after), 0))


def _open(wish: Wish) -> tuple["Player", Output]:
    sr = wish.sr or device_rate(wish.device)
    from oscreorder.live.player import Player  # noqa: PLC0415 - the compiler takes long: only once there is a device

    player = Player(sr, wish.n_voices)
    player.schedule(np.empty(0, EVENT))  # compiled before the clock runs
    output = Output(player, device=wish.device, block_length=wish.block_length)
    output.start()
    return player, output


class _Reports:
    """The way to the daemon: what was standard output, to which audio libraries print."""

    def __init__(self) -> None:
        self._pipe = os.fdopen(os.dup(1), "wb")
        self._lock = threading.Lock()
        os.dup2(2, 1)

    def tell(self, what: Any) -> None:
        with self._lock, contextlib.suppress(OSError):
            pickle.dump(what, self._pipe)
            self._pipe.flush()

    def watch(self, player: "Player", output: Output, ended: threading.Event) -> None:
        """Report all the time how it goes, from the first block on."""
        origin = 0.0
        while not ended.wait(REPORT_S):
            now = time.monotonic()
            alive, counts = output.alive(now), player.counts
            if alive and counts.heartbeat:
                origin = (now + time.monotonic()) / 2 + output.heard_in(0)
            if counts.heartbeat or not alive:
                self.tell(Report(player.sr, counts, alive, origin, now))


def _carry_out(wish: Any, player: "Player", reports: _Reports) -> None:
    try:
        match wish:
            case np.ndarray() as events:
                if (taken := player.schedule(events)) < len(events):
                    reports.tell(f"no room for {len(events) - taken} grains")
            case Stop(stream):
                player.stop_stream(stream)
            case Load():
                player.load_sound(wish.index, _samples(wish), sr=wish.sr)
            case Free(index):
                player.free_sound(index)
            case LetGo():
                player.release()
    except (OscReorderError, OSError) as problem:
        reports.tell(str(problem))


def _samples(load: Load) -> NDArray[np.float32]:
    with Path(load.path).open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return np.zeros((load.channels, 0), np.float32)
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    whole = len(mapped) // (4 * load.channels) * load.channels
    if hasattr(mapped, "madvise"):
        mapped.madvise(mmap.MADV_WILLNEED)  # into memory before the audio thread asks for it
    return np.frombuffer(mapped, np.float32, count=whole).reshape(-1, load.channels).T
