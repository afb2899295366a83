"""The session by dialogues: questions for neighbours, from the request to the last answer."""

import pytest
from session_dialogue import (
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

from oscreorder.daemon.effects import Find, RemoveFolders
from oscreorder.errors import OscReorderError, WorkerDiedError
from oscreorder.osc.places import Place
from oscreorder.osc.wire import Argument
from oscreorder.parameters import Settings
from oscreorder.records import Outcome


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


def test_a_cancelled_question_is_answered_once() -> None:
    dialogue = ready()
    (find,) = kinds(dialogue.say("neighbours", 7, "violin", "grain", 3), Find)
    dialogue.say("neighbours", 7, "violin", "grain", 3)
    effects = dialogue.say("cancel", 8, 7)
    found = dialogue.session.found(find.query, [(3, 0, 0, 512, 0.0)], dialogue.now)
    assert [kind for kind, *_ in errors([*effects, *found])].count("neighbours") + len(sent(found, "neighbour")) == 1
