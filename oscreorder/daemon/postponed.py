"""Requests of bundles that are due later, in the order in which they are due."""

import heapq
from dataclasses import dataclass, field

from oscreorder.daemon.effects import Peer
from oscreorder.limits import Limits
from oscreorder.osc.messages import Request

FARTHEST_S = 10.0


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A request from `source`, to be carried out at the time `due`; `size` is that of its message in bytes."""

    due: float
    number: int
    request: Request = field(compare=False)
    source: Peer = field(compare=False)
    size: int = field(compare=False)


class Postponed:
    """Holds a bounded number of requests, up to ten seconds ahead."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._heap: list[Due] = []
        self._taken_on = 0

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def next_due(self) -> float | None:
        """When the first of them is due."""
        return self._heap[0].due if self._heap else None

    def add(self, request: Request, source: Peer, size: int, *, now: float, due: float) -> bool:
        """Keep a request; return False if it is too far ahead, or one too many."""
        if due > now + FARTHEST_S or len(self) >= self._limits.pending:
            return False
        self._taken_on += 1
        heapq.heappush(self._heap, Due(due, self._taken_on, request, source, size))
        return True

    def take(self, now: float) -> Due | None:
        """Return the first request that is due, and let go of it."""
        return heapq.heappop(self._heap) if self._heap and self._heap[0].due <= now else None
