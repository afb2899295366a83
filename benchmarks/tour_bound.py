"""How long the order `tour` is at most above the shortest path there is, at 1,000 grains.

The shortest path is not known, but a bound below it is: Held and Karp's, of minimum spanning 1-trees under node
penalties (Operations Research 18, 1970), a few tenths of a percent below the shortest as a rule.  No solver can be
shorter than the bound, LKH included, so a tour that is within x % of it is within x % of LKH's.  (LKH itself, and
elkai, which wraps it, are licensed for non-commercial use only: a benchmark that anyone may run cannot depend on them.)

    python -m benchmarks.tour_bound examples/sounds/violin.flac --hop-length 1218
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import scipy.spatial.distance
from numpy.typing import NDArray

from oscreorder.corpus import corpus as room
from oscreorder.corpus.ordering import order_grains
from oscreorder.files import read_sound
from oscreorder.parameters import Settings
from oscreorder.sound.frames import ArraySource, compiled

Distances = NDArray[np.float64]


def main() -> None:
    """Print lengths and the gap as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sound", type=Path)
    parser.add_argument("--grains", type=int, default=1000, help="the first so many; default 1000")
    parser.add_argument("--hop-length", type=int, default=400, help="samples; default 400")
    parser.add_argument("--rounds", type=int, default=4000, help="of raising the bound; default 4000")
    options = parser.parse_args()
    settings = Settings(win_length=2000, hop_length=options.hop_length, order="tour")
    y, sr = read_sound(options.sound)
    analysis = room.analyse([ArraySource(y)], sr, settings)
    chosen = slice(0, options.grains)
    search, grains = analysis.search[chosen], analysis.grains
    began = time.perf_counter()
    # The search space as the descriptors too: whichever of them the order looks at, the lengths are its own
    ordering = order_grains(
        search, search, sound=grains.sound[chosen], time_s=grains.time_s(settings, sr)[chosen], settings=settings
    )
    took_s = time.perf_counter() - began
    distances = scipy.spatial.distance.squareform(scipy.spatial.distance.pdist(search.astype(np.float64)))
    order = ordering.order
    length = float(distances[order[:-1], order[1:]].sum())
    bound = lower_bound(distances, longest=length, rounds=options.rounds)
    told = {"grains": len(order), "took_s": took_s, "tour": length, "bound": bound, "gap": length / bound - 1}
    sys.stdout.write(json.dumps(told) + "\n")


def lower_bound(distances: Distances, *, longest: float, rounds: int) -> float:
    """Return a length that no path through all points falls below.

    Parameters
    ----------
    distances : float64 ndarray [shape=(n, n)]
        Symmetric.
    longest : float
        The length of some path: it sets the first steps.
    rounds : int
        Steps of the subgradient; more raise the bound, ever less.
    """
    n = len(distances)
    penalty, before = np.zeros(n), np.zeros(n)
    best, scale, since = -np.inf, 1.0, 0
    for _ in range(rounds):
        bound, degree = _tree(distances, penalty)
        since += 1
        if bound > best * (1 + 1e-7) or not np.isfinite(best):
            best, since = bound, 0
        elif since > 40:
            scale, since = scale / 1.5, 0
        excess = degree - 2.0
        square = float(excess @ excess)
        if not square or scale < 1e-6:
            break
        penalty += scale * max(longest - bound, 1e-4 * longest) / square * (0.7 * excess + 0.3 * before)
        before = excess
    return float(best)


@compiled
def _tree(distances: Distances, penalty: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return the bound of these penalties and the degree of each point in the tree that gives it.

    A path is a round trip over one more point that is at distance 0 from all: the 1-tree is a minimum spanning tree
    of the others (Prim's), plus that point's two cheapest edges.
    """
    n = len(penalty)
    degree = np.zeros(n)
    near = np.full(n, np.inf)
    parent = np.zeros(n, np.int64)
    outside = np.ones(n, np.bool_)
    total = -2 * penalty.sum()
    at = 0
    outside[0] = False
    for _ in range(n - 1):
        nearest, least = 0, np.inf
        for j in range(n):
            if outside[j]:
                cost = distances[at, j] + penalty[at] + penalty[j]
                if cost < near[j]:
                    near[j] = cost
                    parent[j] = at
                if near[j] < least:
                    nearest, least = j, near[j]
        at = nearest
        outside[at] = False
        total += least
        degree[at] += 1
        degree[parent[at]] += 1
    ends = np.argsort(penalty)[:2]
    for end in ends:
        total += penalty[end]
        degree[end] += 1
    return total, degree


if __name__ == "__main__":
    main()
