"""Writes the Pure Data kit into patches/pd: ``python -m patches.make_pd [DIR]``; a test compares them."""  # noqa: INP001

import sys
from pathlib import Path

from patches.pdkit import client, grains, helps, param, parts, walkthrough

KIT = Path(__file__).with_name("pd")


def kit() -> dict[str, str]:
    """Return the text of each file of the kit, by its path in it."""
    rooms = (parts, client, param, grains, helps, walkthrough)
    return {name: text for room in rooms for name, text in room.files().items()}


def write(folder: Path) -> None:
    """Write the kit into `folder`."""
    for name, text in kit().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if sys.argv[1:] else KIT)
