"""The Quark where the daemon does not run, is stopped, dies, comes late or anew: said within 3 s, and it recovers."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from programs import REPOSITORY, Program, free_port
from quark import Sclang

SAID_S = 3.0
PATIENCE_S = 60


class Restarted(Program):
    """A daemon at a port that is known before it starts."""

    def __init__(self, port: int, root: Path, out: Path) -> None:
        folders = ("--root", root, "--out", out)
        super().__init__(sys.executable, "-m", "oscreorder", "serve", "--port", str(port), *map(str, folders))

    def ready(self) -> None:
        self.wait_for("^oscreorder listening on")

    def kill(self) -> None:
        """End it without a word."""
        for process in [*psutil.Process(self.pid).children(recursive=True), psutil.Process(self.pid)]:
            process.kill()
        self.wait()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def sclang(port: int, tmp_path: Path) -> Iterator[Sclang]:
    """A language that is connected to a port where nobody listens yet."""
    home = tmp_path / "home"
    home.mkdir()
    with Sclang(home, quark=True) as program:
        program.evaluate(f'~reorder = OscReorder.connect("127.0.0.1", {port}); "asked".postln;')
        program.wait_for("^asked$")
        yield program
        assert not [line for line in program.lines if "not understood" in line]


def said(sclang: Sclang, pattern: str, since: float) -> None:
    """It says so, and soon enough."""
    sclang.wait_for(pattern)
    assert time.monotonic() - since < SAID_S


def test_started_later(sclang: Sclang, port: int, root: Path, out: Path) -> None:
    asked = time.monotonic()
    said(sclang, rf"WARNING: OscReorder: no daemon answers at 127\.0\.0\.1:{port}.*oscreorder serve", asked)
    asked = time.monotonic()
    sclang.evaluate('~reorder.load(\\violin, "violin.flac");')
    said(sclang, r"^ERROR: OscReorder load: no daemon answers at", asked)
    with Restarted(port, root, out) as daemon:
        daemon.ready()
        said(sclang, r"^OscReorder: the daemon [\d.]+ answers at", time.monotonic())
        sclang.fork('~reorder.load(\\violin, "violin.flac").wait[\\sounds].postln;', until="^1$")


def test_killed_and_started_anew(sclang: Sclang, port: int, root: Path, out: Path) -> None:
    sclang.evaluate(
        '~reorder.onStart = { |itself| itself.load(\\violin, "violin.flac", action: { "loaded".postln }) };'
    )
    with Restarted(port, root, out) as daemon:
        sclang.wait_for("^loaded$")
        sclang.evaluate('~reorder.render(\\violin, "long.wav", [order: \\tsne, hop_length: 32]);')
        sclang.wait_for("^OscReorder render: ", PATIENCE_S)
        daemon.kill()
        killed = time.monotonic()
        said(sclang, "WARNING: OscReorder: the daemon at .* does not answer any more", killed)
        said(sclang, "^ERROR: OscReorder render: the daemon at .* does not answer any more", killed)
    with Restarted(port, root, out) as daemon:
        daemon.ready()
        said(sclang, "^OscReorder: the daemon .* answers again", time.monotonic())
        sclang.wait_for("^loaded$")


def test_ended_in_an_orderly_way(sclang: Sclang, port: int, root: Path, out: Path) -> None:
    with Restarted(port, root, out) as daemon:
        sclang.wait_for("^OscReorder: the daemon .* answers at")
        sclang.fork('~reorder.ping.wait; 0.5.wait; "registered".postln;', until="^registered$")
        daemon.end()
        said(sclang, "^WARNING: OscReorder: the daemon at .* has ended", time.monotonic())


def test_stopped_and_continued(sclang: Sclang, port: int, root: Path, out: Path) -> None:
    with Restarted(port, root, out) as daemon:
        sclang.wait_for("^OscReorder: the daemon .* answers at")
        sclang.fork('~reorder.load(\\violin, "violin.flac").wait; "loaded".postln', until="^loaded$")
        os.kill(daemon.pid, signal.SIGSTOP)
        said(sclang, "WARNING: OscReorder: the daemon at .* does not answer any more", time.monotonic())
        os.kill(daemon.pid, signal.SIGCONT)
        said(sclang, "^OscReorder: the daemon .* answers again", time.monotonic())
        sclang.fork("~reorder.sounds(\\violin).wait.size.postln;", until="^1$")


def test_a_language_that_stands_still_does_not_blame_the_daemon(
    sclang: Sclang, port: int, root: Path, out: Path
) -> None:
    with Restarted(port, root, out):
        sclang.wait_for("^OscReorder: the daemon .* answers at")
        sclang.evaluate(
            '(var since = Main.elapsedTime; while { Main.elapsedTime - since < 4 } { 1000.rand }; "awake".postln;)'
        )
        sclang.wait_for("^awake$")
        sclang.fork('1.5.wait; ~reorder.ping.wait; "fine".postln;', until="^fine$")
        assert not [line for line in sclang.lines if "does not answer" in line]


@pytest.fixture
def booting(tmp_path: Path) -> Iterator[Sclang]:
    """A language that has ``~program``, which starts a daemon as the installed one does."""
    home, program = tmp_path / "home", tmp_path / "oscreorder"
    home.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{REPOSITORY}" exec "{sys.executable}" -m oscreorder "$@"\n')
    program.chmod(0o755)
    with Sclang(home, quark=True) as sclang:
        sclang.evaluate(f'~program = "{program}";')
        yield sclang


def test_boot_and_quit(booting: Sclang, root: Path, out: Path, port: int) -> None:
    booting.evaluate(f"""(
        ~reorder = OscReorder.boot("{root}", "{out}", {port}, program: ~program);
        ~reorder.load(\\violin, "violin.flac", action: {{ "loaded".postln }});
    )""")
    booting.wait_for("^loaded$", PATIENCE_S)
    assert not booting.errors
    booting.evaluate(f'OscReorder.boot("{root}", port: {port}, program: ~program);')
    booting.wait_for("^OscReorder: a daemon runs at .* already")
    booting.evaluate("~reorder.quit;")
    booting.wait_for("^WARNING: OscReorder: the daemon at .* has ended")


def test_a_program_that_is_not_there(booting: Sclang, port: int) -> None:
    asked = time.monotonic()
    booting.evaluate(f'OscReorder.boot("/", port: {port}, program: "/nothing/here");')
    said(booting, "WARNING: OscReorder: the daemon ended at once", asked)


def test_it_ends_with_the_language_that_booted_it(booting: Sclang, root: Path, out: Path, port: int) -> None:
    booting.evaluate(f'OscReorder.boot("{root}", "{out}", {port}, program: ~program, action: {{ "up".postln }});')
    booting.wait_for("^up$", PATIENCE_S)
    booting.evaluate("0.exit")
    assert booting.wait() == 0
