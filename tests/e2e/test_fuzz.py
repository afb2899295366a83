"""What the fuzzers (``make fuzz``) have kept stays right, and so do packets that are mutated anew."""

from pathlib import Path

import pytest
from daemon import Client
from programs import Daemon
from soundbytes import WHOLE_WAV

from fuzz.targets import TARGETS
from reliability.packets import live, offline

CORPUS = Path(__file__).parent.parent / "corpus"
OFFLINE, LIVE = 30_000, 20_000
EACH = 10
AT_MOST_MS = 50.0  # of processor time, which a busy machine stretches; alone it is one or two


@pytest.mark.parametrize("name", TARGETS)
def test_the_kept_corpus_stays_right(name: str) -> None:
    kept = sorted((CORPUS / name).iterdir())
    assert len(kept) > 50
    for path in kept:
        TARGETS[name](path.read_bytes())


def test_mutated_packets_give_messages_or_wire_error_soon() -> None:
    figures = offline(OFFLINE, seed=7)
    assert figures.packets == OFFLINE
    assert min(figures.ends[end] for end in ("WireError", "request", "refusal", "nothing")) > OFFLINE // 20
    assert figures.slowest_ms < AT_MOST_MS, figures.slowest


def test_a_daemon_stays_well_under_mutated_packets(tmp_path: Path) -> None:
    for name in ("root", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "root/a.wav").write_bytes(WHOLE_WAV)
    with Daemon(root=tmp_path / "root", out=tmp_path / "out") as daemon, Client(daemon.port) as client:
        figures = live(LIVE, daemon.port, daemon.pid, each=EACH, seed=8)
        assert set(figures.ends) == {"/oscreorder/done"}
        assert figures.slowest_ms < EACH * AT_MOST_MS, figures.slowest
        _, _, _, _, _, _, packets, refused, *_ = client.ask("status", 1).arguments
        assert isinstance(packets, int)
        assert isinstance(refused, int)
        assert packets > LIVE
        assert refused > LIVE // 4
        assert "Traceback" not in "".join(daemon.lines)
        assert len(daemon.lines) < LIVE // 100
