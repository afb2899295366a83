"""Packets made by hand, field by field and without our own codec: builders, and the hostile ones that have names.

`HOSTILE` must be refused or answered with an error, none may stop or delay a daemon; `VALID` are as strange but right.
"""

import struct
from collections.abc import Mapping

IMMEDIATELY = 1
LAST = 2**64 - 1
CLIENT = "/a"


def string(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return raw + b"\0" * (4 - len(raw) % 4)


def int32(number: int) -> bytes:
    return struct.pack(">i", number)


def float32(number: float) -> bytes:
    return struct.pack(">f", number)


def blob(content: bytes) -> bytes:
    return int32(len(content)) + content + b"\0" * (-len(content) % 4)


def message(address: str | bytes, tags: str | bytes | None = None, payload: bytes = b"") -> bytes:
    if tags is None:
        return string(address) + payload
    return string(address) + string(b"," + (tags.encode() if isinstance(tags, str) else tags)) + payload


def bundle(*elements: bytes, timetag: int = IMMEDIATELY) -> bytes:
    return head(timetag) + b"".join(int32(len(element)) + element for element in elements)


def head(timetag: int = IMMEDIATELY) -> bytes:
    return b"#bundle\0" + struct.pack(">Q", timetag)


def nested(depth: int, inner: bytes = message(CLIENT)) -> bytes:
    for _ in range(depth):
        inner = bundle(inner)
    return inner


HOSTILE: Mapping[str, bytes] = {
    "element size -4": head() + int32(-4),
    "element size -4, trailing bytes": head() + int32(-4) + bytes(8),
    "element size -8, trailing bytes": head() + int32(-8) + bytes(8),
    "element size -24, trailing bytes": head() + int32(-24) + bytes(8),
    "element size -20": head() + int32(-20),
    "element size -4 after a good message": head() + int32(4) + string("/a") + int32(-4),
    "jump back over a good message": head() + int32(4) + string("/a") + int32(-12),
    "element size 2^31-1": head() + int32(2**31 - 1),
    "element size -2^31": head() + int32(-(2**31)),
    "element size 1000 over a message of 12 bytes": head() + int32(1000) + message(CLIENT, "i", int32(1)),
    "element size 6": head() + int32(6) + string("/a") + bytes(4),
    "element size 0, 10,000 times": head() + int32(0) * 10_000,
    "garbage element": bundle(b"abcd"),
    "element cut inside the word bundle": bundle(b"#bun") + b"dle\0",
    "bundle without elements in a bundle, timetag cut": bundle(b"#bundle\0"),
    "truncated timetag": b"#bundle\0\0\0\0",
    "truncated timetag, 12 bytes": b"#bundle\0\0\0\0\0",
    "prefix only": b"#bundle\0",
    "size without element": head() + b"\0\0",
    **{f"nested {depth}": nested(depth) for depth in (9, 50, 100, 300, 400, 500, 600, 900, 3000)},
    "5,000 messages": bundle(*[string("/a")] * 5000),
    "latin-1 address": b"/\xff\xfe\0" + string(","),
    "latin-1 address, 4 bytes": b"/\x9e\0\0",
    "text that is not UTF-8": message(CLIENT, "s", b"\xff\xff\xff\0"),
    "latin-1 path": message(CLIENT, "s", string(b"caf\xe9.wav")),
    "latin-1 path to load": message("/oscreorder/load", "iss", int32(7) + string("a") + string(b"caf\xe9.wav")),
    "tags that are not UTF-8": string("/a") + b",\xff\xff\0",
    "tag \\xc3\\xa9": string("/a") + b",\xc3\xa9\0",
    "encoded surrogate": message(CLIENT, "s", b"\xed\xa0\x80\0"),
    "blob size -8": message(CLIENT, "b", int32(-8)),
    "blob size -8 with data": message(CLIENT, "b", int32(-8) + bytes(8)),
    "blob size -4, then an int": message(CLIENT, "bi", int32(-4) + int32(7)),
    "blob size 2^31-1": message(CLIENT, "b", int32(2**31 - 1)),
    "blob without size": message(CLIENT, "b"),
    "20,000 blobs of size -8": message(CLIENT, "b" * 20_000, int32(-8) * 10),
    "65,000 floats without data": message(CLIENT, "f" * 65_000),
    "65,000 ints without data": message(CLIENT, "i" * 65_000),
    "4,096 ints without data": message(CLIENT, "i" * 4096),
    "13,000 ints": message(CLIENT, "i" * 13_000, bytes(52_000)),
    "13,000 strings": message(CLIENT, "s" * 13_000, string("a") * 13_000),
    "65,000 N": message(CLIENT, "N" * 65_000),
    "65,000 T": message(CLIENT, "T" * 65_000),
    "65,000 [": message(CLIENT, "[" * 65_000),
    "one [": message(CLIENT, "["),
    "one ]": message(CLIENT, "]"),
    "32,000 [ and ]": message(CLIENT, "[" * 32_000 + "]" * 32_000),
    "1,500 [ and ]": message(CLIENT, "[" * 1500 + "]" * 1500),
    "65,000 unknown tags": message(CLIENT, "z" * 65_000),
    "4,096 unknown tags": message(CLIENT, "z" * 4096),
    "char, then an int": message(CLIENT, "ci", int32(97) + int32(7)),
    "sclang's char: the tag is the char": message(CLIENT, "x"),
    "symbol, then an int": message(CLIENT, "Si", string("sym") + int32(7)),
    "infinitum, then an int": message(CLIENT, "Ii", int32(7)),
    "timetag argument": message(CLIENT, "t", b"\xff" * 8),
    "not a number": message("/oscreorder/ping", "f", b"\x7f\xc0\0\0"),
    "infinite parameter": message("/oscreorder/param/amount", "f", b"\x7f\x80\0\0"),
    "int cut to 2 bytes": string("/a") + string(",i") + bytes(2),
    "int absent": message(CLIENT, "i"),
    "second int absent": message(CLIENT, "ii", int32(1)),
    "double cut to 4 bytes": message(CLIENT, "d", bytes(4)),
    "float cut to 1 byte": string("/a") + string(",f") + b"\x3f",
    "float absent": message(CLIENT, "f"),
    "string absent": message(CLIENT, "s"),
    "string without NUL": message(CLIENT, "s", b"abcd"),
    "bytes after the last argument": message(CLIENT, "i", int32(1) + int32(2)),
    "bytes after empty tags": message(CLIENT, "", int32(1)),
    "tags without NUL": string("/a") + b",iii",
    "no comma before the tags": string("/a") + string("i") + int32(0),
    "empty": b"",
    "a slash": b"/",
    "address without NUL": b"/abc",
    "address of 65,000 letters without NUL": b"/" + b"a" * 65_000,
    "no slash": message("abc", "i", int32(1)),
    "zeros": bytes(1000),
    **{
        f"pattern of {stars} stars": message("/oscreorder/param/" + "*" * stars + "z", "f", float32(1))
        for stars in (1, 4, 6, 8, 10, 12, 16, 24)
    },
    "60,000 stars": message("/oscreorder/" + "*" * 60_000),
    "200 braces": message("/oscreorder/" + "{,,,,,,,,}" * 200 + "z"),
    "60,000 [ in the address": message("/oscreorder/" + "[" * 60_000),
    "60,000 commas in braces": message("/oscreorder/{" + "," * 60_000 + "}"),
    "60,000 question marks": message("/oscreorder/" + "?" * 60_000),
    "unknown address of 60,000 letters": message("/oscreorder/" + "load" * 15_000),
    "option name of 60,000 letters": message(
        "/oscreorder/render", "isssi", int32(7) + string("a") + string("b") + string("load" * 15_000) + int32(1)
    ),
}

VALID: Mapping[str, bytes] = {
    "no tags": message(CLIENT),
    "empty tags": message(CLIENT, ""),
    "empty bundle": bundle(),
    "empty blob": message(CLIENT, "b", blob(b"")),
    "blob of 9,000 bytes": message(CLIENT, "b", blob(bytes(9000))),
    "blob of 60,000 bytes": message(CLIENT, "b", blob(bytes(60_000))),
    "nested 8": nested(8),
    "1,024 messages": bundle(*[string("/a")] * 1024),
    "4,096 ints": message(CLIENT, "i" * 4096, bytes(4 * 4096)),
    "bundle of 2036": bundle(message(CLIENT), timetag=LAST),
    "bundle of timetag 0": bundle(message(CLIENT), timetag=0),
    "bundle of 1900": bundle(message(CLIENT), timetag=2),
}
