"""Faults at random moments of the work: killed workers, killed daemons, full disks.

    python -m reliability.faults                           50 workers, 20 daemons, 11 full disks
    python -m reliability.faults --workers 5 --daemons 2

A worker that is killed must cost its request only: that is answered by error 20, and the next one is done.  A daemon
that is killed must leave no process and no partial file under a final name, and the next one must be ready within two
seconds and sweep what is left.  On a full disk (a small tmpfs, or ``RLIMIT_FSIZE`` where mounting is refused) every
request is answered by error 10, and nothing half-written is left.
"""

import argparse
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

import psutil
from jackserver import JackServer

from oscreorder.osc.wire import Message
from reliability.studio import ENDS, KINDS, PATIENCE_S, SECONDS, SEED, Desk, Studio, Work

READY_S, ENDED_S, ANSWERED_S = 2.0, 10.0, 5.0
AGED_S = 120.0
SMALL_MB, LEFT = 4, 16_000
SIGNALS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGTERM, signal.SIGFPE)
PLAY = (("stream/start", "long", "play", 1),)


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
