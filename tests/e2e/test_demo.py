"""The demo as ``make demo`` runs it: it ends with a rendered, audible file and tells its path, length and level."""

import re
import sys
from pathlib import Path

from programs import REPOSITORY, Program

from oscreorder import read_sound

DEMO = REPOSITORY / "examples" / "demo.py"


def test_the_demo_renders_a_sound_and_says_where_how_long_and_how_loud(tmp_path: Path) -> None:
    with Program(sys.executable, DEMO, cwd=tmp_path) as demo:
        told = demo.wait_for(r"^rendered (\S+): ([\d.]+) s, 1 channel\(s\) at 44100 Hz, level (-[\d.]+) dBFS$", 100)
        assert demo.wait() == 0
    path, seconds, level_db = tmp_path / told[1], float(told[2]), float(told[3])
    y, sr = read_sound(path)
    source, _ = read_sound(DEMO.parent / "sounds" / "violin.flac")
    assert y.shape == source.shape
    assert abs(y.shape[1] / sr - seconds) < 0.001
    assert -40 < level_db < -3
    asked = [line.split()[1] for line in demo.lines if line.startswith("-> ")]
    ended = [re.sub(r".*<- (\S+) (\S+) .*", r"\1 \2", line) for line in demo.lines if "<- " in line]
    assert asked == [f"/oscreorder/{command}" for command in ("load", "analyse", "render", "quit")]
    assert [end for end in ended if "done" in end] == [f"/oscreorder/done {each.split('/')[-1]}" for each in asked]
