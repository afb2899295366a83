"""Long sounds for the benchmarks, made from the shipped ones.

By default two of them sound at a time, each again and again at other speeds, forwards and backwards, so that the pairs
keep changing: no stretch is a copy of another, and orders and neighbours meet what a long recording would give them.
With one voice, stretches from different rounds can be much alike.

    python -m benchmarks.material out.wav --seconds 600 --channels 2
"""

import argparse
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

SR = 44100
SOUNDS = Path(__file__).resolve().parent.parent / "examples" / "sounds"
PIECE = 1 << 16
LOSSLESS = (".flac", ".wav", ".aiff")


def main() -> None:
    """Write a WAV file of 16 bit at 44.1 kHz."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--seconds", type=float)
    length.add_argument("--samples", type=int)
    parser.add_argument("--channels", type=int, default=1, help="independent of each other; default 1")
    parser.add_argument("--voices", type=int, choices=(1, 2), default=2, help="sounds at a time; default 2")
    options = parser.parse_args()
    length = options.samples or round(options.seconds * SR)
    make(options.out, length=length, channels=options.channels, voices=options.voices)


def make(path: str, *, length: int, channels: int, voices: int) -> None:
    """Write `length` samples to `path`, a piece at a time; the same arguments make the same file."""
    lines = [_Line(first, voices) for first in range(channels)]
    with soundfile.SoundFile(path, "w", SR, channels, "PCM_16") as out:
        for start in range(0, length, PIECE):
            n = min(PIECE, length - start)
            out.write(np.stack([line.take(n) for line in lines], axis=1))


class _Line:
    """One channel: endless rows of sounds, mixed."""

    def __init__(self, first: int, voices: int) -> None:
        self._rows = [_row(first + 3 * voice, 2.4 + 1.3 * voice) for voice in range(voices)]
        self._rest = [np.empty(0, np.float32)] * voices

    def take(self, n: int) -> NDArray[np.float32]:
        """Return the next `n` samples."""
        mixed = np.zeros(n, np.float32)
        for index, row in enumerate(self._rows):
            while len(self._rest[index]) < n:
                self._rest[index] = np.concatenate([self._rest[index], next(row)])
            mixed += 0.6 / (1 + index) * self._rest[index][:n]
            self._rest[index] = self._rest[index][n:]
        return np.clip(mixed, -1, 1)


def _row(first: int, stride: float) -> Iterator[NDArray[np.float32]]:
    """Yield the sounds over and over, mono, beginning with sound `first`, each round at its own speed."""
    sounds = [_read(path) for path in sorted(SOUNDS.iterdir()) if path.suffix in LOSSLESS]
    for turn in count():
        speed = 1 + 0.4 * np.sin(stride * turn)
        for index in range(len(sounds)):
            y = soxr.resample(sounds[(index + first) % len(sounds)], SR * speed, SR, quality="HQ")
            yield y[:: -1 if turn % 2 else 1]


def _read(path: Path) -> NDArray[np.float32]:
    y, sr = soundfile.read(path, dtype="float32", always_2d=True)
    resampled: NDArray[np.float32] = soxr.resample(y.mean(axis=1), sr, SR, quality="HQ")
    return resampled


if __name__ == "__main__":
    main()
