"""The files of the Pure Data kit: as the generator writes them, of plain Pd's objects only, packed for deken."""

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import oscreorder
from oscreorder.osc.commands import COMMANDS
from oscreorder.parameters import PARAMETERS

PROJECT = Path(__file__).parent.parent
KIT = PROJECT / "patches" / "pd"
PATCHES = sorted(path for path in KIT.rglob("*.pd") if path.name != "quickstart.pd")
VANILLA = {
    "!=", "*", "*~", "+", "+~", "==", ">", "bng", "change", "clone", "cnv", "cos~", "dac~", "delay", "expr", "f",
    "fudiformat", "hsl", "inlet", "list", "loadbang", "makefilename", "metro", "mod", "moses", "netsend", "oscformat",
    "oscparse", "outlet", "outlet~", "pack", "pipe", "print", "r", "readsf~", "route", "s", "sel", "soundfiler",
    "spigot", "symbol", "t", "table", "tabread", "tabread4~", "tabwrite", "text", "tgl", "timer", "unpack", "value",
    "vline~",
}  # fmt: skip
BOX = re.compile(r"#X (obj|msg|text|floatatom|symbolatom|restore) ")


def test_the_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "patches.make_pd", tmp_path], cwd=PROJECT, check=True)
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.relative_to(KIT): path.read_bytes() for path in KIT.rglob("*") if path.is_file()}
    del kept[Path("quickstart.pd")]
    assert written == kept, "run: python -m patches.make_pd"


def canvases(patch: str) -> list[tuple[int, list[tuple[int, int, int, int]]]]:
    """Return of each canvas how many boxes it has, and its wires."""
    open_canvases: list[tuple[list[str], list[tuple[int, int, int, int]]]] = []
    closed = []
    for line in patch.splitlines():
        if line.startswith("#N canvas"):
            open_canvases.append(([], []))
        elif match := re.fullmatch(r"#X connect (\d+) (\d+) (\d+) (\d+);", line):
            source, outlet, destination, inlet = map(int, match.groups())
            open_canvases[-1][1].append((source, outlet, destination, inlet))
        else:
            if line.startswith("#X restore"):
                closed.append(open_canvases.pop())
            if BOX.match(line):
                open_canvases[-1][0].append(line)
    return [(len(boxes), wires) for boxes, wires in closed + open_canvases]


@pytest.mark.parametrize("path", PATCHES, ids=lambda path: path.name)
def test_every_wire_joins_two_boxes(path: Path) -> None:
    for count, wires in canvases(path.read_text(encoding="utf-8")):
        assert len(set(wires)) == len(wires)
        assert all(source < count and destination < count for source, _, destination, _ in wires)


@pytest.mark.parametrize("path", PATCHES, ids=lambda path: path.name)
def test_only_objects_of_plain_pd_and_of_the_kit(path: Path) -> None:
    names = set(re.findall(r"^#X obj \d+ \d+ ([^ ;]+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    clones = set(re.findall(r" clone (?:-s 0 )?(\S+) ", path.read_text(encoding="utf-8")))
    own = {name for name in names | clones if (KIT / f"{name}.pd").exists() or (path.parent / f"{name}.pd").exists()}
    assert (names | clones) - own <= VANILLA


def test_the_table_that_pd_reads_and_the_help_name_every_parameter_and_command() -> None:
    rows = (KIT / "parts" / "parameters.txt").read_text(encoding="utf-8").splitlines()
    assert [row.split()[0] for row in rows] == list(PARAMETERS)
    helped = (KIT / "oscreorder-param-help.pd").read_text(encoding="utf-8")
    assert all(f" {name};" in helped for name in PARAMETERS)
    told = (KIT / "oscreorder-help.pd").read_text(encoding="utf-8")
    assert all(re.search(rf"#X text \d+ \d+ {re.escape(name)}[ ,]", told) for name in COMMANDS)


def test_no_patch_holds_what_pd_would_split() -> None:
    for path in PATCHES:
        for line in path.read_text(encoding="utf-8").splitlines():
            assert line.endswith(";")
            assert not re.search(r"(?<!\\);.", line)


def test_the_package_for_deken(tmp_path: Path) -> None:
    for _ in range(2):
        subprocess.run([sys.executable, "scripts/deken.py", tmp_path], cwd=PROJECT, check=True, capture_output=True)
        package = tmp_path / f"oscreorder[v{oscreorder.__version__}].dek"
        digest = hashlib.sha256(package.read_bytes()).hexdigest()
        assert (tmp_path / f"{package.name}.sha256").read_text(encoding="utf-8") == f"{digest} *{package.name}\n"
    names = set(zipfile.ZipFile(package).namelist())
    assert names >= {f"oscreorder/{path.relative_to(KIT).as_posix()}" for path in KIT.rglob("*.pd")}
    assert {"oscreorder/LICENSE.txt", "oscreorder/README.md", "oscreorder/parts/parameters.txt"} <= names
    assert {name.split("/")[0] for name in names} == {"oscreorder"}
    meta = (KIT / "oscreorder-meta.pd").read_text(encoding="utf-8")
    assert f"VERSION {oscreorder.__version__};" in meta
