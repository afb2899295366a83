"""The clock of the Pd player alone, in Pd's batch mode: many minutes of grains, whose messages come as we like.

A script (qlist) hands each grain to ``parts/clock`` at the moment of its arrival; what comes out is the delay until it
sounds.  Arrival plus delay is when it is heard.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pdprogram import KIT

PATCH = """#N canvas 60 40 500 400 12;
#X obj 20 20 r grains;
#X obj 20 60 KIT/parts/clock 7 0;
#X obj 20 100 print out;
#X obj 200 20 qlist;
#X obj 200 60 loadbang;
#X msg 200 90 read script.txt \\, rewind \\, bang;
#X msg 300 60 \\; pd quit;
#X obj 300 30 r last;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 4 0 5 0;
#X connect 5 0 3 0;
#X connect 7 0 6 0;
"""
LEAD_MS = 100.0
Times = NDArray[np.floating]


@dataclass
class Heard:
    """Per grain: when its message came, and when it sounded, in ms of Pd's time."""

    came: Times
    sounded: Times

    @property
    def delay(self) -> Times:
        return self.sounded - self.came


def through_the_clock(folder: Path, times: Times, came: Times, *, stream: int = 7) -> Heard:
    """Give the clock grains of stream 7; those of another are not for it."""
    waits = np.diff(came, prepend=0)
    lines = [
        f"{wait:.6f} grains grain {stream} {t % 60000:.4f} {LEAD_MS} 0 {place} 20 1 0 0;"
        for place, (wait, t) in enumerate(zip(waits, times, strict=True))
    ]
    (folder / "script.txt").write_text("\n".join(["0 grains start 7;", *lines, "10 last bang;", ""]), encoding="utf-8")
    (folder / "clock.pd").write_text(PATCH.replace("KIT", str(KIT)), encoding="utf-8")
    command = ["pd", "-nogui", "-batch", "-noprefs", "-stderr", "-open", "clock.pd"]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    rows = [line.split()[1:] for line in (told.stdout + told.stderr).splitlines() if line.startswith("out: ")]
    assert "error" not in told.stdout + told.stderr
    assert [int(row[1]) for row in rows] == list(range(len(rows)))
    delays = np.array([float(row[-1]) for row in rows])
    return Heard(came[: len(rows)], came[: len(rows)] + delays)


@pytest.fixture
def jitter() -> np.random.Generator:
    return np.random.default_rng(1)


def test_grains_stand_where_t_ms_says_however_their_messages_come(tmp_path: Path, jitter: np.random.Generator) -> None:
    times = 500 + 50.0 * np.arange(2000)
    heard = through_the_clock(tmp_path, times, times + jitter.uniform(0, 8, 2000))
    assert len(heard.sounded) == 2000
    assert np.isclose(heard.delay[0], LEAD_MS)
    assert np.abs(np.diff(heard.sounded) - 50).max() < 0.02


def test_grains_of_another_stream_are_not_for_it(tmp_path: Path) -> None:
    times = 50.0 * np.arange(10)
    assert len(through_the_clock(tmp_path, times, times, stream=8).sounded) == 0


@pytest.mark.parametrize("parts_per_million", [300, -300])
def test_clocks_that_drift_apart_are_followed_unheard(
    tmp_path: Path, jitter: np.random.Generator, parts_per_million: int
) -> None:
    times = 100.0 * np.arange(12000)
    came = times * (1 + parts_per_million / 1e6) + jitter.uniform(0, 8, 12000)
    heard = through_the_clock(tmp_path, times, np.maximum.accumulate(came))
    assert LEAD_MS - 30 < heard.delay.min() < heard.delay.max() < LEAD_MS + 30
    assert np.abs(np.diff(heard.sounded) - 100).max() < 0.07


def test_a_pause_of_minutes_is_no_reason_to_be_late(tmp_path: Path) -> None:
    times = np.concatenate([50.0 * np.arange(20), 200_000 + 50.0 * np.arange(20)])
    heard = through_the_clock(tmp_path, times, times)
    assert np.allclose(heard.delay, LEAD_MS, atol=0.1)


def test_after_a_stall_the_grains_of_the_burst_keep_their_distance(tmp_path: Path) -> None:
    times = 50.0 * np.arange(300)
    came = np.where((times >= 5000) & (times < 5080), 5080, times)
    heard = through_the_clock(tmp_path, times, came)
    assert np.allclose(np.diff(heard.sounded), 50, atol=0.02)


def test_where_all_come_late_it_begins_anew_and_is_late_no_more(tmp_path: Path) -> None:
    times = 50.0 * np.arange(300)
    heard = through_the_clock(tmp_path, times, times + np.where(times >= 5000, 400, 0))
    apart = np.diff(heard.sounded)
    assert heard.delay.min() >= 0
    assert np.isclose(apart, 50, atol=0.02).sum() >= len(apart) - 2
    assert np.allclose(heard.delay[-50:], LEAD_MS, atol=11)


def test_where_the_first_came_late_the_delay_shrinks_again(tmp_path: Path) -> None:
    times = 50.0 * np.arange(400)
    heard = through_the_clock(tmp_path, times, times + np.where(times == 0, 45, 0))
    assert heard.delay[-1] < LEAD_MS + 45
    assert np.abs(np.diff(heard.sounded) - 50).max() < 0.07


def test_a_stream_that_starts_anew_is_timed_anew(tmp_path: Path) -> None:
    times = np.concatenate([500 + 50.0 * np.arange(50), 500 + 50.0 * np.arange(50)])
    came = np.concatenate([times[:50], 20_000 + times[50:]])
    heard = through_the_clock(tmp_path, times, came)
    assert np.allclose(heard.delay[-40:], LEAD_MS, atol=1)
