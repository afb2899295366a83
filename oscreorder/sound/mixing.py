"""The mix: what all grains add up to on a stretch of the output."""

from typing import NamedTuple

import numpy as np

from oscreorder.sound.frames import Flat, Indices, Signal, compiled
from oscreorder.sound.reading import Samples, fetch

LANES = 64


class Mix(NamedTuple):
    """The sums of weighted grains, with weights ``v`` and grains ``x``, a column for each sample; all float32.

    `total` (channels, n) sums ``v x``; `weight`, `weight2` and `power` (n,) sum ``v``, ``v**2`` and ``(v x)**2``, the
    last over all channels.
    """

    total: Signal
    weight: Flat
    weight2: Flat
    power: Flat

    @classmethod
    def silent(cls, channels: int, n: int) -> "Mix":
        """Return a mix of nothing."""
        return cls(np.zeros((channels, n), np.float32), *np.zeros((3, n), np.float32))

    def drop(self, n: int) -> None:
        """Drop the first `n` columns, and put as many empty ones behind the last."""
        for c in range(len(self.total)):
            _drop(self.total[c], n)
        _drop(self.weight, n)
        _drop(self.weight2, n)
        _drop(self.power, n)


@compiled
def _drop(row: Flat, n: int) -> None:
    kept = row.size - n
    for t in range(kept):
        row[t] = row[n + t]
    row[kept:] = 0


@compiled
def add_weighted(x: Signal, first: int, shape: Flat, weights: Flat, mix: Mix, column: int) -> None:
    """Add `x` (channels, n), from sample `first` on and multiplied by `shape`, to a mix, from its `column` on.

    `weights` is what counts as its weight.
    """
    # Unsigned places need no look at their sign, and no slices that are counted: both would cost more than the sums.
    at, begin, n = np.uint64(column), np.uint64(first), np.uint64(shape.size)
    for u in range(n):
        mix.weight[at + u] += weights[u]
        mix.weight2[at + u] += weights[u] * weights[u]
    for c in range(np.uint64(x.shape[0])):
        for u in range(n):
            part = shape[u] * x[c, begin + u]
            mix.total[c, at + u] += part
            mix.power[at + u] += part * part


@compiled
def add_grains(samples: Samples, first: Indices, column: Indices, shape: Flat, weights: Flat, mix: Mix) -> None:
    """Add grains, each found in `samples` from its `first` on, to a mix, from its `column` on.

    They are multiplied by `shape`; `weights` is what counts as their weight: `shape` times the window that they
    already have.
    """
    x = np.empty((mix.total.shape[0], shape.size), np.float32)
    for k in range(first.size):
        fetch(samples, first[k], x, 0, shape.size)
        add_weighted(x, 0, shape, weights, mix, column[k])
