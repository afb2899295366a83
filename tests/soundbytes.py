"""Sound files as bytes, built field by field, so that each field may lie."""

import struct
from functools import cache
from typing import Any

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
