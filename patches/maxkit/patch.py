"""A Max patcher as lines of text, in the language of `patches.drawing`.

`kind` is ``obj`` or one of `KINDS`; ``text`` takes a width in characters.  The form of the file is what Max 8 and 9
write; the inlets and outlets of each object stand below.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from patches.drawing import Drawing

LETTER, TALL, LINE = 7, 22, 20
VERSION = {"major": 8, "minor": 6, "revision": 5, "architecture": "x64", "modernui": 1}

# Inlets and types of outlets
KINDS: Mapping[str, tuple[str, int, list[str]]] = {
    "text": ("comment", 1, []),
    "msg": ("message", 2, [""]),
    "int": ("number", 1, ["", "bang"]),
    "float": ("flonum", 1, ["", "bang"]),
    "toggle": ("toggle", 1, ["int"]),
    "button": ("button", 1, ["bang"]),
    "slider": ("slider", 1, [""]),
    "dac": ("ezdac~", 2, []),
    "inlet": ("inlet", 0, [""]),
    "outlet": ("outlet", 1, []),
}
OBJECTS: Mapping[str, tuple[int, list[str]]] = {
    "loadbang": (1, ["bang"]),
    "freebang": (1, ["bang"]),
    "patcherargs": (1, ["", ""]),
    "udpsend": (1, []),
    "udpreceive": (1, [""]),
    "s": (1, []),
    "r": (0, [""]),
    "print": (1, []),
    "prepend": (1, [""]),
    "metro": (2, ["bang"]),
    "delay": (2, ["bang"]),
    "change": (1, ["", "int", "int"]),
    "counter": (5, ["int", "", "", "int"]),
    "cpuclock": (1, ["float"]),
    "coll": (1, ["", "", "", ""]),
    "i": (2, ["int"]),
    "f": (2, ["float"]),
    "+": (2, ["int"]),
    "zl.slice": (2, ["", ""]),
    "zl.nth": (2, ["", ""]),
    "pcontrol": (1, [""]),
    "polybuffer~": (1, ["", ""]),
    "poly~": (1, ["signal", "signal"]),
    "gate": (2, [""]),
    "dac~": (2, []),
    "in": (1, [""]),
    "out~": (1, []),
    "thispoly~": (1, ["int", "", ""]),
    "line~": (2, ["signal", "bang"]),
    "*~": (2, ["signal"]),
    "+~": (2, ["signal"]),
    "oscreorder.message": (2, [""]),
    "oscreorder.grains~": (1, ["signal", "signal", ""]),
}
OF_UNPACK = {"s": "", "0": "int", "0.": "float"}
OF_TRIGGER = {"b": "bang", "i": "int", "f": "float", "l": "", "s": ""}
PORTS_OF_CLIENT = (1, [""] * 7)


def ports(text: str) -> tuple[int, list[str]]:
    """Return how many inlets, and which outlets, an object of this text has in Max.

    Raises
    ------
    KeyError
        The object is not one of those that are used.
    """
    name, *words = text.split()
    return _ports_by_arguments(name, words) or OBJECTS[name]


def _ports_by_arguments(name: str, words: list[str]) -> tuple[int, list[str]] | None:
    """Return them for an object of which the arguments tell how many there are."""
    found: tuple[int, list[str]] | None = None
    match name:
        case "route":
            found = len(words) + 1, [""] * (len(words) + 1)
        case "sel":
            found = (1 if len(words) > 1 else 2), ["bang"] * len(words) + [""]
        case "unpack":
            found = 1, [OF_UNPACK[word] for word in words]
        case "pack":
            found = len(words), [""]
        case "t":
            found = 1, [OF_TRIGGER[word] for word in words]
        case "pipe":
            found = len(words), [OF_UNPACK[word] for word in words[:-1]]
        case "sprintf":
            found = max(1, " ".join(words).count("%")), [""]
        case "expr":
            found = max(map(int, re.findall(r"\$[fi](\d)", " ".join(words)))), [""]
        case "play~":
            found = 1, ["signal"] * int(words[1]) + ["bang"]
    return found


@dataclass
class Patch(Drawing[dict[str, Any]]):
    """A patcher of `width` by `height` pixels; with `presented` it opens as what `show` puts on its panel."""

    row: ClassVar[int] = 30

    presented: bool = False

    def client(self, x: int, y: int, targets: str = "", *, name: str = "oscreorder") -> None:
        """Add the panel of the connection with the daemon."""
        self._wire(targets)
        inlets, outlets = PORTS_OF_CLIENT
        box = _sized("bpatcher", x, y, 560, 92, inlets, outlets)
        self._put(box | {"name": "oscreorder.maxpat", "args": [], "offset": [0.0, 0.0], "embed": 0}, name)

    def show(self, name: str, x: int, y: int, width: int, height: int = TALL) -> None:
        """Put a box on the panel too."""
        box = self._boxes[self._names[name]]
        box |= {"presentation": 1, "presentation_rect": [float(value) for value in (x, y, width, height)]}

    def text(self) -> str:
        """Return the file.

        Raises
        ------
        ValueError
            A wire goes to a name that there is not.
        """
        boxes = [{"box": {"id": f"obj-{number}"} | box} for number, box in enumerate(self._boxes, 1)]
        patcher = {
            "fileversion": 1,
            "appversion": VERSION,
            "classnamespace": "box",
            "rect": [80.0, 100.0, float(self.width), float(self.height)],
            **({"openinpresentation": 1} if self.presented else {}),
            "gridsize": [15.0, 15.0],
            "boxes": boxes,
            "lines": [{"patchline": self._line(*wire)} for wire in self._wires],
            "dependency_cache": [],
            "autosave": 0,
        }
        return json.dumps({"patcher": patcher}, indent=1, ensure_ascii=False) + "\n"

    def _put(self, box: dict[str, Any], name: str | None = None) -> None:
        if box["maxclass"] in {"inlet", "outlet"}:
            box["index"] = 1 + sum(other["maxclass"] == box["maxclass"] for other in self._boxes)
        super()._put(box, name)

    def _line(self, source: int, outlet: int, target: str) -> dict[str, list[str | int]]:
        box, inlet = self._inlet(target)
        return {"source": [f"obj-{source + 1}", outlet], "destination": [f"obj-{box + 1}", inlet]}

    def _box(self, kind: str, x: int, y: int, letters: int, text: str) -> dict[str, Any]:
        return _box(kind, x, y, letters, text)


def _box(kind: str, x: int, y: int, letters: int, text: str) -> dict[str, Any]:
    if kind == "obj":
        inlets, outlets = ports(text)
        return _sized("newobj", x, y, max(40, LETTER * len(text) + 14), TALL, inlets, outlets) | {"text": text}
    maxclass, inlets, outlets = KINDS[kind]
    wide, tall = {"text": (LETTER * (letters or len(text)) + 10, _lines(text, letters) * LINE)}.get(kind, (60, TALL))
    if kind == "msg":
        wide = max(40, LETTER * len(text) + 14)
    if kind in {"toggle", "button", "inlet", "outlet"}:
        wide = tall = 24
    if kind == "dac":
        wide = tall = 45
    if kind == "slider":
        wide = 200
    box = _sized(maxclass, x, y, wide, tall, inlets, outlets)
    if kind in {"text", "msg"}:
        box["text"] = text
    if kind in {"int", "float", "toggle", "button", "slider"}:
        box["parameter_enable"] = 0
    if kind == "slider":
        box |= {"floatoutput": 1, "size": 1.0, "orientation": 1}
    if kind in {"inlet", "outlet"}:
        box["comment"] = text
    return box


def _lines(text: str, letters: int) -> int:
    """Return how many lines a comment takes, generously."""
    return 1 if not letters else 1 + len(text) * 21 // (letters * 20)


def _sized(maxclass: str, x: int, y: int, wide: int, tall: int, inlets: int, outlets: list[str]) -> dict[str, Any]:
    typed = {"outlettype": outlets} if outlets else {}
    rect = [float(value) for value in (x, y, wide, tall)]
    return {
        "maxclass": maxclass, "numinlets": inlets, "numoutlets": len(outlets), **typed, "patching_rect": rect
    }  # fmt: skip
