"""From mel power to descriptors: scaling steps by name, in any sequence, or any callable.

What the rows hold, power or dB, is tracked from step to step, since the same word means another sum in each:
``volume`` divides power and subtracts dB.  The result is finite, whatever came in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from oscreorder.corpus.blocks import blocks
from oscreorder.errors import ParameterError
from oscreorder.parameters import parameter

Descriptors = NDArray[np.float32]
Step = Callable[[Descriptors], Descriptors]

LOUDEST = 1e15
"""Larger power than this is no sound; its square and its sums still fit in float32."""
POWER_FLOOR, AMPLITUDE_FLOOR = 1e-10, 1e-5
TOP_DB = 80.0
TO_DB = ("power_db", "amplitude_db")


@dataclass(slots=True)
class _State:
    """The rows so far, changed in place; `in_db` tells what they hold."""

    rows: Descriptors
    in_db: bool = False
    notices: list[str] = field(default_factory=list)


def describe(
    mel: Descriptors, steps: str | Sequence[str | Step], *, overwrite_mel: bool = False
) -> tuple[Descriptors, tuple[str, ...]]:
    """Scale mel power to descriptors by `steps`, applied left to right.

    ``power_db``
        ``librosa.power_to_db`` (ref 1, amin 1e-10, top_db 80 over the whole corpus).
    ``amplitude_db``
        ``librosa.amplitude_to_db``, which takes power for amplitude, as the notebook does: 40 dB are left of 80.
    ``volume``
        The level of each grain is removed: a gain on a grain changes nothing, whatever the other named steps are.
        For that the level is removed before them already, as a floor would keep traces of it.
    ``low_weight``
        Low bands count more: band b of n is multiplied by log(n + 1 - b), scaled to a mean of 1.  Before a dB step
        that would only shift the bands, so there it is applied after that step, with a notice.
    ``notebook_volume``, ``notebook_log``
        The notebook's ``volume_scaling`` (each *band* divided by its sum over time, then ``amplitude_db``) and
        ``log_scaling`` (all bands become one and the same weighted sum), to the letter.
    ``none``
        Nothing.

    A dB step on what is in dB already is left out, with a notice.

    Parameters
    ----------
    mel : float32 ndarray [shape=(n_grains, n_mels)]
        Power, at least 0.  Cells that are not finite or below 0 count as 0.
    steps : str, or sequence of names and callables
        Names joined by ``+``.  A callable gets float32 ``(n_grains, n_features)`` and returns as many finite rows, of
        any width; values below 0 are taken for dB, else the rows hold what they held before.
    overwrite_mel : bool
        Let `mel` be changed, where that saves a copy: of an hour it takes 200 MB.

    Returns
    -------
    descriptors : float32 ndarray [shape=(n_grains, n_features)]
        Finite.
    notices : tuple of str

    Raises
    ------
    ParameterError
        There is no step of that name, or a callable returned something else than finite rows.
    """
    owned = np.asarray(mel, np.float32, order="C") if overwrite_mel else np.array(mel, np.float32, order="C")
    state = _State(owned)
    _mend(state)
    for run in _runs(steps):
        if callable(run):
            _apply_callable(state, run)
        else:
            _apply_names(state, run)
    return state.rows, tuple(state.notices)


def _runs(steps: str | Sequence[str | Step]) -> list[list[str] | Step]:
    """Return the callables, and between them the names that follow each other."""
    known = parameter("steps")
    runs: list[list[str] | Step] = [[]]
    for step in [steps] if isinstance(steps, str) else steps:
        last = runs[-1]
        if callable(step):
            runs.append(step)
        elif callable(last):
            runs.append(str(known.read(step)).split("+"))
        else:
            last.extend(str(known.read(step)).split("+"))
    return runs


def _mend(state: _State) -> None:
    broken = sum(_mend_part(state.rows[block]) for block in blocks(len(state.rows), state.rows))
    if broken:
        state.notices.append(f"{broken} cells of the mel spectrogram were not finite or below 0: taken as 0")


def _mend_part(rows: Descriptors) -> int:
    """Put right what is no power, in place; return how many cells were not."""
    if not rows.size or (rows.min() >= 0 and rows.max() <= LOUDEST):
        return 0
    fine = (rows >= 0) & (rows < np.inf)
    rows[~fine] = 0
    np.minimum(rows, LOUDEST, out=rows)
    return rows.size - int(np.count_nonzero(fine))


def _apply_names(state: _State, names: Sequence[str]) -> None:
    """Apply named steps that follow each other."""
    if "volume" in names:
        _volume(state)
    weight_waits = False
    for index, name in enumerate(names):
        if name == "low_weight" and not state.in_db and any(_makes_db(later) for later in names[index + 1 :]):
            weight_waits = True
            continue
        if name in TO_DB and state.in_db:
            state.notices.append(f"{name}: left out, since the values are in dB already")
            continue
        _NAMED[name](state)
        if weight_waits and _makes_db(name):
            state.notices.append(f"low_weight: applied after {name}, before which it would only shift the bands")
            _low_weight(state)
            weight_waits = False


def _makes_db(name: str) -> bool:
    return name in TO_DB or name == "notebook_volume"


def _apply_callable(state: _State, step: Step) -> None:
    """Replace the rows by what a caller's function makes of them."""
    n = len(state.rows)
    name = getattr(step, "__name__", type(step).__name__)
    result = np.asarray(step(state.rows))
    if result.ndim != 2 or len(result) != n or not result.shape[1]:  # noqa: PLR2004 - rows and columns
        raise ParameterError(
            f"steps: {name} returned shape {result.shape}; it takes ({n}, n_features), a row for each grain"
        )
    if result.dtype.kind not in "fiub":
        raise ParameterError(f"steps: {name} returned {result.dtype} values; it takes real numbers")
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused below
        rows = np.array(result, np.float32, order="C")
    if not np.isfinite(rows).all():
        raise ParameterError(f"steps: {name} returned values that are not finite; guard its divisions and logarithms")
    state.rows = rows
    state.in_db = state.in_db or bool(rows.size and rows.min() < 0)


def _to_db(rows: Descriptors, floor: float) -> None:
    """Do what ``librosa.power_to_db`` does, in place."""
    if not rows.size:
        return
    loudest = np.float32(-np.inf)
    for block in blocks(len(rows), rows):
        part = rows[block]
        np.maximum(part, np.float32(floor), out=part)
        np.log10(part, out=part)
        part *= np.float32(10)
        loudest = max(loudest, part.max())
    for block in blocks(len(rows), rows):
        np.maximum(rows[block], loudest - np.float32(TOP_DB), out=rows[block])


def _power_db(state: _State) -> None:
    _to_db(state.rows, POWER_FLOOR)
    state.in_db = True


def _amplitude_db(state: _State) -> None:
    for block in blocks(len(state.rows), state.rows):
        np.square(state.rows[block], out=state.rows[block])
    _to_db(state.rows, AMPLITUDE_FLOOR**2)
    state.in_db = True


def _volume(state: _State) -> None:
    for block in blocks(len(state.rows), state.rows):
        rows = state.rows[block]
        if state.in_db:
            rows -= rows.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
        else:
            level = rows.sum(axis=1, keepdims=True, dtype=np.float64)
            np.divide(rows, level, out=rows, where=level > 0, casting="same_kind")


def _low_weight(state: _State) -> None:
    weights = _notebook_weights(state.rows.shape[1])
    for block in blocks(len(state.rows), state.rows):
        state.rows[block] *= (weights / weights.mean()).astype(np.float32)


def _notebook_weights(n: int) -> NDArray[np.float64]:
    weights: NDArray[np.float64] = np.log(np.arange(n + 1, 1, -1))
    return weights


def _notebook_volume(state: _State) -> None:
    rows = state.rows
    total = np.zeros(rows.shape[1])
    for block in blocks(len(rows), rows):
        total += rows[block].sum(axis=0, dtype=np.float64)
    for block in blocks(len(rows), rows):
        np.divide(rows[block], total, out=rows[block], where=total != 0, casting="same_kind")
        np.clip(rows[block], -LOUDEST, LOUDEST, out=rows[block])
    _amplitude_db(state)


def _notebook_log(state: _State) -> None:
    weights = _notebook_weights(state.rows.shape[1]).astype(np.float32)
    for block in blocks(len(state.rows), state.rows):
        state.rows[block] = (state.rows[block] @ weights)[:, np.newaxis]


def _none(_state: _State) -> None:
    """Leave the rows as they are."""


_NAMED: Mapping[str, Callable[[_State], None]] = MappingProxyType(
    {
        "none": _none,
        "power_db": _power_db,
        "amplitude_db": _amplitude_db,
        "volume": _volume,
        "low_weight": _low_weight,
        "notebook_volume": _notebook_volume,
        "notebook_log": _notebook_log,
    }
)
