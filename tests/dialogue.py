"""What every client says to the daemon, and what it must hear: one dialogue, whichever program speaks.

`converse` loads, analyses and renders, makes each mistake that has an error code of its own, and counts: every request
ends in exactly one ``done`` or ``error``.  The render must be equal, byte by byte, to the one of the command line.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from oscreorder import read_sound

SOUND = "my sounds/Bär, tief & laut.wav"
SECONDS = 2
RATE = 22050
ANALYSIS: tuple[str | int, ...] = ("win_length", 1024, "hop_length", 512)

MISTAKES: Sequence[tuple[int, str, tuple[str | int, ...], str]] = (
    (1, "lod", ("tones", SOUND), "load"),
    (2, "analyse", ("tones", "hop_length", 0), "hop_length"),
    (2, "render", ("tones", "again.wav", "order", "sideways"), "sideways"),
    (3, "render", ("nobody", "again.wav"), "nobody"),
    (10, "load", ("tones", "my sounds/missing.wav"), "missing.wav"),
    (12, "load", ("tones", "../outside.wav"), "outside.wav"),
    (12, "render", ("tones", "../outside.wav"), "outside.wav"),
)


@dataclass(frozen=True)
class Reply:
    """A reply as the client told it: its kind (done, error, progress, notice), command, id, and the rest as text."""

    kind: str
    command: str
    id: int
    values: tuple[str, ...]


class Client(Protocol):
    """A program that speaks to the daemon."""

    def ask(self, command: str, request_id: int, *arguments: float | str) -> None:
        """Send one request."""

    def hear(self) -> Reply:
        """Wait for the next reply; a failure where none comes in time."""


@dataclass(frozen=True)
class Stage:
    """A running daemon, its folders and what it must render."""

    port: int
    root: Path
    out: Path
    reference: bytes


class Conversation:
    """Asks by a client and keeps all that it heard."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._id = 100
        self.asked: list[int] = []
        self.heard: list[Reply] = []

    def ask(self, command: str, *arguments: float | str) -> Reply:
        """Send a request under a fresh id and return its end."""
        self._id += 1
        self.asked.append(self._id)
        self._client.ask(command, self._id, *arguments)
        return self.end_of(self._id)

    def end_of(self, request_id: int) -> Reply:
        """Return the ``done`` or ``error`` of a request, which has not come yet."""
        while True:
            reply = self._client.hear()
            self.heard.append(reply)
            if reply.id == request_id and reply.kind in {"done", "error"}:
                return reply

    def check_ends(self) -> None:
        """Every request has exactly one end, and nothing else has one."""
        ends = Counter(reply.id for reply in self.heard if reply.kind in {"done", "error"})
        assert ends == Counter(self.asked)


def converse(client: Client, stage: Stage, name: str) -> None:
    """Say and hear everything; `name` tells the outputs of the clients apart."""
    talk = Conversation(client)
    assert talk.ask("ping").kind == "done"

    loaded = talk.ask("load", "tones", SOUND)
    assert (loaded.kind, *map(float, loaded.values)) == ("done", 1, SECONDS, 0)
    assert talk.ask("load", "tones", SOUND).values[0].startswith("0")
    (notice,) = [reply for reply in talk.heard if reply.kind == "notice"]
    assert "already" in notice.values[0]
    analysed = talk.ask("analyse", "tones", *ANALYSIS)
    assert (analysed.kind, float(analysed.values[0])) == ("done", 1 + SECONDS * RATE // 512)

    out = f"{name} né.wav"
    rendered = talk.ask("render", "tones", out)
    assert (rendered.kind, rendered.values[0]) == ("done", str(stage.out / out))
    assert [float(value) for value in rendered.values[1:3]] == [SECONDS * RATE, RATE]
    check_render(stage.out / out, stage.reference)

    check_mistake(talk.ask("render", "tones", out), 13, out)
    for code, command, arguments, named in MISTAKES:
        check_mistake(talk.ask(command, *arguments), code, named)
    assert talk.ask("sync").kind == "done"
    talk.check_ends()
    check_progress(talk.heard)
    assert (stage.out / out).read_bytes() == stage.reference
    assert not (stage.out / "again.wav").exists()


def check_render(path: Path, reference: bytes) -> None:
    """The file is there, as long as its source, not silent, and the same whoever asked for it."""
    y, sr = read_sound(path)
    assert (y.shape, sr) == ((2, SECONDS * RATE), RATE)
    assert np.sqrt((y**2).mean(axis=1)).min() > 0.01
    assert path.read_bytes() == reference


def check_mistake(reply: Reply, code: int, named: str) -> None:
    """It is an error with this code, and its text names what was wrong."""
    assert (reply.kind, float(reply.values[0])) == ("error", code)
    assert named in reply.values[1]


def check_progress(heard: Sequence[Reply]) -> None:
    """Work told how far it was, as a fraction that does not fall."""
    told = [reply for reply in heard if reply.kind == "progress"]
    assert {reply.command for reply in told} <= {"load", "analyse", "render"}
    assert told
    for request_id in {reply.id for reply in told}:
        fractions = [float(reply.values[0]) for reply in told if reply.id == request_id]
        assert fractions == sorted(fractions)
        assert 0 <= fractions[0] <= fractions[-1] <= 1
