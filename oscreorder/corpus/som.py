"""Units that stand for many grains: a self-organising map of one dimension, and clusters."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from oscreorder.corpus.space import Path, Rows, read_only
from oscreorder.sound.frames import compiled

GRAINS_PER_UNIT = 15
FEWEST_UNITS = 50
COARSE_UNITS = 100
"""The map begins with about as many units, and doubles them until there are enough."""
COARSE_EPOCHS = 15
FINE_EPOCHS = 3
NARROWEST, WIDEST_FINE = 0.6, 3.0
"""Width of the neighbourhood, in units: where it ends, and where it begins after a doubling."""
ALL_UNITS = 1024
"""Up to as many units the nearest one is looked for among all, beyond only around the last one."""
REACH = 16
CLUSTER_EPOCHS = 50


@compiled
def _assign(points: Rows, units: Rows, nearest: Path, reach: int, sums: NDArray[np.float64]) -> None:
    """Give each row of `points` the nearest column of `units` within `reach` of its last; sum the rows, count last."""
    features, m = units.shape
    scratch = np.empty(m, np.float32)
    sums[:] = 0
    for i in range(len(points)):
        low, high = max(0, nearest[i] - reach), min(m, nearest[i] + reach + 1)
        distances = scratch[: high - low]
        distances[:] = 0
        for feature in range(features):
            value = points[i, feature]
            column = units[feature, low:high]
            for unit in range(len(column)):
                distances[unit] += (value - column[unit]) * (value - column[unit])
        best = 0
        for unit in range(1, len(distances)):
            if distances[unit] < distances[best]:
                best = unit
        best += low
        nearest[i] = best
        for feature in range(features):
            sums[best, feature] += points[i, feature]
        sums[best, features] += 1


@compiled
def _between(points: Rows, units: Rows, nearest: Path, place: NDArray[np.float64]) -> None:
    """Place each row of `points` on the line through the units (rows) before and behind its nearest: unit + 0 to 1."""
    for i in range(len(points)):
        unit = nearest[i]
        before, behind = units[max(unit - 1, 0)], units[min(unit + 1, len(units) - 1)]
        along, length = 0.0, 1e-30
        for feature in range(points.shape[1]):
            way = behind[feature] - before[feature]
            along += (points[i, feature] - before[feature]) * way
            length += way * way
        place[i] = unit + 0.999 * min(1.0, max(0.0, along / length))


def _learn(points: Rows, units: Rows, nearest: Path, width: float) -> Rows:
    """Return the units moved once to the means of their grains and those of their neighbours, Gaussian in `width`."""
    m, features = units.shape
    sums = np.empty((m, features + 1))
    _assign(points, np.ascontiguousarray(units.T), nearest, m if m <= ALL_UNITS else REACH, sums)
    blurred = gaussian_filter1d(sums, width, axis=0, mode="constant")
    reached = blurred[:, -1:] > 1e-9  # noqa: PLR2004 - nobody within four widths
    return np.where(reached, blurred[:, :-1] / np.maximum(blurred[:, -1:], 1e-9), units).astype(np.float32)


def _stretched(units: Rows, m: int) -> Rows:
    """Return `m` units on the same line."""
    at = (np.arange(m) + 0.5) * len(units) / m - 0.5
    known = np.arange(len(units))
    return np.stack([np.interp(at, known, column) for column in units.T], axis=1).astype(np.float32)


def map_places(points: Rows) -> NDArray[np.float64]:
    """Return where grains lie on a one-dimensional self-organising map: near places are alike.

    The chain of units begins as means along the first coordinate; its neighbourhood narrows, then it is doubled and
    learns on, until a unit stands for about 15 grains.  No learning rate, no chance.

    Parameters
    ----------
    points : float32 ndarray [shape=(n, k)]
        The search space, finite; the first coordinate gives the start, so the principal one serves best.

    Returns
    -------
    places : float64 ndarray [shape=(n,)]
        0 to the number of units.
    """
    n = len(points)
    points = read_only(points, np.float32)
    sizes = [min(n, max(FEWEST_UNITS, n // GRAINS_PER_UNIT))]
    while sizes[-1] > 2 * COARSE_UNITS:
        sizes.append((sizes[-1] + 1) // 2)
    ranked = np.argsort(points[:, 0], kind="stable")
    units = np.stack([points[part].mean(axis=0) for part in np.array_split(ranked, sizes[-1])])
    nearest = np.zeros(n, np.intp)
    for width in np.geomspace(max(NARROWEST, sizes[-1] / 8), NARROWEST, COARSE_EPOCHS):
        units = _learn(points, units, nearest, width)
    for m in sizes[-2::-1]:
        nearest = np.asarray((nearest + 0.5) * m / len(units), np.intp)
        units = _stretched(units, m)
        for width in np.geomspace(WIDEST_FINE, NARROWEST, FINE_EPOCHS):
            units = _learn(points, units, nearest, width)
    places = np.empty(n)
    _assign(points, np.ascontiguousarray(units.T), nearest, REACH, np.empty((len(units), points.shape[1] + 1)))
    _between(points, units, nearest, places)
    return places


def cluster_labels(points: Rows, n_clusters: int, seed: int) -> Path:
    """Return the cluster of each grain, 0 to fewer than `n_clusters`, each of them used: k-means.

    The first centres are drawn by `seed`, far ones likelier (k-means++); there are no more than unlike grains.
    """
    rng = np.random.default_rng(seed)
    points = read_only(points, np.float32)
    centres = points[[rng.integers(len(points))]]
    distance = ((points - centres[-1]) ** 2).sum(axis=1, dtype=np.float64)
    while len(centres) < n_clusters and distance.sum() > 0:
        drawn = rng.choice(len(points), p=distance / distance.sum())
        centres = np.concatenate([centres, points[[drawn]]])
        distance = np.minimum(distance, ((points - centres[-1]) ** 2).sum(axis=1))
    labels = np.full(len(points), -1)
    sums = np.empty((len(centres), points.shape[1] + 1))
    for _ in range(CLUSTER_EPOCHS):
        before = labels.copy()
        _assign(points, np.ascontiguousarray(centres.T), labels, len(centres) + 1, sums)
        if (labels == before).all():
            break
        used = sums[:, -1:] > 0
        centres = np.where(used, sums[:, :-1] / np.maximum(sums[:, -1:], 1), centres).astype(np.float32)
    return np.unique(labels, return_inverse=True)[1]
