"""The SuperCollider Quark on paper: what is made from the tables is as committed, and nothing lacks its help."""

import re
from pathlib import Path

import pytest
from quark import QUARK

from oscreorder import __version__
from oscreorder.osc.commands import COMMANDS
from oscreorder.parameters import PARAMETERS
from patches.make_supercollider import files

CLASSES = sorted(path.stem for path in (QUARK / "Classes").glob("*.sc"))
MADE = files()
NOT_METHODS = {"notify", "param", "stream/start", "stream/target", "stream/set", "stream/stop"}
MADE_BY = "python -m patches.make_supercollider"


def source(name: str) -> str:
    return (QUARK / "Classes" / f"{name}.sc").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(MADE), ids=[path.name for path in sorted(MADE)])
def test_what_is_made_from_the_tables_is_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == MADE[path], f"{MADE_BY} makes it anew"


def test_every_parameter_and_command_is_told() -> None:
    for text in MADE.values():
        assert [name for name in [*PARAMETERS, *COMMANDS] if name not in text] == []


def test_every_command_has_its_method() -> None:
    methods = set(re.findall(r"^\t(\w+) \{", source("OscReorder"), re.MULTILINE))
    assert set(COMMANDS) - methods == NOT_METHODS
    for command in NOT_METHODS:
        assert re.search(rf"\b{command.split('/')[-1]}\b", source("OscReorder") + source("OscReorderStream"))


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_has_help_and_tests(name: str) -> None:
    help_page = (QUARK / "HelpSource" / "Classes" / f"{name}.schelp").read_text(encoding="utf-8")
    assert help_page.startswith(f"title:: {name}\n")
    public = set(re.findall(r"^\t\*?([a-z]\w*) \{", source(name), re.MULTILINE))
    told = set(re.findall(r"\w+", help_page))
    assert public - told == {"initClass"} & public
    assert (QUARK / "Tests" / f"Test{name}.sc").exists()


def test_the_quark_has_the_version_of_the_package() -> None:
    described = (QUARK / "OscReorder.quark").read_text(encoding="utf-8")
    assert f'version: "{__version__}"' in described
    assert 'name: "OscReorder"' in described
