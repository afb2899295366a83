"""Neighbours and streams of a real daemon under bad input, floods and limits."""

import math
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import psutil
import pytest
from daemon import PREFIX, Client
from programs import Daemon
from pythonosc.osc_message_builder import OscMessageBuilder

from oscreorder.osc.wire import Argument, Message

Word = int | float | str
FLOOD_RATE, FLOOD_S = 5000, 2
BURST_S = 0.005
MAX_GROWTH = 8 << 20
LIMIT = 64
GRAIN, DONE, ERROR, ROW = (f"/oscreorder/{name}" for name in ("grain", "done", "error", "neighbour"))


@pytest.fixture
def client(daemon: Daemon) -> Iterator[Client]:
    """Return a registered client; the corpus violin is analysed, and nothing of it is left in the end."""
    with Client(daemon.port) as client:
        client.ask("notify", 1, 1)
        client.ask("load", 2, "violin", "violin.flac")
        client.ask("analyse", 3, "violin", "hop_length", 512, "win_length", 1024)
        yield client
        client.ask("stream/stop", 4, -1)
        client.ask("free", 5, "violin")
        client.ask("notify", 6, 0)


def send(client: Client, command: str, *arguments: Word) -> None:
    """Send what our own codec refuses to encode, too."""
    builder = OscMessageBuilder(PREFIX + command)
    for argument in arguments:
        builder.add_arg(argument)
    client.send_bytes(builder.build().dgram)


def rows(client: Client, request_id: int, *place: Word) -> list[Message]:
    client.send("neighbours", request_id, "violin", *place)
    return [message for message in client.until("done", None) if message.address == ROW]


def start_of(client: Client, grain: int) -> Argument:
    """Return where a grain begins in its sound."""
    (row,) = rows(client, 20, "grain", grain, "k", 1)
    return row.arguments[4]


def begin(client: Client, stream: int, *options: Word) -> None:
    assert client.ask("stream/start", stream, "violin", *options).address == DONE


def grains(client: Client, n: int) -> list[Message]:
    """Return the next grains, whatever else comes."""
    heard = iter(client.receive, None)
    return list(islice((message for message in heard if message.address == GRAIN), n))


def test_neighbours_come_nearest_first_and_the_grain_itself_before_all(client: Client) -> None:
    found = rows(client, 21, "grain", 100, "k", 10)
    distances = [float(str(row.arguments[6])) for row in found]
    assert [row.arguments[1] for row in found] == list(range(10))
    assert (found[0].arguments[2], distances[0]) == (100, 0.0)
    assert distances == sorted(distances)


def test_who_answers_has_taken_the_search_in_and_no_compiler(client: Client, daemon: Daemon) -> None:
    rows(client, 22, "grain", 1)
    maps = Path(f"/proc/{daemon.pid}/maps").read_text(encoding="utf-8")
    assert "llvmlite" in maps
    assert "/numba/" not in maps


@pytest.mark.parametrize(
    ("code", "text", "place"),
    [
        (3, "there is no grain 99999", ("grain", 99999)),
        (2, "vector: 3 numbers came; violin takes 16", ("vector", 0.0, 1.0, 2.0)),
        (2, "vector", ("vector", *[0.0] * 15, math.nan)),
        (2, "point", ("point", math.inf, 0.5)),
        (2, "", ("grain", 3, "k", 0)),
        (2, "", ("grain", 3, "radius", math.nan)),
        (2, "", ("somewhere", 3)),
    ],
)
def test_a_place_that_is_none_is_refused_and_the_stream_keeps_its_target(
    client: Client, code: int, text: str, place: tuple[Word, ...]
) -> None:
    begin(client, 30, "rate", 100, "k", 1, "repeat_s", 0)
    client.send("stream/target", 30, "grain", 7)
    assert grains(client, 1)
    for command, request_id, words in (("neighbours", 31, ("violin", *place)), ("stream/target", 30, place)):
        send(client, command, request_id, *words)
        problem = client.until("error", None)[-1]
        assert problem.arguments[:3] == (command, request_id, code)
        assert text in str(problem.arguments[3])
    kept = start_of(client, 7)
    assert [grain.arguments[4] for grain in grains(client, 20)] == [kept] * 20
    assert client.ask("stream/stop", 32, 30).arguments[3] == 0


@pytest.mark.parametrize(
    ("command", "arguments", "code"),
    [
        ("stream/start", ("nobody",), 3),
        ("stream/start", ("",), 2),
        ("stream/start", ("violin", "rate", math.nan), 2),
        ("stream/start", ("violin", "rate", 1e9), 2),
        ("stream/start", ("violin", "mode", "sideways"), 2),
        ("stream/stop", (77,), 3),
        ("stream/set", ("rate", 20), 3),
        ("stream/target", ("grain", 3), 3),
    ],
)
def test_what_cannot_be_played_is_told(client: Client, command: str, arguments: tuple[Word, ...], code: int) -> None:
    send(client, command, 40, *arguments)
    assert client.until("error", None)[-1].arguments[:3] == (command, 40, code)
    assert client.ask("status", 41).arguments[4] == 0


def test_of_a_flood_of_targets_the_last_one_wins_and_nothing_grows(client: Client, daemon: Daemon) -> None:
    begin(client, 50, "rate", 50, "k", 1, "repeat_s", 0)
    flood(client, 50, FLOOD_RATE)
    before = psutil.Process(daemon.pid).memory_info().rss
    flood(client, 50, FLOOD_RATE * FLOOD_S)
    last = start_of(client, 7)
    client.send("stream/target", 50, "grain", 7)
    client.ask("ping", 51)
    deadline = time.monotonic() + 10
    while grains(client, 1)[0].arguments[4] != last:
        assert time.monotonic() < deadline
    assert [grain.arguments[4] for grain in grains(client, 25)] == [last] * 25
    assert psutil.Process(daemon.pid).memory_info().rss - before < MAX_GROWTH


def flood(client: Client, stream: int, n: int) -> None:
    """Send targets, each another grain, at `FLOOD_RATE`."""
    pause, began = threading.Event(), time.monotonic()
    burst = round(FLOOD_RATE * BURST_S)
    for at in range(0, n, burst):
        for number in range(at, at + burst):
            client.send("stream/target", stream, "grain", 20 + number % 300)
        pause.wait(max(began + (at + burst) / FLOOD_RATE - time.monotonic(), 0))


def test_a_thousand_streams_are_more_than_play(client: Client) -> None:
    told: dict[int, Message] = {}
    for first in range(100, 1100, 50):  # a socket holds some 250 answers
        for stream in range(first, first + 50):
            client.send("stream/start", stream, "violin", "rate", 1)
        while len(told) < first + 50 - 100:
            message = client.receive()
            if message.address in {DONE, ERROR}:
                told[int(str(message.arguments[1]))] = message
    assert sorted(told) == list(range(100, 1100))
    assert [told[stream].address for stream in range(100, 100 + LIMIT)] == [DONE] * LIMIT
    assert {told[stream].arguments[2] for stream in range(100 + LIMIT, 1100)} == {6}
    assert f"{LIMIT}" in str(told[1099].arguments[3])
    assert client.ask("status", 1200).arguments[4] == LIMIT
    assert client.ask("stream/stop", 1201, -1).arguments[2:] == (0, 0)
    assert client.ask("status", 1202).arguments[4] == 0
