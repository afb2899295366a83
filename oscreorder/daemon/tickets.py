"""Requests and their one final answer: what is in progress, and what was answered a moment ago."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from oscreorder.daemon.effects import Peer
from oscreorder.errors import ParameterError
from oscreorder.osc.places import Place
from oscreorder.osc.wire import Message
from oscreorder.parameters import Value

REMEMBERED_S = 5.0
MAX_ENDED = 1024
_NOTHING: Mapping[str, Value] = MappingProxyType({})


@dataclass(slots=True, eq=False)
class Ticket:
    """A request that was taken on: what is asked, by whom, and where the replies go (`to`).

    `allowance` bounds the bytes of the one reply to a stranger beyond loopback, None is no bound.  `progress` is the
    latest there is; `answer` is the final reply, None until then.  `asked` is the `question` of one
    that is only remembered.
    """

    command: str
    id: int
    source: Peer
    to: Peer
    allowance: int | None = None
    arguments: Mapping[str, Value] = field(default_factory=dict)
    options: Mapping[str, Value] = field(default_factory=dict)
    place: Place | None = None
    progress: Message | None = None
    answer: Message | None = None
    asked: int | None = None

    def asks_the_same(self, other: "Ticket") -> bool:
        """Return whether `other` repeats this request."""
        return self.command == other.command and self.question() == other.question()

    def remembered(self) -> "Ticket":
        """Return what is needed to answer this request again: a small part of it, since there may be a thousand."""
        return Ticket(
            self.command, self.id, self.source, self.to, self.allowance, _NOTHING, _NOTHING,
            answer=self.answer, asked=self.question(),
        )  # fmt: skip

    def question(self) -> int:
        """Return a number that is the same for the same arguments, options and place, and hardly ever for others."""
        if self.asked is not None:
            return self.asked
        # Of the text: Python's own hashes of -1 and -2 are equal.
        return hash(repr((sorted(self.arguments.items()), sorted(self.options.items()), self.place)))


@dataclass(slots=True)
class Tickets:
    """The tickets of requests that must not be carried out twice, by who asked and id.

    UDP loses packets, so clients repeat requests: known are those in progress and, for 5 s, those that have ended.
    """

    _known: dict[tuple[Peer, int], Ticket] = field(default_factory=dict)
    _ended: deque[tuple[float, Ticket]] = field(default_factory=deque)

    def in_progress(self, to: Peer, request_id: int) -> Ticket | None:
        """Return the ticket of a request that has not been answered yet."""
        ticket = self._known.get((to, request_id))
        return ticket if ticket is not None and ticket.answer is None else None

    def repeated(self, ticket: Ticket, now: float) -> Ticket | None:
        """Return the earlier ticket of which this one is a repetition.

        Raises
        ------
        ParameterError
            The id is in use by another request.
        """
        self._forget(now)
        earlier = self._known.get((ticket.to, ticket.id))
        if earlier is None or earlier.asks_the_same(ticket):
            return earlier
        if earlier.answer is None:
            text = f"id: {ticket.id} is in use by {earlier.command}, which is in progress; choose another"
            raise ParameterError(text)
        return None

    def begin(self, ticket: Ticket) -> None:
        """Remember a request from now on."""
        self._known[ticket.to, ticket.id] = ticket

    def end(self, ticket: Ticket, now: float) -> None:
        """Forget a remembered request after a while: it has been answered."""
        if self._known.get((ticket.to, ticket.id)) is ticket:
            self._known[ticket.to, ticket.id] = remembered = ticket.remembered()
            self._ended.append((now + REMEMBERED_S, remembered))

    def forget(self, ticket: Ticket) -> None:
        """Let a request be carried out although one with its id and its peer was answered a moment ago."""
        earlier = self._known.get((ticket.to, ticket.id))
        if earlier is not None and earlier.answer is not None:
            del self._known[ticket.to, ticket.id]

    def move(self, before: Peer, after: Peer) -> None:
        """Have the requests of a peer follow it to another port."""
        if before == after:
            return
        for ticket in [ticket for ticket in self._known.values() if ticket.to == before]:
            del self._known[before, ticket.id]
            ticket.to = after
            self._known[after, ticket.id] = ticket

    def _forget(self, now: float) -> None:
        while self._ended and (self._ended[0][0] < now or len(self._ended) > MAX_ENDED):
            _, ticket = self._ended.popleft()
            if self._known.get((ticket.to, ticket.id)) is ticket:
                del self._known[ticket.to, ticket.id]
