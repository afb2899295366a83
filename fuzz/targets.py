"""What must hold for any bytes: `wire` for the codec, `messages` for the layer above it.

Both raise on what must not be, and are run by atheris (`fuzz.__main__`) and, over the kept corpus, by the tests.
"""

import struct
from collections.abc import Callable, Iterator, Mapping

# ruff: noqa: S101 - assertions are what a fuzzer looks at
from oscreorder.errors import WireError
from oscreorder.limits import DEFAULTS
from oscreorder.osc import wire as codec
from oscreorder.osc.messages import COMMANDS, PREFIX, REPLIES, Refusal, Request, error, read_request
from oscreorder.osc.wire import Argument, Message, Unreadable
from oscreorder.parameters import PARAMETERS

LONGEST_TEXT = 4096
MAX_ID = 2**24 - 1


def wire(data: bytes) -> None:
    """Decode a datagram; what comes out is sound, and what can be sent again reads the same."""
    try:
        found = codec.decode(data)
    except WireError:
        return
    assert len(found) <= DEFAULTS.elements
    for timed in found:
        assert 0 <= timed.timetag < 2**64
        message = timed.message
        assert message.address.startswith("/") or (message.address == "" and len(message.arguments) == 1)
        assert len(message.arguments) <= DEFAULTS.arguments
        _check_again(message)
        _check_request(message)


def _check_again(message: Message) -> None:
    """Encode what was decoded, where it can be sent at all; it decodes to the same."""
    if any(isinstance(argument, bool | Unreadable) for argument in message.arguments) or not message.address:
        return
    try:
        again = codec.encode(message.address, *message.arguments)
    except ValueError:  # a number or a packet that no client would read
        return
    (timed,) = codec.decode(again)
    assert len(timed.message.arguments) == len(message.arguments)
    assert codec.encode(timed.message.address, *timed.message.arguments) == again


def messages(data: bytes) -> None:
    """Read a message that these bytes spell as a request; it is one that can be trusted, or is refused in words."""
    _check_request(Message(*_spelt(data)))


def _check_request(message: Message) -> None:
    asked = read_request(message)
    if isinstance(asked, Refusal):
        _check_refusal(asked)
    elif isinstance(asked, Request):
        _check_trusted(asked)


def _check_refusal(refusal: Refusal) -> None:
    assert refusal.error.code in {1, 2}
    assert -1 <= refusal.id <= MAX_ID
    text = str(refusal.error)
    assert text.isprintable()
    assert len(text) < LONGEST_TEXT
    answer = error(refusal.command, refusal.id, refusal.error)
    (timed,) = codec.decode(codec.encode(answer.address, *answer.arguments))
    assert timed.message.arguments[1:3] == (refusal.id, refusal.error.code)


def _check_trusted(request: Request) -> None:
    spec = COMMANDS[request.command]
    assert 0 <= request.id <= MAX_ID
    assert set(request.options) <= set(spec.options)
    for name, value in request.options.items():
        assert PARAMETERS[name].read(value) == value
    for value in request.arguments.values():
        codec.encode("/a", *([value] if isinstance(value, int | float | str) else []))


# How bytes spell a message: the first is the number of an address, or 255 and a text; then arguments, each a byte for
# its kind and what that needs.  Whatever is missing at the end ends the message.
_ADDRESSES = [f"{PREFIX}/{name}" for name in (*COMMANDS, *REPLIES, "param/seed", "param/steps", "param/no", "lod", "")]
_WORDS = [
    *PARAMETERS,
    *(word for row in PARAMETERS.values() for word in row.choices),
    "grain",
    "point",
    "vector",
    "12",
    "",
]


def _spelt(data: bytes) -> tuple[str, tuple[Argument, ...]]:
    rest = iter(data)
    number = next(rest, 0)
    address = _ADDRESSES[number % len(_ADDRESSES)] if number < 255 else f"/{_text(rest)}"  # noqa: PLR2004 - a byte's last
    kinds = tuple(_KINDS.values())
    return address, tuple(kinds[kind % len(kinds)](rest) for kind in rest)


def _take(rest: Iterator[int], count: int) -> bytes:
    return bytes(byte for byte, _ in zip(rest, range(count), strict=False)).ljust(count, b"\0")


def _text(rest: Iterator[int]) -> str:
    return _take(rest, next(rest, 0)).decode("utf-8", "replace")


_KINDS: Mapping[str, Callable[[Iterator[int]], Argument]] = {
    "small": lambda rest: next(rest, 0) - 8,
    "int": lambda rest: int(struct.unpack(">i", _take(rest, 4))[0]),
    "long": lambda rest: int(struct.unpack(">q", _take(rest, 8))[0]),
    "float": lambda rest: float(struct.unpack(">f", _take(rest, 4))[0]),
    "double": lambda rest: float(struct.unpack(">d", _take(rest, 8))[0]),
    "word": lambda rest: _WORDS[(next(rest, 0) + 256 * (next(rest, 0) % 2)) % len(_WORDS)],
    "text": _text,
    "blob": lambda rest: _take(rest, next(rest, 0)),
    "true": lambda _: True,
    "false": lambda _: False,
    "unreadable": lambda _: Unreadable("it is not UTF-8"),
}

TARGETS: Mapping[str, Callable[[bytes], None]] = {"wire": wire, "messages": messages}
