"""The session by dialogues: streams, from their start to their end."""

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
    kinds,
    playing,
    ready,
    sent,
    started,
    with_map,
)

from oscreorder.daemon.effects import AimStream, ChangeStream, Peer, StartStream, StopStream
from oscreorder.daemon.peers import LEASE_S
from oscreorder.daemon.streams import StreamEnd
from oscreorder.errors import OscReorderError, WorkerDiedError
from oscreorder.limits import Limits
from oscreorder.osc.places import Place
from oscreorder.osc.wire import Argument
from oscreorder.records import Outcome

SHELL = Peer("127.0.0.1", 50100)
OTHER_SHELL = Peer("127.0.0.1", 50101)


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
    effects = dialogue.say("stream/target", 5, "point", 0.1, 0.1)
    assert errors(effects) == [("stream/target", 5, 3)]
    assert "analysed anew" in error_text(effects)


def test_the_map_of_an_earlier_analysis_is_gone() -> None:
    dialogue = ready()
    stream = playing(dialogue)
    (start,) = started(dialogue.say("stream/target", 5, "point", 0.1, 0.1))
    dialogue.ends(start.job, Outcome((), (), with_map(start)))
    (start,) = started(dialogue.say("analyse", 6, "violin", "hop_length", 256))
    dialogue.ends(start.job, Outcome((20, 4, 0.1), (), analysed(start)))
    effects = dialogue.say("stream/target", 5, "point", 0.2, 0.2)
    assert errors(effects) == [("stream/target", 5, 3)]
    assert "analysed anew" in error_text(effects)
    assert dialogue.say("stream/target", 5, "grain", 4) == [AimStream(stream, Place("grain", (4.0,)))]


def test_an_analysis_while_a_map_is_made_leaves_the_stream_without_it() -> None:
    dialogue = ready()
    playing(dialogue)
    (start,) = started(dialogue.say("analyse", 6, "violin", "hop_length", 256))
    assert started(dialogue.say("stream/target", 5, "point", 0.1, 0.1)) == []  # behind the analysis
    (making,) = started(dialogue.ends(start.job, Outcome((20, 4, 0.1), (), analysed(start))))
    effects = dialogue.ends(making.job, Outcome((), (), with_map(making)))
    assert errors(effects) == [("stream/target", 5, 3)]
    assert "analysed anew" in error_text(effects)


def test_other_places_do_not_wait_for_the_map() -> None:
    dialogue = ready()
    stream = playing(dialogue)
    (start,) = started(dialogue.say("stream/target", 5, "point", 0.1, 0.1))
    assert dialogue.say("stream/target", 5, "grain", 4) == [AimStream(stream, Place("grain", (4.0,)))]
    assert dialogue.ends(start.job, Outcome((), (), with_map(start))) == []  # the last target counts


def test_a_map_for_which_there_is_no_room_may_be_asked_for_again() -> None:
    dialogue = Dialogue(slots=1, limits=Limits().changed({"jobs": 1}))
    dialogue.with_corpus(hop_length=512)
    playing(dialogue)
    (running,) = started(dialogue.say("load", 6, "other", "/sounds/b.wav"))
    dialogue.say("load", 7, "another", "/sounds/b.wav")
    assert errors(dialogue.say("stream/target", 5, "point", 0.1, 0.1)) == [("stream/target", 5, 6)]
    (running,) = started(dialogue.ends(running.job, OscReorderError("no")))
    dialogue.ends(running.job, OscReorderError("no"))
    assert len(started(dialogue.say("stream/target", 5, "point", 0.1, 0.1))) == 1


def test_what_only_an_error_answers_tells_no_progress() -> None:
    dialogue = ready()
    playing(dialogue)
    effects = dialogue.say("stream/target", 5, "point", 0.1, 0.1)
    (start,) = started(effects)
    effects += dialogue.tells(start.job, 0.5, "map") + dialogue.wait(5.0)
    assert sent(effects, "progress") == []


def test_a_switch_may_start_and_stop_a_stream_with_the_same_two_messages() -> None:
    dialogue = ready()
    for _ in range(3):
        stream = playing(dialogue, 5)
        assert kinds(dialogue.say("stream/start", 5, "violin"), StartStream) == []  # a lost answer: told again
        assert dialogue.say("stream/stop", 6, 5) == [StopStream(stream)]
        assert dialogue.session.stream_ended(stream, StreamEnd(7, 0), dialogue.now) == [done("stream/stop", 6, 7, 0)]
        assert dialogue.say("stream/stop", 6, 5) == [done("stream/stop", 6, 7, 0)]


def test_a_cancelled_stop_is_answered_once() -> None:
    dialogue = ready()
    stream = playing(dialogue)
    dialogue.say("stream/stop", 6, 5)
    assert errors(dialogue.say("cancel", 7, 6)) == [("stream/stop", 6, 5)]
    assert dialogue.session.stream_ended(stream, StreamEnd(7, 0), dialogue.now) == []


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
