"""The daemon's own folder: made at its start, removed at its end; those of dead daemons are swept.

A lock file in it, held open, tells whether its daemon lives: on POSIX by an flock, which ends with the process; on
Windows an open file cannot be removed.
"""

import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import platformdirs

from oscreorder.errors import FileProblemError

PREFIX = "oscreorder-"
LOCK = "lock"
SETTLED_S = 60.0


@contextmanager
def scratch_folder(pid: int, parent: Path | None = None) -> Iterator[Path]:
    """Yield a new folder below `parent` (by default the user's cache), and remove it with all that is in it.

    Raises
    ------
    FileProblemError
        It cannot be made there.
    """
    parent = parent or platformdirs.user_cache_path("oscreorder")
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sweep(parent)
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{pid}-", dir=parent))
    except OSError as error:
        raise FileProblemError(f"{parent}: the daemon's own files cannot be kept there: {error.strerror}") from error
    try:
        with (folder / LOCK).open("w") as lock:
            _hold(lock)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(parent: Path, *, settled_s: float = SETTLED_S) -> None:
    """Remove the folders of daemons that are dead; one that has just been made may not be locked yet, and stays."""
    for folder in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(FileNotFoundError):  # another daemon sweeps too
            settled = time.time() - folder.stat().st_mtime >= settled_s
            if settled and folder.is_dir() and not _held(folder / LOCK):
                shutil.rmtree(folder, ignore_errors=True)


if sys.platform == "win32":

    def _hold(lock: IO[str]) -> None:
        """Being open is enough."""

    def _held(path: Path) -> bool:
        try:
            path.unlink(missing_ok=True)
        except PermissionError:
            return True
        return False

else:
    import fcntl

    def _hold(lock: IO[str]) -> None:
        fcntl.flock(lock, fcntl.LOCK_EX)

    def _held(path: Path) -> bool:
        try:
            with path.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False
        return False
