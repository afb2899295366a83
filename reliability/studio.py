"""A daemon to do harm to: its folders, who asks it, and work that takes long."""

import itertools
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import soundfile
from daemon import Client
from programs import Program

from oscreorder.osc.wire import Message

SEED = 20261122
SECONDS, SR = 40, 44100
PATIENCE_S = 60.0
KINDS = ("load", "analyse", "render")
ENDS = ("/oscreorder/done", "/oscreorder/error")


class Studio:
    """Folders for a daemon, and daemons in them one after the other.

    Attributes
    ----------
    root, out, cache : Path
        What it reads, writes, and keeps for itself.
    """

    def __init__(self, base: Path, *, seconds: float = SECONDS) -> None:
        self.root, self.out, self.cache = (base / name for name in ("root", "out", "cache"))
        for folder in (self.root, self.out, self.cache):
            folder.mkdir()
        self.frames = round(seconds * SR)
        noise = np.random.default_rng(SEED).uniform(-0.3, 0.3, self.frames)
        soundfile.write(self.root / "long.flac", noise, SR)
        soundfile.write(self.root / "tiny.wav", noise[:8820], SR)

    @contextmanager
    def daemon(self, *, environment: Mapping[str, str] | None = None, redirect: str = "") -> Iterator["Desk"]:
        """Start a daemon of one worker, without core dumps; `redirect` is said to the shell that starts it."""
        serve = ("-m", "oscreorder", "serve", "--port", "0", "--workers", "1")
        folders = ("--root", str(self.root), "--out", str(self.out))
        shell = ("sh", "-c", f'ulimit -c 0; exec "$@" {redirect}', "sh")
        told = {"XDG_CACHE_HOME": str(self.cache), **(environment or {})}
        began = time.monotonic()
        with Program(*shell, sys.executable, *serve, *folders, environment=told) as program:
            port = int(program.wait_for(r"^oscreorder listening on 127\.0\.0\.1:(\d+)$")[1])
            ready_s = time.monotonic() - began
            with Client(port) as client:
                yield Desk(program, client, port, ready_s)

    def written(self) -> list[str]:
        """Return what lies in the output folder, hidden files too."""
        return sorted(path.name for path in self.out.iterdir())

    def partial(self) -> list[str]:
        """Return the files under final names that are not whole sounds of the length of the source."""
        return [name for name in self.written() if not name.startswith(".") and not self._whole(self.out / name)]

    def _whole(self, path: Path) -> bool:
        try:
            with soundfile.SoundFile(path) as sound:
                return sum(map(len, sound.blocks(65536))) == self.frames
        except soundfile.SoundFileError:
            return False


class Desk:
    """A daemon that runs, and its client."""

    def __init__(self, program: Program, client: Client, port: int, ready_s: float) -> None:
        self.program, self.client, self.port, self.ready_s = program, client, port, ready_s
        self._ids = itertools.count(1)

    def send(self, command: str | float, *arguments: str | float) -> int:
        """Send a request, and return its id."""
        number = next(self._ids)
        self.client.send(str(command), number, *arguments)
        return number

    def ask(self, command: str | float, *arguments: str | float) -> Message:
        """Send a request, and return its end."""
        return self.end_of(self.send(command, *arguments), PATIENCE_S) or Message("")

    def end_of(self, number: int, within_s: float) -> Message | None:
        """Return the end of a request, if it comes within that time."""
        until = time.monotonic() + within_s
        while (left := until - time.monotonic()) > 0:
            try:
                heard = self.client.receive(left)
            except TimeoutError:
                return None
            if heard.address in ENDS and heard.arguments[1] == number:
                return heard
        return None

    def needs(self, command: str | float, *arguments: str | float) -> Message:
        """Ask for what must be done."""
        end = self.ask(command, *arguments)
        if end.address != ENDS[0]:
            raise RuntimeError(f"{command} {arguments}: {end}")
        return end

    def workers(self) -> list[psutil.Process]:
        """Return the processes that work for the daemon."""
        found: list[psutil.Process] = psutil.Process(self.program.pid).children(recursive=True)
        return found


class Work:
    """Requests that take long, none of which has been done before; and how long each kind takes undisturbed."""

    def __init__(self, desk: Desk) -> None:
        self._number = 0
        self.took_s = {}
        for kind in KINDS:
            began = time.monotonic()
            desk.needs(*self.next(kind))
            self.took_s[kind] = time.monotonic() - began

    def next(self, kind: str) -> tuple[str | float, ...]:
        """Return the next request of a kind."""
        self._number += 1
        n_mels = 512 - self._number % 400
        match kind:
            case "load":
                return "load", f"corpus {self._number}" if self._number > 1 else "long", "long.flac"
            case "analyse":
                return "analyse", "long", "n_mels", n_mels
            case _:
                return "render", "long", f"{self._number}.wav", "n_mels", n_mels, "hop_length", 512
