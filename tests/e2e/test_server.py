"""The daemon as a process: it serves, survives what is thrown at it, and ends without leaving anything behind."""

import errno
import fcntl
import itertools
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from daemon import Client, fake_daemon
from packets import HOSTILE
from programs import Daemon, Program
from watching import dropped

from oscreorder.daemon.log import MAX_LINES, logging_apart
from oscreorder.daemon.scratch import scratch_folder, sweep
from oscreorder.daemon.sockets import bound_socket, port_free, receive_buffer
from oscreorder.errors import BusyError, ParameterError
from oscreorder.leftovers import sweep_parts
from oscreorder.osc.wire import Message, encode


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """Start the real thing, for whatever does not harm it."""
    folder = tmp_path_factory.mktemp("daemon")
    with Daemon(root=folder, out=folder) as started:
        yield started


@pytest.fixture
def client(daemon: Daemon) -> Iterator[Client]:
    with Client(daemon.port) as made:
        yield made


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, Path]]:
    """Start a daemon with fake jobs; return a client, and the folder of its files."""
    folder = tmp_path_factory.mktemp("working")
    with fake_daemon(folder) as (_, made):
        assert made.ask("load", 9000, "violin", "x.wav").address == "/oscreorder/done"
        yield made, folder


def files(folder: Path) -> list[str]:
    """Return what the jobs of a daemon have left, but for the lock and the numbers of jobs."""
    left = sorted(path.relative_to(folder).parts[-1] for path in folder.rglob("*") if path.is_file())
    return [name for name in left if name != "lock"]


def test_it_prints_one_line_and_serves_without_the_heavy_libraries(tmp_path: Path) -> None:
    code = (
        "import sys; from oscreorder.cli import main; status = main(sys.argv[1:]);"
        "print(sorted({'scipy', 'librosa', 'numba', 'sklearn', 'soundfile', 'pythonosc'} & {*sys.modules}));"
        "sys.exit(status)"
    )
    command = [sys.executable, "-c", code, "serve", "--port", "0", "--root", str(tmp_path), "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready.startswith("oscreorder listening on 127.0.0.1:")
        with Client(int(ready.rsplit(":", 1)[1])) as client:
            assert client.ask("quit", 1) == Message("/oscreorder/done", ("quit", 1))
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "[]\n", "")


def test_ping_and_status(client: Client) -> None:
    command, request_id, version, uptime_s = client.ask("ping", 7).arguments
    assert (command, request_id) == ("ping", 7)
    assert isinstance(version, str)
    assert isinstance(uptime_s, float)
    assert len(client.ask("status", 8).arguments) == 2 + 7


def test_replies_go_to_the_registered_port_and_the_heart_beats(client: Client, daemon: Daemon) -> None:
    with Client(daemon.port) as receiver:
        client.send("notify", 1, 1, receiver.port)
        assert receiver.receive() == Message("/oscreorder/done", ("notify", 1, 60.0))
        beat = receiver.receive(4.0)
        assert beat.address == "/oscreorder/alive"
        client.send("notify", 2, 0)
        assert receiver.receive().arguments[0] == "notify"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_packets_neither_stop_nor_delay_it(client: Client, name: str) -> None:
    client.send_bytes(HOSTILE[name])
    began = time.monotonic()
    client.ask("ping", 123)
    assert time.monotonic() - began < 1.0


def test_a_flood_of_bad_packets_is_a_few_lines_of_log(tmp_path: Path) -> None:
    with fake_daemon(tmp_path) as (daemon, client):
        for _ in range(20):
            for packet in (b"garbage", b"#bundle\0" + bytes(7) + b"\1" + b"\xff\xff\xff\xfc", encode("/foreign", 1)):
                client.send_bytes(packet)
        status = client.ask("status", 1)
        assert status.arguments[6:8] == (61, 60)
        assert len(daemon.lines) <= 3


def test_a_bundle_waits_for_its_time_and_delays_nothing(client: Client) -> None:
    began = time.monotonic()
    client.send_bundle(("ping", 1), ("nonsense", 2), ("ping", 3), ahead_s=0.5)
    client.send("ping", 4)
    heard = [client.receive().arguments[1] for _ in range(4)]
    assert heard == [2, 4, 1, 3]  # what is wrong is told at once
    assert 0.49 < time.monotonic() - began < 3.0


def test_a_bundle_an_hour_ahead_runs_now(daemon: Daemon, client: Client) -> None:
    client.send_bundle(("ping", 1), ahead_s=3600)
    assert client.receive(5.0).arguments[:2] == ("ping", 1)
    daemon.wait_for(r"was due more than 10 s ahead, or too many wait")


def test_work_ends_as_it_ends(working: tuple[Client, Path]) -> None:
    client, folder = working
    client.send("render", 1, "violin", "good.wav")
    heard = [message.address for message in client.until("done", 1)]
    assert heard[-2:] == ["/oscreorder/notice", "/oscreorder/done"]
    assert heard[0] == "/oscreorder/progress"
    assert client.ask("load", 2, "tabla", "missing.wav").arguments[2] == 10
    assert client.ask("render", 3, "violin", "die.wav").arguments[2] == 20
    assert client.ask("render", 4, "violin", "fault.wav").arguments[2] == 21
    assert client.ask("render", 5, "violin", "nan.wav").arguments[2] == 21
    assert client.ask("render", 6, "violin", "good.wav").address == "/oscreorder/done"
    assert files(folder) == ["0.f32", "good.wav", "nan.part"]


def test_cancel_is_answered_in_time_and_leaves_nothing(working: tuple[Client, Path]) -> None:
    client, folder = working
    before = files(folder)
    client.send("render", 11, "violin", "stay.wav")
    while client.receive().arguments[3] != "staying":
        pass
    assert "stay.part" in files(folder)
    began = time.monotonic()
    client.send("cancel", 12, 11)
    ends = {message.arguments[1]: message for message in (client.receive(), client.receive())}
    took_s = time.monotonic() - began
    assert ends[11].arguments[:3] == ("render", 11, 5)
    assert ends[12] == Message("/oscreorder/done", ("cancel", 12))
    assert files(folder) == before
    assert took_s < 0.2
    assert client.ask("render", 13, "violin", "good.wav").address == "/oscreorder/done"


def test_pings_are_answered_while_work_is_done_and_free_ends_it(working: tuple[Client, Path]) -> None:
    client, folder = working
    assert client.ask("load", 21, "tabla", "y.wav").address == "/oscreorder/done"
    client.send("render", 22, "tabla", "stay.wav")
    client.send("render", 23, "tabla", "good.wav")
    for number in range(24, 30):
        assert client.ask("ping", number).arguments[0] == "ping"
    client.send("free", 31, "tabla")
    ends = [client.end_of(request_id).arguments for request_id in (23, 31, 22)]
    assert [end[:3] for end in ends] == [("render", 23, 5), ("free", 31), ("render", 22, 5)]
    assert client.ask("sync", 32).address == "/oscreorder/done"
    deadline = time.monotonic() + 10
    while files(folder).count("0.f32") > 1:  # folders go in the background: ask until they have
        client.ask("ping", 33)
        assert time.monotonic() < deadline


def test_a_long_answer_arrives_whole(working: tuple[Client, Path]) -> None:
    client, _ = working
    client.ask("load", 41, "many", "many.wav")
    client.send("sounds", 42, "many")
    rows = client.until("done", 42)
    assert [row.arguments[1] for row in rows[:-1]] == [*range(5000)]
    assert rows[-1].arguments == ("sounds", 42, 5000)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, end: signal.Signals) -> None:
    with fake_daemon(tmp_path) as (daemon, client):
        client.ask("notify", 1, 1)
        client.ask("load", 2, "violin", "x.wav")
        client.send("render", 3, "violin", "stay.wav")
        client.until("progress", 3)
        os.kill(daemon.pid, end)
        assert client.end_of(3).arguments[:3] == ("render", 3, 5)
        assert client.receive() == Message("/oscreorder/bye")
        assert daemon.wait(10) == 0
    assert files(tmp_path) == []
    assert [path.name for path in (tmp_path / "oscreorder").iterdir()] == []
    assert "Traceback" not in "".join(daemon.lines)


def test_quit_ends_it_with_status_0(tmp_path: Path) -> None:
    with fake_daemon(tmp_path) as (daemon, client):
        client.ask("load", 1, "violin", "x.wav")
        client.send("render", 2, "violin", "stay.wav")
        client.until("progress", 2)
        client.send("quit", 3)
        assert client.end_of(2).arguments[2] == 5
        assert client.end_of(3) == Message("/oscreorder/done", ("quit", 3))
        assert daemon.wait(10) == 0
    assert files(tmp_path) == []


def test_killed_it_leaves_no_process_and_the_next_one_sweeps_its_folder(tmp_path: Path) -> None:
    with fake_daemon(tmp_path) as (daemon, client):
        client.ask("load", 1, "violin", "x.wav")
        client.send("render", 2, "violin", "stay.wav")
        while client.receive().arguments[3:] != ("staying",):
            pass
        workers = psutil.Process(daemon.pid).children(recursive=True)
        os.kill(daemon.pid, signal.SIGKILL)
        _, alive = psutil.wait_procs(workers, timeout=10)
        assert not alive
    (left,) = (tmp_path / "oscreorder").iterdir()
    assert not list((tmp_path / "out").iterdir())
    sweep(tmp_path / "oscreorder")
    assert left.exists()  # too young to be told from one that is just being made
    sweep(tmp_path / "oscreorder", settled_s=0)
    assert not left.exists()


def test_the_second_interrupt_ends_it_at_once(tmp_path: Path) -> None:
    endless = (
        "import threading; from oscreorder.daemon.jobs import Workers; Workers.shutdown = lambda *_, **__: NEVER.wait()"
    )
    with fake_daemon(tmp_path, before=f"{endless}; NEVER = threading.Event()") as (daemon, client):
        client.ask("notify", 1, 1)
        os.kill(daemon.pid, signal.SIGINT)
        assert client.receive() == Message("/oscreorder/bye")
        os.kill(daemon.pid, signal.SIGINT)
        assert daemon.wait(10) == 130


def test_a_fault_of_ours_is_answered_and_logged_once(tmp_path: Path) -> None:
    fault = "from oscreorder.osc import messages; messages.command_rows = lambda _: 1 // 0"
    with fake_daemon(tmp_path, before=fault) as (daemon, client):
        for number in range(20):
            assert client.ask("commands", number).arguments[:3] == ("commands", number, 21)
        assert client.ask("ping", 99).arguments[0] == "ping"
    assert "".join(daemon.lines).count("Traceback") == 1


def test_a_taken_port_is_one_sentence(daemon: Daemon, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "oscreorder", "serve", "--port", str(daemon.port), "--out", str(tmp_path))
    with Program(*command) as second:
        assert second.wait(20) == 1
    assert len(second.lines) == 1
    assert f"port {daemon.port}" in second.lines[0]
    assert "--port 0" in second.lines[0]


@pytest.mark.parametrize(
    ("flags", "status", "named"),
    [
        (("--root", "none"), 1, "none: there is no such folder"),
        (("--workers", "-1"), 2, "workers: -1 is not allowed"),
        (("--port", "-1"), 2, "port: -1 is not allowed"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(flags: tuple[str, ...], status: int, named: str) -> None:
    with Program(sys.executable, "-m", "oscreorder", "serve", "--port", "0", *flags) as refused:
        assert refused.wait(20) == status
    assert len(refused.lines) == 1
    assert named in refused.lines[0]


def test_a_cache_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = {"XDG_CACHE_HOME": str(tmp_path / "file")}
    command = (sys.executable, "-m", "oscreorder", "serve", "--port", "0", "--out", tmp_path)
    with Program(*command, environment=environment) as second:
        assert second.wait(20) == 1
    assert len(second.lines) == 1
    assert "the daemon's own files" in second.lines[0]


# Parts


def test_sockets_say_what_is_wrong(daemon: Daemon) -> None:
    with pytest.raises(BusyError, match="--port 0"):
        bound_socket("127.0.0.1", daemon.port)
    for host, port, named in (
        ("203.0.113.1", 0, "203.0.113.1"),
        ("no such host", 0, "no such host"),
        ("::1", 70000, "70000"),
    ):
        with pytest.raises(ParameterError, match=named):
            bound_socket(host, port)
    assert not port_free("127.0.0.1", daemon.port)
    assert port_free("127.0.0.1", 0)


def test_the_receive_buffer_is_asked_for() -> None:
    asked, granted = receive_buffer()
    assert asked == 4 * 2**20
    assert 0 < granted <= asked


def test_the_system_tells_what_it_drops() -> None:
    with bound_socket("127.0.0.1", 0) as bound, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        port = bound.getsockname()[1]
        assert dropped(port) == 0
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        for _ in range(100):
            sender.sendto(bytes(1000), ("127.0.0.1", port))
        taken = 0
        while select.select([bound], [], [], 0)[0]:
            bound.recv(1000)
            taken += 1
        assert dropped(port) == 100 - taken > 0
    assert dropped(1) is None


def test_the_log_waits_for_nobody_and_tells_what_it_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    count = 10_000
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "w") as writer:
        monkeypatch.setattr(sys, "stderr", writer)
        with logging_apart():
            for number in range(count):
                logging.getLogger("flood").warning("line %d", number)
            told = [reader.readline() for _ in range(MAX_LINES)]
            tries = itertools.count()
            while not told[-1].startswith(b"try"):  # there is room again soon
                logging.getLogger("flood").warning("try %d", next(tries))
                told.append(reader.readline())
    assert told[:MAX_LINES] == [b"line %d\n" % number for number in range(MAX_LINES)]
    kept = [line for line in told[:-1] if b"dropped" not in line]
    lost = sum(int(line.split()[0].strip(b"(")) for line in told if b"dropped" in line)
    assert lost == count + int(told[-1].split()[1]) - len(kept) > 0


def test_numbers_of_closed_streams_are_held() -> None:
    code = (
        "import os; os.close(0); os.close(2); from oscreorder.daemon.log import hold_standard_streams as hold; hold();"
    )
    code += "print(os.readlink('/proc/self/fd/0'), os.readlink('/proc/self/fd/2'), os.open('/', 0))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told == "/dev/null /dev/null 3\n"


def test_a_living_daemons_folder_is_not_swept(tmp_path: Path) -> None:
    with scratch_folder(os.getpid(), tmp_path) as living:
        sweep(tmp_path, settled_s=0)
        assert living.is_dir()
        (living / "job-1").mkdir()
    assert not living.exists()


def test_without_locks_a_daemon_begins_and_nothing_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with scratch_folder(os.getpid(), tmp_path) as living:
        sweep(tmp_path, settled_s=0)
        assert living.is_dir()
        (living / ".x.wav.1.oscreorder.part").write_bytes(b"-")
        assert sweep_parts(living, settled_s=0) == []
    assert not living.exists()
