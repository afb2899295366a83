"""The search for the nearest grains, compiled.

In float32 it is found what may be near, with a margin that is larger than any error; what is, in float64.

All of it stands in one file: numba's cache notices a change only in the file of the function that is called.
"""

import ctypes
import functools
import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import llvmlite.binding as llvm
import numba
import numba.core.types
import numpy as np
from numba.np.numpy_support import carray
from numpy.typing import NDArray

from oscreorder.corpus.leaves import GROUP, LEAF, SEARCH, Points, Search

ROUNDING = 2.0**-23
"""Twice what is lost, at most, of a number that is rounded to float32."""
TINY = np.float32(1e-35)
"""More than what float32 loses where squares are too small for it."""
FIRST_GROUPS = 8
"""So many groups are looked at nearest first, then the others as they lie: little is left then that is near enough."""
DONE = np.float32(np.nan)
"""The distance of a group that has been looked at: never within a limit."""

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
_Function = TypeVar("_Function", bound=Callable[..., Any])

_types: Any = numba.core.types
_places, _numbers, _floats = (_types.CPointer(kind) for kind in (_types.float32, _types.int64, _types.float64))
_SIGNATURE = _types.void(
    _places, _numbers, _places, _places, _types.int64, _types.int64,
    _places, _types.float32, _types.int64, _numbers, _places, _floats,
)  # fmt: skip


@functools.cache
def compiled() -> Search:
    """Return the search, compiled in this process; the first time on a machine this takes some seconds."""
    made = numba.cfunc(_SIGNATURE, cache=True, error_model="numpy")(_search)
    # The interpreter's lock is kept: to get it back could take longer than a search.
    return cast("Search", ctypes.PYFUNCTYPE(None, *SEARCH)(cast("int", made.address)))


@functools.cache
def machine_code(symbol: str) -> bytes | None:
    """Return the search as an object file with one function of this name, for a process that has no compiler.

    It takes addresses for a result and an error, which it leaves alone, and then what a `Search` takes.  It is made for
    any processor of the family: what a newer one could do faster is lost beside the time that memory takes.  None where
    the code would need more than itself; it needs nothing of numba as long as its parts are inlined.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(numba.cfunc(_SIGNATURE, error_model="numpy")(_search).inspect_llvm())
    (outer,) = (function.name for function in module.functions if function.name.startswith("cfunc."))
    inner = module.get_function(outer.removeprefix("cfunc."))
    for function in module.functions:
        if not function.is_declaration and function.name != inner.name:
            function.linkage = "available_externally"  # left out
    inner.name = symbol
    calls = (step for block in inner.blocks for step in block.instructions if step.opcode == "call")
    if not all([*call.operands][-1].name.startswith("llvm.") for call in calls):
        return None
    machine = llvm.Target.from_default_triple().create_target_machine(opt=3, jit=True)
    return bytes(machine.emit_object(module))


def _fast(function: _Function) -> _Function:
    """Have compiled what works in float32 and may be off a little: sums are re-associated."""
    compiler = numba.njit(error_model="numpy", forceinline=True, fastmath={"reassoc", "contract", "nsz"})
    return cast("_Function", compiler(function))


def _exact(function: _Function) -> _Function:
    """Have compiled what sums in one order."""
    return cast("_Function", numba.njit(error_model="numpy", forceinline=True)(function))


@_fast
def _to_box(boxes: Points, box: int, point: Points) -> Any:
    """Return the squared distance from a place to a box."""
    square = np.float32(0)
    for j in range(len(point)):
        apart = max(max(boxes[box, 0, j] - point[j], point[j] - boxes[box, 1, j]), np.float32(0))  # noqa: PLW3301 - numba
        square += apart * apart
    return square


@_fast
def _add_dimensions(places: Points, leaf: int, first: int, last: int, point: Points, squares: Points) -> None:
    """Add what some dimensions bring to the squared distances from a place to those of a leaf."""
    for j in range(first, last):
        for i in range(LEAF):
            apart = places[leaf, j, i] - point[j]
            squares[i] += apart * apart


@_exact
def _any_within(squares: Points, limit: Any) -> int:
    """Return whether any of a leaf may be near enough; to look at all of them at once is quickest."""
    within = 0
    for i in range(LEAF):
        within += squares[i] <= limit
    return within


@_exact
def _to_place(places: Points, leaf: int, i: int, point: Points) -> float:
    """Return the squared distance between two places."""
    square = 0.0
    for j in range(len(point)):
        apart = np.float64(places[leaf, j, i]) - np.float64(point[j])
        square += apart * apart
    return square


@_exact
def _closest(squares: Points, n: int) -> int:
    """Return which of the first `n` is nearest."""
    best, least = 0, np.float32(np.inf)
    for i in range(n):
        if squares[i] < least:
            best, least = i, squares[i]
    return best


@_exact
def _insert(found: Rows, nearest: Floats, count: int, row: int, square: float) -> int:
    """Put a grain among those that are nearest, unless these are enough and nearer; return how many there are now."""
    most = len(nearest)
    if count == most and (nearest[most - 1], found[most - 1]) < (square, row):
        return count
    at = min(count, most - 1)
    while at > 0 and (nearest[at - 1], found[at - 1]) > (square, row):
        nearest[at], found[at] = nearest[at - 1], found[at - 1]
        at -= 1
    nearest[at], found[at] = square, row
    return min(count + 1, most)


@_exact
def _look(
    places: Points, rows: Rows, leaf: int, point: Points, limit: Any,
    found: Rows, nearest: Floats, count: int, squares: Points,
) -> int:  # fmt: skip
    """Put what a leaf holds within the limit among those that are nearest; return how many there are now."""
    half, whole = len(point) // 2, len(point)
    squares[:] = 0
    _add_dimensions(places, leaf, 0, half, point, squares)
    if _any_within(squares, limit):
        _add_dimensions(places, leaf, half, whole, point, squares)
        for i in range(LEAF):
            if squares[i] <= limit:
                count = _insert(found, nearest, count, rows[leaf, i], _to_place(places, leaf, i, point))
    return count


def _search(
    places_at: Any, rows_at: Any, boxes_at: Any, groups_at: Any, n_leaves: Any, d: Any,
    point_at: Any, radius: Any, most: Any, found_at: Any, distances_at: Any, workspace_at: Any,
) -> None:  # fmt: skip
    n_groups = (n_leaves + GROUP - 1) // GROUP
    places, rows = carray(places_at, (n_leaves, d, LEAF)), carray(rows_at, (n_leaves, LEAF))
    boxes, groups = carray(boxes_at, (n_leaves, 2, d)), carray(groups_at, (n_groups, 2, d))
    point, found, distances = carray(point_at, d), carray(found_at, most + 1), carray(distances_at, most)
    workspace = carray(workspace_at, most + (LEAF + GROUP + n_groups + 1) // 2)
    nearest, squares = workspace[:most], workspace[most:].view(np.float32)
    to_places, to_leaves, to_groups = squares[:LEAF], squares[LEAF : LEAF + GROUP], squares[LEAF + GROUP :]
    nearest[:] = np.inf
    # No sum of squares in float32 is off by more than a part of itself, on either side of a comparison.
    slack, count = np.float32(1 + (d + 8) * ROUNDING), 0
    limit: Any = np.float32(np.inf)
    for group in range(n_groups):
        to_groups[group] = _to_box(groups, group, point)
    for turn in range(-FIRST_GROUPS, n_groups):
        group = turn if turn >= 0 else _closest(to_groups, n_groups)
        if not to_groups[group] <= limit:
            continue
        to_groups[group] = DONE
        first, n_here = group * GROUP, min(GROUP, n_leaves - group * GROUP)
        for at in range(n_here):
            to_leaves[at] = _to_box(boxes, first + at, point)
        start = _closest(to_leaves, n_here)
        for step in range(n_here):
            at = (start + step) % n_here
            if to_leaves[at] <= limit:
                count = _look(places, rows, first + at, point, limit, found, nearest, count, to_places)
                limit = np.float32(nearest[most - 1]) * slack + TINY
    for rank in range(count):
        distances[rank] = math.sqrt(max(nearest[rank], 0.0))  # so that the processor alone can do it
    while radius >= 0 and count > 0 and distances[count - 1] > radius:
        count -= 1
    found[most] = count
