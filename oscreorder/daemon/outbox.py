"""The way of datagrams to peers: a long answer goes in portions that a peer's receive buffer holds."""

import itertools
from collections import deque
from collections.abc import Callable, Sequence

from oscreorder.daemon.effects import Peer

PORTION = 64
PORTION_S = 0.005
MAX_WAITING = 65536


class Outbox:
    """Sends at once, but for what exceeds a portion to the same peer within 5 ms: that waits its turn.

    Parameters
    ----------
    send : callable
        Sends datagrams to a peer, in their order; returns how many went, less where the system has no room for more.
    later : callable
        ``later(seconds, call)`` calls after a while.
    clock : callable
        ``clock()`` tells the time in seconds; it never steps.

    Notes
    -----
    A socket that nobody enlarged holds about 250 small datagrams on Linux and drops more without a word; the rows
    of a large corpus would not arrive.
    """

    def __init__(
        self,
        send: Callable[[Sequence[bytes], Peer], int],
        later: Callable[[float, Callable[[], None]], object],
        clock: Callable[[], float],
    ) -> None:
        self._send = send
        self._later = later
        self._clock = clock
        self._until = 0.0
        self._sent: dict[Peer, int] = {}
        self._waiting: dict[Peer, deque[bytes]] = {}
        self._coming = False

    def send(self, datagrams: Sequence[bytes], peer: Peer) -> bool:
        """Send datagrams after those that wait for the same peer; return False if too many wait, and drop the rest."""
        now_s = self._clock()
        if now_s >= self._until:
            self._until = now_s + PORTION_S
            self._sent.clear()
        room = 0 if peer in self._waiting else PORTION - self._sent.get(peer, 0)
        went = self._send(datagrams[:room], peer) if room > 0 and datagrams else 0
        self._sent[peer] = self._sent.get(peer, 0) + went
        rest = datagrams[went:]
        kept: Sequence[bytes] = ()
        if rest:
            waiting = self._waiting.setdefault(peer, deque())
            kept = rest[: MAX_WAITING - len(waiting)]
            waiting.extend(kept)
        self._see_to_the_rest()
        return len(kept) == len(rest)

    def flush(self) -> None:
        """Send all that waits, at once: the end is near."""
        for peer, datagrams in self._waiting.items():
            self._send(list(datagrams), peer)
        self._waiting.clear()

    def _see_to_the_rest(self) -> None:
        if self._waiting and not self._coming:
            self._coming = True
            self._later(PORTION_S, self._next_portion)

    def _next_portion(self) -> None:
        self._coming = False
        self._until = self._clock() + PORTION_S
        self._sent.clear()
        for peer, datagrams in list(self._waiting.items()):
            self._sent[peer] = self._send([*itertools.islice(datagrams, PORTION)], peer)
            for _ in range(self._sent[peer]):
                datagrams.popleft()
            if not datagrams:
                del self._waiting[peer]
        self._see_to_the_rest()
