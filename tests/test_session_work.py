"""The session by dialogues: jobs in their order, their settings and their progress."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from session_dialogue import (
    FOLDERS,
    MAX,
    PD,
    Dialogue,
    analysed,
    done,
    error_text,
    errors,
    loaded,
    sent,
    settings_of,
    started,
)

from oscreorder.daemon.effects import Effect, RemoveFolders, Send, StartJob
from oscreorder.errors import CancelledError, FileProblemError, WorkerDiedError
from oscreorder.limits import Limits
from oscreorder.osc.wire import Argument, Message
from oscreorder.parameters import Settings
from oscreorder.records import CorpusRecord, Outcome

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
            "limits": Limits(),
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
        "limits": Limits(),
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
    for command in (
        ("render", "out.wav"),
        ("analyse",),
        ("sounds",),
        ("copies",),
        ("free",),
        ("order", "o.csv"),
        ("plot", "p.png"),
    ):
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
    for number in range(Limits().jobs + 1):
        assert errors(dialogue.say("load", number, "violin", "x.wav")) == []
    assert errors(dialogue.say("load", 99, "violin", "x.wav")) == [("load", 99, 6)]


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


# Copies


def copied(start: StartJob) -> CorpusRecord:
    """Return the corpus as a job leaves it that has copied its sounds."""
    record = start.arguments["corpus"]
    assert isinstance(record, CorpusRecord)
    paths = [sound.plain or f"{start.arguments['folder']}/{index}.wav" for index, sound in enumerate(record.sounds)]
    sounds = [replace(sound, plain=path) for sound, path in zip(record.sounds, paths, strict=True)]
    return replace(record, sounds=tuple(sounds))


def copy_row(request_id: int, index: int, path: str) -> Send:
    return Send(PD, Message("/oscreorder/sound", (request_id, index, path, 44100, 2, 88200)))


def test_copies_are_made_once_and_told_as_sounds_are() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus(hop_length=3000)
    dialogue.say("param/win_length", 2048)  # with the analysis this does not fit, which is no matter here
    assert errors(dialogue.say("render", 9, "violin", "out.wav")) == [("render", 9, 2)]
    (start,) = started(dialogue.say("copies", 1, "violin"))
    assert start.command == "copies"
    assert sent(dialogue.say("corpora", 2), "corpus")[0][-1] == "copying"
    folder = f"/scratch/job-{start.job}"
    rows = [copy_row(1, 0, f"{folder}/0.wav"), done("copies", 1, 1)]
    assert dialogue.ends(start.job, Outcome((1,), corpus=copied(start))) == rows
    assert dialogue.say("copies", 3, "violin") == [copy_row(3, 0, f"{folder}/0.wav"), done("copies", 3, 1)]
    assert sent(dialogue.say("sounds", 4, "violin"), "sound")[0][2] == "/sounds/a.wav"
    assert folder in removed(dialogue.say("free", 5, "violin"))


def removed(effects: Sequence[Effect]) -> tuple[str, ...]:
    return tuple(folder for effect in effects if isinstance(effect, RemoveFolders) for folder in effect.folders)


def test_copies_wait_for_no_other_work_once_they_are_there_but_for_a_load() -> None:
    dialogue = Dialogue(slots=1)
    dialogue.with_corpus()
    (start,) = started(dialogue.say("copies", 1, "violin"))
    dialogue.ends(start.job, Outcome((1,), corpus=copied(start)))
    dialogue.say("render", 2, "violin", "out.wav")
    assert sent(dialogue.say("copies", 3, "violin"), "done") == [("copies", 3, 1)]
    dialogue.say("load", 4, "violin", "/sounds/b.wav")
    assert sent(dialogue.say("copies", 5, "violin"), "done") == []


def test_a_sound_that_is_not_copied_is_told_by_its_own_path() -> None:
    dialogue = Dialogue()
    record = dialogue.with_corpus()
    (start,) = started(dialogue.say("copies", 1, "violin"))
    effects = dialogue.ends(start.job, Outcome((1,), ("not copied: /sounds/a.wav: it has changed",), record))
    assert effects == [
        Send(PD, Message("/oscreorder/notice", ("copies", 1, "not copied: /sounds/a.wav: it has changed"))),
        copy_row(1, 0, "/sounds/a.wav"),
        RemoveFolders((f"/scratch/job-{start.job}",)),
        done("copies", 1, 1),
    ]
    assert started(dialogue.say("copies", 2, "violin"))  # perhaps it can be now


def test_copies_that_cannot_be_written_are_an_error_and_no_rows() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    (start,) = started(dialogue.say("copies", 1, "violin"))
    effects = dialogue.ends(start.job, FileProblemError("0.wav: cannot be written: No space left on device"))
    assert (sent(effects, "sound"), errors(effects)) == ([], [("copies", 1, 10)])


# Settings


def test_options_lie_over_the_session_for_one_request() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    dialogue.say("param/seed", 5)
    dialogue.say("param/hop_length", 1000)
    assert settings_of(dialogue.say("render", 1, "violin", "o.wav", "seed", 6)) == Settings(seed=6, hop_length=1000)
    assert sent(dialogue.say("param/seed"), "param") == [("seed", 5)]


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


def test_a_repeated_request_for_copies_is_told_its_rows_again() -> None:
    dialogue = Dialogue()
    dialogue.with_corpus()
    (start,) = started(dialogue.say("copies", 1, "violin"))
    assert started(dialogue.say("copies", 1, "violin")) == []
    rows = dialogue.ends(start.job, Outcome((1,), corpus=copied(start)))
    assert dialogue.say("copies", 1, "violin") == rows
