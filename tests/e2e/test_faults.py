"""Faults: killed workers and daemons, full disks, files and folders that go, a log nobody reads, clocks that jump."""

import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psutil
import pytest
from daemon import FAKE_WORK, PREFIX, Client
from jackserver import JackServer
from programs import REPOSITORY, Program, free_port

from oscreorder.osc.wire import decode, encode, encode_bundle, ntp, unix
from reliability.faults import PLAY, fill_disks, kill_daemons, kill_workers, may_mount
from reliability.studio import Desk, Studio

SHORT_S = 3.0
PATIENCE_S = 20.0
LIBFAKETIME = "libfaketimeMT.so.1"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="module")
def started(base: Path) -> Iterator[Desk]:
    with Studio(base, seconds=2).daemon() as desk:
        yield desk


@pytest.fixture
def desk(started: Desk, base: Path) -> Iterator[Desk]:
    """Give a daemon with a corpus that is forgotten afterwards; its sound may be removed."""
    copy = base / "root" / "copy.wav"
    copy.write_bytes((base / "root" / "tiny.wav").read_bytes())
    started.needs("load", "long", "copy.wav")
    yield started
    started.needs("free", "long")
    (base / "out" / "x.wav").unlink(missing_ok=True)


def answer(desk: Desk, command: str, *arguments: str | float) -> tuple[object, ...]:
    """Return what an error tells: its code and its text."""
    end = desk.ask(command, *arguments)
    assert end.address == PREFIX + "error", end
    return end.arguments[2:]


# Processes


def test_a_killed_worker_costs_one_request(tmp_path: Path) -> None:
    kills = kill_workers(tmp_path, 2, seconds=SHORT_S)
    assert kills.ends["error 20"] == 2
    assert not kills.broken, kills


def test_a_killed_daemon_takes_all_its_processes_along_and_leaves_nothing_that_stays(tmp_path: Path) -> None:
    with JackServer() as jack:
        deaths = kill_daemons(tmp_path, 2, seconds=1.0, environment=jack.environment, before=PLAY, within_s=1.0)
    assert (deaths.deaths, deaths.processes, deaths.partial, deaths.left) == (2, 0, [], [])
    assert deaths.swept > 0


# Disks and folders


def test_a_full_disk_is_an_error_and_no_more(tmp_path: Path) -> None:
    trial = tmp_path / "trial"
    trial.mkdir()
    disks = fill_disks(tmp_path, mounted=may_mount(trial))
    assert disks.ends == {"error 10": 11}
    assert not disks.broken, disks


def test_a_loaded_sound_may_go_away(desk: Desk, base: Path) -> None:
    (base / "root" / "copy.wav").unlink()
    desk.needs("render", "long", "x.wav")
    assert (base / "out" / "x.wav").stat().st_size > 8000
    assert answer(desk, "load", "again", "copy.wav")[0] == 10


@pytest.mark.parametrize(("suffix", "order"), [("npy", "similarity"), ("f32", "original")])
def test_files_of_ours_that_go_away_are_told_in_words(desk: Desk, base: Path, suffix: str, order: str) -> None:
    desk.needs("analyse", "long")
    for path in (base / "cache").rglob(f"*.{suffix}"):
        path.unlink()
    code, text = answer(desk, "render", "long", "x.wav", "order", order)
    assert code == 10
    assert "No such file" in str(text)


def test_an_analysis_that_goes_away_is_told_to_who_asks_and_streams(desk: Desk, base: Path) -> None:
    desk.needs("analyse", "long")
    for path in (base / "cache").rglob("*.npy"):
        path.unlink()
    assert "analyse it again" in str(answer(desk, "neighbours", "long", "grain", 1)[1])
    stream = int(str(desk.needs("stream/start", "long").arguments[1]))
    notice = desk.client.receive()
    assert (notice.address, *notice.arguments[:2]) == (PREFIX + "notice", "stream/start", stream)
    assert "No such file" in str(notice.arguments[2])


def test_an_output_folder_that_goes_away_is_told_in_words(desk: Desk, base: Path) -> None:
    out = base / "out"
    out.rmdir()
    code, text = answer(desk, "render", "long", "x.wav")
    assert code == 10
    assert str(out) in str(text)
    out.mkdir()
    desk.needs("render", "long", "x.wav")


# Standard streams


@contextmanager
def fake_daemon(folder: Path, redirect: str) -> Iterator[tuple[Program, Client]]:
    """Start a daemon with fake jobs whose standard streams the shell has redirected, but for stdout."""
    out = folder / "out"
    out.mkdir()
    path = os.pathsep.join([str(REPOSITORY / "tests"), *sys.path])
    environment = {"PYTHONPATH": path, "XDG_CACHE_HOME": str(folder)}
    shell = ("sh", "-c", f'exec "$@" {redirect}', "sh")
    with Program(*shell, sys.executable, "-c", FAKE_WORK.format(before=""), out, environment=environment) as daemon:
        port = int(daemon.wait_for(r"^oscreorder listening on 127\.0\.0\.1:(\d+)$")[1])
        with Client(port) as client:
            yield daemon, client


@contextmanager
def full_pipe(path: Path) -> Iterator[int]:
    """Make a pipe by name that holds no byte more; nobody reads it."""
    os.mkfifo(path)
    pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)
    assert os.write(pipe, bytes(4096)) == 4096
    try:
        yield pipe
    finally:
        os.close(pipe)


def make_it_log(client: Client) -> None:
    """Do what is logged, in the daemon and in a worker, and have it answered all the same."""
    client.send_bytes(b"garbage")
    assert client.ask("ping", 1).arguments[0] == "ping"
    assert client.ask("load", 2, "violin", "x.wav").address == PREFIX + "done"
    for number in range(3, 6):
        assert client.ask("render", number, "violin", "fault.wav").arguments[2] == 21
    assert client.ask("render", 6, "violin", "good.wav").address == PREFIX + "done"


def test_a_log_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    with full_pipe(tmp_path / "pipe") as pipe, fake_daemon(tmp_path, f'2>>"{tmp_path}/pipe"') as (daemon, client):
        make_it_log(client)
        os.read(pipe, 4096)
        told = b""
        while told.count(b"Traceback") < 3:  # what has waited is complete
            select.select([pipe], [], [], PATIENCE_S)
            told += os.read(pipe, 4096)
        assert told.startswith(b"refused a datagram")
        assert b"dropped" not in told
        os.write(pipe, bytes(4096))
        assert client.ask("render", 7, "violin", "fault.wav").arguments[2] == 21
        client.ask("quit", 8)
        assert daemon.wait(PATIENCE_S) == 0


def test_it_serves_with_closed_streams(tmp_path: Path) -> None:
    with fake_daemon(tmp_path, "<&- 2>&-") as (daemon, client):
        numbers = [str(Path(f"/proc/{daemon.pid}/fd/{number}").readlink()) for number in range(3)]
        assert numbers[2] == "/dev/null"
        assert not any("socket" in target or "lock" in target for target in numbers)
        make_it_log(client)
        client.ask("quit", 7)
        assert daemon.wait(PATIENCE_S) == 0


def test_it_serves_without_a_place_for_its_ready_line(tmp_path: Path) -> None:
    port = free_port()
    shell = ("sh", "-c", 'exec "$@" >&-', "sh")
    serve = ("-m", "oscreorder", "serve", "--port", str(port), "--root", str(tmp_path), "--out", str(tmp_path))
    with Program(*shell, sys.executable, *serve) as daemon, Client(port) as client:
        until = time.monotonic() + PATIENCE_S
        while not answers(client):
            assert time.monotonic() < until
        client.ask("quit", 2)
        assert daemon.wait(PATIENCE_S) == 0
    assert daemon.lines == []


def answers(client: Client) -> bool:
    """Return whether a ping is answered soon."""
    client.send("ping", 1)
    try:
        return client.receive(0.2).arguments[0] == "ping"
    except TimeoutError:
        return False


# Clocks


class Grains:
    """A client that plays a stream and reads its grains."""

    def __init__(self, desk: Desk, *, rate: float) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(PATIENCE_S)
        self._socket.connect(("127.0.0.1", desk.port))
        self.ask("stream/start", 1, "long", "rate", rate)
        self._socket.send(encode(PREFIX + "stream/target", 1, "grain", 3))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, command: str, request_id: int, *arguments: str | float) -> tuple[object, ...]:
        """Send a request and return what its ``done`` tells."""
        self._socket.send(encode(PREFIX + command, request_id, *arguments))
        while True:
            message = decode(self._socket.recv(65536))[0].message
            assert message.address != PREFIX + "error", message
            if message.address == PREFIX + "done" and message.arguments[1] == request_id:
                return message.arguments[2:]

    def next(self) -> tuple[float, float, float]:
        """Return when the next grain came (monotonic), at which time it shall sound (Unix), and its lead (s)."""
        timed = decode(self._socket.recv(65536))[0]
        assert timed.message.address == PREFIX + "grain"
        lead_ms = timed.message.arguments[2]
        assert isinstance(lead_ms, float)
        return time.monotonic(), unix(timed.timetag), lead_ms / 1000

    def rest(self) -> None:
        """Take what was on its way."""
        while select.select([self._socket], [], [], 0)[0]:
            self._socket.recv(65536)

    def during(self, seconds: float) -> list[tuple[float, float, float]]:
        """Return the grains that come from now on for so long."""
        until = time.monotonic() + seconds
        heard: list[tuple[float, float, float]] = []
        while not heard or heard[-1][0] < until:
            heard.append(self.next())
        return heard


RATE, HELD_S = 50.0, 2.0
BUSY_S = 5.0  # as late as a busy machine may make a grain; the clock goes off by an hour


def test_a_daemon_that_was_held_goes_on_from_now(desk: Desk) -> None:
    with Grains(desk, rate=RATE) as grains:
        grains.during(0.3)
        os.kill(desk.program.pid, signal.SIGSTOP)
        wait_for_state(desk.program.pid, psutil.STATUS_STOPPED)
        grains.rest()
        threading.Event().wait(HELD_S)
        os.kill(desk.program.pid, signal.SIGCONT)
        after = grains.during(1.0)
        sent, late = (int(str(count)) for count in grains.ask("stream/stop", 2, 1))
    assert RATE * 0.5 < len(after) < RATE * 2  # neither silence nor a flood of those that were missed
    assert sent < RATE * (0.3 + 1.0 + HELD_S * 0.5)
    behind = sum(lead_s < 0 for _, _, lead_s in after)
    assert behind <= late <= behind + RATE * 0.3  # those before it was held may have been late too


def wait_for_state(pid: int, state: str) -> None:
    """Wait until a process is in this state."""
    until = time.monotonic() + PATIENCE_S
    while psutil.Process(pid).status() != state:
        assert time.monotonic() < until


def faketime_library() -> Path:
    """Return the library that lets a program believe another time."""
    (found,) = Path("/usr/lib").glob(f"*/faketime/{LIBFAKETIME}")
    return found


class Clock:
    """The system's clock of a daemon, which can be set."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.offset_s = 0
        self.set(0)
        self.environment = {
            "LD_PRELOAD": str(faketime_library()),
            "FAKETIME_TIMESTAMP_FILE": str(path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, offset_s: int) -> None:
        """Let the daemon's clock be so far ahead of ours."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(f"{offset_s:+d}s\n")
        fresh.replace(self._path)
        self.offset_s = offset_s


def test_a_step_of_the_clock_moves_timetags_and_nothing_else(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    with Studio(tmp_path, seconds=2).daemon(environment=clock.environment) as desk:
        desk.needs("load", "long", "tiny.wav")
        with Grains(desk, rate=RATE) as grains, Client(desk.port) as waiting:
            for step_s in (0, 3600, -3600):
                began = time.monotonic()
                send_later(waiting, time.time() + clock.offset_s + 1.5)
                desk.needs("ping")  # it has come
                clock.set(step_s)
                grains.rest()
                after = grains.during(1.0)
                assert waiting.receive(PATIENCE_S).arguments[:2] == ("ping", 1)
                assert time.monotonic() - began > 1.4  # it keeps its time
                send_later(waiting, time.time() + step_s + 0.5)
                began = time.monotonic()
                assert waiting.receive(PATIENCE_S).arguments[:2] == ("ping", 1)
                assert time.monotonic() - began > 0.4  # what comes now goes by the new time
                assert RATE * 0.5 < len(after) < RATE * 2  # neither silence nor a flood
                ahead_s = [sounds_at - step_s - heard_at for heard_at, sounds_at, _ in in_unix_time(after[10:])]
                assert all(abs(ahead) < BUSY_S for ahead in ahead_s)
            assert int(str(desk.needs("status").arguments[8])) < RATE  # late ones: this machine's, not an hour's


def send_later(client: Client, unix_s: float) -> None:
    """Send a ping that is due at this time of the daemon's clock."""
    client.send_bytes(encode_bundle(ntp(unix_s), [encode(PREFIX + "ping", 1)]))


def in_unix_time(grains: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Return grains with the time at which they were heard by our own clock."""
    wall = time.time() - time.monotonic()
    return [(heard + wall, sounds_at, lead) for heard, sounds_at, lead in grains]


# Ports


def test_a_port_that_is_taken_is_told_at_once(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        command = (sys.executable, "-m", "oscreorder", "serve", "--port", str(port), "--out", str(tmp_path))
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
