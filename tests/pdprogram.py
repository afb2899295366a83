"""Pd without window, with a patch of the kit in a copy whose port is ours, and to which a way in and out is added."""

import re
import shutil
import socket
import sys
import time
from pathlib import Path
from types import TracebackType

from programs import REPOSITORY, Program, free_port

KIT = REPOSITORY / "patches" / "pd"
BOX = re.compile(r"#X (obj|msg|text|floatatom|symbolatom|restore) ")
FAULT = re.compile(r"error|couldn't|no method|can't|warning|no such|bad |missing", re.IGNORECASE)
PORT = "57140"


def top(patch: str) -> tuple[list[str], list[str]]:
    """Return the boxes of a patch's own canvas, by number, and the lines behind which nothing of a subpatch stands."""
    depth, boxes, rest = 0, [], []
    for line in patch.splitlines():
        depth += line.startswith("#N canvas") - line.startswith("#X restore")
        if depth == 1:
            rest.append(line)
            if BOX.match(line):
                boxes.append(line)
    return boxes, rest


def messages(patch: str) -> dict[str, int]:
    """Return the number of each message box of a patch by its text."""
    boxes, _ = top(patch)
    found = {}
    for number, box in enumerate(boxes):
        if match := re.fullmatch(r"#X msg \d+ \d+ (.*?)(, f \d+)?;", box):
            found[match[1]] = number
    return found


def number_of(patch: str, text: str) -> int:
    """Return the number of the object box of this text."""
    boxes, _ = top(patch)
    return next(n for n, box in enumerate(boxes) if re.fullmatch(rf"#X obj \d+ \d+ {re.escape(text)}(, f \d+)?;", box))


class Pd(Program):
    """Pd with a patch; lines sent to `way_in` come out of a netreceive, of which the patch's added lines make use."""

    def __init__(
        self, folder: Path, patch: str, *, port: int, extra: str = "", jack: bool = False, display: str = ""
    ) -> None:
        """Open the patch with its lines `extra`; on a `display` with its window, and with its way in out of sight."""
        shutil.copytree(KIT, folder, dirs_exist_ok=True)
        for path in folder.glob("*.pd"):
            path.write_text(path.read_text(encoding="utf-8").replace(PORT, str(port)), encoding="utf-8")
        self._way_in = ("127.0.0.1", free_port())
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        path = folder / "under-test.pd"
        text = (patch.replace(PORT, str(port)) + extra).replace("WAY_IN", str(self._way_in[1]))
        path.write_text(text, encoding="utf-8")
        if display:
            add_hidden_way_in(folder / "parts" / "view.pd", self._way_in[1])
        sound = ("-jack", "-r", "44100", "-outchannels", "2") if jack else ("-noaudio",)
        window = () if display else ("-nogui",)
        command = ("pd", *window, *sound, "-nomidi", "-noprefs", "-stderr", "-open", path)
        super().__init__(*command, cwd=folder, environment={"DISPLAY": display})
        self.wait_for("^ready: bang$")
        self.ready_at = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        super().__exit__(kind, error, trace)

    def say(self, line: str) -> None:
        self._socket.sendto(f"{line};\n".encode(), self._way_in)

    def faults(self) -> list[str]:
        """Return what Pd itself complains about; what the kit tells in words is none."""
        return [line for line in self.lines if FAULT.search(line) and not re.match(r"(oscreorder|heard): ", line)]


def add_hidden_way_in(panel: Path, way_in: int) -> None:
    """Add to the panel of the pages that what comes in goes to the daemon, and what is heard is printed."""
    patch = panel.read_text(encoding="utf-8")
    first = len(top(patch)[0])
    lines = [
        f"#X obj 9 9 netreceive -u {way_in};",
        "#X obj 9 9 s oscreorder-\\$1-ask;",
        "#X obj 9 9 r oscreorder-\\$1-reply;",
        "#X obj 9 9 print heard;",
        "#X obj 9 9 loadbang;",
        "#X obj 9 9 print ready;",
        *(f"#X connect {source} 0 {source + 1} 0;" for source in (first, first + 2, first + 4)),
        "#X coords",
    ]
    panel.write_text(patch.replace("#X coords", "\n".join(lines)), encoding="utf-8")


def page(name: str) -> str:
    """Return the text of a patch of the kit."""
    return (KIT / name).read_text(encoding="utf-8")


def with_clicks(patch: str) -> str:
    """Return lines to add to a page: ``click 3`` bangs box 3, and all that is heard under its name is printed."""
    boxes, _ = top(patch)
    numbers = sorted(messages(patch).values())
    bangs = [n for n, box in enumerate(boxes) if re.match(r"#X obj \d+ \d+ (bng |pack f f;)", box)]
    targets, first = numbers + bangs, len(boxes)
    names = " ".join(f"click-{number}" for number in targets)
    receive, route, reply, heard, ready, say = range(first, first + 6)
    return "\n".join(
        [
            "#X obj 9 9 netreceive -u WAY_IN;",
            f"#X obj 9 9 route {names};",
            "#X obj 9 9 parts/from \\$0 reply;",
            "#X obj 9 9 print heard;",
            "#X obj 9 9 loadbang;",
            "#X obj 9 9 print ready;",
            f"#X connect {receive} 0 {route} 0;",
            f"#X connect {reply} 0 {heard} 0;",
            f"#X connect {ready} 0 {say} 0;",
            *(f"#X connect {route} {place} {number} 0;" for place, number in enumerate(targets)),
            "",
        ]
    )


class FixedDaemon(Program):
    """A daemon on a port that is ours already, so that it can come back there."""

    def __init__(self, port: int, *, root: Path, out: Path) -> None:
        folders = ("--root", str(root), "--out", str(out))
        super().__init__(sys.executable, "-m", "oscreorder", "serve", "--port", str(port), *folders)
        self.wait_for(rf"^oscreorder listening on 127\.0\.0\.1:{port}$")
