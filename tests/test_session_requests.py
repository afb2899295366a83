"""The session by dialogues: each request has one answer, whether repeated, cancelled, freed or cut off."""

from session_dialogue import MAX, PD, STRANGER, Dialogue, done, error_text, errors, loaded, sent, started

from oscreorder.daemon.effects import CancelJob, Quit, RemoveFolders, Send, StartJob
from oscreorder.daemon.tickets import Ticket
from oscreorder.errors import CancelledError, FileProblemError
from oscreorder.osc.wire import Message
from oscreorder.records import Outcome

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


def test_a_question_tells_numbers_apart_whose_hashes_are_equal() -> None:
    tickets = [Ticket("stream/start", 1, PD, PD, options={"gain_db": level}) for level in (-1.0, -2.0)]
    assert not tickets[0].asks_the_same(tickets[1])
    assert not tickets[0].remembered().asks_the_same(tickets[1])
    assert tickets[0].remembered().asks_the_same(tickets[0])


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
    assert errors(dialogue.say("sync", 2)) == [("sync", 2, 6)]
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


def test_nothing_is_said_after_goodbye() -> None:
    dialogue = Dialogue()
    dialogue.say("notify", 1, 1)
    dialogue.say("notify", 1, 1, source=MAX)
    goodbye = [Send(peer, Message("/oscreorder/bye")) for peer in (PD, MAX)]
    assert dialogue.session.close(dialogue.now) == goodbye
    assert dialogue.wait(10) == dialogue.session.tick(dialogue.now) == []
    assert dialogue.session.close(dialogue.now) == []
