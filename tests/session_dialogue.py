"""A session and its clock, to be talked with: messages, times and the ends of jobs in, effects out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from oscreorder.daemon.effects import Effect, Peer, Send, SendRows, StartJob, StartStream
from oscreorder.daemon.session import Session
from oscreorder.errors import OscReorderError
from oscreorder.limits import Limits
from oscreorder.osc.wire import Argument, Message, decode
from oscreorder.parameters import Settings
from oscreorder.records import AnalysisRecord, CorpusRecord, Folders, MapRecord, Outcome, SoundRecord

PD = Peer("127.0.0.1", 50001)
MAX = Peer("127.0.0.1", 50002)
STRANGER = Peer("192.168.1.7", 50003)
PORT = 57140
FOLDERS = Folders(roots=("/sounds",), out="/out", scratch="/scratch")


class Dialogue:
    """A session and its clock; each call returns the effects."""

    def __init__(self, slots: int = 2, *, limits: Limits | None = None) -> None:
        self.now = 1024.0
        self.session = Session(
            settings=Settings(),
            folders=FOLDERS,
            version="1.2",
            port=PORT,
            slots=slots,
            now=self.now,
            limits=limits,
            allowed=["192.168.1.0/24"],
        )

    def say(self, command: str, *arguments: Argument, source: Peer = PD, ahead: float | None = None) -> list[Effect]:
        message = Message(f"/oscreorder/{command}", arguments)
        due = 0.0 if ahead is None else self.now + ahead
        return self.session.receive(message, source=source, now=self.now, due=due)

    def wait(self, seconds: float) -> list[Effect]:
        """Let time pass, with a tick at each deadline on the way."""
        end = self.now + seconds
        effects: list[Effect] = []
        while (deadline := self.session.next_deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            effects += self.session.tick(self.now)
        self.now = end
        return effects

    def tells(self, job: int, fraction: float, what: str) -> list[Effect]:
        return self.session.job_progress(job, fraction, what, self.now)

    def ends(self, job: int, result: Outcome | OscReorderError) -> list[Effect]:
        return self.session.job_ended(job, result, self.now)

    def with_corpus(self, name: str = "violin", **analysis: Any) -> CorpusRecord:
        """Load a corpus, and analyse it with these settings if there are any."""
        (start,) = started(self.say("load", 900, name, "/sounds/a.wav"))
        record = loaded(start)
        self.ends(start.job, Outcome((1, 2.0, 0), corpus=record))
        if analysis:
            pairs = [value for pair in analysis.items() for value in pair]
            (start,) = started(self.say("analyse", 901, name, *pairs))
            record = analysed(start)
            self.ends(start.job, Outcome((10, 4, 0.1), corpus=record))
        return record


def loaded(start: StartJob) -> CorpusRecord:
    """Return the corpus as a load makes it."""
    folder, before = start.arguments["folder"], start.arguments["corpus"]
    sounds = before.sounds if isinstance(before, CorpusRecord) else ()
    sound = SoundRecord(str(start.arguments["path"]), 44100, 2, 88200, f"{folder}/{len(sounds)}.f32", 88200)
    return CorpusRecord(str(start.arguments["name"]), 44100, (*sounds, sound))


def analysed(start: StartJob) -> CorpusRecord:
    """Return the corpus as a job leaves it that has analysed it."""
    record, wanted = start.arguments["corpus"], start.arguments["settings"]
    assert isinstance(record, CorpusRecord)
    assert isinstance(wanted, Settings)
    return replace(record, analysis=AnalysisRecord(wanted, str(start.arguments["folder"]), 10, 4))


def mapped(record: CorpusRecord, start: StartJob) -> CorpusRecord:
    """Return an analysed corpus with the map that a job was asked for."""
    settings = start.arguments["settings"]
    assert isinstance(settings, Settings)
    assert record.analysis is not None
    made = MapRecord(settings, f"{start.arguments['folder']}/map.npy")
    return replace(record, analysis=replace(record.analysis, maps=(*record.analysis.maps, made)))


def done(command: str, request_id: int, *values: Argument, to: Peer = PD) -> Send:
    return Send(to, Message("/oscreorder/done", (command, request_id, *values)))


def started(effects: Sequence[Effect]) -> list[StartJob]:
    return [effect for effect in effects if isinstance(effect, StartJob)]


def sent(effects: Sequence[Effect], address: str = "") -> list[tuple[Argument, ...]]:
    """Return the arguments of the messages to an address."""
    rows = [row for effect in effects if isinstance(effect, SendRows) for row in effect.rows]
    sends = [effect.message for effect in effects if isinstance(effect, Send)]
    told = [timed.message for row in rows for timed in decode(row)] + sends
    return [message.arguments for message in told if message.address == f"/oscreorder/{address}"]


def errors(effects: Sequence[Effect]) -> list[tuple[Argument, ...]]:
    """Return command, id and code of each error."""
    return [arguments[:3] for arguments in sent(effects, "error")]


def error_text(effects: Sequence[Effect]) -> str:
    (arguments,) = sent(effects, "error")
    return str(arguments[3])


def settings_of(effects: Sequence[Effect]) -> Settings:
    (start,) = started(effects)
    wanted = start.arguments["settings"]
    assert isinstance(wanted, Settings)
    return wanted


def kinds(effects: Sequence[Effect], kind: type[Any]) -> list[Any]:
    return [effect for effect in effects if isinstance(effect, kind)]


def ready(**analysis: Any) -> Dialogue:
    """Return a dialogue with an analysed corpus, violin, of 10 grains in 4 dimensions, and Pd registered."""
    dialogue = Dialogue()
    dialogue.with_corpus(hop_length=512, **analysis)
    dialogue.say("notify", 950, 1)
    return dialogue


def playing(dialogue: Dialogue, stream: int = 5, *options: Argument, source: Peer = PD) -> int:
    """Start a stream; return the number by which the shell knows it."""
    (start,) = kinds(dialogue.say("stream/start", stream, "violin", *options, source=source), StartStream)
    return int(start.stream)


def with_map(start: StartJob) -> CorpusRecord:
    """Return the corpus as the preparation of a map leaves it."""
    record = start.arguments["corpus"]
    assert isinstance(record, CorpusRecord)
    return mapped(record, start)
