"""What is broken, lying or no sound is told in a sentence, and of what breaks off as much as there is is kept."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from soundbytes import FOUR_GB, SAMPLES, WHOLE_WAV, chunk, crc, flac_bomb, fmt, rf64, riff, wav

from oscreorder import files
from oscreorder.errors import FileProblemError, LimitError, NotAudioError, OutsideError
from oscreorder.files import decode, read_sound
from oscreorder.limits import Limits


def noise(length: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(0, 0.1, length).astype(np.float32)


def flac_that_claims(path: Path, y: NDArray[np.float32], claimed: int) -> Path:
    soundfile.write(path, y, 44100)
    content = bytearray(path.read_bytes())
    word = int.from_bytes(content[18:26], "big")
    content[18:26] = (word >> 36 << 36 | claimed).to_bytes(8, "big")
    path.write_bytes(content)
    return path


def ogg_that_claims(path: Path, claimed: int, *, checksum: bool) -> Path:
    with soundfile.SoundFile(path, "w", 44100, 1, "VORBIS", format="OGG") as sound:
        for _ in range(10):
            sound.write(np.zeros(44100, np.float32))
    content = bytearray(path.read_bytes())
    last = content.rindex(b"OggS")
    content[last + 6 : last + 14] = claimed.to_bytes(8, "little")
    if checksum:
        content[last + 22 : last + 26] = bytes(4)
        content[last + 22 : last + 26] = crc(bytes(content[last:]), bits=32, polynomial=0x04C11DB7).to_bytes(
            4, "little"
        )
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.wav", b"", "empty"),
        ("text.wav", b"hello\n" * 10, "not recognised"),
        ("random.wav", np.random.default_rng(3).bytes(5000), "are read"),
        ("no samples.wav", riff(fmt(), chunk(b"data", b"")), "has no samples"),
        ("header.wav", WHOLE_WAV[:20], "are read"),
        ("rate 0.wav", wav(sr=0), "are read"),
        ("rate 2^32-1.wav", wav(sr=0xFFFFFFFF), "are read"),
        ("65535 channels.wav", wav(channels=65535), "are read"),
        ("no bits.wav", wav(bits=0), "are read"),
        ("x.au", b".snd" + struct.pack(">IIIII", 24, 0xFFFFFFFF, 3, 44100, 1) + bytes(1000), "AU with PCM_16"),
    ],
)
def test_what_is_no_sound_is_told(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotAudioError, match=says):
        decode(tmp_path / name, tmp_path / "raw", sr=0)
    assert not (tmp_path / "raw").exists()


@pytest.mark.parametrize(("suffix", "subtype"), [(".wav", "IMA_ADPCM"), (".wav", "GSM610"), (".caf", "PCM_16")])
def test_rarer_formats_are_refused_by_name(tmp_path: Path, suffix: str, subtype: str) -> None:
    path = (tmp_path / "x").with_suffix(suffix)
    soundfile.write(path, noise(1000), 8000, subtype=subtype)
    with pytest.raises(NotAudioError, match=f"{subtype} is not read; make it a WAV"):
        read_sound(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (wav(sr=7999), "7999 Hz; 8000 Hz and more"),
        (wav(sr=1), "1 Hz; 8000 Hz and more"),
        (
            riff(fmt(sr=384000, channels=64), chunk(b"data", b"\1" * 12800)),
            "its rate: 384000; the limit rate_hz is 192000 Hz",
        ),
        (riff(fmt(channels=65), chunk(b"data", b"\1" * 1300)), "its channels: 65; the limit channels is 64"),
        (riff(fmt(channels=1024), chunk(b"data", bytes(1000), size=2_048_000)), "its channels: 1024"),
    ],
)
def test_limits_are_told_with_the_figures(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(LimitError, match=says):
        decode(tmp_path / "x.wav", tmp_path / "raw", sr=0)
    assert not (tmp_path / "raw").exists()


@pytest.mark.parametrize(("name", "allowed"), [("seconds", 3), ("sound_mb", 1), ("rate_hz", 44099), ("channels", 1)])
def test_a_limit_may_be_lowered_and_is_named(tmp_path: Path, name: str, allowed: int) -> None:
    soundfile.write(tmp_path / "x.flac", np.zeros((44100 * 7, 2)), 44100)
    for suffix in (".flac", ".wav"):
        soundfile.write(tmp_path / f"x{suffix}", np.zeros((44100 * 7, 2)), 44100)
        with pytest.raises(LimitError, match=f"the limit {name} is {allowed}"):
            decode(tmp_path / f"x{suffix}", tmp_path / "raw", sr=0, limits=Limits().changed({name: allowed}))
    assert not (tmp_path / "raw").exists()
    assert decode(tmp_path / "x.flac", tmp_path / "raw", sr=0).length == 44100 * 7


def test_a_bomb_is_stopped_at_five_hundred_times_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "UNPACKED_FREELY", 1000)
    (tmp_path / "x.flac").write_bytes(flac_bomb(blocks=2))
    with pytest.raises(LimitError, match="unpacks to more than 500 times"):
        decode(tmp_path / "x.flac", tmp_path / "raw", sr=0)
    soundfile.write(tmp_path / "y.flac", noise(70_000), 44100)
    assert decode(tmp_path / "y.flac", tmp_path / "raw", sr=0).length == 70_000


@pytest.mark.parametrize(("name", "promised"), [("x.wav", 100_000), ("x.aiff", 100_000), ("rf64.wav", 2000)])
def test_a_file_whose_corrected_header_promised_more_is_told(tmp_path: Path, name: str, promised: int) -> None:
    if name == "rf64.wav":
        (tmp_path / name).write_bytes(rf64(4100, 4000, 2000))
    else:
        soundfile.write(tmp_path / name, noise(100_000), 44100, subtype="PCM_16")
        os.truncate(tmp_path / name, 50_000)
    decoded = decode(tmp_path / name, tmp_path / "raw", sr=0)
    [notice] = decoded.notices
    assert f"header promises {promised} samples" in notice


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x7F000008])
def test_a_recording_through_a_pipe_knows_no_length_and_needs_no_notice(tmp_path: Path, size: int) -> None:
    content = riff(fmt(), chunk(b"data", SAMPLES, size=size), size=size)
    (tmp_path / "x.wav").write_bytes(content)
    decoded = decode(tmp_path / "x.wav", tmp_path / "raw", sr=0)
    assert (decoded.length, decoded.notices) == (1000, ())


@pytest.mark.parametrize("claimed", [0, 44100, 44101, 2**36 - 1])
def test_a_flac_that_claims_more_than_it_has_is_read_whole(tmp_path: Path, claimed: int) -> None:
    y = noise(44100)
    path = flac_that_claims(tmp_path / "x.flac", y, claimed)
    decoded = decode(path, tmp_path / "raw", sr=0)
    assert np.abs(np.fromfile(tmp_path / "raw", np.float32) - y).max() < 2**-15
    assert bool(decoded.notices) == (claimed > 50000)


@pytest.mark.parametrize("checksum", [True, False])
def test_an_ogg_that_claims_2_to_the_62_samples_ends(tmp_path: Path, checksum: bool) -> None:  # noqa: FBT001
    path = ogg_that_claims(tmp_path / "x.ogg", 2**62, checksum=checksum)
    decoded = decode(path, tmp_path / "raw", sr=0)
    assert 200000 < decoded.length < 450000
    if checksum:
        assert decoded.length >= 441000
        assert "its header promises" in decoded.notices[0]


def test_a_wav_that_claims_4_gb_is_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(riff(fmt(), chunk(b"data", bytes(1000), size=FOUR_GB)))
    assert decode(tmp_path / "x.wav", tmp_path / "raw", sr=0).length == 500


@pytest.mark.parametrize("name", ["violin.flac", "compus.mp3", "compus.ogg", "piano-48k-24bit.wav", "slide-22k.aiff"])
def test_of_a_truncated_file_what_is_there_is_kept(
    sounds: Path, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    content = (sounds / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(content[: len(content) // 2])
    whole, sr = read_sound(sounds / name)
    decoded = decode(path, tmp_path / "raw", sr=0)
    part = np.fromfile(tmp_path / "raw", np.float32).reshape(-1, decoded.channels).T
    assert 0.3 * whole.shape[1] < decoded.length < 0.7 * whole.shape[1]
    settled = decoded.length - 5000
    assert np.abs(part[:, :settled] - whole[:, :settled]).max() < 1e-4
    if name in {"violin.flac", "compus.mp3"}:
        assert f"breaks off after {decoded.length / sr:.3f} s" in decoded.notices[0]
    assert "Traceback" not in capfd.readouterr().err


def test_a_flac_whose_first_frame_is_broken_has_no_samples(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.flac", noise(4000), 44100)
    (tmp_path / "x.flac").write_bytes((tmp_path / "x.flac").read_bytes()[:200])
    with pytest.raises(NotAudioError, match="has no samples"):
        read_sound(tmp_path / "x.flac")


@pytest.mark.timeout(10)
def test_what_is_not_a_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.wav")
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "link.wav").symlink_to("x.wav")
    (tmp_path / "x.wav").write_bytes(WHOLE_WAV)
    for path in (tmp_path / "fifo.wav", tmp_path / "folder.wav", Path("/dev/zero")):
        with pytest.raises(FileProblemError, match="not a file"):
            decode(path, tmp_path / "raw", sr=0)
    with pytest.raises(FileProblemError, match="No such file"):
        decode(tmp_path / "gone.wav", tmp_path / "raw", sr=0)
    with pytest.raises(FileProblemError, match=r"wav: File name too long"):
        decode(tmp_path / ("x" * 300 + ".wav"), tmp_path / "raw", sr=0)
    with pytest.raises(OutsideError, match="link"):
        decode(tmp_path / "link.wav", tmp_path / "raw", sr=0)
    assert read_sound(tmp_path / "link.wav")[0].shape == (1, 1000)
