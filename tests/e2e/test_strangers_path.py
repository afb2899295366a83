"""What README and the pages of the clients tell a stranger to type, typed in a clean home, letter by letter.

All of it happens in a network namespace, so that the ports are those of the pages whatever else runs here.  The sound
card is one that makes no sound: Csound's null device, or a JACK server without hardware.
"""

import functools
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jackserver import JackServer
from programs import REPOSITORY, Program

from oscreorder import read_sound

ROOT = os.geteuid() == 0
READY = r"^oscreorder listening on 127\.0\.0\.1:57140$"


class Machine:
    """A stranger's machine: a network of its own, a home with our examples in it, and the installed package."""

    def __init__(self, home: Path, holder: Program) -> None:
        self.home = home
        self._enter = [
            "nsenter", *([] if ROOT else ["--user", "--preserve-credentials"]), "--net", "--target", str(holder.pid)
        ]  # fmt: skip
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._environment = {
            "HOME": str(home),
            "PATH": programs,
            "PYTHONPATH": "",
            "XDG_CACHE_HOME": str(home / "cache"),
        }

    def starts(self, line: str, environment: dict[str, str] | None = None) -> Program:
        """Type a line that goes on running."""
        told = self._environment | (environment or {})
        return Program(*self._enter, "sh", "-c", f"exec {line}", environment=told, cwd=self.home)

    def does(self, line: str, *, said: str = "") -> str:
        """Type a line, on a terminal, and what is said to its question; return what it printed."""
        ours, theirs = pty.openpty()
        environment = os.environ | self._environment
        command = [*self._enter, "sh", "-c", line]
        with subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=self.home, env=environment
        ) as it:
            os.close(theirs)
            os.write(ours, said.encode())
            told = b"".join(iter(functools.partial(_read, ours), b"")).decode()
        os.close(ours)
        assert it.returncode == 0, f"{line}: {told}"
        return told


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # nobody has it open any more
        return b""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    (tmp_path / "examples").mkdir()
    for name in ("examples/sounds", "sounds"):
        (tmp_path / name).symlink_to(REPOSITORY / "examples" / "sounds")
    (tmp_path / "renders").mkdir()
    own = ["unshare", *([] if ROOT else ["--map-root-user"]), "--net"]
    with Program(*own, "sh", "-c", "ip link set lo up && echo up && exec cat") as holder:
        holder.wait_for("^up$")
        yield Machine(tmp_path, holder)


def steps(page: str) -> list[str]:
    """Return what the numbered steps of a page say to type: the first piece of code of each."""
    text = (REPOSITORY / "docs" / "clients" / page).read_text(encoding="utf-8")
    return re.findall(r"^\d\.[^`]*`([^`]+)`", text, re.MULTILINE)


def block(path: str, after: str) -> list[str]:
    """Return the lines of the first block of code after some words of a page."""
    _, _, rest = (REPOSITORY / path).read_text(encoding="utf-8").partition(after)
    found = re.search(r"(?:^    .+\n)+", rest, re.MULTILINE)
    assert found, after
    return [line.strip() for line in found[0].splitlines()]


@pytest.mark.parametrize("page", ["csound.md", "chuck.md"])
def test_csound_and_chuck(page: str, machine: Machine) -> None:
    copy, serve, play = steps(page)
    (machine.home / ".csound6rc").write_text("-+rtaudio=null\n")
    machine.does(copy, said="y\n")
    with machine.starts(serve) as daemon, JackServer() as jack:
        daemon.wait_for(READY)
        with machine.starts(play, jack.environment) as program:
            program.wait_for(r"oscreorder: the daemon answers at 127\.0\.0\.1 57140", 10)
            # One worker or two: what is asked for together is answered in any order.
            wanted = {"done load", "done render", "neighbour 0 is grain 20", "the stream sounds"}
            while wanted:
                line = program.next_line(60)
                wanted = {words for words in wanted if f"oscreorder: {words}" not in line}
            os.kill(program.pid, signal.SIGINT)
            program.wait(20)
        assert not [line for line in program.lines if "oscreorder: error" in line]
    assert list(machine.home.glob("violin-*.wav"))


def test_the_shell(machine: Machine) -> None:
    serve, listening = block("README.md", "Start the daemon")
    with machine.starts(serve) as daemon:
        daemon.wait_for(f"^{re.escape(listening)}$")
        for line in block("README.md", "**Shell**"):
            assert "done" in machine.does(line)
        assert (machine.home / "renders" / "reordered.wav").stat().st_size > 0
        for line in block("docs/clients/shell.md", "## oscreorder send")[2:]:
            assert machine.does(line)
        begin, *others = block("docs/clients/shell.md", "the last word of the answer")
        number = machine.does(begin.replace("play 1 tell 0", "play 0")).split()[-1]  # no sound card
        for line in others:
            machine.does(line.replace("5341", number))


def test_oscsend_and_oscdump(machine: Machine) -> None:
    dump, *lines = block("docs/clients/shell.md", "## oscsend and oscdump")
    with machine.starts("oscreorder serve --root examples/sounds") as daemon:
        daemon.wait_for(READY)
        with machine.starts(f"stdbuf -oL {dump.removesuffix(' &')}") as heard:
            while not heard.has_line(0.2):  # it does not tell when it listens, and a stranger types slowly
                machine.does("oscsend 127.0.0.1 57141 /listening")
            for line in lines:
                machine.does(line)
                heard.wait_for(r" /oscreorder/grain " if "target" in line else " /oscreorder/done ", 60)


def test_offline_and_python(machine: Machine) -> None:
    (line,) = block("README.md", "**Offline**")
    (machine.home / "violin.flac").symlink_to(machine.home / "sounds" / "violin.flac")
    machine.does(line)
    (machine.home / "reordered.wav").rename(machine.home / "offline.wav")
    code = "\n".join(block("README.md", "**Python**"))
    subprocess.run([sys.executable, "-c", code], cwd=machine.home, check=True, timeout=100)
    assert read_sound(machine.home / "reordered.wav")[0].shape == read_sound(machine.home / "offline.wav")[0].shape
