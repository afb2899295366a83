"""The Max patch by the rules of its file format, and its messages against a real daemon.

Max itself does not run here: what is shown is that the file has the form that Max reads and writes, that each object
has the inlets and outlets it has in Max, and that its messages, sent as ``udpsend`` encodes them, are answered on the
port of ``udpreceive``.
"""

import json
import shlex
import socket
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from daemon import Client
from dialogue import Stage
from programs import REPOSITORY
from pythonosc.osc_message import OscMessage
from pythonosc.udp_client import SimpleUDPClient

QUICKSTART = REPOSITORY / "patches" / "max" / "quickstart.maxpat"
TIMEOUT_S = 30
MAX_ATOMS = 256

# Inlets and types of outlets by class of box, and by object for boxes that are plain objects
CLASSES: Mapping[str, tuple[int, list[str]]] = {
    "comment": (1, []),
    "message": (2, [""]),
    "flonum": (1, ["", "bang"]),
    "button": (1, ["bang"]),
}
OBJECTS: Mapping[str, tuple[int, list[str]]] = {
    "loadbang": (1, ["bang"]),
    "udpsend": (1, []),
    "udpreceive": (1, [""]),
    "s": (1, []),
    "r": (0, [""]),
    "print": (1, []),
}
UNPACKED = {"s": "", "0": "int", "0.": "float"}


def ports(box: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Return how many inlets, and which outlets, a box has in Max."""
    if box["maxclass"] != "newobj":
        return CLASSES[box["maxclass"]]
    name, *arguments = box["text"].split()
    if name == "route":
        return len(arguments) + 1, [""] * (len(arguments) + 1)
    if name == "unpack":
        return 1, [UNPACKED[argument] for argument in arguments]
    return OBJECTS[name]


@pytest.fixture
def patcher() -> dict[str, Any]:
    document = json.loads(QUICKSTART.read_text(encoding="utf-8"))
    assert list(document) == ["patcher"]
    patcher: dict[str, Any] = document["patcher"]
    return patcher


@pytest.fixture
def boxes(patcher: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = [entry["box"] for entry in patcher["boxes"]]
    by_id = {box["id"]: box for box in found}
    assert len(by_id) == len(found)
    return by_id


def asked(boxes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the messages that the patch sends, from top to bottom; a comma in a message box parts two."""
    texts = [box["text"] for box in boxes.values() if box["maxclass"] == "message"]
    return [message for text in texts for message in text.split(", ") if message]


def test_the_patcher_has_what_every_version_of_max_writes(patcher: dict[str, Any]) -> None:
    version = patcher["appversion"]
    assert patcher["fileversion"] == 1
    assert (version["major"], version["architecture"], version["modernui"]) == (8, "x64", 1)
    assert patcher["classnamespace"] == "box"
    assert len(patcher["rect"]) == 4
    assert patcher["gridsize"] == [15.0, 15.0]


def test_every_box_has_the_inlets_and_outlets_of_its_object(boxes: dict[str, dict[str, Any]]) -> None:
    for box in boxes.values():
        inlets, outlets = ports(box)
        assert box["id"].startswith("obj-")
        assert (box["numinlets"], box["numoutlets"]) == (inlets, len(outlets)), box
        assert box.get("outlettype", []) == outlets, box
        assert ("outlettype" in box) == bool(outlets), box
        assert ("parameter_enable" in box) == (box["maxclass"] in {"flonum", "button"}), box


def test_no_two_boxes_overlap_and_all_lie_in_the_window(
    patcher: dict[str, Any], boxes: dict[str, dict[str, Any]]
) -> None:
    width, height = patcher["rect"][2:]
    placed = [box["patching_rect"] for box in boxes.values()]
    for index, (x, y, w, h) in enumerate(placed):
        assert x >= 0 <= y
        assert x + w <= width
        assert y + h <= height
        for other_x, other_y, other_w, other_h in placed[index + 1 :]:
            apart = x + w <= other_x or other_x + other_w <= x or y + h <= other_y or other_y + other_h <= y
            assert apart, (placed[index], (other_x, other_y))


def test_every_line_joins_an_outlet_and_an_inlet(patcher: dict[str, Any], boxes: dict[str, dict[str, Any]]) -> None:
    lines = [entry["patchline"] for entry in patcher["lines"]]
    assert lines
    for line in lines:
        (source, outlet), (destination, inlet) = line["source"], line["destination"]
        assert 0 <= outlet < boxes[source]["numoutlets"], line
        assert 0 <= inlet < boxes[destination]["numinlets"], line
    assert len({json.dumps(line) for line in lines}) == len(lines)
    wired = {end for line in lines for end in (line["source"][0], line["destination"][0])}
    assert wired == {name for name, box in boxes.items() if box["maxclass"] != "comment"}


def test_messages_and_replies_use_the_ports_of_their_objects(boxes: dict[str, dict[str, Any]]) -> None:
    objects = {box["text"] for box in boxes.values() if box["maxclass"] == "newobj"}
    assert {"udpsend 127.0.0.1 57140", "udpreceive 57141"} <= objects
    assert asked(boxes)[0] == "/oscreorder/notify 1 1 57141"
    assert all(len(message.split()) < MAX_ATOMS for message in asked(boxes))


def atom(word: str) -> int | str:
    """Return an atom as Max reads it in a message box."""
    return int(word) if word.lstrip("-").isdigit() else word


class Max:
    """One socket that sends, as udpsend, and one that receives, as udpreceive."""

    def __init__(self, port: int) -> None:
        self._send = SimpleUDPClient("127.0.0.1", port)
        self._receive = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._receive.bind(("127.0.0.1", 0))
        self._receive.settimeout(TIMEOUT_S)
        self.port = int(self._receive.getsockname()[1])

    def click(self, message: str) -> None:
        """Send a message box; only the port of ``udpreceive`` is another."""
        address, *words = shlex.split(message.replace("57141", str(self.port)))
        self._send.send_message(address, [atom(word) for word in words])

    def next_end(self) -> tuple[str, ...]:
        """Return the arguments of the next ``done`` or ``error``, which one first."""
        while True:
            reply = OscMessage(self._receive.recv(2048))
            kind = reply.address.removeprefix("/oscreorder/")
            if kind in {"done", "error"}:
                return (kind, *map(str, reply.params))

    def close(self) -> None:
        self._send.close()
        self._receive.close()


@pytest.fixture
def max_client(stage: Stage) -> Iterator[Max]:
    client = Max(stage.port)
    yield client
    client.close()


def test_the_messages_of_the_patch_are_answered_on_its_port(
    boxes: dict[str, dict[str, Any]], stage: Stage, max_client: Max
) -> None:
    *requests, last = asked(boxes)
    for request in requests:
        max_client.click(request)
    ends = sorted((max_client.next_end() for _ in requests), key=lambda end: int(end[2]))
    assert [end[:3] for end in ends] == [
        ("done", "notify", "1"),
        ("done", "ping", "2"),
        ("done", "status", "3"),
        ("done", "load", "4"),
        ("done", "analyse", "5"),
        ("done", "render", "6"),
        ("error", "load", "7"),
    ]
    assert ends[6][3] == "10"
    assert (stage.out / "violin-max.wav").stat().st_size > 100_000
    max_client.click(last)
    assert max_client.next_end()[:3] == ("done", "notify", "8")


def test_others_on_the_same_machine_are_answered_where_they_send(
    boxes: dict[str, dict[str, Any]], stage: Stage, max_client: Max
) -> None:
    opening, hello, *_, last = asked(boxes)
    for message in (opening, hello):
        max_client.click(message)
        assert max_client.next_end()[0] == "done"
    with Client(stage.port) as other:
        assert other.ask("ping", 9).arguments[0] == "ping"
    max_client.click(last)
    assert max_client.next_end()[1] == "notify"
