"""Faults at random moments of the work: killed workers, killed daemons, full disks.

    python -m reliability.faults                           50 workers, 20 daemons, 11 full disks
    python -m reliability.faults --workers 5 --daemons 2

A worker that is killed must cost its request only: that is answered by error 20, and the next one is done.  A daemon
that is killed must leave no process and no partial file under a final name, and the next one must be ready within two
seconds and sweep what is left.  On a full disk (a small tmpfs, or ``RLIMIT_FSIZE`` where mounting is refused) every
request is answered by error 10, and nothing half-written is left.
"""

import argparse
import itertools
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import soundfile
from daemon import Client
from jackserver import JackServer
from programs import Program

from oscreorder.osc.wire import Message

SEED = 20261122
SECONDS, SR = 40, 44100
READY_S, ENDED_S, ANSWERED_S = 2.0, 10.0, 5.0
AGED_S = 120.0
SMALL_MB, LEFT = 4, 16_000
PATIENCE_S = 60.0
SIGNALS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGTERM, signal.SIGFPE)
KINDS = ("load", "analyse", "render")
PLAY = (("stream/start", "long", "play", 1),)
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


# Workers


@dataclass
class Kills:
    """What became of requests whose worker was killed."""

    kills: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    next_done: int = 0
    left: list[str] = field(default_factory=list)

    @property
    def broken(self) -> bool:
        """Whether a promise was."""
        wrong = set(self.ends) - {"error 20", "done"}
        return bool(wrong or self.left or self.next_done != self.kills or self.slowest_s > ANSWERED_S)


def kill_workers(base: Path, count: int, *, seconds: float = SECONDS, seed: int = SEED) -> Kills:
    """Kill so many workers, each at a random moment of a load, an analysis or a render that it was doing."""
    chance, kills, studio = random.Random(seed), Kills(), Studio(base, seconds=seconds)  # noqa: S311 - no secret
    with studio.daemon() as desk:
        work = Work(desk)
        desk.needs("load", "tiny", "tiny.wav")
        while kills.ends["error 20"] < count:
            kind = chance.choice(KINDS)
            request = desk.send(*work.next(kind))
            if desk.end_of(request, chance.random() * work.took_s[kind]) is not None:
                continue  # it was done before its time
            (worker,) = desk.workers()
            worker.send_signal(chance.choice(SIGNALS))
            began = time.monotonic()
            kills.ends[_end(desk.end_of(request, PATIENCE_S))] += 1
            kills.slowest_s = max(kills.slowest_s, time.monotonic() - began)
            kills.kills += 1
            desk.needs("render", "tiny", "tiny.wav", "order", "original", "overwrite", 1)
            kills.next_done += 1
            (studio.out / "tiny.wav").unlink()
        kills.left = [name for name in studio.written() if name.startswith(".")] + studio.partial()
    return kills


def _end(end: Message | None) -> str:
    if end is None:
        return "none"
    return "done" if end.address == ENDS[0] else f"error {end.arguments[2]!s}"


# Daemons


@dataclass
class Deaths:
    """What daemons left that were killed."""

    deaths: int = 0
    processes: int = 0
    partial: list[str] = field(default_factory=list)
    swept: int = 0
    left: list[str] = field(default_factory=list)
    slowest_end_s: float = 0.0
    slowest_start_s: float = 0.0

    @property
    def broken(self) -> bool:
        """Whether a promise was."""
        return bool(self.processes or self.partial or self.left or self.slowest_start_s > READY_S)


def kill_daemons(
    base: Path,
    count: int,
    *,
    seconds: float = SECONDS,
    seed: int = SEED,
    environment: Mapping[str, str] | None = None,
    before: Sequence[tuple[str | float, ...]] = (),
    within_s: float | None = None,
) -> Deaths:
    """Kill so many daemons, and with every second one its worker first; start another after each.

    `before` are requests that each is sent before its work, `within_s` is the time in which it is killed; by default
    it is measured how long the work takes.
    """
    chance, deaths, studio = random.Random(seed), Deaths(), Studio(base, seconds=seconds)  # noqa: S311 - no secret
    if within_s is None:
        with studio.daemon(environment=environment) as desk:
            within_s = Work(desk).took_s["render"]
    for number in range(count):
        with studio.daemon(environment=environment) as desk:
            deaths.slowest_start_s = max(deaths.slowest_start_s, desk.ready_s)
            deaths.left += _unswept(studio)
            desk.needs("load", "long", "long.flac")
            for each in before:
                desk.needs(*each)
            request = desk.send("render", "long", f"{number}.wav", "overwrite", 1, "hop_length", 512)
            desk.end_of(request, chance.random() * within_s)
            helpers = desk.workers()
            if number % 2:
                for helper in helpers:
                    helper.kill()
            os.kill(desk.program.pid, signal.SIGKILL)
            began = time.monotonic()
            _, alive = psutil.wait_procs(helpers, timeout=ENDED_S)
            deaths.slowest_end_s = max(deaths.slowest_end_s, time.monotonic() - began)
            deaths.processes += len(alive)
        deaths.deaths += 1
        deaths.partial += studio.partial()
        deaths.swept += _age(studio)
    with studio.daemon(environment=environment) as desk:
        deaths.slowest_start_s = max(deaths.slowest_start_s, desk.ready_s)
        deaths.left += _unswept(studio)
    return deaths


def _age(studio: Studio) -> int:
    """Make what was left as old as what is swept; return how much it is."""
    left = [*studio.cache.glob("oscreorder/*"), *(studio.out / name for name in studio.written() if name[0] == ".")]
    for path in left:
        os.utime(path, (time.time() - AGED_S,) * 2)
    return len(left)


def _unswept(studio: Studio) -> list[str]:
    """Return what is left of earlier daemons, beside the folder of this one, after a while."""
    until = time.monotonic() + ENDED_S
    while time.monotonic() < until:
        left = [path.name for path in studio.cache.glob("oscreorder/*")][1:]
        left += [name for name in studio.written() if name.startswith(".")]
        if not left:
            return []
        threading.Event().wait(0.05)
    return left


# Disks


@dataclass
class Disks:
    """What came of requests that a full disk met."""

    requests: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)
    went_on: int = 0
    way: str = ""

    @property
    def broken(self) -> bool:
        """Whether a promise was."""
        return bool(set(self.ends) - {"error 10"} or self.left or self.went_on != self.requests)


WRITTEN: Sequence[tuple[str | float, ...]] = (
    *(("render", "long", f"new.{suffix}", "order", "original") for suffix in ("wav", "flac", "ogg", "aiff", "mp3")),
    ("render", "long", "old.wav", "order", "original", "overwrite", 1),
    ("order", "long", "new.csv", "order", "original", "win_length", 64, "hop_length", 16),
    ("order", "long", "new.json", "order", "original", "win_length", 64, "hop_length", 16),
)
KEPT: Sequence[tuple[str | float, ...]] = (
    ("load", "another", "long.flac"),
    ("copies", "long"),
    ("analyse", "long", "hop_length", 64),
)


def fill_disks(base: Path, *, mounted: bool) -> Disks:
    """Meet a full disk with each kind of output, and with what the daemon keeps for itself."""
    disks, studio = Disks(way="tmpfs" if mounted else "RLIMIT_FSIZE"), Studio(base, seconds=4)
    with (
        _disk(studio.out, mounted=mounted) as out,
        _disk(studio.cache, mounted=mounted) as cache,
        studio.daemon() as desk,
    ):
        desk.needs("load", "long", "long.flac")
        desk.needs("load", "tiny", "tiny.wav")
        for requests, full in ((WRITTEN, out), (KEPT, cache)):
            for request in requests:
                _meet(disks, studio, desk, full, request)
    return disks


def _meet(disks: Disks, studio: Studio, desk: Desk, full: "_Full", request: tuple[str | float, ...]) -> None:
    """Send a request while the disk is full, and another when it is not any more."""
    (studio.out / "old.wav").write_bytes(b"old")
    with full.now(desk):
        disks.ends[_end(desk.end_of(desk.send(*request), PATIENCE_S))] += 1
    disks.requests += 1
    disks.left += [f"{request[2]}: {name}" for name in studio.written() if name not in {"old.wav", "fill"}]
    if (studio.out / "old.wav").read_bytes() != b"old":
        disks.left.append("old.wav")
    desk.needs("render", "tiny", "tiny.wav", "order", "original")
    disks.went_on += 1
    (studio.out / "tiny.wav").unlink()


class _Full:
    """A disk that can be full for a while."""

    def __init__(self, folder: Path, *, mounted: bool) -> None:
        self._folder, self._mounted = folder, mounted

    @contextmanager
    def now(self, desk: Desk) -> Iterator[None]:
        """Leave next to nothing of it."""
        if self._mounted:
            filler = self._folder / "fill"
            room = os.statvfs(self._folder)
            filler.write_bytes(bytes(max(room.f_bavail * room.f_frsize - LEFT, 0)))
            yield
            filler.unlink()
        else:
            before = [(each.pid, resource.prlimit(each.pid, resource.RLIMIT_FSIZE)) for each in desk.workers()]
            for pid, (_, hard) in before:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (LEFT, hard))
            yield
            for pid, limits in before:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def _disk(folder: Path, *, mounted: bool) -> Iterator[_Full]:
    if not mounted:
        yield _Full(folder, mounted=False)
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_MB}m", "oscreorder", str(folder)], check=True)
    try:
        yield _Full(folder, mounted=True)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def may_mount(folder: Path) -> bool:
    """Return whether this process may mount a file system; where not, tests of full disks limit the size of files."""
    if subprocess.run(["mount", "-t", "tmpfs", "oscreorder", str(folder)], capture_output=True, check=False).returncode:
        return False
    subprocess.run(["umount", str(folder)], check=True)
    return True


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def main() -> int:
    """Measure, and return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=50, help="workers to kill; default 50")
    parser.add_argument("--daemons", type=int, default=20, help="daemons to kill; default 20")
    parser.add_argument("--no-disks", dest="disks", action="store_false", help="leave the disks alone")
    options = parser.parse_args()
    broken = False
    with tempfile.TemporaryDirectory(prefix="oscreorder-faults-") as name:
        base = Path(name)
        if options.workers:
            kills = kill_workers(_made(base / "workers"), options.workers)
            sys.stdout.write(
                f"{kills.kills} workers killed: {dict(kills.ends)}, slowest answer {kills.slowest_s:.2f} s; "
                f"next requests done {kills.next_done}; left behind {kills.left or 'nothing'}\n"
            )
            broken |= kills.broken
        if options.daemons:
            playing = options.daemons // 4
            broken |= _tell_deaths("daemons", kill_daemons(_made(base / "daemons"), options.daemons - playing))
            with JackServer() as jack:
                deaths = kill_daemons(_made(base / "playing"), playing, environment=jack.environment, before=PLAY)
            broken |= _tell_deaths("daemons that played", deaths)
        for mounted in (*([True] if may_mount(_made(base / "trial")) else []), False) if options.disks else ():
            disks = fill_disks(_made(base / f"disks {mounted}"), mounted=mounted)
            sys.stdout.write(
                f"{disks.requests} full disks ({disks.way}): {dict(disks.ends)}, left behind "
                f"{disks.left or 'nothing'}; went on {disks.went_on}\n"
            )
            broken |= disks.broken
    return int(broken)


def _tell_deaths(what: str, deaths: Deaths) -> bool:
    """Print, and return whether a promise was broken."""
    sys.stdout.write(
        f"{deaths.deaths} {what} killed: processes left {deaths.processes} (the last gone after "
        f"{deaths.slowest_end_s:.2f} s), partial files {deaths.partial or 'none'}; left-overs {deaths.swept}, "
        f"not swept {deaths.left or 'none'}; slowest start {deaths.slowest_start_s:.2f} s\n"
    )
    sys.stdout.flush()
    return deaths.broken


if __name__ == "__main__":
    sys.exit(main())
