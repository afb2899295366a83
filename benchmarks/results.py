"""RESULTS.md: one section a script, each with the machine, the versions and the date of its own run."""

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
LIBRARIES = ("numpy", "scipy", "numba", "librosa", "scikit-learn", "openTSNE", "soundfile", "soxr")
HEADER = """# Benchmarks

Written by the scripts in this folder, never by hand: each replaces its own section. `make bench` runs them all,
`make bench-quick` a part of them in under two minutes. What is measured, and against what, stands in the docstrings.
Ratios come from one run, in which the two sides took turns; absolute times belong to the machine that is named.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure: what, the target in words, what was measured, the command, and whether the target was met.

    `met` is None where the figure has no target.
    """

    figure: str
    target: str
    measured: str
    command: str
    met: bool | None = None

    @property
    def line(self) -> str:
        """The row as a line of a Markdown table."""
        verdict = {True: "", False: "**missed:** ", None: ""}[self.met]
        return f"| {self.figure} | {self.target} | {verdict}{self.measured} | `{self.command}` |"


def write_section(name: str, rows: Sequence[Row], *, notes: str = "", before: str) -> None:
    """Replace the section `name` of RESULTS.md, or add it; the others stay.

    `before` is the `provenance` that was taken before the run.
    """
    table = ["| figure | target | measured | command |", "| --- | --- | --- | --- |", *(row.line for row in rows)]
    section = "\n".join([f"## {name}", "", before, "", *table, *(["", notes] if notes else []), ""])
    text = RESULTS.read_text() if RESULTS.exists() else HEADER
    head, *present = text.split("\n## ")
    kept = {part.partition("\n")[0]: "## " + part.rstrip() + "\n" for part in present}
    kept[name] = section
    RESULTS.write_text("\n".join([head.rstrip() + "\n", *kept.values()]))


def provenance() -> str:
    """Tell date, commit, machine, its load at this moment, and versions."""
    versions = ", ".join(f"{library} {_version(library)}" for library in LIBRARIES)
    now = datetime.now(tz=UTC)
    return (
        f"{now:%Y-%m-%d %H:%M} UTC, commit {_commit()}. {_processor()}, {os.cpu_count()} cores, "
        f"{_memory_gib():.0f} GiB, {platform.system()} {platform.release()} ({platform.machine()}), "
        f"load before the run {os.getloadavg()[0]:.2f}. Python {platform.python_version()}, {versions}."
    )


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _commit() -> str:
    def git(*arguments: str) -> str:
        ran = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        return ran.stdout.strip()

    changed = " with changes" if git("status", "--porcelain", "--untracked-files=no", "--", "oscreorder") else ""
    return (git("rev-parse", "--short", "HEAD") or "unknown") + changed


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
