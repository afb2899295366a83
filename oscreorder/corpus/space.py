"""The space that grains lie in: how far they are from each other, and which of them should not follow each other."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from oscreorder.corpus.blocks import blocks, taken
from oscreorder.sound.frames import compiled

Rows = NDArray[np.float32]
Path = NDArray[np.intp]
Times = NDArray[np.int64]
Progress = Callable[[float], None]


class Rule(NamedTuple):
    """What steps between grains cost beside their distance, and from which gain on a change of a path counts.

    Two grains of one sound that are less than `min_dt` (ns) apart cost `penalty` more: more than any detour.
    """

    min_dt: int
    penalty: float
    least_gain: float


class Space(NamedTuple):
    """Where grains lie, and which of them should not follow each other.

    `points` (n, d) float32; `when` (n,) int64, ns: the time of each grain, sound after sound with wide gaps between
    them.  Kernels take the three apart: arrays inside a tuple would cost them ten times the work that they do.
    """

    points: Rows
    when: Times
    rule: Rule


def make_space(points: Rows, sound: NDArray[Any], time_s: NDArray[Any], *, min_dt_s: float = 0.0) -> Space:
    """Return the space of these grains; its penalty is four times the diagonal of the box around `points`."""
    diagonal = float(np.linalg.norm(np.subtract(*extent(points), dtype=np.float64)))
    # times are sums of rounded numbers: two nanoseconds are not a difference
    min_dt = max(0, round(min_dt_s * 1e9) - 2)
    when = np.rint(np.asarray(time_s) * 1e9).astype(np.int64)
    gap = int(np.ptp(when)) + min_dt + 1 if len(when) else 0
    rule = Rule(min_dt, penalty=4 * diagonal + 1, least_gain=1e-6 * diagonal)
    return Space(read_only(points, np.float32), read_only(when + gap * np.asarray(sound, np.int64), np.int64), rule)


def extent(points: Rows) -> tuple[Rows, Rows]:
    """Return the largest and the smallest value of each column."""
    first = points[0] if len(points) else np.zeros(0, np.float32)
    high, low = first.copy(), first.copy()
    for block in blocks(len(points), points):
        np.maximum(high, points[block].max(axis=0), out=high)
        np.minimum(low, points[block].min(axis=0), out=low)
    return high, low


def part_of(space: Space, members: slice | Path) -> Space:
    """Return the space of some of its grains."""
    points, when, rule = space
    return Space(read_only(taken(points, members), np.float32), read_only(when[members], np.int64), rule)


def read_only(values: NDArray[Any], dtype: type) -> NDArray[Any]:
    """Return a view for the kernels; they would be compiled twice if some arrays were read-only and others not."""
    view = np.ascontiguousarray(values, dtype).view(np.ndarray)
    view.flags.writeable = False
    return view


@compiled
def near(when: Times, rule: Rule, i: int, j: int) -> bool:
    """Tell whether two grains are nearer in their sound than the rule's `min_dt`."""
    return bool(abs(when[i] - when[j]) < rule.min_dt)


@compiled
def length(points: Rows, when: Times, rule: Rule, i: int, j: int) -> float:
    """Distance of two grains; 0 where one of them is the open end of the path (index n)."""
    if i == len(points) or j == len(points):
        return 0.0
    total = np.float32(0)
    for feature in range(points.shape[1]):
        total += (points[i, feature] - points[j, feature]) * (points[i, feature] - points[j, feature])
    # without a branch for the penalty this is several times faster
    return float(np.sqrt(total)) + rule.penalty * near(when, rule, i, j)
