"""Bad sound files, built field by field: headers that lie, bombs, loops, cuts, and what is no sound at all.

`CONTENTS` maps the name of each kind to what makes its bytes; `SPECIAL` are those that are no regular files.  Most
lies, and `BOMBS`, are small files that ask for gigabytes.
"""

import os
import socket
import struct
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from soundbytes import (
    FOUR_GB,
    RATE,
    SAMPLES,
    WHOLE_WAV,
    aiff,
    bits_of,
    caf,
    chunk,
    extended,
    flac,
    flac_bomb,
    floats,
    fmt,
    id3,
    metadata,
    mp3_frames,
    opus_head,
    page,
    rf64,
    riff,
    silent_frame,
    streaminfo,
    vorbis_comment,
    vorbis_head,
    w64,
    wav,
    xing,
)

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
