"""The way out of the session: effects in their order, and to each request its one final answer."""

from collections.abc import Sequence

from oscreorder.daemon.effects import Effect, RemoveFolders, Send, SendRows
from oscreorder.daemon.tickets import Ticket, Tickets
from oscreorder.errors import OscReorderError
from oscreorder.osc import messages
from oscreorder.osc.wire import Message, encode
from oscreorder.parameters import Value


class Replies:
    """Gathers effects until they are taken.

    Attributes
    ----------
    withheld : int
        Replies to strangers that would have been longer than they are allowed.
    """

    def __init__(self, tickets: Tickets) -> None:
        self.withheld = 0
        self._tickets = tickets
        self._effects: list[Effect] = []

    def add(self, effect: Effect) -> None:
        """Let something be done outside, after what was added before."""
        self._effects.append(effect)

    def take(self) -> list[Effect]:
        """Return what was added since the last time."""
        effects, self._effects = self._effects, []
        return effects

    def remove_folders(self, folders: tuple[str, ...]) -> None:
        """Let folders be removed, if there are any."""
        if folders:
            self.add(RemoveFolders(folders))

    def done(self, ticket: Ticket, now: float, *values: Value) -> None:
        """Answer a request that succeeded."""
        self._conclude(ticket, messages.done(ticket.command, ticket.id, *values), now)

    def fail(self, ticket: Ticket, error: OscReorderError, now: float) -> None:
        """Answer a request that failed."""
        self._conclude(ticket, messages.error(ticket.command, ticket.id, error), now)

    def param(self, ticket: Ticket, name: str, value: Value, now: float) -> None:
        """Answer a request for the value of a parameter."""
        self._conclude(ticket, messages.param(name, value), now)

    def tell(self, ticket: Ticket, message: Message) -> None:
        """Send what comes before the final answer; a stranger beyond loopback does without."""
        if ticket.allowance is None:
            self.add(Send(ticket.to, message))

    def tell_rows(self, ticket: Ticket, rows: Sequence[bytes]) -> None:
        """Send a table of encoded messages before the final answer, as `tell` does."""
        if rows and ticket.allowance is None:
            self.add(SendRows(ticket.to, rows))

    def notice(self, ticket: Ticket, text: str) -> None:
        """Tell what was done differently."""
        self.tell(ticket, messages.notice(ticket.command, ticket.id, text))

    def answer_again(self, ticket: Ticket) -> None:
        """Answer a repeated request: by its final answer, or by its latest progress."""
        if ticket.answer is not None:
            self._send_answer(ticket, ticket.answer)
        elif ticket.progress is not None:
            self.tell(ticket, ticket.progress)

    def _conclude(self, ticket: Ticket, answer: Message, now: float) -> None:
        if ticket.answer is not None:  # as of one that was cancelled while it was being answered
            return
        ticket.answer = answer
        self._tickets.end(ticket, now)
        self._send_answer(ticket, answer)

    def _send_answer(self, ticket: Ticket, answer: Message) -> None:
        if ticket.allowance is not None and len(encode(answer.address, *answer.arguments)) > ticket.allowance:
            self.withheld += 1
        else:
            self.add(Send(ticket.to, answer))
