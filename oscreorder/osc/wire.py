"""The codec: a datagram to messages and back.  Strict, in linear time; what does not parse is a `WireError`.

Three degrees of trouble, so that as much as possible can be answered:

- a datagram whose structure is broken (length, element sizes, nesting, a lone message that is no message) is refused
  whole, with `WireError`;
- an element of a bundle that lies well inside it but is no message becomes a `Message` with the empty address: its
  siblings live, and whoever counts refusals sees it;
- in a message whose structure is whole, a value that cannot be read (text that is not UTF-8, an unknown type tag) is
  an `Unreadable` among the arguments: the message can be answered.  After an unknown tag nothing more is read, since
  nobody knows where its data ends.
"""

import functools
import itertools
import math
import operator
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from oscreorder.errors import WireError
from oscreorder.limits import DEFAULTS, Limits

MAX_STRING_OUT = 400
MAX_PACKET_OUT = 1472
MAX_INT_OUT = 2**24
MAX_FLOAT_OUT = (2 - 2**-23) * 2.0**127

IMMEDIATELY = 1
SECONDS_1900_TO_1970 = 2_208_988_800

_BUNDLE = b"#bundle\0"
_BUNDLE_HEAD = 16
_INT = struct.Struct(">i")
_TIMETAG = struct.Struct(">Q")
_LAST_TIMETAG = 2**64 - 1
_SLASH, _COMMA = b"/,"

_FIXED = {"i": "i", "f": "f", "d": "d", "h": "q"}
_OTHER: dict[str, "Step"] = {"s": "s", "b": "b", "T": True, "F": False}
_CACHED_TAGS = 64


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands where an argument could not be read; `reason` is for the peer's eyes."""

    reason: str


Argument = int | float | str | bytes | bool | Unreadable
Step = struct.Struct | Literal["s", "b"] | bool | Unreadable


@dataclass(frozen=True, slots=True)
class Message:
    """An address with its arguments; the empty address marks an element of a bundle that was no message."""

    address: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Timed:
    """A message and the 64-bit NTP timetag of the innermost bundle around it; outside any bundle `IMMEDIATELY`."""

    timetag: int
    message: Message


def decode(datagram: bytes, *, limits: Limits = DEFAULTS) -> list[Timed]:
    """Return the messages of a datagram in the order in which they stand.

    `limits` gives the most bytes, nesting, elements and arguments.  Numbers come as they are, NaN and infinities too;
    ``T`` and ``F`` come as bool.  No type-tag string at all means no arguments.

    Raises
    ------
    WireError
        The datagram does not parse, or is beyond a limit.
    """
    size = len(datagram)
    if size == 0 or size % 4 or size > limits.packet_bytes:
        raise WireError(f"a datagram holds a multiple of 4 bytes up to {limits.packet_bytes}, not {size}")
    if datagram.startswith(_BUNDLE):
        return _bundle(datagram, limits)
    return [Timed(IMMEDIATELY, _message(datagram, 0, size, limits.arguments))]


def encode(address: str, *arguments: Argument) -> bytes:
    """Return the datagram of a message, with the type tags that every client reads: i, f, s, b.

    Text loses NULs and what no UTF-8 can hold, and is cut to `MAX_STRING_OUT` bytes at a character's end.

    Raises
    ------
    ValueError
        An int beyond +-2^24 or a float beyond 32 bits (send a float, or a finite one), or a packet beyond
        `MAX_PACKET_OUT`.
    TypeError
        An argument of another type.
    """
    if packed := _numbers(address, tuple(map(type, arguments))):
        head, layout, largest = packed
        if all(map(operator.ge, largest, map(abs, arguments))):  # type: ignore[arg-type]
            return head + layout.pack(*arguments)
    fields = [_field(argument) for argument in arguments]
    tags = "".join(tag for tag, _ in fields)
    return _sized(_head(address, tags) + b"".join([payload for _, payload in fields]))


@functools.lru_cache(maxsize=128)
def _head(address: str, tags: str) -> bytes:
    return _text(address) + _text("," + tags)


@functools.lru_cache(maxsize=64)
def _numbers(address: str, kinds: tuple[type, ...]) -> tuple[bytes, struct.Struct, tuple[float, ...]] | None:
    """Return how a message of plain numbers begins and goes on, and how large each may be.

    Such are sent by the thousand.
    """
    if not kinds or not {int, float}.issuperset(kinds) or len(kinds) > _CACHED_TAGS:
        return None
    tags = "".join("i" if kind is int else "f" for kind in kinds)
    largest = tuple(MAX_INT_OUT if kind is int else MAX_FLOAT_OUT for kind in kinds)
    return *numeric(address, tags), largest


def numeric(address: str, tags: str) -> tuple[bytes, struct.Struct]:
    """Return how a message with these tags, i and f, begins, and the layout of the numbers behind."""
    return _head(address, tags), struct.Struct(">" + tags)


def encode_bundle(timetag: int, messages: Sequence[bytes]) -> bytes:
    """Return the datagram of a bundle around encoded messages.

    Raises
    ------
    ValueError
        The packet is beyond `MAX_PACKET_OUT`, or the timetag is not of 64 bits.
    """
    if not 0 <= timetag <= _LAST_TIMETAG:
        raise ValueError(f"a timetag has 64 bits, {timetag} does not fit")
    elements = (_INT.pack(len(message)) + message for message in messages)
    return _sized(_BUNDLE + _TIMETAG.pack(timetag) + b"".join(elements))


def ntp(seconds_since_1970: float) -> int:
    """Return the 64-bit NTP timetag of a Unix time, held inside 1900 to 2036."""
    whole = math.floor(seconds_since_1970)
    fraction = int((seconds_since_1970 - whole) * 2**32)
    return min(max((whole + SECONDS_1900_TO_1970 << 32) + fraction, 0), _LAST_TIMETAG)


def unix(timetag: int) -> float:
    """Return the Unix time (s) of an NTP timetag; `IMMEDIATELY` lies in 1900, so it is always past."""
    return (timetag >> 32) - SECONDS_1900_TO_1970 + (timetag & 0xFFFFFFFF) / 2**32


def _bundle(data: bytes, limits: Limits) -> list[Timed]:
    """Walk through nested bundles without recursion: `open_bundles` holds the timetag and the end of each."""
    found: list[Timed] = []
    elements = 0
    open_bundles = [_opened(data, 0, len(data))]
    at = _BUNDLE_HEAD
    while open_bundles:
        timetag, stop = open_bundles[-1]
        if at == stop:
            open_bundles.pop()
            continue
        start, end = _element(data, at, stop)
        elements += 1
        if elements > limits.elements:
            raise WireError(f"more than {limits.elements} elements in a datagram")
        if data.startswith(_BUNDLE, start, end):
            if len(open_bundles) == limits.nesting:
                raise WireError(f"bundles nested more than {limits.nesting} deep")
            open_bundles.append(_opened(data, start, end))
            at = start + _BUNDLE_HEAD
        else:
            found.append(Timed(timetag, _message_of_bundle(data, start, end, limits.arguments)))
            at = end
    return found


def _opened(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Return the timetag and the end of the bundle that fills `data` from `start` to `end`."""
    if end - start < _BUNDLE_HEAD:
        raise WireError("a bundle without its timetag")
    timetag: int = _TIMETAG.unpack_from(data, start + len(_BUNDLE))[0]
    return timetag, end


def _element(data: bytes, at: int, stop: int) -> tuple[int, int]:
    """Return start and end of the element whose size stands at `at` (4 bytes below `stop`, all being multiples)."""
    size: int = _INT.unpack_from(data, at)[0]
    start = at + 4
    if size <= 0 or size % 4 or size > stop - start:
        raise WireError(f"an element of size {size} in a bundle with {stop - start} bytes left")
    return start, start + size


def _message_of_bundle(data: bytes, start: int, stop: int, most: int) -> Message:
    """Return the message, or the mark of one that is none, so that its siblings live."""
    try:
        return _message(data, start, stop, most)
    except WireError as error:
        return Message("", (Unreadable(str(error)),))


def _message(data: bytes, start: int, stop: int, most: int) -> Message:
    """Return the message of at most so many arguments that fills `data` from `start` to `stop`, multiples of 4."""
    if data[start] != _SLASH:
        raise WireError("an address begins with /")
    raw, at = _terminated(data, start, stop)
    try:
        address = raw.decode()
    except UnicodeDecodeError:
        raise WireError("an address that is not UTF-8") from None
    if at == stop:
        return Message(address)
    if data[at] != _COMMA:
        raise WireError("type tags begin with a comma")
    tags, at = _terminated(data, at + 1, stop)
    if len(tags) > most:
        raise WireError(f"more than {most} arguments")
    return Message(address, _arguments(data, at, stop, tags))


def _terminated(data: bytes, start: int, stop: int) -> tuple[bytes, int]:
    """Return the bytes up to the first NUL, and where the next field begins after the padding."""
    end = data.find(0, start, stop)
    if end < 0:
        raise WireError("text without its closing NUL")
    return data[start:end], (end | 3) + 1


def _arguments(data: bytes, at: int, stop: int, tags: bytes) -> tuple[Argument, ...]:
    """Read what the tags announce; it must fill `data` from `at` to `stop`."""
    plan = _cached_plan(tags) if len(tags) <= _CACHED_TAGS else _plan(tags)
    values: list[Argument] = []
    for step in plan:
        if isinstance(step, struct.Struct):
            if step.size > stop - at:
                raise WireError("arguments that end beyond their message")
            values += step.unpack_from(data, at)
            at += step.size
        elif step == "s":
            end = data.find(0, at, stop)
            if end < 0:
                raise WireError("text without its closing NUL")
            values.append(_decoded(data[at:end]))
            at = (end | 3) + 1
        elif step == "b":
            blob, at = _blob(data, at, stop)
            values.append(blob)
        else:
            values.append(step)
    if at != stop and not isinstance(plan[-1] if plan else None, Unreadable):
        raise WireError(f"{stop - at} bytes after the last argument")
    return tuple(values)


def _decoded(raw: bytes) -> str | Unreadable:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return Unreadable(f'"{_escaped(raw[:60])}" is not UTF-8')


def _escaped(raw: bytes) -> str:
    """Return bytes as one line of text that does nothing to a terminal."""
    return "".join(_shown(letter) for letter in raw.decode("latin-1"))


def _blob(data: bytes, at: int, stop: int) -> tuple[bytes, int]:
    if stop - at < _INT.size:
        raise WireError("a blob without its size")
    size: int = _INT.unpack_from(data, at)[0]
    start = at + _INT.size
    if not 0 <= size <= stop - start:
        raise WireError(f"a blob of size {size} in a message with {stop - start} bytes left")
    return data[start : start + size], start + (size + 3) // 4 * 4


def _plan(tags: bytes) -> tuple[Step, ...]:
    """Return how to read these tags: a run of numbers in one step; an unknown tag is the last step."""
    steps: list[Step] = []
    for numbers, run in itertools.groupby(tags.decode("latin-1"), _FIXED.__contains__):
        if numbers:
            steps.append(struct.Struct(">" + "".join(_FIXED[tag] for tag in run)))
            continue
        for tag in run:
            if tag not in _OTHER:
                return (*steps, Unreadable(f"type tag {_shown(tag)} is not read here; use i f d h s b T F"))
            steps.append(_OTHER[tag])
    return tuple(steps)


# Long tag strings are rare and their plans large: only short ones are kept, so that a flood of them costs no memory.
_cached_plan = functools.lru_cache(maxsize=256)(_plan)


def _shown(tag: str) -> str:
    return tag if tag.isascii() and tag.isprintable() else f"\\x{ord(tag):02x}"


def _field(argument: Argument) -> tuple[str, bytes]:
    """Return the type tag and the bytes of an argument."""
    match argument:
        case int():
            if abs(argument) > MAX_INT_OUT:
                raise ValueError(f"{argument} is beyond 2^24, where Pd is no longer exact: send a float")
            return "i", _INT.pack(argument)
        case float():
            try:
                return "f", struct.pack(">f", _finite(argument))
            except OverflowError:
                raise ValueError(f"{argument} does not fit in 32 bits") from None
        case str():
            return "s", _text(argument)
        case bytes():
            return "b", _INT.pack(len(argument)) + argument + b"\0" * (-len(argument) % 4)
        case _:
            raise TypeError(f"{type(argument).__name__} is not sent over OSC")


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(f"{number} is not sent: no client expects it")
    return number


def _text(text: str) -> bytes:
    """Return text as the wire has it: NUL at the end, padded to 4."""
    raw = text.replace("\0", "").encode("utf-8", "replace")
    if len(raw) > MAX_STRING_OUT:
        raw = raw[:MAX_STRING_OUT].decode("utf-8", "ignore").encode()
    return raw + b"\0" * (4 - len(raw) % 4)


def _sized(packet: bytes) -> bytes:
    if len(packet) > MAX_PACKET_OUT:
        raise ValueError(f"a packet of {len(packet)} bytes; {MAX_PACKET_OUT} pass every network in one piece")
    return packet
