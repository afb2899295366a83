"""The daemon's own sound as musicians meet it: no device, one that is lost and comes back, another than the default."""

import asyncio
import itertools
import os
import queue
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
from daemon import Client
from jackserver import JackServer, Recorder
from programs import Daemon

from oscreorder import save_sound
from oscreorder.daemon.audio_out import NONE, AudioOut, AudioWish
from oscreorder.daemon.effects import OpenAudio
from oscreorder.daemon.performance import Performance, Step
from oscreorder.daemon.session import Session
from oscreorder.errors import AudioDeviceError
from oscreorder.live.playback import START_S
from oscreorder.osc.wire import Message
from oscreorder.parameters import Settings
from oscreorder.records import CorpusRecord, Folders, SoundRecord

SR = 48000
STREAM = 7
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("root")
    noise = np.random.default_rng(5).normal(0, 0.1, (1, SR)).astype(np.float32)
    save_sound(folder / "noise.wav", noise, SR, subtype="FLOAT")
    return folder


@contextmanager
def playing(root: Path, *flags: str) -> Iterator[Client]:
    """Run a daemon; its corpus noise is analysed, and the client registered."""
    with Daemon(root=root, out=root, arguments=flags) as daemon, Client(daemon.port) as client:
        client.ask("load", 1, "noise", "noise.wav")
        client.ask("analyse", 2, "noise", "win_length", 1024, "hop_length", 512)
        client.ask("notify", 3, 1)
        yield client


@contextmanager
def named(name: str) -> Iterator[None]:
    """Have all that starts inside look for a JACK server of this name, and start none."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("JACK_DEFAULT_SERVER", name)
        environment.setenv("JACK_NO_START_SERVER", "1")
        yield


def notice(client: Client) -> str:
    told = client.until("notice", None, PATIENCE_S)[-1]
    assert told.arguments[:2] == ("stream/start", STREAM)
    return str(told.arguments[2])


def heard(server: JackServer, folder: Path) -> float:
    """Return the loudest sample of half a second."""
    with Recorder(server, "PortAudio", folder, seconds=0.5) as recorder:
        recorder.full()
    return float(np.abs(recorder.frames).max())


def processes_of(pid: int) -> list[psutil.Process]:
    found: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
    return found


def is_refused(message: Message, text: str) -> bool:
    return message.arguments[2] == AudioDeviceError.code and text in str(message.arguments[3])


def test_without_a_device_streams_are_told_but_not_played(root: Path) -> None:
    with playing(root, "--audio", "none") as client:
        assert is_refused(client.ask("stream/start", STREAM, "noise", "play", 1), "--audio none")
        assert client.ask("status", 4).arguments[4] == 0
        client.ask("stream/start", STREAM + 1, "noise", "rate", 50)
        client.send("stream/target", STREAM + 1, "grain", 3)
        client.until("grain")
        client.send("stream/set", STREAM + 1, "play", 1)
        told = client.until("notice")[-1]
        assert told.arguments[:2] == ("stream/start", STREAM + 1)
        assert "cannot be heard" in str(told.arguments[2])
        client.until("grain")


def test_a_device_that_there_is_not_is_told_each_time_and_found_once_it_is_there(root: Path, tmp_path: Path) -> None:
    name = f"oscreorder-{os.getpid()}"
    with named(name), playing(root) as client:
        assert is_refused(client.ask("stream/start", STREAM, "noise", "play", 1), "there are: none")
        with JackServer(sr=SR, name=name) as server:
            client.send("stream/start", STREAM, "noise", "play", 1, "rate", 100, "tell", 0)
            assert client.until("done", None, PATIENCE_S)[-1].arguments == ("stream/start", STREAM, STREAM)
            client.send("stream/target", STREAM, "grain", 3)
            assert heard(server, tmp_path) > 0.05
            client.ask("stream/stop", 5, STREAM)


def test_a_lost_device_is_told_and_plays_on_once_it_is_back(root: Path, tmp_path: Path) -> None:
    name = f"oscreorder-{os.getpid()}-lost"
    with named(name), JackServer(sr=SR, name=name) as first, playing(root) as client:
        client.send("stream/start", STREAM, "noise", "play", 1, "rate", 100, "tell", 0)
        client.until("done", None, PATIENCE_S)
        client.send("stream/target", STREAM, "grain", 3)
        assert heard(first, tmp_path) > 0.05
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert "was lost" in notice(client)
        with JackServer(sr=SR, name=name) as second:
            assert "plays again" in notice(client)
            assert heard(second, tmp_path) > 0.05
            assert client.ask("stream/stop", 5, STREAM).address == "/oscreorder/done"


def test_a_device_that_hangs_does_not_hold_up_the_end(root: Path) -> None:
    name = f"oscreorder-{os.getpid()}-hangs"
    with (
        named(name),
        JackServer(sr=SR, name=name) as server,
        Daemon(root=root, out=root) as daemon,
        Client(daemon.port) as client,
    ):
        client.ask("load", 1, "noise", "noise.wav")
        client.ask("analyse", 2, "noise")
        os.kill(server.pid, signal.SIGSTOP)
        try:
            client.send("stream/start", STREAM, "noise", "play", 1)
            deadline = time.monotonic() + PATIENCE_S
            while not any("audio_process" in " ".join(each.cmdline()) for each in processes_of(daemon.pid)):
                assert time.monotonic() < deadline
            client.ask("quit", 3)
            assert daemon.wait(START_S / 2) == 0
        finally:
            os.kill(server.pid, signal.SIGCONT)


def test_a_watch_that_fails_once_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: queue.SimpleQueue[float] = queue.SimpleQueue()
    times = itertools.count()

    def look_after(_: AudioOut, now: float) -> None:
        looked.put(now)
        if next(times) == 0:
            raise BlockingIOError("no process can be started")

    async def perform() -> None:
        loop = asyncio.get_running_loop()
        session = Session(settings=Settings(), folders=Folders((), str(tmp_path), str(tmp_path)), version="1",
                          port=1, slots=1, now=0.0)  # fmt: skip

        def from_thread(step: Step) -> None:
            loop.call_soon_threadsafe(step, loop.time())

        performance = Performance(session, lambda *_: None, lambda _: None, from_thread, loop.call_later, AudioWish())
        performance.run(OpenAudio())
        for _ in range(3):
            await asyncio.to_thread(looked.get, timeout=PATIENCE_S)
        await asyncio.to_thread(performance.close)

    monkeypatch.setattr(AudioOut, "open", lambda _: None)
    monkeypatch.setattr(AudioOut, "look_after", look_after)
    asyncio.run(asyncio.wait_for(perform(), PATIENCE_S))


def test_sounds_have_numbers_of_their_own_until_they_are_forgotten(tmp_path: Path) -> None:
    def corpus(folder: str) -> CorpusRecord:
        sounds = [SoundRecord(f"{n}.wav", SR, 1, SR, str(tmp_path / folder / f"{n}.f32"), SR) for n in range(2)]
        return CorpusRecord(folder, SR, tuple(sounds))

    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for number in range(2):
            np.zeros(SR, np.float32).tofile(tmp_path / folder / f"{number}.f32")
    server = JackServer(sr=SR)
    with named(server.name), server:
        audio = AudioOut(AudioWish())
        audio.open()
        assert audio.sounds(corpus("a")) == (0, 1)
        assert audio.sounds(corpus("b")) == (2, 3)
        audio.forget([str(tmp_path / "a")])
        assert audio.sounds(corpus("a")) == (4, 5)
        assert audio.sounds(corpus("b")) == (2, 3)
        audio.close()


def test_a_daemon_without_sound_opens_no_device() -> None:
    audio = AudioOut(AudioWish(NONE))
    with pytest.raises(AudioDeviceError, match="--audio none"):
        audio.open()
    assert audio.playback is None
    assert audio.look_after(0.0) is None
    audio.close()
