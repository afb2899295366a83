"""The only event loop: it receives datagrams, runs the session's effects, and ends cleanly."""

import asyncio
import contextlib
import functools
import gc
import itertools
import logging
import operator
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

from oscreorder.daemon.audio_out import AudioWish
from oscreorder.daemon.effects import (
    AimStream,
    CancelJob,
    ChangeStream,
    Effect,
    Find,
    OpenAudio,
    Peer,
    Quit,
    RemoveFolders,
    Send,
    SendRows,
    StartJob,
    StartStream,
    StopStream,
)
from oscreorder.daemon.heap import give_back
from oscreorder.daemon.inbox import Inbox
from oscreorder.daemon.jobs import JobFuture, Workers
from oscreorder.daemon.limited_log import LimitedLog
from oscreorder.daemon.outbox import Outbox
from oscreorder.daemon.performance import Performance, Step
from oscreorder.daemon.postponed import FARTHEST_S
from oscreorder.daemon.session import Session
from oscreorder.daemon.sockets import runs, send_together
from oscreorder.daemon.worker import remove
from oscreorder.errors import CancelledError, OscReorderError, WireError
from oscreorder.limits import Limits
from oscreorder.osc import messages, wire
from oscreorder.osc.wire import Message
from oscreorder.records import Outcome

INTERRUPTED = 130
LAST_WORDS_S = 1.0
WAKING_S = 0.5
FAULT = "internal fault, please report it; the daemon's log has more"


class Server:
    """Brings datagrams, jobs' ends and the time to the session, and carries out what it wants.

    Time is that of the event loop: monotonic, so that a step of the system's clock fires nothing.  A bundle's timetag
    is compared with the system's clock when it comes, and kept as so many seconds from then.
    """

    def __init__(
        self,
        session: Session,
        workers: Workers,
        carry_out: Callable[..., Outcome],
        audio: AudioWish,
        limits: Limits,
    ) -> None:
        self._limits = limits
        self._session = session
        self._audio = audio
        self._workers = workers
        self._carry_out = carry_out
        self._futures: dict[int, JobFuture] = {}
        self._limited = LimitedLog(logging.getLogger(__name__))
        self._alarm: asyncio.TimerHandle | None = None
        self._signalled = False
        self._quit = asyncio.Event()

    async def run(self, bound: socket.socket) -> None:
        """Serve on a bound socket until a signal or a request ends it."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(1, "oscreorder-files"))
        self._bound = bound
        self._inbox = Inbox(bound)
        self._outbox = Outbox(self._send_datagrams, self._loop.call_later, self._loop.time)
        self._performance = Performance(
            self._session,
            lambda datagram, peer: _send_now(bound, datagram, peer),
            self._guarded,
            functools.partial(self._from_thread, self._guarded),
            self._loop.call_later,
            self._audio,
        )
        gc.collect()
        gc.freeze()
        with self._signals():
            with self._reading():
                _announce(bound)
                await self._quit.wait()
            await self._end()

    async def _end(self) -> None:
        """Let no file and no process behind, and whatever was said go out."""
        self._bound.settimeout(LAST_WORDS_S)
        self._outbox.flush()
        await asyncio.to_thread(self._performance.close)
        await asyncio.to_thread(self._workers.shutdown, cancel_futures=True)

    # What comes from outside

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        self._loop.add_reader(self._bound, self._read)
        try:
            yield
        finally:
            self._loop.remove_reader(self._bound)

    def _read(self) -> None:
        """Take what has come: the event loop alone would turn once for each datagram."""
        for data, address in self._inbox.waiting(self._loop.time()):
            self._take(data, address)
        if self._inbox.passed_over:
            self._pass_over()
        self._set_alarm()

    def _take(self, data: bytes, address: tuple[Any, ...]) -> None:
        if self._quit.is_set():
            return
        source = Peer(address[0], address[1])
        self._session.packets += 1
        try:
            timed = wire.decode(data, limits=self._limits)
        except WireError as error:
            self._session.refused += 1
            self._limited.warning("wire", "refused a datagram from %s port %d: %s", *address[:2], error)
            return
        for item in timed:
            self._receive(item.message, item.timetag, source)

    def _pass_over(self) -> None:
        """Count what was not looked at."""
        count, self._inbox.passed_over = self._inbox.passed_over, 0
        self._session.packets += count
        self._session.refused += count
        self._limited.warning("flood", "more came than can be done: %d datagrams were passed over", count)

    def _receive(self, message: Message, timetag: int, source: Peer) -> None:
        now = self._loop.time()
        self._session.late = self._performance.late
        due = 0.0 if timetag == wire.IMMEDIATELY else now + wire.unix(timetag) - time.time()
        refused, skew = self._session.refused, self._session.skew
        try:
            self._run(self._session.receive(message, source=source, now=now, due=due))
        except Exception:  # noqa: BLE001 - a fault of ours must not take the daemon down
            self._fault()
            command = message.address.removeprefix(f"{messages.PREFIX}/")
            self._answer_fault(source, command, message.arguments[0] if message.arguments else None)
        if self._session.refused != refused:
            self._limited.warning("message", "refused a message from %s port %d", source.host, source.port)
        if self._session.skew != skew:
            text = "a message from %s port %d was due more than %g s ahead, or too many wait: it is carried out now"
            self._limited.warning("skew", text, source.host, source.port, FARTHEST_S)

    def _answer_fault(self, peer: Peer, command: str, request_id: object) -> None:
        """Answer a request that met a fault, where its id is known."""
        if isinstance(request_id, int) and 0 <= request_id < wire.MAX_INT_OUT:
            self._send([Send(peer, messages.error(command, request_id, OscReorderError(FAULT)))])

    def _tick(self) -> None:
        self._alarm = None
        self._guarded(self._session.tick)

    def _job_began(self, job: int) -> None:
        self._guarded(functools.partial(self._session.job_began, job))

    def _job_progress(self, job: int, fraction: float, what: str) -> None:
        self._guarded(functools.partial(self._session.job_progress, job, fraction, what))

    def _job_ended(self, job: int, future: Future[Any]) -> None:
        self._futures.pop(job, None)
        self._guarded(functools.partial(self._session.job_ended, job, _result(future)))

    def _stop(self) -> None:
        if not self._quit.is_set():
            self._guarded(self._session.close)
            self._quit.set()

    def _guarded(self, step: Step) -> None:
        try:
            self._run(step(self._loop.time()))
        except Exception:  # noqa: BLE001 - a fault of ours must not take the daemon down
            self._fault()
        self._set_alarm()

    def _fault(self) -> None:
        kind, error, _ = sys.exc_info()
        self._limited.warning(f"fault {kind} {error}"[:200], "internal fault", exc_info=True)

    def _set_alarm(self) -> None:
        """Have `_tick` called when the session's next deadline comes."""
        deadline = self._session.next_deadline()
        if self._alarm is not None and self._alarm.when() != deadline:
            self._alarm.cancel()
            self._alarm = None
        if self._alarm is None and deadline is not None:
            self._alarm = self._loop.call_at(deadline, self._tick)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """End cleanly at SIGTERM and SIGINT, and at once at the second SIGINT."""

        def end(number: int, _frame: FrameType | None) -> None:
            if number == signal.SIGINT and (self._signalled or self._quit.is_set()):
                os._exit(INTERRUPTED)
            self._signalled = True
            self._loop.call_soon_threadsafe(self._stop)

        if sys.platform == "win32":  # there a signal does not end the loop's wait
            self._wake()
        names = ("SIGTERM", "SIGINT", "SIGBREAK")
        before = {name: signal.signal(getattr(signal, name), end) for name in names if hasattr(signal, name)}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(getattr(signal, name), handler)

    def _wake(self) -> None:
        self._loop.call_later(WAKING_S, self._wake)

    # Effects

    def _run(self, effects: Sequence[Effect]) -> None:
        sends: list[Send | SendRows] = []
        for effect in effects:
            if isinstance(effect, Send | SendRows):
                sends.append(effect)
            else:
                self._send(sends)
                sends = []
                self._run_one(effect)
        self._send(sends)

    def _run_one(self, effect: Effect) -> None:
        match effect:
            case StartJob(job, command, arguments):
                self._start_job(job, command, dict(arguments))
            case CancelJob(job):
                if job in self._futures:
                    self._futures[job].cancel()
            case RemoveFolders(folders):
                self._performance.forget(folders)
                self._loop.run_in_executor(None, _remove, folders)
            case Quit():
                self._quit.set()
            case Find() | StartStream() | AimStream() | ChangeStream() | StopStream() | OpenAudio():
                self._performance.run(effect)

    def _send(self, sends: Iterable[Send | SendRows]) -> None:
        """Send messages, all made before the first goes: a peer that is woken by one then finds the others there."""
        for peer, group in itertools.groupby(sends, key=operator.attrgetter("peer")):
            datagrams = list(itertools.chain.from_iterable(map(self._encoded, group)))
            if not self._outbox.send(datagrams, peer):
                self._limited.warning("outbox", "too many messages wait for %s port %d", peer.host, peer.port)

    def _encoded(self, send: Send | SendRows) -> Sequence[bytes]:
        """Return the datagrams of one or more messages; a result that cannot be sent is answered by an error."""
        if isinstance(send, SendRows):
            return send.rows
        message = send.message
        try:
            return [wire.encode(message.address, *message.arguments)]
        except (TypeError, ValueError):
            self._fault()
            if message.address == f"{messages.PREFIX}/done":
                self._answer_fault(send.peer, str(message.arguments[0]), message.arguments[1])
            return []

    def _send_datagrams(self, datagrams: Sequence[bytes], peer: Peer) -> int:
        """Send as many as the system has room for; return how many need no further try."""
        address, sent = (peer.host, peer.port), 0
        for group in runs(datagrams):
            if send_together(self._bound, group, address):
                sent += len(group)
                continue
            for datagram in group:
                try:
                    self._bound.sendto(datagram, address)
                except (BlockingIOError, TimeoutError):
                    return sent
                except OSError as error:
                    self._limited.warning("send", "a datagram could not be sent: %s", error)
                sent += 1
        return sent

    def _start_job(self, job: int, command: str, arguments: dict[str, object]) -> None:
        self._performance.get_ready()
        future = self._workers.submit(self._carry_out, command, **arguments)
        self._futures[job] = future
        future.add_begin_callback(functools.partial(self._from_thread, self._job_began, job))
        future.add_progress_callback(functools.partial(self._from_thread, self._job_progress, job))
        future.add_done_callback(functools.partial(self._from_thread, self._job_ended, job))

    def _from_thread(self, step: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody is left to hear it
            self._loop.call_soon_threadsafe(step, *arguments)


def _remove(folders: Sequence[str]) -> None:
    remove([Path(folder) for folder in folders])
    give_back()


def _send_now(bound: socket.socket, datagram: bytes, peer: Peer) -> None:
    """Send from any thread; OSError where it cannot be sent."""
    bound.sendto(datagram, (peer.host, peer.port))


def _announce(bound: socket.socket) -> None:
    """Print the one line that tells that requests are heard, and where."""
    host, port = bound.getsockname()[:2]
    if sys.stdout:
        sys.stdout.write(f"oscreorder listening on {f'[{host}]' if ':' in host else host}:{port}\n")
        sys.stdout.flush()


def _result(future: Future[Any]) -> Outcome | OscReorderError:
    """Return what became of a job."""
    if future.cancelled():
        return CancelledError("cancelled")
    error = future.exception()
    if error is None:
        outcome: Outcome = future.result()
        return outcome
    return error if isinstance(error, OscReorderError) else OscReorderError(f"{type(error).__name__}: {error}")
