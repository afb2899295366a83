"""Writes the Max package into patches/max/oscreorder: ``python -m patches.make_max [DIR]``; a test compares them."""  # noqa: INP001

import sys
from pathlib import Path

from patches.maxkit import client, grains, package, walkthrough

PACKAGE = Path(__file__).parent / "max" / "oscreorder"


def kit() -> dict[str, str]:
    """Return the text of each file of the package, by its path in it."""
    return client.files() | grains.files() | walkthrough.files() | package.files()


def write(folder: Path) -> None:
    """Write the package into `folder`."""
    for name, text in kit().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if sys.argv[1:] else PACKAGE)
