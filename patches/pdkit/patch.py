"""A Pd patch as lines of text, in the language of `patches.drawing`.

`kind` is ``obj``, ``msg``, ``text``, ``float`` or ``sym``; the last three take a width.  Dollars, commas and semicolons
are written plainly, and escaped here.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

from patches.drawing import Drawing

FONT = 12
BANG = "bng 19 250 50 0 empty empty empty 24 10 0 12 #fcfcfc #000000 #000000"
TOGGLE = "tgl 19 0 empty empty empty 24 10 0 12 #fcfcfc #000000 #000000 0 1"


@dataclass
class Patch(Drawing[str]):
    """A canvas of `width` by `height` pixels; as a subpatch, `title` stands in its box."""

    row: ClassVar[int] = 26

    title: str = ""

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

    def _connection(self, source: int, outlet: int, target: str) -> str:
        box, inlet = self._inlet(target)
        return f"#X connect {source} {outlet} {box} {inlet};"

    def _box(self, kind: str, x: int, y: int, letters: int, text: str) -> str:
        match kind:
            case "float":
                return f"#X floatatom {x} {y} {letters} 0 0 {_label(text)} 0;"
            case "sym":
                return f"#X symbolatom {x} {y} {letters} 0 0 {_label(text)} 0;"
            case "obj" | "msg" | "text":
                return f"#X {kind} {x} {y} {_escaped(text)}{f', f {letters}' if letters else ''};"
            case _:
                raise ValueError(f"there is no kind of box called {kind}")


def _label(text: str) -> str:
    """Return side (left 0, right 1), label, receive and send of a number or symbol box; ``-`` stands for none."""
    return f"0 {'-' if text == '-' else _escaped(text)} - -"


def _escaped(text: str) -> str:
    return re.sub(r"(?<!\\)([,;])", r" \\\1", re.sub(r"\$(?=\w)", r"\\$", text)).replace("  \\", " \\")
