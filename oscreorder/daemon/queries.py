"""Questions for neighbours, from the request to its rows; the search itself happens elsewhere."""

from collections.abc import Sequence

from oscreorder.daemon.agenda import Preparation
from oscreorder.daemon.corpora import Wishes, check_place
from oscreorder.daemon.effects import Find, Peer
from oscreorder.daemon.replies import Replies
from oscreorder.daemon.tickets import Ticket
from oscreorder.daemon.workshop import Workshop
from oscreorder.errors import OscReorderError
from oscreorder.osc import messages
from oscreorder.osc.places import Place
from oscreorder.parameters import Settings
from oscreorder.records import CorpusRecord

Neighbour = tuple[int, int, int, int, float]
"""Grain, sound, start, length (samples of the sound's own file), distance."""


class Queries:
    """The questions that have not been answered."""

    def __init__(self, replies: Replies, workshop: Workshop) -> None:
        self._replies = replies
        self._workshop = workshop
        self._asked: dict[int, Ticket] = {}
        self._made = 0

    def ask_at_once(self, ticket: Ticket, wishes: Wishes) -> bool:
        """Take a question if it can be answered without a job before it; return whether it can."""
        mapped = _place(ticket).kind == "point"
        record = self._workshop.prepared(ticket, str(ticket.arguments["corpus"]), wishes, mapped=mapped)
        if record is not None:
            self._find(ticket, record, wishes.settings)
        return record is not None

    def ask(self, ticket: Ticket, wishes: Wishes, now: float) -> None:
        """Take a question whose corpus is not ready for it: that is seen to first."""

        def find(record: CorpusRecord, now: float) -> None:
            del now
            self._find(ticket, record, wishes.settings)

        preparation = Preparation(mapped=_place(ticket).kind == "point", then=find)
        self._workshop.prepare(ticket, str(ticket.arguments["corpus"]), wishes, preparation, now)

    def _find(self, ticket: Ticket, record: CorpusRecord, settings: Settings) -> None:
        place = _place(ticket)
        check_place(place, record)
        self._made += 1
        self._asked[self._made] = ticket
        # To change all settings takes as long as to find: they are needed for a map only.
        path = map_path(place, record, settings.changed(ticket.options)) if place.kind == "point" else ""
        options = ticket.options
        k, radius = int(options.get("k", settings.k)), float(options.get("radius", settings.radius))
        self._replies.add(Find(self._made, record, place, k, radius, path))

    def found(self, query: int, result: Sequence[Neighbour] | OscReorderError, now: float) -> None:
        """Take what was found, nearest first."""
        ticket = self._asked.pop(query, None)
        if ticket is None or ticket.answer is not None:
            return
        if isinstance(result, OscReorderError):
            self._replies.fail(ticket, result, now)
            return
        self._replies.tell_rows(ticket, messages.neighbour_rows(ticket.id, result))
        self._replies.done(ticket, now, len(result))

    def unanswered(self, to: Peer) -> set[Ticket]:
        """Return the tickets of a peer's questions that wait for their answer."""
        return {ticket for ticket in self._asked.values() if ticket.to == to}


def map_path(place: Place, record: CorpusRecord, settings: Settings) -> str:
    """Return the file of the map in which a point lies; empty for other places."""
    made = record.analysis.map_for(settings) if place.kind == "point" and record.analysis else None
    return made.path if made else ""


def _place(ticket: Ticket) -> Place:
    if ticket.place is None:
        raise OscReorderError(f"a request for {ticket.command} came without its place")
    return ticket.place
