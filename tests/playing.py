"""What the programs that play a stream by themselves, from one text with its parameters on top, have in common."""

import os
import re
import signal
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from dialogue import SOUND, Stage
from pdprogram import FixedDaemon
from programs import Program

from oscreorder import read_sound

GRAINS = 30
PROMPT_S = 3.5
"""Three seconds, and half a one for the program and its terminal."""


def edited(text: str, changes: Mapping[str, str]) -> str:
    """Return a text in which each of these stands once, with what stands for it."""
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def check_walk(program: Program, stage: Stage, out: str, record: Path) -> None:
    """It loads, renders, lists neighbours, plays all its grains, and ends; each of it told in words."""
    program.wait_for(rf"oscreorder: the daemon answers at 127\.0\.0\.1 {stage.port}", PROMPT_S)
    assert program.wait(100) == 0, program.lines
    told = "\n".join(program.lines)
    for request, count in (("load", 1), ("render", 1), ("neighbours", 1), ("stream/start", 1), ("sounds", 1)):
        assert len(re.findall(rf"oscreorder: done {request} ", told)) == count, told
    assert re.search(r"oscreorder: neighbour 0 is grain 20, at \d+ of sound 0, distance 0\.000", told)
    assert len(re.findall("oscreorder: neighbour ", told)) == 5
    assert f"ended by its count: {GRAINS} grains" in told
    assert "error" not in re.sub("0 errors in performance", "", told)
    assert (stage.out / out).read_bytes() == stage.reference
    assert loudness(record) > 0.003


def loudness(record: Path) -> float:
    """Return the level of the side that is less loud."""
    y, _ = read_sound(record)
    return float(np.sqrt((y**2).mean(axis=1)).min())


def check_watch(program: Program, port: int, folder: Path) -> None:
    """It says that there is no daemon, finds one that comes, tells its error; and again when it has gone and come."""
    program.wait_for(f"oscreorder: nobody answers at 127.0.0.1 {port} - start the daemon", 2 * PROMPT_S)
    with FixedDaemon(port, root=folder, out=folder):
        program.wait_for("oscreorder: the daemon answers", PROMPT_S)
        program.wait_for(r"oscreorder: error load \d+, code 10: .*not-there\.wav", 60)
    program.wait_for("oscreorder: the daemon has ended", PROMPT_S)
    program.wait_for("oscreorder: nobody answers", PROMPT_S)
    with FixedDaemon(port, root=folder, out=folder) as daemon:
        program.wait_for("oscreorder: the daemon answers", PROMPT_S)
        program.wait_for(r"oscreorder: error load", 60)
        os.kill(daemon.pid, signal.SIGKILL)
        program.wait_for("oscreorder: nobody answers", PROMPT_S)


def dialogue_text(text: str, stage: Stage, changes: Mapping[str, str]) -> str:
    """Return the program's text with the sound of the dialogue."""
    return edited(text, {"57140": str(stage.port), '"violin.flac"': f'"{SOUND}"', **changes})


def absent_text(text: str, port: int, changes: Mapping[str, str]) -> str:
    """Return the program's text with a port where nobody is yet, and with a sound that there is not."""
    return edited(text, {"57140": str(port), '"violin.flac"': '"not-there.wav"', **changes})
