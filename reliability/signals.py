"""Degenerate signals through every order after every step, alone and in chains, in both spacings.

python -m reliability.signals
"""

import sys
import tempfile
import time
from collections import Counter
from itertools import product
from pathlib import Path

import degenerate
import numpy as np

from oscreorder import ArraySource, Settings
from oscreorder.corpus import corpus as room
from oscreorder.parameters import ORDERS, STEPS

CHAINS = (*STEPS, "power_db+volume+low_weight", "notebook_volume+notebook_log", "volume+volume+amplitude_db")


def faults(y: list[degenerate.Signal], steps: str) -> Counter[str]:
    """Order and render sounds in every way after these steps; count what was done, and what was wrong."""
    sources = [ArraySource(sound) for sound in y]
    settings = Settings(**degenerate.GRAINS, steps=steps)  # type: ignore[arg-type]
    analysis = room.analyse(sources, degenerate.RATE, settings)
    seen = Counter({"descriptors not finite": int(not np.isfinite(analysis.descriptors).all())})
    for order, spacing in product(ORDERS, ("even", "distance")):
        told = settings.changed({"order": order, "spacing": spacing})
        ordering = room.order(analysis, degenerate.RATE, told)
        z = np.concatenate(list(room.render(sources, analysis.grains, ordering, told)), axis=1)
        seen["renders"] += 1
        seen["not a permutation"] += sorted(ordering.order) != list(range(analysis.grains.n_grains))
        seen["output not finite"] += not np.isfinite(z).all()
    return seen


def main() -> int:
    """Measure, and return 1 if a promise was broken."""
    began = time.perf_counter()
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        for build, steps in product(degenerate.SIGNALS.values(), CHAINS):
            seen.update(faults(build(Path(name)), steps))
    renders = seen.pop("renders")
    sys.stdout.write(
        f"{len(degenerate.SIGNALS)} signals x {len(CHAINS)} steps and chains x {len(ORDERS)} orders x 2 spacings: "
        f"{renders:,} renders in {time.perf_counter() - began:.0f} s\n"
    )
    sys.stdout.write("  " + ", ".join(f"{what}: {count}" for what, count in sorted(seen.items())) + "\n")
    return int(any(seen.values()))


if __name__ == "__main__":
    sys.exit(main())
