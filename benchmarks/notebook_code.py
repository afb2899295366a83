"""The notebook's own formulas, run as a process of their own: what oscreorder is measured against.

Its class `SpectReorder`, mended only where today's libraries refuse it: `melspectrogram` takes the signal by name.
The result is written as a sound file, since the notebook ends in a player and we measure from file to file.

    python -m benchmarks.notebook_code experiment examples/sounds/violin.flac out.wav
"""

import argparse
from pathlib import Path

import librosa
import numpy as np
import soundfile
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from benchmarks.measuring import Facts, Phases, Run, add_arguments, repeat

MODES = {
    "experiment": "load, stft, mel, amplitude_to_db, t-SNE to one dimension, re-order, istft, write",
    "pca": "the same with PCA to one dimension: the notebook's cheapest order, for sounds too long for its t-SNE",
    "analysis": "load, stft, mel",
    "istft": "istft alone, of an STFT that was re-ordered by --order-file; all channels",
}


class SpectReorder:
    """The notebook's class: two STFTs at the start, one inverse STFT for each experiment."""

    def __init__(self, path: str, *, win_length: int, hop_length: int, mono: bool = True, phases: Phases) -> None:
        self.hop_length, self.win_length = hop_length, win_length
        with phases("load"):
            self.y, self.sr = librosa.load(path, sr=None, mono=mono)
        with phases("stft"):
            self.spectra = librosa.stft(self.y, n_fft=win_length, hop_length=hop_length, win_length=win_length)

    def describe(self, phases: Phases) -> None:
        """Make the mel spectrogram, from a second STFT as `melspectrogram` does."""
        with phases("mel"):
            self.mel = librosa.feature.melspectrogram(
                y=self.y, sr=self.sr, hop_length=self.hop_length, win_length=self.win_length, n_fft=self.win_length
            )

    def run_algorithm(self, reduction: PCA | TSNE, phases: Phases) -> NDArray[np.float32]:
        """Reduce the frames to one dimension, re-order the STFT by it, and invert."""
        with phases("amplitude_to_db"):
            scaled = librosa.amplitude_to_db(self.mel)
        with phases("reduce"):
            reduced = reduction.fit_transform(scaled.T)
        with phases("re-order"):
            spectra = self.spectra[:, np.argsort(reduced[:, 0])]
        with phases("istft"):
            return self.invert(spectra)

    def invert(self, spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
        """Return the inverse STFT."""
        y: NDArray[np.float32] = librosa.istft(spectra, hop_length=self.hop_length, win_length=self.win_length)
        return y


def main() -> None:
    """Run one mode, warm, and print its times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=MODES, help="; ".join(f"{mode}: {what}" for mode, what in MODES.items()))
    parser.add_argument("sound")
    parser.add_argument("out", nargs="?", help="sound file to write, for experiment and pca")
    parser.add_argument("--order-file", type=Path, help="an order as .npy, for istft")
    add_arguments(parser)
    options = parser.parse_args()
    prepare = {"analysis": _analysis, "istft": _istft}.get(options.mode, _experiment)
    repeat(lambda sound: prepare(sound, options), options)


def _analysis(sound: str, options: argparse.Namespace) -> Run:
    def run(phases: Phases) -> Facts:
        experiment = SpectReorder(sound, win_length=options.win_length, hop_length=options.hop_length, phases=phases)
        experiment.describe(phases)
        return {"grains": experiment.spectra.shape[1]}

    return run


def _experiment(sound: str, options: argparse.Namespace) -> Run:
    def run(phases: Phases) -> Facts:
        np.random.seed(42)  # noqa: NPY002 - the notebook's seed
        experiment = SpectReorder(sound, win_length=options.win_length, hop_length=options.hop_length, phases=phases)
        experiment.describe(phases)
        reduction = TSNE(n_components=1) if options.mode == "experiment" else PCA(n_components=1)
        y = experiment.run_algorithm(reduction, phases)
        with phases("write"):
            soundfile.write(options.out, y, experiment.sr, subtype="PCM_24")  # oscreorder's default in WAV
        return {"grains": experiment.spectra.shape[1]}

    return run


def _istft(sound: str, options: argparse.Namespace) -> Run:
    experiment = SpectReorder(
        sound, win_length=options.win_length, hop_length=options.hop_length, mono=False, phases=Phases()
    )
    n_grains = experiment.spectra.shape[-1]
    order = np.load(options.order_file)
    experiment.spectra = experiment.spectra[..., order[order < n_grains]]

    def run(phases: Phases) -> Facts:
        with phases("istft"):
            y = experiment.invert(experiment.spectra)
        return {"grains": n_grains, "samples": y.shape[-1]}

    return run


if __name__ == "__main__":
    main()
