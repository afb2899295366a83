"""What killed processes leave behind, and how it is told from what is in use: by a lock that ends with its process.

On Windows there is no such lock, nor need for one: a file that is open there cannot be removed.
"""

import contextlib
import os
import re
import stat
import sys
import time
from pathlib import Path

# Younger ones may belong to a process that has not locked them yet
SETTLED_S = 60.0

_PART = re.compile(r"\..+\.\d+\.oscreorder\.part", re.DOTALL)


def part_path(path: Path) -> Path:
    """Return the name to write `path` under until all is there: hidden, and this process's own."""
    short = path.name[:40]  # the name alone may be as long as names can be
    return path.with_name(f".{short}.{os.getpid()}.oscreorder.part")


def sweep_parts(folder: Path, *, settled_s: float = SETTLED_S) -> list[Path]:
    """Remove what killed processes had begun to write in and below a folder.

    Parameters
    ----------
    folder : Path
        It is walked through, links in it are not followed.
    settled_s : float, seconds
        A younger file is kept; so is one that a process holds, and all that cannot be removed.

    Returns
    -------
    list of Path
        What was removed.
    """
    swept = []
    for above, _, names in os.walk(folder):
        for path in (Path(above, name) for name in names if _PART.fullmatch(name)):
            with contextlib.suppress(OSError):  # it has gone, or is not ours to remove
                if _is_settled(path, settled_s) and not held(path):
                    path.unlink(missing_ok=True)
                    swept.append(path)
    return swept


def _is_settled(path: Path, settled_s: float) -> bool:
    """Return whether it is a file, and an old one; a clock that was set back makes everything old."""
    found = path.lstat()
    return stat.S_ISREG(found.st_mode) and not 0 <= time.time() - found.st_mtime < settled_s


if sys.platform == "win32":

    def hold(descriptor: int) -> None:
        """Being open is enough."""

    def held(path: Path) -> bool:
        """Return whether a living process holds the file; where none does, it is removed."""
        try:
            path.unlink(missing_ok=True)
        except PermissionError:
            return True
        return False

else:
    import fcntl

    def hold(descriptor: int) -> None:
        """Hold an open file while this process lives, where the file system has locks."""
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def held(path: Path) -> bool:
        """Return whether a living process holds the file; OSError where the file system cannot tell: it may be."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False
