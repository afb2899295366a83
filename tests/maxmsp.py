"""Max as its reference tells it, as far as our patchers need it: boxes that send messages along their wires.

Max itself does not run where we test.  This is no proof that a patcher works there; it shows that its wires lead where
they should: right to left and depth first, as Max does it, with a real daemon at the other end.  Signals are not
computed: what reaches a poly~ and a polybuffer~ is kept.
"""

import heapq
import itertools
import json
import re
import selectors
import shlex
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pythonosc.osc_message import OscMessage
from pythonosc.udp_client import SimpleUDPClient

Atom = int | float | str
Message = tuple[Atom, ...]
BANG: Message = ("bang",)
SIGNALS = {"*~", "+~", "dac~", "ezdac~", "line~", "play~", "in", "out~", "thispoly~", "outlet~"}
PRINTED = 10_000


def atom(word: str) -> Atom:
    """Return an atom as Max reads it."""
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word


def atoms(text: str) -> Message:
    return tuple(map(atom, shlex.split(text)))


@dataclass
class World:
    """What all patchers share: time, sockets, names, and what was printed."""

    folder: Path
    printed: list[str] = field(default_factory=list)
    notes: list[tuple[float, Message]] = field(default_factory=list)
    buffers: list[str] = field(default_factory=list)
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _count: Iterator[int] = field(default_factory=itertools.count)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    receivers: dict[str, list["Box"]] = field(default_factory=dict)
    senders: list[SimpleUDPClient] = field(default_factory=list)

    def later(self, ms: float, action: Callable[[], None]) -> int:
        """Do something in a while; return a number by which it can be told."""
        number = next(self._count)
        heapq.heappush(self._due, (time.monotonic() + ms / 1000, number, action))
        return number

    def listen(self, box: "Box", port: int, before: socket.socket | None) -> socket.socket:
        if before is not None:
            self._selector.unregister(before)
            before.close()
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ear.bind(("127.0.0.1", port))
        self._selector.register(ear, selectors.EVENT_READ, box)
        return ear

    def until(self, done: Callable[[], bool], timeout_s: float = 30) -> None:
        """Let time pass until something is so."""
        deadline = time.monotonic() + timeout_s
        while not done():
            assert time.monotonic() < deadline, "\n".join(self.printed[-20:])
            self._step(deadline)

    def close(self, patcher: "Patcher") -> None:
        """Close a patcher, and all sockets."""
        patcher.freed()
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._selector.close()
        for sender in self.senders:
            sender.close()

    def _step(self, deadline: float) -> None:
        now = time.monotonic()
        wait = max(0.0, min([deadline, *(moment for moment, *_ in self._due[:1])]) - now)
        for key, _ in self._selector.select(wait):
            assert isinstance(key.fileobj, socket.socket)
            packet = OscMessage(key.fileobj.recv(65536))
            key.data.out(0, (packet.address, *packet.params))
        while self._due and self._due[0][0] <= time.monotonic():
            heapq.heappop(self._due)[2]()


class Box:
    """One box of a patcher, with what it remembers."""

    def __init__(self, patcher: "Patcher", box: dict[str, Any]) -> None:
        self.patcher, self.world, self.rect = patcher, patcher.world, box["patching_rect"]
        self.maxclass = box["maxclass"]
        self.text = patcher.filled(box.get("text", ""))
        words = self.text.split() if self.maxclass == "newobj" else []
        self.name = words[0] if words else self.maxclass
        self.words = words[1:]
        self.cold: dict[int, Atom] = {}
        self.state: Any = None
        self.targets: dict[int, list[tuple[Box, int]]] = {}
        self.inner: Patcher | None = None
        self._start(box)

    def out(self, outlet: int, message: Message) -> None:
        for target, inlet in self.targets.get(outlet, []):
            target.take(inlet, message)

    def take(self, inlet: int, message: Message) -> None:
        """Take a message in, as the object does in Max."""
        if self.inner is not None:
            self.inner.inlets[inlet].out(0, message)
        elif self.maxclass == "outlet":
            assert self.patcher.holder is not None
            self.patcher.holder.out(self.patcher.outlets.index(self), message)
        elif self.name not in SIGNALS:
            getattr(self, f"_{METHODS.get(self.name, self.name)}")(inlet, message)

    def loaded(self) -> None:
        """Do what the object does when its patcher has been loaded."""
        if self.inner is not None:
            self.inner.loaded()
        if self.name == "loadbang":
            self.out(0, BANG)

    def freed(self) -> None:
        """Do what the object does before its patcher goes."""
        if self.inner is not None:
            self.inner.freed()
        if self.name == "freebang":
            self.out(0, BANG)

    def _start(self, box: dict[str, Any]) -> None:  # noqa: C901 - one case for each object
        file = f"{self.name}.maxpat" if self.maxclass == "newobj" else box.get("name", "")
        path = self.world.folder / "patchers" / file
        if file and path.is_file() and self.maxclass in {"newobj", "bpatcher"}:
            self.inner = Patcher(self.world, path, tuple(map(atom, self.words)), holder=self)
        match self.name:
            case "udpreceive":
                self.state = self.world.listen(self, int(self.words[0]), None)
            case "udpsend":
                self.state = [self.words[0], int(self.words[1])]
                self.sender = self._new_sender()
            case "r":
                self.world.receivers.setdefault(self.words[0], []).append(self)
            case "pack" | "unpack" | "pipe":
                self.cold = dict(enumerate(map(atom, self.words)))
            case "i" | "f" | "change":
                self.state = atom(self.words[0])
            case "prepend":
                self.state = tuple(map(atom, self.words))
            case "message":
                self.state = [atoms(part) for part in self.text.split(",")] if self.text else [()]
            case "counter":
                self.state = int(self.words[0])
            case "coll":
                self.state = {}
            case "gate":
                self.state = 0
            case "cpuclock":
                self.state = time.monotonic()

    def _message(self, inlet: int, message: Message) -> None:
        match message:
            case ("set", *words):
                self.state = [tuple(words)]
            case ("append", *words):
                self.state[-1] += tuple(words)
            case _:
                assert inlet == 0
                for part in self.state:
                    self.out(0, tuple(self._dollar(word, message) for word in part))

    def _dollar(self, word: Atom, message: Message) -> Atom:
        match = re.fullmatch(r"\$(\d)", str(word))
        return message[int(match[1]) - 1] if match else word

    def _t(self, _: int, message: Message) -> None:
        for outlet in reversed(range(len(self.words))):
            match self.words[outlet]:
                case "b":
                    self.out(outlet, BANG)
                case "i":
                    self.out(outlet, (int(message[0]),))
                case "f":
                    self.out(outlet, (float(message[0]),))
                case "s":
                    self.out(outlet, message[:1])
                case "l":
                    self.out(outlet, message)

    def _route(self, _: int, message: Message) -> None:
        if str(message[0]) in self.words:
            self.out(self.words.index(str(message[0])), message[1:] or BANG)
        else:
            self.out(len(self.words), message)

    def _sel(self, _: int, message: Message) -> None:
        words = list(map(atom, self.words))
        if message[0] in words:
            self.out(words.index(message[0]), BANG)
        else:
            self.out(len(words), message)

    def _zl_slice(self, _: int, message: Message) -> None:
        if message[1:]:
            self.out(1, message[1:])
        self.out(0, message[:1])

    def _zl_nth(self, _: int, message: Message) -> None:
        self.out(0, message[:1])

    def _sprintf(self, inlet: int, message: Message) -> None:
        if message != BANG:
            self.cold[inlet] = message[0]
        if inlet == 0:
            words = self.words[1:]
            assert self.words[0] == "symout"
            text = " ".join(words).replace("%ld", "%d")
            self.out(0, (text % tuple(self.cold[place] for place in range(text.count("%"))),))

    def _prepend(self, _: int, message: Message) -> None:
        if message[0] == "set":
            self.state = message[1:]
        else:
            self.out(0, (*self.state, *message))

    def _number(self, inlet: int, message: Message) -> None:
        if message != BANG:
            self.state = int(message[0]) if self.name == "i" else float(message[0])
        if inlet == 0:
            self.out(0, (self.state,))

    def _through(self, _: int, message: Message) -> None:
        if message[0] != "set":
            self.out(0, message)

    def _counter(self, _: int, message: Message) -> None:
        assert message == BANG or isinstance(message[0], int)
        self.out(0, (self.state,))
        self.state = self.state + 1 if self.state < int(self.words[1]) else int(self.words[0])

    def _change(self, _: int, message: Message) -> None:
        if message[0] != self.state:
            self.state = message[0]
            self.out(0, message)

    def _metro(self, _: int, message: Message) -> None:
        self.state = None
        if message != (0,):
            self._tick()

    def _tick(self) -> None:
        number: list[int] = []

        def again() -> None:
            if self.state == number[0]:
                self._tick()

        number.append(self.world.later(float(self.words[0]), again))
        self.state = number[0]
        self.out(0, BANG)

    def _delay(self, _: int, message: Message) -> None:
        assert message == BANG
        number: list[int] = []

        def ring() -> None:
            if self.state == number[0]:
                self.out(0, BANG)

        number.append(self.world.later(float(self.words[0]), ring))
        self.state = number[0]

    def _unpack(self, _: int, message: Message) -> None:
        for outlet in reversed(range(min(len(message), len(self.words)))):
            example = self.cold[outlet]
            value = message[outlet]
            self.out(outlet, (value if isinstance(example, str) else type(example)(value),))

    def _pack(self, inlet: int, message: Message) -> None:
        self._fill(inlet, message)
        if inlet == 0:
            self.out(0, tuple(self.cold[place] for place in range(len(self.words))))

    def _pipe(self, inlet: int, message: Message) -> None:
        if message == ("clear",):
            return
        self._fill(inlet, message)
        if inlet == 0:
            values = [self.cold[place] for place in range(len(self.words) - 1)]
            self.world.later(float(self.cold[len(self.words) - 1]), lambda: self._release(values))

    def _release(self, values: Sequence[Atom]) -> None:
        for outlet in reversed(range(len(values))):
            self.out(outlet, (values[outlet],))

    def _fill(self, inlet: int, message: Message) -> None:
        if message != BANG:
            for place, value in enumerate(message):
                example = self.cold[inlet + place]
                self.cold[inlet + place] = value if isinstance(example, str) else type(example)(value)

    def _expr(self, inlet: int, message: Message) -> None:
        self.cold[inlet] = message[0]
        if inlet == 0:
            text = " ".join(self.words).replace("||", " or ").replace("&&", " and ").replace("\\,", ",")
            values = {f"f{place + 1}": float(value) for place, value in self.cold.items()}
            names = re.findall(r"\$f(\d)", text)
            unset = {f"f{name}": 0.0 for name in names}
            found = eval(text.replace("$f", "f"), {"max": max}, unset | values)  # noqa: S307 - our own patcher's text
            self.out(0, (int(found) if isinstance(found, bool) else found,))

    def _cpuclock(self, _: int, message: Message) -> None:
        assert message == BANG
        self.out(0, (1000 * (time.monotonic() - self.state),))

    def _coll(self, _: int, message: Message) -> None:
        match message:
            case ("clear",):
                self.state.clear()
            case (int(key),):
                if key in self.state:
                    self.out(0, self.state[key])
            case (int(key), *values):
                self.state[key] = tuple(values)
            case _:
                raise AssertionError(message)

    def _gate(self, inlet: int, message: Message) -> None:
        if inlet == 0:
            self.state = message[0]
        elif self.state:
            self.out(0, message)

    def _polybuffer(self, _: int, message: Message) -> None:
        if message == ("clear",):
            self.world.buffers.clear()
        else:
            word, path = message
            assert word == "append"
            self.world.buffers.append(str(path))

    def _poly(self, _: int, message: Message) -> None:
        assert message[0] == "note"
        self.world.notes.append((time.monotonic(), message[1:]))

    def _patcherargs(self, _: int, message: Message) -> None:
        assert message == BANG
        defaults = tuple(map(atom, self.words))
        self.out(0, (*self.patcher.arguments, *defaults[len(self.patcher.arguments) :]))

    def _s(self, _: int, message: Message) -> None:
        for receiver in self.world.receivers.get(self.words[0], []):
            receiver.out(0, message)

    def _print(self, _: int, message: Message) -> None:
        assert len(self.world.printed) < PRINTED
        self.world.printed.append(" ".join(map(str, (*self.words, *message))))

    def _comment(self, _: int, message: Message) -> None:
        assert message[0] == "set"
        self.text = " ".join(map(str, message[1:]))

    def _pcontrol(self, _: int, message: Message) -> None:
        word, file = message
        assert word == "loadunique"
        assert (self.world.folder / "patchers" / str(file)).is_file()
        self.world.printed.append(f"opened {file}")

    def _udpsend(self, _: int, message: Message) -> None:
        match message:
            case ("host", host):
                self.state[0] = host
                self.sender = self._new_sender()
            case ("port", port):
                self.state[1] = port
                self.sender = self._new_sender()
            case _:
                self.sender.send_message(str(message[0]), list(message[1:]))

    def _new_sender(self) -> SimpleUDPClient:
        sender = SimpleUDPClient(*self.state)
        self.world.senders.append(sender)
        return sender

    def _udpreceive(self, _: int, message: Message) -> None:
        word, port = message
        assert word == "port"
        if port != self.state.getsockname()[1]:
            self.state = self.world.listen(self, int(port), self.state)


METHODS = {
    "zl.slice": "zl_slice",
    "zl.nth": "zl_nth",
    "i": "number",
    "f": "number",
    "number": "through",
    "flonum": "through",
    "toggle": "through",
    "slider": "through",
    "button": "through",
    "polybuffer~": "polybuffer",
    "poly~": "poly",
}


class Patcher:
    """A patcher that was loaded, with the arguments of the box that holds it."""

    def __init__(self, world: World, path: Path, arguments: Message = (), *, holder: Box | None = None) -> None:
        self.world, self.holder, self.arguments = world, holder, arguments
        self._number = str(1000 + next(world._count))  # noqa: SLF001 - a number of its own
        document = json.loads(path.read_text(encoding="utf-8"))["patcher"]
        self.boxes = {entry["box"]["id"]: Box(self, entry["box"]) for entry in document["boxes"]}
        for entry in document["lines"]:
            (source, outlet), (target, inlet) = (entry["patchline"][end] for end in ("source", "destination"))
            self.boxes[source].targets.setdefault(outlet, []).append((self.boxes[target], inlet))
        for box in self.boxes.values():
            for targets in box.targets.values():
                targets.sort(key=lambda target: (-target[0].rect[0], -target[0].rect[1]))
        self.inlets = self._sorted("inlet")
        self.outlets = self._sorted("outlet")

    def loaded(self) -> None:
        """Tell all boxes that the patcher is there."""
        for box in self.boxes.values():
            box.loaded()

    def freed(self) -> None:
        """Tell all boxes that the patcher goes."""
        for box in self.boxes.values():
            box.freed()

    def filled(self, text: str) -> str:
        """Put number and arguments into the text of a box."""
        text = text.replace("#0", self._number)
        return re.sub(r"#(\d)", lambda match: str((*self.arguments, *[0] * 9)[int(match[1]) - 1]), text)

    def of_text(self, beginning: str) -> Box:
        """Return the one box whose text begins so."""
        found = [box for box in self.boxes.values() if box.text.startswith(beginning)]
        exact = [box for box in found if box.text == beginning]
        (box,) = exact or found
        return box

    def of_class(self, maxclass: str) -> list[Box]:
        """Return the boxes of a class, from left to right and top to bottom."""
        found = [box for box in self.boxes.values() if box.maxclass == maxclass]
        return sorted(found, key=lambda box: (box.rect[1], box.rect[0]))

    def click(self, beginning: str) -> None:
        """Click the message box whose text begins so."""
        self.of_text(beginning).take(0, BANG)

    def _sorted(self, maxclass: str) -> list[Box]:
        return sorted((box for box in self.boxes.values() if box.maxclass == maxclass), key=lambda box: box.rect[0])
