"""The way in of datagrams: as many at a time as there are, and in a flood only the newest."""

import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

PORTION = 64
KEPT = 256
PATIENCE_S = 2.0
READING_S = 0.05
LARGEST = 65536

Datagram = tuple[bytes, Any]


class Inbox:
    """What waits at a socket.

    A burst is taken on whole, a portion at a time.  But where so much has come for so long that the socket was never
    found empty, all of it is read and only the newest kept: otherwise each request would be answered later than the
    one before, and long after the flood.

    Parameters
    ----------
    bound : socket
        It does not block.

    Attributes
    ----------
    passed_over : int
        Datagrams that were read and not kept; whoever counts them sets it back.
    """

    def __init__(self, bound: socket.socket) -> None:
        self._bound = bound
        self._room = memoryview(bytearray(LARGEST))
        self._behind_since: float | None = None
        self.passed_over = 0

    def waiting(self, now: float) -> Iterable[Datagram]:
        """Give what waits, oldest first, as far as it may be taken on before the loop turns to other things."""
        behind = self._behind_since is not None and now > self._behind_since + PATIENCE_S
        return self._newest(now) if behind else self._portion(now)

    def _portion(self, now: float) -> Iterator[Datagram]:
        for _ in range(PORTION):
            datagram = self._read()
            if datagram is None:
                self._behind_since = None
                return
            yield datagram
        if not self._more():
            self._behind_since = None
        elif self._behind_since is None:
            self._behind_since = now

    def _newest(self, now: float) -> Iterable[Datagram]:
        kept: deque[Datagram] = deque(maxlen=KEPT)
        count = 0
        while (datagram := self._read()) is not None:
            kept.append(datagram)
            count += 1
            if time.monotonic() > now + READING_S:
                break
        if datagram is None and count <= KEPT:
            self._behind_since = None
        self.passed_over += count - len(kept)
        return kept

    def _more(self) -> bool:
        """Return whether another waits."""
        try:
            self._bound.recv_into(self._room, 0, socket.MSG_PEEK)
        except OSError:
            return False
        return True

    def _read(self) -> Datagram | None:
        """Return the next; None where there is none, or the system only tells of one that could not be sent."""
        try:
            # `recvfrom` would take room for the largest each time: what lived longer would lie scattered between.
            size, address = self._bound.recvfrom_into(self._room)
        except OSError:
            return None
        return bytes(self._room[:size]), address
