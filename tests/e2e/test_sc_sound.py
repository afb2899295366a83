"""What SuperCollider plays of streams and Patterns is recorded: it is not silence, and stands where it should.

The sound is a row of clicks, one in each grain and always at the same place of it, so that a click tells when its
grain began.  The clock of the recording is not that of the language: straight lines are fitted, a fresh one after
each slip of the audio server, which shifts all that follows.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from jackserver import JackServer
from numpy.typing import NDArray
from programs import REPOSITORY, Daemon
from quark import PERIOD, SR, Sclang

from oscreorder import read_sound, save_sound

HOP = 2048
CLICK_AT = 500
GRAINS = 250
RATE = 40
ATTEMPTS = 5
SLIP_S = 0.001
P50_S, P99_S = 0.0002, 0.0005

Times = NDArray[np.float64]

READY = """
    ~reorder.load(\\clicks, "clicks.wav").wait;
    ~reorder.analyse(\\clicks, [win_length: %d, hop_length: %d]).wait;
    "analysed".postln;
"""
# The server writes whole halves of its buffer and leaves out what is in the last one when a recording ends.
RECORD_FRAMES = 32768
TAIL_S = 0.5 + RECORD_FRAMES / 2 / SR
RECORD = """
    s.recHeaderFormat_("wav").recSampleFormat_("float").recChannels_(2).recBufSize_(%d);
    s.prepareForRecord(%s); s.sync;
    s.record; s.sync; 0.5.wait;
    %s
    %f.wait;
    s.stopRecording; s.sync; 0.2.wait;
    "recorded".postln;
"""
STREAM = """
    ~stream = ~reorder.stream(\\clicks, [count: %d, rate: %d, k: 8, choose: \\random, repeat_s: 0, attack_ms: 2]);
    ~stream.onGrain = { |grain| "grain %% %%".format(grain[\\time].asStringPrec(17), grain[\\pan]).postln };
    ~stream.target(5);
    ~stream.onEnd = { ~done = true }; ~done = false;
    while { ~done.not } { 0.05.wait };
    [~stream.played, ~stream.late].postln;
"""
PATTERN = """
    ~grains = ~reorder.grains(\\clicks);
    while { ~grains.size == 0 } { 0.02.wait };
    ~done = false;
    Pbind(
        \\type, \\oscReorder, \\grains, ~grains, %s \\dur, 0.047, \\attack, 0.002,
        \\callback, { "grain %% 0".format((thisThread.seconds + s.latency).asStringPrec(17)).postln }
    ).play(protoEvent: Event.default, clock: SystemClock);
"""


@pytest.fixture(scope="module")
def clicks(root: Path) -> Path:
    """A row of clicks in a little noise, in the daemon's folder; a grain without one would be heard as missing."""
    random = np.random.default_rng(3)
    y = random.normal(0, 0.002, (1, 60 * HOP)).astype(np.float32)
    y[0, CLICK_AT] = 0.9
    y[0, HOP // 2 + CLICK_AT :: HOP] = 0.9
    save_sound(root / "clicks.wav", y, SR)
    return root / "clicks.wav"


@pytest.fixture(scope="module")
def jack() -> Iterator[JackServer]:
    with JackServer(sr=SR, period=PERIOD) as server:
        yield server


@pytest.fixture(scope="module")
def sclang(
    jack: JackServer, daemon: Daemon, clicks: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sclang]:
    assert clicks.exists()
    with Sclang(tmp_path_factory.mktemp("home"), quark=True, environment=jack.environment) as program:
        program.boot()
        program.connect(daemon.port)
        program.fork(READY % (HOP, HOP), until="^analysed$")
        yield program
        program.fork("~reorder.free(\\clicks).wait; ~reorder.disconnect; 'left'.postln;", until="^left$")
        program.quit_server()
        assert not [line for line in program.errors if line.startswith("ERROR")]


def record(sclang: Sclang, code: str, path: Path) -> tuple[Times, NDArray[np.float32]]:
    """Record what `code` plays; return when its grains should begin, and the sound."""
    before = len(sclang.lines)
    sclang.fork(RECORD % (RECORD_FRAMES, json.dumps(str(path)), code, TAIL_S), until="^recorded$")
    told = [re.match(r"grain ([\d.]+) ", line) for line in sclang.lines[before:]]
    y, sr = read_sound(path)
    assert sr == SR
    return np.array([float(match[1]) for match in told if match]), y


def onsets(y: NDArray[np.float32]) -> Times:
    """Return the seconds at which clicks stand, of both sides together."""
    loud = np.flatnonzero(np.abs(y).max(axis=0) > 0.1)
    return loud[np.diff(loud, prepend=-SR) > SR // 200] / SR


def deviations(heard: Times, wanted: Times) -> tuple[Times, int]:
    """Return how far the onsets lie from where they should, in s, and how often all that followed was shifted."""
    errors = heard - wanted
    slips = np.flatnonzero(np.abs(np.diff(errors)) > SLIP_S) + 1
    pieces = [np.arange(len(errors))[piece] for piece in map(slice, [0, *slips], [*slips, len(errors)])]
    fitted = [
        np.polyval(np.polyfit(wanted[piece], errors[piece], min(1, len(piece) - 1)), wanted[piece]) for piece in pieces
    ]
    return np.concatenate([errors[piece] - line for piece, line in zip(pieces, fitted, strict=True)]), len(slips)


def check_times(jack: JackServer, sclang: Sclang, code: str, folder: Path, grains: int) -> NDArray[np.float32]:
    """The clicks stand where the times are, in one of a few attempts: a machine may stumble, a fault returns."""
    tried = []
    for attempt in range(ATTEMPTS):
        before = jack.slips
        wanted, y = record(sclang, code, folder / f"{attempt}.wav")
        heard = onsets(y)
        assert len(wanted) == grains
        if len(heard) != len(wanted):
            tried.append(f"{len(heard)} onsets of {len(wanted)}")
            continue
        errors, slips = deviations(heard, np.sort(wanted))
        p50, p99 = np.percentile(np.abs(errors), [50, 99])
        if slips <= 2 * (jack.slips - before) and p50 < P50_S and p99 < P99_S:
            return y
        tried.append(f"p50 {1000 * p50:.3f} ms, p99 {1000 * p99:.3f} ms, {slips} slips, {jack.slips - before} told")
    raise AssertionError(f"no attempt came near enough: {tried}")


def test_a_stream_sounds_when_it_should(jack: JackServer, sclang: Sclang, tmp_path: Path) -> None:
    y = check_times(jack, sclang, STREAM % (GRAINS, RATE), tmp_path, GRAINS)
    assert f"[ {GRAINS}, 0 ]" in sclang.lines
    assert y.shape[0] == 2
    assert np.abs(y[0]).max() == pytest.approx(0.9 * np.sqrt(0.5), rel=0.02)


@pytest.mark.parametrize(
    "which", ["\\grain, Pseq((1..50)),", "\\near, Pseq((1..50)), \\k, 3,"], ids=["by number", "by nearness"]
)
def test_a_pattern_sounds_when_it_should(jack: JackServer, sclang: Sclang, tmp_path: Path, which: str) -> None:
    code = PATTERN % which + "\n    (50 * 0.047 + 0.5).wait;"
    check_times(jack, sclang, code, tmp_path, 50)


def test_the_page_s_five_minutes_may_be_evaluated_as_one_block(sclang: Sclang) -> None:
    page = (REPOSITORY / "docs" / "clients" / "supercollider.md").read_text(encoding="utf-8")
    block = page[page.index("~reorder.load(\\violin") : page.index("## The classes")]
    before = len(sclang.lines)
    sclang.evaluate(f"(\n~stream = nil;\n{block}\n)")
    sclang.fork(
        r"""
        while { ~stream.isNil or: { ~stream.played < 10 } } { 0.05.wait };
        ~stream.set([rate: 80]); ~stream.set((k: 3));
        while { ~stream.played < 30 } { 0.05.wait };
        ~stream.stop({ "page played".postln });
        """,
        until="^page played$",
    )
    sclang.evaluate("CmdPeriod.run;")  # the Pattern goes on for a minute
    sclang.fork("~reorder.free(\\violin).wait; 'page left'.postln;", until="^page left$")
    told = sclang.lines[before:]
    assert not [line for line in told if "ERROR" in line or "late" in line], told
