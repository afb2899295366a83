"""Paths from outside: what is found below the roots, and that nothing beyond them ever is."""

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from oscreorder.errors import FileProblemError, OutsideError, OverwriteError, ParameterError
from oscreorder.files import decode
from oscreorder.folders import SUFFIXES, find_sounds, output_path
from oscreorder.leftovers import part_path
from oscreorder.names import windows_refusal
from oscreorder.writing import write_atomically, write_sound

FILES = (
    "a.wav",
    "b.FLAC",
    "take[1].wav",
    "notes.txt",
    ".hidden.wav",
    "part/.x.wav.17.part",
    "drums/kick 1.wav",
    "drums/snare #2.aiff",
    "drums/old/kick.ogg",
    "drums/.git/kick.wav",
    "é漢字 ☃/läufer.mp3",
    "deep/er/and/deeper/x.wav",
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with sounds, beside a folder that nobody may read."""
    base = tmp_path_factory.mktemp("base").resolve()
    for name in ("root/" + name for name in FILES):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_bytes(b"-")
    (base / "secret").mkdir()
    (base / "secret/s.wav").write_bytes(b"-")
    (base / "root/empty").mkdir()
    return base / "root"


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root in which links go round in circles, and out."""
    base = tmp_path_factory.mktemp("links").resolve()
    (base / "root/in").mkdir(parents=True)
    (base / "secret").mkdir()
    (base / "secret/s.wav").write_bytes(b"-")
    (base / "root/in/x.wav").write_bytes(b"-")
    (base / "root/in/round").symlink_to(base / "root")
    (base / "root/same.wav").symlink_to("in/x.wav")
    (base / "root/broken.wav").symlink_to("gone.wav")
    (base / "root/self.wav").symlink_to("self.wav")
    (base / "root/out").symlink_to(base / "secret")
    (base / "root/out.wav").symlink_to("../secret/s.wav")
    return base / "root"


def names(root: Path, path: str) -> list[str]:
    return [str(found.relative_to(root)) for found in find_sounds(path, [str(root)])]


@pytest.mark.parametrize(
    "path", ["a.wav", "drums/kick 1.wav", "drums/snare #2.aiff", "é漢字 ☃/läufer.mp3", "notes.txt"]
)
def test_a_file_is_found_by_its_name(root: Path, path: str) -> None:
    assert names(root, path) == [path]
    assert names(root, str(root / path)) == [path]


def test_a_folder_gives_all_its_sounds_sorted_without_hidden_ones(root: Path) -> None:
    assert names(root, ".") == [
        "a.wav",
        "b.FLAC",
        "deep/er/and/deeper/x.wav",
        "drums/kick 1.wav",
        "drums/old/kick.ogg",
        "drums/snare #2.aiff",
        "take[1].wav",
        "é漢字 ☃/läufer.mp3",
    ]
    assert names(root, "drums/") == ["drums/kick 1.wav", "drums/old/kick.ogg", "drums/snare #2.aiff"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.wav", ["a.wav", "take[1].wav"]),
        ("[ab].*", ["a.wav", "b.FLAC"]),
        ("drums/*", ["drums/kick 1.wav", "drums/snare #2.aiff"]),
        ("drums/kick ?.wav", ["drums/kick 1.wav"]),
        ("**/kick*", ["drums/kick 1.wav", "drums/old/kick.ogg"]),
        ("*/*.mp3", ["é漢字 ☃/läufer.mp3"]),
        ("drums/**", ["drums/kick 1.wav", "drums/old/kick.ogg", "drums/snare #2.aiff"]),
        ("take[1].wav", ["take[1].wav"]),
    ],
)
def test_a_glob_gives_what_matches(root: Path, pattern: str, expected: list[str]) -> None:
    assert names(root, pattern) == expected


PARTS = st.sampled_from(["*", "**", "?.wav", "[a-d]*", "*.wav", "drums", "deep", "er", "*e*", "x.wav", "*.ogg"])


@settings(max_examples=150, deadline=None)
@given(parts=st.lists(PARTS, min_size=1, max_size=6))
@example(parts=["**", "x.wav", "**"])
def test_globs_mean_what_they_mean_to_python(root: Path, parts: list[str]) -> None:
    pattern = "/".join(parts)
    globbed = glob.glob(pattern, root_dir=root, recursive=True)  # noqa: PTH207 - the oracle
    # for it a last ** stands for no name behind a file too, which it then gives as a folder: x.wav/
    found = {root / name for name in globbed if not name.endswith("/")}
    expected = {path for path in found if path.is_file() and path.suffix.lower() in SUFFIXES}
    if (root / pattern).exists():
        return
    try:
        assert set(find_sounds(pattern, [str(root)])) == expected
    except FileProblemError:
        assert not expected


def test_a_relative_path_is_taken_from_the_first_root_that_has_it(root: Path) -> None:
    roots = [str(root / "empty"), str(root / "drums"), str(root)]
    assert find_sounds("kick 1.wav", roots) == [root / "drums/kick 1.wav"]
    assert find_sounds("a.wav", roots) == [root / "a.wav"]
    assert find_sounds("old", roots) == [root / "drums/old/kick.ogg"]


@pytest.mark.parametrize(
    "path",
    [
        "..",
        "../secret/s.wav",
        "../secret/no such.wav",
        "../secret",
        "../*/*.wav",
        "drums/../../secret/s.wav",
        "{base}/secret/s.wav",
        "{base}/secret/no such.wav",
        "{base}/root-beside/x.wav",
        "/etc/passwd",
        "/",
        "/*",
        "//server/share/x.wav",
        "\\\\server\\share\\x.wav",
    ],
)
def test_nothing_outside_is_found_whether_it_exists_or_not(root: Path, path: str) -> None:
    with pytest.raises(OutsideError, match=r"outside the (allowed )?folder"):
        find_sounds(path.format(base=root.parent), [str(root)])


@pytest.mark.parametrize("path", ["out", "out.wav", "out/s.wav", "in/round/out.wav", "out/*.wav"])
def test_a_link_out_is_refused(linked: Path, path: str) -> None:
    with pytest.raises(OutsideError):
        find_sounds(path, [str(linked)])


def test_links_inside_are_followed_once_and_those_out_are_given_to_be_refused(linked: Path, tmp_path: Path) -> None:
    found = find_sounds(str(linked), [str(linked)])
    assert found == [linked / name for name in ("gone.wav", "in/x.wav", "out", "out.wav", "self.wav")]
    for path in found[2:4]:
        with pytest.raises(OutsideError, match="link leads out"):
            decode(path, tmp_path / "raw", sr=0)
    for path in (found[0], found[4]):
        with pytest.raises(FileProblemError):
            decode(path, tmp_path / "raw", sr=0)


STEPS = st.sampled_from(["..", ".", "", "in", "out", "out.wav", "round", "secret", "root", "*", "**", "s.wav", "x.wav"])


@settings(max_examples=300, deadline=None)
@given(steps=st.lists(STEPS, min_size=1, max_size=7), absolute=st.sampled_from(["", "/", "{root}/", "{base}/"]))
def test_no_path_leads_out(linked: Path, steps: list[str], absolute: str) -> None:
    path = absolute.format(root=linked, base=linked.parent) + "/".join(steps)
    try:
        found = find_sounds(path, [str(linked)])
    except FileProblemError:
        return
    for sound in found:
        assert sound.is_symlink() or sound.resolve().is_relative_to(linked)


@pytest.mark.parametrize(
    "path", ["", "a\0.wav", "x" * 300 + ".wav", "\ud800.wav", "gone.wav", "gone/*.wav", "empty", "a.wav/b"]
)
def test_what_cannot_be_there_is_told_in_a_sentence(root: Path, path: str) -> None:
    with pytest.raises(FileProblemError) as refusal:
        find_sounds(path, [str(root)])
    assert not isinstance(refusal.value, OutsideError)
    assert len(str(refusal.value)) > 20


@contextmanager
def unprivileged() -> Iterator[None]:
    """Give up the superuser's rights, to whom no folder is locked."""
    if os.geteuid():
        yield
        return
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def test_a_locked_folder_is_given_to_be_refused_and_the_rest_is_found() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        (folder / "a.wav").write_bytes(b"-")
        (folder / "locked").mkdir(mode=0)
        with unprivileged():
            assert find_sounds(name, [name]) == [folder / "a.wav", folder / "locked"]
            with pytest.raises(FileProblemError, match="Permission denied"):
                decode(folder / "locked", folder / "raw", sr=0)
            with pytest.raises(FileProblemError, match="may not be written"):
                out("x.wav", folder)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("C:x.wav", "depends on where drive"),
        ("\\\\server\\share\\x.wav", "network share"),
        ("//server/share/x.wav", "network share"),
        ("\\\\?\\UNC\\server\\share\\x.wav", "network share"),
        ("x.wav:stream", "hidden stream"),
        ("C:\\sounds\\x.wav::$DATA", "hidden stream"),
        ("CON", "device"),
        ("sounds\\nul.wav", "device"),
        ("aux .tar.gz", "device"),
        ("Com1.wav", "device"),
        ("LPT³", "device"),
        ("conin$", "device"),
        ("x.wav.", "dot or a blank"),
        ("sounds \\x.wav", "dot or a blank"),
        ("...", "dot or a blank"),
        (".../x.wav", "dot or a blank"),
    ],
)
def test_names_that_windows_would_take_for_something_else(path: str, reason: str) -> None:
    assert reason in windows_refusal(path)


@pytest.mark.parametrize(
    "path", ["x.wav", "C:\\sounds\\x y.wav", "..\\x.wav", ".", "C:/a/../b.wav", "console.wav", "com10.wav", "nullify"]
)
def test_ordinary_windows_names_pass(path: str) -> None:
    assert windows_refusal(path) == ""


FOREIGN = ("a:b.wav", "con.wav", "C:x.wav", "x.wav ", "lpt1", "back\\slash.wav", "x.wav:stream", "D:")


@pytest.mark.parametrize("name", FOREIGN)
def test_names_of_windows_are_refused_everywhere_but_found_in_their_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"{name}.wav").write_bytes(b"-")
    for path in (f"in/{name}", str(tmp_path / "in" / name), f"{name}/x.wav"):
        with pytest.raises(OutsideError, match=r"Windows|hidden stream|device|dot or a blank"):
            find_sounds(path, [str(tmp_path)])
        with pytest.raises(OutsideError):
            out(path, tmp_path)
    assert find_sounds("in", [str(tmp_path)]) == [tmp_path.resolve() / "in" / f"{name}.wav"]


def test_the_folders_themselves_may_have_any_name(tmp_path: Path) -> None:
    root = tmp_path / "takes 12:30 "
    root.mkdir()
    (root / "x.wav").write_bytes(b"-")
    for chosen in (str(root), f"{root}/"):
        assert find_sounds(f"{root}/x.wav", [chosen]) == [root.resolve() / "x.wav"]
        assert out(f"{root}/y.wav", Path(chosen)) == root.resolve() / "y.wav"


def test_where_all_may_be_read_its_user_names_files_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "12:30.wav").write_bytes(b"-")
    assert find_sounds(str(tmp_path / "12:30.wav"), ["/"]) == [tmp_path.resolve() / "12:30.wav"]


@pytest.mark.parametrize("name", ["a\nb.wav", "\x1b[2J.wav", "a\rb.wav", "\x7f.wav"])
def test_control_characters_are_refused_and_not_repeated(tmp_path: Path, name: str) -> None:
    for refused in (lambda: find_sounds(name, [str(tmp_path)]), lambda: out(name, tmp_path)):
        with pytest.raises(FileProblemError, match="no file can have this name") as refusal:
            refused()
        assert str(refusal.value).isprintable()


@pytest.mark.parametrize("name", ["a\n.wav", "\x1b[2J.wav", "caf\udce9.wav"])
def test_names_in_a_folder_are_told_so_that_they_do_nothing_to_a_terminal(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"-")
    [found] = find_sounds(".", [str(tmp_path)])
    with pytest.raises(FileProblemError) as refusal:
        decode(found, tmp_path / "raw", sr=0)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("name", ["a?.wav", "a*.wav", "<a>.wav", "a|b.wav", 'a"b.wav'])
def test_an_output_has_a_name_that_every_platform_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileProblemError, match="cannot be in a name on Windows"):
        out(name, tmp_path)


def test_a_link_put_in_the_place_of_a_folder_after_the_check_is_not_followed(tmp_path: Path) -> None:
    base = tmp_path.resolve()
    for name in ("root/in", "secret"):
        (base / name).mkdir(parents=True)
        (base / name / "x.wav").write_bytes(b"-")
    [found] = find_sounds("in/x.wav", [str(base / "root")])
    target = out("in/y.wav", base / "root")
    (base / "root/in").rename(base / "root/was")
    (base / "root/in").symlink_to(base / "secret")
    with pytest.raises(OutsideError, match="link leads out"):
        decode(found, base / "raw", sr=0)
    with pytest.raises(OutsideError, match="link leads out"):
        write_atomically(target, part_path(target), "text")
    assert sorted(path.name for path in (base / "secret").iterdir()) == ["x.wav"]


def test_an_open_folder_that_is_moved_away_keeps_what_is_written_in_it(tmp_path: Path) -> None:
    base = tmp_path.resolve()
    (base / "out").mkdir()
    (base / "secret").mkdir()

    def blocks() -> Iterator[NDArray[np.float32]]:
        yield np.zeros((1, 100), np.float32)
        (base / "out").rename(base / "moved")
        (base / "out").symlink_to(base / "secret")

    target = base / "out/x.wav"
    write_sound(target, blocks(), sr=44100, channels=1, part=part_path(target))
    assert [path.name for path in (base / "moved").iterdir()] == ["x.wav"]
    assert not list((base / "secret").iterdir())


def out(path: str, folder: Path, *, overwrite: bool = False) -> Path:
    return output_path(path, str(folder), overwrite=overwrite, suffixes=(".wav", ".flac"))


@pytest.mark.parametrize("path", ["x.wav", "X.FLAC", "new/é 漢.wav", "new/../y.wav", "." + "/z.wav"])
def test_an_output_lies_below_the_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "new").mkdir()
    assert out(path, tmp_path) == (tmp_path / path).resolve()
    assert out(str(tmp_path / path), tmp_path) == (tmp_path / path).resolve()


@pytest.mark.parametrize(
    "path", ["../x.wav", "/x.wav", "/etc/../x.wav", "link/x.wav", "new/../../x.wav", "//server/x.wav", "/gone/x.wav"]
)
def test_an_output_outside_is_refused(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "out"
    (folder / "new").mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(OutsideError):
        out(path, folder)


@pytest.mark.parametrize("path", ["x", "x.txt", ".wav", "..", "new", "x.wav/.."])
def test_an_output_without_a_suffix_that_is_written_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(ParameterError, match=r"\.wav, \.flac"):
        out(path, tmp_path)


def test_an_output_that_exists_needs_overwrite(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"-")
    (tmp_path / "link.wav").symlink_to("gone")
    for name in ("x.wav", "link.wav"):
        with pytest.raises(OverwriteError, match="overwrite 1"):
            out(name, tmp_path)
        assert out(name, tmp_path, overwrite=True) == tmp_path.resolve() / name


@pytest.mark.parametrize(
    "path", ["", "gone/x.wav", "folder.wav", "fifo.wav", "a\0.wav", "x" * 300 + ".wav", "file.wav/x.wav"]
)
def test_an_output_that_cannot_be_written_is_refused_even_with_overwrite(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "file.wav").write_bytes(b"-")
    os.mkfifo(tmp_path / "fifo.wav")
    with pytest.raises(FileProblemError):
        out(path, tmp_path, overwrite=True)
