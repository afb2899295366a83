"""Sounds are read as they are, from every format and rate."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from soundbytes import WHOLE_WAV

from oscreorder import ArraySource, Settings, files
from oscreorder.errors import FileProblemError
from oscreorder.files import FileSource, decode, read_sound
from oscreorder.sound.resynthesis import Placement, even_positions, overlap_add

REAL = {
    "violin.flac": (44100, 1, 1218263),
    "loop_tabla.flac": (44100, 2, 470723),
    "speech.flac": (22050, 1, 404669),
    "compus.ogg": (44100, 2, 286054),
    "compus.mp3": (44100, 2, 286054),
    "slide-22k.aiff": (22050, 1, 95371),
    "piano-48k-24bit.wav": (48000, 2, 134964),
}


def noise(channels: int, length: int, *, seed: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 0.1, (channels, length)).astype(np.float32)


def raw(path: Path, channels: int) -> NDArray[np.float32]:
    return np.fromfile(path, np.float32).reshape(-1, channels).T


@pytest.mark.parametrize("name", REAL)
def test_real_sounds_are_read_whole(sounds: Path, tmp_path: Path, name: str) -> None:
    sr, channels, length = REAL[name]
    decoded = decode(sounds / name, tmp_path / "raw", sr=0)
    assert (decoded.sr, decoded.channels, decoded.length) == (sr, channels, length)
    assert (decoded.decoded_sr, decoded.decoded_length) == (sr, length)
    assert (decoded.repaired, decoded.notices) == (0, ())
    expected, _ = soundfile.read(sounds / name, dtype="float32", always_2d=True)
    np.testing.assert_array_equal(raw(tmp_path / "raw", channels), expected.T)
    y, rate = read_sound(sounds / name)
    assert y.dtype == np.float32
    assert (y.shape, rate) == ((channels, length), sr)
    np.testing.assert_array_equal(y, expected.T)


@pytest.mark.parametrize("channels", [1, 2, 8, 24, 64])
@pytest.mark.parametrize("sr", [8000, 11025, 44100, 96000, 192000])
def test_every_rate_and_number_of_channels(tmp_path: Path, sr: int, channels: int) -> None:
    y = noise(channels, 3001)
    soundfile.write(tmp_path / "x.wav", y.T, sr, subtype="FLOAT")
    read, rate = read_sound(tmp_path / "x.wav")
    assert rate == sr
    np.testing.assert_array_equal(read, y)
    other = decode(tmp_path / "x.wav", tmp_path / "raw", sr=48000)
    assert other.decoded_length == round(3001 * 48000 / sr)
    assert raw(tmp_path / "raw", channels).shape == (channels, other.decoded_length)


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [
        (".wav", "PCM_U8"), (".wav", "PCM_32"), (".wav", "DOUBLE"), (".wav", "ULAW"), (".aiff", "PCM_S8"),
        (".aiff", "FLOAT"), (".flac", "PCM_24"), (".ogg", "OPUS"), (".mp3", "MPEG_LAYER_III"),
    ],
)  # fmt: skip
def test_every_common_subtype(tmp_path: Path, suffix: str, subtype: str) -> None:
    path = (tmp_path / "x").with_suffix(suffix)
    y = np.sin(np.arange(48000) * 0.05).astype(np.float32)[None] * 0.5
    soundfile.write(path, y.T, 48000, subtype=subtype)
    read, sr = read_sound(path)
    assert sr == 48000
    assert read.shape == y.shape
    assert np.abs(read - y)[:, 2000:-2000].max() < 0.05


@pytest.mark.parametrize("suffix", [".mp3", ".ogg", ".flac"])
def test_blocks_join_without_a_trace(tmp_path: Path, suffix: str) -> None:
    y = 0.8 * np.sin(np.arange(300000) * np.array([[0.03], [0.05]]))
    with soundfile.SoundFile(tmp_path / f"x{suffix}", "w", 44100, 2) as sound:
        for block in np.split(y, 10, axis=1):
            sound.write(block.T)
    read, _ = read_sound(tmp_path / f"x{suffix}")
    assert read.shape == y.shape
    assert np.abs(read - y)[:, :-3000].max() < 0.06  # MP3 itself ends roughly


def test_names_with_blanks_and_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "é漢字 ☃ #1.wav"
    path.write_bytes(WHOLE_WAV)
    assert decode(path, tmp_path / "raw", sr=0).length == 1000


RATES = [(44100, 48000), (48000, 44100), (8000, 192000), (192000, 8000), (22050, 44100), (96000, 11025)]


@pytest.mark.parametrize(("own", "sr"), RATES)
def test_a_resampled_sine_keeps_frequency_phase_and_level(tmp_path: Path, own: int, sr: int) -> None:
    hz, length = 1000, own + 77  # more than one block at the higher rates
    soundfile.write(tmp_path / "x.wav", 0.5 * np.sin(2 * np.pi * hz * np.arange(length) / own), own, subtype="FLOAT")
    y, rate = read_sound(tmp_path / "x.wav", sr=sr)
    assert rate == sr
    assert y.shape == (1, round(length * sr / own))
    ideal = 0.5 * np.sin(2 * np.pi * hz * np.arange(y.shape[1]) / sr)
    inner = slice(y.shape[1] // 10, -y.shape[1] // 10)
    assert np.abs(y[0] - ideal)[inner].max() < 1e-3


@pytest.mark.parametrize("length", [1, 2, 3, 100, 65535, 65536, 65537, 131072])
@pytest.mark.parametrize(("own", "sr"), [(192000, 8000), (44100, 48000), (44100, 44100)])
def test_the_length_after_resampling_is_exact_and_the_bytes_are_the_same_again(
    tmp_path: Path, length: int, own: int, sr: int
) -> None:
    soundfile.write(tmp_path / "x.wav", noise(2, length).T, own)
    decoded = decode(tmp_path / "x.wav", tmp_path / "raw", sr=sr)
    assert decoded.length == length
    assert decoded.decoded_length == max(1, round(length * sr / own))
    first = (tmp_path / "raw").read_bytes()
    assert len(first) == decoded.decoded_length * 2 * 4
    decode(tmp_path / "x.wav", tmp_path / "raw", sr=sr)
    assert (tmp_path / "raw").read_bytes() == first


def test_progress_rises_to_one(sounds: Path, tmp_path: Path) -> None:
    told: list[float] = []
    decode(sounds / "violin.flac", tmp_path / "raw", sr=48000, progress=told.append)
    assert len(told) > 10
    assert all(before <= after for before, after in pairwise(told))
    assert told[-1] == 1.0


def test_what_is_not_finite_or_absurdly_loud_becomes_silence_and_is_told(tmp_path: Path) -> None:
    y = noise(2, 1000)
    bad = y.copy()
    bad[0, 10], bad[1, 20], bad[1, 999], bad[0, 500] = np.nan, np.inf, -np.inf, 3e38
    soundfile.write(tmp_path / "x.wav", bad.T, 44100, subtype="FLOAT")
    decoded = decode(tmp_path / "x.wav", tmp_path / "raw", sr=0)
    assert decoded.repaired == 4
    assert "4 samples" in decoded.notices[0]
    y[0, 10] = y[1, 20] = y[1, 999] = y[0, 500] = 0
    np.testing.assert_array_equal(raw(tmp_path / "raw", 2), y)
    with pytest.warns(UserWarning, match="4 samples"):
        read_sound(tmp_path / "x.wav")


def test_a_float_file_in_integer_scale_is_kept(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.wav", np.full(100, 2.0**31), 44100, subtype="FLOAT")
    y, _ = read_sound(tmp_path / "x.wav")
    assert (y == 2.0**31).all()


def python(code: str, *arguments: str) -> str:
    ran = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert not ran.stderr
    return ran.stdout


def test_a_full_disk_is_told_and_nothing_is_left(sounds: Path, tmp_path: Path) -> None:
    code = """
import resource, sys
from pathlib import Path
from oscreorder.errors import FileProblemError
from oscreorder.files import decode
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    decode(Path(sys.argv[1]), Path(sys.argv[2]), sr=48000)
except FileProblemError as problem:
    print(problem)
"""
    assert "no room for its samples: File too large" in python(code, str(sounds / "violin.flac"), str(tmp_path / "raw"))
    assert not list(tmp_path.iterdir())


def test_memory_does_not_grow_with_the_sound(tmp_path: Path) -> None:
    with soundfile.SoundFile(tmp_path / "bomb.flac", "w", 44100, 2, "PCM_16") as sound:
        for _ in range(5):
            sound.write(np.zeros((44100 * 60, 2), np.int16))
    assert (tmp_path / "bomb.flac").stat().st_size < 300_000
    code = """
import resource, sys
from pathlib import Path
from oscreorder.files import FileSource, decode
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
folder = Path(sys.argv[1])
decode(Path(sys.argv[2]), folder / "first", sr=48000)
before = peak()
decoded = decode(folder / "bomb.flac", folder / "raw", sr=0)
source = FileSource(folder / "raw", channels=2, length=decoded.decoded_length)
for start in range(0, source.length, 65536):
    source.read(start, start + 65536)
print(decoded.length, peak() - before)
"""
    first = Path(__file__).parent.parent / "examples" / "sounds" / "piano-48k-24bit.wav"
    length, grown = python(code, str(tmp_path), str(first)).split()
    assert int(length) == 44100 * 300
    assert int(grown) < 20_000  # KiB; the samples take 103,000


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileSource]:
    y = noise(3, 1000)
    path = tmp_path_factory.mktemp("raw") / "y.f32"
    y.T.tofile(path)
    with closing(FileSource(path, channels=3, length=1000)) as opened:
        yield opened


@settings(max_examples=200, deadline=None)
@given(start=st.integers(-1500, 2500), length=st.integers(0, 2500))
def test_a_source_reads_any_range_with_zeros_beyond_its_ends(source: FileSource, start: int, length: int) -> None:
    assert (source.channels, source.length) == (3, 1000)
    padded = np.pad(noise(3, 1000), ((0, 0), (1500, 4000)))
    y = source.read(start, start + length)
    assert y.dtype == np.float32
    assert y.flags.c_contiguous
    np.testing.assert_array_equal(y, padded[:, 1500 + start : 1500 + start + length])


def test_a_source_that_lost_its_samples_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileProblemError, match="No such file"):
        FileSource(tmp_path / "gone", channels=1, length=10)
    noise(1, 100).tofile(tmp_path / "short")
    with closing(FileSource(tmp_path / "short", channels=1, length=200)) as source:
        assert source.read(0, 100).any()
        with pytest.raises(FileProblemError, match="load the sound again"):
            source.read(50, 150)


def test_the_library_names_itself_and_the_formats_that_we_promise() -> None:
    assert {"WAV", "AIFF", "FLAC", "OGG", "MP3"} <= files.codecs()
    assert files.library_version().startswith("libsndfile 1.")


@pytest.mark.parametrize("channels", [1, 2])
def test_a_render_of_mapped_samples_is_that_of_the_array(tmp_path: Path, channels: int) -> None:
    y = np.random.default_rng(3).uniform(-0.5, 0.5, (channels, 30_000)).astype(np.float32)
    (tmp_path / "raw").write_bytes(y.T.tobytes())
    source = FileSource(tmp_path / "raw", channels=channels, length=30_000)
    settings = Settings(win_length=2000, hop_length=400)
    start = np.random.default_rng(4).permutation(75).astype(np.int64) * 400 - 1000
    placement = Placement(np.zeros(75, np.intp), start, even_positions(75, settings), 30_000)
    assert source.rows is not None
    mapped = np.concatenate(list(overlap_add([source], placement, settings)), axis=1)
    source.close()
    assert np.array_equal(mapped, np.concatenate(list(overlap_add([ArraySource(y)], placement, settings)), axis=1))
