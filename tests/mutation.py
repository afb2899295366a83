"""Structured, mutated packets without end: built field by field like right ones, then spoiled.

Plain random bytes never find what sizes do, and whole words that are overwritten find it soonest.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import packets

from oscreorder.osc.commands import COMMANDS, PREFIX
from oscreorder.parameters import PARAMETERS

INTS = (0, 1, -1, 4, -4, 8, -8, 12, -16, 20, 64, -64, 2**31 - 1, -(2**31), 0x2F610000, 0x2C690000)
TAGS = "ifsbhdtcmrTFNI[]zS"
TEXTS = (
    b"/a", b"/render", b"", b"x" * 40, b"\xff\xfe", "é漢".encode(), b"../../etc/passwd", b"a.wav", b"power_db", b"a b",
    b"grain", b"point", b"/oscreorder/*", b"\xed\xa0\x80", b"%s%n",
)  # fmt: skip

# quit ends the daemon, and notify sends its replies to other ports: both are sent in tests of their own
REQUESTS = [spec for name, spec in COMMANDS.items() if name not in {"quit", "notify"}]
ADDRESSES = (
    *(spec.address.removesuffix("/<name>").encode() for spec in REQUESTS),
    *(f"{PREFIX}/param/{name}".encode() for name in PARAMETERS),
    *(name.encode() for name in PARAMETERS),
)
VALUES: Mapping[str, Sequence[int | str]] = {
    "int": (0, 1, 7, 50, -1), "switch": (0, 1, 2), "word": ("a", "b", "c d", "12"), "value": (0, 1, 512, "pca"),
    "path": ("a.wav", "b.wav", "*.wav", ".", "../a.wav", "gone.wav", "x.csv"),
}  # fmt: skip
PLACES = (("grain", 3), ("point", 0.5, 0.25), ("vector", 1.0, 2.0, 3.0), ("grain",), ("cheese", 1))


class Mutator:
    """Makes packets; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - not for secrets
        self._fields: Mapping[str, Callable[[], bytes]] = {
            "i": self._word, "f": self._word, "r": self._word, "m": self._word, "c": self._word,
            "h": lambda: self._word() + self._word(), "d": lambda: self._word() + self._word(),
            "t": lambda: self._word() + self._word(), "s": self._string, "S": self._string, "b": self._blob,
        }  # fmt: skip

    def packet(self) -> bytes:
        """Return the next one."""
        made = self._bundle(0) if self._random.random() < 0.3 else self._message()
        return self._spoiled(made)[:65507]

    def _pick(self, choices: Sequence[bytes]) -> bytes:
        return choices[int(self._random.random() * len(choices))]

    def _int(self) -> int:
        number = self._random.random()
        return INTS[int(number * 2 * len(INTS))] if number < 0.5 else self._random.getrandbits(32) - 2**31

    def _word(self) -> bytes:
        return packets.int32(self._int())

    def _string(self) -> bytes:
        return packets.string(self._pick(ADDRESSES if self._random.random() < 0.3 else TEXTS))

    def _blob(self) -> bytes:
        content = self._random.randbytes(int(self._random.random() * 24))
        if self._random.random() < 1 / 3:
            return self._word() + content
        return packets.blob(content)

    def _request(self) -> bytes:
        """Return a command of ours with its id, its arguments and some options, most of them right."""
        spec = self._random.choice(REQUESTS)
        values: list[Any] = [int(self._random.random() * 100)]
        values += [self._random.choice(VALUES[argument.kind]) for argument in spec.arguments]
        values += self._random.choice(PLACES) if spec.placed else ()
        for name in self._random.sample(spec.options, k=min(len(spec.options), int(self._random.random() * 3))):
            values += name, self._random.choice((0, 1, 4, 0.5, 512, -1, *PARAMETERS[name].choices))
        tags = "".join("s" if isinstance(value, str) else "f" if isinstance(value, float) else "i" for value in values)
        written: Mapping[str, Callable[[Any], bytes]] = {
            "s": packets.string, "f": packets.float32, "i": packets.int32,
        }  # fmt: skip
        address = (
            f"{PREFIX}/{spec.name}" if spec.identified else f"{PREFIX}/param/{self._random.choice((*PARAMETERS,))}"
        )
        payload = b"".join(written[tag](value) for tag, value in zip(tags, values, strict=True))
        return packets.message(address, tags, payload)

    def _message(self) -> bytes:
        if self._random.random() < 0.5:
            return self._request()
        address = self._pick(ADDRESSES if self._random.random() < 0.6 else TEXTS)
        if self._random.random() < 0.1:
            return packets.string(address) + self._word()
        tags = "".join(self._random.choices(TAGS, k=int(self._random.random() * 9)))
        if self._random.random() < 0.5:  # an id, where our commands have one
            tags = "i" + tags
        return packets.message(address, tags, b"".join(self._fields[tag]() for tag in tags if tag in self._fields))

    def _bundle(self, depth: int) -> bytes:
        timetag = (packets.IMMEDIATELY, packets.LAST, self._random.getrandbits(64))[int(self._random.random() * 3)]
        made = packets.head(timetag)
        for _ in range(int(self._random.random() * 5)):
            inner = depth < 9 and self._random.random() < 0.3
            element = self._bundle(depth + 1) if inner else self._message()
            size = self._int() if self._random.random() < 0.1 else len(element)
            made += packets.int32(size) + element
        return made

    def _spoiled(self, made: bytes) -> bytes:
        """Return a packet after up to four accidents."""
        packet = bytearray(made)
        for _ in range(max(0, int(self._random.random() * 7) - 2)):
            at = int(self._random.random() * (len(packet) + 1))
            accident = self._random.random()
            if accident < 0.4:
                packet[at & ~3 : (at & ~3) + 4] = self._word()
            elif accident < 0.6:
                packet[at : at + 1] = self._random.randbytes(1)
            elif accident < 0.75:
                del packet[at : at + self._size()]
            elif accident < 0.9:
                packet[at:at] = self._random.randbytes(self._size())
            else:
                del packet[at:]
        return bytes(packet)

    def _size(self) -> int:
        """Return 1 to 8; mostly a multiple of 4, which leaves more of the packet standing."""
        number = self._random.random()
        return 4 if number < 0.4 else 8 if number < 0.7 else 1 + int(number * 8)
