"""The Max package: its files by the rules of their format, and its patchers at work against a real daemon.

Max itself does not run here: `maxmsp` follows the wires as Max's reference tells it.
"""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
import py2max
import pytest
from dialogue import Reply, Stage, converse
from maxmsp import Box, Patcher, World, atom
from pdprogram import FixedDaemon
from programs import REPOSITORY, Daemon, free_port
from py2max.lint import lint
from py2max.maxref import get_object_info

from oscreorder.osc.commands import COMMANDS
from oscreorder.parameters import PARAMETERS
from patches.make_max import PACKAGE, write

QUICKSTART = REPOSITORY / "patches" / "max" / "quickstart.maxpat"
PATCHERS = [QUICKSTART, *sorted(PACKAGE.rglob("*.max*"))]
OURS = {"oscreorder.message", "oscreorder.grains~"}
PROMPT_S = 3.0
GRAINS = 20


def ident(path: Path) -> str:
    return path.name


def test_the_package_is_what_its_script_writes(tmp_path: Path) -> None:
    write(tmp_path)
    made = {path.relative_to(tmp_path): path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.*")}
    kept = {path.relative_to(PACKAGE): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.*")}
    assert made == kept


@pytest.mark.parametrize("path", PATCHERS, ids=ident)
def test_py2max_reads_it_and_has_nothing_to_object(path: Path) -> None:
    findings = [finding for finding in lint(py2max.Patcher.from_file(str(path))) if finding.code != "W-UNKNOWN-OBJECT"]
    assert findings == []


@pytest.mark.parametrize("path", PATCHERS, ids=ident)
def test_it_has_the_form_that_max_writes(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert list(document) == ["patcher"]
    patcher = document["patcher"]
    assert (patcher["fileversion"], patcher["classnamespace"], len(patcher["rect"])) == (1, "box", 4)
    boxes = {entry["box"]["id"]: entry["box"] for entry in patcher["boxes"]}
    assert len(boxes) == len(patcher["boxes"])
    for box in boxes.values():
        assert len(box.get("outlettype", [])) == box["numoutlets"]
        assert ("outlettype" in box) == bool(box["numoutlets"])
    lines = [(tuple(line["patchline"]["source"]), tuple(line["patchline"]["destination"])) for line in patcher["lines"]]
    assert len(set(lines)) == len(lines)
    for (source, outlet), (target, inlet) in lines:
        assert outlet < boxes[source]["numoutlets"]
        assert inlet < boxes[target]["numinlets"]


@pytest.mark.parametrize("path", PATCHERS, ids=ident)
def test_its_objects_are_in_the_reference_or_in_the_package(path: Path) -> None:
    for entry in json.loads(path.read_text(encoding="utf-8"))["patcher"]["boxes"]:
        box = entry["box"]
        name = box["text"].split()[0] if box["maxclass"] == "newobj" else box["maxclass"]
        assert name in OURS or get_object_info(name), name
        if name in OURS:
            assert (PACKAGE / "patchers" / f"{name}.maxpat").is_file()


def test_what_max_shows_of_the_package_has_all_its_fields() -> None:
    info = json.loads((PACKAGE / "package-info.json").read_text(encoding="utf-8"))
    assert info["name"] == PACKAGE.name
    assert re.fullmatch(r"\d+\.\d+\.\d+", info["version"])
    assert (info["max_version_min"], info["max_version_max"]) == ("8.0", "none")
    assert info["os"]["macintosh"]["platform"] == ["x64", "arm64"]
    assert (PACKAGE / "extras" / info["homepatcher"]).is_file()


def test_the_help_has_every_command_and_every_parameter() -> None:
    text = (PACKAGE / "help" / "oscreorder.maxhelp").read_text(encoding="utf-8")
    comments = [entry["box"].get("text", "") for entry in json.loads(text)["patcher"]["boxes"]]
    for name, spec in COMMANDS.items():
        assert spec.help in comments, name
    for name, row in PARAMETERS.items():
        assert name in comments
        assert f"default {row.default}" in comments


def test_wherever_it_stands_it_says_that_it_was_not_run_in_max() -> None:
    said = re.compile("not run in Max", re.IGNORECASE)
    pages = [path for path in PATCHERS if re.search(r"\d\d-|maxhelp|walkthrough|quickstart", path.name)]
    assert len(pages) == 10
    for path in (PACKAGE / "README.md", *pages):
        assert said.search(path.read_text(encoding="utf-8")), path


class Opened:
    """A patcher of the package in Max, as it were, that talks with the daemon on a port."""

    def __init__(self, folder: Path, name: str, port: int, arguments: tuple[str | int, ...] = ()) -> None:
        write(folder)
        self.replies = free_port()
        for path in (folder / "patchers").glob("*.maxpat"):
            text = path.read_text(encoding="utf-8").replace("57140", str(port)).replace("57141", str(self.replies))
            path.write_text(text, encoding="utf-8")
        self.world = World(folder)
        self.patcher = Patcher(self.world, folder / "patchers" / name, arguments)
        self.client = next((box for box in self.patcher.boxes.values() if box.maxclass == "bpatcher"), None)
        self.heard: list[tuple[int, tuple[Any, ...]]] = []
        holder = self.client or self
        self._out: Callable[[int, tuple[Any, ...]], None] | None = None
        if isinstance(holder, Box):
            self._out = holder.out
            holder.out = self._hear  # type: ignore[method-assign]
        else:
            self.patcher.holder = self  # type: ignore[assignment]
        self.patcher.loaded()

    def _hear(self, outlet: int, message: tuple[Any, ...]) -> None:
        self.heard.append((outlet, message))
        if self._out is not None:
            self._out(outlet, message)

    out = _hear

    def click(self, beginning: str) -> None:
        self.patcher.click(beginning)

    def wait_for(self, outlet: int, pattern: str, timeout_s: float = 30) -> str:
        """Return the first message out of an outlet, not asked for yet, that matches; those before it are dropped."""
        found: list[str] = []

        def there() -> bool:
            while self.heard and not found:
                came_from, message = self.heard.pop(0)
                text = " ".join(map(str, message))
                if came_from == outlet and re.search(pattern, text):
                    found.append(text)
            return bool(found)

        self.world.until(there, timeout_s)
        return found[0]

    def next_of(self, outlet: int) -> tuple[Any, ...]:
        """Return the next message out of an outlet; those of others are dropped."""
        while True:
            self.world.until(lambda: bool(self.heard))
            came_from, message = self.heard.pop(0)
            if came_from == outlet:
                return message

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.world.close(self.patcher)


DONE, ROWS, GRAIN, _, WORDS, THERE, ALL = range(7)


@pytest.fixture
def house(sounds: Path, tmp_path: Path) -> Iterator[Daemon]:
    out = tmp_path / "out"
    out.mkdir()
    with Daemon(root=sounds, out=out) as daemon:
        yield daemon


def page(name: str, daemon: Daemon, folder: Path) -> Opened:
    opened = Opened(folder / "package", f"oscreorder.{name}.maxpat", daemon.port)
    opened.wait_for(WORDS, "the daemon answers")
    return opened


def test_the_first_pages_load_render_and_set_parameters(house: Daemon, tmp_path: Path) -> None:
    with page("01-load", house, tmp_path) as opened:
        opened.click("load violin")
        assert opened.wait_for(DONE, "^load").split()[2] == "1"
        for message, row in (("corpora", "/oscreorder/corpus .* violin 1 "), ("sounds violin", "/oscreorder/sound ")):
            opened.click(message)
            opened.wait_for(ROWS, row)
        assert any("violin.flac" in line for line in opened.world.printed)
    with page("02-render", house, tmp_path) as opened:
        opened.click("analyse")
        opened.wait_for(DONE, "^analyse")
        for name in ("similar", "tour", "half", "bow"):
            opened.click(f"render violin {name}.wav")
            opened.wait_for(DONE, rf"^render \d+ \S*{name}\.wav 1218263 44100")
    with page("03-parameters", house, tmp_path) as opened:
        opened.patcher.of_class("number")[0].take(0, (512,))
        opened.wait_for(ROWS, "param hop_length 512")
        opened.patcher.of_class("flonum")[0].take(0, (0.5,))
        opened.wait_for(ROWS, "param amount 0.5")
        opened.patcher.of_class("toggle")[0].take(0, (1,))
        opened.wait_for(ROWS, "param reverse 1")
        for word in ("tour", "similarity"):
            opened.click(f"param order {word}")
            opened.wait_for(ROWS, f"param order {word}")
        opened.click("param order")
        opened.wait_for(ROWS, "param order similarity")
        opened.click("params")
        opened.wait_for(DONE, f"^params .* {len(PARAMETERS)}$")


def test_the_fourth_page_lists_neighbours(house: Daemon, tmp_path: Path) -> None:
    with page("04-neighbours", house, tmp_path) as opened:
        opened.click("load violin")
        for message, count in (("neighbours violin grain 20 k 5", "5"), ("neighbours violin point", "5")):
            opened.click(message)
            opened.wait_for(DONE, rf"^neighbours \d+ {count}")
        opened.click("neighbours violin grain 20 k 8 radius")
        opened.wait_for(DONE, r"^neighbours")
        assert sum(line.startswith("neighbour ") for line in opened.world.printed) > 10


def test_the_fifth_page_sends_each_grain_to_its_voice_at_its_time(house: Daemon, tmp_path: Path) -> None:
    with page("05-stream", house, tmp_path) as opened:
        opened.click("load violin")
        opened.wait_for(DONE, "^load")
        opened.patcher.of_class("button")[0].take(0, ("bang",))
        opened.wait_for(DONE, "^sounds")
        assert [Path(path).name for path in opened.world.buffers] == ["violin.flac"]
        opened.click("stream/start")
        opened.wait_for(DONE, "^stream/start")
        x, y = opened.patcher.of_class("slider")[:2]
        x.take(0, (0.25,))
        y.take(0, (0.75,))
        moments = []
        for _ in range(GRAINS):
            grain = opened.wait_for(GRAIN, "").split()
            moments.append((float(grain[1]), [float(word) for word in grain[4:8]]))
        opened.world.until(lambda: len(opened.world.notes) >= GRAINS)
        notes = opened.world.notes[:GRAINS]
        for (t, (start, dur, gain, pan)), (_, note) in zip(moments, notes, strict=True):
            sound, begins, *shape = note
            assert (sound, *shape) == (0, dur, gain, pan, 1), t
            assert begins == pytest.approx(1000 * start / 44100)
        late_ms = [1000 * moment - t for (moment, _), (t, _) in zip(notes, moments, strict=True)]
        assert np.median(np.abs(np.array(late_ms) - np.median(late_ms))) < 2
        for beginning in ("stream/set mode chain", "stream/set mode bow", "stream/target grain", "stream/stop"):
            opened.click(beginning)
        opened.wait_for(DONE, r"^stream/stop \d+ [1-9]")
        assert not [message for outlet, message in opened.heard if outlet == WORDS]
        assert all(earlier < later for (earlier, _), (later, _) in pairwise(notes))


def test_the_sixth_page_makes_every_mistake_and_outlives_the_daemon(sounds: Path, tmp_path: Path) -> None:
    port = free_port()
    with Opened(tmp_path / "package", "oscreorder.06-errors.maxpat", port) as opened:
        opened.wait_for(WORDS, "nobody answers", PROMPT_S)
        with FixedDaemon(port, root=sounds, out=tmp_path) as daemon:
            opened.wait_for(WORDS, "the daemon answers", PROMPT_S)
            for beginning, named in (
                ("load violin not-there", "not-there.wav"),
                ("load violin ../../etc", "outside"),
                ("rendr", "nearest is /oscreorder/render"),
                ("render nobody x.wav", "nobody"),
                ("render nobody x.wav order sideways", "sideways"),
                ("param hop_length 0", "1 to 131072"),
                ("stream/target", "no stream"),
            ):
                opened.click(beginning)
                opened.wait_for(WORDS, rf"^error .*{re.escape(named)}")
            opened.click("quit")
            opened.wait_for(WORDS, "the daemon has ended")
            opened.wait_for(WORDS, "nobody answers", PROMPT_S)
            assert daemon.wait() == 0
        with FixedDaemon(port, root=sounds, out=tmp_path) as daemon:
            opened.wait_for(WORDS, "the daemon answers", PROMPT_S)
            opened.click("connect")
            opened.click("rendr")
            opened.wait_for(WORDS, "^error rendr", PROMPT_S)
            os.kill(daemon.pid, signal.SIGKILL)
            opened.wait_for(WORDS, "nobody answers", PROMPT_S)


class Kit:
    """oscreorder, the object, as a client of the common dialogue; it numbers the requests itself."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._asked = 0

    def ask(self, command: str, request_id: int, *arguments: float | str) -> None:
        self._asked = request_id
        self._opened.patcher.inlets[0].out(0, (command, *arguments))

    def hear(self) -> Reply:
        while True:
            address, *values = self._opened.next_of(ALL)
            kind = address.removeprefix("/oscreorder/")
            if kind in {"done", "error", "progress", "notice"} and values[0] != "notify":
                command, _, *rest = map(str, values)
                return Reply(kind, command, self._asked, tuple(rest))


def test_the_launcher_opens_pages_that_there_are(tmp_path: Path) -> None:
    write(tmp_path)
    world = World(tmp_path)
    launcher = Patcher(world, tmp_path / "extras" / "oscreorder walkthrough.maxpat")
    for box in launcher.of_class("message"):
        box.take(0, ("bang",))
    assert len(world.printed) == 6
    world.close(launcher)


def test_any_patch_converses_with_the_daemon_through_the_object(stage: Stage, tmp_path: Path) -> None:
    arguments = ("127.0.0.1", stage.port, free_port())
    with Opened(tmp_path, "oscreorder.maxpat", stage.port, arguments) as opened:
        opened.wait_for(THERE, "1")
        converse(Kit(opened), stage, "max-kit")


def test_numbers_in_a_message_box_are_read_as_max_reads_them() -> None:
    assert [atom(word) for word in ("20", "15.", "0.5", "20a")] == [20, 15.0, 0.5, "20a"]
