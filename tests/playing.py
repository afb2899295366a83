"""What the programs that play a stream by themselves, from one text with its parameters on top, have in common."""

import logging
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from dialogue import SOUND, Stage
from jackserver import onsets
from pdprogram import FixedDaemon
from programs import Daemon, Program

from oscreorder import read_sound, save_sound

GRAINS = 30
START_S = 10
SR = 48000
HOP, CLICKS, CLICK_AT = 2048, 60, 500
RATE, MANY = 37, 200
"""So many grains a second that their times fall between the blocks, and so many grains."""
P50_MS, P99_MS = 0.2, 0.5
ATTEMPTS = 4
LOG = logging.getLogger(__name__)
PROMPT_S = 3.0
"""So soon it is told in words whether the daemon is there."""


def edited(text: str, changes: Mapping[str, str]) -> str:
    """Return a text in which each of these stands once, with what stands for it."""
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def check_walk(program: Program, stage: Stage, out: str, record: Path) -> None:
    """It loads, renders, lists neighbours, plays all its grains, and ends; each of it told in words."""
    program.wait_for(rf"oscreorder: the daemon answers at 127\.0\.0\.1 {stage.port}", START_S)
    assert program.wait(100) == 0, program.lines
    told = "\n".join(program.lines)
    for request, count in (("load", 1), ("render", 1), ("neighbours", 1), ("stream/start", 1), ("sounds", 1)):
        assert len(re.findall(rf"oscreorder: done {request} ", told)) == count, told
    assert re.search(r"oscreorder: neighbour 0 is grain 20, at \d+ of sound 0, distance 0\.000", told)
    assert len(re.findall("oscreorder: neighbour ", told)) == 5
    assert f"ended by its count: {GRAINS} grains" in told
    assert "error" not in re.sub("0 errors in performance", "", told)
    assert (stage.out / out).read_bytes() == stage.reference
    assert loudness(record) > 0.003


def loudness(record: Path) -> float:
    """Return the level of the side that is less loud."""
    y, _ = read_sound(record)
    return float(np.sqrt((y**2).mean(axis=1)).min())


def check_watch(program: Program, port: int, folder: Path) -> None:
    """It says that there is no daemon, finds one that comes, tells its error; and again when it has gone and come."""
    program.wait_for(f"oscreorder: nobody answers at 127.0.0.1 {port} - start the daemon", START_S + PROMPT_S)
    with FixedDaemon(port, root=folder, out=folder):
        program.wait_for("oscreorder: the daemon answers", PROMPT_S)
        program.wait_for(r"oscreorder: error load \d+, code 10: .*not-there\.wav", 60)
    program.wait_for("oscreorder: the daemon has ended", PROMPT_S)
    program.wait_for("oscreorder: nobody answers", PROMPT_S)
    with FixedDaemon(port, root=folder, out=folder) as daemon:
        program.wait_for("oscreorder: the daemon answers", PROMPT_S)
        program.wait_for(r"oscreorder: error load", 60)
        os.kill(daemon.pid, signal.SIGKILL)
        program.wait_for("oscreorder: nobody answers", PROMPT_S)


def check_change(start: Callable[[int], Program], folder: Path) -> None:
    """Another daemon stands where the first was, so soon that nobody missed it: the program begins again by itself."""
    with Daemon(root=folder, out=folder) as first, Door(first.port) as door, start(door.port) as program:
        program.wait_for("oscreorder: the daemon answers", START_S)
        program.wait_for("oscreorder: error load", 60)
        with Daemon(root=folder, out=folder) as second:
            os.kill(first.pid, signal.SIGKILL)
            door.leads_to = second.port
            program.wait_for("oscreorder: the daemon was started anew", PROMPT_S)
            program.wait_for("oscreorder: the daemon answers", PROMPT_S)
            program.wait_for("oscreorder: error load", 60)
            assert not re.findall("nobody answers", "\n".join(program.lines))


def check_onsets(start: Callable[[int, Path], Program], folder: Path) -> None:
    """What it plays begins where the stream's times are, in one of a few attempts: a machine may stumble.

    It plays a row of clicks, each at the same place of its grain, and tells the time of each grain.  The row is as long
    as so many whole pieces in which ChucK reads.
    """
    y = np.random.default_rng(3).normal(0, 0.002, (1, CLICKS * HOP)).astype(np.float32)
    y[0, [CLICK_AT, *range(HOP // 2 + CLICK_AT, CLICKS * HOP, HOP)]] = 0.9
    save_sound(folder / "clicks.wav", y, SR)
    tried = []
    with Daemon(root=folder, out=folder) as daemon:
        for attempt in range(ATTEMPTS):
            with start(daemon.port, folder / f"{attempt}.wav") as program:
                assert program.wait(100) == 0, program.lines
            tried.append(missed_ms(program, folder / f"{attempt}.wav"))
            if tried[-1][0] < P50_MS and tried[-1][1] < P99_MS:
                return
    raise AssertionError(f"no attempt came near enough; median and 99th percentile in ms: {tried}")


def missed_ms(program: Program, record: Path) -> tuple[float, float]:
    """Return by how much the clicks miss their grains' times but for when all began, median and 99th percentile."""
    told = re.findall("heard at ([0-9.]+)", "\n".join(program.lines))
    y, sr = read_sound(record)
    heard = onsets(y.T, above=0.1, silent=sr // 200)
    assert sr == SR
    if (len(told), len(heard)) != (MANY, MANY):
        LOG.info("%d grains told, %d onsets heard", len(told), len(heard))
        return np.inf, np.inf
    errors = 1000 * heard / sr - np.array(told, float)
    p50, p99 = np.quantile(np.abs(errors - np.median(errors)), [0.5, 0.99])
    LOG.info("%d onsets: median %.3f ms, 99th percentile %.3f ms", MANY, p50, p99)
    return float(p50), float(p99)


class Door:
    """A port behind which a daemon is, and between two messages another one; answers do not come through it."""

    def __init__(self, leads_to: int) -> None:
        self.leads_to = leads_to
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._porter = threading.Thread(target=self._open, daemon=True)
        self._porter.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.sendto(b"", ("127.0.0.1", self.port))
        self._porter.join(10)
        self._socket.close()

    def _open(self) -> None:
        while datagram := self._socket.recv(65536):
            self._socket.sendto(datagram, ("127.0.0.1", self.leads_to))


def dialogue_text(text: str, stage: Stage, changes: Mapping[str, str]) -> str:
    """Return the program's text with the sound of the dialogue."""
    return edited(text, {"57140": str(stage.port), '"violin.flac"': f'"{SOUND}"', **changes})


def absent_text(text: str, port: int, changes: Mapping[str, str]) -> str:
    """Return the program's text with a port where nobody is yet, and with a sound that there is not."""
    return edited(text, {"57140": str(port), '"violin.flac"': '"not-there.wav"', **changes})
