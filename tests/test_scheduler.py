"""The clock of the streams: what it sends and when, to whom, and how streams end; no daemon and no socket."""

import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from oscreorder.corpus.neighbours import FlatIndex, Index, grain_point
from oscreorder.daemon.audio_out import NONE, AudioOut, AudioWish
from oscreorder.daemon.effects import Peer
from oscreorder.daemon.scheduler import BEHIND_S, TICK_S, Scheduler
from oscreorder.daemon.streams import StreamEnd
from oscreorder.live.grains import file_grains
from oscreorder.live.space import Space
from oscreorder.live.stream import MIN_GAP_S, Stream, StreamSettings, Target
from oscreorder.osc.places import Place
from oscreorder.osc.wire import IMMEDIATELY, Timed, decode, unix
from oscreorder.parameters import Settings
from oscreorder.records import CorpusRecord

N = 40
POINTS = np.random.default_rng(3).standard_normal((N, 3)).astype(np.float32)
GRAINS = file_grains(
    np.zeros(N, np.intp), np.arange(N) * 100, win_length=400, sr=1000, own_sr=[1000], own_length=[N * 100]
)
SPACE = Space(CorpusRecord("corpus", 1000, ()), FlatIndex(POINTS), GRAINS, GRAINS)
PD, SC = Peer("127.0.0.1", 50001), Peer("127.0.0.1", 50002)
PATIENCE_S = 10.0
STREAM = 7


def opened(result: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(result)
    return future


def grain(number: int) -> Place:
    return Place("grain", (float(number),))


def settings(**changes: Any) -> Settings:
    return Settings(**{"rate": 100.0, "k": 1, "repeat_s": 0.0, **changes})


class Stage:
    """A scheduler, what it sent, and how its streams ended."""

    def __init__(self) -> None:
        self.sent: queue.SimpleQueue[tuple[bytes, Peer, float]] = queue.SimpleQueue()
        self.ends: queue.SimpleQueue[tuple[int, StreamEnd]] = queue.SimpleQueue()
        self.held = threading.Event()
        self.held.set()
        self.problem: OSError | None = None
        audio = AudioOut(AudioWish(NONE))
        self.scheduler = Scheduler(self._send, lambda number, end: self.ends.put((number, end)), audio)

    def _send(self, datagram: bytes, to: Peer) -> None:
        assert self.held.wait(PATIENCE_S)
        self.sent.put((datagram, to, time.time()))
        if self.problem:
            raise self.problem

    def start(self, space: Future[Space] | None = None, number: int = 1, **changes: Any) -> None:
        self.scheduler.start(number, STREAM, PD, settings(**changes), space or opened(SPACE))

    def aim(self, number: int, map_index: Future[Index] | None = None) -> None:
        self.scheduler.aim(1, grain(number), map_index)

    def grains(self, n: int) -> list[tuple[Timed, Peer, float]]:
        heard: list[tuple[Timed, Peer, float]] = []
        while len(heard) < n:
            datagram, to, moment = self.sent.get(timeout=PATIENCE_S)
            heard += [(timed, to, moment) for timed in decode(datagram)]
        return heard

    def places(self, n: int) -> list[int]:
        """Return which grains come next."""
        return [int(str(timed.message.arguments[4])) // 100 for timed, _, _ in self.grains(n)]

    def stand(self, seconds: float) -> None:
        """Hold the scheduler up for a while."""
        self.held.clear()
        threading.Event().wait(seconds)
        self.held.set()

    def end(self) -> StreamEnd:
        number, end = self.ends.get(timeout=PATIENCE_S)
        assert number == 1
        return end


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.held.set()
    stage.scheduler.close()


def test_nothing_comes_before_the_first_target_and_grains_are_tagged_with_their_moment(stage: Stage) -> None:
    stage.start(lookahead_ms=80.0)
    with pytest.raises(queue.Empty):
        stage.sent.get(timeout=5 * TICK_S)
    aimed = time.time()
    stage.aim(3)
    heard = stage.grains(20)
    moments = [unix(timed.timetag) for timed, _, _ in heard]
    assert moments[0] - aimed == pytest.approx(0.08, abs=0.03)
    assert [after - before for before, after in pairwise(moments)] == pytest.approx([0.01] * 19, abs=1e-4)
    for (timed, to, sent), moment in zip(heard, moments, strict=True):
        assert (to, timed.message.address, timed.message.arguments[0]) == (PD, "/oscreorder/grain", STREAM)
        assert timed.message.arguments[2] == pytest.approx(1000 * (moment - sent), abs=5)
        assert moment - sent < 0.08 + 0.001


def test_the_grains_are_those_of_the_stream_offline(stage: Stage) -> None:
    wishes: dict[str, Any] = {"rate": 400.0, "k": 8, "choose": "random", "repeat_s": 0.1, "count": 60, "seed": 5}
    stage.start(**wishes)
    stage.aim(3)
    target = Target(SPACE.search, grain_point(SPACE.search, 3))
    alone = Stream(GRAINS, StreamSettings.of(settings(**wishes)), seed=5, target=target).due(10)
    assert stage.places(60) == [grain.grain for grain in alone]
    assert stage.end() == StreamEnd(60, 0, "ended by its count")


def test_without_tags_come_plain_messages_with_the_clock_of_the_stream(stage: Stage) -> None:
    stage.start(tags=0)
    stage.aim(3)
    heard = stage.grains(10)
    assert {timed.timetag for timed, _, _ in heard} == {IMMEDIATELY}
    t_ms = [float(str(timed.message.arguments[1])) for timed, _, _ in heard]
    assert [after - before for before, after in pairwise(t_ms)] == pytest.approx([10] * 9, abs=0.01)


def test_a_stopped_stream_tells_how_much_it_gave_and_is_silent(stage: Stage) -> None:
    stage.start()
    stage.aim(3)
    stage.grains(5)
    stage.scheduler.stop(1)
    end = stage.end()
    assert (end.reason, end.late) == ("", 0)
    assert end.grains == 5 + stage.sent.qsize()
    assert len(stage.grains(end.grains - 5)) == end.grains - 5
    stage.scheduler.aim(1, grain(4), None)
    stage.scheduler.stop(1)
    with pytest.raises(queue.Empty):
        stage.sent.get(timeout=5 * TICK_S)


def test_what_is_said_before_the_corpus_is_read_waits_and_the_last_target_counts(stage: Stage) -> None:
    space: Future[Space] = Future()
    stage.start(space)
    for number in (3, 4, 5):
        stage.aim(number)
    with pytest.raises(queue.Empty):
        stage.sent.get(timeout=5 * TICK_S)
    space.set_result(SPACE)
    assert stage.places(10)[1:] == [5] * 9  # the first one falls to the target that came first


def test_every_beat_sounds_however_close_they_come(stage: Stage) -> None:
    stage.start(mode="beat")
    pause = threading.Event()
    for number in range(30):
        stage.aim(number)
        pause.wait(2 * MIN_GAP_S)  # several in each tick, but not so close that they are one
    assert stage.places(30) == list(range(30))


def test_a_target_waits_for_its_map_and_those_before_it_hold(stage: Stage) -> None:
    made: Future[Index] = Future()
    stage.start()
    stage.aim(3)
    assert set(stage.places(5)) == {3}
    stage.scheduler.aim(1, Place("point", tuple(map(float, POINTS[9, :2]))), made)
    assert set(stage.places(20)) == {3}
    made.set_result(FlatIndex(POINTS[:, :2]))
    until(lambda: stage.places(1) == [9])
    assert set(stage.places(5)) == {9}


def until(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("problem", "told"), [(OSError("no such file"), "no such file"), (ValueError("?"), "ValueError")]
)
def test_a_corpus_that_cannot_be_read_ends_its_stream_and_no_other(stage: Stage, problem: Exception, told: str) -> None:
    unread: Future[Space] = Future()
    unread.set_exception(problem)
    stage.start(number=2)
    stage.scheduler.aim(2, grain(4), None)
    stage.start(unread)
    end = stage.end()
    assert end.grains == 0
    assert told in end.reason
    assert stage.places(20) == [4] * 20


def test_a_place_that_is_none_ends_the_stream_with_its_reason(stage: Stage) -> None:
    stage.start()
    stage.aim(N)
    assert f"there is no grain {N}" in stage.end().reason


def test_a_peer_that_cannot_be_reached_does_not_end_the_stream(stage: Stage) -> None:
    stage.problem = OSError("network is unreachable")
    stage.start(count=20)
    stage.aim(3)
    assert stage.places(20) == [3] * 20
    assert stage.end() == StreamEnd(20, 0, "ended by its count")


def test_changes_hold_from_now_on_and_go_to_the_new_port(stage: Stage) -> None:
    stage.start()
    stage.aim(3)
    stage.grains(5)
    stage.scheduler.change(1, SC, settings(gain_db=-20.0))
    until(lambda: stage.grains(1)[0][1] == SC)
    quiet = [timed.message.arguments[6] for timed, to, _ in stage.grains(30) if to == SC]
    assert quiet[-1] == pytest.approx(0.1)


def test_what_is_handed_on_too_late_is_counted_and_not_made_up_for(stage: Stage) -> None:
    stage.start(rate=200.0, lookahead_ms=20.0)
    stage.aim(3)
    stage.grains(5)
    stage.stand(2 * BEHIND_S)
    began, heard = time.time(), stage.grains(100)
    stage.scheduler.stop(1)
    assert time.time() - began > 0.2  # 100 at 200 a second: not a flood of what was missed
    moments = [unix(timed.timetag) for timed, _, _ in heard]
    assert moments == sorted(moments)
    assert max(after - before for before, after in pairwise(moments)) > BEHIND_S
    end = stage.end()
    assert end.late == stage.scheduler.late


def test_a_short_stand_makes_grains_late_and_they_are_counted(stage: Stage) -> None:
    stage.start(rate=200.0, lookahead_ms=20.0)
    stage.aim(3)
    stage.grains(5)
    stage.stand(0.15)
    stage.grains(50)
    stage.scheduler.stop(1)
    end = stage.end()
    assert 10 < end.late < 60
    assert stage.scheduler.late == end.late


def test_the_end_of_all_ends_each(stage: Stage) -> None:
    for number in (1, 2, 3):
        stage.start(number=number)
    stage.scheduler.close()
    ended = {stage.ends.get(timeout=PATIENCE_S) for _ in range(3)}
    assert ended == {(number, StreamEnd(0, 0)) for number in (1, 2, 3)}
