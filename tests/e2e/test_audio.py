"""The daemon's own sound, really played: into a JACK server without hardware, recorded, lost and found again."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jack  # type: ignore[import-untyped]
import numpy as np
import psutil
import pytest
from jackserver import JackServer
from numpy.typing import NDArray
from programs import Program

from oscreorder.errors import AudioDeviceError, ParameterError
from oscreorder.live.layout import EVENT
from oscreorder.live.playback import Playback
from oscreorder.live.player import Player

SR = 44100
PERIOD = 1024
PATIENCE_S = 60.0
LEAD_S = 0.4
RECORDED_S = 2.0
ATTEMPTS = 3

Frames = NDArray[np.float32]
SOUNDS = {
    0: (np.random.default_rng(0).uniform(-0.5, 0.5, (1, SR)).astype(np.float32), SR),
    1: (np.random.default_rng(1).uniform(-0.5, 0.5, (2, SR)).astype(np.float32), SR),
    2: (np.random.default_rng(2).uniform(-0.5, 0.5, (5, SR)).astype(np.float32), 32000),
}


class Recorder:
    """What comes out of the player's ports, from now on for `RECORDED_S`."""

    def __init__(self, server: str) -> None:
        self.frames: Frames = np.zeros((round(RECORDED_S * SR), 2), np.float32)
        self.xruns = 0
        self._at = 0
        self._full = threading.Event()
        self._client = jack.Client("recorder", servername=server, no_start_server=True)
        self._ports = [self._client.inports.register(name) for name in ("left", "right")]
        self._client.set_process_callback(self._take)
        self._client.set_xrun_callback(self._count)
        self._client.activate()
        played = self._client.get_ports("PortAudio", is_audio=True, is_output=True)
        for port, source in zip(self._ports, played, strict=True):
            self._client.connect(source, port)

    def wait(self) -> None:
        assert self._full.wait(PATIENCE_S)
        self._client.deactivate()
        self._client.close()

    def _take(self, n: int) -> None:
        taken = min(n, len(self.frames) - self._at)
        for side, port in enumerate(self._ports):
            self.frames[self._at : self._at + taken, side] = port.get_array()[:taken]
        self._at += taken
        if taken < n:
            self._full.set()

    def _count(self, _: float) -> None:
        self.xruns += 1


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The name of a running server, which all that starts here finds."""
    with pytest.MonkeyPatch.context() as environment, JackServer(sr=SR, period=PERIOD) as server:
        for name, value in server.environment.items():
            environment.setenv(name, value)
        yield server.name


@pytest.fixture(scope="module")
def playback(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playback]:
    assert server
    with ended(Playback(n_voices=12)) as playback:
        load(playback, tmp_path_factory.mktemp("sounds"))
        playback.ready(PATIENCE_S)
        yield playback


@contextmanager
def ended(playback: Playback) -> Iterator[Playback]:
    """See that nothing of it is left in the end."""
    try:
        yield playback
    finally:
        playback.close()
    assert not psutil.pid_exists(playback.pid)


def until(condition: Callable[[], bool]) -> None:
    deadline, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        pause.wait(0.02)


def cloud(first_frame: int) -> NDArray[Any]:
    """150 grains within a second, of all the sounds, more at once than 12 voices."""
    rng, events = np.random.default_rng(7), np.zeros(150, EVENT)
    events["start"] = first_frame + rng.integers(0, SR, 150)
    events["sound"], events["position"] = rng.integers(0, 3, 150), rng.integers(-1000, SR - 3000, 150)
    events["length"], events["stream"] = rng.integers(100, 9000, 150), rng.integers(0, 3, 150)
    events["attack"], events["release"] = rng.integers(0, 2000, 150), rng.integers(0, 2000, 150)
    events["gain"], events["pan"] = rng.uniform(0, 0.3, 150), rng.uniform(-1, 1, 150)
    return events


def load(playback: Playback, folder: Path) -> None:
    for index, (y, sr) in SOUNDS.items():
        y.T.tofile(folder / f"{index}.f32")
        playback.load_sound(index, folder / f"{index}.f32", channels=len(y), sr=sr)


def sounding(frames: Frames) -> Frames:
    """From the first to the last sample that is not silent."""
    heard = np.flatnonzero(frames.any(axis=1))
    return frames[heard[0] : heard[-1] + 1] if len(heard) else frames[:0]


def pulled(events: NDArray[Any]) -> Frames:
    player = Player(SR, 12)
    for index, (y, sr) in SOUNDS.items():
        player.load_sound(index, y, sr=sr)
    events["start"] -= events["start"].min()
    player.schedule(events)
    return sounding(player.pull(2 * SR))


def recorded(playback: Playback, server: str) -> tuple[Frames, int]:
    """Play the cloud; return what was heard of it, and how often a block was missed."""
    recorder, underflows = Recorder(server), playback.counts.underflows
    playback.schedule(cloud(playback.frame_at(time.monotonic() + LEAD_S)))
    recorder.wait()
    return sounding(recorder.frames), recorder.xruns + playback.counts.underflows - underflows


def heard_as_pulled(playback: Playback, server: str) -> bool:
    """Compare to the bit, but for when it began; a recording in which the machine missed blocks is made anew."""
    for _ in range(ATTEMPTS):
        heard, missed = recorded(playback, server)
        if not missed:
            break
    return heard.tobytes() == pulled(cloud(0)).tobytes()


def test_what_is_heard_is_what_is_pulled_offline(playback: Playback, server: str) -> None:
    assert playback.sr == SR
    assert heard_as_pulled(playback, server)
    assert playback.counts.late == 0
    assert playback.counts.stolen > 0


def test_stop_and_free_end_what_sounds(playback: Playback, tmp_path: Path) -> None:
    np.ones((SR, 1), np.float32).tofile(tmp_path / "10.f32")
    playback.load_sound(10, tmp_path / "10.f32", channels=1, sr=SR)
    events = np.zeros(3, EVENT)
    events["start"], events["length"] = playback.frame_at(time.monotonic() + 0.1), 600 * SR
    events["gain"], events["stream"], events["sound"] = 0.01, [4, 5, 6], [0, 10, 2]
    playback.schedule(events)
    until(lambda: playback.counts.active == 3)
    playback.stop_stream(4)
    until(lambda: playback.counts.active == 2)
    mapped = Path(f"/proc/{playback.pid}/maps")
    assert "10.f32" in mapped.read_text()
    playback.free_sound(10)
    until(lambda: playback.counts.active == 1)
    playback.let_go()
    until(lambda: "10.f32" not in mapped.read_text())
    playback.stop_stream(6)
    until(lambda: playback.counts.active == 0)


def test_a_sound_that_is_not_there_is_told_and_the_others_play_on(
    playback: Playback, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "empty.f32").touch()
    (tmp_path / "torn.f32").write_bytes(bytes(4 * 1000 + 3))
    for index, name in enumerate(("empty.f32", "torn.f32", "missing.f32")):
        playback.load_sound(20 + index, tmp_path / name, channels=3, sr=SR)
    until(lambda: "missing.f32" in caplog.text)
    events = np.zeros(3, EVENT)
    events["start"], events["length"], events["sound"] = playback.frame_at(time.monotonic() + 0.1), SR, [20, 21, 22]
    started, dropped = playback.counts.started, playback.counts.dropped
    playback.schedule(events)
    until(lambda: playback.counts.dropped > dropped)
    assert (playback.counts.started, playback.counts.dropped) == (started + 2, dropped + 1)
    assert playback.state(time.monotonic()) == "playing"


def test_a_lost_device_is_noticed_and_opened_again(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = f"{server}-2"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", other)
    with ended(Playback(n_voices=12)) as playback:
        with pytest.raises(AudioDeviceError, match="there are: none"):
            playback.ready(PATIENCE_S)
        load(playback, tmp_path)
        with JackServer(sr=SR, period=PERIOD, name=other):
            playback.reopen()
            assert playback.state(time.monotonic()) == "starting"
            playback.ready(PATIENCE_S)
            assert playback.state(time.monotonic()) == "playing"
        until(lambda: playback.state(time.monotonic()) == "lost")
        assert "no more sound" in playback.problem
        playback.schedule(cloud(0))
        with JackServer(sr=SR, period=PERIOD, name=other):
            playback.reopen()
            playback.ready(PATIENCE_S)
            assert heard_as_pulled(playback, other)
            psutil.Process(playback.pid).kill()
            until(lambda: playback.state(time.monotonic()) == "lost")
            assert "ended" in playback.problem


@pytest.mark.usefixtures("server")
def test_a_device_that_there_is_not_is_told_with_those_that_there_are() -> None:
    with (
        ended(Playback(device="Gramophone")) as playback,
        pytest.raises(AudioDeviceError, match='"Gramophone" is not one output device; there are: system'),
    ):
        playback.ready(PATIENCE_S)


@pytest.mark.usefixtures("server")
def test_a_rate_that_the_device_refuses_is_told_with_the_one_it_prefers() -> None:
    with (
        ended(Playback(sr=22050)) as playback,
        pytest.raises(AudioDeviceError, match=f"22050 Hz.* prefers {SR} Hz"),
    ):
        playback.ready(PATIENCE_S)


@pytest.mark.usefixtures("server")
def test_the_sound_ends_with_the_daemon_however_that_ends() -> None:
    program = (
        "import threading; from oscreorder.live.playback import Playback; playback = Playback(); playback.ready(30); "
        "print(playback.pid, flush=True); threading.Event().wait()"
    )
    with Program(sys.executable, "-c", program) as daemon:
        player = psutil.Process(int(daemon.wait_for(r"^(\d+)$")[1]))
        psutil.Process(daemon.pid).kill()
        assert psutil.wait_procs([player], timeout=PATIENCE_S)[1] == []


def test_bad_events_are_refused_on_this_side(playback: Playback) -> None:
    events = cloud(0)
    events["gain"][3] = np.nan
    started = playback.counts.started
    with pytest.raises(ParameterError, match="gain"):
        playback.schedule(events)
    assert playback.counts.started == started


@pytest.mark.usefixtures("server")
def test_an_output_starts_holds_starts_again_and_ends() -> None:
    """In a process of its own, since the audio library finds its devices once for all."""
    program = """
import threading, time
from oscreorder.live.audio import Output
from oscreorder.live.player import Player

def until(condition):
    deadline, pause = time.monotonic() + 20, threading.Event()
    while not condition() and time.monotonic() < deadline:
        pause.wait(0.01)
    return condition()

player = Player(44100)
output = Output(player, block_length=128)
output.start()
print("plays", until(lambda: player.counts.heartbeat > 10), output.alive(time.monotonic()))
print("soon", 0 < output.heard_in(player.now_frames + 44100) < 2)
output.stop()
at, now = player.now_frames, time.monotonic()
print("blocks of 128", player.now_frames == 128 * player.counts.heartbeat)
print("holds", not threading.Event().wait(0.1) and player.now_frames == at)
print("lost", output.alive(now), output.alive(now + 1.1))
output.start()
print("plays", until(lambda: player.now_frames > at), output.alive(now + 2))
output.close()
print("closed", output.alive(now + 2))
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.splitlines() == [
        "plays True True",
        "soon True",
        "blocks of 128 True",
        "holds True",
        "lost True False",
        "plays True True",
        "closed False",
    ]


def test_this_side_is_light() -> None:
    program = "import sys, oscreorder.live.playback; print({'numba', 'sounddevice', 'scipy'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
