"""Bad sound files, built field by field: headers that lie, bombs, loops, cuts, and what is no sound at all.

`CONTENTS` maps the name of each kind to what makes its bytes; `SPECIAL` are those that are no regular files.  Most
lies, and `BOMBS`, are small files that ask for gigabytes.
"""

import os
import socket
import struct
import zlib
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

RATE = 44100
SAMPLES = b"\x10\x00\xf0\xff" * 500
FOUR_GB = 0xFFFFFFF0


def chunk(name: bytes, payload: bytes, *, size: int | None = None, order: str = "<") -> bytes:
    """A chunk of RIFF or FORM, with the size that it is told to claim."""
    claimed = len(payload) if size is None else size
    return name + struct.pack(f"{order}I", claimed & 0xFFFFFFFF) + payload + b"\0" * (len(payload) % 2)


def fmt(
    *,
    kind: int = 1,
    channels: int = 1,
    sr: int = RATE,
    bits: int = 16,
    align: int | None = None,
    extra: bytes = b"",
) -> bytes:
    """A WAV's format."""
    align = (channels * bits // 8 if align is None else align) & 0xFFFF
    fields = struct.pack("<HHIIHH", kind, channels, sr & 0xFFFFFFFF, sr * align & 0xFFFFFFFF, align, bits)
    return chunk(b"fmt ", fields + extra)


def riff(*chunks: bytes, name: bytes = b"RIFF", size: int | None = None) -> bytes:
    """A WAV of these chunks."""
    return chunk(name, b"WAVE" + b"".join(chunks), size=size)


def wav(**fields: Any) -> bytes:
    """A WAV with a thousand samples and these fields of its format."""
    return riff(fmt(**fields), chunk(b"data", SAMPLES))


def floats(*values: float, kind: str = "f") -> bytes:
    """A WAV of float samples, a hundred times over."""
    bits = 32 if kind == "f" else 64
    samples = struct.pack(f"<{len(values)}{kind}", *values) * 100
    return riff(fmt(kind=3, bits=bits), chunk(b"data", samples))


def bits_of(text: str) -> bytes:
    """A float32 by its bits in hexadecimal, for what Python cannot write."""
    return bytes.fromhex(text)[::-1]


def extended(sr: float) -> bytes:
    """An 80-bit float, as AIFF has its rate."""
    mantissa, exponent = int(sr), 16383 + 63
    if mantissa == 0:
        return bytes(10)
    while mantissa < 2**63:
        mantissa, exponent = mantissa * 2, exponent - 1
    return struct.pack(">HQ", exponent, mantissa)


def aiff(
    *,
    channels: int = 1,
    frames: int = 1000,
    bits: int = 16,
    rate: bytes = extended(RATE),
    offset: int = 0,
    size: int | None = None,
    before: bytes = b"",
) -> bytes:
    """An AIFF with a thousand samples."""
    common = chunk(b"COMM", struct.pack(">hIh", channels, frames & 0xFFFFFFFF, bits) + rate, order=">")
    sound = chunk(b"SSND", struct.pack(">II", offset, 0) + SAMPLES, size=size, order=">")
    return chunk(b"FORM", b"AIFF" + common + before + sound, order=">")


def streaminfo(
    *, frames: int = 0, sr: int = RATE, channels: int = 1, bits: int = 16, block: int = 4096, least: int | None = None
) -> bytes:
    """The first block of a FLAC's metadata, without its header."""
    word = sr << 44 | (channels - 1) << 41 | (bits - 1) << 36 | frames
    return struct.pack(">HH", block if least is None else least, block) + bytes(6) + word.to_bytes(8, "big") + bytes(16)


def metadata(kind: int, payload: bytes, *, last: bool = False, size: int | None = None) -> bytes:
    """A block of a FLAC's metadata."""
    return bytes([kind | last << 7]) + (len(payload) if size is None else size).to_bytes(3, "big") + payload


def crc(content: bytes, *, bits: int, polynomial: int) -> int:
    """A checksum without reflection, as FLAC and Ogg have them."""
    value, top, mask = 0, 1 << bits - 1, (1 << bits) - 1
    for byte in content:
        value ^= byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value & top else 0)) & mask
    return value


def silent_frame(number: int, channels: int) -> bytes:
    """A FLAC frame of 65,535 samples of silence in each channel: some 30 bytes."""
    head = b"\xff\xf8" + bytes([0x79, channels - 1 << 4 | 8]) + utf8(number) + struct.pack(">H", 65534)
    head += bytes([crc(head, bits=8, polynomial=0x07)])
    body = head + b"\0\0\0" * channels
    return body + crc(body, bits=16, polynomial=0x8005).to_bytes(2, "big")


def utf8(number: int) -> bytes:
    """The number of a FLAC frame."""
    return chr(number).encode("utf-8", "surrogatepass")


def flac(*blocks: bytes, frames: int = 0, audio: bytes = b"") -> bytes:
    """A FLAC of these blocks of metadata behind its own."""
    return b"fLaC" + metadata(0, streaminfo(frames=frames), last=not blocks) + b"".join(blocks) + audio


@cache
def flac_bomb(blocks: int = 700, channels: int = 8) -> bytes:
    """A FLAC of some 20 kB that unpacks to `blocks` x 65,535 x `channels` samples: more than a gigabyte."""
    audio = b"".join(silent_frame(number, channels) for number in range(blocks))
    return b"fLaC" + metadata(0, streaminfo(channels=channels, block=65535), last=True) + audio


def page(
    payload: bytes, *, number: int = 0, granule: int = 0, flags: int = 0, serial: int = 7, right: bool = True
) -> bytes:
    """An Ogg page of one packet of less than 65,025 bytes."""
    sizes = bytes([255] * (len(payload) // 255) + [len(payload) % 255])
    head = b"OggS\0" + bytes([flags]) + struct.pack("<QII", granule & 2**64 - 1, serial, number)
    rest = bytes([len(sizes)]) + sizes + payload
    checksum = crc(head + bytes(4) + rest, bits=32, polynomial=0x04C11DB7) if right else 0
    return head + struct.pack("<I", checksum) + rest


def vorbis_head(*, channels: int = 1, sr: int = RATE, blocks: int = 0xB8) -> bytes:
    """The first packet of Vorbis."""
    return b"\x01vorbis" + struct.pack("<IBIiii", 0, channels, sr, 0, 0, 0) + bytes([blocks, 1])


def vorbis_comment(count: int) -> bytes:
    """The second packet of Vorbis, which claims so many comments."""
    return b"\x03vorbis" + struct.pack("<II", 0, count) + b"\x01"


def opus_head(*, channels: int = 1) -> bytes:
    """The first packet of Opus."""
    return b"OpusHead" + struct.pack("<BBHIhB", 1, channels, 0, RATE, 0, 0)


def mp3_frames(count: int, head: int = 0xFFFB9064) -> bytes:
    """MPEG-1 layer III frames of 128 kbit/s with nothing in them."""
    return (struct.pack(">I", head) + bytes(413)) * count


def xing(frames: int, size: int) -> bytes:
    """A frame that claims how many follow."""
    told = b"Xing" + struct.pack(">III", 3, frames, size)
    return struct.pack(">I", 0xFFFB9064) + bytes(32) + told + bytes(413 - 32 - len(told))


def id3(size: int) -> bytes:
    """A head of tags that claims a size."""
    return b"ID3\x04\0\0" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def caf(size: int) -> bytes:
    """A Core Audio file that claims a size."""
    description = struct.pack(">d4sIIIII", RATE, b"lpcm", 0, 2, 1, 1, 16)
    desc = b"desc" + struct.pack(">q", len(description)) + description
    return b"caff\0\1\0\0" + desc + b"data" + struct.pack(">q", size) + bytes(4) + SAMPLES


_W64 = bytes.fromhex("f3acd3118cd100c04f8edb8a")


def w64(size: int) -> bytes:
    """A Sony Wave64 that claims a size."""
    form = b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000") + struct.pack("<Q", size)
    return form + b"wave" + _W64 + b"fmt " + _W64 + struct.pack("<Q", 40) + fmt()[8:] + b"data" + _W64 + (
        struct.pack("<Q", size) + SAMPLES
    )  # fmt: skip


def rf64(riff_size: int, data_size: int, frames: int) -> bytes:
    """An RF64 that claims sizes."""
    sizes = chunk(b"ds64", struct.pack("<QQQI", riff_size, data_size, frames, 0))
    return riff(sizes, fmt(), chunk(b"data", SAMPLES, size=2**32 - 1), name=b"RF64", size=2**32 - 1)


WHOLE_WAV = wav()
WHOLE_AIFF = aiff()
ADPCM = struct.pack("<HH", 2, 65535)
EXTENSIBLE = struct.pack("<HHI", 22, 16, 4) + b"\xee" * 16

WAVS: Mapping[str, bytes] = {
    **{f"wav cut to {size} bytes": WHOLE_WAV[:size] for size in (3, 8, 11, 15, 20, 30, 36, 40, 43, 44)},
    "wav cut in its data": WHOLE_WAV[:700],
    "wav of 0 channels": wav(channels=0),
    "wav of 65 channels": riff(fmt(channels=65), chunk(b"data", SAMPLES * 10)),
    "wav of 65535 channels": riff(fmt(channels=65535, bits=8), chunk(b"data", bytes(200_000))),
    "wav of rate 0": wav(sr=0),
    "wav of rate 1": wav(sr=1),
    "wav of rate 2^31": wav(sr=2**31),
    "wav of rate 2^32-1": wav(sr=2**32 - 1),
    "wav of 0 bits": wav(bits=0),
    "wav of 65535 bits": wav(bits=65535),
    "wav of 12 bits": wav(bits=12),
    "wav of block align 0": wav(align=0),
    "wav of block align 65535": wav(align=65535),
    "wav that claims 4 GB": riff(fmt(), chunk(b"data", SAMPLES, size=FOUR_GB), size=FOUR_GB),
    "wav whose data has size 0": riff(fmt(), chunk(b"data", SAMPLES, size=0)),
    "wav without data": riff(fmt()),
    "wav without format": riff(chunk(b"data", SAMPLES)),
    "wav whose format has no size": riff(chunk(b"fmt ", fmt()[8:], size=0), chunk(b"data", SAMPLES)),
    "wav whose format is 2 GB": riff(chunk(b"fmt ", fmt()[8:], size=2**31), chunk(b"data", SAMPLES)),
    "wav with a chunk of 4 GB before its data": riff(fmt(), chunk(b"LIST", bytes(8), size=FOUR_GB), SAMPLES),
    "wav of 100,000 empty chunks": riff(fmt(), chunk(b"junk", b"") * 100_000),
    "wav of lists in lists": riff(fmt(), b"LIST\xff\xff\xff\x7fINFO" * 5000),
    "wav of 65,535 formats": riff(fmt() * 65_535),
    "wav of an unknown kind": wav(kind=0x7777),
    "wav of an unknown subformat": riff(fmt(kind=0xFFFE, extra=EXTENSIBLE), chunk(b"data", SAMPLES)),
    "wav of ima adpcm, 65535 samples a block of 4 bytes": riff(
        fmt(kind=0x11, bits=4, align=4, extra=ADPCM), chunk(b"data", SAMPLES)
    ),
    "wav of ms adpcm without coefficients": riff(fmt(kind=2, bits=4, align=70, extra=ADPCM), chunk(b"data", SAMPLES)),
    "wav of gsm": riff(fmt(kind=0x31, bits=0, align=65, extra=struct.pack("<HH", 2, 320)), chunk(b"data", bytes(650))),
    "wav of mp3": riff(fmt(kind=0x55, bits=0, align=1, extra=bytes(14)), chunk(b"data", mp3_frames(10))),
    "wav of NaN": riff(fmt(kind=3, bits=32), chunk(b"data", bits_of("7fc00000") * 1000)),
    "wav of signalling NaN": riff(fmt(kind=3, bits=32), chunk(b"data", bits_of("7f800001") * 1000)),
    "wav of infinities": floats(float("inf"), float("-inf")),
    "wav of 3e38": floats(3e38, -3e38),
    "wav of doubles beyond float": floats(1e300, -1e300, kind="d"),
    "wav with a cue list of 2^32-1": riff(fmt(), chunk(b"cue ", b"\xff" * 28), chunk(b"data", SAMPLES, size=9000)),
    "wav with 2^31 loops": riff(fmt(), chunk(b"smpl", b"\x7f" * 36), chunk(b"data", SAMPLES, size=9000)),
    "rf64 of 2^63 bytes": rf64(2**63, 2**63 - 2, 2**62),
    "rf64 that claims double": rf64(4100, 4000, 2000),
    "rf64 without sizes": riff(fmt(), chunk(b"data", SAMPLES, size=2**32 - 1), name=b"RF64", size=2**32 - 1),
}

AIFFS: Mapping[str, bytes] = {
    **{f"aiff cut to {size} bytes": WHOLE_AIFF[:size] for size in (8, 12, 19, 30, 40, 54)},
    "aiff cut in its data": WHOLE_AIFF[:700],
    "aiff of 0 channels": aiff(channels=0),
    "aiff of -1 channels": aiff(channels=-1),
    "aiff of 2^32-1 samples": aiff(frames=2**32 - 1, size=2**32 - 2),
    "aiff whose rate is infinite": aiff(rate=b"\x7f\xff" + b"\x80" + bytes(7)),
    "aiff whose rate is not a number": aiff(rate=b"\x7f\xff" + b"\xc0" + bytes(7)),
    "aiff whose rate is negative": aiff(rate=b"\xc0\x0e\xac\x44" + bytes(6)),
    "aiff of rate 0": aiff(rate=bytes(10)),
    "aiff of 99 bits": aiff(bits=99),
    "aiff whose data lies 2 GB behind": aiff(offset=2**31 - 1),
    "aiff of 65,535 markers": aiff(before=chunk(b"MARK", b"\xff\xff", order=">"), size=9000),
    "aiff without data": WHOLE_AIFF[:38],
    "aifc of an unknown compression": chunk(
        b"FORM",
        b"AIFC" + chunk(b"COMM", struct.pack(">hIh", 1, 1000, 16) + extended(RATE) + b"zzzz\0\0", order=">") + SAMPLES,
        order=">",
    ),
}

FLACS: Mapping[str, bytes] = {
    **{f"flac cut to {size} bytes": flac(audio=silent_frame(0, 1))[:size] for size in (4, 8, 30, 42, 44, 50)},
    "flac that claims 2^36-1 samples": flac(frames=2**36 - 1),
    "flac that claims too much, with sound": b"fLaC"
    + metadata(0, streaminfo(frames=2**36 - 1, block=65535), last=True)
    + silent_frame(0, 1),
    "flac of rate 0": b"fLaC" + metadata(0, streaminfo(sr=0), last=True) + silent_frame(0, 1),
    "flac of rate 655,350": b"fLaC" + metadata(0, streaminfo(sr=655_350), last=True) + silent_frame(0, 1),
    "flac of 4 bits": b"fLaC" + metadata(0, streaminfo(bits=4), last=True) + silent_frame(0, 1),
    "flac of blocks of 0": b"fLaC" + metadata(0, streaminfo(block=0), last=True) + silent_frame(0, 1),
    "flac whose least block is the largest": b"fLaC" + metadata(0, streaminfo(least=65535), last=True),
    "flac whose first block of metadata is 16 MB": b"fLaC" + metadata(0, streaminfo(), size=2**24 - 1),
    "flac of 60,000 empty blocks of metadata": flac(*[metadata(1, b"")] * 60_000),
    "flac whose seek table is 16 MB": flac(metadata(3, b"\xff" * 36, last=True, size=2**24 - 1)),
    "flac with 2^32-1 comments": flac(metadata(4, struct.pack("<II", 0, 2**32 - 1), last=True)),
    "flac whose picture is 4 GB": flac(metadata(6, b"\xff" * 32, last=True)),
    "flac of nothing but sync words": flac(audio=b"\xff\xf8" * 50_000),
    "flac with broken checksums": flac(audio=silent_frame(0, 1)[:-2] + b"\0\0"),
}

_HEADED = page(vorbis_head(), flags=2)

OGGS: Mapping[str, bytes] = {
    "ogg without anything": page(b"", flags=2),
    "ogg of one head": _HEADED,
    "ogg with a wrong checksum": page(vorbis_head(), flags=2, right=False),
    "ogg of 0 channels": page(vorbis_head(channels=0), flags=2),
    "ogg of 255 channels": page(vorbis_head(channels=255), flags=2),
    "ogg of rate 0": page(vorbis_head(sr=0), flags=2),
    "ogg of rate 2^31": page(vorbis_head(sr=2**31), flags=2),
    "ogg of blocks of 2^15": page(vorbis_head(blocks=0xFF), flags=2),
    "ogg with 2^32-1 comments": _HEADED + page(vorbis_comment(2**32 - 1), number=1),
    "ogg without setup": _HEADED + page(vorbis_comment(0), number=1) + page(b"\x05vorbis", number=2),
    "ogg of 20,000 empty pages": _HEADED + page(b"", number=1) * 20_000,
    "ogg whose page is cut": _HEADED[:40],
    "ogg of 3,000 streams": b"".join(page(vorbis_head(), flags=2, serial=serial) for serial in range(3000)),
    "ogg of opus without channels": page(opus_head(channels=0), flags=2),
    "ogg of opus without tags": page(opus_head(), flags=2),
    "ogg of speex": page(b"Speex   1.2" + bytes(69), flags=2),
    "ogg of video": page(b"\x80theora\3\2\1" + bytes(32), flags=2),
    "ogg of flac": page(b"\x7fFLAC\1\0\0\1" + flac(), flags=2),
}

MP3S: Mapping[str, bytes] = {
    "mp3 of one frame without sound": mp3_frames(1),
    "mp3 of sync words": b"\xff\xfb" * 50_000,
    "mp3 of no bit rate": mp3_frames(20, head=0xFFFB0064),
    "mp3 of a forbidden bit rate": mp3_frames(20, head=0xFFFBF064),
    "mp3 of a forbidden rate": mp3_frames(20, head=0xFFFB9C64),
    "mp3 that claims 2^32-1 frames": xing(2**32 - 1, 2**32 - 1) + mp3_frames(3),
    "mp3 behind tags of 256 MB": id3(2**28 - 1) + mp3_frames(3),
    "mp3 cut in its frame": mp3_frames(1)[:100],
    "mp3 of tags in tags": id3(10) * 20_000,
    "mp3 of 3,000 broken frames": mp3_frames(3)
    + (b"\xff\xfb\x90\x64" + bytes(range(255, 100, -1)) * 2 + bytes(103)) * 3000,
}

OTHERS: Mapping[str, bytes] = {
    "nothing": b"",
    "one byte": b"R",
    "zeros": bytes(100_000),
    "text": b"hello\n" * 100,
    "random bytes": np.random.default_rng(3).bytes(50_000),
    "web page": b"<!DOCTYPE html><html><body>404</body></html>",
    "zip": b"PK\3\4\x14" + bytes(200),
    "gzip": zlib.compress(bytes(10_000), wbits=31),
    "program": b"\x7fELF\2\1\1" + bytes(200),
    "mpeg 4": b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0" + bytes(200),
    "midi": b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0",
    "au that claims 4 GB": b".snd" + struct.pack(">IIIII", 24, FOUR_GB, 3, RATE, 1) + SAMPLES,
    "caf that claims 2^63-1 bytes": caf(2**63 - 1),
    "caf of size -1": caf(-1),
    "caf of size -2^63": caf(-(2**63)),
    "wave64 of 2^63 bytes": w64(2**63),
    "wave64 of size 0": w64(0),
    "voc": b"Creative Voice File\x1a\x1a\0\x0a\1\x29\x11" + b"\1\xff\xff\xff" + bytes(100),
    "iff 8svx": chunk(b"FORM", b"8SVX" + chunk(b"VHDR", bytes(20), order=">"), order=">"),
    "matlab": b"MATLAB 5.0 MAT-file" + bytes(105) + b"\0\1IM" + b"\x0e\0\0\0\xff\xff\xff\x7f",
    "sound designer": b"\0" * 65 + b"\x25Sd2f" + bytes(100),
}

BOMBS: Mapping[str, Callable[[], bytes]] = {
    "flac bomb of 1.4 GB": flac_bomb,
    "flac bomb that breaks off": lambda: flac_bomb()[:-5000] + b"\xff\xf8",
}

# What lies without consequence, and is read as it is
HARMLESS = {
    "wav of 12 bits",
    "wav of block align 0",
    "wav of block align 65535",
    "rf64 of 2^63 bytes",
    "flac of blocks of 0",
    "mp3 of no bit rate",
    "mp3 of 3,000 broken frames",
}

SUFFIXES = {
    "wav": ".wav",
    "rf64": ".wav",
    "aiff": ".aiff",
    "aifc": ".aiff",
    "flac": ".flac",
    "ogg": ".ogg",
    "mp3": ".mp3",
}

CONTENTS: Mapping[str, Callable[[], bytes]] = {
    **{
        name: partial(bytes, content)
        for kinds in (WAVS, AIFFS, FLACS, OGGS, MP3S, OTHERS)
        for name, content in kinds.items()
    },
    **BOMBS,
}


def _file(path: Path, name: str) -> None:
    path.write_bytes(CONTENTS[name]())


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(path))  # the name of a socket is short


def _sparse(path: Path) -> None:
    """A WAV of a terabyte that takes no room: an RF64 whose sizes are right."""
    size = 2**40
    head = riff(chunk(b"ds64", struct.pack("<QQQI", size, size - 100, size // 2 - 50, 0)), fmt(), name=b"RF64")
    with path.open("wb") as file:
        file.write(head[:4] + b"\xff" * 4 + head[8:] + b"data\xff\xff\xff\xff")
        file.truncate(size)


SPECIAL: Mapping[str, Callable[[Path], None]] = {
    "fifo": os.mkfifo,
    "folder with a sound's name": Path.mkdir,
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "link to nothing": lambda path: path.symlink_to("gone.wav"),
    "link to a sound elsewhere": lambda path: path.symlink_to("/usr/share/sounds/x.wav"),
    "socket": _socket,
    "terabyte of zeros": _sparse,
    "gone": lambda _: None,
}


def make(folder: Path) -> dict[str, Path]:
    """Make one file of each kind in `folder`, and return their paths."""
    paths = {}
    for name in CONTENTS:
        paths[name] = folder / f"{name.replace('/', ' ')}{SUFFIXES.get(name.split()[0], '.wav')}"
        _file(paths[name], name)
    for name, build in SPECIAL.items():
        paths[name] = folder / f"{name}.wav"
        build(paths[name])
    return paths
