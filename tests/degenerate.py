"""Degenerate signals: those without anything to order by, at the edges of length and level, and repaired ones.

`SIGNALS` maps the name of each to sounds of float32 ``(channels, n_samples)`` at `RATE` Hz; most have some 25 grains at
the settings `GRAINS`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import ArrayLike, NDArray

from oscreorder.files import decode

RATE = 8000
LENGTH = 1600
GRAINS = {"win_length": 256, "hop_length": 64, "n_mels": 24}

Signal = NDArray[np.float32]


def _mono(values: ArrayLike) -> list[Signal]:
    """Return a sound of these samples, or of `LENGTH` times the same."""
    y = np.atleast_1d(np.asarray(values, np.float32))
    return [np.tile(y, LENGTH)[None] if np.ndim(values) == 0 else y[None]]


def _noise(length: int = LENGTH, seed: int = 0) -> Signal:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, length).astype(np.float32)


def _impulse() -> Signal:
    y = np.zeros(LENGTH, np.float32)
    y[LENGTH // 2] = 1
    return y


def repaired(y: Signal, folder: Path) -> list[Signal]:
    """Return a signal as it comes back from a file, its NaN and infinities repaired."""
    soundfile.write(folder / "y.wav", y.T, RATE, subtype="FLOAT")
    decoded = decode(folder / "y.wav", folder / "y.f32", sr=0)
    assert decoded.repaired == np.count_nonzero(~np.isfinite(y))
    return [np.fromfile(folder / "y.f32", np.float32).reshape(-1, decoded.channels).T]


def _with_nan() -> Signal:
    y = np.stack([_noise(), _noise(seed=1)])
    y[0, 100:200], y[1, 700], y[1, 701] = np.nan, np.inf, -np.inf
    return y


SIGNALS: Mapping[str, Callable[[Path], list[Signal]]] = {
    "silence": lambda _: _mono(0.0),
    "negative zeros": lambda _: _mono(-0.0),
    "one sample": lambda _: _mono([0.7]),
    "one silent sample": lambda _: _mono([0.0]),
    "two samples": lambda _: _mono([0.7, -0.7]),
    "shorter than a hop": lambda _: _mono(_noise(63)),
    "one grain": lambda _: _mono(_noise(64)),
    "two grains": lambda _: _mono(_noise(65)),
    "three grains": lambda _: _mono(_noise(140)),
    "constant": lambda _: _mono(0.3),
    "constant at full scale": lambda _: _mono(-1.0),
    "impulse": lambda _: _mono(_impulse()),
    "full-scale square": lambda _: _mono(np.sign(np.sin(np.arange(LENGTH) * 0.3) + 1e-9)),
    "square in time with the hop": lambda _: _mono(np.where(np.arange(LENGTH) // 64 % 2, 1, -1)),
    "highest frequency": lambda _: _mono(np.where(np.arange(LENGTH) % 2, 1, -1)),
    "denormals": lambda _: _mono(_noise() * np.float32(1e-40)),
    "as quiet as can be": lambda _: _mono(np.full(LENGTH, 1e-45)),
    "noise floor of 1e-12": lambda _: _mono(_noise() * np.float32(1e-12)),
    "noise floor of constant level": lambda _: _mono(np.where(np.arange(LENGTH) % 3, 1e-4, -1e-4)),
    "1e10, as loud as no sound": lambda _: _mono(_noise() * np.float32(1e10)),
    "1e12, the loudest that is read": lambda _: _mono(np.sign(_noise()) * np.float32(1e12)),
    "one grain again and again": lambda _: _mono(np.tile(_noise(64), 25)),
    "two grains in turn": lambda _: _mono(np.tile(_noise(128), 12)),
    "half of it silent": lambda _: _mono(_noise() * (np.arange(LENGTH) < LENGTH // 2)),
    "silent but for its last sample": lambda _: _mono(np.arange(LENGTH) == LENGTH - 1),
    "ramp": lambda _: _mono(np.linspace(-1, 1, LENGTH)),
    "identical channels": lambda _: [np.stack([_noise()] * 2)],
    "channels against each other": lambda _: [np.stack([_noise(), -_noise()])],
    "one channel silent": lambda _: [np.stack([_noise(), 0 * _noise()])],
    "64 channels": lambda _: [np.stack([_noise(320, seed) for seed in range(64)])],
    "NaN repaired": lambda folder: repaired(_with_nan(), folder),
    "nothing but NaN, repaired": lambda folder: repaired(np.full((1, LENGTH), np.nan, np.float32), folder),
    "the same sound twice": lambda _: _mono(_noise(900)) * 2,
    "thirty sounds of a sample": lambda _: [np.full((1, 1), 0.01 * n, np.float32) for n in range(30)],
    "a sound and a silence": lambda _: [*_mono(_noise(900)), *_mono(np.zeros(900))],
    "one loud and one quiet": lambda _: [
        *_mono(_noise(900) * np.float32(1e10)),
        *_mono(_noise(900) * np.float32(1e-30)),
    ],
}
