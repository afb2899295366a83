"""Files are written whole or not at all, the same bytes each time, and what a format cannot hold is told before."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from programs import Program

from oscreorder import writing
from oscreorder.errors import FileProblemError, LimitError, OverwriteError, ParameterError
from oscreorder.files import read_sound
from oscreorder.formats import FORMATS, SOUND_SUFFIXES, check_format
from oscreorder.leftovers import part_path, sweep_parts
from oscreorder.writing import save_sound, write_atomically, write_sound

SUBTYPES = [(suffix, subtype) for suffix, kind in FORMATS.items() for subtype in ("auto", *kind.subtypes)]


def noise(channels: int, length: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).uniform(-0.9, 0.9, (channels, length)).astype(np.float32)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / ".part"


@pytest.mark.parametrize(("suffix", "subtype"), SUBTYPES)
def test_what_is_written_is_read_again_and_the_bytes_are_the_same_each_time(
    tmp_path: Path, suffix: str, subtype: str
) -> None:
    y = np.sin(np.arange(140000) * np.array([[0.03], [0.05]])).astype(np.float32) * 0.8
    one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    written = save_sound(one, y, 44100, subtype=subtype)
    save_sound(two, y, 44100, subtype=subtype)
    assert (written.frames, written.clipped, written.notices) == (140000, 0, ())
    assert one.read_bytes() == two.read_bytes()
    read, sr = read_sound(one)
    assert (read.shape, sr) == (y.shape, 44100)
    tolerance = {"PCM_16": 2**-15, "PCM_24": 2**-23, "FLOAT": 0}.get(soundfile.info(one).subtype, 0.05)
    assert np.abs(read - y).max() <= tolerance


@pytest.mark.parametrize("suffix", [".wav", ".aiff"])
def test_float_files_hold_no_time_of_writing(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    save_sound(path, noise(1, 100), 44100, subtype="FLOAT")
    content = path.read_bytes()
    peak = content.index(b"PEAK")
    assert content[peak + 12 : peak + 16] == bytes(4)
    assert soundfile.info(path).frames == 100


@pytest.mark.parametrize("suffix", SOUND_SUFFIXES)
def test_auto_is_24_bit_where_the_format_can(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    save_sound(path, noise(1, 5000), 48000)
    assert soundfile.info(path).subtype == {".ogg": "VORBIS", ".mp3": "MPEG_LAYER_III"}.get(suffix, "PCM_24")


@pytest.mark.parametrize("suffix", SOUND_SUFFIXES)
def test_suffixes_in_capitals(tmp_path: Path, suffix: str) -> None:
    save_sound(tmp_path / f"x{suffix.upper()}", noise(1, 5000), 48000)
    assert soundfile.info(tmp_path / f"x{suffix.upper()}").format == FORMATS[suffix].container


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(0, 2000), min_size=1, max_size=6).filter(any))
def test_how_the_blocks_are_cut_makes_no_difference(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    folder = tmp_path_factory.mktemp("blocks")
    y = noise(2, sum(sizes))
    blocks = np.split(y, np.cumsum(sizes)[:-1], axis=1)
    write_sound(folder / "a.flac", blocks, sr=44100, channels=2, part=folder / ".part")
    save_sound(folder / "b.flac", y, 44100)
    assert (folder / "a.flac").read_bytes() == (folder / "b.flac").read_bytes()


def test_a_minute_of_ogg_in_one_block_does_not_end_the_process(tmp_path: Path) -> None:
    assert save_sound(tmp_path / "x.ogg", np.zeros(44100 * 90, np.float32), 44100).frames == 44100 * 90
    assert soundfile.info(tmp_path / "x.ogg").frames == 44100 * 90


@pytest.mark.parametrize(("suffix", "subtype"), SUBTYPES)
def test_beyond_full_scale_values_are_clipped_and_counted_except_in_float(
    tmp_path: Path, suffix: str, subtype: str
) -> None:
    path = tmp_path / f"x{suffix}"
    y = np.full((1, 9000), 0.25, np.float32)
    y[0, 4000:4007] = (1.5, -1.5, 1e6, -1e6, 1.0, -1.0, 0.5)
    written = save_sound(path, y, 44100, subtype=subtype)
    read, _ = read_sound(path)
    if subtype == "FLOAT":
        assert written.clipped == 0
        np.testing.assert_array_equal(read, y)
        return
    assert written.clipped == 4
    assert "4 values" in written.notices[0]
    assert np.abs(read).max() < 1.6
    if soundfile.info(path).subtype.startswith("PCM"):
        np.testing.assert_allclose(read[0, 4000:4007], (1, -1, 1, -1, 1, -1, 0.5), atol=1e-4)


@pytest.mark.parametrize(
    ("name", "sr", "channels", "subtype", "says"),
    [
        ("x.flac", 44100, 1, "FLOAT", r"\.wav, \.aiff, \.aif can"),
        ("x.ogg", 44100, 1, "PCM_16", r"\.wav, \.flac, \.aiff, \.aif can; auto takes the best of \.ogg"),
        ("x.mp3", 44100, 1, "FLOAT", r"\.wav, \.aiff, \.aif can"),
        ("x.wav", 44100, 1, "PCM_12", r"cannot hold PCM_12; auto"),
        ("x.mp3", 96000, 1, "auto", r"\.mp3 cannot hold 96000 Hz; it takes 8000, 11025"),
        ("x.mp3", 44100, 3, "auto", r"at most 2 channels, not 3"),
        ("x.flac", 44100, 9, "auto", r"at most 8 channels, not 9"),
        ("x.flac", 96001, 1, "auto", r"multiples of 10 Hz"),
        ("x.xyz", 44100, 1, "auto", r"does not end in one of \.wav, \.flac"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_before_anything_is_written(
    tmp_path: Path, name: str, sr: int, channels: int, subtype: str, says: str
) -> None:
    with pytest.raises(ParameterError, match=says):
        save_sound(tmp_path / name, noise(channels, 100), sr, subtype=subtype)
    assert not list(tmp_path.iterdir())


@settings(max_examples=60, deadline=None)
@given(
    suffix=st.sampled_from(SOUND_SUFFIXES),
    sr=st.one_of(st.integers(8000, 192000), st.sampled_from([8000, 11025, 44100, 48000, 88200, 96000, 192000])),
    channels=st.sampled_from([1, 2, 3, 8, 9, 24, 64]),
)
def test_what_passes_the_check_is_written(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, sr: int, channels: int
) -> None:
    path = tmp_path_factory.mktemp("formats") / f"x{suffix}"
    try:
        check_format(path, sr=sr, channels=channels, subtype="auto")
    except ParameterError:
        return
    save_sound(path, noise(channels, 300), sr)
    info = soundfile.info(path)
    assert (info.samplerate, info.channels, info.frames) == (sr, channels, 300)


def broken(problem: BaseException) -> Iterator[NDArray[np.float32]]:
    yield noise(1, 70000)
    raise problem


@pytest.mark.parametrize("suffix", SOUND_SUFFIXES)
@pytest.mark.parametrize("problem", [RuntimeError("midway"), KeyboardInterrupt()])
def test_a_fault_midway_leaves_nothing_and_keeps_what_was_there(
    tmp_path: Path, part: Path, suffix: str, problem: BaseException
) -> None:
    old, new = tmp_path / f"old{suffix}", tmp_path / f"new{suffix}"
    old.write_bytes(b"precious")
    for path in (old, new):
        with pytest.raises(type(problem)):
            write_sound(path, broken(problem), sr=44100, channels=1, part=part, overwrite=True)
    assert list(tmp_path.iterdir()) == [old]
    assert old.read_bytes() == b"precious"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_never_written(tmp_path: Path, bad: float) -> None:
    y = noise(2, 70000)
    y[1, 69000] = bad
    for suffix in SOUND_SUFFIXES:
        with pytest.raises(FileProblemError, match="not finite"):
            save_sound(tmp_path / f"x{suffix}", y, 44100)
    assert not list(tmp_path.iterdir())


def test_a_sound_without_samples_is_not_written(tmp_path: Path) -> None:
    for suffix in SOUND_SUFFIXES:
        with pytest.raises(FileProblemError, match="no samples"):
            save_sound(tmp_path / f"x{suffix}", np.empty((1, 0), np.float32), 44100)
    assert not list(tmp_path.iterdir())


def test_more_than_a_wav_can_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "LARGEST", 3 * 2 * 1000)
    save_sound(tmp_path / "fits.wav", noise(2, 1000), 44100)
    with pytest.raises(LimitError, match=r"4 GB; take \.flac"):
        save_sound(tmp_path / "x.wav", noise(2, 1001), 44100)
    save_sound(tmp_path / "x.flac", noise(2, 1001), 44100)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fits.wav", "x.flac"]


def test_nothing_is_overwritten_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(b"precious")
    with pytest.raises(OverwriteError, match="overwrite 1"):
        save_sound(path, noise(1, 100), 44100)
    with pytest.raises(OverwriteError):
        write_atomically(path, part_path(path), "text")
    assert path.read_bytes() == b"precious"
    save_sound(path, noise(1, 100), 44100, overwrite=True)
    assert soundfile.info(path).frames == 100
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_appears_while_another_is_written_is_kept(tmp_path: Path, part: Path) -> None:
    path = tmp_path / "x.wav"

    def blocks() -> Iterator[NDArray[np.float32]]:
        yield noise(1, 100)
        path.write_bytes(b"quicker")

    with pytest.raises(OverwriteError):
        write_sound(path, blocks(), sr=44100, channels=1, part=part)
    assert path.read_bytes() == b"quicker"
    assert list(tmp_path.iterdir()) == [path]


def test_a_part_file_of_a_killed_process_and_a_link_in_its_place_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    (tmp_path / "victim").write_bytes(b"precious")
    part_path(path).symlink_to(tmp_path / "victim")
    save_sound(path, noise(1, 100), 44100)
    assert (tmp_path / "victim").read_bytes() == b"precious"
    part_path(path).write_bytes(b"left behind")
    save_sound(path, noise(1, 200), 44100, overwrite=True)
    assert soundfile.info(path).frames == 200
    assert sorted(found.name for found in tmp_path.iterdir()) == ["victim", "x.wav"]


BEGUN = """
import sys
from pathlib import Path
import numpy as np
from oscreorder.leftovers import part_path
from oscreorder.writing import write_sound
path = Path(sys.argv[1])
def blocks():
    yield np.zeros((1, 70000), np.float32)
    print("begun", flush=True)
    sys.stdin.read()
    yield np.zeros((1, 10), np.float32)
write_sound(path, blocks(), sr=44100, channels=1, part=part_path(path))
"""


def test_what_a_killed_process_had_begun_is_swept_and_what_a_living_one_writes_is_kept(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / ".own.wav.17.part").write_bytes(b"of another program")
    with Program(sys.executable, "-c", BEGUN, str(tmp_path / "below/x.wav")) as writer:
        writer.wait_for("begun")
        [part] = (tmp_path / "below").iterdir()
        assert sweep_parts(tmp_path, settled_s=0) == []
        os.kill(writer.pid, signal.SIGKILL)
        assert writer.wait() == -signal.SIGKILL
    assert sweep_parts(tmp_path) == []  # too young, without a lock that every file system has
    assert sweep_parts(tmp_path, settled_s=0) == [part]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".own.wav.17.part"]


def test_sweeping_touches_neither_links_nor_folders_nor_what_it_may_not(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/.x.wav.1.oscreorder.part").write_bytes(b"-")
    out = tmp_path / "out"
    (out / ".folder.1.oscreorder.part").mkdir(parents=True)
    (out / "link").symlink_to(tmp_path / "elsewhere")
    (out / ".link.1.oscreorder.part").symlink_to(tmp_path / "elsewhere/.x.wav.1.oscreorder.part")
    os.mkfifo(out / ".fifo.1.oscreorder.part")
    assert sweep_parts(out, settled_s=0) == []
    assert sweep_parts(tmp_path / "gone", settled_s=0) == []
    assert len(list(out.iterdir())) == 4


def test_where_a_file_can_have_one_name_only_nothing_is_overwritten_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    save_sound(tmp_path / "x.wav", noise(1, 100), 44100)
    with pytest.raises(OverwriteError):
        write_atomically(tmp_path / "x.wav", part_path(tmp_path / "x.wav"), "text")
    assert soundfile.info(tmp_path / "x.wav").frames == 100
    assert list(tmp_path.iterdir()) == [tmp_path / "x.wav"]


@pytest.mark.parametrize("name", ["gone/x.wav", "file/x.wav", "x" * 300 + ".wav"])
def test_where_nothing_can_be_written_it_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"-")
    with pytest.raises(FileProblemError, match="cannot be written: "):
        save_sound(tmp_path / name, noise(1, 100), 44100)


FULL = """
import resource, sys
from pathlib import Path
import numpy as np
from oscreorder.errors import FileProblemError
from oscreorder.formats import SOUND_SUFFIXES
from oscreorder.writing import save_sound
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
y = np.random.default_rng(0).normal(0, 0.2, (2, 30000)).astype(np.float32)
for suffix in SOUND_SUFFIXES:
    path = Path(sys.argv[1], "x" + suffix)
    save_sound(path, y, 44100)
    whole = path.read_bytes()
    for size in (len(whole) - 1, len(whole) - 4000, len(whole) // 2, 100, 0):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            save_sound(path, y, 44100, overwrite=True)
            print(suffix, size, "no error")
        except FileProblemError as problem:
            if "cannot be written: File too large" not in str(problem):
                print(suffix, size, problem)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    if path.read_bytes() != whole:
        print(suffix, "was touched")
    path.unlink()
"""


def test_a_disk_that_is_full_even_by_one_byte_is_noticed_in_every_format(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["läßt ☃\n", b"\x89PNG\0", "", b"", "surrogate \udcff"])
def test_texts_and_bytes_are_written_as_they_are(tmp_path: Path, part: Path, content: str | bytes) -> None:
    write_atomically(tmp_path / "x", part, content)
    expected = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    assert (tmp_path / "x").read_bytes() == expected
    assert list(tmp_path.iterdir()) == [tmp_path / "x"]


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 251 + ".wav")
    save_sound(path, noise(1, 10), 44100)
    assert list(tmp_path.iterdir()) == [path]


def test_mono_may_come_as_one_row(tmp_path: Path) -> None:
    save_sound(str(tmp_path / "x.wav"), noise(1, 500)[0], 44100)
    assert read_sound(tmp_path / "x.wav")[0].shape == (1, 500)


def test_a_new_file_has_the_usual_rights(tmp_path: Path) -> None:
    (tmp_path / "usual").write_bytes(b"-")
    save_sound(tmp_path / "x.wav", noise(1, 10), 44100)
    assert (tmp_path / "x.wav").stat().st_mode == (tmp_path / "usual").stat().st_mode
