"""How smooth an order is: the mean step between successive grains in dB-mel, for grains that do not overlap.

Each fifth frame of hop 400 / win 2000 is taken (a hop of 2000 gives the same frames), as 128 mel bands in dB
(`power_db`).  A step is the Euclidean distance of two rows.  scikit-learn's 1-D t-SNE of the same rows, the notebook's
choice, is what our orders are compared with; its result varies with the seed, so its median over some is taken.

    python -m benchmarks.smoothness examples/sounds/violin.flac --seeds 3
"""

import argparse
import json
import statistics
import sys
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.manifold import TSNE

from oscreorder.corpus import corpus as room
from oscreorder.files import FileSource, decode
from oscreorder.folders import find_sounds
from oscreorder.parameters import Settings

SETTINGS = Settings(win_length=2000, hop_length=2000)
SR = 44100
OURS = ("similarity", "tour")


def main() -> None:
    """Print the mean steps as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sound", help="a sound, or a folder whose sounds make one corpus")
    parser.add_argument("--seeds", type=int, default=1, help="of t-SNE, from 42 on; default 1")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="oscreorder-bench-") as folder:
        analysis = _analysis(options.sound, Path(folder))
    rows = np.asarray(analysis.descriptors)
    steps: dict[str, float] = {"grains": len(rows), "original": mean_step(rows, np.arange(len(rows)))}
    for order in OURS:
        steps[order] = mean_step(rows, room.order(analysis, SR, replace(SETTINGS, order=order)).order)
    seeds = range(42, 42 + options.seeds)
    steps["tsne"] = statistics.median(mean_step(rows, _tsne_order(rows, seed)) for seed in seeds)
    sys.stdout.write(json.dumps(steps) + "\n")


def mean_step(rows: NDArray[np.float32], order: NDArray[np.intp]) -> float:
    """Return the mean Euclidean distance of successive rows in this order."""
    return float(np.linalg.norm(np.diff(rows[order], axis=0), axis=1).mean())


def _analysis(path: str, folder: Path) -> room.Analysis:
    sound = str(Path(path).resolve())
    sources = []
    for index, found in enumerate(find_sounds(sound, [Path(sound).anchor])):
        raw = folder / f"{index}.f32"
        decoded = decode(found, raw, sr=SR)
        sources.append(FileSource(raw, channels=decoded.channels, length=decoded.decoded_length))
    return room.analyse(sources, SR, SETTINGS)


def _tsne_order(rows: NDArray[np.float32], seed: int) -> NDArray[np.intp]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        reduced = TSNE(n_components=1, random_state=seed).fit_transform(rows)
    return np.argsort(reduced[:, 0])


if __name__ == "__main__":
    main()
