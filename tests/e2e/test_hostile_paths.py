"""Hostile paths before a real daemon: none opens, reads or writes anything outside its folders."""

from collections.abc import Iterator
from pathlib import Path

import hostilepaths
import pytest

from reliability.paths import Desk, race, watched

SWAPS = 2000


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with watched(tmp_path_factory.mktemp("paths").resolve()) as made:
        yield made


def test_no_hostile_path_reads_outside(desk: Desk) -> None:
    paths = dict.fromkeys(hostilepaths.hostile(desk.base))
    assert len(paths) > 300
    for path in paths:
        answer, values = desk.ask("load", "bad", path)
        assert (answer, path) == ("error", path)
        assert values[2] in {2, 10, 11, 12}, (path, values)
        assert not desk.touched(), path


def _outside(base: Path) -> list[Path]:
    """Return all that is beside ``out``."""
    return sorted(path for path in base.rglob("*") if not path.is_relative_to(base / "out"))


def test_no_hostile_path_writes_outside(desk: Desk) -> None:
    beside = _outside(desk.base)
    desk.touched()  # that was us
    for path in dict.fromkeys(hostilepaths.to_write(desk.base)):
        answer, values = desk.ask("render", "good", path)
        if answer == "done":
            assert Path(str(values[2])).resolve().is_relative_to(desk.base / "out"), (path, values)
        else:
            assert values[2] in {2, 10, 12}, (path, values)
        assert not desk.touched(), path
    assert _outside(desk.base) == beside
    assert not [path for path in (desk.base / "out").rglob("*") if path.name.endswith(".part")]


def test_the_witnesses_see_what_is_touched(desk: Desk) -> None:
    (desk.base / "secret/s.wav").read_bytes()
    with desk.base.joinpath("notes").open("a") as notes:
        notes.write('["open", "/etc/passwd", []]\n["open", "s.wav", ["/srv"]]\n["os.remove", "x", ["/usr/lib"]]\n')
    touched = desk.touched()
    assert "s.wav" in touched
    assert touched[-3:] == ["open /etc/passwd", "open /srv/s.wav", "os.remove /usr/lib/x"]


def test_a_folder_that_is_swapped_for_a_link_all_the_time_never_leads_out(tmp_path: Path) -> None:
    base = tmp_path.resolve()
    ends, touched = race(base, SWAPS)
    assert not touched
    assert ends["secret"] == 0
    assert min(ends["read"], ends["written"]) > 0
    assert [path.name for path in (base / "secret").iterdir()] == ["s.wav"]
