"""Bad sound files, each loaded by a live daemon: how it is answered, how soon, and what it costs the daemon.

python -m reliability.bad_sounds
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import badsounds
import psutil
from daemon import Client
from programs import Daemon
from soundbytes import WHOLE_WAV

SOON_S = 5.0
MEMORY_MIB = 20.0

Told = list[tuple[str, tuple[object, ...]]]


class Desk:
    """A daemon with a folder of bad sounds in its root."""

    def __init__(self, daemon: Daemon, client: Client, paths: dict[str, Path]) -> None:
        self.daemon, self.client, self.paths = daemon, client, paths
        self._id = 0
        self._process = psutil.Process(daemon.pid)

    @property
    def memory_mib(self) -> float:
        """What the daemon holds, without its workers."""
        return float(self._process.memory_info().rss) / 2**20

    def load(self, path: str) -> Told:
        """Load a sound into a corpus of its own, and forget it again; return what was told, kind by kind."""
        self._id += 1
        self.client.send("load", self._id, "bad", path)
        told: Told = []
        while not told or told[-1][0] not in {"done", "error"}:
            message = self.client.receive(2 * SOON_S)
            if message.arguments[1:2] == (self._id,) and not message.address.endswith("progress"):
                told.append((message.address.rpartition("/")[2], message.arguments))
        self.client.ask("free", 2**23 + self._id, "bad")
        return told


def outcome(kind: str, told: Told) -> str:
    """Return how a sound was answered: by an error, by a notice, or quietly, as only what is harmless may be."""
    if told[-1][0] == "error":
        return f"error {told[-1][1][2]}"
    if told[0][0] == "notice":
        return "notice"
    return "harmless" if kind in badsounds.HARMLESS else "quiet"


def main() -> int:
    """Measure, and return 1 if a promise was broken."""
    ends: Counter[str] = Counter()
    slowest = (0.0, "")
    most = 0.0
    with tempfile.TemporaryDirectory() as name:
        root, out = Path(name, "root"), Path(name, "out")
        for folder in (root, out):
            folder.mkdir()
        paths = badsounds.make(root)
        (root / "good.wav").write_bytes(WHOLE_WAV)
        with Daemon(root=root, out=out) as daemon, Client(daemon.port) as client:
            desk = Desk(daemon, client, paths)
            desk.load("good.wav")
            before = desk.memory_mib
            for kind, path in paths.items():
                began = time.perf_counter()
                ends[outcome(kind, desk.load(path.name))] += 1
                slowest = max(slowest, (time.perf_counter() - began, kind))
                most = max(most, desk.memory_mib - before)
            lives = desk.load("good.wav")[-1][0] == "done"
            lines = len(daemon.lines)
    told = ", ".join(f"{end}: {count}" for end, count in sorted(ends.items()))
    sys.stdout.write(f"{len(paths)} kinds ({told})\n")
    sys.stdout.write(f"  slowest answer {slowest[0]:.2f} s ({slowest[1]}); daemon's memory at most {most:+.1f} MiB\n")
    sys.stdout.write(f"  the daemon {'lives' if lives else 'is dead'}; {lines} lines of log\n")
    return int(not lives or "quiet" in ends or "error 20" in ends or slowest[0] > SOON_S or most > MEMORY_MIB)


if __name__ == "__main__":
    sys.exit(main())
