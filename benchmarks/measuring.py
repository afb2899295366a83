"""What the measured processes share: a warm-up, repeats on request, phase times and peak memory as lines of JSON."""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

Facts = Mapping[str, float]
"""What a repeat tells beside its time, such as its number of grains."""


class Phases:
    """The seconds that each phase of one repeat took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Time what runs inside and add it to phase `name`."""
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began


Run = Callable[[Phases], Facts]
"""One repeat: what is measured."""


def peak_bytes() -> int:
    """Return the largest resident memory that this process has had."""
    status = Path("/proc/self/status")
    if status.exists():  # unlike getrusage, it does not count the program that started this one
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that every measured process takes."""
    parser.add_argument("--win-length", type=int, default=2000, help="samples; default 2000")
    parser.add_argument("--hop-length", type=int, default=400, help="samples; default 400")
    parser.add_argument("--repeats", type=int, default=3, help="measured repeats after the warm-up; default 3")
    parser.add_argument("--warm-up", metavar="SOUND", help="what the warm-up runs on; default: the sound itself")
    parser.add_argument("--on-request", action="store_true", help="run a repeat for each line on stdin")


def repeat(prepare: Callable[[str], Run], options: argparse.Namespace) -> None:
    """Warm up once, then print one line of JSON for each repeat.

    Parameters
    ----------
    prepare : callable
        Takes the path of a sound, does what is not measured, and returns what is.
    """
    run = prepare(options.warm_up or options.sound)
    run(Phases())
    if options.warm_up:
        run = prepare(options.sound)
    _tell({"baseline_bytes": peak_bytes()})
    for _ in range(options.repeats):
        if options.on_request and not sys.stdin.readline():
            return
        phases = Phases()
        began = time.perf_counter()
        facts = run(phases)
        seconds = time.perf_counter() - began
        _tell({"seconds": seconds, "phases": phases.seconds, "peak_bytes": peak_bytes(), **facts})


def _tell(values: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()
