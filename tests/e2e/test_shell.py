"""The shell: ``oscreorder send`` in the dialogue, and the quick start script as shipped."""

import json
import os
import re
import stat
import subprocess
import sys
from collections import deque
from pathlib import Path

from dialogue import Reply, Stage, converse
from programs import REPOSITORY, Program, free_port

QUICKSTART, STREAM = (REPOSITORY / "patches" / "shell" / name for name in ("quickstart.sh", "stream.sh"))
SEND = (sys.executable, "-m", "oscreorder", "send")


class Shell:
    """One ``oscreorder send`` for each request; it gives ids of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._heard: deque[Reply] = deque()

    def ask(self, command: str, request_id: int, *arguments: float | str) -> None:
        asked = [*SEND, "--json", "--port", str(self._port), command, *map(str, arguments)]
        sent = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60, cwd=REPOSITORY)
        for line in sent.stdout.splitlines():
            told = json.loads(line)
            name, _, *values = told["arguments"]
            kind = told["address"].removeprefix("/oscreorder/")
            self._heard.append(Reply(kind, name, request_id, tuple(map(str, values))))
        assert (sent.returncode, sent.stderr) == (int(self._heard[-1].kind == "error"), "")

    def hear(self) -> Reply:
        return self._heard.popleft()


def test_oscreorder_send_converses_with_the_daemon(stage: Stage) -> None:
    converse(Shell(stage.port), stage, "shell")


def run(shipped: Path, stage: Stage, tmp_path: Path) -> str:
    """Return what a script prints, of which only the ports are changed."""
    command = tmp_path / "bin" / "oscreorder"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m oscreorder "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    script = tmp_path / shipped.name
    ports = shipped.read_text().replace("57140", str(stage.port)).replace("57141", str(free_port()))
    script.write_text(ports)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    with Program("sh", script, environment={"PATH": path}, cwd=tmp_path) as program:
        assert program.wait() == 0, program.lines
        return "\n".join(program.lines)


def test_the_quick_start_script(stage: Stage, tmp_path: Path) -> None:
    printed = run(QUICKSTART, stage, tmp_path)
    with_send, _, with_liblo = printed.partition("(that error was on purpose)")
    for text, name in ((with_send, "violin-shell.wav"), (with_liblo, "violin-liblo.wav")):
        assert len(re.findall("/oscreorder/done .*render", text)) == 1
        assert len(re.findall("/oscreorder/error .*load.* 10 .*not-there.wav", text)) == 1
        assert (stage.out / name).stat().st_size > 100_000
    first, second = ((stage.out / name).read_bytes() for name in ("violin-shell.wav", "violin-liblo.wav"))
    assert first == second


def test_the_script_on_neighbours_and_streams(stage: Stage, tmp_path: Path) -> None:
    printed = run(STREAM, stage, tmp_path)
    assert len(re.findall(r"^/oscreorder/neighbour ", printed, re.MULTILINE)) == 10
    played = re.search(r"/oscreorder/done stream/stop \d+ [1-9]\d* \d+", printed)
    refused = re.search(r"/oscreorder/error stream/start \d+ 14 .*\n\(no sound without an audio device", printed)
    assert bool(played) != bool(refused), printed
    assert len(re.findall(r"/oscreorder/grain iffiiffff 22 ", printed)) == 20
    assert re.search(r'/oscreorder/notice sis "stream/start" 22 "ended by its count: 20 grains', printed)


def test_the_scripts_can_be_run_and_send_says_what_to_do_without_a_daemon() -> None:
    assert all(os.access(script, os.X_OK) for script in (QUICKSTART, STREAM))
    command = [*SEND, "--port", str(free_port()), "--timeout", "0.2", "ping"]
    sent = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=REPOSITORY)
    assert (sent.returncode, sent.stdout) == (3, "")
    assert "oscreorder serve" in sent.stderr
