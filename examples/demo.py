"""The demo: start the daemon, load a violin, re-order it by likeness and say where the new sound is.

Run it by ``make demo``; each request below can be sent by any OSC program just as well.
"""

import math
import os
import subprocess
import sys
from pathlib import Path

from oscreorder.client import Client
from oscreorder.files import read_sound

HERE = Path(__file__).parent
OUT = Path("demo-out")


def main() -> None:
    """Drive a daemon of our own from load to quit."""
    OUT.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "oscreorder", "serve", "--port", "0", "--root", str(HERE / "sounds")]
    with subprocess.Popen([*command, "--out", str(OUT)], stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None  # noqa: S101 - it is a pipe
        ready = daemon.stdout.readline().strip()
        print(ready)
        port = int(ready.rpartition(":")[2])
        with Client(port=port, timeout_s=60) as client:
            say(client, "load", "violin", "violin.flac")
            say(client, "analyse", "violin", "win_length", 2000, "hop_length", 400)
            done = say(client, "render", "violin", "violin-reordered.wav", "overwrite", 1)
            say(client, "quit")
    describe(Path(str(done[2])))
    if "VIRTUAL_ENV" not in os.environ:
        print("the command oscreorder is there in this shell after: . .venv/bin/activate")


def say(client: Client, command: str, *arguments: float | str) -> tuple[object, ...]:
    """Send one request, print it and its replies, and return the arguments of its ``done``."""
    print(f"-> /oscreorder/{command}", *arguments)
    for message in client.request(command, *arguments):
        if message.address != "/oscreorder/progress":
            print(f"   <- {message.address}", *message.arguments)
    if message.address != "/oscreorder/done":
        sys.exit(f"the demo failed: {message.arguments[-1]!r}")
    return message.arguments


def describe(path: Path) -> None:
    """Print where the rendered sound is, how long and how loud."""
    y, sr = read_sound(path)
    level_db = 20 * math.log10(max(float((y**2).mean()) ** 0.5, 1e-9))
    print(f"rendered {path}: {y.shape[1] / sr:.3f} s, {y.shape[0]} channel(s) at {sr} Hz, level {level_db:.1f} dBFS")


if __name__ == "__main__":
    main()
