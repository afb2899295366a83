"""The daemon's own folder: made at its start, removed at its end; those of dead daemons are swept.

A file in it that the daemon holds tells whether it lives.
"""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from oscreorder.errors import FileProblemError
from oscreorder.leftovers import SETTLED_S, held, hold

PREFIX = "oscreorder-"
LOCK = "lock"


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
            hold(lock.fileno())
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(parent: Path, *, settled_s: float = SETTLED_S) -> None:
    """Remove the folders of daemons that are dead; one that has just been made may not be locked yet, and stays."""
    for folder in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # another daemon sweeps too, or nobody can tell whether it is in use
            settled = time.time() - folder.stat().st_mtime >= settled_s
            if settled and folder.is_dir() and not held(folder / LOCK):
                shutil.rmtree(folder, ignore_errors=True)
