"""The notebook "Resynthesizing sound via spectrogram", from top to bottom, with oscreorder.

    python examples/notebook.py SOUND OUT_FOLDER [WIN_LENGTH HOP_LENGTH]

writes every sound and every picture that the notebook made.  Without numbers, the windows are the notebook's first
ones: a quarter of a second, each eighth of a second, in a transform of one second.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

import oscreorder as osr
from oscreorder import plots

# The notebook scales its dB as amplitudes, and joins grains by plain overlap-add: the presets that do the same here
NOTEBOOK = {"steps": "amplitude_db", "joins": "notebook"}


def main(sound: str, out: str, win_length: int = 0, hop_length: int = 0) -> list[Path]:
    """Write the notebook's sounds and pictures of `sound` into the folder `out`; return their paths."""
    # Loading a sound file: its own rate; all channels are kept, and analysed on their mean
    y, sr = osr.read_sound(sound)
    sizes = {
        "win_length": win_length or sr // 4,
        "hop_length": hop_length or sr // 8,
        "n_fft": 0 if win_length else sr,
    }
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    return [
        *transforms(y, sr, folder, sizes),
        *pictures(y, sr, folder, sizes),
        *reorderings(y, sr, folder, sizes),
        *further(y, sr, folder, sizes),
    ]


def transforms(y: osr.Signal, sr: int, folder: Path, sizes: Mapping[str, int]) -> list[Path]:
    """Write the reconstruction, dropped phases, flips, shuffled bins and masked bins: D is changed, not its order."""
    names = ("none", "unit_phase", "flip_time", "flip_frequency", "drop_phase", "shuffle_bins", "mask_bins")
    return [
        _write(folder, f"{name}.wav", y, sr, order="original", transform=name, **sizes, **NOTEBOOK) for name in names
    ]


def pictures(y: osr.Signal, sr: int, folder: Path, sizes: Mapping[str, int]) -> list[Path]:
    """Draw the mel spectrogram in dB, and the maps of PCA and t-SNE in 1 and 2 dimensions, coloured by time."""
    settings = osr.Settings().changed({**sizes, "steps": "amplitude_db"})
    analysis = osr.analyse([osr.ArraySource(y)], sr, settings)
    time_s = analysis.grains.time_s(settings, sr)
    drawn = {
        "spectrogram.png": plots.spectrogram_png(
            analysis.descriptors, sr, settings.hop_length, fmin_hz=0, fmax_hz=sr / 2, title="mel spectrogram"
        )
    }
    for embedding in ("pca", "tsne"):
        for components in (1, 2):
            chosen = settings.changed({"embedding": embedding, "components": components})
            points = osr.embed(analysis, chosen).points
            drawn[f"{embedding}-{components}.png"] = plots.map_png(points, time_s, title=f"{embedding}, {components}-D")
    for name, png in drawn.items():
        (folder / name).write_bytes(png)
    return [folder / name for name in drawn]


def reorderings(y: osr.Signal, sr: int, folder: Path, sizes: Mapping[str, int]) -> list[Path]:
    """Write the sound in the order of PCA and of t-SNE, as the notebook, and in the orders that we would choose."""
    written = [_write(folder, f"order-{name}.wav", y, sr, order=name, **sizes, **NOTEBOOK) for name in ("pca", "tsne")]
    return [
        *written,
        *(_write(folder, f"order-{name}.wav", y, sr, order=name, **sizes) for name in ("similarity", "tour")),
    ]


def further(y: osr.Signal, sr: int, folder: Path, sizes: Mapping[str, int]) -> list[Path]:
    """Write the fine tunings (each pre-processing step, and two in sequence) and the outlook (clusters, distances)."""

    def scaled(descriptors: osr.Descriptors) -> osr.Descriptors:
        """Weigh each grain by its place in time: a step of one's own is a function on rows."""
        return descriptors * np.linspace(0.5, 1, len(descriptors), dtype=np.float32)[:, np.newaxis]

    sequences: Mapping[str, Sequence[str | osr.Step]] = {
        "notebook-volume": ["notebook_volume"],
        "notebook-log": ["notebook_log"],
        "notebook-both": ["notebook_volume", "notebook_log"],
        "volume": ["volume", "power_db"],
        "low-weight": ["power_db", "low_weight"],
        "both": ["volume", "power_db", "low_weight"],
        "own-step": ["power_db", scaled],
    }
    tuned = [
        _write(folder, f"steps-{name}.wav", y, sr, steps=steps, order="tsne", **sizes)
        for name, steps in sequences.items()
    ]
    outlook = {"clusters.wav": {"order": "cluster"}, "distance.wav": {"order": "tsne", "spacing": "distance"}}
    return [*tuned, *(_write(folder, name, y, sr, **options, **sizes) for name, options in outlook.items())]


def _write(folder: Path, name: str, y: osr.Signal, sr: int, **options: object) -> Path:
    z, _ = osr.reorder(y, sr, **options)  # type: ignore[arg-type]
    osr.save_sound(folder / name, z, sr, overwrite=True)
    return folder / name


if __name__ == "__main__":
    for path in main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])):
        print(path)
