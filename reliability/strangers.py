"""What a host beyond loopback gets that never registered: how much for its bytes, and to which ports.

    python -m reliability.strangers

All of it happens in a network namespace that the script makes for itself with ``unshare`` (as root, or where users may
make their own), whose addresses are of 192.0.2.0/24, which no real host has: no packet leaves the machine, and nothing
is left when the script ends.  For the daemon 192.0.2.2 is a host beyond loopback like any other.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from daemon import Client
from programs import REPOSITORY, Program
from soundbytes import WHOLE_WAV

from oscreorder.osc.commands import COMMANDS, PREFIX, CommandSpec
from oscreorder.osc.wire import Argument, Message, decode, encode, encode_bundle
from oscreorder.parameters import PARAMETERS

DAEMON, STRANGER, NETWORK, PORT = "192.0.2.1", "192.0.2.2", "192.0.2.0/24", 57140
AT_MOST = 3.0
PATIENCE_S = 30.0
LATER_S = 5.0
RESERVED = (1, 53, 123, 1023)
VALUES: Mapping[str, int | str] = {"int": 1, "switch": 1, "word": "a", "path": "a.wav", "value": 1}
UNKNOWN: Sequence[tuple[Argument, ...]] = ((), (1,), ("x" * 200,))
ADDRESSES = " && ".join(
    ["ip link set lo up", *(f"ip address add {host}/24 dev lo" for host in (DAEMON, STRANGER))],
)


@dataclass
class Figures:
    """What strangers got; `worst` is the largest ratio of reply to request, and for what."""

    requests: int = 0
    answered: int = 0
    worst: float = 0.0
    worst_request: str = ""
    sent: int = 0
    received: int = 0
    to_reserved_ports: int = 0
    to_own_port: int = 0
    without_allow: int = 0
    after_notify: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def broken(self) -> bool:
        """Whether a promise was."""
        others = self.to_reserved_ports + self.to_own_port + self.without_allow
        return bool(self.worst > AT_MOST or others or self.wrong or not self.answered)


class Stranger:
    """A socket of a host beyond loopback."""

    def __init__(self, *, port: int = 0, host: str = STRANGER) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        self._barrier = 2**23

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, datagram: bytes) -> None:
        """Send to the daemon."""
        self._socket.sendto(datagram, (DAEMON, PORT))

    def hear(self, patience_s: float = PATIENCE_S) -> bytes:
        """Return the next datagram; TimeoutError where none comes."""
        self._socket.settimeout(patience_s)
        return self._socket.recv(65536)

    def got(self, datagram: bytes) -> int:
        """Send a request, and return how many bytes came back before all earlier work had ended."""
        self._barrier += 1
        self.send(datagram)
        self.send(encode(f"{PREFIX}/sync", self._barrier))
        received = 0
        while not _ends(heard := self.hear(), self._barrier):
            received += len(heard)
        return received

    def silent(self) -> bool:
        """Return whether nothing has come."""
        self._socket.setblocking(False)  # noqa: FBT003 - the socket's own interface
        with suppress(BlockingIOError):
            return not self._socket.recv(65536)
        return True


def _ends(datagram: bytes, request_id: int) -> bool:
    message = decode(datagram)[0].message
    return message == Message(f"{PREFIX}/done", ("sync", request_id))


# What is asked


def requests() -> Iterator[tuple[str, bytes]]:
    """Yield requests of every command and parameter, right and wrong ones, and of what there is not."""
    number = 0
    for spec in COMMANDS.values():
        for variant in _variants(spec) if spec.identified and spec.name not in {"notify", "sync"} else ():
            number += 1
            arguments: list[Argument] = [number, *variant] if variant is not None else []
            yield f"{spec.name} {variant}", encode(spec.address, *arguments)
    for name, row in PARAMETERS.items():
        values: Sequence[tuple[Argument, ...]] = ((), (row.default,), ("no such value",), (1e30,), (1, 2))
        for value in values:
            yield f"param/{name} {value}", encode(f"{PREFIX}/param/{name}", *value)
    for address in ("", "/", "/x", "/lod", "/param/x", "/param/*", "/" + "x" * 60, "/" + "load" * 80):
        for unknown in UNKNOWN:
            yield f"{address[:20]} {str(unknown)[:20]}", encode(PREFIX + address, *unknown)
    ping, params = encode(f"{PREFIX}/ping", 1), encode(f"{PREFIX}/params", 1)
    yield "bundle of pings", encode_bundle(1, [ping] * 30)
    yield "bundle of params", encode_bundle(1, [params] * 30)
    yield "ping without tags", f"{PREFIX}/ping".encode().ljust(20, b"\0")
    yield "garbage", b"garbage!"


def _variants(spec: CommandSpec) -> Iterator[Sequence[Argument] | None]:
    right: list[Argument] = [VALUES[argument.kind] for argument in spec.arguments]
    placed: list[Argument] = ["grain", 0] if spec.placed else []
    yield None
    yield ()
    yield (*right, *placed)
    yield (*right, *placed, "seed" if "seed" in spec.options else "no_such_option", 7)
    yield ("x" * 300, *right)
    if spec.placed:
        yield (*right, "point", 0.5, 0.5, "k", 200)


# What is measured


def inside() -> Figures:
    """Measure, in a namespace with both addresses."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "a.wav").write_bytes(WHOLE_WAV)
        with _daemon(root, "--host", DAEMON, "--allow", NETWORK):
            _weigh(figures)
            _listen_at_ports(figures)
            _register(figures)
        with _daemon(root, "--host", "0.0.0.0"):  # noqa: S104 - in a namespace of our own
            _knock(figures)
    return figures


def _weigh(figures: Figures) -> None:
    with Stranger() as stranger:
        for command in ("load", "analyse"):
            arguments = ("a", "a.wav") if command == "load" else ("a",)
            stranger.got(encode(f"{PREFIX}/{command}", 2**22, *arguments))
        for what, datagram in requests():
            received = stranger.got(datagram)
            figures.requests += 1
            figures.answered += received > 0
            figures.sent += len(datagram)
            figures.received += received
            if received / len(datagram) > figures.worst:
                figures.worst, figures.worst_request = received / len(datagram), what


def _listen_at_ports(figures: Figures) -> None:
    """Ask from reserved ports and from the daemon's own, have replies sent to such, and look whether any came."""
    ping = encode(f"{PREFIX}/ping", 1)
    with Stranger() as witness:
        for port in (*RESERVED, PORT):
            with Stranger(port=port) as knocking:
                knocking.send(ping)
                for number, asked in ((1, port), (2, PORT)):
                    witness.send(encode(f"{PREFIX}/notify", number, 1, asked))
                witness.got(ping)
                heard = not knocking.silent()
                figures.to_reserved_ports += heard and port != PORT
                figures.to_own_port += heard and port == PORT


def _register(figures: Figures) -> None:
    """Register, and weigh what one packet brings until the first heartbeat: this is what a lease costs."""
    with Stranger() as stranger:
        request = encode(f"{PREFIX}/notify", 1, 1)
        stranger.send(request)
        answer, beat = stranger.hear(), stranger.hear(LATER_S)
        if decode(beat)[0].message.address != f"{PREFIX}/alive":
            figures.wrong.append(f"instead of a heartbeat came {beat!r}")
        figures.after_notify = len(answer) / len(request)
        stranger.send(encode(f"{PREFIX}/notify", 2, 0))


def _knock(figures: Figures) -> None:
    """Send without being allowed; whether that has arrived is asked over loopback."""
    with Stranger() as stranger, Client(PORT) as client:
        sent = [datagram for _, datagram in requests()]
        for datagram in sent:
            stranger.send(datagram)
        taken = client.ask("status", 1).arguments[6]
        if taken != len(sent) + 1:
            figures.wrong.append(f"{len(sent)} packets were sent, and {taken!r} have come")
        figures.without_allow = int(not stranger.silent())
        if client.ask("corpora", 2).arguments[-1] != 0:
            figures.wrong.append("a host that is not allowed has loaded a corpus")


@contextmanager
def _daemon(folder: Path, *arguments: str) -> Iterator[None]:
    folders = ("--root", str(folder), "--out", str(folder), "--audio", "none", "--workers", "1")
    serve = (sys.executable, "-m", "oscreorder", "serve", "--port", str(PORT), *arguments, *folders)
    with Program(*serve, environment={"XDG_CACHE_HOME": str(folder)}) as program:
        program.wait_for(r"^oscreorder listening on ")
        yield


def measure() -> Figures:
    """Measure in a fresh namespace; RuntimeError where the system lets us make none."""
    user = () if os.geteuid() == 0 else ("--map-root-user",)
    command = f'{ADDRESSES} && exec "$@"'
    run = (
        "unshare",
        "--net",
        *user,
        "sh",
        "-c",
        command,
        "sh",
        sys.executable,
        "-m",
        "reliability.strangers",
        "--inside",
    )
    done = subprocess.run(run, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"no network namespace, or what runs in it failed; a container needs --cap-add SYS_ADMIN:\n{done.stderr}"
        )
    return Figures(**json.loads(done.stdout))


def main() -> int:
    """Measure, and return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inside", action="store_true", help="measure here, and print the figures as JSON")
    options = parser.parse_args()
    if options.inside:
        sys.stdout.write(json.dumps(asdict(inside())))
        return 0
    figures = measure()
    sys.stdout.write(
        f"{figures.requests} requests of an unregistered peer beyond loopback: {figures.answered} answered, "
        f"{figures.sent:,} bytes sent, {figures.received:,} received\n"
        f"  largest reply/request {figures.worst:.2f} ({figures.worst_request}); "
        f"notify {figures.after_notify:.2f}, and then a heartbeat each 2 s for its lease\n"
        f"  replies to reserved ports {figures.to_reserved_ports}, to the daemon's own port {figures.to_own_port}, "
        f"to hosts that are not allowed {figures.without_allow}; {figures.wrong or 'nothing else wrong'}\n"
    )
    return int(figures.broken)


if __name__ == "__main__":
    sys.exit(main())
