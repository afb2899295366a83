"""The daemon's UDP socket, and what `doctor` asks of such."""

import contextlib
import errno
import socket
import struct
import sys
from collections.abc import Iterator, Sequence

from oscreorder.errors import BusyError, OscReorderError, ParameterError

RECEIVE_BUFFER = 4 * 2**20
UDP_SEGMENT = 103
TOGETHER, TOGETHER_BYTES = 64, 60_000
_TAKEN = frozenset((errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", -1)))
_FORBIDDEN = frozenset((errno.EACCES, errno.EPERM, getattr(errno, "WSAEACCES", -1)))


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a UDP socket that listens; `port` 0 takes a free one.

    Raises
    ------
    BusyError
        The port is taken.
    ParameterError
        The host is not an address of this machine, or the port is not allowed.
    """
    if not 0 <= port <= 65535:  # noqa: PLR2004 - the range of ports
        raise ParameterError(f"port: {port} is not allowed; it takes 0 to 65535")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    except (OSError, UnicodeError) as error:
        raise ParameterError(f'host: "{host}" is not an address of this machine: {error}') from error
    bound = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if sys.platform == "win32":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        enlarge(bound)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise _refusal(error, host, port) from error
    bound.setblocking(False)  # noqa: FBT003 - the socket's own interface
    return bound


def enlarge(bound: socket.socket) -> None:
    """Ask for a receive buffer that holds a burst of 10,000 messages, or as much of it as the system gives."""
    size = RECEIVE_BUFFER
    while size > RECEIVE_BUFFER // 64:
        with contextlib.suppress(OSError):
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
            return
        size //= 2


def runs(datagrams: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Cut datagrams into what may be sent together: equally long ones, and behind them one that may be shorter."""
    first = total = 0
    for place, datagram in enumerate(datagrams):
        size, before = len(datagrams[first]), len(datagrams[max(place - 1, first)])
        total += len(datagram)
        if before != size or len(datagram) > size or place - first >= TOGETHER or total > TOGETHER_BYTES:
            yield datagrams[first:place]
            first, total = place, len(datagram)
    if datagrams:
        yield datagrams[first:]


def send_together(bound: socket.socket, datagrams: Sequence[bytes], address: tuple[str, int]) -> bool:
    """Send a run of datagrams by one call, where the system can (Linux); return whether that was done.

    A program that waits for them is then woken once, and not by each before the next is sent.
    """
    if sys.platform != "linux" or len(datagrams) == 1:
        return False
    size = struct.pack("=H", len(datagrams[0]))
    try:
        bound.sendmsg([b"".join(datagrams)], [(socket.IPPROTO_UDP, UDP_SEGMENT, size)], 0, address)
    except OSError:  # too large for the way, a full buffer, an old kernel: one by one it may go, or be told
        return False
    return True


def receive_buffer() -> tuple[int, int]:
    """Return how large a receive buffer is asked for, and how large one is granted, in bytes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        enlarge(trial)
        granted = trial.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    return RECEIVE_BUFFER, granted // 2 if sys.platform == "linux" else granted  # Linux tells twice what was asked


def port_free(host: str, port: int) -> bool:
    """Return whether a daemon could listen there."""
    try:
        bound_socket(host, port).close()
    except OscReorderError:
        return False
    return True


def _refusal(error: OSError, host: str, port: int) -> OscReorderError:
    if error.errno in _TAKEN or (error.errno in _FORBIDDEN and sys.platform == "win32"):
        return BusyError(
            f"port {port} of {host} is taken, perhaps by another oscreorder: end that one, or take a free port "
            "with --port 0"
        )
    if error.errno in _FORBIDDEN:
        return ParameterError(f"port: {port} of {host} is reserved by the system; take one from 1024 on")
    return ParameterError(f"host: cannot listen on {host}, port {port}: {error.strerror}")
