"""Copies for programs that read few formats: what a real daemon makes can be read, is made once, and goes again."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from daemon import Client
from programs import Daemon

from oscreorder import read_sound
from reliability.studio import Desk, Studio

SR = 44100
READABLE = {"piano-48k-24bit.wav", "slide-22k.aiff"}
Row = tuple[Any, ...]


@pytest.fixture(scope="module")
def house(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Daemon(root=sounds, out=tmp_path_factory.mktemp("out")) as daemon:
        yield daemon


@pytest.fixture
def client(house: Daemon) -> Iterator[Client]:
    with Client(house.port) as client:
        yield client
        for number, name in enumerate(("all", "takes"), 900):
            client.ask("free", number, name)


def rows(client: Client, command: str, request_id: int, corpus: str) -> list[Row]:
    """Return what tells the sounds of a corpus, without the id."""
    client.send(command, request_id, corpus)
    heard = client.until("done", request_id)
    found = [message.arguments[1:] for message in heard if message.address == "/oscreorder/sound"]
    assert heard[-1].arguments == (command, request_id, len(found))
    return found


def test_each_sound_is_there_sample_for_sample_in_a_file_that_every_program_reads(client: Client) -> None:
    client.ask("load", 1, "all", ".")
    originals, found = rows(client, "sounds", 2, "all"), rows(client, "copies", 3, "all")
    assert len(found) == 7
    for (index, path, *facts), (_, copy, *facts_of_copy) in zip(originals, found, strict=True):
        assert facts_of_copy == facts
        assert (copy == path) == (Path(path).name in READABLE)
        y, sr = read_sound(path)
        z, sr_of_copy = read_sound(copy)
        assert (sr_of_copy, z.shape) == (sr, y.shape) == (facts[0], (facts[1], facts[2]))
        assert np.array_equal(z, y), index
        if copy != path:
            told = soundfile.info(copy)
            assert (told.format, told.subtype) == ("WAV", "FLOAT")
            assert Path(copy).read_bytes()[20:22] == b"\3\0"  # not "extensible", which few old readers know
            assert 0 <= Path(copy).stat().st_size - 4 * y.size < 200


def test_they_are_made_once_and_go_with_their_corpus(client: Client) -> None:
    client.ask("load", 1, "takes", "compus.*")
    first = rows(client, "copies", 2, "takes")
    made = [Path(row[1]) for row in first]
    before = [path.stat().st_mtime_ns for path in made]
    assert rows(client, "copies", 3, "takes") == first
    client.ask("load", 4, "takes", "speech.flac")
    more = rows(client, "copies", 5, "takes")
    assert more[:2] == first
    assert [path.stat().st_mtime_ns for path in made] == before
    made.append(Path(more[2][1]))
    client.ask("analyse", 6, "takes")
    assert rows(client, "copies", 7, "takes") == more
    client.ask("free", 8, "takes")
    gone_by = time.monotonic() + 10
    while any(path.parent.exists() for path in made) and time.monotonic() < gone_by:
        client.ask("ping", 9)
    assert [path for path in made if path.parent.exists()] == []
    assert client.ask("load", 10, "takes", "speech.flac").arguments[0] == "load"


def test_they_wait_for_the_load_before_them(client: Client) -> None:
    client.send("load", 1, "takes", "speech.flac")
    assert [Path(row[1]).suffix for row in rows(client, "copies", 2, "takes")] == [".wav"]


def test_what_other_programs_cannot_read_of_wav_and_aiff_is_copied_too(tmp_path: Path) -> None:
    y = np.random.default_rng(3).uniform(-0.9, 0.9, (3000, 2)).astype(np.float32)
    kinds = [("WAV", "PCM_U8"), ("WAV", "PCM_32"), ("WAV", "DOUBLE"), ("WAV", "ULAW"), ("RF64", "PCM_16")]
    kinds += [("AIFF", "PCM_S8"), ("AIFF", "PCM_32")]
    plain = [(container, subtype) for container in ("WAV", "AIFF") for subtype in ("PCM_16", "PCM_24", "FLOAT")]
    for number, (container, subtype) in enumerate(kinds + plain):
        soundfile.write(tmp_path / f"{number:02}.wav", y, SR, format=container, subtype=subtype)
    with Daemon(root=tmp_path, out=tmp_path) as daemon, Client(daemon.port) as client:
        client.ask("load", 1, "kinds", ".")
        found = rows(client, "copies", 2, "kinds")
        own = [Path(row[1]).parent == tmp_path for row in found]
        assert own == [False] * len(kinds) + [True] * len(plain)
        for number, row in enumerate(found):
            assert np.array_equal(read_sound(row[1])[0], read_sound(tmp_path / f"{number:02}.wav")[0])


def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    studio = Studio(tmp_path, seconds=4)
    with studio.daemon() as desk:
        desk.needs("load", "long", "long.flac")
        kept = sorted(studio.cache.rglob("job-*"))
        with almost_nothing_to_write(desk):
            end = desk.ask("copies", "long")
        assert (end.address, end.arguments[2]) == ("/oscreorder/error", 10)
        assert "cannot be written" in str(end.arguments[3])
        assert sorted(studio.cache.rglob("job-*")) == kept
        assert desk.needs("copies", "long").arguments[2] == 1


@contextmanager
def almost_nothing_to_write(desk: Desk) -> Iterator[None]:
    """Let the workers write no file beyond 100,000 bytes, as on a full disk."""
    before = [(worker.pid, resource.prlimit(worker.pid, resource.RLIMIT_FSIZE)) for worker in desk.workers()]
    for pid, (_, hard) in before:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    for pid, limits in before:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
