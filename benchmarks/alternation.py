"""Taking turns: measured processes stay alive, warm, and each runs one repeat while the others wait."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from benchmarks.results import ROOT


@dataclass(frozen=True, slots=True)
class Contender:
    """A script of this folder with its arguments: one side of a comparison."""

    name: str
    module: str
    arguments: Sequence[str]


@dataclass(slots=True)
class Series:
    """What the repeats of one contender told."""

    repeats: list[Mapping[str, Any]] = field(default_factory=list)
    baseline_bytes: int = 0

    @property
    def seconds(self) -> float:
        """Median time of a repeat."""
        return float(statistics.median(repeat["seconds"] for repeat in self.repeats))

    def phase(self, name: str) -> float:
        """Return the median time of one phase."""
        return float(statistics.median(repeat["phases"][name] for repeat in self.repeats))

    @property
    def peak_mb(self) -> float:
        """Largest resident memory of the process, in MB (10^6 bytes)."""
        return float(max(repeat["peak_bytes"] for repeat in self.repeats)) / 1e6

    @property
    def grains(self) -> int:
        """Number of grains."""
        return int(self.repeats[0]["grains"])

    @property
    def range(self) -> str:
        """The shortest and the longest repeat, in words."""
        times = [repeat["seconds"] for repeat in self.repeats]
        return f"{min(times):.3g} to {max(times):.3g} s"


class _Process:
    """A contender at work; it runs a repeat whenever it is asked."""

    def __init__(self, contender: Contender, repeats: int) -> None:
        command = [sys.executable, "-m", f"benchmarks.{contender.module}", *contender.arguments]
        self._child = subprocess.Popen(
            [*command, "--on-request", "--repeats", str(repeats)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._name = contender.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.communicate()

    def hear(self) -> Mapping[str, Any]:
        """Wait for the next line of JSON."""
        assert self._child.stdout is not None  # noqa: S101 - it is a pipe
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} ended early, with exit status {self._child.wait()}")
        heard: Mapping[str, Any] = json.loads(line)
        return heard

    def run(self) -> Mapping[str, Any]:
        """Run one repeat."""
        assert self._child.stdin is not None  # noqa: S101 - it is a pipe
        self._child.stdin.write("\n")
        self._child.stdin.flush()
        return self.hear()


def alternate(contenders: Sequence[Contender], repeats: int, *, cores: int = 0) -> dict[str, Series]:
    """Run each contender `repeats` times, in turns (A B A B ...), after each has warmed up alone.

    `cores` limits them to so many cores; 0: no limit.
    """
    measured = {contender.name: Series() for contender in contenders}
    with ExitStack() as stack, limited(cores):
        processes = {}
        for contender in contenders:
            process = processes[contender.name] = stack.enter_context(_Process(contender, repeats))
            measured[contender.name].baseline_bytes = process.hear()["baseline_bytes"]
        for _ in range(repeats):
            for name, process in processes.items():
                measured[name].repeats.append(process.run())
    return measured


def alone(contender: Contender) -> Series:
    """Run one contender once, on one core, in a fresh process: how peak memory is measured."""
    return alternate([contender], 1, cores=1)[contender.name]


@contextmanager
def limited(n: int) -> Iterator[None]:
    """Let the processes that are started inside have `n` cores, 0: all; they inherit the limit."""
    if not n:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[-n:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
