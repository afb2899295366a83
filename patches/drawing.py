"""A patch of whatever program as lines of text: one box a line, its wires at the end.

::

    name: x y kind text  -->  target, target.1 | target

Behind the arrow stand the targets of the first outlet, behind each ``|`` those of the next; ``.1`` is the second inlet.
In place of x, ``=`` is that of the box before; in place of y, ``=`` is the same row and ``+`` the next one, ``+2`` the
one after.  A kind takes a width, as in ``text@60``.
"""  # noqa: INP001

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

_LINE = re.compile(r"(?:([\w-]+): )?(=|\d+) (=|\+\d*|\d+) (\w+)(?:@(\d+))?(?: (.*?))??(?: +--> *(.*))?")
_TARGET = re.compile(r"([\w-]+)(?:\.(\d+))?")

Box = TypeVar("Box")


@dataclass
class Drawing(ABC, Generic[Box]):
    """A drawing of `width` by `height` pixels, with boxes as its program writes them, rows `row` pixels apart."""

    row: ClassVar[int]

    width: int
    height: int
    _boxes: list[Box] = field(init=False, default_factory=list)
    _names: dict[str, int] = field(init=False, default_factory=dict)
    _wires: list[tuple[int, int, str]] = field(init=False, default_factory=list)
    _at: tuple[int, int] = field(init=False, default=(0, 0))

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
            name, x, y, kind, letters, text, targets = match.groups()
            self._place(x, y)
            self._wire(targets)
            self._put(self._box(kind, *self._at, int(letters or 0), text or ""), name)

    @abstractmethod
    def _box(self, kind: str, x: int, y: int, letters: int, text: str) -> Box:
        """Return a box; `letters` is its width, 0 where it has none."""

    def _put(self, box: Box, name: str | None = None) -> None:
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
            down += self.row * int(y[1:] or 1)
        elif y != "=":
            down = int(y)
        self._at = (across, down)

    def _wire(self, targets: str | None) -> None:
        """Note the wires of the box that is put next."""
        for outlet, group in enumerate((targets or "").split("|")):
            self._wires += [(len(self._boxes), outlet, target.strip()) for target in group.split(",") if target.strip()]

    def _inlet(self, target: str) -> tuple[int, int]:
        """Return to which box and which inlet of it a wire goes."""
        match = _TARGET.fullmatch(target)
        if not match or match[1] not in self._names:
            raise ValueError(f"no box is called {target}")
        return self._names[match[1]], int(match[2] or 0)
