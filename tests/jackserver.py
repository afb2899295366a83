"""A JACK server without hardware, and an ear at its clients' outputs that knows the frame of each sample."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from programs import Program

Frames = NDArray[np.float32]
EAR = Path(__file__).with_name("jackear.py")
RECORDING_S = 60.0
SETTLING_S = 0.05
ROUNDS = 5


class JackServer(Program):
    """A JACK server without hardware, under a name of its own.

    At 48,000 Hz and 384 frames a period lasts 8 ms exactly: JACK counts in whole microseconds, and its clock would
    run ahead of the system's by up to 200 ppm with others.
    """

    def __init__(self, *, sr: int = 48000, period: int = 384, name: str = "") -> None:
        self.name = name or f"oscreorder-{uuid.uuid4().hex[:12]}"
        self.sr = sr
        super().__init__("jackd", "-n", self.name, "-R", "-P", "70", "-d", "dummy", "-r", str(sr), "-p", str(period))
        subprocess.run(["jack_wait", "-w", "-s", self.name, "-t", "20"], check=True, capture_output=True)

    @property
    def slips(self) -> int:
        """How often it told that it, or a program, came too late: what sounds is shifted from there on."""
        return sum("XRun" in line or "was not finished" in line for line in self.lines)

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to find it, and for SuperCollider to be connected to it."""
        return {
            "JACK_DEFAULT_SERVER": self.name,
            "JACK_NO_START_SERVER": "1",
            "SC_JACK_DEFAULT_OUTPUTS": "system:playback_1,system:playback_2",
        }

    def end(self) -> None:
        """End it, and remove what it keeps in shared memory of clients that were killed."""
        super().end()
        for left in Path("/dev/shm").glob(f"jack*{self.name}*"):  # noqa: S108 - the place is JACK's
            left.unlink()


class Recorder(Program):
    """What comes out of the first two ports of a client, from now on for so many seconds.

    Attributes, once `full` has returned
    ------------------------------------
    frames : float32 ndarray [shape=(n, 2)]
        By JACK's own count: what the recorder missed is silence, and moves nothing.
    missed : int
        How many blocks it missed.
    breaks : list of int
        The frames at which the server was late; what sounds after them is shifted against the system's clock.
    """

    def __init__(self, server: JackServer, client: str, folder: Path, *, seconds: float) -> None:
        self._file = folder / f"{uuid.uuid4().hex}.npz"
        self._sr = server.sr
        super().__init__(sys.executable, EAR, server.name, client, str(seconds), self._file)
        self.wait_for("^listening$")

    def full(self) -> None:
        """Wait until all is recorded."""
        self.wait_for("^heard$", RECORDING_S)
        with np.load(self._file) as heard:
            self.frames: Frames = heard["frames"]
            self._clock: NDArray[np.float64] = heard["clock"]
            self.breaks: list[int] = heard["breaks"].tolist()
        steps = np.diff(self._clock[:, 0])
        self.missed = int((steps != np.median(steps)).sum())

    def stretches(self) -> Iterator[tuple[int, int]]:
        """Yield the first and the last frame of each stretch between two breaks."""
        settling = round(SETTLING_S * self._sr)
        edges = [0, *self.breaks, len(self.frames)]
        for first, last in pairwise(edges):
            yield first + settling * (first > 0), last - settling * (last < edges[-1])

    def second_of_a_frame(self, first: int, last: int) -> float:
        """Return how many of the system's seconds a frame of a stretch takes; JACK's own clock may run off.

        Blocks are heard at their time or later: the line runs through those that are not later than most.
        """
        clock = self._clock[(self._clock[:, 0] >= first) & (self._clock[:, 0] < last)]
        for _ in range(ROUNDS):
            frames, seconds = (clock - clock[0]).T
            line = np.polyfit(frames, seconds, 1)
            behind = seconds - np.polyval(line, frames)
            clock = clock[behind <= np.quantile(behind, 0.75)]
        return float(line[0])


def onsets(frames: Frames, *, above: float, silent: int) -> NDArray[np.intp]:
    """Return the frames at which the left side rises above a level after so many frames below it."""
    loud = np.flatnonzero(np.abs(frames[:, 0]) > above)
    return loud[np.diff(loud, prepend=-silent - 1) > silent]


def deviations_ms(
    heard: NDArray[np.intp], moments_s: NDArray[np.float64], recorder: Recorder, *, frame_s: float = 0
) -> list[float]:
    """Return by how much each onset misses its moment, in each stretch between two breaks against its median.

    `frame_s` is the duration of a frame in the clock of the moments; 0: that of the system, as it was at the time.
    Onsets that are so near to a break that it is not sure on which side they are do not count.
    """
    found: list[float] = []
    for first, last in recorder.stretches():
        within = (heard >= first) & (heard < last)
        if within.any():
            errors_s = heard[within] * (frame_s or recorder.second_of_a_frame(first, last)) - moments_s[within]
            found += (1000 * np.abs(errors_s - np.median(errors_s))).tolist()
    return found
