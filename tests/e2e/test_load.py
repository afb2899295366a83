"""A short load, a flood and a short soak: the figures of docs/reliability.md, in small."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reliability.load import ANSWERS, CYCLE, MEMORY_MIB, Desk, flat_out, paced, prepared
from reliability.soak import soak

RATE, SECONDS, FLOOD_S = 2000, 3.0, 3.0
SOAK_S, GROWN_MB = 10.0, 20.0
FEW = 2
BUSY_MS = 1000.0  # other tests, and whatever else this machine does, stretch it; alone it is some 40


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with prepared() as made:
        yield made


def test_of_many_messages_none_is_lost_and_all_are_answered(desk: Desk) -> None:
    figures = paced(desk, rate=RATE, seconds=SECONDS)
    assert figures.sent == RATE * SECONDS
    assert (figures.lost, figures.refused, figures.dropped) == (0, 0, 0)
    assert (figures.unanswered, figures.lost_pings) == (0, 0)
    assert all(figures.answers[address] == figures.sent // len(CYCLE) * count for address, count in ANSWERS.items())
    assert figures.answers["/oscreorder/grain"] > 100
    assert len(figures.pings) > SECONDS * 10


def test_after_a_flood_it_is_as_before(desk: Desk) -> None:
    flood = flat_out(desk, seconds=FLOOD_S)
    assert flood.sent > 50_000
    assert 0 < flood.refused < flood.taken < flood.sent
    assert flood.sent == flood.taken + flood.dropped
    assert flood.answered_ms < BUSY_MS
    assert flood.grown_mib < MEMORY_MIB


def test_a_short_soak_leaves_all_as_it_was(tmp_path: Path) -> None:
    report = soak(tmp_path, seconds=SOAK_S)
    assert not report.problems
    assert min(report.rounds) > 0
    assert len(report.pings_ms) > SOAK_S / 2
    for values in (report.samples.descriptors, report.samples.threads):
        first, second = report.samples.halves(values)
        assert abs(second - first) <= FEW
    assert report.samples.memory_mb[-1] < report.samples.memory_mb[0] + GROWN_MB
    assert report.lines < 100
