"""The session by dialogues: messages, times and the ends of jobs in, effects out; no sockets, clocks or processes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oscreorder.daemon.agenda import MAX_WAITING
from oscreorder.daemon.effects import CancelJob, Effect, Peer, Quit, RemoveFolders, Send, StartJob
from oscreorder.daemon.peers import MAX_PEERS, MAX_RATE
from oscreorder.daemon.postponed import MAX_POSTPONED
from oscreorder.daemon.session import Session
from oscreorder.errors import CancelledError, FileProblemError, OscReorderError, WorkerDiedError
from oscreorder.osc.commands import COMMANDS
from oscreorder.osc.wire import Argument, Message, Unreadable, encode
from oscreorder.parameters import PARAMETERS, Settings
from oscreorder.records import AnalysisRecord, CorpusRecord, Folders, Outcome, SoundRecord

PD = Peer("127.0.0.1", 50001)
MAX = Peer("127.0.0.1", 50002)
STRANGER = Peer("192.168.1.7", 50003)
PORT = 57140
FOLDERS = Folders(roots=("/sounds",), out="/out", scratch="/scratch")


class Dialogue:
    """A session and its clock; each call returns the effects."""

    def __init__(self, slots: int = 2) -> None:
        self.now = 1024.0
        self.session = Session(
            settings=Settings(), folders=FOLDERS, version="1.2", port=PORT, slots=slots, now=self.now
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


def done(command: str, request_id: int, *values: Argument, to: Peer = PD) -> Send:
    return Send(to, Message("/oscreorder/done", (command, request_id, *values)))


def started(effects: Sequence[Effect]) -> list[StartJob]:
    return [effect for effect in effects if isinstance(effect, StartJob)]


def sent(effects: Sequence[Effect], address: str = "") -> list[tuple[Argument, ...]]:
    """Return the arguments of the messages to an address."""
    sends = [effect.message for effect in effects if isinstance(effect, Send)]
    return [message.arguments for message in sends if message.address == f"/oscreorder/{address}"]


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


# Queries


def test_ping_tells_version_and_uptime() -> None:
    dialogue = Dialogue()
    dialogue.wait(2.5)
    assert dialogue.say("ping", 7) == [done("ping", 7, "1.2", 2.5)]


def test_status_counts() -> None:
    dialogue = Dialogue()
    dialogue.session.packets = 9
    dialogue.with_corpus()
    dialogue.say("load", 1, "coming", "x.wav")
    dialogue.say("render", 2, "coming", "x.wav")
    dialogue.say("notify", 3, 1)
    dialogue.session.receive(Message("/foreign"), source=PD, now=dialogue.now)
    assert dialogue.say("status", 4) == [done("status", 4, 2, 2, 0, 1, 9, 1, 0)]


def test_an_unknown_command_names_the_nearest() -> None:
    effects = Dialogue().say("rendr", 5, "violin")
    assert errors(effects) == [("rendr", 5, 1)]
    assert "/oscreorder/render" in error_text(effects)


def test_a_missing_id_is_answered_with_minus_one() -> None:
    assert errors(Dialogue().say("ping")) == [("ping", -1, 2)]


@pytest.mark.parametrize("address", ["/foreign", "/oscreorder/done", "/oscreorder/error", "/oscreorder/alive", ""])
def test_what_is_not_for_us_is_counted_and_never_answered(address: str) -> None:
    dialogue = Dialogue()
    message = Message(address, ("ping", 1))
    assert dialogue.session.receive(message, source=PD, now=dialogue.now) == []
    assert dialogue.session.refused == 1


@pytest.mark.parametrize("source", [Peer("127.0.0.1", PORT), Peer("10.0.0.1", PORT), Peer("127.0.0.1", 1023)])
def test_our_own_port_and_reserved_ports_are_never_answered(source: Peer) -> None:
    dialogue = Dialogue()
    assert dialogue.say("ping", 1, source=source) == []
    assert dialogue.session.refused == 1


@pytest.mark.parametrize(("command", "count"), [("params", len(PARAMETERS)), ("commands", len(COMMANDS))])
def test_the_tables_are_listed_and_counted(command: str, count: int) -> None:
    effects = Dialogue().say(command, 3)
    assert len(sent(effects, "info")) == count
    assert effects[-1] == done(command, 3, count)


# Parameters


def param(name: str, value: Argument) -> list[Effect]:
    return [Send(PD, Message("/oscreorder/param", (name, value)))]


def test_a_parameter_is_told_and_set() -> None:
    dialogue = Dialogue()
    assert dialogue.say("param/hop_length") == param("hop_length", 2048)
    assert dialogue.say("param/hop_length", 512.0) == param("hop_length", 512)
    assert dialogue.say("param/hop_length", source=MAX) == [
        Send(MAX, Message("/oscreorder/param", ("hop_length", 512)))
    ]


def test_a_refused_parameter_keeps_its_value() -> None:
    dialogue = Dialogue()
    for value in (99999999, "wide", 5000):  # out of range, no number, above win_length
        assert errors(dialogue.say("param/hop_length", value)) == [("param/hop_length", 0, 2)]
    assert dialogue.say("param/hop_length") == param("hop_length", 2048)


# Peers


def test_replies_and_heartbeat_go_to_the_registered_port() -> None:
    dialogue = Dialogue()
    port = replace(PD, port=9000)
    assert dialogue.say("notify", 1, 1, 9000) == [done("notify", 1, 60.0, to=port)]
    assert dialogue.say("ping", 2) == [done("ping", 2, "1.2", 0.0, to=port)]
    assert dialogue.wait(4.0) == [
        Send(port, Message("/oscreorder/alive", (1, 2.0))),
        Send(port, Message("/oscreorder/alive", (2, 4.0))),
    ]
    assert dialogue.say("notify", 3, 0) == [done("notify", 3, 60.0, to=port)]
    assert dialogue.say("ping", 4) == [done("ping", 4, "1.2", 4.0)]
    assert dialogue.wait(10.0) == []
    assert dialogue.session.next_deadline() is None


def test_a_silent_peer_is_dropped_after_its_lease() -> None:
    dialogue = Dialogue()
    dialogue.say("notify", 1, 1)
    assert len(dialogue.wait(61.0)) == 30
    assert dialogue.wait(60.0) == []
    assert dialogue.say("status", 2)[0] == done("status", 2, 0, 0, 0, 0, 0, 0, 0)


def test_any_packet_renews_the_lease() -> None:
    dialogue = Dialogue()
    dialogue.say("notify", 1, 1)
    for _ in range(3):
        assert len(dialogue.wait(50.0)) == 25
        dialogue.say("param/hop_length")


@pytest.mark.parametrize("port", [1, 1023, PORT])
def test_reserved_ports_and_our_own_are_not_registered(port: int) -> None:
    effects = Dialogue().say("notify", 1, 1, port)
    assert errors(effects) == [("notify", 1, 2)]
    assert str(port) in error_text(effects)


def test_a_client_that_sends_from_many_ports_is_one_peer() -> None:
    dialogue = Dialogue()
    port = replace(PD, port=9000)
    dialogue.say("notify", 1, 1, 9000, source=replace(PD, port=40001))
    (start,) = started(dialogue.say("load", 2, "violin", "x.wav", source=replace(PD, port=40002)))
    assert dialogue.say("cancel", 3, 2, source=replace(PD, port=40003)) == [
        CancelJob(start.job),
        done("cancel", 3, to=port),
    ]
    dialogue.say("notify", 4, 1, 9000, source=replace(PD, port=40004))
    (end,) = [effect for effect in dialogue.ends(start.job, CancelledError("")) if isinstance(effect, Send)]
    assert end.peer == port


def test_a_peer_that_receives_where_it_sends_stands_for_no_other() -> None:
    dialogue = Dialogue()
    dialogue.say("notify", 1, 1)
    assert dialogue.say("ping", 2, source=MAX) == [done("ping", 2, "1.2", 0.0, to=MAX)]


def test_a_peer_that_sends_all_from_one_port_stands_for_no_other() -> None:
    dialogue = Dialogue()
    dialogue.say("notify", 1, 1, 9000, source=MAX)
    dialogue.say("ping", 2, source=MAX)
    assert dialogue.say("ping", 3) == [done("ping", 3, "1.2", 0.0)]
    dialogue.say("notify", 4, 1, 9000, source=MAX)
    assert dialogue.say("ping", 5) == [done("ping", 5, "1.2", 0.0)]
    assert dialogue.say("ping", 6, source=MAX) == [done("ping", 6, "1.2", 0.0, to=replace(MAX, port=9000))]


def test_with_two_peers_on_a_host_an_unknown_source_is_itself() -> None:
    dialogue = Dialogue()
    dialogue.say("notify", 1, 1, 9000)
    dialogue.say("notify", 2, 1, 9001, source=MAX)
    other = replace(PD, port=40001)
    assert dialogue.say("ping", 3, source=other) == [done("ping", 3, "1.2", 0.0, to=other)]
    assert dialogue.say("ping", 4, source=MAX) == [done("ping", 4, "1.2", 0.0, to=replace(MAX, port=9001))]


def test_running_work_follows_a_peer_to_its_registered_port() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    dialogue.say("notify", 2, 1, 9000)
    port = replace(PD, port=9000)
    assert dialogue.ends(start.job, FileProblemError("no"))[0] == Send(
        port, Message("/oscreorder/error", ("load", 1, 10, "no"))
    )


def test_the_number_of_peers_is_bounded() -> None:
    dialogue = Dialogue()
    for number in range(MAX_PEERS):
        dialogue.say("notify", 1, 1, source=replace(PD, port=20000 + number))
    assert errors(dialogue.say("notify", 1, 1)) == [("notify", 1, 4)]
    dialogue.wait(63.0)
    assert dialogue.say("notify", 2, 1) == [done("notify", 2, 60.0)]


def test_a_stranger_beyond_loopback_gets_one_short_reply() -> None:
    dialogue = Dialogue()
    assert dialogue.say("ping", 1, source=STRANGER) == [done("ping", 1, "1.2", 0.0, to=STRANGER)]
    assert sent(dialogue.say("params", 2, source=STRANGER), "done") == [("params", 2, len(PARAMETERS))]
    assert dialogue.say("params", 2, source=STRANGER)[:-1] == []
    assert dialogue.say("zzzzzzzzzz", source=STRANGER) == []  # the error would be long
    (start,) = started(dialogue.say("load", 3, "violin", "x.wav", source=STRANGER))
    dialogue.now += 1.0
    assert dialogue.tells(start.job, 0.5, "half") == []
    outcome = Outcome((1, 2.0, 0), ("a notice",), loaded(start))
    assert dialogue.ends(start.job, outcome) == [done("load", 3, 1, 2.0, 0, to=STRANGER)]
    assert sent(dialogue.say("status", 4), "done") == [("status", 4, 1, 0, 0, 0, 0, 1, 0)]


def test_a_registered_peer_beyond_loopback_is_answered_in_full() -> None:
    dialogue = Dialogue()
    dialogue.say("notify", 1, 1, source=STRANGER)
    assert len(dialogue.say("params", 2, source=STRANGER)) == len(PARAMETERS) + 1


@pytest.mark.parametrize("command", sorted({*COMMANDS} - {"param"}))
def test_replies_to_strangers_are_at_most_three_times_the_request(command: str) -> None:
    dialogue = Dialogue()
    for arguments in ((), (1,), (1, "x"), (1, "x", "y.wav"), (1, 1)):
        request = len(encode(f"/oscreorder/{command}", *arguments))
        replies = [effect for effect in dialogue.say(command, *arguments, source=STRANGER) if isinstance(effect, Send)]
        assert len(replies) <= 1
        assert all(len(encode(r.message.address, *r.message.arguments)) <= 3 * request for r in replies)


def test_the_rate_is_limited_beyond_loopback_only() -> None:
    dialogue = Dialogue()
    for source, refused in ((PD, 0), (STRANGER, 10)):
        before = dialogue.session.refused
        for number in range(MAX_RATE + 10):
            dialogue.say("ping", number, source=source)
        assert dialogue.session.refused - before == refused
    dialogue.now += 1.0
    assert dialogue.say("ping", 1, source=STRANGER) == [done("ping", 1, "1.2", 1.0, to=STRANGER)]


# Bundles


def test_a_bundle_of_the_past_runs_now() -> None:
    assert Dialogue().say("ping", 1, ahead=-3600.0) == [done("ping", 1, "1.2", 0.0)]


def test_bundles_wait_and_run_in_order_of_time() -> None:
    dialogue = Dialogue()
    for request_id, ahead in ((1, 0.5), (2, 0.25), (3, 0.5), (4, 9.75)):
        assert dialogue.say("ping", request_id, ahead=ahead) == []
    assert dialogue.session.next_deadline() == dialogue.now + 0.25
    ids = [arguments[1] for arguments in sent(dialogue.wait(1.0), "done")]
    assert ids == [2, 1, 3]
    assert sent(dialogue.wait(9.0), "done") == [("ping", 4, "1.2", 9.75)]


def test_a_bundle_too_far_ahead_runs_now_and_is_counted() -> None:
    dialogue = Dialogue()
    assert dialogue.say("ping", 1, ahead=3600.0) == [done("ping", 1, "1.2", 0.0)]
    assert dialogue.session.skew == 1


def test_waiting_bundles_are_bounded() -> None:
    dialogue = Dialogue()
    for _ in range(MAX_POSTPONED):
        assert dialogue.say("ping", 1, ahead=1.0) == []
    assert dialogue.say("ping", 2, ahead=1.0) == [done("ping", 2, "1.2", 0.0)]
    assert dialogue.session.skew == 1
    assert len(dialogue.wait(1.0)) == MAX_POSTPONED


def test_work_and_cancel_run_on_arrival() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav", ahead=5.0))
    assert CancelJob(start.job) in dialogue.say("cancel", 2, 1, ahead=5.0)


def test_what_is_wrong_in_a_bundle_is_told_at_once() -> None:
    assert errors(Dialogue().say("ping", ahead=5.0)) == [("ping", -1, 2)]


# Work


def test_load_starts_a_job_and_its_end_is_done() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "/sounds/a b.wav", "sample_rate", 48000))
    assert (start.command, start.arguments) == (
        "load",
        {
            "name": "violin",
            "path": "/sounds/a b.wav",
            "corpus": None,
            "settings": Settings(sample_rate=48000),
            "folders": FOLDERS,
            "folder": f"/scratch/job-{start.job}",
        },
    )
    outcome = Outcome((1, 2.5, 1), ("skipped b.wav",), loaded(start))
    assert dialogue.ends(start.job, outcome) == [
        Send(PD, Message("/oscreorder/notice", ("load", 1, "skipped b.wav"))),
        done("load", 1, 1, 2.5, 1),
    ]


def test_render_gets_the_corpus_and_its_folder_is_not_kept() -> None:
    dialogue = Dialogue()
    record = dialogue.with_corpus(hop_length=512)
    (start,) = started(dialogue.say("render", 1, "violin", "out.wav", "seed", 7, "hop_length", 256))
    assert start.arguments == {
        "corpus": record,
        "out": "out.wav",
        "settings": Settings(seed=7, hop_length=256),
        "folders": FOLDERS,
        "folder": f"/scratch/job-{start.job}",
    }
    assert dialogue.ends(start.job, Outcome(("/out/out.wav", 2**25, 44100, 0.5))) == [
        RemoveFolders((f"/scratch/job-{start.job}",)),
        done("render", 1, "/out/out.wav", float(2**25), 44100, 0.5),
    ]


def test_a_failed_job_is_one_error_and_the_corpus_stays() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    (start,) = started(dialogue.say("analyse", 1, "violin"))
    assert dialogue.ends(start.job, WorkerDiedError("SIGSEGV")) == [
        Send(PD, Message("/oscreorder/error", ("analyse", 1, 20, "SIGSEGV")))
    ]
    assert started(dialogue.say("analyse", 2, "violin"))


def test_very_many_notices_are_summed_up() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "x"))
    notices = tuple(f"skipped {number}" for number in range(60))
    told = sent(dialogue.ends(start.job, Outcome((1, 1.0, 60), notices, loaded(start))), "notice")
    assert [arguments[2] for arguments in told] == [*notices[:50], "and 10 more notices"]


def test_loading_more_adds_and_a_new_analysis_replaces_the_old() -> None:
    dialogue = Dialogue()
    first = dialogue.with_corpus(hop_length=512)
    assert first.analysis is not None
    (start,) = started(dialogue.say("load", 1, "violin", "/sounds/b.wav"))
    assert start.arguments["corpus"] == first
    both = loaded(start)
    assert dialogue.ends(start.job, Outcome((1, 2.0, 0), corpus=both))[:1] == [RemoveFolders((first.analysis.folder,))]
    (start,) = started(dialogue.say("analyse", 2, "violin"))
    again = analysed(start)
    dialogue.ends(start.job, Outcome((10, 4, 0.1), corpus=again))
    assert again.analysis is not None
    folders = ("/scratch/job-1", "/scratch/job-3", again.analysis.folder)
    assert dialogue.say("free", 3, "violin")[:1] == [RemoveFolders(tuple(sorted(folders)))]


def test_an_unknown_corpus_names_the_nearest() -> None:
    dialogue = Dialogue()
    assert "none is loaded" in error_text(dialogue.say("render", 1, "violin", "out.wav"))
    dialogue.with_corpus("violin")
    dialogue.with_corpus("tabla")
    for command in (("render", "out.wav"), ("analyse",), ("sounds",), ("free",), ("order", "o.csv"), ("plot", "p.png")):
        effects = dialogue.say(command[0], 2, "violon", *command[1:])
        assert errors(effects) == [(command[0], 2, 3)]
        assert "violin" in error_text(effects)


def test_jobs_on_a_corpus_run_in_order_of_arrival() -> None:
    dialogue = Dialogue(slots=3)
    (load,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    assert dialogue.say("analyse", 2, "violin") == []
    assert dialogue.say("render", 3, "violin", "out.wav") == []
    (analyse,) = started(dialogue.ends(load.job, Outcome((1, 2.0, 0), corpus=loaded(load))))
    assert analyse.command == "analyse"
    record = analysed(analyse)
    (render,) = started(dialogue.ends(analyse.job, Outcome((10, 4, 0.1), corpus=record)))
    assert (render.command, render.arguments["corpus"]) == ("render", record)


def test_jobs_on_different_corpora_run_side_by_side_as_far_as_workers_allow() -> None:
    dialogue = Dialogue(slots=2)
    starts = [started(dialogue.say("load", number, f"corpus {number}", "x.wav")) for number in range(4)]
    assert [len(start) for start in starts] == [1, 1, 0, 0]
    (third,) = started(dialogue.ends(starts[1][0].job, FileProblemError("no")))
    assert third.arguments["name"] == "corpus 2"


def test_a_waiting_job_on_a_busy_corpus_holds_up_no_other() -> None:
    dialogue = Dialogue(slots=2)
    dialogue.say("load", 1, "violin", "x.wav")
    dialogue.say("load", 2, "violin", "y.wav")
    assert started(dialogue.say("load", 3, "tabla", "z.wav"))


def test_when_an_earlier_job_fails_the_later_ones_get_their_own_errors() -> None:
    dialogue = Dialogue()
    (load,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    dialogue.say("analyse", 2, "violin")
    dialogue.say("render", 3, "violin", "out.wav")
    assert errors(dialogue.ends(load.job, FileProblemError("no"))) == [
        ("load", 1, 10),
        ("analyse", 2, 3),
        ("render", 3, 3),
    ]
    assert dialogue.session.next_deadline() is None


def test_too_many_waiting_jobs_are_refused() -> None:
    dialogue = Dialogue(slots=1)
    for number in range(MAX_WAITING + 1):
        assert errors(dialogue.say("load", number, "violin", "x.wav")) == []
    assert errors(dialogue.say("load", 99, "violin", "x.wav")) == [("load", 99, 4)]


def test_corpora_and_sounds_are_listed() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus("violin", hop_length=512)
    dialogue.with_corpus("tabla")
    dialogue.say("load", 1, "coming", "x.wav")
    dialogue.say("render", 2, "violin", "out.wav")
    dialogue.say("load", 2, "waiting", "x.wav", source=MAX)
    assert dialogue.say("corpora", 3) == [
        Send(PD, Message("/oscreorder/corpus", (3, "violin", 1, 10, 2.0, 44100, "rendering"))),
        Send(PD, Message("/oscreorder/corpus", (3, "tabla", 1, 0, 2.0, 44100, "loaded"))),
        Send(PD, Message("/oscreorder/corpus", (3, "coming", 0, 0, 0.0, 0, "loading"))),
        Send(PD, Message("/oscreorder/corpus", (3, "waiting", 0, 0, 0.0, 0, "loading"))),
        done("corpora", 3, 4),
    ]
    assert dialogue.say("sounds", 4, "violin") == [
        Send(PD, Message("/oscreorder/sound", (4, 0, "/sounds/a.wav", 44100, 2, 88200))),
        done("sounds", 4, 1),
    ]
    assert dialogue.say("sounds", 5, "coming") == [done("sounds", 5, 0)]


# Settings


def test_options_lie_over_the_session_for_one_request() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    dialogue.say("param/seed", 5)
    dialogue.say("param/hop_length", 1000)
    assert settings_of(dialogue.say("render", 1, "violin", "o.wav", "seed", 6)) == Settings(seed=6, hop_length=1000)
    assert dialogue.say("param/seed") == param("seed", 5)


def render_settings(dialogue: Dialogue, *options: Argument) -> Settings:
    """Return the settings that a render runs with."""
    effects = dialogue.say("render", 1, "violin", "out.wav", *options)
    (start,) = started(effects)
    dialogue.ends(start.job, CancelledError("enough"))
    dialogue.now += 10.0
    return settings_of(effects)


def test_a_render_goes_by_the_analysis_and_by_what_was_set_since() -> None:
    dialogue = Dialogue()
    dialogue.say("param/n_mels", 64)
    dialogue.with_corpus(hop_length=512, steps="volume")
    expected = Settings(hop_length=512, steps="volume", n_mels=64)
    assert render_settings(dialogue) == expected
    assert render_settings(dialogue, "n_mels", 32) == replace(expected, n_mels=32)
    dialogue.say("param/hop_length", 2048)  # its value was 2048: it is the setting that counts
    dialogue.say("param/seed", 1)
    assert render_settings(dialogue) == replace(expected, hop_length=2048, seed=1)
    assert render_settings(dialogue, "hop_length", 100) == replace(expected, hop_length=100, seed=1)


def test_an_analysis_begins_from_the_session_again() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus(hop_length=512)
    assert settings_of(dialogue.say("analyse", 1, "violin", "n_mels", 40)) == Settings(n_mels=40)


def test_the_same_analysis_asked_for_again_holds_from_then_on() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus(hop_length=512)
    dialogue.say("param/hop_length", 1024)
    (start,) = started(dialogue.say("analyse", 1, "violin", "hop_length", 512))
    record = start.arguments["corpus"]
    assert isinstance(record, CorpusRecord)
    dialogue.ends(start.job, Outcome((10, 4, 0.0), corpus=record))
    assert render_settings(dialogue).hop_length == 512


def test_the_first_implicit_analysis_is_kept_and_a_later_one_is_not() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    (start,) = started(dialogue.say("render", 1, "violin", "out.wav", "hop_length", 512))
    dialogue.ends(start.job, Outcome(("/out/out.wav", 1, 44100, 0.1), corpus=analysed(start)))
    (start,) = started(dialogue.say("render", 2, "violin", "out.wav", "hop_length", 256))
    dialogue.ends(start.job, Outcome(("/out/out.wav", 1, 44100, 0.1)))
    assert render_settings(dialogue).hop_length == 512


def test_a_request_that_waits_keeps_the_parameters_of_its_arrival() -> None:
    dialogue = Dialogue()
    (load,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    dialogue.say("render", 2, "violin", "out.wav")
    dialogue.say("param/seed", 1)
    assert settings_of(dialogue.ends(load.job, Outcome((1, 2.0, 0), corpus=loaded(load)))) == Settings()


def test_settings_that_do_not_fit_together_are_refused() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    effects = dialogue.say("render", 1, "violin", "out.wav", "hop_length", 5000)
    assert errors(effects) == [("render", 1, 2)]
    assert "win_length" in error_text(effects)
    assert dialogue.say("status", 2) == [done("status", 2, 1, 0, 0, 0, 0, 0, 0)]


# Progress


def test_progress_is_told_at_most_ten_times_a_second() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    told = []
    for number in range(1000):
        dialogue.now += 0.001
        told += sent(dialogue.tells(start.job, number / 1000, "reading"), "progress")
    assert 9 <= len(told) <= 10
    assert told[0][2] == pytest.approx(0.1, abs=0.002)


def test_work_tells_at_once_that_it_has_begun() -> None:
    dialogue = Dialogue(slots=1)
    assert sent(dialogue.say("load", 1, "violin", "x.wav"), "progress") == [("load", 1, 0.0, "loading")]
    assert dialogue.say("analyse", 2, "violin") == []


def test_progress_is_told_at_least_each_second() -> None:
    dialogue = Dialogue(slots=1)
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    dialogue.say("analyse", 2, "violin")
    heard = {1: [0.0], 2: [0.0]}
    for number in range(100):
        effects = dialogue.wait(0.07)
        if number == 30:
            effects += dialogue.tells(start.job, 0.25, "reading")
        for _, request_id, *_ in sent(effects, "progress"):
            assert isinstance(request_id, int)
            heard[request_id].append(dialogue.now - 1024.0)
    for times in heard.values():
        gaps = [after - before for before, after in zip(times, [*times[1:], 7.0], strict=True)]
        assert max(gaps) <= 1.0
    assert sent(dialogue.wait(0.5), "progress") == [("load", 1, 0.25, "reading"), ("analyse", 2, 0.0, "waiting")]


def test_progress_of_a_job_that_has_ended_is_nothing() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    dialogue.ends(start.job, FileProblemError("no"))
    assert dialogue.tells(start.job, 1.0, "late") == []
    assert dialogue.ends(start.job, FileProblemError("twice")) == []
    assert dialogue.wait(10.0) == []


# Repeated requests


def test_a_request_repeated_in_progress_is_not_run_twice() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    assert dialogue.say("load", 1, "violin", "x.wav") == [
        Send(PD, Message("/oscreorder/progress", ("load", 1, 0.0, "loading")))
    ]
    dialogue.tells(start.job, 0.5, "half")
    assert sent(dialogue.say("load", 1.0, "violin", b"x.wav"), "progress") == [("load", 1, 0.5, "half")]


def test_a_request_repeated_soon_after_its_end_gets_the_same_answer() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    for command, arguments in (("load", ("x", "x.wav")), ("free", ("violin",)), ("cancel", (900,)), ("sync", ())):
        (*_, first) = dialogue.say(command, 1, *arguments)
        if isinstance(first, StartJob):
            (first,) = dialogue.ends(first.job, FileProblemError("no"))
        dialogue.wait(4.9)
        assert dialogue.say(command, 1, *arguments) == [first]


def test_after_five_seconds_a_repeated_request_is_a_new_one() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    dialogue.ends(start.job, FileProblemError("no"))
    dialogue.wait(5.1)
    assert started(dialogue.say("load", 1, "violin", "x.wav"))


def test_another_request_with_an_id_in_use_is_refused() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    effects = dialogue.say("load", 1, "violin", "y.wav")
    assert errors(effects) == [("load", 1, 2)]
    assert "in use" in error_text(effects)
    assert dialogue.say("ping", 1) == [done("ping", 1, "1.2", 0.0)]
    dialogue.ends(start.job, FileProblemError("no"))
    assert started(dialogue.say("load", 1, "violin", "y.wav"))


def test_the_same_id_of_another_peer_is_another_request() -> None:
    dialogue = Dialogue()
    dialogue.say("load", 1, "violin", "x.wav")
    assert started(dialogue.say("load", 1, "tabla", "x.wav", source=MAX))
    assert errors(dialogue.say("cancel", 2, 2, source=MAX)) == [("cancel", 2, 3)]


def test_queries_are_answered_anew() -> None:
    dialogue = Dialogue()
    dialogue.say("ping", 1)
    dialogue.now += 1.0
    assert dialogue.say("ping", 1) == [done("ping", 1, "1.2", 1.0)]


def test_what_is_remembered_is_bounded() -> None:
    dialogue = Dialogue()
    for number in range(3000):
        dialogue.say("sync", number)
    again = dialogue.session.receive(Message("/oscreorder/free", (0, "x")), source=PD, now=dialogue.now)
    assert errors(again) == [("free", 0, 3)]
    assert len(dialogue.session._tickets._known) < 1100  # noqa: SLF001 - memory has no other outside


# Cancel, free, sync, quit


def test_cancel_of_a_running_job() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    assert dialogue.say("cancel", 2, 1) == [CancelJob(start.job), done("cancel", 2)]
    assert dialogue.say("cancel", 3, 1) == [done("cancel", 3)]
    effects = dialogue.ends(start.job, CancelledError(""))
    assert errors(effects) == [("load", 1, 5)]
    assert error_text(effects) == "cancelled by request 2"


def test_cancel_of_a_waiting_job() -> None:
    dialogue = Dialogue()
    dialogue.say("load", 1, "violin", "x.wav")
    dialogue.say("analyse", 2, "violin")
    effects = dialogue.say("cancel", 3, 2)
    assert errors(effects) == [("analyse", 2, 5)]
    assert effects[-1] == done("cancel", 3)


def test_cancel_of_nothing() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    dialogue.ends(start.job, FileProblemError("no"))
    for other in (1, 2, 77):
        effects = dialogue.say("cancel", 2, other)
        assert errors(effects) == [("cancel", 2, 3)]
        dialogue.wait(6.0)


def test_a_job_that_succeeded_before_it_could_be_cancelled_has_succeeded() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    dialogue.say("cancel", 2, 1)
    assert done("load", 1, 1, 2.0, 0) in dialogue.ends(start.job, Outcome((1, 2.0, 0), corpus=loaded(start)))


def test_free_cancels_and_removes() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    (start,) = started(dialogue.say("render", 1, "violin", "out.wav"))
    dialogue.say("analyse", 2, "violin")
    effects = dialogue.say("free", 3, "violin")
    assert effects[0] == CancelJob(start.job)
    assert errors(effects) == [("analyse", 2, 5)]
    assert effects[-1] == done("free", 3)
    assert errors(dialogue.say("sounds", 4, "violin")) == [("sounds", 4, 3)]
    effects = dialogue.ends(start.job, CancelledError(""))
    assert effects[0] == RemoveFolders(("/scratch/job-1",))  # not before: it may have been reading them
    assert errors(effects) == [("render", 1, 5)]


def test_free_of_an_idle_corpus_removes_its_folders_at_once() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    assert dialogue.say("free", 1, "violin") == [RemoveFolders(("/scratch/job-1",)), done("free", 1)]


def test_a_freed_load_makes_no_corpus_even_if_it_has_just_succeeded() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    dialogue.say("cancel", 2, 1)
    dialogue.say("free", 3, "violin")
    dialogue.say("load", 4, "violin", "y.wav")
    effects = dialogue.ends(start.job, Outcome((1, 2.0, 0), corpus=loaded(start)))
    assert effects[0] == RemoveFolders((f"/scratch/job-{start.job}",))
    assert errors(effects) == [("load", 1, 5)]
    (again,) = started(effects)
    assert again.arguments["corpus"] is None


def test_sync_waits_for_the_earlier_work_of_its_peer() -> None:
    dialogue = Dialogue()
    assert dialogue.say("sync", 1) == [done("sync", 1)]
    (first,) = started(dialogue.say("load", 2, "violin", "x.wav"))
    (second,) = started(dialogue.say("load", 3, "tabla", "x.wav"))
    assert dialogue.say("sync", 4) == []
    assert dialogue.say("sync", 4) == []  # repeated: one answer will do
    dialogue.say("load", 5, "later", "x.wav")
    assert dialogue.say("sync", 6, source=MAX) == [done("sync", 6, to=MAX)]
    assert done("sync", 4) not in dialogue.ends(first.job, FileProblemError("no"))
    effects = dialogue.ends(second.job, FileProblemError("no"))
    assert effects.count(done("sync", 4)) == 1
    assert effects[-1] == done("sync", 4)


def test_sync_can_be_cancelled_and_is_bounded() -> None:
    dialogue = Dialogue()
    dialogue.say("load", 1, "violin", "x.wav")
    for number in range(64):
        assert dialogue.say("sync", 100 + number) == []
    assert errors(dialogue.say("sync", 2)) == [("sync", 2, 4)]
    assert errors(dialogue.say("cancel", 3, 100)) == [("sync", 100, 5)]
    assert dialogue.say("sync", 4) == []


def test_quit_cancels_tells_and_says_goodbye() -> None:
    dialogue = Dialogue()
    dialogue.say("notify", 1, 1, source=MAX)
    (start,) = started(dialogue.say("load", 2, "violin", "x.wav"))
    dialogue.say("analyse", 3, "violin")
    dialogue.say("sync", 4)
    effects = dialogue.say("quit", 5)
    assert CancelJob(start.job) in effects
    assert errors(effects) == [("load", 2, 5), ("analyse", 3, 5), ("sync", 4, 5)]
    assert effects[-3:] == [done("quit", 5), Send(MAX, Message("/oscreorder/bye")), Quit()]
    assert dialogue.ends(start.job, CancelledError("")) == []


def test_quit_is_only_for_this_machine() -> None:
    dialogue = Dialogue()
    dialogue.say("notify", 1, 1, source=STRANGER)
    assert errors(dialogue.say("quit", 2, source=STRANGER)) == [("quit", 2, 2)]


def test_close_tells_everybody() -> None:
    dialogue = Dialogue()
    dialogue.say("notify", 1, 1)
    dialogue.say("load", 2, "violin", "x.wav")
    effects = dialogue.session.close(dialogue.now)
    assert errors(effects) == [("load", 2, 5)]
    assert effects[-1] == Send(PD, Message("/oscreorder/bye"))


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
SOURCES = st.sampled_from([PD, MAX, STRANGER, replace(PD, port=40001), replace(STRANGER, port=PORT)])
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


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_each_request_gets_exactly_one_answer(data: st.DataObject) -> None:
    dialogue = Dialogue(slots=data.draw(st.integers(1, 3)))
    running: dict[int, StartJob] = {}
    answers: dict[Argument, int] = {}

    def note(effects: Sequence[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, StartJob):
                running[effect.job] = effect
            elif isinstance(effect, Send) and effect.message.address in {"/oscreorder/done", "/oscreorder/error"}:
                key = effect.message.arguments[1]
                answers[key] = answers.get(key, 0) + 1

    def end(job: int) -> None:
        start = running.pop(job)
        fine = data.draw(st.booleans())
        record = loaded(start) if start.command == "load" else None
        if start.command == "analyse" or (start.command == "render" and data.draw(st.booleans())):
            record = analysed(start)
        note(dialogue.ends(job, Outcome((1,), ("n",), record) if fine else data.draw(FAILURES)))

    n_requests = data.draw(st.integers(1, 30))
    for request_id in range(n_requests):
        command = data.draw(st.sampled_from(sorted(REQUESTS)))
        arguments = data.draw(REQUESTS[command])
        source = data.draw(st.sampled_from([PD, MAX]))
        note(dialogue.say(command, request_id, *arguments, source=source, ahead=data.draw(st.floats(-1, 3))))
        note(dialogue.wait(data.draw(st.floats(0, 3))))
        if len(running) > 0 and data.draw(st.booleans()):
            end(data.draw(st.sampled_from(sorted(running))))
    note(dialogue.wait(5.0))
    while running:
        end(min(running))
    assert answers == dict.fromkeys(range(n_requests), 1)
    assert dialogue.say("status", 99)[0].message.arguments[3] == 0  # type: ignore[union-attr] # no job is left


FAILURES = st.sampled_from([FileProblemError("no"), WorkerDiedError("SIGKILL"), CancelledError("")])
