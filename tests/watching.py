"""Sees what is done with files: by Linux itself (inotify), whoever does it, and by Python's audit hook in a program.

And what the system drops at a port.
"""

import contextlib
import ctypes
import json
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ACCESS, MODIFY, CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATE, DELETE, OPEN = 1, 2, 8, 64, 128, 256, 512, 32
ANYTHING = ACCESS | MODIFY | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE | OPEN
AUDIT = Path(__file__).parent / "audit"


def dropped(port: int) -> int | None:
    """Return how many datagrams found the buffer of a port of this machine full; None where nobody listens."""
    counts = []
    for table in (Path("/proc/net/udp"), Path("/proc/net/udp6")):
        with contextlib.suppress(OSError):
            rows = (line.split() for line in table.read_text().splitlines()[1:])
            counts += [int(row[-1]) for row in rows if row[1].endswith(f":{port:04X}")]
    return sum(counts) if counts else None


class Watch:
    """Notes whatever is opened, read, written, made or removed in a folder; `touched` tells it and begins anew."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self._descriptor >= 0, os.strerror(ctypes.get_errno())
        watched = libc.inotify_add_watch(self._descriptor, os.fsencode(folder), ANYTHING)
        assert watched >= 0, os.strerror(ctypes.get_errno())

    def touched(self) -> list[str]:
        """Return the names in the folder that something was done with; the empty one stands for the folder."""
        try:
            events = os.read(self._descriptor, 2**20)
        except BlockingIOError:
            return []
        names, at = [], 0
        while at < len(events):
            (length,) = struct.unpack_from("I", events, at + 12)
            names.append(os.fsdecode(events[at + 16 : at + 16 + length].rstrip(b"\0")))
            at += 16 + length
        return names

    def close(self) -> None:
        """Watch no more."""
        os.close(self._descriptor)


class Audit:
    """What a program opened, by its audit hook: start it with `environment`."""

    def __init__(self, notes: Path, *, allowed: Sequence[Path]) -> None:
        self._notes, self._allowed = notes, [os.path.realpath(folder) for folder in allowed]
        self._read = 0
        self._usual: set[str] = set()
        path = os.pathsep.join([str(AUDIT), str(AUDIT.parent.parent)])
        self.environment = {"PYTHONPATH": path, "OSCREORDER_AUDIT": str(notes)}

    def settle(self) -> None:
        """Take what has been opened until now as usual."""
        self._usual.update(path for _, path, _ in self._fresh())

    def outside(self) -> list[tuple[str, str]]:
        """Return each event and path since the last call that is neither usual nor in an allowed folder."""
        return [
            (event, whole)
            for event, path, folders in self._fresh()
            for whole in ([f"{folder.rstrip('/')}/{path}" for folder in folders] or [path])
            if path not in self._usual and not self._may(whole)
        ]

    def _fresh(self) -> list[list[Any]]:
        """Return what was noted since the last call: event, path, open folders."""
        with self._notes.open("rb") as notes:
            notes.seek(self._read)
            lines = notes.read()
        self._read += len(lines)
        return [json.loads(line) for line in lines.splitlines()]

    def _may(self, path: str) -> bool:
        """Return whether a path lies in an allowed folder, or is one on the way to it."""
        inside = (path == folder or path.startswith(f"{folder}/") for folder in self._allowed)
        above = (f"{folder}/".startswith(f"{path.rstrip('/')}/") for folder in self._allowed)
        return any(inside) or any(above)
