"""The session by dialogues: queries, parameters, peers and bundles."""

import pytest
from session_dialogue import MAX, PD, PORT, STRANGER, Dialogue, done, error_text, errors, loaded, sent, started

from oscreorder.daemon.effects import CancelJob, Effect, Peer, Send
from oscreorder.errors import CancelledError, FileProblemError
from oscreorder.limits import Limits
from oscreorder.osc.commands import COMMANDS
from oscreorder.osc.wire import Argument, Message, encode
from oscreorder.parameters import PARAMETERS
from oscreorder.records import Outcome

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
    port = PD._replace(port=9000)
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
    port = PD._replace(port=9000)
    dialogue.say("notify", 1, 1, 9000, source=PD._replace(port=40001))
    (start,) = started(dialogue.say("load", 2, "violin", "x.wav", source=PD._replace(port=40002)))
    assert dialogue.say("cancel", 3, 2, source=PD._replace(port=40003)) == [
        CancelJob(start.job),
        done("cancel", 3, to=port),
    ]
    dialogue.say("notify", 4, 1, 9000, source=PD._replace(port=40004))
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
    assert dialogue.say("ping", 6, source=MAX) == [done("ping", 6, "1.2", 0.0, to=MAX._replace(port=9000))]


def test_with_two_peers_on_a_host_an_unknown_source_is_itself() -> None:
    dialogue = Dialogue()
    dialogue.say("notify", 1, 1, 9000)
    dialogue.say("notify", 2, 1, 9001, source=MAX)
    other = PD._replace(port=40001)
    assert dialogue.say("ping", 3, source=other) == [done("ping", 3, "1.2", 0.0, to=other)]
    assert dialogue.say("ping", 4, source=MAX) == [done("ping", 4, "1.2", 0.0, to=MAX._replace(port=9001))]


def test_running_work_follows_a_peer_to_its_registered_port() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    dialogue.say("notify", 2, 1, 9000)
    port = PD._replace(port=9000)
    assert dialogue.ends(start.job, FileProblemError("no"))[0] == Send(
        port, Message("/oscreorder/error", ("load", 1, 10, "no"))
    )


def test_the_number_of_peers_is_bounded() -> None:
    dialogue = Dialogue()
    for number in range(Limits().peers):
        dialogue.say("notify", 1, 1, source=PD._replace(port=20000 + number))
    assert errors(dialogue.say("notify", 1, 1)) == [("notify", 1, 6)]
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
        for number in range(Limits().packets_per_s + 10):
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
    for _ in range(Limits().pending):
        assert dialogue.say("ping", 1, ahead=1.0) == []
    assert dialogue.say("ping", 2, ahead=1.0) == [done("ping", 2, "1.2", 0.0)]
    assert dialogue.session.skew == 1
    assert len(dialogue.wait(1.0)) == Limits().pending


def test_work_and_cancel_run_on_arrival() -> None:
    dialogue = Dialogue()
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav", ahead=5.0))
    assert CancelJob(start.job) in dialogue.say("cancel", 2, 1, ahead=5.0)


def test_what_is_wrong_in_a_bundle_is_told_at_once() -> None:
    assert errors(Dialogue().say("ping", ahead=5.0)) == [("ping", -1, 2)]
