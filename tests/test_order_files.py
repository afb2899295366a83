"""Orders as files: the exact text that a spreadsheet, a program or Audacity reads."""

import csv
import json
from pathlib import Path

import pytest

from oscreorder.errors import OverwriteError, ParameterError
from oscreorder.order_files import ORDER_SUFFIXES, OrderRow, write_order

ROWS = [
    OrderRow(position=0, grain=7, sound=1, start=-2048, length=4096, time_s=0.0),
    OrderRow(position=1, grain=0, sound=0, start=0, length=4096, time_s=0.5),
    OrderRow(position=2, grain=3, sound=1, start=6144, length=4096, time_s=1.5),
]
SOUNDS = ["/sounds/kick \t1.wav", "/sounds/läufer ☃.flac"]


def write(path: Path, rows: list[OrderRow], *, overwrite: bool = False) -> str:
    write_order(
        path,
        path.with_name(".part"),
        rows,
        settings={"order": "tour", "seed": 42, "amount": 0.5},
        sounds=SOUNDS,
        sr=44100,
        overwrite=overwrite,
    )
    return path.read_text("utf-8")


def test_csv(tmp_path: Path) -> None:
    text = write(tmp_path / "x.csv", ROWS)
    assert text == "position,grain,sound,start,length\n0,7,1,-2048,4096\n1,0,0,0,4096\n2,3,1,6144,4096\n"
    assert [row["grain"] for row in csv.DictReader(text.splitlines())] == ["7", "0", "3"]


@pytest.mark.parametrize("rows", [ROWS, []])
def test_json(tmp_path: Path, rows: list[OrderRow]) -> None:
    text = write(tmp_path / "x.JSON", rows)
    read = json.loads(text)
    assert read["settings"] == {"order": "tour", "seed": 42, "amount": 0.5}
    assert read["sounds"] == SOUNDS
    assert read["sr"] == 44100
    assert [OrderRow(**row) for row in read["rows"]] == rows
    assert "läufer ☃" in text


def test_labels_meet_half_way_between_the_grains_and_begin_at_0(tmp_path: Path) -> None:
    assert write(tmp_path / "x.txt", ROWS) == (
        "0.000000\t0.250000\t7 läufer ☃.flac\n0.250000\t1.000000\t0 kick 1.wav\n1.000000\t2.000000\t3 läufer ☃.flac\n"
    )


def test_labels_of_one_grain_and_of_none(tmp_path: Path) -> None:
    row = OrderRow(position=0, grain=0, sound=0, start=0, length=44100, time_s=1.0)
    assert write(tmp_path / "one.txt", [row]) == "0.500000\t1.500000\t0 kick 1.wav\n"
    assert write(tmp_path / "none.txt", []) == ""


@pytest.mark.parametrize("suffix", ORDER_SUFFIXES)
def test_the_bytes_are_the_same_each_time_and_an_existing_file_is_kept(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    first = write(path, ROWS)
    with pytest.raises(OverwriteError):
        write(path, [])
    assert write(path, ROWS, overwrite=True) == first
    assert list(tmp_path.iterdir()) == [path]


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"\.csv, \.json, \.txt"):
        write(tmp_path / "x.xml", ROWS)
