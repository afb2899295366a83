"""The daemon's own sound: a device in a process of its own, so that one that is lost is opened anew in another.

This side is light; the process (`oscreorder.live.audio_process`) brings the compiler and the audio library.
"""

import contextlib
import logging
import os
import pickle
import queue
import statistics
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from oscreorder.errors import AudioDeviceError
from oscreorder.live import audio_process
from oscreorder.live.audio_process import Free, LetGo, Load, Report, Stop, Wish
from oscreorder.live.layout import N_SOUNDS, Counts, check_events

PATIENCE_S = 2.0
"""A process that reports nothing for so long is lost."""
START_S = 60.0
"""So long may its start take, which compiles where nothing is cached yet."""
DRIFT_S = 0.001
"""By so much the device's clock may run off before `Playback.frame_at` follows it."""

# Ctrl-C in a terminal reaches this process too, but only the daemon decides.
_PROGRAM = (
    f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); from {audio_process.__name__} import main; main()"
)

_log = logging.getLogger(__name__)


class Playback:
    """An audio device that plays grains; see `oscreorder.live.player.Player` for what it does with them.

    It starts at once, without being waited for; no method but `ready`, `reopen` and `close` waits for anything.

    Parameters
    ----------
    device : str
        A name as in `oscreorder.live.audio.output_devices`, or a part of one that no other has; empty: the default.
    sr : int >= 0
        Frames a second; 0: as the device prefers.
    block_length : int >= 0
        Frames that the device asks for at once; 0: as it likes.
    n_voices : int > 0
        Grains that sound at once.
    """

    def __init__(self, *, device: str = "", sr: int = 0, block_length: int = 0, n_voices: int = 512) -> None:
        self._wish = Wish(device, sr, block_length, n_voices)
        self._sounds: dict[int, Load] = {}
        self._process = _Process(self._wish)

    def ready(self, timeout_s: float) -> None:
        """Wait until the device plays.

        Raises
        ------
        AudioDeviceError
            It does not open, or not within `timeout_s`.
        """
        self._process.told.wait(timeout_s)
        match self.state(time.monotonic()):
            case "starting":
                raise AudioDeviceError(f"the audio device did not start within {timeout_s:g} s")
            case "lost":
                raise AudioDeviceError(self.problem)

    def state(self, now: float) -> Literal["starting", "playing", "lost"]:
        """Tell how it is; `now` is a time of ``time.monotonic``."""
        process, report = self._process, self._process.report
        if process.problem:
            return "lost"
        if report is None:
            return "starting" if now - process.started <= START_S else "lost"
        return "playing" if report.alive and now - report.sent <= PATIENCE_S else "lost"

    @property
    def problem(self) -> str:
        """Why it is lost."""
        return self._process.problem or "the audio device takes no more sound"

    def reopen(self) -> None:
        """Start again, with the same wish and sounds; grains on their way are gone, and the clock is another."""
        self._process.kill()
        self._process = _Process(self._wish)
        for load in list(self._sounds.values()):  # another thread may load one meanwhile
            self._process.send(load)

    def close(self) -> None:
        """Fade out and give the device back."""
        self._process.end()

    @property
    def pid(self) -> int:
        """The process that plays."""
        return self._process.pid

    def load_sound(self, index: int, path: str | Path, *, channels: int, sr: int) -> None:
        """Make a sound playable: raw float32 samples, channels interleaved, which are read where they lie.

        `index` is 0 to 65535; a number that was in use before may still be fading out, so take a fresh one.
        """
        self._sounds[index] = Load(index, str(path), channels, sr)
        self._process.send(self._sounds[index])

    def free_sound(self, index: int) -> None:
        """Fade out the grains of a sound, and let go of its file."""
        if self._sounds.pop(index, None):
            self._process.send(Free(index))

    def let_go(self) -> None:
        """Let go of the files of sounds that were freed and have faded out."""
        self._process.send(LetGo())

    def schedule(self, events: NDArray[Any]) -> None:
        """Have grains played: EVENT rows, as `Player.schedule` takes them, frames as `frame_at` gives them.

        What there is no room for, or comes while nothing plays, is dropped.

        Raises
        ------
        ParameterError
            A row holds a value that is not allowed; none was taken.
        """
        check_events(events, n_sounds=N_SOUNDS)
        if self.state(time.monotonic()) == "playing":
            self._process.send(events)

    def stop_stream(self, stream: int) -> None:
        """Fade out the grains of a stream within 5 ms, and forget those that wait."""
        self._process.send(Stop(stream))

    @property
    def sr(self) -> int:
        """Frames a second; 0 before the device plays."""
        report = self._process.report
        return report.sr if report else 0

    @property
    def counts(self) -> Counts:
        """What was done since the device was opened, as of the last 50 ms."""
        report = self._process.report
        return report.counts if report else Counts()

    def frame_at(self, moment: float) -> int:
        """Return the frame that is heard at `moment`, a time of ``time.monotonic``; 0 before the device plays.

        Between moments it is exact to the sample.  Where the device's clock has run off by more than a millisecond,
        as after a missed block, it is set anew.
        """
        return round((moment - self._process.origin) * self.sr)


class _Process:
    """The process that plays, and the two threads that talk with it, so that nobody ever waits for it."""

    def __init__(self, wish: Wish) -> None:
        self.started = time.monotonic()
        self.report: Report | None = None
        self.problem = ""
        self.told = threading.Event()
        self.origin = 0.0
        self._origins: deque[float] = deque(maxlen=15)
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._popen = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        self._threads = [threading.Thread(target=talk, daemon=True) for talk in (self._write, self._read)]
        for thread in self._threads:
            thread.start()
        self.send(wish)

    @property
    def pid(self) -> int:
        return self._popen.pid

    def send(self, message: Any) -> None:
        self._messages.put(message)

    def kill(self) -> None:
        self._popen.kill()
        self._join()

    def end(self) -> None:
        self.send(None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(PATIENCE_S)
        self.kill()

    def _join(self) -> None:
        self.send(None)
        self._popen.wait()
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        with contextlib.suppress(OSError), self._popen.stdin as stdin:  # type: ignore[union-attr]
            while (message := self._messages.get()) is not None:
                pickle.dump(message, stdin)
                stdin.flush()

    def _read(self) -> None:
        with contextlib.suppress(EOFError, OSError, pickle.UnpicklingError), self._popen.stdout as stdout:  # type: ignore[union-attr]
            while True:
                match pickle.load(stdout):  # noqa: S301 - our own process wrote it
                    case Report() as report:
                        self._follow(report)
                    case AudioDeviceError() as problem:
                        self.problem = str(problem)
                    case str() as text:
                        _log.warning("playback: %s", text)
        self.problem = self.problem or f"the audio process ended with exit code {self._popen.wait()}"
        self.told.set()

    def _follow(self, report: Report) -> None:
        self._origins.append(report.origin)
        origin = statistics.median(self._origins)
        if self.report is None or abs(origin - self.origin) > DRIFT_S:
            self.origin = origin
        self.report = report
        self.told.set()
