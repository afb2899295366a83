"""The table of limits: each can be changed and is told; what would exceed one is refused, and its error names it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from daemon import Client
from hypothesis import given
from hypothesis import strategies as st
from programs import Daemon
from session_dialogue import PD, STRANGER, Dialogue, done, error_text, errors, sent, started

from oscreorder import save_sound
from oscreorder.daemon.effects import CancelJob, Peer
from oscreorder.errors import LimitError, OscReorderError, ParameterError
from oscreorder.limits import LIMITS, Limits
from oscreorder.parameters import ORDERS, Settings
from oscreorder.records import Outcome
from oscreorder.work import predicted_mb


@given(st.sampled_from(list(LIMITS)), st.integers(-(2**64), 2**64))
def test_a_limit_is_in_its_range_or_refused_by_name(name: str, value: int) -> None:
    least = 1 if LIMITS[name].default else 0
    if least <= value <= LIMITS[name].maximum:
        assert getattr(Limits().changed({name: value}), name) == value
    else:
        with pytest.raises(ParameterError, match=f"^limit {name}: {value} is not allowed; it takes {least} to "):
            Limits().changed({name: value})


def test_each_limit_has_a_default_and_is_explained() -> None:
    for name, row in LIMITS.items():
        assert getattr(Limits(), name) == row.default
        assert row.help


def test_an_unknown_limit_names_the_nearest() -> None:
    with pytest.raises(ParameterError, match="did you mean streams"):
        Limits().changed({"stream": 3})


def test_an_exceeded_limit_is_named_with_what_to_do() -> None:
    Limits().check("streams", 64, "streams")
    with pytest.raises(
        LimitError, match=r"streams: 65; the limit streams is 64 \(serve --limit streams=N changes it\)"
    ):
        Limits().check("streams", 65, "streams")


def test_status_shows_each_limit_and_what_is_in_use() -> None:
    dialogue = Dialogue(limits=Limits(streams=3))
    dialogue.with_corpus()
    effects = dialogue.say("status", 4, 1)
    rows = {str(row[1]): row for row in sent(effects, "limit")}
    assert list(rows) == list(LIMITS)
    assert rows["streams"][:4] == (4, "streams", 0, 3)
    assert rows["corpora"][:4] == (4, "corpora", 1, 256)
    assert rows["memory_mb"][4] == "MB"
    assert effects[-1] == done("status", 4, 1, 0, 0, 0, 0, 0, 0)
    assert sent(dialogue.say("status", 5), "limit") == []


@pytest.mark.parametrize(
    ("limits", "requests"),
    [
        (Limits(corpora=1), [("load", "a", "x.wav"), ("load", "b", "x.wav")]),
        (Limits(jobs=1), [("load", "a", "x.wav"), ("load", "a", "x.wav"), ("load", "a", "x.wav")]),
        (Limits(jobs=1), [("load", "a", "x.wav"), ("sync",), ("sync",)]),
    ],
)
def test_the_request_that_would_exceed_a_limit_is_refused(limits: Limits, requests: list[tuple[str, ...]]) -> None:
    dialogue = Dialogue(slots=1, limits=limits)
    *fine, last = requests
    for request_id, (command, *arguments) in enumerate(fine):
        assert errors(dialogue.say(command, request_id, *arguments)) == []
    effects = dialogue.say(last[0], 99, *last[1:])
    assert errors(effects) == [(last[0], 99, 6)]
    assert "(serve --limit " in error_text(effects)


def test_more_may_be_loaded_into_a_corpus_where_there_may_be_no_further_one() -> None:
    dialogue = Dialogue(limits=Limits(corpora=1))
    dialogue.with_corpus("a")
    assert len(started(dialogue.say("load", 1, "a", "y.wav"))) == 1


def test_a_job_that_runs_for_too_long_is_ended() -> None:
    dialogue = Dialogue(limits=Limits(job_s=30))
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    assert [effect for effect in dialogue.wait(29.5) if isinstance(effect, CancelJob)] == []
    assert [effect for effect in dialogue.wait(3) if isinstance(effect, CancelJob)] == [CancelJob(start.job)]
    effects = dialogue.ends(start.job, OscReorderError("killed"))
    assert errors(effects) == [("load", 1, 6)]
    assert error_text(effects).startswith("load ran on; the limit job_s is 30 s")
    (start,) = started(dialogue.say("load", 2, "violin", "x.wav"))
    assert dialogue.ends(start.job, Outcome((1, 1.0, 0)))[-1] == done("load", 2, 1, 1.0, 0)


def test_the_time_of_a_job_runs_from_when_a_worker_began_with_it() -> None:
    dialogue = Dialogue(limits=Limits(job_s=30))
    (start,) = started(dialogue.say("load", 1, "violin", "x.wav"))
    dialogue.wait(20)
    assert dialogue.session.job_began(start.job, dialogue.now) == []
    assert [effect for effect in dialogue.wait(29) if isinstance(effect, CancelJob)] == []
    assert [effect for effect in dialogue.wait(3) if isinstance(effect, CancelJob)] == [CancelJob(start.job)]
    dialogue.ends(start.job, OscReorderError("killed"))
    assert dialogue.session.job_began(start.job, dialogue.now) == []  # it has ended


@pytest.mark.parametrize("host", ["10.0.0.1", "192.168.2.1", "fe80::1%eth0", "no address", "::ffff:10.0.0.1"])
def test_hosts_that_are_not_allowed_are_counted_and_never_answered(host: str) -> None:
    dialogue = Dialogue()
    assert dialogue.say("ping", 1, source=Peer(host, 50000)) == []
    assert dialogue.session.refused == 1


@pytest.mark.parametrize("source", [PD, STRANGER, Peer("::1", 50000), Peer("::ffff:192.168.1.9", 50000)])
def test_this_machine_and_allowed_networks_are_heard(source: Peer) -> None:
    assert Dialogue().say("ping", 1, source=source) == [done("ping", 1, "1.2", 0.0, to=source)]


def serve(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "oscreorder", "serve", "--port", "0", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--limit", "stream=3"), "did you mean streams"),
        (("--limit", "streams=0"), "limit streams: 0 is not allowed; it takes 1 to 1024"),
        (("--limit", "streams"), "streams is not a name and a whole number"),
        (("--allow", "everybody"), '"everybody" is not a network such as 192.168.1.0/24'),
    ],
)
def test_the_command_line_refuses_what_is_no_limit_and_no_network(arguments: tuple[str, ...], reason: str) -> None:
    done = serve(*arguments)
    assert done.returncode == 2
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_daemon_goes_by_its_limits(tmp_path: Path) -> None:
    sr = 22050
    y = np.random.default_rng(1).uniform(-0.5, 0.5, (3, sr)).astype(np.float32)
    for name, channels, seconds in (("one.wav", 1, 1.0), ("three.wav", 3, 1.0), ("half.wav", 1, 0.5)):
        save_sound(tmp_path / name, y[:channels, : round(seconds * sr)], sr)
    limits = ("channels=2", "sounds=2", "grains=12", "packet_bytes=400", "elements=2", "nesting=1", "arguments=20")
    flags = [word for limit in limits for word in ("--limit", limit)]
    with Daemon(root=tmp_path, out=tmp_path, arguments=flags) as daemon, Client(daemon.port) as client:
        refused = client.ask("load", 1, "a", "three.wav").arguments
        assert refused[2] == 6
        assert "limit channels is 2" in str(refused[3])
        assert client.ask("load", 2, "a", "one.wav").address == "/oscreorder/done"
        refused = client.ask("analyse", 3, "a", "hop_length", 1024, "win_length", 1024).arguments
        assert refused[2] == 6
        assert "grains of a: 22; the limit grains is 12" in str(refused[3])
        assert client.ask("analyse", 4, "a", "hop_length", 4096).address == "/oscreorder/done"
        assert client.ask("load", 5, "a", "half.wav").address == "/oscreorder/done"
        client.send("load", 6, "a", "x" * 500 + ".wav")  # a packet over the limit is not answered
        client.send("ping", 7, *range(20))
        for depth in (1, 2):
            client.send_nested(("ping", 70 + depth), depth=depth)
        client.send_bundle(("ping", 81), ("ping", 82), ("ping", 83), ahead_s=-1)
        client.send_bundle(("ping", 91), ("ping", 92), ahead_s=-1)
        answered = [client.end_of(number).arguments[1] for number in (71, 91, 92)]
        assert answered == [71, 91, 92]
        status = client.ask("status", 8).arguments
        assert status[7] == 4  # the four packets over a limit


def test_memory_is_predicted_before_a_job_starts(tmp_path: Path) -> None:
    y = np.random.default_rng(1).uniform(-0.5, 0.5, (1, 60 * 22050)).astype(np.float32)
    save_sound(tmp_path / "long.wav", y, 22050)
    flags = ["--limit", "memory_mb=600"]
    with Daemon(root=tmp_path, out=tmp_path, arguments=flags) as daemon, Client(daemon.port) as client:
        assert client.ask("load", 1, "a", "long.wav").address == "/oscreorder/done"
        refused = client.ask("analyse", 2, "a", "win_length", 512, "hop_length", 4).arguments
        assert refused[2] == 6
        assert "the limit memory_mb is 600 MB" in str(refused[3])
        assert client.ask("analyse", 3, "a").address == "/oscreorder/done"


@pytest.mark.parametrize("order", ORDERS)
def test_the_prediction_grows_with_the_grains(order: str) -> None:
    settings = Settings(order=order)
    predicted = [predicted_mb(n, settings) for n in (1, 10_000, 1_000_000)]
    assert predicted == sorted(predicted)
    assert predicted[0] >= 300
    assert predicted[2] >= 1000
