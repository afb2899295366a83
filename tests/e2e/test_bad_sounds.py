"""Bad sound files before a real daemon: each is answered soon, by an error or a notice, and costs it nothing."""

import time
from collections.abc import Iterator
from pathlib import Path

import badsounds
import pytest
from daemon import Client
from programs import Daemon
from soundbytes import WHOLE_WAV

from reliability.bad_sounds import MEMORY_MIB, SOON_S, Desk, outcome

LOG_LINES = 50


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bad")


@pytest.fixture(scope="module")
def desk(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    paths = badsounds.make(root)
    (root / "good.wav").write_bytes(WHOLE_WAV)
    with Daemon(root=root, out=tmp_path_factory.mktemp("out")) as daemon, Client(daemon.port) as client:
        made = Desk(daemon, client, paths)
        assert made.load("good.wav")[-1][0] == "done"
        yield made


def test_there_are_enough_kinds_and_they_are_small() -> None:
    assert len(badsounds.CONTENTS) + len(badsounds.SPECIAL) >= 140
    assert sum(len(content()) for content in badsounds.CONTENTS.values()) < 2**24


@pytest.mark.parametrize("kind", [*badsounds.CONTENTS, *badsounds.SPECIAL])
def test_a_bad_sound_is_answered_soon(desk: Desk, kind: str) -> None:
    before, began = desk.memory_mib, time.monotonic()
    told = desk.load(desk.paths[kind].name)
    assert outcome(kind, told) in {"error 6", "error 10", "error 11", "error 12", "notice", "harmless"}, told
    assert time.monotonic() - began < SOON_S
    assert desk.memory_mib < before + MEMORY_MIB


def test_a_folder_of_them_is_loaded_as_far_as_it_can_be(desk: Desk, root: Path) -> None:
    (root / "folder").mkdir()
    (root / "folder" / b"caf\xe9 \xff.wav".decode("utf-8", "surrogateescape")).write_bytes(WHOLE_WAV)
    for kind in ("nothing", "text", "wav of 0 channels", "flac with broken checksums", "fifo"):
        desk.paths[kind].rename(root / "folder" / desk.paths[kind].name)
    told = desk.load("folder")
    assert [kind for kind, _ in told] == ["notice"] * 5 + ["done"]
    assert told[-1][1][2:] == (1, pytest.approx(1000 / 44100), 5)


def test_afterwards_the_daemon_is_as_it_was(desk: Desk) -> None:
    assert desk.load("good.wav")[-1][0] == "done"
    assert len(desk.daemon.lines) < LOG_LINES, desk.daemon.lines[:LOG_LINES]
