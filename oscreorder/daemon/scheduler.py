"""The clock of the streams: one thread owns them, chooses their grains ahead of time, and hands these on in time.

Ticks come each `TICK_S` at absolute deadlines.  A stream's time 0 is the moment in which it began; what is said to it
holds from its lookahead after that moment, so that its grains do not depend on when this thread looked.
"""

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field

from oscreorder.corpus.neighbours import Index
from oscreorder.daemon.audio_out import AudioOut
from oscreorder.daemon.effects import Peer
from oscreorder.daemon.limited_log import LimitedLog
from oscreorder.daemon.streams import StreamEnd
from oscreorder.errors import OscReorderError
from oscreorder.live.grains import Grain
from oscreorder.live.playing import events
from oscreorder.live.space import Space, target
from oscreorder.live.stream import Stream, StreamSettings
from oscreorder.osc import messages, wire
from oscreorder.osc.places import Place
from oscreorder.parameters import Settings

TICK_S = 0.005
BEHIND_S = 0.25
"""A stream that could not be looked after for so much longer than its lookahead goes on from now; it does not catch up
with a flood."""
DRIFT_S = 0.002
"""So far the device's clock may run off before a stream follows it."""


@dataclass(frozen=True, slots=True)
class _Begin:
    stream: "_Playing"


@dataclass(frozen=True, slots=True)
class _Aim:
    number: int
    place: Place
    map_index: Future[Index] | None
    moment: float


@dataclass(frozen=True, slots=True)
class _Change:
    number: int
    to: Peer
    settings: Settings
    moment: float


@dataclass(frozen=True, slots=True)
class _Stop:
    number: int


@dataclass(frozen=True, slots=True)
class _Forget:
    folders: Sequence[str]


@dataclass(slots=True, eq=False)
class _Playing:
    """A stream in this thread.

    It began at `zero`, a time of ``time.monotonic``; `zero_frame` is that moment on the audio device's clock.  What was
    said to it waits in `said` until the space, and the map in which it shall aim, are open.
    """

    number: int
    id: int
    to: Peer
    settings: StreamSettings
    seed: int
    space: Future[Space]
    zero: float
    said: deque[_Aim | _Change] = field(default_factory=deque)
    stream: Stream | None = None
    zero_frame: int | None = None
    until_s: float = 0.0
    late: int = 0

    @property
    def ahead_s(self) -> float:
        return self.settings.lookahead_ms / 1000

    def waits(self) -> bool:
        """Return whether what was said waits for a space or a map; behind what it waits for, if for a map."""
        first = self.said[0] if self.said else None
        for_map = isinstance(first, _Aim) and first.map_index is not None and not first.map_index.done()
        return len(self.said) > 1 and (not self.space.done() or for_map)


_Wish = _Begin | _Aim | _Change | _Stop | _Forget


class Scheduler:
    """Owns all streams; every method may be called from any thread and returns at once.

    Parameters
    ----------
    send : callable
        ``send(datagram, peer)``, from this thread; OSError where it cannot be sent.
    ended : callable
        ``ended(number, StreamEnd)``, from this thread, when a stream has ended.
    audio : AudioOut
        Sounds the grains of streams with ``play 1``.

    Attributes
    ----------
    late : int
        Grains that were handed on after their moment.
    """

    def __init__(
        self, send: Callable[[bytes, Peer], None], ended: Callable[[int, StreamEnd], None], audio: AudioOut
    ) -> None:
        self.late = 0
        self._send = send
        self._tell_end = ended
        self._audio = audio
        self._inbox: queue.SimpleQueue[_Wish | None] = queue.SimpleQueue()
        self._streams: dict[int, _Playing] = {}
        self._limited = LimitedLog(logging.getLogger(__name__))
        self._thread = threading.Thread(target=self._run, name="oscreorder-streams", daemon=True)
        self._thread.start()

    def start(self, number: int, stream_id: int, to: Peer, settings: Settings, space: Future[Space]) -> None:
        """Begin a stream; nothing sounds before it is aimed."""
        now = time.monotonic()
        playing = _Playing(number, stream_id, to, StreamSettings.of(settings), settings.seed, space, now)
        self._inbox.put(_Begin(playing))

    def aim(self, number: int, place: Place, map_index: Future[Index] | None) -> None:
        """Aim a stream; `map_index` is that of a point's map."""
        self._inbox.put(_Aim(number, place, map_index, time.monotonic()))

    def change(self, number: int, to: Peer, settings: Settings) -> None:
        """Change a stream's settings, or where its grains go."""
        self._inbox.put(_Change(number, to, settings, time.monotonic()))

    def stop(self, number: int) -> None:
        """End a stream at once."""
        self._inbox.put(_Stop(number))

    def forget(self, folders: Sequence[str]) -> None:
        """Let go of sounds in folders that are removed, once what was stopped before is."""
        self._inbox.put(_Forget(folders))

    def close(self) -> None:
        """End all streams, and the thread."""
        self._inbox.put(None)
        self._thread.join()

    # The thread

    def _run(self) -> None:
        deadline = time.monotonic()
        while True:
            try:
                wish = self._inbox.get(timeout=max(deadline - time.monotonic(), 0) if self._streams else None)
            except queue.Empty:
                self._tick()
                deadline = max(deadline + TICK_S, time.monotonic())
                continue
            if wish is None:
                break
            if not self._streams:
                deadline = time.monotonic()
            self._carry_out(wish)
            if self._streams and time.monotonic() >= deadline:  # a flood of wishes must not hold the ticks up
                self._tick()
                deadline = max(deadline + TICK_S, time.monotonic())
        for playing in list(self._streams.values()):
            self._end(playing, "")

    def _carry_out(self, wish: _Wish) -> None:
        if isinstance(wish, _Forget):
            self._audio.forget(wish.folders)
            return
        if isinstance(wish, _Begin):
            self._streams[wish.stream.number] = wish.stream
            return
        playing = self._streams.get(wish.number)
        if playing is None:
            return
        if isinstance(wish, _Stop):
            self._end(playing, "")
        else:
            if playing.waits() and isinstance(wish, _Aim) and isinstance(playing.said[-1], _Aim):
                playing.said.pop()  # of targets that must wait, the last one counts
            playing.said.append(wish)

    def _end(self, playing: _Playing, reason: str) -> None:
        del self._streams[playing.number]
        self._audio.stop_stream(playing.number)
        sounded = playing.stream.sounded if playing.stream else 0
        self._tell_end(playing.number, StreamEnd(sounded, playing.late, reason))

    def _tick(self) -> None:
        for playing in list(self._streams.values()):
            try:
                self._look_after(playing, time.monotonic())
            except (OscReorderError, OSError) as error:
                self._end(playing, f"ended: {error}")
            except Exception as error:  # noqa: BLE001 - a fault in one stream must not end the others
                self._limited.warning("stream", "internal fault in a stream", exc_info=True)
                self._end(playing, f"ended by an internal fault: {type(error).__name__}")

    def _look_after(self, playing: _Playing, now: float) -> None:
        if not playing.space.done():
            return
        if playing.stream is None:
            playing.stream = Stream(playing.space.result().grains, playing.settings, seed=playing.seed)
        behind = now - playing.zero - playing.until_s
        if behind > playing.ahead_s + BEHIND_S:
            playing.zero += behind
            playing.zero_frame = None
        self._take_wishes(playing, playing.stream)
        playing.until_s = now - playing.zero
        grains = playing.stream.due(playing.until_s + playing.ahead_s)
        if grains:
            self._hand_on(playing, grains)
        if playing.stream.ended:
            self._finish(playing, playing.stream.sounded)

    def _take_wishes(self, playing: _Playing, stream: Stream) -> None:
        while playing.said:
            wish = playing.said[0]
            if isinstance(wish, _Aim) and wish.map_index and not wish.map_index.done():
                return
            playing.said.popleft()
            at_s = max(wish.moment - playing.zero + playing.ahead_s, 0.0)
            if isinstance(wish, _Change):
                playing.to, playing.settings = wish.to, StreamSettings.of(wish.settings)
                stream.set(at_s=at_s, **asdict(playing.settings))
            else:
                map_index = wish.map_index.result() if wish.map_index else None
                stream.target(target(wish.place, playing.space.result(), map_index), at_s=at_s)

    def _finish(self, playing: _Playing, sounded: int) -> None:
        """End a stream that has given its last grain; what the device plays of it sounds on to its end."""
        del self._streams[playing.number]
        self._tell_end(playing.number, StreamEnd(sounded, playing.late, "ended by its count"))

    # What grains become

    def _hand_on(self, playing: _Playing, grains: Sequence[Grain]) -> None:
        now = time.monotonic()
        late = sum(playing.zero + grain.time_s < now for grain in grains)
        playing.late += late
        self.late += late
        if playing.settings.play:
            self._play(playing, grains)
        if playing.settings.tell or not playing.settings.play:
            for datagram in _datagrams(playing, grains, now):
                self._send_one(datagram, playing.to)

    def _send_one(self, datagram: bytes, to: Peer) -> None:
        try:
            self._send(datagram, to)
        except OSError as error:
            self._limited.warning("grain", "a grain could not be sent to %s port %d: %s", to.host, to.port, error)

    def _play(self, playing: _Playing, grains: Sequence[Grain]) -> None:
        playback = self._audio.playback
        if playback is None or not playback.sr:
            return
        here = playback.frame_at(playing.zero)
        if playing.zero_frame is None or abs(here - playing.zero_frame) > DRIFT_S * playback.sr:
            playing.zero_frame = here
        space = playing.space.result()
        rows = events(
            grains,
            space.samples,
            sounds=self._audio.sounds(space.record),
            stream=playing.number,
            sr=playback.sr,
            zero_frame=playing.zero_frame,
        )
        self._audio.schedule(rows)


def _datagrams(playing: _Playing, grains: Sequence[Grain], now: float) -> Iterator[bytes]:
    """Yield what tells grains: bundles with the moment at which they sound, or plain messages."""
    wall = time.time() - time.monotonic()
    for grain in grains:
        moment = playing.zero + grain.time_s
        encoded = _encoded(playing.id, grain, 1000 * (moment - now))
        yield wire.encode_bundle(wire.ntp(wall + moment), [encoded]) if playing.settings.tags else encoded


def _encoded(stream_id: int, grain: Grain, lead_ms: float) -> bytes:
    message = messages.grain(
        stream_id,
        (grain.t_ms, lead_ms, grain.sound, grain.start, grain.dur_ms, grain.gain, grain.pan, grain.distance),
    )
    return wire.encode(message.address, *message.arguments)
