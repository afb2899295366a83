"""A Pd patch as lines of text: one box a line, its wires at the end.

::

    name: x y kind text  -->  target, target.1 | target

`kind` is ``obj``, ``msg``, ``text``, ``float`` or ``sym``; the last three take a width, as in ``text@60``.  Behind the
arrow stand the targets of the first outlet, behind each ``|`` those of the next; ``.1`` is the second inlet.  In place
of x, ``=`` is that of the box before; in place of y, ``=`` is the same row and ``+`` the next one, ``+2`` the one
after.  Dollars, commas and semicolons are written plainly, and escaped here.
"""

import re
from dataclasses import dataclass, field

FONT = 12
ROW = 26
_LINE = re.compile(r"(?:([\w-]+): )?(=|\d+) (=|\+\d*|\d+) (\w+)(?:@(\d+))? (.*?)(?: +--> *(.*))?")
_TARGET = re.compile(r"([\w-]+)(?:\.(\d+))?")

BANG = "bng 19 250 50 0 empty empty empty 24 10 0 12 #fcfcfc #000000 #000000"
TOGGLE = "tgl 19 0 empty empty empty 24 10 0 12 #fcfcfc #000000 #000000 0 1"


@dataclass
class Patch:
    """A canvas of `width` by `height` pixels; as a subpatch, `title` stands in its box."""

    width: int
    height: int
    title: str = ""
    _boxes: list[str] = field(default_factory=list)
    _names: dict[str, int] = field(default_factory=dict)
    _wires: list[tuple[int, int, str]] = field(default_factory=list)
    _at: tuple[int, int] = (0, 0)

    def add(self, lines: str) -> None:
        """Add a box for each line that is not empty.

        Raises
        ------
        ValueError
            A line does not read, or a name stands twice.
        """
        for line in filter(None, map(str.strip, lines.splitlines())):
            match = _LINE.fullmatch(line)
            if not match:
                raise ValueError(f"not a box: {line}")
            name, x, y, kind, width, text, targets = match.groups()
            self._place(x, y)
            self._wire(targets)
            self._put(_box(kind, *self._at, int(width or 0), text), name)

    def sub(self, inner: "Patch", x: int, y: int, targets: str = "", *, name: str = "") -> None:
        """Add a subpatch."""
        self._at = (x, y)
        self._wire(targets)
        body = inner.lines(opened=False)
        self._put("\n".join([*body, f"#X restore {x} {y} pd {_escaped(inner.title)};"]), name)

    def heading(self, name: str, purpose: str) -> None:
        """Put the title of a help patch or a step on a band at the top."""
        colours = "#dfe8e8 #203030 0"
        self._put(f"#X obj 16 12 cnv 15 {self.width - 32} 34 empty empty {name} 12 18 0 20 {colours};")
        self._put(f"#X text {40 + 13 * len(name)} 20 {_escaped(purpose)};")

    def text(self) -> str:
        """Return the file.

        Raises
        ------
        ValueError
            A wire goes to a name that there is not.
        """
        return "\n".join([*self.lines(opened=True), ""])

    def lines(self, *, opened: bool) -> list[str]:
        """Return the canvas, its boxes and its wires."""
        canvas = f"#N canvas 60 40 {self.width} {self.height}"
        head = f"{canvas} {FONT};" if opened else f"{canvas} {_escaped(self.title)} 0;"
        return [head, *self._boxes, *(self._connection(*wire) for wire in self._wires)]

    def _put(self, box: str, name: str = "") -> None:
        if name in self._names:
            raise ValueError(f"two boxes are called {name}")
        if name:
            self._names[name] = len(self._boxes)
        self._boxes.append(box)

    def _place(self, x: str, y: str) -> None:
        across, down = self._at
        if x != "=":
            across = int(x)
        if y.startswith("+"):
            down += ROW * int(y[1:] or 1)
        elif y != "=":
            down = int(y)
        self._at = (across, down)

    def _wire(self, targets: str | None) -> None:
        for outlet, group in enumerate((targets or "").split("|")):
            self._wires += [(len(self._boxes), outlet, target.strip()) for target in group.split(",") if target.strip()]

    def _connection(self, source: int, outlet: int, target: str) -> str:
        match = _TARGET.fullmatch(target)
        if not match or match[1] not in self._names:
            raise ValueError(f"no box is called {target}")
        return f"#X connect {source} {outlet} {self._names[match[1]]} {match[2] or 0};"


def _box(kind: str, x: int, y: int, width: int, text: str) -> str:
    match kind:
        case "float":
            return f"#X floatatom {x} {y} {width} 0 0 {_label(text)} 0;"
        case "sym":
            return f"#X symbolatom {x} {y} {width} 0 0 {_label(text)} 0;"
        case "obj" | "msg" | "text":
            return f"#X {kind} {x} {y} {_escaped(text)}{f', f {width}' if width else ''};"
        case _:
            raise ValueError(f"there is no kind of box called {kind}")


def _label(text: str) -> str:
    """Return side (left 0, right 1), label, receive and send of a number or symbol box; ``-`` stands for none."""
    return f"0 {'-' if text == '-' else _escaped(text)} - -"


def _escaped(text: str) -> str:
    return re.sub(r"(?<!\\)([,;])", r" \\\1", re.sub(r"\$(?=\w)", r"\\$", text)).replace("  \\", " \\")
