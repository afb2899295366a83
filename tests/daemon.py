"""A small blocking client of the daemon on our own codec, and daemons that are started for tests.

Real daemons come from `programs.Daemon`; `fake_daemon` starts one whose jobs are those of `jobfunctions`, so that a
test decides how long they last and how they end.
"""

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from programs import Program

from oscreorder.osc.wire import IMMEDIATELY, Argument, Message, decode, encode, encode_bundle, ntp

PATIENCE_S = 20.0
PREFIX = "/oscreorder/"

FAKE_WORK = """
import sys
import jobfunctions
from oscreorder.daemon.server import serve
from oscreorder.parameters import Settings

{before}
if __name__ == "__main__":
    out = sys.argv[1]
    sys.exit(serve(
        host="127.0.0.1", port=0, roots=[out], out=out, settings=Settings(), workers=2, carry_out=jobfunctions.fake_work
    ))
"""


class Client:
    """A socket that sends requests to a daemon and reads what comes back."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._daemon = (host, port)
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send_bytes(self, datagram: bytes) -> None:
        self._socket.sendto(datagram, self._daemon)

    def send(self, command: str, *arguments: Argument) -> None:
        self.send_bytes(encode(PREFIX + command, *arguments))

    def send_bundle(self, *requests: tuple[str, int], ahead_s: float) -> None:
        """Send requests, each a command with its id, in a bundle that is due in a while."""
        messages = [encode(PREFIX + command, request_id) for command, request_id in requests]
        self.send_bytes(encode_bundle(ntp(time.time() + ahead_s), messages))

    def send_nested(self, request: tuple[str, int], *, depth: int) -> None:
        """Send a request inside so many bundles."""
        packet = encode(PREFIX + request[0], request[1])
        for _ in range(depth):
            packet = encode_bundle(IMMEDIATELY, [packet])
        self.send_bytes(packet)

    def receive(self, timeout_s: float = PATIENCE_S) -> Message:
        """Return the next message; TimeoutError if none comes."""
        self._socket.settimeout(timeout_s)
        (timed,) = decode(self._socket.recv(65536))
        return timed.message

    def until(self, kind: str, request_id: int | None = None, timeout_s: float = PATIENCE_S) -> list[Message]:
        """Return all messages up to the first of this kind, such as ``done``, and of this id if one is given."""
        deadline = time.monotonic() + timeout_s
        heard: list[Message] = []
        while True:
            heard.append(self.receive(max(deadline - time.monotonic(), 0.001)))
            of_this_id = request_id is None or heard[-1].arguments[1:2] == (request_id,)
            if heard[-1].address == PREFIX + kind and of_this_id:
                return heard

    def ask(self, command: str, request_id: int, *arguments: Argument) -> Message:
        """Send a request and return its ``done`` or ``error``; what comes before is dropped."""
        self.send(command, request_id, *arguments)
        return self.end_of(request_id)

    def end_of(self, request_id: int) -> Message:
        """Return the next ``done`` or ``error`` of a request."""
        while True:
            heard = self.receive()
            if heard.address in {PREFIX + "done", PREFIX + "error"} and heard.arguments[1] == request_id:
                return heard


@contextmanager
def fake_daemon(folder: Path, *, before: str = "") -> Iterator[tuple[Program, Client]]:
    """Start a daemon whose jobs are fake and whose folders lie in `folder`; `before` is code that runs first."""
    out = folder / "out"
    out.mkdir()
    environment = {"PYTHONPATH": ":".join([str(Path(__file__).parent), *sys.path]), "XDG_CACHE_HOME": str(folder)}
    command = (sys.executable, "-c", FAKE_WORK.format(before=before), out)
    with Program(*command, environment=environment) as daemon:
        port = int(daemon.wait_for(r"^oscreorder listening on 127\.0\.0\.1:(\d+)$")[1])
        with Client(port) as client:
            yield daemon, client
