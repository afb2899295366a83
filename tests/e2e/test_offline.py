"""A stream offline: scores are read or refused by line, and a file holds the very grains that a live stream plays."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from daemon import Client
from programs import Daemon

from oscreorder import Settings, read_sound
from oscreorder.errors import ParameterError
from oscreorder.live.score import Move, before_end, end_s, read_moves
from oscreorder.live.space import Space, read_space
from oscreorder.loading import load
from oscreorder.offline import stream_grains
from oscreorder.osc.places import Place
from oscreorder.records import Folders, Task
from oscreorder.work import prepare

SCORE = """
# a walk
0.0  target grain 12
0.5  set rate 60 choose random   # faster
1    target vector -1 0.5
2.5  stop
3    target grain 1
"""


class Quiet:
    """A job's context that nobody listens to."""

    def progress(self, fraction: float, what: str) -> None:
        assert 0 <= fraction <= 1
        assert what

    def creates(self, path: Path) -> None:
        assert path.is_absolute()


def test_a_score_is_read_in_the_words_of_the_messages() -> None:
    moves = read_moves(SCORE)
    assert moves == [
        Move(0.0, "target", Place("grain", (12.0,))),
        Move(0.5, "set", changes=(("rate", 60.0), ("choose", "random"))),
        Move(1, "target", Place("vector", (-1.0, 0.5))),
        Move(2.5, "stop"),
        Move(3, "target", Place("grain", (1.0,))),
    ]
    assert end_s(moves) == 2.5
    assert list(before_end(moves)) == moves[:3]
    assert read_moves("# nothing\n\n") == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("now target grain 1", 'line 2: "now" is not a time'),
        ("-1 target grain 1", 'line 2: "-1" is not a time'),
        ("nan target grain 1", 'line 2: "nan" is not a time'),
        ("0.5 target grain 1", "line 2: 0.5 s comes after 1 s"),
        ("2 jump", "line 2: 'jump' is not known"),
        ("2", "line 2: '' is not known"),
        ("2 stop now", "line 2: 'stop now' is not known"),
        ("2 target grain", "line 2: grain takes one number; 0 came"),
        ("2 target point nan 1", "line 2: point: nan is not allowed"),
        ("2 set rate 0", "line 2: rate: 0 is not allowed"),
        ("2 set hop_length 5", "line 2: hop_length: no option"),
    ],
)
def test_what_is_no_score_is_refused_by_its_line(line: str, reason: str) -> None:
    with pytest.raises(ParameterError) as refused:
        read_moves(f"1 target grain 1\n{line}")
    assert str(refused.value).startswith(reason)


@pytest.fixture(scope="module")
def space(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Space:
    """Return the tabla, analysed as the daemon does it."""
    folder = tmp_path_factory.mktemp("space")
    folders = Folders((str(sounds),), str(folder), str(folder))
    task = Task(settings=Settings(), folders=folders, folder=str(folder), context=Quiet())
    loaded = load(task, name="tabla", path=str(sounds / "loop_tabla.flac"), corpus=None)
    assert loaded.corpus
    prepared = prepare(task, corpus=loaded.corpus, mapped=True)
    assert prepared.corpus
    return read_space(prepared.corpus)


@pytest.mark.parametrize(
    "options",
    [
        {"rate": 100.0, "seed": 7},
        {"rate": 100.0, "seed": 7, "choose": "random", "spread": 0.5, "pan": 0.25},
        {"rate": 80.0, "mode": "chain", "choose": "weighted", "k": 20},
    ],
)
def test_offline_are_the_grains_that_a_live_stream_sends(
    space: Space, sounds: Path, tmp_path: Path, options: dict[str, float | str]
) -> None:
    count = 60
    pairs = [word for pair in options.items() for word in pair]
    with Daemon(root=sounds, out=tmp_path) as daemon, Client(daemon.port) as client:
        client.ask("load", 1, "tabla", "loop_tabla.flac")
        client.send("stream/start", 2, "tabla", "tags", 0, "count", count, *pairs)
        client.send("stream/target", 2, "point", 0.3, 0.6)
        client.end_of(2)
        live: list[list[float]] = []
        while len(live) < count:
            heard = client.receive()
            if heard.address == "/oscreorder/grain":
                live.append([float(value) for value in heard.arguments if isinstance(value, int | float)])
    began_s = live[0][1] / 1000
    score = read_moves(f"{began_s} target point 0.3 0.6\n100 stop")
    grains = stream_grains(space, score, Settings().changed({**options, "count": count}), until_s=100)
    sent = [values[3:] for values in live]
    offline = [(grain.sound, grain.start, grain.dur_ms, grain.gain, grain.pan, grain.distance) for grain in grains]
    np.testing.assert_allclose(np.array(sent), np.array(offline), rtol=1e-6, atol=1e-6)
    times = [values[1] for values in live]
    np.testing.assert_allclose(times, [grain.t_ms for grain in grains], atol=1 / 128)


def rendered(sounds: Path, folder: Path, *arguments: str, score: str = SCORE) -> subprocess.CompletedProcess[str]:
    (folder / "walk.txt").write_text(score, encoding="utf-8")
    command = [sys.executable, "-m", "oscreorder", "render", str(sounds / "loop_tabla.flac"), "--json"]
    command += ["-o", str(folder / "walk.wav"), "--stream", str(folder / "walk.txt"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def test_the_command_line_renders_a_score(sounds: Path, tmp_path: Path) -> None:
    score = "0.25 target grain 12\n1 set rate 10\n2 stop"
    done = rendered(sounds, tmp_path, "--rate", "40", "--subtype", "FLOAT", score=score)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["grains"] == 30 + 10
    y, sr = read_sound(tmp_path / "walk.wav")
    assert (sr, len(y)) == (told["sr"], 2)
    assert y.shape[1] / sr == pytest.approx(told["seconds"], abs=0.001)
    onset = round(0.25 * sr)
    assert not y[:, :onset].any()
    assert np.sqrt((y[:, onset:] ** 2).mean()) > 1e-3
    first = (tmp_path / "walk.wav").read_bytes()
    assert rendered(sounds, tmp_path, "--rate", "40", "--subtype", "FLOAT", "--overwrite", score=score).returncode == 0
    assert (tmp_path / "walk.wav").read_bytes() == first


@pytest.mark.parametrize(
    ("score", "grains"),
    [("0 target grain 1\n1 set rate 10", 60), ("0 target grain 1\n1 set count 50", 50), ("0 target grain 1", 60)],
)
def test_a_stream_without_an_end_ends_with_its_count(sounds: Path, tmp_path: Path, score: str, grains: int) -> None:
    done = rendered(sounds, tmp_path, "--rate", "40", "--count", "60", score=score)
    assert (done.returncode, json.loads(done.stdout)["grains"]) == (0, grains)


@pytest.mark.parametrize(
    ("score", "arguments", "status", "reason"),
    [
        ("0 target grain 1", (), 2, "when does the stream end?"),
        ("0 target grain 1000000\n1 stop", (), 1, "there is no grain 1000000"),
        ("0 target vector 1 2\n1 stop", (), 2, "2 numbers came"),
        ("0 jump", (), 2, "line 1: 'jump' is not known"),
        ("0 target grain 1", ("--seconds", "80000", "--rate", "2000"), 1, "are more than 20000000"),
        ("0 target grain 1\n1 set rate 2000", ("--seconds", "80000"), 1, "are more than 20000000"),
        ("0 target grain 1", ("--seconds", "-1"), 2, "seconds: -1 is not allowed"),
    ],
)
def test_a_score_that_cannot_be_played_is_one_sentence(
    sounds: Path, tmp_path: Path, score: str, arguments: tuple[str, ...], status: int, reason: str
) -> None:
    done = rendered(sounds, tmp_path, *arguments, score=score)
    assert done.returncode == status
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["walk.txt"]
