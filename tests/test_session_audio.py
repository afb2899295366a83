"""The session by dialogues: streams that the daemon sounds itself, and the device."""

from session_dialogue import MAX, PD, done, errors, kinds, loaded, playing, ready, sent, started

from oscreorder.daemon.effects import AimStream, OpenAudio, Send, StartStream, StopStream
from oscreorder.errors import AudioDeviceError
from oscreorder.osc.places import Place
from oscreorder.osc.wire import Message
from oscreorder.records import Outcome


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
    effects = dialogue.session.audio_told("the audio device was lost", dialogue.now, lost=True)
    assert effects == [Send(PD, Message("/oscreorder/notice", ("stream/start", 6, "the audio device was lost")))]
    assert sent(dialogue.say("stream/start", 7, "violin", "play", 1), "notice") == [
        ("stream/start", 7, "the audio device was lost")
    ]
    dialogue.session.audio_told("the audio device plays again", dialogue.now, lost=False)
    assert sent(dialogue.say("stream/start", 8, "violin", "play", 1), "notice") == []


def test_without_a_device_only_who_asks_for_sound_hears_of_it() -> None:
    dialogue = ready()
    playing(dialogue)
    assert len(kinds(dialogue.say("stream/set", 5, "play", 1), OpenAudio)) == 1
    dialogue.session.audio_opened(AudioDeviceError("none"), dialogue.now)
    assert kinds(dialogue.say("stream/set", 5, "rate", 30), OpenAudio) == []


def test_a_load_while_a_stream_plays_leaves_it_alone() -> None:
    dialogue = ready()
    stream = playing(dialogue)
    (start,) = started(dialogue.say("load", 6, "violin", "/sounds/b.wav"))
    effects = dialogue.ends(start.job, Outcome((1, 2.0, 0), corpus=loaded(start)))
    assert kinds(effects, StopStream) == []
    assert dialogue.say("stream/target", 5, "grain", 9) == [AimStream(stream, Place("grain", (9.0,)))]
