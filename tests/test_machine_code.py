"""The search in its file does what the compiled one does, needs no compiler, and is taken only whole."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from oscreorder import machine_code
from oscreorder.corpus.neighbours import FlatIndex

WITHOUT_COMPILER = """
import sys
from oscreorder import machine_code
from oscreorder.corpus.neighbours import FlatIndex
index = FlatIndex([[float(number), 0.0] for number in range(200)], search=machine_code.load())
print(index.query([70.2, 0.0], k=3)[0].tolist(), "numba" in sys.modules)
"""


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return where the file may lie for this test."""
    paths = [tmp_path / "beside" / "search.o", tmp_path / "apart" / "search.o"]
    monkeypatch.setattr(machine_code, "_paths", lambda: paths)
    return paths


@pytest.mark.parametrize("n", [1, 63, 65, 1000, 5000])
def test_the_search_in_its_file_finds_what_the_compiled_one_does(n: int) -> None:
    machine_code.keep()
    search = machine_code.load()
    assert search is not None
    rng = np.random.default_rng(n)
    points = rng.integers(-3, 3, (n, 5)).astype(np.float32)
    compiled, kept = FlatIndex(points), FlatIndex(points, search=search)
    for point in rng.normal(0, 3, (200, 5)):
        for k, radius in ((1, 0.0), (10, 0.0), (10, 2.5)):
            wanted, found = (index.query(point, k=k, radius=radius) for index in (compiled, kept))
            assert [array.tolist() for array in found] == [array.tolist() for array in wanted]


def test_whoever_takes_it_in_needs_no_compiler() -> None:
    machine_code.keep()
    told = subprocess.run([sys.executable, "-c", WITHOUT_COMPILER], capture_output=True, text=True, check=True).stdout
    assert told.split("\n")[0] == "[70, 71, 69] False"


def test_it_is_kept_once_and_for_all(paths: list[Path]) -> None:
    assert machine_code.load() is None
    machine_code.keep()
    written = paths[0].stat()
    machine_code.keep()
    assert paths[0].stat() == written
    assert machine_code.load() is not None
    assert not paths[1].exists()


def test_where_the_package_cannot_be_written_it_lies_apart(paths: list[Path]) -> None:
    paths[0].parent.write_text("a file, no folder")
    machine_code.keep()
    assert paths[1].exists()
    assert machine_code.load() is not None


def test_where_nothing_can_be_written_there_is_none(paths: list[Path]) -> None:
    for path in paths:
        path.parent.write_text("a file, no folder")
    machine_code.keep()
    assert machine_code.load() is None


@pytest.mark.parametrize("kept", [0, 31, 32, 100, -1])
def test_half_a_file_is_not_taken(paths: list[Path], kept: int) -> None:
    machine_code.keep()
    whole = paths[0].read_bytes()
    paths[0].write_bytes(whole[:kept])
    assert machine_code.load() is None
    machine_code.keep()
    assert paths[0].read_bytes() == whole
