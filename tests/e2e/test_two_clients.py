"""Pure Data and SuperCollider play one corpus at once; neither hears anything of the other, nor of its death."""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from daemon import Client
from programs import Program, free_port
from quark import Sclang

LEASE_S = 4.0
STREAM = 7  # the same number for both: a stream is known by its peer too
RATE = 50
SETTINGS = f"rate {RATE} k 1 repeat_s 0"

DAEMON = f"""
import sys
from oscreorder.daemon import peers
peers.LEASE_S = {LEASE_S}
from oscreorder.cli import main
sys.exit(main())
"""

SPEAKER = r"""#N canvas 0 0 450 300 12;
#X obj 9 9 netreceive -u %d;
#X obj 9 9 oscformat;
#X obj 9 9 list prepend send;
#X obj 9 9 list trim;
#X obj 9 9 netsend -u -b;
#X obj 9 9 oscparse;
#X obj 9 9 list trim;
#X obj 9 9 print heard;
#X obj 9 9 loadbang;
#X msg 9 9 connect 127.0.0.1 %d;
#X obj 9 9 print ready;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 2 0 3 0;
#X connect 3 0 4 0;
#X connect 4 1 5 0;
#X connect 5 0 6 0;
#X connect 6 0 7 0;
#X connect 8 0 9 0;
#X connect 9 0 4 0;
#X connect 8 0 10 0;
"""

LISTENER = r"""(
~heard = List.new; ~others = List.new;
~daemon = NetAddr("127.0.0.1", %d);
OSCdef(\grain, { |message| ~heard.add(message) }, '/oscreorder/grain');
["notice", "error"].do { |kind|
    OSCdef(kind.asSymbol, { |message| ~others.add(message) }, "/oscreorder/" ++ kind)
};
OSCdef(\done, { |message| ("done " ++ message.drop(1).join(" ")).postln }, '/oscreorder/done');
~alive = fork { var id = 1000; loop { ~daemon.sendMsg("/oscreorder/ping", id = id + 1); 0.5.wait } };
~tell = {
    var gaps = ~heard.collect(_[2]).differentiate.drop(1);
    ("told " ++ [~heard.size, gaps.minItem, gaps.maxItem, ~heard.collect(_[5]).asSet.asArray, ~others.size]).postln
};
~daemon.sendMsg("/oscreorder/notify", 1, 1);
)"""


class Pd:
    """Pure Data with a patch that sends what it is told, from its own socket, and prints what it hears there."""

    def __init__(self, program: Program, way_in: int) -> None:
        self.program = program
        self._way_in = ("127.0.0.1", way_in)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, command: str, arguments: str) -> None:
        for line in (f"set oscreorder {command.replace('/', ' ')};\n", f"list {arguments};\n"):
            self._socket.sendto(line.encode(), self._way_in)

    def starts(self, n: int) -> set[str]:
        """Return where the next `n` grains begin in their sound."""
        pattern = rf"^heard: oscreorder grain {STREAM} \S+ \S+ \d+ (\d+) "
        return {self.program.wait_for(pattern)[1] for _ in range(n)}

    def close(self) -> None:
        self._socket.close()


@contextmanager
def serving(root: Path) -> Iterator[int]:
    """Run a daemon whose leases are short."""
    folders = ("--root", root, "--out", root)
    with Program(sys.executable, "-c", DAEMON, "serve", "--port", "0", *folders) as daemon:
        yield int(daemon.wait_for(r"^oscreorder listening on 127\.0\.0\.1:(\d+)$")[1])


@contextmanager
def pure_data(port: int, folder: Path) -> Iterator[Pd]:
    way_in, patch = free_port(), folder / "speaker.pd"
    patch.write_text(SPEAKER % (way_in, port))
    headless = ("-nogui", "-noaudio", "-nomidi", "-noprefs", "-stderr")
    with Program("pd", *headless, "-open", patch, cwd=folder) as program:
        program.wait_for("^ready: bang$")
        pd = Pd(program, way_in)
        yield pd
        pd.close()


def streams(client: Client) -> int:
    return int(str(client.ask("status", 1).arguments[4]))


def test_two_programs_play_one_corpus_and_one_is_killed(root: Path, tmp_path: Path) -> None:
    with (
        serving(root) as port,
        Client(port) as client,
        Sclang(tmp_path) as sclang,
        pure_data(port, tmp_path) as pd,
    ):
        client.ask("load", 2, "violin", "violin.flac")
        client.ask("analyse", 3, "violin")
        first, second, third = (start_of(client, grain) for grain in (3, 40, 60))

        sclang.evaluate(LISTENER % port)
        sclang.wait_for("^done notify 1 ")
        send(sclang, "start", f"{STREAM} violin {SETTINGS}")
        sclang.wait_for(f"^done stream/start {STREAM} {STREAM}$")
        send(sclang, "target", f"{STREAM} grain 3")

        pd.send("notify", "1 1")
        pd.send("stream/start", f"{STREAM} violin {SETTINGS}")
        pd.send("stream/target", f"{STREAM} grain 40")
        assert pd.starts(20) == {second}
        pd.send("stream/target", f"{STREAM} grain 60")
        pd.program.wait_for(f"^heard: oscreorder grain {STREAM} \\S+ \\S+ \\d+ {third} ")
        assert pd.starts(20) == {third}

        assert streams(client) == 2
        killed = time.monotonic()
        os.kill(pd.program.pid, signal.SIGKILL)
        while streams(client) == 2:
            assert time.monotonic() < killed + 2 * LEASE_S
        assert LEASE_S - 1 < time.monotonic() - killed < LEASE_S + 1

        send(sclang, "stop", f"9 {STREAM}")
        grains, late = sclang.wait_for(r"^done stream/stop 9 (\d+) (\d+)$").groups()
        sclang.evaluate("~tell.()")
        told = sclang.wait_for(r"^told \[ (\d+), ([\d.]+), ([\d.]+), \[ (\d+) \], (\d+) \]$").groups()
    assert int(grains) == int(told[0]) > LEASE_S * RATE
    assert late == "0"
    assert [float(gap_ms) for gap_ms in told[1:3]] == pytest.approx([1000 / RATE] * 2, abs=0.01)
    assert told[3:] == (first, "0")


def start_of(client: Client, grain: int) -> str:
    client.send("neighbours", 4, "violin", "grain", grain, "k", 1)
    (row,) = [message for message in client.until("done", None) if message.address == "/oscreorder/neighbour"]
    return str(row.arguments[4])


def send(sclang: Sclang, command: str, arguments: str) -> None:
    words = ", ".join(word if word.replace(".", "").isdigit() else f"\\{word}" for word in arguments.split())
    sclang.evaluate(f'~daemon.sendMsg("/oscreorder/stream/{command}", {words});')
