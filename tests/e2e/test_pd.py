"""Pure Data without window or sound card, with the quick start patch as shipped, against a real daemon.

The patch is run in a copy whose port is the daemon's, and to which a way in is added: lines of text that this test
sends come out of a ``netreceive``; a line ``click-3`` bangs the patch's third message box, any other line goes to
``[r oscreorder]``, as from another patch of the musician.  What the patch prints is what it heard.
"""

import re
import socket
from collections.abc import Iterator

import pytest
from dialogue import Conversation, Reply, Stage, check_mistake, converse
from programs import REPOSITORY, Daemon, Program, free_port

QUICKSTART = REPOSITORY / "patches" / "pd" / "quickstart.pd"
VANILLA = {
    "*~", "bng", "cnv", "dac~", "hsl", "list", "loadbang", "netsend", "oscformat", "oscparse", "print", "r", "readsf~",
    "route", "s", "symbol", "t", "tgl", "unpack",
}  # fmt: skip
BOX = re.compile(r"#X (obj|msg|text|floatatom|symbolatom) ")


def boxes(patch: str) -> list[str]:
    """Return the lines of a patch that make a box; their place is the box's number."""
    return [line for line in patch.splitlines() if BOX.match(line)]


def message_boxes(patch: str) -> list[int]:
    """Return the numbers of the message boxes that ask the daemon something, from top to bottom."""
    plain = re.compile(r"#X msg \d+ \d+ [a-z]+ \d+( |;)")
    return [number for number, line in enumerate(boxes(patch)) if plain.match(line)]


def with_way_in(patch: str, port: int, way_in: int) -> str:
    """Return the patch for a daemon on `port`, with a ``netreceive`` on the port `way_in`."""
    asking, first = message_boxes(patch), len(boxes(patch))
    clicks = " ".join(f"click-{place}" for place in range(len(asking)))
    receive, route, send, ready, say = range(first, first + 5)
    lines = [
        f"#X obj 9 9 netreceive -u {way_in};",
        f"#X obj 9 9 route {clicks};",
        "#X obj 9 9 s oscreorder;",
        "#X obj 9 9 loadbang;",
        "#X obj 9 9 print ready;",
        f"#X connect {receive} 0 {route} 0;",
        *(f"#X connect {route} {place} {number} 0;" for place, number in enumerate(asking)),
        f"#X connect {route} {len(asking)} {send} 0;",
        f"#X connect {ready} 0 {say} 0;",
    ]
    return patch.replace("57140", str(port)) + "\n".join(lines) + "\n"


class Pd:
    """The quick start patch in Pd."""

    def __init__(self, program: Program, way_in: int) -> None:
        self._program = program
        self._way_in = ("127.0.0.1", way_in)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def say(self, line: str) -> None:
        self._socket.sendto(f"{line};\n".encode(), self._way_in)

    def ask(self, command: str, request_id: int, *arguments: float | str) -> None:
        atoms = [re.sub(r"([\\ ,;$])", r"\\\1", str(argument)) for argument in arguments]
        self.say(" ".join([command, str(request_id), *atoms]))

    def hear(self) -> Reply:
        printed = self._program.wait_for("^oscreorder: (.*)$")[1]
        kind, command, request_id, *values = (re.sub(r"\\(.)", r"\1", atom) for atom in re.split(r"(?<!\\) ", printed))
        return Reply(kind, command, int(request_id), tuple(values))

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def pd(daemon: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pd]:
    """Open the patch; when it is loaded it has connected itself."""
    way_in, folder = free_port(), tmp_path_factory.mktemp("pd")
    patch = folder / "quickstart.pd"
    patch.write_text(with_way_in(QUICKSTART.read_text(encoding="utf-8"), daemon.port, way_in), encoding="utf-8")
    headless = ("-nogui", "-noaudio", "-nomidi", "-noprefs", "-stderr")
    with Program("pd", *headless, "-open", patch, cwd=folder) as program:
        program.wait_for("^ready: bang$")
        client = Pd(program, way_in)
        yield client
        client.close()
    assert not [line for line in program.lines if "error" in line and not line.startswith("oscreorder: error")]


def test_any_patch_converses_with_the_daemon_through_the_quick_start(pd: Pd, stage: Stage) -> None:
    converse(pd, stage, "pd")


def test_the_message_boxes_of_the_quick_start(pd: Pd, stage: Stage) -> None:
    asking = message_boxes(QUICKSTART.read_text(encoding="utf-8"))
    assert len(asking) == 6
    for place in range(len(asking)):
        pd.say(f"click-{place}")
    talk = Conversation(pd)
    talk.asked = [1, 2, 3, 4, 5, 6]
    check_mistake(talk.end_of(6), 10, "not-there.wav")
    pd.ask("sync", 7)
    talk.asked.append(7)
    talk.end_of(7)
    talk.check_ends()
    done = {reply.id: reply.command for reply in talk.heard if reply.kind == "done"}
    assert done == {1: "ping", 2: "status", 3: "load", 4: "analyse", 5: "render", 7: "sync"}
    assert (stage.out / "violin-pd.wav").stat().st_size > 100_000


def test_the_quick_start_uses_objects_of_plain_pd_only() -> None:
    patch = QUICKSTART.read_text(encoding="utf-8")
    names = {line.split()[4].rstrip(";,") for line in boxes(patch) if line.startswith("#X obj ")}
    assert names <= VANILLA


def test_every_wire_of_the_quick_start_joins_two_boxes() -> None:
    patch = QUICKSTART.read_text(encoding="utf-8")
    wires = [[int(number) for number in wire.split()] for wire in re.findall(r"#X connect (.*);", patch)]
    assert len({tuple(wire) for wire in wires}) == len(wires) > 40
    assert all(box < len(boxes(patch)) for source, _, destination, _ in wires for box in (source, destination))
