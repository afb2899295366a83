"""Takes the pictures of docs/clients from the real Pd, under a virtual screen, with a real daemon.

``python docs/make_pictures.py``; it needs Xvfb, Pd with its window (Debian: puredata-gui) and Pillow, which matplotlib
brings.
"""

import re
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageGrab

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from pdprogram import PORT, FixedDaemon, Pd, page  # noqa: E402 - the harness of the tests
from programs import Program  # noqa: E402

OUT = ROOT / "docs" / "clients"
SCREEN = (1400, 1000)
MENU = 32
COLOURS = 24
PAUSE_S = 0.4
ATTEMPTS = 50


@dataclass(frozen=True)
class Picture:
    """A page, the messages that are asked on it, and what must be heard after each."""

    name: str
    page: str
    steps: Sequence[tuple[str, str]]


PICTURES = (
    Picture(
        "pd-render.png",
        "02-render.pd",
        (
            ("load piano piano-48k-24bit.wav", "done load"),
            ("analyse piano win_length 2000 hop_length 400", "done analyse"),
            ("render piano similar.wav overwrite 1", "done render"),
            ("render piano tour.wav order tour overwrite 1", "done render"),
        ),
    ),
    Picture(
        "pd-stream.png",
        "05-stream.pd",
        (
            ("load piano piano-48k-24bit.wav", "done load"),
            ("stream/start piano tags 0 rate 20 k 4 choose urn", "done copies"),
            ("stream/target point 0.3 0.6", "grain"),
        ),
    ),
)


@contextmanager
def screen() -> Iterator[str]:
    """Start a virtual screen, and give its name."""
    size = "x".join(map(str, (*SCREEN, 24)))
    with Program("Xvfb", "-displayfd", "1", "-screen", "0", size) as server:
        number = server.wait_for(r"^(\d+)$")[1]
        yield f":{number}"


def take(picture: Picture, display: str, port: int) -> Image.Image:
    """Open the page, go through its steps, and grab its window."""
    patch = page(picture.page)
    with (
        tempfile.TemporaryDirectory() as folder,
        Pd(Path(folder) / "kit", patch, port=port, display=display) as pd,
    ):
        pd.wait_for("^oscreorder: the daemon answers")
        for line, heard in picture.steps:
            pd.say(line)
            pd.wait_for(f"^heard: {heard}")
        return settled(display, area(patch))


def area(patch: str) -> tuple[int, int, int, int]:
    """Return where Pd puts the window of a patch: without a window manager just where its first line says."""
    match = re.match(r"#N canvas (\d+) (\d+) (\d+) (\d+)", patch)
    if not match:
        raise ValueError("not a patch")
    x, y, width, height = map(int, match.groups())
    return x, y, x + width, y + MENU + height


def settled(display: str, box: tuple[int, int, int, int]) -> Image.Image:
    """Return the area once it is drawn; what moves may go on moving."""
    pause, before = threading.Event(), None
    for _ in range(ATTEMPTS):
        pause.wait(PAUSE_S)
        now = ImageGrab.grab(box, xdisplay=display).convert("RGB")
        if before is not None and changed(before, now) < now.width * now.height // 200:
            return now
        before = now
    raise TimeoutError("the window does not come to rest")


def changed(before: Image.Image, now: Image.Image) -> int:
    """Return how many pixels differ, or all where the window is not there yet."""
    if now.getextrema() == ((0, 0),) * 3:
        return now.width * now.height
    return sum(ImageChops.difference(before, now).convert("L").histogram()[1:])


def main() -> None:
    """Take all pictures; the daemon has the port that the patches name, which must be free."""
    OUT.mkdir(exist_ok=True)
    for picture in PICTURES:
        with (
            tempfile.TemporaryDirectory() as out,
            FixedDaemon(int(PORT), root=ROOT / "examples" / "sounds", out=Path(out)),
            screen() as display,
        ):
            image = take(picture, display, int(PORT))
        image.quantize(COLOURS, dither=Image.Dither.NONE).save(OUT / picture.name, optimize=True)


if __name__ == "__main__":
    main()
