"""``oscreorder patches``: copies a client kit, never over what its user changed, and only when told or agreed to."""

import json
import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from programs import REPOSITORY

from oscreorder import patches
from oscreorder.cli import main
from oscreorder.errors import FileProblemError

CHANGED = b"changed by its user"


def contents(folder: Path) -> dict[str, bytes]:
    """Return what stands in a folder by path, without manifests."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def copy(kit: str, folder: Path, *flags: str) -> int:
    return main(["patches", kit, str(folder), "--yes", *flags])


@pytest.fixture
def kits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return kits of one file each in an installed package, of which the test is the maker."""
    package = tmp_path / "package"
    for kit in patches.KITS.values():
        (package / "kits" / kit.source).mkdir(parents=True)
        (package / "kits" / kit.source / "one.txt").write_bytes(b"one")
    monkeypatch.setattr(patches, "kits_folder", lambda: package / "kits")
    return package / "kits"


@pytest.mark.parametrize("kit", list(patches.KITS))
def test_the_whole_kit_is_copied_once_and_again_without_a_change(
    kit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert copy(kit, tmp_path) == 0
    target = tmp_path / patches.KITS[kit].folder
    copied, shipped = contents(target), contents(REPOSITORY / "patches" / patches.KITS[kit].source)
    assert {path: copied[path] for path in shipped if "__pycache__" not in path} == copied
    told = capsys.readouterr().out
    assert f"{target}: {len(list(patches.plan(kit, tmp_path).changes))} file" in told
    assert patches.KITS[kit].then in told
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*")}
    assert copy(kit, tmp_path) == 0
    assert "up to date" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in target.rglob("*")} == before


def test_a_file_that_was_changed_stays(kits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "here"
    copy("pd", folder)
    mine = folder / "oscreorder" / "one.txt"
    mine.write_bytes(CHANGED)
    (kits / "pd" / "one.txt").write_bytes(b"one, renewed")
    (kits / "pd" / "two.txt").write_bytes(b"two")
    assert copy("pd", folder) == 0
    assert contents(folder / "oscreorder") == {"one.txt": CHANGED, "two.txt": b"two"}
    assert f"{mine} was changed by you" in capsys.readouterr().err
    assert copy("pd", folder, "--beside") == 0
    assert contents(folder / "oscreorder") == {"one.txt": CHANGED, "one.txt.new": b"one, renewed", "two.txt": b"two"}


def test_a_file_that_was_there_before_is_its_users(kits: Path, tmp_path: Path) -> None:
    assert kits.is_dir()
    (tmp_path / "one.txt").write_bytes(CHANGED)
    assert copy("csound", tmp_path) == 0
    assert (tmp_path / "one.txt").read_bytes() == CHANGED


def test_a_new_version_renews_and_removes_what_was_not_changed(kits: Path, tmp_path: Path) -> None:
    source, folder = kits / "max" / "oscreorder", tmp_path / "here"
    for name in ("old.txt", "loved.txt"):
        (source / name).write_bytes(b"old")
    copy("max", folder)
    for name in ("old.txt", "loved.txt"):
        (source / name).unlink()
    (source / "one.txt").write_bytes(b"one, renewed")
    (folder / "oscreorder" / "loved.txt").write_bytes(CHANGED)
    (folder / "oscreorder" / "other.txt").write_bytes(b"not ours")
    assert copy("max", folder) == 0
    left = {"one.txt": b"one, renewed", "loved.txt": CHANGED, "other.txt": b"not ours"}
    assert contents(folder / "oscreorder") == left


@pytest.mark.parametrize("told", ['{"../../precious.txt": "HASH"}', '["one.txt"]', "{", '{"one.txt": 3}'])
def test_a_manifest_that_was_tampered_with_does_no_harm(told: str, kits: Path, tmp_path: Path) -> None:
    assert kits.is_dir()
    precious = tmp_path / "precious.txt"
    precious.write_bytes(b"precious")
    target = tmp_path / "here" / "oscreorder"
    target.mkdir(parents=True)
    digest = "1a2e61a0f7eb4d8ca0ab4cc1b3ea1e9c1a1e5d9e5cf5d9a0d6d7e5a1b3b2f7f1"
    (target / ".oscreorder-pd.json").write_text(told.replace("HASH", digest), encoding="utf-8")
    assert copy("pd", tmp_path / "here") == 0
    assert precious.read_bytes() == b"precious"
    assert contents(target) == {"one.txt": b"one"}


def test_without_a_terminal_it_only_tells(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "oscreorder", "patches", "csound", str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY, timeout=60)
    assert told.returncode == 1
    assert str(tmp_path) in told.stdout
    assert "--yes" in told.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_on_a_terminal_it_asks(answer: str, status: int, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "oscreorder", "patches", "csound", str(tmp_path)]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=REPOSITORY) as program:
        os.write(ours, answer.encode())
        assert program.wait(60) == status
    assert b"Write them? [y/N]" in os.read(ours, 4096)
    os.close(ours)
    os.close(theirs)
    assert bool(contents(tmp_path)) == (status == 0)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "oscreorder").write_bytes(b"a file where the folder should be")
    assert copy("pd", tmp_path) == 1
    assert f"{tmp_path / 'oscreorder'}: cannot be written" in capsys.readouterr().err


def test_each_program_has_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_DOCUMENTS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert patches.place("pd") == tmp_path / ".local/lib/pd/extra"
    assert patches.place("max") == tmp_path / "Documents/Max 9/Packages"
    assert patches.place("supercollider") == tmp_path / ".local/share/SuperCollider/Extensions"
    assert patches.place("csound") == patches.place("chuck") == Path.cwd()
    (tmp_path / "Documents/Max 8").mkdir(parents=True)
    (tmp_path / "Documents/Pd/externals").mkdir(parents=True)
    assert patches.place("max") == tmp_path / "Documents/Max 8/Packages"
    assert patches.place("pd") == tmp_path / "Documents/Pd/externals"
    monkeypatch.setattr(sys, "platform", "darwin")
    (tmp_path / "Documents/Pd/externals").rmdir()
    assert patches.place("pd") == tmp_path / "Library/Pd"


def test_the_kits_are_found_in_a_checkout_and_in_a_wheel(tmp_path: Path) -> None:
    assert patches.kits_folder() == REPOSITORY / "patches"
    package = tmp_path / "oscreorder"
    for kit in patches.KITS.values():
        (package / "kits" / kit.source).mkdir(parents=True)
    assert patches.kits_folder(package) == package / "kits"
    with pytest.raises(FileProblemError, match="install oscreorder anew"):
        patches.kits_folder(tmp_path / "elsewhere" / "oscreorder")


def test_the_wheel_takes_every_kit_to_where_it_is_looked_for() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    taken = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for kit in patches.KITS.values():
        assert taken[f"patches/{kit.source}"] == f"oscreorder/kits/{kit.source}"


def test_the_manifest_names_every_file(kits: Path, tmp_path: Path) -> None:
    assert kits.is_dir()
    copy("chuck", tmp_path)
    assert list(json.loads((tmp_path / ".oscreorder-chuck.json").read_text())) == ["one.txt"]
