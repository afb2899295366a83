"""The ChucK program with the real ChucK, on a JACK server without hardware."""

import os
import re
import signal
from pathlib import Path

from dialogue import Stage
from jackserver import JackServer
from playing import (
    GRAINS,
    HOP,
    MANY,
    RATE,
    absent_text,
    check_change,
    check_onsets,
    check_walk,
    check_watch,
    dialogue_text,
    edited,
    loudness,
)
from programs import REPOSITORY, Daemon, Program, free_port

from oscreorder.osc.commands import COMMANDS
from oscreorder.parameters import ORDERS, PARAMETERS

PROGRAM = REPOSITORY / "patches" / "chuck" / "oscreorder.ck"


def chuck(path: Path, text: str, server: JackServer) -> Program:
    path.write_text(text, encoding="utf-8")
    return Program("chuck", path, environment=server.environment, cwd=path.parent)


def test_it_renders_the_same_bytes_and_plays_a_stream(stage: Stage, tmp_path: Path) -> None:
    record = tmp_path / "heard.wav"
    changes = {
        "57144": str(free_port()),
        "violin-chuck.wav": "chuck né.wav",
        "2000                => int WIN_LENGTH": "1024 => int WIN_LENGTH",
        "400                 => int HOP_LENGTH": "512 => int HOP_LENGTH",
        "0                   => int COUNT": f"{GRAINS} => int COUNT",
        '""                  => string RECORD': f'"{record}" => string RECORD',
    }
    text = dialogue_text(PROGRAM.read_text(encoding="utf-8"), stage, changes)
    with JackServer() as server, chuck(tmp_path / "piece.ck", text, server) as program:
        check_walk(program, stage, "chuck né.wav", record)


def test_it_says_whether_the_daemon_is_there_and_recovers(tmp_path: Path) -> None:
    port = free_port()
    text = absent_text(PROGRAM.read_text(encoding="utf-8"), port, {"57144": str(free_port())})
    with JackServer() as server, chuck(tmp_path / "piece.ck", text, server) as program:
        check_watch(program, port, tmp_path)


def test_it_begins_again_with_another_daemon(tmp_path: Path) -> None:
    def start(port: int) -> Program:
        text = absent_text(PROGRAM.read_text(encoding="utf-8"), port, {"57144": str(free_port())})
        return chuck(tmp_path / "piece.ck", text, server)

    with JackServer() as server:
        check_change(start, tmp_path)


def test_it_plays_again_after_ctrl_c(root: Path, tmp_path: Path) -> None:
    record = tmp_path / "heard.wav"
    with JackServer() as server, Daemon(root=root, out=tmp_path) as daemon:
        text = edited(PROGRAM.read_text(encoding="utf-8"), {"57140": str(daemon.port), "57144": str(free_port())})
        with chuck(tmp_path / "piece.ck", text, server) as program:
            program.wait_for("oscreorder: the stream sounds", 60)
            os.kill(program.pid, signal.SIGINT)
            program.wait(20)
        changes = {
            "0                   => int COUNT": f"{GRAINS} => int COUNT",
            '""                  => string RECORD': f'"{record}" => string RECORD',
        }
        with chuck(tmp_path / "piece.ck", edited(text, changes), server) as again:
            again.wait_for("oscreorder: the stream sounds", 60)
            again.wait_for(f"ended by its count: {GRAINS} grains", 30)
            assert again.wait(20) == 0, again.lines
    told = "\n".join(again.lines)
    assert not re.findall("oscreorder: error|stopped by request", told), told
    assert loudness(record) > 0.003


def test_its_onsets_stand_where_the_times_are(tmp_path: Path) -> None:
    due = "    now + (lead - error)::ms => time due;\n"
    changes = {
        '"violin.flac"': '"clicks.wav"',
        "57144": str(free_port()),
        "2000                => int WIN_LENGTH": f"{HOP} => int WIN_LENGTH",
        "400                 => int HOP_LENGTH": f"{HOP} => int HOP_LENGTH",
        "20                  => int RATE": f"{RATE} => int RATE",
        "0                   => int COUNT": f"{MANY} => int COUNT",
        due: due + '    chout <= "heard at " <= Std.ftoa(t, 6) <= IO.newline();\n',
    }

    def start(port: int, record: Path) -> Program:
        recorded = {"57140": str(port), '""                  => string RECORD': f'"{record}" => string RECORD'}
        text = edited(PROGRAM.read_text(encoding="utf-8"), changes | recorded)
        return chuck(tmp_path / "piece.ck", text, server)

    with JackServer() as server:
        check_onsets(start, tmp_path)


def test_its_requests_are_those_of_the_tables() -> None:
    text = PROGRAM.read_text(encoding="utf-8")
    asked = re.findall(r'ask\("([\w/]+)"(?:.*\n)*?.*out\.send', text)
    assert len(asked) == text.count('ask("')
    assert set(asked) <= COMMANDS.keys()
    assert set(re.findall(r'option\("(\w+)"', text)) - {"grain"} <= PARAMETERS.keys()
    assert "urn" in PARAMETERS["choose"].choices
    assert f"// {' '.join(ORDERS)}\n" in text
