"""``render``, ``order`` and ``plot``: one job, from file to file, without a daemon."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oscreorder.cli.options import OK, add_command, add_parameters, chosen_settings
from oscreorder.errors import ParameterError
from oscreorder.parameters import PARAMETERS, Group

if TYPE_CHECKING:
    from oscreorder.records import CorpusRecord, Outcome, Task

STREAM: tuple[Group, ...] = ("neighbours", "stream")


def add_work(commands: Any, name: str, help_text: str, out: str) -> None:
    """Add ``render``, ``order`` or ``plot``, by its name."""
    command = add_command(commands, name, help_text, _work)
    command.add_argument("sounds", nargs="+", metavar="SOUND", help="a sound file, a folder or a glob")
    command.add_argument("-o", "--out", required=True, metavar="OUT", help=f"the file to write, such as {out}")
    command.add_argument("--json", action="store_true", help="print the result as one line of JSON")
    if name == "render":
        command.add_argument(
            "--stream",
            metavar="SCORE",
            help="render a stream: a file with lines such as: 0.0 target grain 12, or 2.5 set rate 40, or 9 stop",
        )
        command.add_argument("--seconds", type=float, default=None, metavar="S", help="end of the stream")
    groups: dict[str, tuple[Group, ...]] = {
        "render": ("load", "analysis", "order", "render", "file", "map", *STREAM),
        "order": ("load", "analysis", "order", "render", "file"),
        "plot": ("load", "analysis", "order", "map", "plot", "file"),
    }
    add_parameters(command, *groups[name])


class _Terminal:
    """A job's context on a terminal: a progress bar, and the files to remove if it does not end well."""

    def __init__(self, *, show: bool) -> None:
        self._show = show
        self._bar: Any = None
        self._files: list[Path] = []

    def progress(self, fraction: float, what: str) -> None:
        """Draw the bar at `fraction` (0 to 1)."""
        if not self._show:
            return
        if self._bar is None:
            from tqdm import tqdm  # noqa: PLC0415 - only a terminal shows it

            self._bar = tqdm(
                total=100, bar_format="{desc:<24.24} {bar} {percentage:3.0f}%", leave=False, file=sys.stderr
            )
        self._bar.set_description_str(what, refresh=False)
        self._bar.n = round(100 * fraction)
        self._bar.refresh()

    def creates(self, path: Path) -> None:
        """Remember a file to remove if the job fails."""
        self._files.append(path)

    def end(self, kind: type[BaseException] | None, *_: object) -> None:
        """Clear the bar and, after a failure, remove what was begun."""
        if self._bar is not None:
            self._bar.close()
        if kind is not None:
            for path in self._files:
                path.unlink(missing_ok=True)


def _work(options: argparse.Namespace) -> int:
    from oscreorder.records import Folders, Task  # noqa: PLC0415 - --help must not wait for what jobs need

    settings = chosen_settings(options)
    _refuse_stream_flags(options)
    out = Path(options.out).absolute()
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="oscreorder-"))
        terminal = _Terminal(show=sys.stderr.isatty() and not options.json)
        stack.push(terminal.end)
        folders = Folders(roots=(), out=str(out.parent), scratch=scratch)
        task = Task(settings=settings, folders=folders, folder=scratch, context=terminal)
        corpus, notices = _load(task, options.sounds)
        outcome = _carry_out(task, options, corpus, str(out))
    return _tell(options, outcome, [*notices, *outcome.notices])


def _load(task: "Task", sounds: Sequence[str]) -> tuple["CorpusRecord | None", list[str]]:
    """Return the corpus of all `sounds`, each read from wherever it is, and the notices."""
    from oscreorder.loading import load  # noqa: PLC0415 - --help must not wait for the libraries

    corpus: CorpusRecord | None = None
    notices: list[str] = []
    for index, sound in enumerate(sounds):
        folder = Path(task.folder, str(index))
        folder.mkdir()
        path = Path(sound).absolute()
        own = replace(task, folders=replace(task.folders, roots=(path.anchor,)), folder=str(folder))
        loaded = load(own, name="corpus", path=str(path), corpus=corpus)
        corpus = loaded.corpus
        notices += loaded.notices
    return corpus, notices


def _carry_out(task: "Task", options: argparse.Namespace, corpus: "CorpusRecord | None", out: str) -> "Outcome":
    """Do the job that the command names, or render a stream."""
    if getattr(options, "stream", None) is not None and corpus is not None:
        from oscreorder.offline import render_stream  # noqa: PLC0415 - the player's compiler, for this only

        return render_stream(task, corpus=corpus, score=Path(options.stream), seconds=options.seconds or 0.0, out=out)
    from oscreorder.work import JOBS  # noqa: PLC0415 - --help must not wait for the libraries

    return JOBS[options.command](task, corpus=corpus, out=out)


def _refuse_stream_flags(options: argparse.Namespace) -> None:
    """Refuse what only a stream takes."""
    names = ["seconds", *(name for name, row in PARAMETERS.items() if row.group in STREAM)]
    given = [name for name in names if getattr(options, name, None) is not None]
    if given and getattr(options, "stream", None) is None:
        raise ParameterError(f"{given[0]}: only a stream takes it; add --stream SCORE, or leave it out")


def _tell(options: argparse.Namespace, outcome: "Outcome", notices: Sequence[str]) -> int:
    """Print what a job did: JSON, or a sentence and its notices."""
    if options.json:
        sys.stdout.write(json.dumps({**outcome.report, "notices": list(notices)}) + "\n")
        return OK
    for notice in notices:
        sys.stderr.write(f"note: {notice}\n")
    report = dict(outcome.report)
    path = report.pop("path")
    sys.stdout.write(f"{path}: {', '.join(f'{name} {value}' for name, value in report.items())}\n")
    return OK
