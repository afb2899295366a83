"""[oscreorder-grains~] in Pd on a JACK server without hardware: what it plays stands where the stream's times are.

The sound of the test is a plateau with a little noise, and its grains are short and far apart, so that each is a step
from silence, which a recording shows to the sample.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from jackserver import JackServer
from numpy.typing import NDArray
from pdprogram import Pd
from programs import Daemon
from scipy.signal import fftconvolve

from oscreorder import read_sound, save_sound

SR = 44100
UNKNOWN_TO_PD = ("violin.flac", "compus.ogg", "compus.mp3")
PATCH = """#N canvas 60 40 500 400 12;
#X obj 20 20 oscreorder 127.0.0.1 57140;
#X obj 20 120 oscreorder-grains~ plateau;
#X obj 20 160 writesf~ 2;
#X obj 120 160 dac~;
#X obj 200 20 netreceive -u WAY_IN;
#X obj 200 50 route to-daemon to-grains to-file;
#X obj 200 80 print ready;
#X obj 200 110 loadbang;
#X msg 200 140 \\; pd dsp 1;
#X obj 300 50 print grain;
#X obj 300 80 print done;
#X obj 300 110 print player;
#X connect 4 0 5 0;
#X connect 5 0 0 0;
#X connect 5 1 1 0;
#X connect 5 2 2 0;
#X connect 1 0 2 0;
#X connect 1 1 2 1;
#X connect 1 0 3 0;
#X connect 1 1 3 1;
#X connect 0 2 9 0;
#X connect 0 0 10 0;
#X connect 1 2 11 0;
#X connect 7 0 8 0;
#X connect 7 0 6 0;
"""
Frames = NDArray[np.float32]


@pytest.fixture(scope="module")
def jack() -> Iterator[None]:
    """A JACK server without hardware, which what starts here finds."""
    with pytest.MonkeyPatch.context() as environment, JackServer(sr=SR, period=512) as server:
        for name, value in server.environment.items():
            environment.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def root(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("root")
    for name in UNKNOWN_TO_PD:
        shutil.copy(sounds / name, folder)
    for channels, name in ((1, "mono"), (2, "stereo")):
        noise = np.random.default_rng(channels).uniform(-0.05, 0.05, (channels, SR))
        save_sound(folder / f"{name}.wav", (0.5 + noise).astype(np.float32), SR)
    return folder


@pytest.fixture(scope="module")
def house(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Daemon(root=root, out=tmp_path_factory.mktemp("out")) as daemon:
        yield daemon


def play(pd: Pd, record: Path, *, sound: str, grains: int) -> tuple[Frames, NDArray[np.float64]]:
    """Record a stream of so many grains; return what was heard, and the stream's times in ms."""
    for line in (
        f"to-daemon load plateau {sound}",
        "to-daemon analyse plateau win_length 441 hop_length 441",
        "to-grains attack_ms 0",
        "to-grains release_ms 0",
        f"to-file open -wave -bytes 4 {record}",
        f"to-daemon stream/start plateau tags 0 rate 40 choose random k 20 count {grains}",
    ):
        pd.say(line)
    pd.wait_for("^player: ready 1")
    pd.say("to-file start")
    pd.say("to-daemon stream/target grain 50")
    while not pd.next_line().startswith("player: grain ") or len(told(pd, "player: grain")) < grains:
        pass
    pd.say("to-daemon ping")
    pd.wait_for("^done: ping")
    pd.say("to-file stop")
    pd.say("to-daemon free plateau")
    pd.wait_for("^done: free")
    y, sr = read_sound(record)
    assert sr == SR
    return y, np.array([float(line.split()[2]) for line in told(pd, "grain:")])


def told(pd: Pd, beginning: str) -> list[str]:
    return [line for line in pd.lines if line.startswith(beginning)]


def onsets_ms(y: Frames) -> NDArray[np.float64]:
    """Return where silence of at least 5 ms ends."""
    loud = np.abs(y[0]) > 0.05
    rises = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    quiet = SR // 200
    return np.array([1000 * rise / SR for rise in rises if rise >= quiet and not loud[rise - quiet : rise].any()])


@pytest.mark.usefixtures("jack")
@pytest.mark.parametrize("sound", ["mono", "stereo"])
def test_grains_begin_where_the_stream_says(house: Daemon, tmp_path: Path, sound: str) -> None:
    with Pd(tmp_path / "kit", PATCH, port=house.port, jack=True) as pd:
        pd.wait_for("^oscreorder: the daemon answers")
        y, times = play(pd, tmp_path / "heard.wav", sound=f"{sound}.wav", grains=80)
        pd.say("to-daemon disconnect")
    assert pd.faults() == []
    onsets = onsets_ms(y)
    assert len(onsets) == len(times) == 80
    apart = np.abs(np.diff(onsets) - np.diff(times))
    assert np.median(apart) < 0.1
    assert np.percentile(apart, 90) < 0.1
    level = 0.5 if sound == "stereo" else 0.5 * np.sqrt(0.5)
    heard = y[:, np.abs(y[0]) > 0.05]
    assert np.allclose(np.median(heard, axis=1), level, atol=0.03)


@pytest.mark.usefixtures("jack")
@pytest.mark.parametrize("name", UNKNOWN_TO_PD)
def test_what_pd_does_not_read_itself_is_heard_to_the_sample(
    house: Daemon, root: Path, tmp_path: Path, name: str
) -> None:
    with Pd(tmp_path / "kit", PATCH, port=house.port, jack=True) as pd:
        pd.wait_for("^oscreorder: the daemon answers")
        y, _ = play(pd, tmp_path / "heard.wav", sound=name, grains=20)
        pd.say("to-daemon disconnect")
    assert pd.faults() == []
    original, _ = read_sound(root / name)
    likenesses = []
    for line in told(pd, "player: grain"):
        _, _, sound, start, dur_ms, *_ = line.split()
        assert sound == "0"
        first = int(start)
        likenesses.append(likeness(y, original[:, first : first + round(float(dur_ms) * SR / 1000)]))
    assert len(likenesses) == 20
    assert sorted(likenesses)[2] > 0.995  # the recording may end within the last ones


def likeness(y: Frames, grain: Frames) -> float:
    """Return the correlation of a grain with what was heard, where it is highest, between the samples too."""
    level = np.sqrt(np.maximum(fftconvolve(y[0] ** 2, np.ones(grain.shape[1] - 3), "valid"), 1e-9))
    shifted = [between(grain[0], fraction) for fraction in np.linspace(0, 1, 16, endpoint=False)]
    return max(float(np.max(fftconvolve(y[0], one[::-1], "valid") / level) / np.linalg.norm(one)) for one in shifted)


def between(y: NDArray[np.float32], fraction: float) -> NDArray[np.float64]:
    """Return what lies between the samples, as [tabread4~] reads it: on a cubic through four of them."""
    a, b, c, d = (y[place : len(y) - 3 + place].astype(float) for place in range(4))
    bend = (d - a - 3 * (c - b)) * fraction + d + 2 * a - 3 * b
    read: NDArray[np.float64] = b + fraction * (c - b - (1 - fraction) / 6 * bend)
    return read
