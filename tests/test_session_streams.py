"""The session by dialogues: neighbours and streams, from the request to the last answer."""

from collections.abc import Sequence
from typing import Any

import pytest
from session_dialogue import (
    MAX,
    PD,
    STRANGER,
    Dialogue,
    analysed,
    done,
    error_text,
    errors,
    loaded,
    mapped,
    sent,
    started,
)

from oscreorder.daemon.effects import (
    AimStream,
    ChangeStream,
    Effect,
    Find,
    OpenAudio,
    Peer,
    RemoveFolders,
    Send,
    StartJob,
    StartStream,
    StopStream,
)
from oscreorder.daemon.peers import LEASE_S
from oscreorder.daemon.streams import StreamEnd
from oscreorder.errors import AudioDeviceError, OscReorderError, WorkerDiedError
from oscreorder.limits import Limits
from oscreorder.osc.places import Place
from oscreorder.osc.wire import Argument, Message
from oscreorder.parameters import Settings
from oscreorder.records import CorpusRecord, Outcome

SHELL = Peer("127.0.0.1", 50100)
OTHER_SHELL = Peer("127.0.0.1", 50101)


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


# Neighbours


def test_neighbours_are_told_nearest_first_and_counted() -> None:
    dialogue = ready()
    (find,) = kinds(dialogue.say("neighbours", 7, "violin", "grain", 3, "k", 2, "radius", 9), Find)
    assert (find.place, find.k, find.radius) == (Place("grain", (3.0,)), 2, 9.0)
    effects = dialogue.session.found(find.query, [(3, 0, 0, 512, 0.0), (8, 1, 99, 512, 0.5)], dialogue.now)
    assert sent(effects, "neighbour") == [(7, 0, 3, 0, 0, 512, 0.0), (7, 1, 8, 1, 99, 512, 0.5)]
    assert effects[-1] == done("neighbours", 7, 2)
    assert dialogue.session.found(find.query, [], dialogue.now) == []


def test_no_neighbour_is_an_answer_and_a_fault_an_error() -> None:
    dialogue = ready()
    (find,) = kinds(dialogue.say("neighbours", 7, "violin", "grain", 3), Find)
    assert dialogue.session.found(find.query, [], dialogue.now) == [done("neighbours", 7, 0)]
    (find,) = kinds(dialogue.say("neighbours", 8, "violin", "grain", 3), Find)
    assert errors(dialogue.session.found(find.query, OscReorderError("gone"), dialogue.now)) == [("neighbours", 8, 21)]


@pytest.mark.parametrize(
    ("place", "code", "text"),
    [
        (("grain", 10), 3, "there is no grain 10 in violin; the grains are 0 to 9"),
        (("vector", 1.0, 2.0), 2, "vector: 2 numbers came; violin takes 4"),
    ],
)
def test_a_place_that_the_corpus_does_not_have(place: tuple[Argument, ...], code: int, text: str) -> None:
    dialogue = ready()
    effects = dialogue.say("neighbours", 7, "violin", *place)
    assert errors(effects) == [("neighbours", 7, code)]
    assert error_text(effects).startswith(text)
    playing(dialogue)
    assert errors(dialogue.say("stream/target", 5, *place)) == [("stream/target", 5, code)]


def test_a_corpus_that_is_not_analysed_is_analysed_first() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    (start,) = started(dialogue.say("neighbours", 7, "violin", "grain", 3))
    assert (start.command, start.arguments["mapped"]) == ("prepare", False)
    assert dialogue.say("neighbours", 7, "violin", "grain", 3) != []  # asked again: not run twice
    assert started(dialogue.wait(0.1)) == []
    effects = dialogue.ends(start.job, Outcome((), ("a notice",), analysed(start)))
    assert sent(effects, "notice") == [("neighbours", 7, "a notice")]
    (find,) = kinds(effects, Find)
    assert find.corpus.analysis is not None
    assert dialogue.session.found(find.query, [], dialogue.now) == [done("neighbours", 7, 0)]


def test_a_preparation_that_fails_is_the_error_of_its_request() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    (start,) = started(dialogue.say("neighbours", 7, "violin", "grain", 3))
    assert errors(dialogue.ends(start.job, WorkerDiedError("SIGKILL"))) == [("neighbours", 7, 20)]
    (start,) = started(dialogue.say("stream/start", 8, "violin"))
    assert errors(dialogue.ends(start.job, WorkerDiedError("SIGKILL"))) == [("stream/start", 8, 20)]
    assert sent(dialogue.say("status", 9), "done")[0][4] == 0


def test_the_map_is_made_for_the_first_point_and_kept() -> None:
    dialogue = ready()
    (start,) = started(dialogue.say("neighbours", 7, "violin", "point", 0.25, 0.75))
    assert start.arguments["mapped"] is True
    (find,) = kinds(dialogue.ends(start.job, Outcome((), (), with_map(start))), Find)
    assert find.map_path == f"{start.arguments['folder']}/map.npy"
    assert len(kinds(dialogue.say("neighbours", 8, "violin", "point", 0, 1), Find)) == 1
    assert len(started(dialogue.say("neighbours", 9, "violin", "point", 0, 1, "embedding", "tsne"))) == 1


def test_of_two_requests_that_wait_for_the_same_map_only_the_first_makes_it() -> None:
    dialogue = ready()
    (start,) = started(dialogue.say("neighbours", 7, "violin", "point", 0.25, 0.75))
    assert started(dialogue.say("neighbours", 8, "violin", "point", 0.5, 0.5)) == []
    effects = dialogue.ends(start.job, Outcome((), (), with_map(start)))
    assert len(kinds(effects, Find)) == 2
    assert started(effects) == []


def test_the_files_of_a_map_stay_with_the_corpus() -> None:
    dialogue = ready()
    (start,) = started(dialogue.say("neighbours", 7, "violin", "point", 0.25, 0.75))
    effects = dialogue.ends(start.job, Outcome((), (), with_map(start)))
    assert kinds(effects, RemoveFolders) == []
    (removed,) = kinds(dialogue.say("free", 8, "violin"), RemoveFolders)
    assert start.arguments["folder"] in removed.folders


def test_a_map_does_not_make_parameters_forgotten_that_were_set_since() -> None:
    dialogue = ready()
    dialogue.say("param/hop_length", 1000)
    (start,) = started(dialogue.say("neighbours", 7, "violin", "point", 0.25, 0.75))
    dialogue.ends(start.job, Outcome((), (), with_map(start)))
    (render,) = started(dialogue.say("render", 8, "violin", "o.wav"))
    assert render.arguments["settings"] == Settings(hop_length=1000)


# Streams


def test_a_stream_begins_is_aimed_changed_and_stopped() -> None:
    dialogue = ready()
    effects = dialogue.say("stream/start", 5, "violin", "rate", 50, "mode", "chain", "seed", 3)
    (start,) = kinds(effects, StartStream)
    assert (start.id, start.to, start.settings.rate, start.settings.mode, start.settings.seed) == (
        5,
        PD,
        50,
        "chain",
        3,
    )
    assert effects[-1] == done("stream/start", 5, 5)
    assert dialogue.say("stream/target", 5, "grain", 4) == [AimStream(start.stream, Place("grain", (4.0,)))]
    (change,) = dialogue.say("stream/set", 5, "rate", 10, "k", 3)
    assert change == ChangeStream(start.stream, PD, start.settings.changed({"rate": 10, "k": 3}))
    assert sent(dialogue.say("status", 6), "done")[0][4] == 1
    assert dialogue.say("stream/stop", 7, 5) == [StopStream(start.stream)]
    assert dialogue.session.stream_ended(start.stream, StreamEnd(12, 1), dialogue.now) == [
        done("stream/stop", 7, 12, 1)
    ]
    assert sent(dialogue.say("status", 8), "done")[0][4] == 0


def test_the_session_s_parameters_hold_for_a_stream() -> None:
    dialogue = ready()
    dialogue.say("param/rate", 7)
    (start,) = kinds(dialogue.say("stream/start", 5, "violin", "k", 2), StartStream)
    assert (start.settings.rate, start.settings.k) == (7.0, 2)


def test_a_target_that_comes_before_its_stream_plays_is_not_lost() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    (start,) = started(dialogue.say("stream/start", 5, "violin"))
    assert dialogue.say("stream/target", 5, "grain", 99) == []
    assert dialogue.say("stream/target", 5, "grain", 4) == []
    effects = dialogue.ends(start.job, Outcome((), (), analysed(start)))
    (begun,) = kinds(effects, StartStream)
    assert kinds(effects, AimStream) == [AimStream(begun.stream, Place("grain", (4.0,)))]


def test_an_early_target_that_the_corpus_does_not_have_is_refused_when_that_is_known() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    (start,) = started(dialogue.say("stream/start", 5, "violin"))
    dialogue.say("stream/target", 5, "grain", 99)
    effects = dialogue.ends(start.job, Outcome((), (), analysed(start)))
    assert errors(effects) == [("stream/target", 5, 3)]
    assert len(kinds(effects, StartStream)) == 1


def test_points_wait_for_the_map_and_the_last_one_counts() -> None:
    dialogue = ready()
    stream = playing(dialogue)
    (start,) = started(dialogue.say("stream/target", 5, "point", 0.1, 0.1))
    assert dialogue.say("stream/target", 5, "point", 0.9, 0.9) == []
    assert dialogue.say("sync", 6) == [done("sync", 6)]  # what is never answered is not waited for
    effects = dialogue.ends(start.job, Outcome((), (), with_map(start)))
    assert effects == [AimStream(stream, Place("point", (0.9, 0.9)), f"{start.arguments['folder']}/map.npy")]


def test_a_map_that_cannot_be_made_is_told_to_the_stream() -> None:
    dialogue = ready()
    playing(dialogue)
    (start,) = started(dialogue.say("stream/target", 5, "point", 0.1, 0.1))
    assert errors(dialogue.ends(start.job, WorkerDiedError("SIGKILL"))) == [("stream/target", 5, 20)]
    assert len(started(dialogue.say("stream/target", 5, "point", 0.1, 0.1))) == 1


def test_a_map_of_another_analysis_is_not_the_stream_s() -> None:
    dialogue = ready()
    playing(dialogue)
    (start,) = started(dialogue.say("analyse", 6, "violin", "hop_length", 256))
    dialogue.ends(start.job, Outcome((20, 4, 0.1), (), analysed(start)))
    (start,) = started(dialogue.say("stream/target", 5, "point", 0.1, 0.1))
    effects = dialogue.ends(start.job, Outcome((), (), with_map(start)))
    assert errors(effects) == [("stream/target", 5, 3)]
    assert "analysed anew" in error_text(effects)


def test_streams_of_two_peers_with_the_same_id_are_two() -> None:
    dialogue = ready()
    dialogue.say("notify", 951, 1, source=MAX)
    first, second = playing(dialogue), playing(dialogue, source=MAX)
    assert dialogue.say("stream/target", 5, "grain", 1)[0] == AimStream(first, Place("grain", (1.0,)))
    assert dialogue.say("stream/target", 5, "grain", 2, source=MAX)[0] == AimStream(second, Place("grain", (2.0,)))
    assert dialogue.say("stream/stop", 6, -1) == [StopStream(first)]


def test_a_registered_peer_does_not_reach_the_streams_of_others() -> None:
    dialogue = ready()
    dialogue.say("notify", 951, 1, source=MAX)
    playing(dialogue)
    for command, arguments in (("target", ("grain", 1)), ("set", ("rate", 3))):
        assert errors(dialogue.say(f"stream/{command}", 5, *arguments, source=MAX)) == [(f"stream/{command}", 5, 3)]
    effects = dialogue.say("stream/stop", 6, 5, source=MAX)
    assert errors(effects) == [("stream/stop", 6, 3)]
    assert error_text(effects) == "stream: you have no stream 5; those that play: none"


def test_a_shell_reaches_the_streams_that_another_of_its_ports_began() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus(hop_length=512)
    stream = playing(dialogue, source=SHELL)
    aimed = dialogue.say("stream/target", 5, "grain", 1, source=OTHER_SHELL)
    assert aimed == [AimStream(stream, Place("grain", (1.0,)))]
    assert dialogue.say("stream/stop", 6, -1, source=OTHER_SHELL) == [StopStream(stream)]
    ended = dialogue.session.stream_ended(stream, StreamEnd(3, 0), dialogue.now)
    assert ended == [done("stream/stop", 6, 3, 0, to=OTHER_SHELL)]


def test_a_registered_peer_reaches_a_stream_on_its_host_that_is_nobody_s() -> None:
    dialogue = ready()
    stream = playing(dialogue, source=SHELL)
    assert dialogue.say("stream/target", 5, "grain", 1) == [AimStream(stream, Place("grain", (1.0,)))]
    assert dialogue.say("stream/stop", 6, -1) == [done("stream/stop", 6, 0, 0)]
    assert dialogue.say("stream/stop", 7, 5) == [StopStream(stream)]


def test_a_stream_ends_with_the_silence_of_its_peer() -> None:
    dialogue = ready()
    dialogue.say("notify", 951, 1, source=MAX)
    first, second = playing(dialogue), playing(dialogue, source=MAX)
    dialogue.wait(LEASE_S - 1)
    dialogue.say("ping", 6, source=MAX)
    effects = dialogue.wait(2)
    assert kinds(effects, StopStream) == [StopStream(first)]
    assert dialogue.session.stream_ended(first, StreamEnd(3, 0), dialogue.now) == []
    assert kinds(dialogue.wait(LEASE_S), StopStream) == [StopStream(second)]


def test_targets_keep_a_stream_alive() -> None:
    dialogue = ready()
    playing(dialogue)
    for _ in range(5):
        dialogue.wait(LEASE_S / 2)
        dialogue.say("stream/target", 5, "grain", 1)
    assert sent(dialogue.say("status", 6), "done")[0][4] == 1


def test_the_end_of_a_registration_ends_the_streams() -> None:
    dialogue = ready()
    stream = playing(dialogue)
    effects = dialogue.say("notify", 6, 0)
    assert effects == [StopStream(stream), done("notify", 6, LEASE_S)]


def test_a_stream_follows_its_peer_to_another_port() -> None:
    dialogue = ready()
    stream = playing(dialogue)
    (change,) = kinds(dialogue.say("notify", 6, 1, 9000), ChangeStream)
    assert (change.stream, change.to) == (stream, Peer("127.0.0.1", 9000))
    assert dialogue.say("stream/stop", 7, 5) == [StopStream(stream)]


def test_free_ends_the_streams_of_a_corpus_and_tells_it() -> None:
    dialogue = ready()
    stream = playing(dialogue)
    effects = dialogue.say("free", 6, "violin")
    assert sent(effects, "notice") == [("stream/start", 5, "ended: corpus violin was freed")]
    assert kinds(effects, StopStream) == [StopStream(stream)]
    assert sent(effects, "done") == [("free", 6)]


def test_a_stream_that_ends_by_itself_says_so() -> None:
    dialogue = ready()
    stream = playing(dialogue, 5, "count", 20)
    effects = dialogue.session.stream_ended(stream, StreamEnd(20, 0, "ended by its count"), dialogue.now)
    assert sent(effects, "notice") == [("stream/start", 5, "ended by its count: 20 grains, 0 of them late")]
    assert errors(dialogue.say("stream/stop", 6, 5)) == [("stream/stop", 6, 3)]


def test_stop_of_all_where_there_are_none_is_answered() -> None:
    assert ready().say("stream/stop", 6, -1) == [done("stream/stop", 6, 0, 0)]


def test_a_stream_that_is_stopped_while_its_corpus_is_prepared() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    (start,) = started(dialogue.say("stream/start", 5, "violin"))
    effects = dialogue.say("stream/stop", 6, 5)
    assert sent(effects, "done") == [("stream/stop", 6, 0, 0)]
    assert errors(dialogue.ends(start.job, Outcome((), (), analysed(start)))) == [("stream/start", 5, 5)]


def test_cancel_of_a_stream_that_is_being_prepared() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    (start,) = started(dialogue.say("stream/start", 5, "violin"))
    assert sent(dialogue.say("cancel", 6, 5), "done") == [("cancel", 6)]
    assert errors(dialogue.ends(start.job, OscReorderError("killed"))) == [("stream/start", 5, 5)]
    assert sent(dialogue.say("status", 7), "done")[0][4] == 0


def test_the_id_of_a_stream_that_plays_is_taken() -> None:
    dialogue = ready()
    playing(dialogue)
    assert dialogue.say("stream/start", 5, "violin") == [done("stream/start", 5, 5)]  # repeated: answered again
    assert errors(dialogue.say("stream/start", 5, "violin", "rate", 7)) == [("stream/start", 5, 2)]
    dialogue.wait(6)
    assert errors(dialogue.say("stream/start", 5, "violin")) == [("stream/start", 5, 2)]


def test_the_number_of_streams_is_bounded() -> None:
    dialogue = ready()
    for stream in range(Limits().streams):
        playing(dialogue, stream)
    effects = dialogue.say("stream/start", 500, "violin")
    assert errors(effects) == [("stream/start", 500, 6)]
    text = "streams that would play: 65; the limit streams is 64 (serve --limit streams=N changes it)"
    assert error_text(effects) == text


def test_a_stranger_beyond_loopback_must_register_first() -> None:
    dialogue = ready()
    assert errors(dialogue.say("stream/start", 5, "violin", source=STRANGER)) == []  # too long an answer for a stranger
    assert dialogue.session.refused == 0
    assert sent(dialogue.say("status", 6), "done")[0][4] == 0
    dialogue.say("notify", 7, 1, source=STRANGER)
    playing(dialogue, 6, source=STRANGER)


@pytest.mark.parametrize("arguments", [("nobody",), ("violin", "rate", 0), ("violin", "hop_length", 5)])
def test_a_stream_that_cannot_be_is_one_error(arguments: tuple[Argument, ...]) -> None:
    dialogue = ready()
    assert len(errors(dialogue.say("stream/start", 5, *arguments))) == 1
    assert sent(dialogue.say("status", 6), "done")[0][4] == 0


def test_the_end_of_the_daemon_ends_the_streams() -> None:
    dialogue = ready()
    stream = playing(dialogue)
    dialogue.say("stream/stop", 6, 5)
    effects = dialogue.session.close(dialogue.now)
    assert errors(effects) == [("stream/stop", 6, 5)]
    assert kinds(effects, StopStream) == []  # once was enough
    assert dialogue.session.stream_ended(stream, StreamEnd(1, 0), dialogue.now) == []


# The audio device


def test_the_device_is_opened_for_the_first_stream_that_plays() -> None:
    dialogue = ready()
    assert dialogue.say("stream/start", 5, "violin", "play", 1) == [OpenAudio()]
    effects = dialogue.session.audio_opened(None, dialogue.now)
    assert len(kinds(effects, StartStream)) == 1
    assert effects[-1] == done("stream/start", 5, 5)
    assert len(kinds(dialogue.say("stream/start", 6, "violin", "play", 1), StartStream)) == 1


def test_where_there_is_no_device_nothing_plays() -> None:
    dialogue = ready()
    dialogue.say("stream/start", 5, "violin", "play", 1)
    effects = dialogue.session.audio_opened(AudioDeviceError("there is none"), dialogue.now)
    assert errors(effects) == [("stream/start", 5, 14)]
    assert sent(dialogue.say("status", 6), "done")[0][4] == 0


def test_a_stream_that_shall_play_from_now_on_opens_the_device() -> None:
    dialogue = ready()
    playing(dialogue)
    assert kinds(dialogue.say("stream/set", 5, "play", 1), OpenAudio) == [OpenAudio()]
    effects = dialogue.session.audio_opened(AudioDeviceError("there is none"), dialogue.now)
    assert sent(effects, "notice") == [("stream/start", 5, "it cannot be heard: there is none")]


def test_a_stream_that_waits_for_the_device_can_be_cancelled_or_stopped() -> None:
    dialogue = ready()
    dialogue.say("stream/start", 5, "violin", "play", 1)
    dialogue.say("stream/start", 6, "violin", "play", 1)
    assert errors(dialogue.say("cancel", 7, 5)) == [("stream/start", 5, 5)]
    assert errors(dialogue.say("stream/stop", 8, 6)) == [("stream/start", 6, 5)]
    assert kinds(dialogue.session.audio_opened(None, dialogue.now), StartStream) == []


def test_a_lost_device_is_told_to_those_who_play() -> None:
    dialogue = ready()
    dialogue.say("notify", 951, 1, source=MAX)
    playing(dialogue, source=MAX)
    dialogue.say("stream/start", 6, "violin", "play", 1)
    dialogue.session.audio_opened(None, dialogue.now)
    effects = dialogue.session.audio_told("the audio device was lost", dialogue.now)
    assert effects == [Send(PD, Message("/oscreorder/notice", ("stream/start", 6, "the audio device was lost")))]


def test_a_load_while_a_stream_plays_leaves_it_alone() -> None:
    dialogue = ready()
    stream = playing(dialogue)
    (start,) = started(dialogue.say("load", 6, "violin", "/sounds/b.wav"))
    effects = dialogue.ends(start.job, Outcome((1, 2.0, 0), corpus=loaded(start)))
    assert kinds(effects, StopStream) == []
    assert dialogue.say("stream/target", 5, "grain", 9) == [AimStream(stream, Place("grain", (9.0,)))]
