"""How a real daemon answers while it works; writes the section `responsiveness` of RESULTS.md.

While a sound of 60 s is analysed with `order tsne` and rendered, pings go out at 200 a second: 1,000, or more until the
file is written.  Beside each goes a packet to a bare echo process, which tells what the machine alone takes at that
moment.  Then renders are cancelled at various moments, and programs are started, warm.

    python -m benchmarks.responsiveness
"""

import argparse
import selectors
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.programs import Line, daemon, echo, spread
from benchmarks.results import ROOT, Row, provenance, write_section

COMMAND = "python -m benchmarks.responsiveness"
PINGS, RATE = 1000, 200
CANCELS, STARTS = 20, 10
WORK = ("order", "tsne", "win_length", 2000, "hop_length", 400)


class _Load:
    """Keeps one render running: when it is done, the next begins, with an analysis of its own."""

    def __init__(self, line: Line, first_id: int) -> None:
        self.line, self._first = line, first_id
        self.begun = self.done = 0

    def begin(self) -> int:
        """Ask for the next render and return its id."""
        self.begun += 1
        request = self._first + self.begun
        self.line.ask("render", request, "bench", f"{request}.wav", *WORK, "n_mels", 128 - self.begun % 100)
        return request

    def hear(self) -> None:
        """Take a message; begin anew after a done."""
        message = self.line.hear()
        if message.address == "/oscreorder/error":
            raise RuntimeError(f"render: {message.arguments}")
        if message.address == "/oscreorder/done":
            self.done += 1
            self.begin()


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry", action="store_true", help="print only; leave RESULTS.md")
    options = parser.parse_args()
    before = provenance()
    with tempfile.TemporaryDirectory(prefix="oscreorder-bench-") as name:
        folder = Path(name)
        sound = folder / "60s.wav"
        material = [sys.executable, "-m", "benchmarks.material", str(sound), "--seconds", "60", "--channels", "2"]
        subprocess.run(material, cwd=ROOT, check=True)
        rows = [*_ping_rows(folder, working=True), *_ping_rows(folder, working=False)]
        rows += [_cancel_row(folder), *_start_rows(folder)]
    for row in rows:
        print(row.line)
    if not options.dry:
        notes = (__doc__ or "").split("\n\n")[1]
        write_section("responsiveness", rows, notes=notes, before=before)
    return 0


# Pings


@dataclass(frozen=True, slots=True)
class _Trips:
    """How many packets were sent, and the round trips (seconds) of those that came back."""

    sent: int
    daemon: list[float]
    echo: list[float]


def _pings(folder: Path, *, working: bool) -> _Trips:
    """Exchange pings with a new daemon, which has a render to do if `working`."""
    with daemon(folder) as port, echo() as echo_port:
        control, ours, bare = Line(port), Line(port), Line(echo_port)
        control.ask("load", 1, "bench", "60s.wav")
        control.answer("load", 1)
        load = _Load(control, 100)
        if working:
            load.begin()
            control.hear()
        return _exchange(load, ours, bare, renders=int(working))


def _exchange(load: _Load, ours: Line, bare: Line, *, renders: int) -> _Trips:
    """Exchange `PINGS` pings, or more until so many renders are done."""
    sent: dict[Line, list[float]] = {ours: [], bare: []}
    back: dict[Line, list[float]] = {ours: [], bare: []}
    with selectors.DefaultSelector() as selector:
        for line in (load.line, ours, bare):
            selector.register(line.socket, selectors.EVENT_READ, line)
        began = time.perf_counter()
        for number in count():
            if number >= PINGS and load.done >= renders:
                break
            for line in (ours, bare) if number % 2 else (bare, ours):
                sent[line].append(time.perf_counter())
                line.ask("ping", number)
            _receive(selector, load, sent, back, until=began + (number + 1) / RATE)
        _receive(selector, load, sent, back, until=time.perf_counter() + 1)
    return _Trips(len(sent[ours]), back[ours], back[bare])


def _receive(
    selector: selectors.BaseSelector,
    load: _Load,
    sent: dict[Line, list[float]],
    back: dict[Line, list[float]],
    *,
    until: float,
) -> None:
    """Take what comes in until that moment."""
    while (left := until - time.perf_counter()) > 0:
        for key, _ in selector.select(left):
            line = key.data
            if line is load.line:
                load.hear()
                continue
            now = time.perf_counter()
            arguments = line.hear().arguments
            number = arguments[1] if len(arguments) > 1 else arguments[0]  # done "ping" id ...; the echo's own id
            back[line].append(now - sent[line][number])


def _ping_rows(folder: Path, *, working: bool) -> list[Row]:
    trips = _pings(folder, working=working)
    what = "while 60 s are analysed with `order tsne` and rendered" if working else "with nothing else to do"
    answered, fast = len(trips.daemon), statistics.median(trips.daemon) < 0.002
    return [
        Row(f"{trips.sent} pings at {RATE}/s {what}: answered", "all", str(answered), COMMAND, answered == trips.sent),
        Row(
            "their round trip: median, 99th percentile, longest", "median under 2 ms", spread(trips.daemon), COMMAND,
            fast,
        ),
        Row("a bare UDP echo at the same moments, likewise", "", spread(trips.echo), COMMAND),
    ]  # fmt: skip


# Cancelling


def _cancel_row(folder: Path) -> Row:
    """Cancel renders a little later each time, from the first sign of work on."""
    latencies = []
    with daemon(folder) as port:
        line = Line(port)
        line.ask("load", 1, "bench", "60s.wav")
        line.answer("load", 1)
        load = _Load(line, 100)
        for number in range(CANCELS):
            request = load.begin()
            while line.hear().address != "/oscreorder/progress":
                pass
            threading.Event().wait(0.05 * number)
            began = time.perf_counter()
            line.ask("cancel", 1000 + number, request)
            if line.answer("render", request).address != "/oscreorder/error":
                raise RuntimeError("the render was done before it could be cancelled")
            latencies.append(time.perf_counter() - began)
        left = sorted(path.name for path in (folder / "out").iterdir())
    measured = (
        f"median {1e3 * statistics.median(latencies):.1f}, longest {1e3 * max(latencies):.1f} ms; "
        f"files left: {', '.join(left) or 'none'}"
    )
    met = max(latencies) <= 0.2 and not left
    return Row(f"cancel to error 5, {CANCELS} renders", "within 200 ms, no file left", measured, COMMAND, met)


# Starting


def _start_rows(folder: Path) -> Iterator[Row]:
    ready = [_ready_s(folder) for _ in range(STARTS + 1)][1:]
    yield Row(
        f"ready line after a warm start, {STARTS} starts", "within 1.5 s",
        f"median {statistics.median(ready):.2f}, longest {max(ready):.2f} s", f"{COMMAND}", max(ready) <= 1.5,
    )  # fmt: skip
    took = [_help_s() for _ in range(STARTS + 1)][1:]
    yield Row(
        f"`oscreorder --help`, {STARTS} times", "within 0.2 s",
        f"median {statistics.median(took):.3f}, longest {max(took):.3f} s", f"{COMMAND}",
        statistics.median(took) <= 0.2,
    )  # fmt: skip


def _ready_s(folder: Path) -> float:
    began = time.perf_counter()
    with daemon(folder):
        return time.perf_counter() - began


def _help_s() -> float:
    script = Path(sys.executable).with_name("oscreorder")
    command = [str(script)] if script.exists() else [sys.executable, "-m", "oscreorder"]
    began = time.perf_counter()
    subprocess.run([*command, "--help"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
