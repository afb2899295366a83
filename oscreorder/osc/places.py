"""A place among the grains, as messages name it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from oscreorder.errors import ParameterError
from oscreorder.osc.commands import PLACES, ArgumentSpec
from oscreorder.osc.wire import Argument, Unreadable
from oscreorder.parameters import shown

FARTHEST = 1e30
PlaceKind = Literal["grain", "point", "vector"]

_GRAIN = ArgumentSpec("grain", "int")


@dataclass(frozen=True, slots=True)
class Place:
    """A place: that of a grain, a point of the 2-D map, or a vector of the search space."""

    kind: PlaceKind
    numbers: tuple[float, ...]


def read_place(values: Sequence[Argument]) -> tuple[Place, Sequence[Argument]]:
    """Return the place at the head of `values`, and the rest.

    Raises
    ------
    ParameterError
        There is none.
    """
    if not values:
        raise ParameterError(f"place: missing; it takes {PLACES}")
    kind, rest = values[0], values[1:]
    n = [*map(type, rest), str].index(str)
    match kind:
        case "grain":
            _check_count(rest[:n], 1, "grain takes one number")
            return Place(kind, (float(_GRAIN.read(rest[0])),)), rest[1:]
        case "point":
            _check_count(rest[:n], 2, "point takes two numbers, x and y")
        case "vector":
            _check_count(rest[:n], max(n, 1), "vector takes a number for each dimension")
        case Unreadable():
            raise ParameterError(f"place: {kind.reason}")
        case _:
            raise ParameterError(f"place: {shown(kind)} is not allowed; it takes {PLACES}")
    return Place(kind, _coordinates(kind, rest[:n])), rest[n:]


def _check_count(values: Sequence[Argument], wanted: int, text: str) -> None:
    if len(values) != wanted:
        for value in values:
            if isinstance(value, Unreadable):  # it may stand where a word should
                raise ParameterError(f"place: {value.reason}")
        raise ParameterError(f"{text}; {len(values)} came")


def _coordinates(name: str, values: Sequence[Argument]) -> tuple[float, ...]:
    if {float}.issuperset(map(type, values)):  # as nearly always: then they are looked at together
        numbers = cast("Sequence[float]", values)
        if all(map(FARTHEST.__ge__, map(abs, numbers))):
            return tuple(numbers)
    return tuple(_coordinate(name, value) for value in values)


def _coordinate(name: str, value: Argument) -> float:
    if isinstance(value, Unreadable):
        raise ParameterError(f"{name}: {value.reason}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= FARTHEST:
        raise ParameterError(f"{name}: {shown(value)} is not allowed; it takes finite numbers, within 1e30")
    return float(value)
