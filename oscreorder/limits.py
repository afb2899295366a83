"""The table of limits: what no message, file or job may exceed, and the words in which that is told.

Fields of `Limits` are the rows; ``oscreorder serve --limit NAME=VALUE`` changes one, ``oscreorder doctor`` and
``/oscreorder/status id 1`` show them.  Whatever would exceed one is refused with an error of code 6 that names it, but
for packets: those are counted and not answered.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from oscreorder.errors import LimitError, ParameterError


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of the table."""

    name: str
    default: int
    unit: str
    help: str
    maximum: int


def _row(default: int, unit: str, help: str, *, most: int) -> Any:  # noqa: A002 - the column's name
    return field(default=default, metadata={"unit": unit, "help": help, "maximum": most})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A value for each limit, all whole numbers of at least 1 (`memory_mb`: 0 is allowed).

    Raises
    ------
    ParameterError
        A value is out of range.
    """

    packet_bytes: int = _row(65507, "bytes", "a datagram", most=65507)
    nesting: int = _row(8, "levels", "bundles inside bundles", most=64)
    elements: int = _row(1024, "", "messages and bundles in a datagram", most=16384)
    arguments: int = _row(4096, "", "arguments of a message", most=16384)
    pending: int = _row(1024, "", "requests of bundles that wait for their time", most=1 << 20)
    jobs: int = _row(64, "", "jobs that wait for a worker", most=1 << 16)
    job_s: int = _row(4 * 3600, "s", "a job, from its start to its end", most=1 << 20)
    memory_mb: int = _row(0, "MB", "memory of a worker; 0: three quarters of the machine's", most=1 << 24)
    corpora: int = _row(256, "", "corpora", most=1 << 16)
    sounds: int = _row(20000, "", "sounds of a corpus", most=60000)
    grains: int = _row(3_000_000, "", "grains of a corpus", most=1 << 24)
    seconds: int = _row(24 * 3600, "s", "a sound", most=7 * 24 * 3600)
    channels: int = _row(64, "", "channels of a sound", most=1024)
    rate_hz: int = _row(192_000, "Hz", "sample rate of a sound", most=768_000)
    sound_mb: int = _row(16384, "MB", "samples of a sound, as float32", most=1 << 24)
    peers: int = _row(64, "", "peers under notify", most=4096)
    packets_per_s: int = _row(2000, "1/s", "messages from a host beyond loopback", most=1 << 20)
    streams: int = _row(64, "", "streams that play", most=1024)
    voices: int = _row(512, "", "grains that the daemon sounds at once; the oldest gives way", most=16384)

    def __post_init__(self) -> None:
        for name, row in LIMITS.items():
            value = getattr(self, name)
            least = 0 if row.default == 0 else 1
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= row.maximum:
                allowed = f"{least} to {row.maximum} {row.unit}".strip()
                raise ParameterError(f"limit {name}: {value!r:.60} is not allowed; it takes {allowed}")

    def check(self, name: str, came: int, what: str) -> None:
        """Accept `came` of something; LimitError, in which `what` says whose it is, where that is too much."""
        allowed = getattr(self, name)
        if came > allowed:
            raise LimitError(exceeded(name, f"{what}: {came}", allowed))

    def changed(self, changes: Mapping[str, int]) -> "Limits":
        """Return a copy with other values; ParameterError where one is unknown or out of range."""
        for name in changes:
            if name not in LIMITS:
                near = difflib.get_close_matches(name, LIMITS, n=1)
                hint = f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(LIMITS)}"
                raise ParameterError(f'there is no limit "{name[:60]}"{hint}')
        return replace(self, **changes)


LIMITS: Mapping[str, Limit] = {
    each.name: Limit(each.name, int(str(each.default)), **each.metadata) for each in fields(Limits)
}


DEFAULTS = Limits()


def exceeded(name: str, what: str, allowed: int) -> str:
    """Return the text of an error: what came, which limit it exceeds, and how that is raised."""
    unit = f" {LIMITS[name].unit}" if LIMITS[name].unit else ""
    return f"{what}; the limit {name} is {allowed}{unit} (serve --limit {name}=N changes it)"
