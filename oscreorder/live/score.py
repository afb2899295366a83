"""A stream written down: what is said to it at which times, in lines of text, in the words of the OSC messages.

# time in seconds since the stream began, then target, set or stop
0.0  target grain 12
2.5  set rate 40 mode chain
4.0  target point 0.2 0.8
9.0  stop
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from oscreorder.errors import ParameterError
from oscreorder.osc import messages
from oscreorder.osc.messages import Refusal
from oscreorder.osc.places import Place
from oscreorder.osc.wire import Message
from oscreorder.parameters import Value, number_or_word

LONGEST_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Move:
    """What is said to a stream at a time (s since it began): a place to aim at, settings to change, or stop."""

    at_s: float
    kind: Literal["target", "set", "stop"]
    place: Place | None = None
    changes: tuple[tuple[str, Value], ...] = ()


def read_moves(text: str) -> list[Move]:
    """Read the lines of a score.

    Raises
    ------
    ParameterError
        A line is not one of a score, or goes back in time; the text names it.
    """
    moves: list[Move] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        try:
            moves.append(_move(words, after_s=moves[-1].at_s if moves else 0.0))
        except ParameterError as problem:
            raise ParameterError(f"line {number}: {problem}") from problem
    return moves


def _move(words: Sequence[str], *, after_s: float) -> Move:
    at_s = number_or_word(words[0])
    if isinstance(at_s, str) or not 0 <= at_s <= LONGEST_S:
        raise ParameterError(f'"{words[0][:60]}" is not a time; it takes 0 to {LONGEST_S:g} s')
    if at_s < after_s:
        raise ParameterError(f"{at_s:g} s comes after {after_s:g} s; times must not go back")
    match words[1:]:
        case ["stop"]:
            return Move(at_s, "stop")
        case ["target" | "set" as kind, *rest]:
            message = Message(f"{messages.PREFIX}/stream/{kind}", (0, *map(number_or_word, rest)))
            asked = messages.read_request(message)
            if asked is None or isinstance(asked, Refusal):
                raise ParameterError(str(asked.error) if asked else f"{kind} is not read here")
            return Move(at_s, kind, asked.place, tuple(asked.options.items()))
    raise ParameterError(f"{' '.join(words[1:])[:60]!r} is not known; after the time stands target, set or stop")


def end_s(moves: Sequence[Move]) -> float | None:
    """Return when a score stops, if it says so."""
    return next((move.at_s for move in moves if move.kind == "stop"), None)


def before_end(moves: Sequence[Move]) -> Iterator[Move]:
    """Yield the moves before the first stop."""
    for move in moves:
        if move.kind == "stop":
            return
        yield move
