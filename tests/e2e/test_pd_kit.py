"""The Pure Data kit in Pd, against a real daemon: each patch opened, each message of the walkthrough clicked."""

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
import pytest
from dialogue import Reply, Stage, converse
from pdprogram import KIT, FixedDaemon, Pd, messages, number_of, page, top, with_clicks
from programs import REPOSITORY, Daemon, Program, free_port

from oscreorder import read_sound

PAGES = sorted(path.name for path in KIT.glob("0*.pd"))
HELPS = sorted(path.name for path in KIT.glob("*-help.pd"))
OTHERS = ["oscreorder-meta.pd", *(name.replace("-help", "") for name in HELPS)]
CLIENT = "#N canvas 60 40 400 300 12;\n#X obj 20 20 oscreorder 127.0.0.1 57140 \\$0;\n"


@pytest.fixture(scope="module")
def house(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon as the walkthrough asks for it."""
    with Daemon(root=sounds, out=tmp_path_factory.mktemp("out")) as daemon:
        yield daemon


@pytest.mark.parametrize("name", [*PAGES, *HELPS, *OTHERS])
def test_every_patch_opens_without_a_word_of_complaint(name: str, house: Daemon, tmp_path: Path) -> None:
    patch = page(name)
    boxes, _ = top(patch)
    extra = f"#X obj 9 9 loadbang;\n#X obj 9 9 print ready;\n#X connect {len(boxes)} 0 {len(boxes) + 1} 0;\n"
    connects = any(re.search(r" oscreorder 127", box) for box in boxes)
    with Pd(tmp_path / "kit", patch, port=house.port, extra=extra) as pd:
        if connects or name == "oscreorder.pd":
            assert pd.wait_for("^oscreorder: (.*)", 3)[1].startswith("the daemon answers at 127.0.0.1")
    assert pd.faults() == []


class Page:
    """A page of the walkthrough whose boxes are clicked."""

    def __init__(self, name: str, port: int, folder: Path, extra: str = "") -> None:
        self._patch = page(name)
        self.pd = Pd(folder / "kit", self._patch, port=port, extra=with_clicks(self._patch) + extra)
        self.pd.wait_for("^oscreorder: the daemon answers")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pd.say("disconnect")
        self.pd.__exit__(None, None, None)
        assert self.pd.faults() == []

    def click(self, beginning: str) -> None:
        """Click the message box of this text, or the one that begins so."""
        found = messages(self._patch)
        (text,) = [beginning] if beginning in found else [text for text in found if text.startswith(beginning)]
        self.pd.say(f"click-{found[text]}")

    def bang(self, kind: str = "bng") -> None:
        """Click the round button, or bang the one object of this kind."""
        boxes, _ = top(self._patch)
        (number,) = [number for number, box in enumerate(boxes) if re.match(rf"#X obj \d+ \d+ {kind}[ ;]", box)]
        self.pd.say(f"click-{number}")

    def heard(self, pattern: str) -> re.Match[str]:
        return self.pd.wait_for(rf"^heard: {pattern}")


def test_the_first_page_loads_and_lists(house: Daemon, tmp_path: Path) -> None:
    with Page("01-load.pd", house.port, tmp_path) as opened:
        opened.click("load piano")
        opened.heard(r"done load \d+ \d")
        opened.click("load all")
        opened.heard(r"done load \d+ 1 2\.81")
        opened.heard(r"done load \d+ 1 4\.32")
        opened.click("corpora")
        opened.pd.wait_for(r"^row: corpus \d+ piano 1 ")
        opened.heard(r"done corpora \d+ \d")
        opened.click("sounds")
        opened.pd.wait_for(r"^row: sound \d+ 0 /.*piano-48k-24bit\.wav 48000 2 134964")
        opened.click("free all")
        opened.heard(r"done free")


def test_the_second_page_renders_and_plays(house: Daemon, tmp_path: Path) -> None:
    with Page("02-render.pd", house.port, tmp_path) as opened:
        opened.click("load piano")
        opened.click("analyse")
        opened.heard(r"done analyse \d+ 338 ")
        for name in ("similar", "tour", "half", "bow"):
            opened.click(f"render piano {name}.wav")
            opened.heard(rf"done render \d+ \S*/{name}\.wav 134964 48000")
            assert (house.out / f"{name}.wav").stat().st_size > 100_000
        opened.bang()
        opened.click("cancel")
        opened.pd.wait_for("^oscreorder: cancel: .*no request")


def test_the_third_page_sets_parameters_and_tells_what_they_take(house: Daemon, tmp_path: Path) -> None:
    with Page("03-parameters.pd", house.port, tmp_path) as opened:
        opened.click("tour")
        opened.heard("param order tour")
        opened.click("help")
        assert "1 to 131072 samples" in opened.pd.wait_for("^oscreorder: hop_length: (.*)")[1]
        opened.click("load piano")
        opened.click("render")
        opened.heard(r"done render \d+ \S*parameters.wav")
        opened.click("params")
        opened.pd.wait_for(r"^parameter: \d+ win_length int 4096 16 131072 samples")
        opened.heard(r"done params \d+ \d+")
        opened.click("similarity")
        opened.heard("param order similarity")


def test_the_fourth_page_asks_for_neighbours_and_plays_them(house: Daemon, tmp_path: Path) -> None:
    patch, record = page("04-neighbours.pd"), tmp_path / "heard.wav"
    with Page("04-neighbours.pd", house.port, tmp_path, recording(patch, record)) as opened:
        opened.click("load piano")
        opened.heard("done load")
        opened.bang()
        opened.pd.wait_for("^grains: ready 1")
        opened.pd.say("record")
        opened.click("neighbours piano grain 20 k 5")
        assert opened.pd.wait_for(r"^neighbour: \d+ 0 (\d+) 0 (\d+)")[1] == "20"
        opened.heard(r"done neighbours \d+ 5")
        opened.click("neighbours piano point")
        opened.heard(r"done neighbours \d+ 5")
        opened.click("neighbours piano grain 20 k 8 radius")
        opened.heard(r"done neighbours \d+ \d")
        opened.pd.wait_for("^last: bang")
    assert loudness(record) > 0.01


def test_the_fifth_page_plays_a_stream(house: Daemon, tmp_path: Path) -> None:
    patch, record = page("05-stream.pd"), tmp_path / "heard.wav"
    with Page("05-stream.pd", house.port, tmp_path, recording(patch, record)) as opened:
        opened.click("load piano")
        opened.click("stream/start")
        opened.heard("done stream/start")
        opened.heard("done copies")
        opened.pd.say("record")
        opened.click("stream/target grain")
        opened.heard("grain")
        for beginning in (
            "stream/set mode chain",
            "stream/set mode bow",
            "stream/set spread",
            "attack_ms",
            "release_ms",
        ):
            opened.click(beginning)
        opened.bang("pack f f")
        opened.pd.wait_for("^last: bang")
        opened.click("stream/stop")
        sent = int(opened.heard(r"done stream/stop \d+ (\d+) (\d+)")[1])
        assert sent > 20
    assert loudness(record) > 0.01


def recording(patch: str, record: Path) -> str:
    """Return lines to add: ``record`` writes what the grains sound like to a file for two seconds, then says so."""
    boxes, _ = top(patch)
    first = len(boxes) + 6
    grains = number_of(patch, "oscreorder-grains~ piano \\$0")
    route, trigger, path, start, wait, done, stop, write, dsp = range(first, first + 9)
    return "\n".join(
        [
            "#X obj 9 9 route record;",
            "#X obj 9 9 t b b b b;",
            f"#X msg 9 9 open -wave -bytes 4 {record};",
            "#X msg 9 9 start;",
            "#X obj 9 9 delay 2000;",
            "#X obj 9 9 print last;",
            "#X msg 9 9 stop;",
            "#X obj 9 9 writesf~ 2;",
            "#X msg 9 9 \\; pd dsp 1;",
            f"#X connect {len(boxes)} 0 {route} 0;",
            f"#X connect {route} 0 {trigger} 0;",
            f"#X connect {trigger} 3 {dsp} 0;",
            f"#X connect {trigger} 2 {path} 0;",
            f"#X connect {trigger} 1 {start} 0;",
            f"#X connect {trigger} 0 {wait} 0;",
            f"#X connect {wait} 0 {stop} 0;",
            f"#X connect {wait} 0 {done} 0;",
            *(f"#X connect {source} 0 {write} 0;" for source in (path, start, stop)),
            f"#X connect {grains} 0 {write} 0;",
            f"#X connect {grains} 1 {write} 1;",
            "",
        ]
    )


def loudness(record: Path) -> float:
    y, _ = read_sound(record)
    return float(np.sqrt((y**2).mean(axis=1)).min())


def test_the_sixth_page_makes_every_mistake_and_outlives_the_daemon(sounds: Path, tmp_path: Path) -> None:
    port = free_port()
    with (
        FixedDaemon(port, root=sounds, out=tmp_path) as daemon,
        Page("06-errors.pd", port, tmp_path) as opened,
    ):
        for beginning, named in (
            ("load piano not-there", "not-there.wav"),
            ("load piano ../../etc", "outside"),
            ("rendr", "nearest is /oscreorder/render"),
            ("render nobody x.wav", "nobody"),
            ("render nobody x.wav order sideways", "sideways"),
            ("param hop_length 0", "1 to 131072"),
            ("stream/target", "no stream"),
        ):
            opened.click(beginning)
            opened.pd.wait_for(f"^oscreorder: .*{re.escape(named)}")  # the first waits until a worker is ready
        opened.click("quit")
        opened.pd.wait_for("^oscreorder: the daemon has ended")
        opened.pd.wait_for("^oscreorder: nobody answers", 3)
        assert daemon.wait() == 0
        with FixedDaemon(port, root=sounds, out=tmp_path):
            opened.pd.wait_for("^oscreorder: the daemon answers now", 3)
            opened.click("rendr")
            opened.pd.wait_for("^oscreorder: rendr: ", 3)
            opened.click("disconnect")
            opened.click("connect")
            opened.pd.wait_for("^oscreorder: the daemon answers", 3)


class Kit:
    """[oscreorder] as a client of the common dialogue; the requests carry the numbers of the dialogue."""

    def __init__(self, pd: Pd) -> None:
        self._pd = pd

    def ask(self, command: str, request_id: int, *arguments: float | str) -> None:
        atoms = [re.sub(r"([\\ ,;$])", r"\\\1", str(argument)) for argument in arguments]
        self._pd.say(" ".join([str(request_id), command, *atoms]))

    def hear(self) -> Reply:
        printed = self._pd.wait_for(r"^heard: ((?:done (?!notify)|error |progress |notice ).*)$")[1]
        kind, command, request_id, *values = (re.sub(r"\\(.)", r"\1", atom) for atom in re.split(r"(?<!\\) ", printed))
        return Reply(kind, command, int(request_id), tuple(values))


TAIL = """#X obj 9 9 netreceive -u WAY_IN;
#X obj 9 9 print heard;
#X obj 9 9 loadbang;
#X obj 9 9 print ready;
#X obj 9 9 print there;
#X connect 1 0 0 0;
#X connect 0 6 2 0;
#X connect 0 5 5 0;
#X connect 3 0 4 0;
"""


PLAYER = """#N canvas 60 40 400 300 12;
#X declare -path oscreorder;
#X obj 20 20 oscreorder 127.0.0.1 57140;
#X obj 20 80 oscreorder-grains~ 12;
#X obj 20 120 print player;
#X obj 200 20 netreceive -u WAY_IN;
#X obj 200 50 print done;
#X obj 200 80 loadbang;
#X obj 200 110 print ready;
#X connect 3 0 0 0;
#X connect 1 2 2 0;
#X connect 0 0 4 0;
#X connect 5 0 6 0;
"""


def test_a_corpus_of_several_sounds_with_a_number_for_a_name_and_grains_in_bundles(
    house: Daemon, tmp_path: Path
) -> None:
    with Pd(tmp_path / "kit", PLAYER, port=house.port) as pd:
        for line in ("load 12 slide-22k.aiff", "load 12 violin.flac", "load 12 compus.*", "load 12 *.wav"):
            pd.say(line)
            pd.wait_for("^done: load")
        pd.say("stream/start 12 rate 50 choose urn k 200")
        pd.wait_for("^player: ready 5")
        pd.say("stream/start 12 mode chain rate 50")
        pd.wait_for("^player: ready ")
        pd.say("stream/target grain 3")
        pd.wait_for("^player: grain 0 ")
        pd.say("stream/stop all")
        pd.wait_for(r"^done: stream/stop \d+ \d+ 0")
        pd.say("free 12")
        pd.wait_for("^done: free")
    assert pd.faults() == []


def test_a_sound_that_pd_cannot_read_is_named_and_the_others_are_read(sounds: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for name in ("piano-48k-24bit.wav", "speech.flac"):
        shutil.copy(sounds / name, root)
    with (
        Daemon(root=root, out=tmp_path) as daemon,
        Pd(tmp_path / "kit", PLAYER, port=daemon.port) as pd,
    ):
        pd.wait_for("^oscreorder: the daemon answers")
        pd.say("load 12 *")
        pd.wait_for("^done: load")
        (root / "piano-48k-24bit.wav").unlink()
        pd.say("stream/start 12")
        assert "Pd cannot read" in pd.wait_for(r"^oscreorder: (.*piano-48k-24bit\.wav.*)")[1]
        pd.wait_for("^player: ready 1")
    assert {re.sub("^error: ", "", fault)[:18] for fault in pd.faults()} <= {"soundfiler read: /"}


def test_the_package_works_from_where_deken_puts_it(house: Daemon, tmp_path: Path) -> None:
    """In a clean home directory, by the steps of docs/clients/pd.md."""
    command = [sys.executable, "scripts/deken.py", str(tmp_path)]
    packed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True, text=True)
    zipfile.ZipFile(packed.stdout.strip()).extractall(tmp_path / ".local" / "lib" / "pd" / "extra")
    patch = tmp_path / "mine" / "player.pd"
    patch.parent.mkdir()
    way_in = str(free_port())
    patch.write_text(PLAYER.replace("57140", str(house.port)).replace("WAY_IN", way_in), encoding="utf-8")
    headless = ("-nogui", "-noaudio", "-nomidi", "-stderr")
    with Program("pd", *headless, "-open", patch, cwd=tmp_path, environment={"HOME": str(tmp_path)}) as pd:
        pd.wait_for("^oscreorder: the daemon answers")
    assert [line for line in pd.lines if not line.startswith(("oscreorder: ", "ready: "))] == []


def test_any_patch_converses_with_the_daemon_through_the_abstraction(stage: Stage, tmp_path: Path) -> None:
    with Pd(tmp_path / "kit", CLIENT, port=stage.port, extra=TAIL) as pd:
        converse(Kit(pd), stage, "pd-kit")
        pd.say("disconnect")
        pd.wait_for("^there: 0")
    assert pd.faults() == []
