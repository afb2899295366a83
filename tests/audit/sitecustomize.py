"""Python imports this at its start where the folder is in PYTHONPATH: from then on every file that it opens is noted.

One line of JSON each, in the file that OSCREORDER_AUDIT names: the event, the path, and for a name without a folder
the folders that are open, in one of which it lies.
"""

# ruff: noqa: PTH112, PTH115, PTH208 - pathlib would be imported into every program, before anything is noted

import json
import os
import sys
import threading

_EVENTS = {"open", "os.listdir", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.scandir", "os.truncate"}
_EVENTS |= {"os.link", "os.symlink", "os.chmod", "os.chown", "os.utime", "shutil.rmtree", "shutil.move"}
_notes = os.open(os.environ["OSCREORDER_AUDIT"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
_noting = threading.local()


def _open_folders() -> list[str]:
    links = []
    for number in os.listdir("/proc/self/fd"):
        try:
            links.append(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:
            continue
    return [link for link in links if link.startswith("/") and os.path.isdir(link)]


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event not in _EVENTS or getattr(_noting, "now", False):
        return
    _noting.now = True
    try:
        for name in arguments[: 2 if event in {"os.link", "os.rename", "os.symlink", "shutil.move"} else 1]:
            if isinstance(name, str | bytes):
                path = os.fsdecode(name)
                folders = [] if path.startswith("/") else _open_folders()
                os.write(_notes, (json.dumps([event, path, folders]) + "\n").encode())
    finally:
        _noting.now = False


sys.addaudithook(_note)
