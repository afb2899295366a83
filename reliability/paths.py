"""Hostile paths, read and written by a live daemon under watch; and a folder that is swapped for a link all the time.

    python -m reliability.paths

Two witnesses: Linux itself (inotify), for the folder at which most of the paths are aimed, and Python's audit hook in
the daemon and its workers, for all the rest of the machine (``tests/watching.py``).
"""

import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

import hostilepaths
from daemon import Client
from programs import REPOSITORY, Program
from soundbytes import WHOLE_WAV, chunk, fmt, riff
from watching import Audit, Watch

from oscreorder.errors import FileProblemError
from oscreorder.files import decode
from oscreorder.folders import find_sounds, output_path
from oscreorder.leftovers import part_path
from oscreorder.writing import write_atomically

SECRET = riff(fmt(), chunk(b"data", bytes(246)))
SECRET_LENGTH = 123
LONGEST = 1200
SWAPS = 20_000


class Desk:
    """A daemon whose every step is watched."""

    def __init__(self, base: Path, client: Client, audit: Audit, watch: Watch) -> None:
        self.base, self.client, self.audit, self.watch = base, client, audit, watch
        self._id = 0

    def ask(self, command: str, corpus: str, path: str) -> tuple[str, tuple[object, ...]]:
        """Send a path, and return the answer."""
        self._id += 1
        raw = path.encode("utf-8", "surrogateescape")[:LONGEST]
        options = ("order", "original", "overwrite", 1, "win_length", 512, "hop_length", 256)
        self.client.send(command, self._id, corpus, raw, *(options if command == "render" else ()))
        answer = self.client.end_of(self._id)
        return answer.address.rpartition("/")[2], answer.arguments

    def touched(self) -> list[str]:
        """Return what has been touched outside since the last call."""
        return [*self.watch.touched(), *(f"{event} {path}" for event, path in self.audit.outside())]


@contextmanager
def watched(base: Path) -> Iterator[Desk]:
    """Start a daemon on the folders of `hostilepaths` in `base`, and let it do all that it does once."""
    hostilepaths.prepare(base)
    for name in ("root/a.wav", "root/in/x.wav"):
        (base / name).write_bytes(WHOLE_WAV)
    (base / "secret/s.wav").write_bytes(SECRET)
    ours = [base / "root", base / "out", base / "cache"]
    python = [REPOSITORY / "oscreorder", Path(sys.prefix), Path(sys.base_prefix)]
    audit = Audit(base / "notes", allowed=[*ours, *python])
    folders = ("--root", str(base / "root"), "--out", str(base / "out"))
    command = ("-m", "oscreorder", "serve", "--port", "0", "--workers", "1", *folders)
    environment = audit.environment | {"XDG_CACHE_HOME": str(base / "cache")}
    with Program(sys.executable, *command, environment=environment) as daemon:
        port = int(daemon.wait_for(r"^oscreorder listening on 127\.0\.0\.1:(\d+)$")[1])
        with Client(port) as client, closing(Watch(base / "secret")) as watch:
            desk = Desk(base, client, audit, watch)
            for command_, path in (("load", "a.wav"), ("render", "good.wav")):
                answer, values = desk.ask(command_, "good", path)
                if answer != "done":
                    raise RuntimeError(f"{command_} {path}: {values}")
            desk.ask("load", "bad", "gone.wav")
            audit.settle()
            yield desk


class Swapping:
    """Puts a link to another folder in the place of one and that back, over and over, while the body runs."""

    def __init__(self, folder: Path, other: Path) -> None:
        self._folder, self._link, self._aside = folder, folder.with_name("link"), folder.with_name("aside")
        self._link.symlink_to(other)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._swap)
        self.times = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _swap(self) -> None:
        while not self._end.is_set():
            self._folder.rename(self._aside)
            self._link.rename(self._folder)
            self._folder.rename(self._link)
            self._aside.rename(self._folder)
            self.times += 1


def race(base: Path, swaps: int) -> tuple[Counter[str], list[str]]:
    """Read and write in a folder while it is swapped so often; return what came of it and what was touched outside."""
    for name in ("root/in", "secret"):
        (base / name).mkdir(parents=True)
    (base / "root/in/s.wav").write_bytes(WHOLE_WAV)
    (base / "secret/s.wav").write_bytes(SECRET)
    ends: Counter[str] = Counter()
    with closing(Watch(base / "secret")) as watch, Swapping(base / "root/in", base / "secret") as swapping:
        while swapping.times < swaps or min(ends["read"], ends["written"]) == 0:
            ends[_try_reading(base)] += 1
            ends[_try_writing(base)] += 1
        return ends, watch.touched()


def _try_reading(base: Path) -> str:
    try:
        (found,) = find_sounds("in/s.wav", [str(base / "root")])
        length = decode(found, base / "raw", sr=0).length
    except FileProblemError:
        return "reading refused"
    return "secret" if length == SECRET_LENGTH else "read"


def _try_writing(base: Path) -> str:
    try:
        target = output_path("in/new.wav", str(base / "root"), overwrite=True, suffixes=(".wav",))
        write_atomically(target, part_path(target), "text", overwrite=True)
    except FileProblemError:
        return "writing refused"
    return "written"


def main() -> int:
    """Measure, and return 1 if a promise was broken."""
    touched: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        base = Path(name).resolve()
        with watched(base) as desk:
            for command, corpus, paths in (
                ("load", "bad", hostilepaths.hostile(base)), ("render", "good", hostilepaths.to_write(base))
            ):  # fmt: skip
                asked = list(dict.fromkeys(paths))
                ends = Counter(desk.ask(command, corpus, path)[0] for path in asked)
                touched += desk.touched()
                told = ", ".join(f"{end} {count}" for end, count in ends.items())
                sys.stdout.write(f"{command}: {len(asked)} hostile paths ({told})\n")
        ends, more = race(base / "race", SWAPS)
    touched += more
    told = ", ".join(f"{end} {count:,}" for end, count in sorted(ends.items()))
    sys.stdout.write(f"a folder swapped for a link {SWAPS:,} times: {told}\n")
    sys.stdout.write(f"opened outside: {len(touched)} {touched[:5] or ''}\n")
    return int(bool(touched))


if __name__ == "__main__":
    sys.exit(main())
