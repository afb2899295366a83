"""The commands as a table: what each is called, which arguments and which parameters of the table it takes.

Reading a message, ``/oscreorder/commands`` and the reference page all go by it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from oscreorder.errors import ParameterError
from oscreorder.osc.wire import Argument, Unreadable
from oscreorder.parameters import PARAMETERS, Group, Value, shown

PREFIX = "/oscreorder"
DEFAULT_PORT = 57140
MAX_ID = 2**24 - 1
MAX_WORD = 100
MAX_PATH = 4096


@dataclass(frozen=True, slots=True)
class ArgumentSpec:
    """A positional argument; `low` and `high` bound an int (inclusive)."""

    name: str
    kind: Literal["int", "word", "path", "switch", "value"]
    optional: bool = False
    low: int = 0
    high: int = MAX_ID

    @property
    def allowed(self) -> str:
        """The allowed values in words."""
        match self.kind:
            case "int":
                return f"a whole number, {self.low} to {self.high}"
            case "word":
                return f"a name of at most {MAX_WORD} characters"
            case "path":
                return f"a path of at most {MAX_PATH} bytes of UTF-8, as text or blob"
            case "switch":
                return "0 or 1"
            case "value":
                return "a number or a word"

    def read(self, value: Argument) -> Value:
        """Return `value` with the exact type of this argument.

        Raises
        ------
        ParameterError
            It could not be read, has another kind or lies out of range.
        """
        if isinstance(value, Unreadable):
            raise ParameterError(f"{self.name}: {value.reason}")
        match self.kind:
            case "int":
                read: Value | None = _whole(value, self.low, self.high)
            case "switch":
                read = int(value) if isinstance(value, bool) else _whole(value, 0, 1)
            case "word":
                read = _word(value)
            case "path":
                read = _path(value)
            case "value":
                read = None if isinstance(value, bytes) else value
        if read is None:
            raise ParameterError(f"{self.name}: {shown(value)} is not allowed; it takes {self.allowed}")
        return read


ID = ArgumentSpec("id", "int")
PLACES = "(grain n | point x y | vector v…)"


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A command: ``/oscreorder/<name> <id> <arguments> [<option> <value>]...``.

    `id` is the argument that every answer carries; only ``param`` has none, and has one address for each parameter.
    With `placed` a place follows the arguments, ``grain n``, ``point x y`` or ``vector v...``.  `options` are the names
    of the parameters it takes.  With `work` it is long and runs as a job; with `silent` only an error answers it.
    """

    name: str
    help: str
    arguments: tuple[ArgumentSpec, ...] = ()
    options: tuple[str, ...] = ()
    work: bool = False
    placed: bool = False
    silent: bool = False
    id: ArgumentSpec = ID

    @property
    def address(self) -> str:
        """The address that asks for it."""
        return f"{PREFIX}/{self.name}" if self.identified else f"{PREFIX}/{self.name}/<name>"

    @property
    def identified(self) -> bool:
        """Whether it carries an id."""
        return self.name != "param"

    @property
    def required(self) -> int:
        """How many positional arguments must come."""
        return sum(not argument.optional for argument in self.arguments)

    @property
    def usage(self) -> str:
        """Its arguments in words, short: ``id corpus out [options]``."""
        names = (f"[{spec.name}]" if spec.optional else spec.name for spec in self.arguments)
        place = [PLACES] if self.placed else []
        options = [] if not self.options else ["name value…"] if self.silent else ["[options]"]
        return " ".join([*([self.id.name] if self.identified else []), *names, *place, *options])

    @property
    def takes(self) -> str:
        """Its arguments and the names of all its options, as ``/oscreorder/commands`` tells them."""
        return f"{self.usage}; options: {' '.join(self.options)}" if self.options else self.usage


def _options(*groups: Group, beside: tuple[str, ...] = ()) -> tuple[str, ...]:
    return tuple(name for name, row in PARAMETERS.items() if row.group in groups or name in beside)


_CORPUS = ArgumentSpec("corpus", "word")
_OUT = ArgumentSpec("out", "path")
_STREAM = ArgumentSpec("stream", "int")
_LOADING: tuple[Group, ...] = ("load",)
_ANALYSIS: tuple[Group, ...] = ("analysis",)
_RENDERING: tuple[Group, ...] = ("analysis", "order", "render", "file")
_PLOTTING: tuple[Group, ...] = ("analysis", "order", "map", "plot", "file")
_OF_MAPS = ("perplexity", "seed")

COMMANDS: Mapping[str, CommandSpec] = {
    spec.name: spec
    for spec in (
        CommandSpec("ping", "answers at once: version and uptime"),
        CommandSpec(
            "status",
            "counts: corpora, jobs, streams, peers, packets, refused, late; with 1, first one limit each",
            (ArgumentSpec("limits", "switch", optional=True),),
        ),
        CommandSpec(
            "notify",
            "1: send replies to this port of yours and tell alive each 2 s, for 60 s after your last packet; 0: end it",
            (ArgumentSpec("on", "switch"), ArgumentSpec("port", "int", optional=True, low=1, high=65535)),
        ),
        CommandSpec(
            "param",
            "sets a parameter, or asks for it; answered by /oscreorder/param",
            (ArgumentSpec("value", "value", optional=True),),
        ),
        CommandSpec("params", "lists the parameters, one info each"),
        CommandSpec("commands", "lists the commands, one info each"),
        CommandSpec(
            "load",
            "reads a file, a folder or a glob into a corpus; more is added to what it has",
            (_CORPUS, ArgumentSpec("path", "path")),
            _options(*_LOADING),
            work=True,
        ),
        CommandSpec(
            "analyse", "cuts the corpus into grains and describes them", (_CORPUS,), _options(*_ANALYSIS), work=True
        ),
        CommandSpec(
            "render",
            "writes the corpus re-ordered by likeness as a sound file: .wav .flac .aiff .ogg .mp3",
            (_CORPUS, _OUT),
            _options(*_RENDERING),
            work=True,
        ),
        CommandSpec(
            "order",
            "writes the order as a file: .csv, .json or .txt (Audacity labels)",
            (_CORPUS, _OUT),
            _options(*_RENDERING),
            work=True,
        ),
        CommandSpec(
            "plot",
            "writes a picture: kind map, spectrogram or order",
            (_CORPUS, _OUT),
            _options(*_PLOTTING),
            work=True,
        ),
        CommandSpec(
            "neighbours",
            "tells the nearest grains, one neighbour each; analyses, and makes the 2-D map for a point, where needed",
            (_CORPUS,),
            _options("map", "neighbours", beside=_OF_MAPS),
            placed=True,
        ),
        CommandSpec(
            "stream/start",
            "begins a stream of this id: from the first target on, grains come in time; analyses first where needed",
            (_CORPUS,),
            _options("map", "neighbours", "stream", beside=_OF_MAPS),
        ),
        CommandSpec("stream/target", "aims a stream; answered only by an error", placed=True, silent=True, id=_STREAM),
        CommandSpec(
            "stream/set",
            "changes parameters of a stream; answered only by an error",
            options=_options("neighbours", "stream"),
            silent=True,
            id=_STREAM,
        ),
        CommandSpec(
            "stream/stop",
            "ends a stream of yours, or with -1 all; tells how many grains it sent and how many were late",
            (ArgumentSpec("stream", "int", low=-1),),
        ),
        CommandSpec("corpora", "lists the corpora, one corpus message each"),
        CommandSpec("sounds", "lists the sounds of a corpus, one sound message each", (_CORPUS,)),
        CommandSpec(
            "copies",
            "lists its sounds as sounds does, with a copy as WAV, which is made, of each that is neither WAV nor AIFF",
            (_CORPUS,),
            work=True,
        ),
        CommandSpec("free", "forgets a corpus", (_CORPUS,)),
        CommandSpec(
            "cancel", "ends another request of yours; its files are not left behind", (ArgumentSpec("other_id", "int"),)
        ),
        CommandSpec("sync", "answers when all your earlier work has ended"),
        CommandSpec("quit", "ends the daemon; only from the same machine"),
    )
}


def _whole(value: Argument, low: int, high: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high or value != int(value):
        return None
    return int(value)


def _word(value: Argument) -> str | None:
    """Return a name; a number stands for it as it would be written, since Pd sends the name 12 as 12.0."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        value = str(int(value)) if value == int(value) else f"{value:.7g}"
    if not isinstance(value, str) or not 0 < len(value) <= MAX_WORD or not value.isprintable() or value.isspace():
        return None
    return value


def _path(value: Argument) -> str | None:
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            return None
    if not isinstance(value, str) or not 0 < len(value.encode()) <= MAX_PATH or "\0" in value:
        return None
    return value
