"""A daemon, its folders, and what the command line renders from the sound of the dialogue."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from daemon import Client
from dialogue import ANALYSIS, RATE, SECONDS, SOUND, Stage
from programs import Daemon

from oscreorder import read_sound, save_sound

VIOLIN_S = 4


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory, sounds: Path) -> Path:
    """Return a folder with the sound of the dialogue, and with a short violin.flac, which the quick starts ask for."""
    folder = tmp_path_factory.mktemp("root")
    (folder / SOUND).parent.mkdir()
    save_sound(folder / SOUND, tones(), RATE)
    y, sr = read_sound(sounds / "violin.flac")
    save_sound(folder / "violin.flac", y[:, : VIOLIN_S * sr], sr)
    save_sound(folder.parent / "outside.wav", tones(), RATE)
    return folder


@pytest.fixture(scope="session")
def reference(root: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes that the command line renders from the sound of the dialogue."""
    out = tmp_path_factory.mktemp("reference") / "reference.wav"
    flags = [str(word) if isinstance(word, int) else f"--{word.replace('_', '-')}" for word in ANALYSIS]
    command = [sys.executable, "-m", "oscreorder", "render", str(root / SOUND), "-o", str(out), *flags]
    subprocess.run(command, check=True, timeout=100)
    return out.read_bytes()


@pytest.fixture(scope="session")
def daemon(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """Start one daemon for all; at the end it leaves nothing behind."""
    out = tmp_path_factory.mktemp("out")
    with Daemon(root=root, out=out) as daemon:
        yield daemon


@pytest.fixture
def stage(daemon: Daemon, root: Path, reference: bytes) -> Iterator[Stage]:
    """Clear the stage: no corpora, no outputs; afterwards nobody works or listens any more."""
    for path in daemon.out.iterdir():
        path.unlink()
    with Client(daemon.port) as client:
        for number, corpus in enumerate(("tones", "violin")):
            client.ask("free", number, corpus)
        yield Stage(daemon.port, root, daemon.out, reference)
        _, _, _, jobs, _, peers, *_ = client.ask("status", 2).arguments
        assert (jobs, peers) == (0, 0)


def tones() -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return two channels of short tones of random pitch in a little noise, always the same."""
    random = np.random.default_rng(7)
    pitches_hz = np.repeat(random.uniform(100, 3000, (2, 16)), SECONDS * RATE // 16 + 1, axis=1)
    phases = 2 * np.pi * np.cumsum(pitches_hz, axis=1) / RATE
    y: np.ndarray[tuple[int, int], np.dtype[np.float32]] = (
        0.3 * np.sin(phases) + random.normal(0, 0.01, phases.shape)
    ).astype(np.float32)[:, : SECONDS * RATE]
    return y
