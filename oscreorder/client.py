"""A small client of the daemon: one request, its replies, its end.  Built on python-osc's client.

``oscreorder send`` is this; a Python program can use it too::

    with Client(port=57140) as client:
        for message in client.request("load", "violin", "sounds/violin.flac"):
            print(message)
"""

import secrets
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from pythonosc.udp_client import SimpleUDPClient

from oscreorder.errors import OscReorderError, WireError
from oscreorder.osc.commands import COMMANDS, DEFAULT_PORT
from oscreorder.osc.wire import Message, decode

PREFIX = "/oscreorder/"
_ENDS = {f"{PREFIX}done", f"{PREFIX}error"}


class NoAnswerError(OscReorderError):
    """The daemon did not answer in time."""


class Client:
    """Sends requests to a daemon and yields what it answers.

    Parameters
    ----------
    host, port
        Where the daemon listens.
    timeout_s : float, seconds
        How long to wait for the next message of an answer; work tells its progress each second.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = DEFAULT_PORT, *, timeout_s: float = 5.0) -> None:
        self._where = f"{host}:{port}"
        self._osc = SimpleUDPClient("127.0.0.1" if host == "localhost" else host, port)
        self._timeout_s = timeout_s
        # Not the ids of a client that was here a moment ago: the daemon answers a repeated request, and does not run it
        self._id = secrets.randbelow(2**23)
        self._registered = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the registration and close the socket."""
        if self._registered:
            self._osc.send_message(f"{PREFIX}notify", [self._id + 1, 0])
        self._osc.close()

    def request(self, command: str, *arguments: float | str | bytes) -> Iterator[Message]:
        """Send a request under a fresh id and yield its replies; the last one is its ``done`` or ``error``.

        Commands that only an error answers, ``stream/target`` and ``stream/set``, yield that error or nothing.

        Parameters
        ----------
        command : str
            With or without ``/oscreorder/`` before it.
        *arguments
            What follows the id; ``param/<name>`` has no id, and is answered by one message; those that only an error
            answers begin with the stream.

        Raises
        ------
        NoAnswerError
            No message came for `timeout_s`.
        """
        name = command.removeprefix(PREFIX)
        # Registered, so that no other client of this machine, one that replies fall back to, gets ours; but a stream
        # would end with the registration, and what a shell begins shall outlast its command.
        if not self._registered and not name.startswith("stream/"):
            self._registered = True
            for _ in self.request("notify", 1):
                pass
        self._id += 1
        if name in COMMANDS and COMMANDS[name].silent:
            yield from self._silent(name, *arguments)
            return
        if name.startswith("param/"):
            self._osc.send_message(PREFIX + name, list(arguments))
        else:
            self._osc.send_message(PREFIX + name, [self._id, *arguments])
        for message in self._messages(name):
            yield message
            if message.address in _ENDS or name.startswith("param/"):
                return

    def _silent(self, name: str, *arguments: float | str | bytes) -> Iterator[Message]:
        """Send what only an error answers, and a ping behind it: when that is answered, no error comes any more."""
        self._osc.send_message(PREFIX + name, list(arguments))
        self._osc.send_message(f"{PREFIX}ping", [self._id])
        for message in self._messages("ping", beside=name):
            if message.address == f"{PREFIX}error":
                yield message
                return
            if message.address == f"{PREFIX}done":
                return

    def _messages(self, name: str, *, beside: str = "") -> Iterator[Message]:
        """Yield what answers this request, and errors of a command `beside` it, until nothing came for the time-out."""
        deadline = time.monotonic() + self._timeout_s
        while (left := deadline - time.monotonic()) > 0:
            for message in _decoded(self._osc.receive(timeout=left)):
                refused = message.address == f"{PREFIX}error" and message.arguments[:1] == (beside,)
                if refused or self._answers(message, name):
                    deadline = time.monotonic() + self._timeout_s
                    yield message
        raise NoAnswerError(
            f"no answer from {self._where} for {self._timeout_s:g} s; is the daemon running there? "
            "Start it with: oscreorder serve"
        )

    def _answers(self, message: Message, name: str) -> bool:
        if name.startswith("param/"):
            return _answers_parameter(message, name)
        # the id stands first in rows, and behind the command in the other replies; the heartbeat's count is no id
        place = 1 if message.address.removeprefix(PREFIX) in {"done", "error", "progress", "notice"} else 0
        return message.address != f"{PREFIX}alive" and message.arguments[place : place + 1] == (self._id,)


def _decoded(datagram: bytes) -> list[Message]:
    try:
        return [timed.message for timed in decode(datagram)]
    except WireError:
        return []


def _answers_parameter(message: Message, name: str) -> bool:
    if message.address == f"{PREFIX}error":
        return message.arguments[:1] == (name,)
    return message.address == f"{PREFIX}param" and message.arguments[:1] == (name.removeprefix("param/"),)
