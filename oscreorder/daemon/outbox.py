"""The way of datagrams to peers: a long answer goes in portions that a peer's receive buffer holds."""

from collections import deque
from collections.abc import Callable

from oscreorder.daemon.effects import Peer

PORTION = 64
PORTION_S = 0.005
MAX_WAITING = 65536


class Outbox:
    """Sends at once, but for what exceeds a portion to the same peer within 5 ms: that waits its turn.

    Parameters
    ----------
    send : callable
        Sends a datagram to a peer.
    later : callable
        ``later(seconds, call)`` calls after a while.

    Notes
    -----
    A socket that nobody enlarged holds about 250 small datagrams on Linux and drops more without a word; the rows
    of a large corpus would not arrive.
    """

    def __init__(
        self, send: Callable[[bytes, Peer], None], later: Callable[[float, Callable[[], None]], object]
    ) -> None:
        self._send = send
        self._later = later
        self._sent: dict[Peer, int] = {}
        self._waiting: dict[Peer, deque[bytes]] = {}
        self._counting = False

    def send(self, datagram: bytes, peer: Peer) -> bool:
        """Send a datagram after those that wait for the same peer; return False if too many wait, and drop it."""
        sent = self._sent.get(peer, 0)
        if peer in self._waiting:
            if len(self._waiting[peer]) >= MAX_WAITING:
                return False
            self._waiting[peer].append(datagram)
        elif sent < PORTION:
            self._sent[peer] = sent + 1
            self._send(datagram, peer)
        else:
            self._waiting[peer] = deque((datagram,))
        if not self._counting:
            self._counting = True
            self._later(PORTION_S, self._next_portion)
        return True

    def flush(self) -> None:
        """Send all that waits, at once: the end is near."""
        for peer, datagrams in self._waiting.items():
            for datagram in datagrams:
                self._send(datagram, peer)
        self._waiting.clear()

    def _next_portion(self) -> None:
        self._sent.clear()
        for peer, datagrams in list(self._waiting.items()):
            portion = min(PORTION, len(datagrams))
            self._sent[peer] = portion
            for _ in range(portion):
                self._send(datagrams.popleft(), peer)
            if not datagrams:
                del self._waiting[peer]
        self._counting = bool(self._sent)
        if self._counting:
            self._later(PORTION_S, self._next_portion)
