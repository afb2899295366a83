"""The Csound orchestra with the real Csound: its sound goes nowhere, in real time, and into a file."""

import os
import re
import signal
from pathlib import Path

from dialogue import Stage
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

ORCHESTRA = REPOSITORY / "patches" / "csound" / "oscreorder.csd"


def csound(path: Path, text: str) -> Program:
    path.write_text(text, encoding="utf-8")
    return Program("csound", "-odac", "-+rtaudio=null", path, cwd=path.parent)


def test_it_renders_the_same_bytes_and_plays_a_stream(stage: Stage, tmp_path: Path) -> None:
    record = tmp_path / "heard.wav"
    changes = {
        "57143": str(free_port()),
        "violin-csound.wav": "csound né.wav",
        "giWin     = 2000": "giWin = 1024",
        "giHop     = 400": "giHop = 512",
        "giCount   = 0": f"giCount = {GRAINS}",
        'gSRecord  = ""': f'gSRecord = "{record}"',
    }
    text = dialogue_text(ORCHESTRA.read_text(encoding="utf-8"), stage, changes)
    with csound(tmp_path / "piece.csd", text) as program:
        check_walk(program, stage, "csound né.wav", record)


def test_it_says_whether_the_daemon_is_there_and_recovers(tmp_path: Path) -> None:
    port = free_port()
    text = absent_text(ORCHESTRA.read_text(encoding="utf-8"), port, {"57143": str(free_port())})
    with csound(tmp_path / "piece.csd", text) as program:
        check_watch(program, port, tmp_path)


def test_it_begins_again_with_another_daemon(tmp_path: Path) -> None:
    def start(port: int) -> Program:
        text = absent_text(ORCHESTRA.read_text(encoding="utf-8"), port, {"57143": str(free_port())})
        return csound(tmp_path / "piece.csd", text)

    check_change(start, tmp_path)


def test_it_plays_again_after_ctrl_c(root: Path, tmp_path: Path) -> None:
    record = tmp_path / "heard.wav"
    with Daemon(root=root, out=tmp_path) as daemon:
        text = edited(ORCHESTRA.read_text(encoding="utf-8"), {"57140": str(daemon.port), "57143": str(free_port())})
        with csound(tmp_path / "piece.csd", text) as program:
            program.wait_for("oscreorder: the stream sounds", 60)
            os.kill(program.pid, signal.SIGINT)
            program.wait(20)
        changes = {"giCount   = 0": f"giCount = {GRAINS}", 'gSRecord  = ""': f'gSRecord = "{record}"'}
        with csound(tmp_path / "piece.csd", edited(text, changes)) as again:
            again.wait_for("oscreorder: the stream sounds", 60)
            again.wait_for(f"ended by its count: {GRAINS} grains", 30)
            assert again.wait(20) == 0, again.lines
    told = "\n".join(again.lines)
    assert not re.findall("oscreorder: error|stopped by request", told), told
    assert loudness(record) > 0.003


def test_its_onsets_stand_where_the_times_are(tmp_path: Path) -> None:
    scheduled = '      schedulek "Grain",'
    changes = {
        '"violin.flac"': '"clicks.wav"',
        "57143": str(free_port()),
        "giWin     = 2000": f"giWin = {HOP}",
        "giHop     = 400": f"giHop = {HOP}",
        "giRate    = 20": f"giRate = {RATE}",
        "giCount   = 0": f"giCount = {MANY}",
        scheduled: '      printsk "heard at %.6f\\n", ktime\n' + scheduled,
    }

    def start(port: int, record: Path) -> Program:
        recorded = {"57140": str(port), 'gSRecord  = ""': f'gSRecord = "{record}"'}
        text = edited(ORCHESTRA.read_text(encoding="utf-8"), changes | recorded)
        return csound(tmp_path / "piece.csd", text)

    check_onsets(start, tmp_path)


def test_its_requests_are_those_of_the_tables() -> None:
    text = ORCHESTRA.read_text(encoding="utf-8")
    asked = re.findall(r'OSCsend \w+, gSHost, giPort, "/oscreorder/([\w/]+)", "(\w+)", ((?:.*\\\n)*.*)', text)
    assert {command for command, *_ in asked} <= COMMANDS.keys()
    for command, types, told in asked:
        words = [word.strip(" \\\n") for word in told.split(",")]
        assert len(words) == len(types), told
        options = {word.strip('"') for word in words if word.startswith('"')}
        assert options <= {*COMMANDS[command].options, "urn", "grain", "point"}, told
    assert "urn" in PARAMETERS["choose"].choices
    assert f"; {' '.join(ORDERS)}\n" in text
