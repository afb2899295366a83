"""Laws of the session: no message raises, and each request gets exactly one answer."""

from collections import Counter
from collections.abc import Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from session_dialogue import (
    MAX,
    PD,
    PORT,
    STRANGER,
    Dialogue,
    analysed,
    loaded,
    mapped,
)

from oscreorder.daemon.effects import Effect, Find, OpenAudio, Peer, Send, SendRows, StartJob, StartStream, StopStream
from oscreorder.daemon.queries import Neighbour
from oscreorder.daemon.streams import StreamEnd
from oscreorder.errors import AudioDeviceError, CancelledError, FileProblemError, OscReorderError, WorkerDiedError
from oscreorder.osc.commands import COMMANDS
from oscreorder.osc.wire import Argument, Unreadable, decode, encode
from oscreorder.records import CorpusRecord, Outcome

# Laws

WORDS = ["violin", "tabla", "out.wav", "hop_length", "seed", "order", "tsne", ""]
ARGUMENTS = st.one_of(
    st.integers(-(2**31), 2**31),
    st.integers(0, 3),
    st.floats(width=32),
    st.booleans(),
    st.sampled_from(WORDS),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.just(Unreadable("not read")),
)
COMMAND_NAMES = [*COMMANDS, *(f"param/{name}" for name in ("hop_length", "seed", "steps", "nope")), "nope", "done"]
SOURCES = st.sampled_from([PD, MAX, STRANGER, PD._replace(port=40001), STRANGER._replace(port=PORT)])
CORPORA = st.sampled_from(["violin", "tabla"])
PLACES = st.just("point"), st.just(0.5), st.sampled_from([0.25, 0.5])
REQUESTS: Mapping[str, st.SearchStrategy[tuple[Argument, ...]]] = {
    "load": st.tuples(st.sampled_from(["violin", "tabla"]), st.just("x.wav")),
    "analyse": st.tuples(st.sampled_from(["violin", "tabla"])),
    "render": st.tuples(st.sampled_from(["violin", "tabla"]), st.just("o.wav")),
    "free": st.tuples(st.sampled_from(["violin", "tabla"])),
    "cancel": st.tuples(st.integers(0, 30)),
    "notify": st.one_of(st.tuples(st.integers(0, 1)), st.tuples(st.just(1), st.sampled_from([9000, 9001]))),
    "sync": st.just(()),
    "ping": st.just(()),
    "corpora": st.just(()),
    "neighbours": st.tuples(CORPORA, *PLACES),
    "stream/start": st.one_of(st.tuples(CORPORA), st.tuples(CORPORA, st.just("play"), st.just(1))),
    "stream/stop": st.tuples(st.integers(-1, 30)),
}


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(COMMAND_NAMES), st.lists(ARGUMENTS, max_size=6), SOURCES, st.floats(-20, 20)))
)
def test_no_message_raises_and_all_replies_can_be_sent(
    calls: list[tuple[str, list[Argument], Peer, float]],
) -> None:
    dialogue = Dialogue()
    for command, arguments, source, ahead in calls:
        effects = dialogue.say(command, *arguments, source=source, ahead=ahead) + dialogue.wait(0.7)
        for effect in effects:
            if isinstance(effect, Send):
                assert effect.peer.port not in {PORT, 0}
                encode(effect.message.address, *effect.message.arguments)
            elif isinstance(effect, SendRows):
                assert effect.peer.port not in {PORT, 0}
                assert all(decode(row) for row in effect.rows)


class Outside:
    """Carries the session's effects out as it likes, and counts the answers to each request."""

    def __init__(self, dialogue: Dialogue, data: st.DataObject) -> None:
        self._dialogue = dialogue
        self._data = data
        self.running: dict[int, StartJob] = {}
        self.playing: set[int] = set()
        self.answers: Counter[Argument] = Counter()

    def carry_out(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        session, now = self._dialogue.session, self._dialogue.now
        match effect:
            case StartJob():
                self.running[effect.job] = effect
            case Send(_, message) if message.address in {"/oscreorder/done", "/oscreorder/error"}:
                self.answers[message.arguments[1]] += 1
            case Find():
                self.carry_out(session.found(effect.query, self._data.draw(FINDINGS), now))
            case StartStream():
                self.playing.add(effect.stream)
            case StopStream(stream):
                self.playing.remove(stream)
                self.carry_out(session.stream_ended(stream, StreamEnd(1, 0), now))
            case OpenAudio():
                problem = self._data.draw(st.sampled_from([None, AudioDeviceError("no")]))
                self.carry_out(session.audio_opened(problem, now))

    def end_job(self, job: int) -> None:
        outcome = Outcome((1,), ("n",), self._record_of(self.running.pop(job)))
        self.carry_out(
            self._dialogue.ends(job, outcome if self._data.draw(st.booleans()) else self._data.draw(FAILURES))
        )

    def _record_of(self, start: StartJob) -> CorpusRecord | None:
        match start.command:
            case "load":
                return loaded(start)
            case "prepare" if start.arguments["mapped"]:
                return mapped(analysed(start), start)
            case "analyse" | "prepare":
                return analysed(start)
            case "render" if self._data.draw(st.booleans()):
                return analysed(start)
        return None


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_each_request_gets_exactly_one_answer(data: st.DataObject) -> None:
    dialogue = Dialogue(slots=data.draw(st.integers(1, 3)))
    outside = Outside(dialogue, data)
    n_requests = data.draw(st.integers(1, 30))
    for request_id in range(n_requests):
        command = data.draw(st.sampled_from(sorted(REQUESTS)))
        arguments = data.draw(REQUESTS[command])
        source = data.draw(st.sampled_from([PD, MAX]))
        ahead = data.draw(st.floats(-1, 3))
        outside.carry_out(dialogue.say(command, request_id, *arguments, source=source, ahead=ahead))
        outside.carry_out(dialogue.wait(data.draw(st.floats(0, 3))))
        if data.draw(st.booleans()) and outside.running:
            outside.end_job(data.draw(st.sampled_from(sorted(outside.running))))
    outside.carry_out(dialogue.wait(5.0))
    while outside.running:
        outside.end_job(min(outside.running))
    outside.carry_out(dialogue.wait(70.0))
    assert not outside.playing  # nobody has said anything for so long
    assert outside.answers == dict.fromkeys(range(n_requests), 1)
    assert dialogue.say("status", 99)[0].message.arguments[3] == 0  # type: ignore[union-attr] # no job is left


FINDINGS: st.SearchStrategy[list[Neighbour] | OscReorderError] = st.sampled_from(
    [[], [(1, 0, 0, 512, 0.5)], OscReorderError("no")]
)
FAILURES = st.sampled_from([FileProblemError("no"), WorkerDiedError("SIGKILL"), CancelledError("")])
