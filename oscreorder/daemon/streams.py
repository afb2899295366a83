"""The streams: who plays what, from the request to the end of its last grain; the grains are chosen elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from oscreorder.daemon.agenda import Preparation
from oscreorder.daemon.corpora import Wishes, check_place
from oscreorder.daemon.effects import AimStream, ChangeStream, OpenAudio, Peer, StartStream, StopStream
from oscreorder.daemon.peers import LEASE_S, Peers
from oscreorder.daemon.queries import map_path
from oscreorder.daemon.replies import Replies
from oscreorder.daemon.tickets import Ticket
from oscreorder.daemon.workshop import Workshop
from oscreorder.errors import CancelledError, NotFoundError, OscReorderError, ParameterError
from oscreorder.limits import Limits
from oscreorder.osc.places import Place
from oscreorder.parameters import Settings
from oscreorder.records import CorpusRecord


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """How a stream ended: how many grains it gave, how many of them too late; `reason` unless it was told to."""

    grains: int
    late: int
    reason: str = ""


@dataclass(slots=True, eq=False)
class _Stream:
    """A stream that was asked for.

    `record` is its corpus, None while that is being prepared; `plays` once it has begun.  `place` is where it shall
    aim as soon as it can.  `heard` is when its peer last said anything.
    """

    number: int
    ticket: Ticket
    wishes: Wishes
    settings: Settings
    heard: float
    record: CorpusRecord | None = None
    plays: bool = False
    ending: bool = False
    place: Place | None = None
    mapping: bool = False

    @property
    def corpus(self) -> str:
        return str(self.ticket.arguments["corpus"])


@dataclass(slots=True, eq=False)
class _Stop:
    """A request for the end of streams, and those whose end it still waits for."""

    ticket: Ticket
    waits_for: set[int] = field(default_factory=set)
    grains: int = 0
    late: int = 0


class Streams:
    """All streams, each known by its peer and the id that this gave it.

    A registered peer speaks of its own streams, and of those on its host that belong to nobody registered.  One that is
    not registered, as a shell, whose every message comes from another port, speaks of all on its host.  A stream ends
    when its peer, and whoever else spoke of it, has been silent for the length of a lease.
    """

    def __init__(self, replies: Replies, workshop: Workshop, peers: Peers, limits: Limits) -> None:
        self._replies = replies
        self._workshop = workshop
        self._peers = peers
        self._limits = limits
        self._streams: dict[int, _Stream] = {}
        self._stops: list[_Stop] = []
        self._made = 0
        self._audio_open = False
        self._audio_lost = ""

    def __len__(self) -> int:
        return len(self._streams)

    @property
    def next_deadline(self) -> float | None:
        """When `expire` has something to do."""
        heard = [stream.heard for stream in self._streams.values() if not stream.ending]
        return min(heard) + LEASE_S if heard else None

    def has(self, to: Peer, stream_id: int) -> bool:
        """Return whether a peer has a stream of this id, or with -1 any; not one that is about to end."""
        return any(True for _ in self._of(to)) if stream_id < 0 else self._own(to, stream_id) is not None

    def unanswered(self, to: Peer) -> set[Ticket]:
        """Return the tickets of a peer that wait for a stream's beginning or end."""
        tickets = (*(stream.ticket for stream in self._streams.values()), *(stop.ticket for stop in self._stops))
        return {ticket for ticket in tickets if ticket.to == to and ticket.answer is None}

    # The commands

    def start(self, ticket: Ticket, wishes: Wishes, now: float) -> None:
        """Begin a stream as soon as its corpus and, if it plays, the audio device are ready.

        Raises
        ------
        ParameterError
            The id is that of another stream, or the peer is a stranger beyond loopback.
        LimitError
            There are too many.
        """
        settings = wishes.settings.changed(ticket.options)
        if self._own(ticket.to, ticket.id):
            raise ParameterError(f"id: your stream {ticket.id} plays already; stop it, or choose another id")
        if ticket.allowance is not None:
            raise ParameterError(
                "stream/start: send /oscreorder/notify first, so that it is known who wants the grains"
            )
        self._limits.check("streams", len(self) + 1, "streams that would play")
        self._made += 1
        stream = self._streams[self._made] = _Stream(self._made, ticket, wishes, settings, now)

        def begin(record: CorpusRecord, now: float) -> None:
            if stream.number not in self._streams:
                raise CancelledError("the stream was stopped before it began")
            stream.record = record
            self._begin(stream, now)

        preparation = Preparation(mapped=False, then=begin, give_up=lambda: self.drop(ticket))
        try:
            self._workshop.prepare(ticket, stream.corpus, wishes, preparation, now)
        except OscReorderError:
            del self._streams[stream.number]
            raise

    def target(self, ticket: Ticket, now: float) -> None:
        """Aim a stream; where it cannot be aimed yet, the last target counts as soon as it can.

        Raises
        ------
        NotFoundError
            There is no such stream or grain.
        ParameterError
            The place is not one of its corpus.
        """
        stream = self._find(ticket, ticket.id, now)
        place = ticket.place
        if stream.record is not None and place is not None:
            check_place(place, stream.record)
        stream.place = place
        self._aim(stream, now)

    def change(self, ticket: Ticket, now: float) -> None:
        """Change parameters of a stream.

        Raises
        ------
        NotFoundError
            There is no such stream.
        """
        stream = self._find(ticket, ticket.id, now)
        stream.settings = stream.settings.changed(ticket.options)
        if stream.plays:
            self._replies.add(ChangeStream(stream.number, stream.ticket.to, stream.settings))
        if ticket.options.get("play"):
            self._see_to_audio(stream)

    def stop(self, ticket: Ticket, now: float) -> None:
        """End a stream, or with -1 all of the peer.

        Raises
        ------
        NotFoundError
            There is no such stream.
        """
        asked = int(ticket.arguments["stream"])
        streams = list(self._of(ticket.to)) if asked < 0 else [self._find(ticket, asked, now)]
        stop = _Stop(ticket, {stream.number for stream in streams})
        self._stops.append(stop)
        for stream in streams:
            self._end(stream, f"stopped by request {ticket.id}", now)
        self._answer_stops(now)

    # What else ends them

    def free(self, corpus: str, now: float) -> None:
        """End the streams of a corpus that is forgotten."""
        for stream in self._all():
            if stream.corpus == corpus:
                self._tell(stream, f"ended: corpus {corpus} was freed")
                self._end(stream, f"corpus {corpus} was freed", now)

    def forget(self, to: Peer, now: float) -> None:
        """End the streams of a peer whose lease has ended."""
        for stream in self._all():
            if stream.ticket.to == to:
                self._end(stream, "its lease has ended", now)

    def drop(self, ticket: Ticket) -> None:
        """Forget a stream whose request is cancelled before it plays."""
        self._streams = {number: stream for number, stream in self._streams.items() if stream.ticket is not ticket}

    def expire(self, now: float) -> None:
        """End the streams of peers that have been silent for too long."""
        for stream in self._all():
            if stream.heard + LEASE_S <= now and not stream.ending:
                self._end(stream, "nothing was heard from its peer any more", now)

    def stop_all(self, reason: str, now: float) -> None:
        """End all and answer whoever waits: the daemon ends."""
        for stream in self._all():
            self._end(stream, reason, now)
        for stop in self._stops:
            self._replies.fail(stop.ticket, CancelledError(reason), now)
        self._stops.clear()

    def ended(self, number: int, end: StreamEnd, now: float) -> None:
        """Take how a stream ended."""
        stream = self._streams.pop(number, None)
        if stream is not None and end.reason:
            self._tell(stream, f"{end.reason}: {end.grains} grains, {end.late} of them late")
        for stop in self._stops:
            if number in stop.waits_for:
                stop.waits_for.remove(number)
                stop.grains += end.grains
                stop.late += end.late
        self._answer_stops(now)

    # Their peers and the device

    def heard(self, to: Peer, now: float) -> None:
        """Know that a peer has said something."""
        for stream in self._streams.values():
            if stream.ticket.to == to:
                stream.heard = now

    def move(self, before: Peer, after: Peer) -> None:
        """Have the streams of a peer follow it to another port."""
        for stream in self._streams.values():
            if before != after and stream.ticket.to in {before, after}:
                stream.ticket.to = after
                if stream.plays:
                    self._replies.add(ChangeStream(stream.number, after, stream.settings))

    def audio_opened(self, problem: OscReorderError | None, now: float) -> None:
        """Take whether the audio device plays."""
        self._audio_open, self._audio_lost = problem is None, ""
        for stream in self._all():
            if not stream.settings.play or stream.record is None:
                continue
            if problem is None:
                self._begin(stream, now)
            elif stream.plays:
                self._tell(stream, f"it cannot be heard: {problem}")
            else:
                del self._streams[stream.number]
                self._replies.fail(stream.ticket, problem, now)

    def audio_told(self, text: str, *, lost: bool) -> None:
        """Tell those who listen, now and later, that the device was lost; or that it is back."""
        self._audio_lost = text if lost else ""
        for stream in self._all():
            if stream.settings.play:
                self._tell(stream, text)

    # Within

    def _begin(self, stream: _Stream, now: float) -> None:
        """Let a stream play whose corpus is ready, if the audio device is too."""
        if stream.plays or stream.record is None:
            return
        if stream.settings.play and not self._audio_open:
            self._replies.add(OpenAudio())
            return
        stream.plays = True
        ticket = stream.ticket
        self._replies.add(StartStream(stream.number, ticket.id, ticket.to, stream.record, stream.settings))
        self._replies.done(ticket, now, ticket.id)
        self._see_to_audio(stream)
        self._aim(stream, now)

    def _see_to_audio(self, stream: _Stream) -> None:
        """Have the device opened for a stream that plays, or tell that it is lost."""
        if stream.settings.play and not self._audio_open:
            self._replies.add(OpenAudio())
        elif stream.settings.play and self._audio_lost:
            self._tell(stream, self._audio_lost)

    def _aim(self, stream: _Stream, now: float) -> None:
        """Aim a stream at its last target, once it plays and there is the map in which a point lies."""
        place, record = stream.place, stream.record
        if place is None or record is None or not stream.plays:
            return
        try:
            check_place(place, record)  # it may have come before the corpus was known
            if place.kind == "point":
                self._check_current(record)
                if not map_path(place, record, stream.settings):
                    if not stream.mapping:
                        self._make_map(stream, now)
                    return
        except OscReorderError as error:
            stream.place = None
            self._replies.fail(self._silent_ticket(stream), error, now)
            return
        stream.place = None
        self._replies.add(AimStream(stream.number, place, map_path(place, record, stream.settings)))

    def _make_map(self, stream: _Stream, now: float) -> None:
        stream.mapping = True
        ticket = self._silent_ticket(stream)

        def aim(record: CorpusRecord, now: float) -> None:
            stream.mapping = False
            if stream.record is None or not record.same_analysis(stream.record):
                raise _analysed_anew(record.name)
            stream.record = record
            if stream.number in self._streams:
                self._aim(stream, now)

        def give_up() -> None:
            stream.mapping, stream.place = False, None

        preparation = Preparation(mapped=True, then=aim, give_up=give_up)
        try:
            self._workshop.prepare(ticket, stream.corpus, stream.wishes, preparation, now)
        except OscReorderError:
            give_up()
            raise

    def _check_current(self, record: CorpusRecord) -> None:
        """Refuse to aim at a map of grains that the corpus has no more: its file is gone."""
        current = self._workshop.record(record.name)
        if current is None or not current.same_analysis(record):
            raise _analysed_anew(record.name)

    def _silent_ticket(self, stream: _Stream) -> Ticket:
        """Return a ticket for what is answered by an error only."""
        asked = stream.ticket
        return Ticket("stream/target", asked.id, asked.source, asked.to, asked.allowance, options=asked.options)

    def _end(self, stream: _Stream, reason: str, now: float) -> None:
        """Have a stream end; `ended` is told where it plays."""
        if stream.plays:
            if not stream.ending:
                stream.ending = True
                self._replies.add(StopStream(stream.number))
            return
        self.drop(stream.ticket)
        if not self._workshop.stop(stream.ticket, reason, now):
            self._replies.fail(stream.ticket, CancelledError(reason), now)
        self.ended(stream.number, StreamEnd(0, 0), now)

    def _answer_stops(self, now: float) -> None:
        for stop in [stop for stop in self._stops if not stop.waits_for]:
            self._stops.remove(stop)
            self._replies.done(stop.ticket, now, stop.grains, stop.late)

    def _tell(self, stream: _Stream, text: str) -> None:
        self._replies.notice(stream.ticket, text)

    def _all(self) -> list[_Stream]:
        return list(self._streams.values())

    def _find(self, ticket: Ticket, stream_id: int, now: float) -> _Stream:
        stream = self._own(ticket.to, stream_id)
        if stream is None:
            beside = [stream for stream in self._beside(ticket.to) if stream.ticket.id == stream_id]
            stream = beside[0] if len(beside) == 1 else None
        if stream is None:
            playing = " ".join(str(stream.ticket.id) for stream in self._beside(ticket.to)) or "none"
            raise NotFoundError(f"stream: you have no stream {stream_id}; those that play: {playing}")
        stream.heard = now
        return stream

    def _own(self, to: Peer, stream_id: int) -> _Stream | None:
        mine = (stream for stream in self._streams.values() if stream.ticket.to == to and not stream.ending)
        return next((stream for stream in mine if stream.ticket.id == stream_id), None)

    def _of(self, to: Peer) -> Iterator[_Stream]:
        """Yield the streams that a peer means by all."""
        own = to in self._peers
        for stream in self._all():
            if not stream.ending and (stream.ticket.to == to if own else stream.ticket.to.host == to.host):
                yield stream

    def _beside(self, to: Peer) -> Iterator[_Stream]:
        """Yield the streams of which a peer may speak by their ids."""
        for stream in self._all():
            nobodys = stream.ticket.to not in self._peers or to not in self._peers
            if not stream.ending and (stream.ticket.to == to or (nobodys and stream.ticket.to.host == to.host)):
                yield stream


def _analysed_anew(corpus: str) -> NotFoundError:
    return NotFoundError(f"{corpus} was loaded or analysed anew: start the stream again to aim at its map")
