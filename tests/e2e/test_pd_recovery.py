"""A patch of the kit lives on while the daemon is not there, comes, is killed and comes back; it says so in words."""

import time
from pathlib import Path

import psutil
import pytest
from pdprogram import FixedDaemon, Pd
from programs import free_port

WORDS_S = 3.0
PATCH = """#N canvas 60 40 500 400 12;
#X obj 20 20 oscreorder 127.0.0.1 57140;
#X obj 20 120 oscreorder-grains~ slide;
#X obj 300 120 oscreorder-param order;
#X obj 200 20 netreceive -u WAY_IN;
#X obj 200 110 loadbang;
#X obj 200 80 print ready;
#X obj 300 50 print there;
#X obj 300 80 print done;
#X obj 300 110 print player;
#X obj 300 150 print order;
#X connect 3 0 0 0;
#X connect 4 0 5 0;
#X connect 0 5 6 0;
#X connect 0 0 7 0;
#X connect 1 2 8 0;
#X connect 2 0 9 0;
"""


def words(pd: Pd, pattern: str, since: float) -> None:
    """Wait for the words; they must come within three seconds of what happened."""
    pd.wait_for(f"^oscreorder: {pattern}", 10)
    assert time.monotonic() - since < WORDS_S


def play(pd: Pd) -> None:
    """Load a sound, start a stream, hear a grain of it, and stop."""
    for line in ("load slide slide-22k.aiff", "stream/start slide tags 0", "sync"):
        pd.say(line)
    pd.wait_for("^player: ready 1")
    pd.say("stream/target grain 5")
    pd.wait_for("^player: grain 0 ")
    pd.say("stream/stop")
    pd.wait_for("^done: stream/stop")


def test_a_patch_outlives_its_daemons(sounds: Path, tmp_path: Path) -> None:
    port = free_port()
    with Pd(tmp_path / "kit", PATCH, port=port) as pd:
        words(pd, f"nobody answers at 127.0.0.1 {port} - start the daemon", pd.ready_at)
        pd.say("load slide slide-22k.aiff")
        words(pd, "load: not sent - nobody answers", time.monotonic())

        with FixedDaemon(port, root=sounds, out=tmp_path) as daemon:
            words(pd, f"the daemon answers now at 127.0.0.1 {port}", time.monotonic())
            pd.wait_for("^order: symbol similarity")
            play(pd)
            psutil.Process(daemon.pid).kill()
            words(pd, "nobody answers", time.monotonic())

        with FixedDaemon(port, root=sounds, out=tmp_path) as daemon:
            words(pd, "the daemon answers now", time.monotonic())
            play(pd)
            psutil.Process(daemon.pid).terminate()
            words(pd, "the daemon has ended", time.monotonic())
            pd.wait_for("^there: 0")
    assert pd.faults() == []


@pytest.mark.parametrize("line", ["connect localhost 57140", "disconnect"])
def test_the_connection_can_be_changed(sounds: Path, tmp_path: Path, line: str) -> None:
    port = free_port()
    with FixedDaemon(port, root=sounds, out=tmp_path), Pd(tmp_path / "kit", PATCH, port=free_port()) as pd:
        pd.say(line)
        pd.say(f"connect 127.0.0.1 {port}")
        words(pd, f"the daemon answers(?: now)? at 127.0.0.1 {port}", time.monotonic())
        pd.say("disconnect")
        pd.wait_for("^there: 0")
    assert pd.faults() == []
