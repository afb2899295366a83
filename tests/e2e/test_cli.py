"""The command line as a user meets it: results, JSON, one clear sentence for each mistake, and the exit status."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from programs import Daemon

from oscreorder import read_sound, save_sound

SHORT = ["--hop-length", "1024", "--win-length", "4096"]


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "oscreorder", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=100)


@pytest.fixture(scope="module")
def phrase(tmp_path_factory: pytest.TempPathFactory, sounds: Path) -> Path:
    """Return three seconds of the violin, as a file whose name has blanks and more than ASCII."""
    y, sr = read_sound(sounds / "violin.flac")
    path = tmp_path_factory.mktemp("cli") / "a phrase, né.wav"
    save_sound(path, y[:, : 3 * sr], sr)
    return path


def test_render_writes_a_sound_of_the_same_length_and_says_where(phrase: Path, tmp_path: Path) -> None:
    done = run("render", phrase, "-o", tmp_path / "out.flac", *SHORT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(str(tmp_path / "out.flac"))
    (y, sr), (source, _) = read_sound(tmp_path / "out.flac"), read_sound(phrase)
    assert (y.shape, sr) == (source.shape, 44100)
    assert not np.allclose(y, source, atol=0.01)
    assert abs(20 * np.log10(np.std(y) / np.std(source))) < 1


def test_json_is_one_line_with_the_figures(phrase: Path, tmp_path: Path) -> None:
    done = run("render", phrase, "-o", "out.wav", "--json", *SHORT, cwd=tmp_path)
    report = json.loads(done.stdout)
    assert report["path"] == str(tmp_path / "out.wav")
    assert (report["seconds"], report["sr"], report["channels"], report["grains"]) == (3.0, 44100, 1, 130)
    assert report["notices"] == []
    assert done.stderr == ""


def test_the_same_seed_gives_the_same_bytes(phrase: Path, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        assert run("render", phrase, "-o", tmp_path / name, "--order", "random", "--seed", "7", *SHORT).returncode == 0
    assert run("render", phrase, "-o", tmp_path / "c.wav", "--order", "random", "--seed", "8", *SHORT).returncode == 0
    first, second, other = ((tmp_path / name).read_bytes() for name in ("a.wav", "b.wav", "c.wav"))
    assert first == second != other


def test_order_and_plot_write_their_files(phrase: Path, tmp_path: Path) -> None:
    assert run("order", phrase, "-o", tmp_path / "order.csv", *SHORT).returncode == 0
    lines = (tmp_path / "order.csv").read_text().splitlines()
    assert lines[0] == "position,grain,sound,start,length"
    assert sorted(int(line.split(",")[1]) for line in lines[1:]) == list(range(130))
    for kind in ("map", "spectrogram", "order"):
        assert run("plot", phrase, "-o", tmp_path / f"{kind}.png", "--kind", kind, *SHORT).returncode == 0
        assert (tmp_path / f"{kind}.png").read_bytes().startswith(b"\x89PNG")


def test_several_sounds_make_one_corpus(phrase: Path, sounds: Path, tmp_path: Path) -> None:
    done = run("render", phrase, sounds / "slide-22k.aiff", "-o", tmp_path / "out.wav", "--json", *SHORT)
    report = json.loads(done.stdout)
    assert report["sr"] == 44100
    assert report["seconds"] == pytest.approx(3 + 4.325, abs=0.03)


def test_a_folder_may_hold_more_sounds_than_files_may_be_open(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(80):
        save_sound(folder / f"{number}.wav", np.full((1, 900), 0.001 * number, np.float32), 8000)
    command = 'ulimit -S -n 64; exec "$@"'
    render = [sys.executable, "-m", "oscreorder", "render", str(folder), "-o", str(tmp_path / "x.wav")]
    done = subprocess.run(["sh", "-c", command, "sh", *render], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_only_a_stream_takes_is_refused_without_one(phrase: Path, tmp_path: Path) -> None:
    for flag in ("--seconds", "--rate"):
        done = run("render", str(phrase), "-o", str(tmp_path / "x.wav"), flag, "3")
        assert done.returncode == 2
        assert "only a stream takes it" in done.stderr


def test_an_existing_file_is_kept_unless_asked(phrase: Path, tmp_path: Path) -> None:
    (tmp_path / "out.wav").write_bytes(b"precious")
    refused = run("render", phrase, "-o", tmp_path / "out.wav", *SHORT)
    assert refused.returncode == 1
    assert "overwrite" in refused.stderr
    assert (tmp_path / "out.wav").read_bytes() == b"precious"
    assert run("render", phrase, "-o", tmp_path / "out.wav", "--overwrite", *SHORT).returncode == 0
    assert (tmp_path / "out.wav").read_bytes().startswith(b"RIFF")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["render"], 2, "required"),
        (["rendre"], 2, "invalid choice"),
        (["render", "x.wav", "-o", "out.wav", "--hop-length", "1.5"], 2, "it takes 1 to 131072 samples"),
        (["render", "x.wav", "-o", "out.wav", "--order", "likeness"], 2, "it takes similarity, tour, pca"),
        (["render", "x.wav", "-o", "out.wav", "--hop-length", "5000"], 2, "above win_length"),
        (["render", "x.wav", "-o", "out.wav"], 1, "x.wav"),
        (["render", "text.wav", "-o", "out.wav"], 1, "text.wav"),
        (["render", "empty.wav", "-o", "out.wav"], 1, "empty.wav"),
        (["render", "text.wav", "-o", "out.xyz"], 1, "text.wav"),
        (["plot", "text.wav", "-o", "no-such-folder/out.png"], 1, "text.wav"),
        (["send", "--port", "1", "--timeout", "0.2", "ping"], 3, "oscreorder serve"),
    ],
)
def test_each_mistake_is_one_sentence_and_a_status(
    arguments: list[str], status: int, words: str, tmp_path: Path
) -> None:
    (tmp_path / "text.wav").write_text("hello\n" * 10)
    (tmp_path / "empty.wav").touch()
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == status
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.wav", "text.wav"]


def test_an_unknown_suffix_names_the_known_ones(phrase: Path, tmp_path: Path) -> None:
    done = run("render", phrase, "-o", tmp_path / "out.xyz", *SHORT)
    assert done.returncode == 2
    assert ".flac" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_interrupting_a_render_leaves_nothing(sounds: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "oscreorder", "render", str(sounds), "-o", "out.wav", "--order", "tsne"]
    # hop 64 gives t-SNE minutes of work
    with subprocess.Popen(
        [*command, "--hop-length", "64", "--win-length", "512", "--json"],
        cwd=tmp_path, env=os.environ | {"TMPDIR": str(tmp_path)}, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        while not list(tmp_path.glob("oscreorder-*/0")):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.stderr
        told = process.stderr.read()
    assert process.returncode == 130
    assert told.splitlines() == ["oscreorder render: interrupted"]
    assert list(tmp_path.iterdir()) == []


def test_doctor_finds_this_installation_sound(tmp_path: Path) -> None:
    done = run("doctor", "--port", "0", "--root", tmp_path, "--out", tmp_path, "--json")
    checks = {row["check"]: row for row in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert {"libraries", "codecs", "audio", "port", "receive buffer", "out", "disk", "self-test"} <= set(checks)
    assert not any(row["failed"] for row in checks.values())


def test_doctor_says_what_to_do_about_each_failure(tmp_path: Path) -> None:
    done = run("doctor", "--port", "0", "--root", tmp_path / "gone", "--out", tmp_path / "gone", "--json")
    failed = [row for row in json.loads(done.stdout) if row["failed"]]
    assert done.returncode == 1
    assert [row["check"] for row in failed] == [f"root {tmp_path / 'gone'}", "out"]
    assert all(row["do"] for row in failed)


@pytest.fixture
def daemon(sounds: Path, tmp_path: Path) -> Iterator[Daemon]:
    with Daemon(root=sounds, out=tmp_path) as daemon:
        yield daemon


def test_send_speaks_of_streams_across_its_calls(daemon: Daemon) -> None:
    def send(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run("send", "--port", str(daemon.port), *arguments)

    assert send("load", "live", "loop_tabla.flac").returncode == 0
    started = send("stream/start", "live", "rate", "50")
    assert started.returncode == 0
    stream = started.stdout.split()[-1]
    aimed = send("stream/target", stream, "grain", "3")
    assert (aimed.returncode, aimed.stdout) == (0, "")
    refused = send("stream/target", stream, "grain", "1000000")
    assert refused.returncode == 1
    assert f"/oscreorder/error stream/target {stream} 3 there is no grain 1000000" in refused.stdout
    stopped = send("stream/stop", "-1")
    assert stopped.returncode == 0
    address, command, _, sent, late = stopped.stdout.split()
    assert (address, command) == ("/oscreorder/done", "stream/stop")
    assert int(sent) > 0
    assert int(late) == 0
    assert send("stream/set", stream, "rate", "3").returncode == 1
