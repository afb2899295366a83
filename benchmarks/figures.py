"""The figures: each function measures one group of them and gives its rows.

Both sides of a comparison are processes that have run once before (warm) and then take turns; times are medians.
Peak memory is that of a fresh process that has warmed up on half a minute and then does the work once.  Each process
has one core, as a worker has, except where a row says that it has all.
"""

import json
import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.alternation import Contender, Series, alone, alternate, limited
from benchmarks.results import ROOT, Row

SHIPPED = "examples/sounds"
VIOLIN = f"{SHIPPED}/violin.flac"
SR, HOP = 44100, 400


@dataclass(slots=True)
class Bench:
    """What a run is given, and the long sounds it has made so far.

    `command` is the beginning of the command that stands beside each figure; `sounds` is a folder of more sounds.
    """

    folder: Path
    command: str
    quick: bool
    sounds: str = ""
    _made: dict[tuple[int, int, int], str] = field(default_factory=dict)

    def sound(self, *, minutes: float = 0, grains: int = 0, channels: int = 1, voices: int = 2) -> str:
        """Return the path of a sound of so many minutes or grains (see `material`), made when it is first wanted."""
        samples = round(minutes * 60 * SR) if minutes else (grains - 1) * HOP
        key = samples, channels, voices
        if key not in self._made:
            self._made[key] = path = str(self.folder / f"{samples}-{channels}-{voices}.wav")
            numbers = {"--samples": samples, "--channels": channels, "--voices": voices}
            _module("material", path, *(str(word) for pair in numbers.items() for word in pair))
        return self._made[key]

    def compile(self) -> None:
        """Run the kernels once, in processes that end: from then on they come compiled from numba's cache."""
        for order in ("similarity", "tour"):
            arguments = ["experiment", VIOLIN, self.scratch("compiled.wav"), "--order", order, "--repeats", "0"]
            _module("ours", *arguments)

    def scratch(self, name: str) -> str:
        """Return the path of a file that a contender writes."""
        return str(self.folder / name)

    def row(self, group: str, figure: str, target: str, measured: str, met: bool | None = None) -> Row:  # noqa: FBT001
        """Return a row with the command of its group."""
        return Row(figure, target, measured, f"{self.command} --only {group}", met)


def experiment(bench: Bench) -> list[Row]:
    """Measure the notebook's experiment on the violin, file to file, against ours, with one core and with all."""
    leasts = {"similarity": 30.0, "tsne": 2.0} | ({} if bench.quick else {"tour": None})
    notebook = Contender("notebook", "notebook_code", ["experiment", VIOLIN, bench.scratch("notebook.wav")])
    ours = [
        Contender(order, "ours", ["experiment", VIOLIN, bench.scratch(f"{order}.wav"), "--order", order])
        for order in leasts
    ]
    rows = []
    for cores, where in ((1, "one core"), (0, "all cores")):
        if bench.quick and not cores:  # t-SNE's threads wait busily: beside other programs that takes minutes
            break
        measured = alternate([notebook, *ours], 3 if bench.quick else 5, cores=cores)
        for order, least in leasts.items():
            figure = f"experiment, file to file: violin 27.6 s, hop 400, win 2000, mono; `order {order}`; {where}"
            rows.append(_faster(bench, "experiment", figure, measured["notebook"], measured[order], least))
        for name, series in measured.items():
            rows.append(bench.row("experiment", f"where its time goes: {name}, {where}", "", _phases(series)))
    return rows


def smoothness(bench: Bench) -> list[Row]:
    """Measure mean dB-mel steps of our orders against those of scikit-learn's 1-D t-SNE."""
    corpora: dict[str, dict[str, float | None]] = {VIOLIN: {"similarity": 0.90, "tour": 0.87}}
    if not bench.quick:
        corpora[SHIPPED] = {"similarity": None, "tour": None}
    if bench.sounds:
        corpora[bench.sounds] = {"similarity": 0.80, "tour": 0.75}
    rows = []
    for path, targets in corpora.items():
        steps = _told("smoothness", path, "--seeds", "1" if bench.quick else "5")
        for order, most in targets.items():
            ratio = steps[order] / steps["tsne"]
            measured = (
                f"{ratio:.3f} (mean step {steps[order]:.1f} / {steps['tsne']:.1f} dB; in time {steps['original']:.1f}; "
                f"{steps['grains']} grains)"
            )
            figure = f"smoothness of `order {order}` against 1-D t-SNE: {path}"
            target, met = (f"at most {most:.2f}", ratio <= most) if most else ("", None)
            rows.append(bench.row("smoothness", figure, target, measured, met))
    return rows


def analysis(bench: Bench) -> list[Row]:
    """Measure the throughput of load and analysis."""
    minutes = 2 if bench.quick else 10
    sound = bench.sound(minutes=minutes)
    contenders = [
        Contender("notebook", "notebook_code", ["analysis", sound]),
        Contender("ours", "ours", ["analysis", sound]),
    ]
    measured = alternate(contenders, 3 if bench.quick else 5, cores=1)
    figure = f"load and analysis of {minutes} min mono, against load + STFT + mel"
    rows = [_faster(bench, "analysis", figure, measured["notebook"], measured["ours"], 3.3)]
    for name, series in measured.items():
        speed = minutes * 60 / series.seconds
        rows.append(bench.row("analysis", f"throughput: {name}", "", f"{speed:.0f} x real time ({_phases(series)})"))
    return rows


def memory(bench: Bench) -> list[Row]:
    """Measure peak memory of load, analysis, default order and render against the notebook's with PCA.

    PCA is its cheapest order: its t-SNE would take hours for a sound of an hour.
    """
    minutes = 4.5 if bench.quick else 60
    sound = bench.sound(grains=30_000) if bench.quick else bench.sound(minutes=minutes)
    ours = alone(Contender("ours", "ours", ["experiment", sound, bench.scratch("ours.wav"), "--warm-up", VIOLIN]))
    notebook = alone(
        Contender("notebook", "notebook_code", ["pca", sound, bench.scratch("notebook.wav"), "--warm-up", VIOLIN])
    )
    share = notebook.peak_mb / ours.peak_mb
    measured = (
        f"1/{share:.1f}: {ours.peak_mb:.0f} MB against {notebook.peak_mb:.0f} MB "
        f"(in {ours.seconds:.1f} s against {notebook.seconds:.1f} s; {ours.grains} grains)"
    )
    figure = f"peak memory of load + analyse + order + render, {minutes:g} min mono, against the notebook's with PCA"
    target = "at most 1/15, under 500 MB"
    met = None if bench.quick else share >= 15 and ours.peak_mb < 500
    return [
        bench.row("memory", figure, "" if bench.quick else target, measured, met),
        bench.row("memory", "where its time goes: ours", "", _phases(ours)),
        bench.row("memory", "where its time goes: notebook", "", _phases(notebook)),
    ]


def tour(bench: Bench) -> list[Row]:
    """Measure the order `tour`: its length against a bound below all paths, its time and memory at size."""
    rows = []
    hops = {1218: "hardly overlapping"} | ({} if bench.quick else {400: "overlapping"})
    for hop, kind in hops.items():
        told = _told("tour_bound", VIOLIN, "--hop-length", str(hop), "--rounds", "1000" if bench.quick else "4000")
        figure = f"`tour` of {told['grains']} {kind} frames (violin, hop {hop}) above Held and Karp's lower bound"
        measured = f"{100 * told['gap']:.2f} % in {1000 * told['took_s']:.0f} ms"
        rows.append(bench.row("tour", figure, "at most 2.5 %", measured, told["gap"] <= 0.025))
    grains = 30_000 if bench.quick else 300_000
    mixtures = {2: "two mixed, no stretch alike"} | ({} if bench.quick else {1: "one sound at a time"})
    for voices, kind in mixtures.items():
        sound = bench.sound(grains=grains, voices=voices)
        series = alone(Contender("tour", "ours", ["order", sound, "--order", "tour", "--warm-up", VIOLIN]))
        figure = f"`tour` of {series.grains} grains ({kind}); memory with load and analysis"
        met = None if bench.quick else series.seconds < 40 and series.peak_mb < 800
        target = "" if bench.quick else "under 40 s and 800 MB"
        rows.append(bench.row("tour", figure, target, f"{series.seconds:.1f} s, {series.peak_mb:.0f} MB", met))
    return rows


def render(bench: Bench) -> list[Row]:
    """Measure overlap-add alone against the inverse STFT of the re-ordered STFT, in stereo."""
    minutes = 1 if bench.quick else 10
    sound, order = bench.sound(minutes=minutes, channels=2), bench.scratch("order.npy")
    ours = Contender("ours", "ours", ["overlap_add", sound, "--order-file", order])
    notebook = Contender("notebook", "notebook_code", ["istft", sound, "--order-file", order])
    measured = alternate([ours, notebook], 3 if bench.quick else 5, cores=1)
    figure = f"render alone, {minutes} min stereo, hop 400, win 2000, `order similarity`, against librosa.istft"
    return [_faster(bench, "render", figure, measured["notebook"], measured["ours"], 8.0)]


def growth(bench: Bench) -> list[Row]:
    """Measure time and memory of load + analysis + default order + render, by grains and by minutes."""
    counts, durations = ((3_000, 30_000), ()) if bench.quick else ((3_000, 30_000, 300_000), (1, 10, 60))
    sizes = {f"{grains:,} grains": bench.sound(grains=grains) for grains in counts}
    lengths = {f"{minutes} min": bench.sound(minutes=minutes) for minutes in durations}
    rows, measured = [], []
    for name, sound in {**sizes, **lengths}.items():
        arguments = ["experiment", sound, bench.scratch("growth.wav"), "--warm-up", VIOLIN]
        series = alone(Contender(name, "ours", arguments))
        measured.append(series)
        above = series.peak_mb - series.baseline_bytes / 1e6
        text = (
            f"{series.seconds:.2f} s, {1e6 * series.seconds / series.grains:.1f} us a grain; {series.peak_mb:.0f} MB, "
            f"{1e6 * above / series.grains:.0f} bytes a grain above the {series.baseline_bytes / 1e6:.0f} MB of a "
            f"warm process ({_phases(series)})"
        )
        rows.append(bench.row("growth", f"load + analyse + order + render: {name} ({series.grains} grains)", "", text))
    few, many = measured[0], measured[len(sizes) - 1]
    times, allowed = _unloaded(many) / _unloaded(few), 1.5 * _n_log_n(many.grains) / _n_log_n(few.grains)
    figure = f"growth of analysis + default order + render from {few.grains} to {many.grains} grains"
    target = f"below n log n with factor 1.5: {allowed:.0f} times"
    rows.append(bench.row("growth", figure, target, f"{times:.0f} times", times < allowed))
    return rows


GROUPS: Mapping[str, Callable[[Bench], list[Row]]] = {
    "experiment": experiment,
    "smoothness": smoothness,
    "analysis": analysis,
    "memory": memory,
    "tour": tour,
    "render": render,
    "growth": growth,
}


def _faster(bench: Bench, group: str, figure: str, notebook: Series, ours: Series, least: float | None) -> Row:
    """Return a row that says how many times faster ours is, by the medians."""
    times = notebook.seconds / ours.seconds
    measured = (
        f"{times:.1f} times: {ours.seconds:.3g} s against {notebook.seconds:.3g} s "
        f"({len(ours.repeats)} turns: {ours.range} against {notebook.range})"
    )
    target = f"at least {least:g} times faster" if least else ""
    return bench.row(group, figure, target, measured, None if least is None else times >= least)


def _phases(series: Series) -> str:
    return ", ".join(f"{name} {series.phase(name):.3g} s" for name in series.repeats[0]["phases"])


def _unloaded(series: Series) -> float:
    return series.seconds - series.phase("load")


def _n_log_n(n: int) -> float:
    return n * math.log(n)


def _told(module: str, *arguments: str) -> Mapping[str, Any]:
    """Run a script of this folder and return what it prints."""
    told: Mapping[str, Any] = json.loads(_module(module, *arguments))
    return told


def _module(module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    with limited(1):
        return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
