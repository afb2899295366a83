"""What is live: carries out the session's effects on neighbours, streams and sound, and tells it what came of them."""

import functools
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from oscreorder.corpus.neighbours import Index
from oscreorder.daemon.audio_out import AudioOut, AudioWish
from oscreorder.daemon.effects import AimStream, ChangeStream, Effect, Find, OpenAudio, Peer, StartStream, StopStream
from oscreorder.daemon.limited_log import LimitedLog
from oscreorder.daemon.queries import Neighbour
from oscreorder.daemon.scheduler import Scheduler
from oscreorder.daemon.session import Session
from oscreorder.daemon.spaces import Spaces
from oscreorder.errors import AudioDeviceError, OscReorderError
from oscreorder.live.space import Space, spot

WATCH_S = 0.25

Step = Callable[[float], list[Effect]]


class Performance:
    """Neighbours, streams and the audio device.

    Parameters
    ----------
    session : Session
    send : callable
        ``send(datagram, peer)`` from any thread.
    step : callable
        ``step(function)`` calls ``function(now)`` and carries out the effects that it returns; only in the loop's
        thread.
    from_thread : callable
        ``from_thread(function)`` has `step` called from any thread.
    later : callable
        ``later(seconds, function)`` calls after a while; only in the loop's thread.
    wish : AudioWish
    """

    def __init__(
        self,
        session: Session,
        send: Callable[[bytes, Peer], None],
        step: Callable[[Step], None],
        from_thread: Callable[[Step], None],
        later: Callable[[float, Callable[[], None]], object],
        wish: AudioWish,
    ) -> None:
        self._session = session
        self._step = step
        self._from_thread = from_thread
        self._later = later
        self._audio = AudioOut(wish)
        self._spaces = Spaces()
        self._scheduler = Scheduler(send, self._stream_ended, self._audio)
        self._opener = ThreadPoolExecutor(1, "oscreorder-audio")
        self._limited = LimitedLog(logging.getLogger(__name__))
        self._opening = self._watching = self._looking = self._closed = False

    def run(self, effect: Find | StartStream | AimStream | ChangeStream | StopStream | OpenAudio) -> None:
        """Carry out an effect; only in the loop's thread."""
        scheduler = self._scheduler
        match effect:
            case Find():
                self._find(effect)
            case StartStream():
                space = self._spaces.space(effect.corpus)
                scheduler.start(effect.stream, effect.id, effect.to, effect.settings, space)
            case AimStream(stream, place, map_path):
                scheduler.aim(stream, place, self._spaces.map(map_path) if map_path else None)
            case ChangeStream(stream, to, settings):
                scheduler.change(stream, to, settings)
            case StopStream(stream):
                scheduler.stop(stream)
            case OpenAudio():
                self._open_audio()

    @property
    def late(self) -> int:
        """How many grains were sent too late."""
        return self._scheduler.late

    def get_ready(self) -> None:
        """Prepare for the first neighbours or stream, since there will be an analysed corpus."""
        self._spaces.get_ready()

    def forget(self, folders: Sequence[str]) -> None:
        """Let go of what lies in folders that are removed."""
        self._spaces.forget(folders)
        self._scheduler.forget(folders)

    def close(self) -> None:
        """End all streams at once, and give the device back."""
        self._closed = True
        self._scheduler.close()
        self._audio.give_up()
        self._opener.shutdown(cancel_futures=True)
        self._audio.close()
        self._spaces.close()

    # Neighbours

    def _find(self, find: Find) -> None:
        opened: list[Future[Any]] = [self._spaces.space(find.corpus)]
        if find.map_path:
            opened.append(self._spaces.map(find.map_path))
        if all(future.done() for future in opened):
            self._step(functools.partial(self._session.found, find.query, _found(find, *opened)))
        else:
            later = functools.partial(self._found_later, find, opened)
            opened[-1].add_done_callback(lambda _: self._from_thread(later))

    def _found_later(self, find: Find, opened: Sequence[Future[Any]], now: float) -> list[Effect]:
        return self._session.found(find.query, _found(find, *opened), now)

    # What comes from threads

    def _stream_ended(self, number: int, end: Any) -> None:
        self._from_thread(functools.partial(self._session.stream_ended, number, end))

    def _open_audio(self) -> None:
        if not self._opening:
            self._opening = True
            self._opener.submit(self._open_audio_now)

    def _open_audio_now(self) -> None:
        problem: OscReorderError | None = None
        try:
            self._audio.open()
        except AudioDeviceError as error:
            problem = error
        except Exception as error:  # noqa: BLE001 - whoever waits for the device must hear of it
            problem = AudioDeviceError(f"the audio device does not open: {type(error).__name__}: {error}")
        self._from_thread(functools.partial(self._audio_opened, problem))

    def _audio_opened(self, problem: OscReorderError | None, now: float) -> list[Effect]:
        self._opening = False
        if problem is None and not self._watching:
            self._watching = True
            self._watch()
        return self._session.audio_opened(problem, now)

    def _watch(self) -> None:
        """See all the while how the device is."""
        if self._closed:
            return
        if not self._looking:
            self._looking = True
            self._opener.submit(self._look_after_audio)
        self._later(WATCH_S, self._watch)

    def _look_after_audio(self) -> None:
        try:
            changed = self._audio.look_after(time.monotonic())
        except OSError as error:  # no other process can be started now
            self._limited.warning("audio", "the audio device cannot be opened again yet: %s", error)
            return
        finally:
            self._looking = False
        if changed:
            self._from_thread(functools.partial(self._session.audio_told, changed.text, lost=changed.lost))


def _found(
    find: Find, space: Future[Space], map_index: Future[Index] | None = None
) -> Sequence[Neighbour] | OscReorderError:
    """Return the rows that answer a question; the futures are done."""
    try:
        opened = space.result()
        index, point = spot(find.place, opened, map_index.result() if map_index else None)
        indices, distances = index.query(point, k=find.k, radius=find.radius)
    except OscReorderError as error:
        return error
    except (OSError, MemoryError) as error:
        return OscReorderError(f"the analysis of {find.corpus.name} cannot be read: {error}; analyse it again")
    # Of so few, one by one is quicker than as arrays.
    sound, start, length = opened.grains.sound.item, opened.grains.start.item, opened.grains.length.item
    found = zip(indices.tolist(), distances.tolist(), strict=True)
    return [(grain, sound(grain), start(grain), length(grain), distance) for grain, distance in found]
