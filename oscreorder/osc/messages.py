"""What a message asks and what is answered, as values.

`read_request` checks a message against the tables of commands and parameters: what comes out of it can be carried
out or must be refused.  The other functions are the replies.
"""

import difflib
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from oscreorder.errors import OscReorderError, ParameterError, UnknownCommandError
from oscreorder.limits import LIMITS, Limits
from oscreorder.osc.commands import (
    COMMANDS,
    ID,
    PREFIX,
    ArgumentSpec,
    CommandSpec,
)
from oscreorder.osc.places import Place, read_place
from oscreorder.osc.wire import MAX_INT_OUT, Argument, Message, Unreadable, encode, numeric
from oscreorder.parameters import MAX_ECHO, PARAMETERS, Parameter, Value, printable, shown

__all__ = [
    "COMMANDS",
    "PREFIX",
    "ArgumentSpec",
    "CommandSpec",
    "Place",
    "Refusal",
    "Request",
    "alive",
    "bye",
    "command_rows",
    "corpus_row",
    "done",
    "error",
    "grain",
    "limit_rows",
    "neighbour_rows",
    "notice",
    "param",
    "parameter_rows",
    "progress",
    "read_request",
    "sound_row",
]

UNREAD_ID = -1
PARAM_ID = 0

# What we say ourselves is never answered: two daemons that hear each other must not talk for ever.
ROWS = ("info", "corpus", "sound", "neighbour", "limit")
REPLIES = frozenset(("done", "error", "progress", "notice", "param", "grain", "alive", "bye", *ROWS))

_PATTERN = frozenset("*?[]{}")
# The distance is finite: no grain lies farther out than 1e30
_NEIGHBOUR_HEAD, _NEIGHBOUR = numeric(f"{PREFIX}/neighbour", "iiiiiif")
_PARAM_ADDRESSES: Mapping[str, Parameter] = {f"param/{name}": row for name, row in PARAMETERS.items()}


@dataclass(frozen=True, slots=True)
class Request:
    """A command that may be carried out: everything in it has been checked, value by value.

    `arguments` maps names of positional arguments to values, without those that were left out; `options` maps
    names of parameters to values.  For ``param`` they are ``name`` and, to set it, ``value``, and `id` is 0.
    """

    command: str
    id: int
    arguments: Mapping[str, Value]
    options: Mapping[str, Value]
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that is answered with an error; `id` is -1 where it was missing or could not be read."""

    command: str
    id: int
    error: OscReorderError


def read_request(message: Message) -> Request | Refusal | None:
    """Return what a message asks, or why it is refused; None where it is not for us and must not be answered.

    Not for us: an address outside ``/oscreorder``, one of our own replies, an element of a bundle that is no message.
    """
    name = message.address.removeprefix(PREFIX + "/")
    if name == message.address and name != PREFIX:
        return None
    if name in REPLIES:
        return None
    if name in COMMANDS:
        return _read_command(COMMANDS[name], message.arguments)
    if name in _PARAM_ADDRESSES:
        return _read_param(_PARAM_ADDRESSES[name], message.arguments)
    return _unknown(name, message)


def done(command: str, request_id: int, *values: Value) -> Message:
    """Return the one reply of a request that succeeded."""
    return Message(f"{PREFIX}/done", (command, request_id, *map(_sendable, values)))


def error(command: str, request_id: int, problem: OscReorderError) -> Message:
    """Return the one reply of a request that failed."""
    text = str(problem) or type(problem).__name__
    return Message(f"{PREFIX}/error", (command, request_id, problem.code, text))


def progress(command: str, request_id: int, fraction: float, what: str) -> Message:
    """Return how far long work has come, `fraction` from 0 to 1."""
    return Message(f"{PREFIX}/progress", (command, request_id, float(fraction), what))


def notice(command: str, request_id: int, text: str) -> Message:
    """Return what was done differently from what was asked."""
    return Message(f"{PREFIX}/notice", (command, request_id, text))


def param(name: str, value: Value) -> Message:
    """Return the answer to a get and to a set of a parameter."""
    return Message(f"{PREFIX}/param", (name, _sendable(value)))


def parameter_rows(request_id: int) -> list[Message]:
    """Return one ``info`` a parameter: id name type default min max unit help."""
    return [Message(f"{PREFIX}/info", (request_id, *_parameter_row(row))) for row in PARAMETERS.values()]


def command_rows(request_id: int) -> list[Message]:
    """Return one ``info`` a command: id address arguments help."""
    rows = ((spec.address, spec.takes, spec.help) for spec in COMMANDS.values())
    return [Message(f"{PREFIX}/info", (request_id, *row)) for row in rows]


def corpus_row(request_id: int, name: str, *, sounds: int, grains: int, seconds: float, sr: int, state: str) -> Message:
    """Return one corpus of the answer to ``corpora``."""
    values: tuple[Value, ...] = (name, sounds, grains, float(seconds), sr, state)
    return Message(f"{PREFIX}/corpus", (request_id, *map(_sendable, values)))


def sound_row(request_id: int, index: int, path: str, *, sr: int, channels: int, length: int) -> Message:
    """Return one sound of the answer to ``sounds``; `length` in samples of its own file."""
    values: tuple[Value, ...] = (index, path, sr, channels, length)
    return Message(f"{PREFIX}/sound", (request_id, *map(_sendable, values)))


def limit_rows(request_id: int, limits: Limits, in_use: Mapping[str, int]) -> list[Message]:
    """Return one ``limit`` a row of the table: id name in_use allowed unit help; -1 where use is not counted."""
    return [
        Message(
            f"{PREFIX}/limit",
            (request_id, name, in_use.get(name, -1), _sendable(getattr(limits, name)), row.unit, row.help),
        )
        for name, row in LIMITS.items()
    ]


def neighbour_rows(request_id: int, found: Sequence[tuple[int, int, int, int, float]]) -> list[bytes]:
    """Return the encoded rows of the answer to ``neighbours``, nearest first.

    Those found are grain sound start length distance, in samples of the sound's own file; the rows begin with id rank.
    """
    rows = []
    for rank, (grain, sound, start, length, distance) in enumerate(found):
        if max(grain, start, length) <= MAX_INT_OUT:
            rows.append(_NEIGHBOUR_HEAD + _NEIGHBOUR.pack(request_id, rank, grain, sound, start, length, distance))
        else:
            numbers = map(_sendable, (request_id, rank, grain, sound, start, length, distance))
            rows.append(encode(f"{PREFIX}/neighbour", *numbers))
    return rows


def grain(stream: int, values: Sequence[Value]) -> Message:
    """Return a grain of a stream: t_ms lead_ms sound start dur_ms gain pan distance."""
    return Message(f"{PREFIX}/grain", (stream, *map(_sendable, values)))


def alive(count: int, uptime_s: float) -> Message:
    """Return a heartbeat."""
    return Message(f"{PREFIX}/alive", (_sendable(count), float(uptime_s)))


def bye() -> Message:
    """Return the daemon's last word."""
    return Message(f"{PREFIX}/bye")


def _read_command(spec: CommandSpec, arguments: Sequence[Argument]) -> Request | Refusal:
    """Read id, positional arguments and options of a known command."""
    request_id = UNREAD_ID
    try:
        request_id = _read_id(spec, arguments)
        behind = 1 + len(spec.arguments)
        named, rest = arguments[1:behind], arguments[behind:]
        if spec.placed:  # such come at every step of a slider, and differ in the place alone
            positional = _known_positional(spec.name, *named)
            place, rest = read_place(rest)
            options = _known_options(spec.name, *rest)
        else:
            place = None
            positional = _read_positional(spec, named)
            options = _read_options(spec, rest)
    except ParameterError as problem:
        return Refusal(spec.name, request_id, problem)
    return Request(spec.name, request_id, positional, options, place)


def _read_id(spec: CommandSpec, arguments: Sequence[Argument]) -> int:
    if not arguments:
        raise ParameterError(f"{spec.id.name}: missing; {spec.address} takes {spec.usage}")
    return int(spec.id.read(arguments[0]))


def _read_positional(spec: CommandSpec, values: Sequence[Argument]) -> Mapping[str, Value]:
    """Return the positional arguments by name."""
    read = {argument.name: argument.read(value) for argument, value in zip(spec.arguments, values, strict=False)}
    if len(read) < spec.required:
        raise ParameterError(f"{spec.arguments[len(read)].name}: missing; {spec.address} takes {spec.usage}")
    return read


def _read_options(spec: CommandSpec, rest: Sequence[Argument]) -> Mapping[str, Value]:
    """Read name-value pairs; each option at most once, and only those that the command takes."""
    options: dict[str, Value] = {}
    for at in range(0, len(rest), 2):
        name = _option_name(spec, rest[at])
        if name in options:
            raise ParameterError(f"{name}: given twice; give it once")
        if at + 1 == len(rest):
            raise ParameterError(f"{name}: no value; options are pairs of a name and a value")
        options[name] = _option_value(PARAMETERS[name], rest[at + 1])
    return options


# By types too: 1, 1.0 and true are equal, but not read alike.
@functools.lru_cache(maxsize=128, typed=True)
def _known_positional(command: str, *values: Argument) -> Mapping[str, Value]:
    return MappingProxyType(_read_positional(COMMANDS[command], values))


@functools.lru_cache(maxsize=128, typed=True)
def _known_options(command: str, *rest: Argument) -> Mapping[str, Value]:
    return MappingProxyType(_read_options(COMMANDS[command], rest))


def _option_name(spec: CommandSpec, name: Argument) -> str:
    if isinstance(name, Unreadable):
        raise ParameterError(f"name of an option: {name.reason}")
    if not spec.options:
        raise ParameterError(f"{shown(name)} is too much; {spec.address} takes {spec.usage}")
    if not isinstance(name, str):
        raise ParameterError(f"{shown(name)} is not the name of an option; {spec.address} takes {spec.usage}")
    if name not in spec.options:
        near = difflib.get_close_matches(name[:MAX_ECHO], spec.options, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise ParameterError(f"{printable(name)}: no option of {spec.address}{hint}; it takes {' '.join(spec.options)}")
    return name


def _option_value(row: Parameter, value: Argument) -> Value:
    if isinstance(value, Unreadable):
        raise ParameterError(f"{row.name}: {value.reason}")
    return row.read(value)


def _read_param(row: Parameter, arguments: Sequence[Argument]) -> Request | Refusal:
    """Read ``/oscreorder/param/<name> [value]``."""
    try:
        value = _param_value(row, arguments)
    except ParameterError as problem:
        return Refusal(f"param/{row.name}", PARAM_ID, problem)
    return Request("param", PARAM_ID, {"name": row.name} | value, {})


def _param_value(row: Parameter, arguments: Sequence[Argument]) -> dict[str, Value]:
    if not arguments:
        return {}
    if len(arguments) > 1:
        raise ParameterError(f"{row.name}: {len(arguments)} values came; it takes one, or none to ask for it")
    return {"value": _option_value(row, arguments[0])}


def _unknown(name: str, message: Message) -> Refusal:
    """Refuse an address of ours that is none; the id is told where it can be read."""
    if not _PATTERN.isdisjoint(name):
        text = f"{printable(message.address)}: patterns are not supported; send to one address"
    else:
        text = f"there is no {printable(message.address)}; the nearest is {PREFIX}/{_nearest(name[:MAX_ECHO])}"
    return Refusal(printable(name), _id_of_unknown(name, message.arguments), UnknownCommandError(text))


def _id_of_unknown(name: str, arguments: Sequence[Argument]) -> int:
    if name.startswith("param/"):
        return PARAM_ID
    try:
        return int(ID.read(arguments[0])) if arguments else UNREAD_ID
    except ParameterError:
        return UNREAD_ID


@functools.lru_cache(maxsize=256)
def _nearest(name: str) -> str:
    """Return the nearest known command or parameter; cached, since a wrong address may come at slider rate."""
    known = _PARAM_ADDRESSES if name.startswith("param/") else COMMANDS
    return difflib.get_close_matches(name, known, n=1, cutoff=0)[0]


def _parameter_row(row: Parameter) -> Iterator[Value]:
    """Yield name, type, default, min, max, unit, help; words have no range, their help lists them."""
    numeric = row.kind in {"int", "float"}
    number = float if row.kind == "float" else int
    bounds: tuple[Value, Value] = (number(row.minimum), number(row.maximum)) if numeric else ("", "")
    if row.kind == "switch":
        bounds = 0, 1
    told = row.help if not row.choices else f"{row.help}; it takes {row.allowed}"
    yield from (row.name, row.kind, _sendable(row.default), *map(_sendable, bounds), row.unit, told)


def _sendable(value: Value) -> Value:
    """Return the value as every client reads it exactly: an int beyond 2^24 goes as float."""
    return float(value) if isinstance(value, int) and abs(value) > MAX_INT_OUT else value
