"""All state of the daemon, and what every message does to it: messages in, effects out.

No socket, clock, process or thread: time is an argument, in seconds of a clock that never steps (the shell's
monotonic one), and what shall happen outside is returned as `effects`.  A dialogue is a list of calls.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oscreorder.daemon.corpora import Wishes
from oscreorder.daemon.effects import Effect, Peer, Quit, Send
from oscreorder.daemon.peers import LEASE_S, Peers
from oscreorder.daemon.postponed import Postponed
from oscreorder.daemon.queries import Neighbour, Queries
from oscreorder.daemon.replies import Replies
from oscreorder.daemon.streams import StreamEnd, Streams
from oscreorder.daemon.tickets import Ticket, Tickets
from oscreorder.daemon.workshop import Workshop
from oscreorder.errors import CancelledError, LimitError, NotFoundError, OscReorderError, ParameterError
from oscreorder.limits import Limits, exceeded
from oscreorder.osc import messages
from oscreorder.osc.messages import COMMANDS, Refusal, Request
from oscreorder.osc.wire import Message
from oscreorder.parameters import Settings
from oscreorder.records import Folders, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

AMPLIFICATION = 3
WORK = frozenset(name for name, spec in COMMANDS.items() if spec.work)
ON_ARRIVAL = WORK | {"cancel"}
ONLY_ONCE = WORK - {"copies"} | {"free", "cancel", "sync", "quit"}


@dataclass(frozen=True, slots=True)
class _Sync:
    """A request that waits until earlier ones have been answered."""

    ticket: Ticket
    earlier: set[Ticket]


class Session:
    """The state of a running daemon.

    Parameters
    ----------
    settings : Settings
        The session's parameters at the start.
    folders : Folders
        Where jobs read, write and keep their files.
    version : str
        Told by ``ping``.
    port : int
        Our own; what comes from this port of any host is not taken on.
    limits : Limits
    allowed : sequence of str
        Networks beyond loopback whose hosts are heard.
    slots : int
        How many jobs run at a time.
    now : float, seconds
        The present, on the clock that all other times are read from.

    Attributes
    ----------
    packets, refused, skew, late : int
        Datagrams that came; datagrams and messages that were not taken on; requests that were due too far ahead; grains
        that were sent too late.  Whoever receives datagrams counts them and those that do not parse, and whoever sends
        grains counts the late ones.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        folders: Folders,
        version: str,
        port: int,
        slots: int,
        now: float,
        limits: Limits | None = None,
        allowed: "Sequence[str]" = (),
    ) -> None:
        self.packets = self.refused = self.skew = self.late = 0
        self._version = version
        self._began = now
        self._wishes = Wishes(settings)
        self._limits = limits = limits or Limits()
        self._peers = Peers(port, limits, allowed)
        self._tickets = Tickets()
        self._replies = Replies(self._tickets)
        self._workshop = Workshop(self._replies, folders, limits, slots=slots)
        self._queries = Queries(self._replies, self._workshop)
        self._streams = Streams(self._replies, self._workshop, self._peers, limits)
        self._syncs: list[_Sync] = []
        self._postponed = Postponed(limits)
        self._commands: Mapping[str, Callable[[Ticket, float], None]] = {
            "ping": self._ping,
            "status": self._status,
            "notify": self._notify,
            "param": self._param,
            "neighbours": self._neighbours,
            "stream/start": self._start_stream,
            "stream/target": self._streams.target,
            "stream/set": self._streams.change,
            "stream/stop": self._stop_stream,
            "params": self._list_parameters,
            "commands": self._list_commands,
            "corpora": self._list_corpora,
            "sounds": self._list_sounds,
            "free": self._free,
            "cancel": self._cancel,
            "sync": self._sync,
            "quit": self._quit,
            **dict.fromkeys(WORK, self._work),
            "copies": self._copies,
        }

    def receive(self, message: Message, *, source: Peer, now: float, due: float = 0.0) -> list[Effect]:
        """Take a message from `source`; `due` is the time of its bundle, 0 where it had none."""
        asked = messages.read_request(message) if self._peers.hears(source) else None
        if asked is None:
            self.refused += 1
            return []
        size = 0 if source.local else _least_size(message)  # only strangers are held to what they sent
        if isinstance(asked, Refusal):
            self._replies.fail(self._ticket(asked, source, size, now), asked.error, now)
        elif self._peers.floods(source, now):
            self.refused += 1
            text = exceeded("packets_per_s", "too many messages came from your host", self._limits.packets_per_s)
            self._replies.fail(self._ticket(asked, source, size, now), LimitError(text), now)
        elif not self._postpones(asked, source, size, now=now, due=due):
            self._carry_out(asked, source, size, now)
        return self._effects(now)

    def job_began(self, number: int, now: float) -> list[Effect]:
        """Take that a worker has begun with a job: its time runs from now on."""
        self._workshop.began(number, now)
        return self._effects(now)

    def job_progress(self, number: int, fraction: float, what: str, now: float) -> list[Effect]:
        """Take how far a job is, 0 to 1."""
        self._workshop.progress(number, fraction, what, now)
        return self._effects(now)

    def job_ended(self, number: int, result: Outcome | OscReorderError, now: float) -> list[Effect]:
        """Take what became of a job; its folder is gone where it failed."""
        self._workshop.ended(number, result, now)
        return self._effects(now)

    def found(self, query: int, result: "Sequence[Neighbour] | OscReorderError", now: float) -> list[Effect]:
        """Take the neighbours that `Find` asked for, nearest first."""
        self._queries.found(query, result, now)
        return self._effects(now)

    def stream_ended(self, stream: int, end: StreamEnd, now: float) -> list[Effect]:
        """Take how a stream ended that `StartStream` began."""
        self._streams.ended(stream, end, now)
        return self._effects(now)

    def audio_opened(self, problem: OscReorderError | None, now: float) -> list[Effect]:
        """Take whether the device plays that `OpenAudio` asked for."""
        self._streams.audio_opened(problem, now)
        return self._effects(now)

    def audio_told(self, text: str, now: float, *, lost: bool) -> list[Effect]:
        """Take what becomes of the device while it is open."""
        self._streams.audio_told(text, lost=lost)
        return self._effects(now)

    def tick(self, now: float) -> list[Effect]:
        """Do what is due: call it at `next_deadline`, or any time later."""
        while (due := self._postponed.take(now)) is not None:
            self._carry_out(due.request, due.source, due.size, now)
        self._workshop.repeat_progress(now)
        self._streams.expire(now)
        for peer in self._peers.beat(now):
            self._replies.add(Send(peer, messages.alive(self._peers.beats, now - self._began)))
        return self._effects(now)

    def next_deadline(self) -> float | None:
        """Return when `tick` has something to do; None: not before something else happens."""
        rooms = (self._workshop.next_deadline, self._streams.next_deadline)
        times = (self._postponed.next_due, self._peers.next_beat, *rooms)
        return min((time for time in times if time is not None), default=None)

    def close(self, now: float) -> list[Effect]:
        """End everything: whoever waits is told, whoever listens hears goodbye."""
        self._stop_all(now)
        self._say_bye()
        return self._replies.take()

    def _effects(self, now: float) -> list[Effect]:
        for sync in [sync for sync in self._syncs if all(ticket.answer is not None for ticket in sync.earlier)]:
            self._syncs.remove(sync)
            self._replies.done(sync.ticket, now)
        return self._replies.take()

    # Requests

    def _postpones(self, request: Request, source: Peer, size: int, *, now: float, due: float) -> bool:
        """Keep a request until it is due; one too far ahead, or one too many, runs now and is counted."""
        if due <= now or request.command in ON_ARRIVAL:
            return False
        if not self._postponed.add(request, source, size, now=now, due=due):
            self.skew += 1
            return False
        self._peers.renew(source, now)
        return True

    def _ticket(self, asked: Request | Refusal, source: Peer, size: int, now: float) -> Ticket:
        to = self._peers.renew(source, now, by_notify=asked.command == "notify")
        self._streams.heard(to, now)
        allowance = None if source.local or to in self._peers else AMPLIFICATION * size
        if isinstance(asked, Refusal):
            return Ticket(asked.command, asked.id, source, to, allowance)
        command = f"param/{asked.arguments['name']}" if asked.command == "param" else asked.command
        return Ticket(command, asked.id, source, to, allowance, asked.arguments, asked.options, asked.place)

    def _carry_out(self, request: Request, source: Peer, size: int, now: float) -> None:
        ticket = self._ticket(request, source, size, now)
        try:
            if request.command not in ONLY_ONCE or self._is_new(ticket, now):
                self._commands[request.command](ticket, now)
        except OscReorderError as error:
            self._replies.fail(ticket, error, now)

    def _is_new(self, ticket: Ticket, now: float) -> bool:
        """Remember a request; if it is a repeated one, only answer it again."""
        earlier = self._tickets.repeated(ticket, now)
        if earlier is not None:
            self._replies.answer_again(earlier)
            return False
        self._tickets.begin(ticket)
        return True

    # Commands

    def _ping(self, ticket: Ticket, now: float) -> None:
        self._replies.done(ticket, now, self._version, now - self._began)

    def _status(self, ticket: Ticket, now: float) -> None:
        if ticket.arguments.get("limits"):
            for row in messages.limit_rows(ticket.id, self._limits, self._in_use()):
                self._replies.tell(ticket, row)
        refused = self.refused + self._replies.withheld
        workshop = self._workshop
        numbers = (workshop.n_corpora, workshop.n_jobs, len(self._streams), len(self._peers))
        self._replies.done(ticket, now, *numbers, self.packets, refused, self.late)

    def _in_use(self) -> "Mapping[str, int]":
        return {
            "pending": len(self._postponed),
            "jobs": self._workshop.n_waiting,
            "corpora": self._workshop.n_corpora,
            "peers": len(self._peers),
            "streams": len(self._streams),
        }

    def _notify(self, ticket: Ticket, now: float) -> None:
        if ticket.arguments["on"]:
            port = ticket.arguments.get("port")
            before, ticket.to = self._peers.register(ticket.source, None if port is None else int(port), now)
            self._tickets.move(before, ticket.to)
            self._streams.move(before, ticket.to)
        else:
            self._peers.forget(ticket.source, now)
            self._streams.forget(ticket.to, now)
            self._tickets.move(ticket.to, ticket.source)
        self._replies.done(ticket, now, LEASE_S)

    def _param(self, ticket: Ticket, now: float) -> None:
        name = str(ticket.arguments["name"])
        if "value" in ticket.arguments:
            self._wishes = self._wishes.changed(name, ticket.arguments["value"])
        self._replies.param(ticket, name, getattr(self._wishes.settings, name), now)

    def _list_parameters(self, ticket: Ticket, now: float) -> None:
        self._list(ticket, messages.parameter_rows(ticket.id), now)

    def _list_commands(self, ticket: Ticket, now: float) -> None:
        self._list(ticket, messages.command_rows(ticket.id), now)

    def _list(self, ticket: Ticket, rows: list[Message], now: float) -> None:
        for row in rows:
            self._replies.tell(ticket, row)
        self._replies.done(ticket, now, len(rows))

    def _work(self, ticket: Ticket, now: float) -> None:
        self._workshop.take_on(ticket, self._wishes, now)

    def _copies(self, ticket: Ticket, now: float) -> None:
        if self._workshop.copied(str(ticket.arguments["corpus"])) or self._is_new(ticket, now):
            self._workshop.take_on(ticket, self._wishes, now)

    def _neighbours(self, ticket: Ticket, now: float) -> None:
        if not self._queries.ask_at_once(ticket, self._wishes) and self._is_new(ticket, now):
            self._queries.ask(ticket, self._wishes, now)

    def _start_stream(self, ticket: Ticket, now: float) -> None:
        if self._is_new_to(ticket, now, repeats=self._streams.has(ticket.to, ticket.id)):
            self._streams.start(ticket, self._wishes, now)

    def _stop_stream(self, ticket: Ticket, now: float) -> None:
        if self._is_new_to(ticket, now, repeats=not self._streams.has(ticket.to, int(ticket.arguments["stream"]))):
            self._streams.stop(ticket, now)

    def _is_new_to(self, ticket: Ticket, now: float, *, repeats: bool) -> bool:
        """Remember a request as `_is_new` does; unless it `repeats` what is so by now, it is asked again in earnest.

        A switch in a patch starts and stops a stream with the same two messages, as often as it is pressed.
        """
        if not repeats:
            self._tickets.forget(ticket)
        return self._is_new(ticket, now)

    def _list_corpora(self, ticket: Ticket, now: float) -> None:
        self._list(ticket, self._workshop.corpus_rows(ticket.id), now)

    def _list_sounds(self, ticket: Ticket, now: float) -> None:
        self._list(ticket, self._workshop.sound_rows(ticket.id, str(ticket.arguments["corpus"])), now)

    def _free(self, ticket: Ticket, now: float) -> None:
        corpus = str(ticket.arguments["corpus"])
        self._workshop.require(corpus)
        self._streams.free(corpus, now)
        self._workshop.free(corpus, f"corpus {corpus} was freed by request {ticket.id}", now)
        self._replies.done(ticket, now)

    def _cancel(self, ticket: Ticket, now: float) -> None:
        other_id = int(ticket.arguments["other_id"])
        other = self._tickets.in_progress(ticket.to, other_id)
        if other is None or other is ticket:
            raise NotFoundError(f"other_id: no request {other_id} of yours is in progress")
        reason = f"cancelled by request {ticket.id}"
        if not self._workshop.stop(other, reason, now):
            self._streams.drop(other)
            self._syncs = [sync for sync in self._syncs if sync.ticket is not other]
            self._replies.fail(other, CancelledError(reason), now)
        self._replies.done(ticket, now)

    def _sync(self, ticket: Ticket, _now: float) -> None:
        self._limits.check("jobs", len(self._syncs) + 1, "requests for sync that would wait")
        rooms = (self._workshop, self._queries, self._streams)
        self._syncs.append(_Sync(ticket, set[Ticket]().union(*(room.unanswered(ticket.to) for room in rooms))))

    def _quit(self, ticket: Ticket, now: float) -> None:
        if not ticket.source.local:
            raise ParameterError("quit: only taken from the machine on which the daemon runs")
        self._stop_all(now)
        self._replies.done(ticket, now)
        self._say_bye()
        self._replies.add(Quit())

    def _stop_all(self, now: float) -> None:
        ending = "the daemon is ending"
        self._streams.stop_all(ending, now)
        self._workshop.stop_all(ending, now)
        for sync in self._syncs:
            self._replies.fail(sync.ticket, CancelledError(ending), now)
        self._syncs.clear()

    def _say_bye(self) -> None:
        for peer in self._peers.forget_all():
            self._replies.add(Send(peer, messages.bye()))


def _least_size(message: Message) -> int:
    """Return how many bytes a message took at least."""
    longer = (len(argument) for argument in message.arguments if isinstance(argument, str | bytes))
    return len(message.address) + 4 * len(message.arguments) + sum(longer)
