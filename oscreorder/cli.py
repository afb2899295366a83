"""The command line: ``oscreorder serve | render | order | plot | params | send | patches | doctor``.

Nothing heavy is imported until a command needs it.  Results go to stdout, progress and errors to stderr.
"""

import argparse
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from oscreorder import __version__
from oscreorder.errors import OscReorderError, ParameterError
from oscreorder.limits import LIMITS, Limits
from oscreorder.parameters import PARAMETERS, Group, Parameter, Settings

if TYPE_CHECKING:
    from oscreorder.records import CorpusRecord, Outcome

OK, FAILED, USAGE, NO_ANSWER, INTERRUPTED = 0, 1, 2, 3, 130
EXIT_STATUS = """exit status:
  0    done
  1    it failed: one line on stderr says why (send: the daemon answered with an error)
  2    the command line is wrong
  3    send: no answer from the daemon
  130  interrupted; nothing half-written is left"""


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message} (--help lists what it takes)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except OscReorderError as error:
        sys.stderr.write(f"oscreorder {options.command}: {error}\n")
        return USAGE if isinstance(error, ParameterError) else FAILED
    except KeyboardInterrupt:
        sys.stderr.write(f"oscreorder {options.command}: interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user; the sentence says where to look
        sys.stderr.write(f"oscreorder {options.command}: internal fault, please report it: {_place(error)}\n")
        return FAILED


def _place(error: Exception) -> str:
    """Return what went wrong and where, in one line."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{text} ({Path(last.filename).name}, line {last.lineno})"


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="oscreorder",
        description="Turn recordings into an instrument: grains re-ordered by likeness, over OSC or from here.",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"oscreorder {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    _add_serve(commands)
    _add_work(commands, "render", "write a new sound file in which the grains are re-ordered", "out.wav")
    _add_work(commands, "order", "write the order as .csv, .json or .txt (Audacity labels)", "order.csv")
    _add_work(commands, "plot", "draw a map, a spectrogram or the order (needs the extra: plot)", "map.png")
    _add_params(commands)
    _add_send(commands)
    _add_patches(commands)
    _add_doctor(commands)
    return parser


def _command(commands: Any, name: str, help_text: str, run: Callable[[argparse.Namespace], int]) -> Any:
    command = commands.add_parser(
        name,
        help=help_text,
        description=help_text[0].upper() + help_text[1:] + ".",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    return command


def _add_parameters(command: argparse.ArgumentParser, *groups: Group) -> None:
    """One flag for each parameter of these groups, made from its row of the table."""
    flags = command.add_argument_group("parameters")
    for row in PARAMETERS.values():
        if row.group in groups:
            default = row.default if row.default != "" else "none"
            flags.add_argument(
                f"--{row.name.replace('_', '-')}",
                dest=row.name,
                type=_reader(row),
                default=None,
                metavar="|".join(row.choices) if row.kind == "choice" else row.kind.upper(),
                nargs="?" if row.kind == "switch" else None,
                const=1 if row.kind == "switch" else None,
                help=f"{row.help}; {row.allowed}; default {default}".replace("%", "%%"),
            )


def _reader(row: Parameter) -> Callable[[str], object]:
    def read(text: str) -> object:
        try:
            return row.read(_number_or_word(text) if row.kind in {"int", "float", "switch"} else text)
        except ParameterError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read


def _number_or_word(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _settings(options: argparse.Namespace) -> Settings:
    given = {name: getattr(options, name, None) for name in PARAMETERS}
    return Settings().changed({name: value for name, value in given.items() if value is not None})


# serve


def _add_serve(commands: Any) -> None:
    command = _command(commands, "serve", "start the daemon", _serve)
    command.add_argument("--host", default="127.0.0.1", help="address to listen on; default 127.0.0.1")
    command.add_argument("--port", type=int, default=57140, help="UDP port; 0 takes a free one; default 57140")
    command.add_argument(
        "--root",
        action="append",
        default=[],
        metavar="DIR",
        help="folder to read from, repeatable; default: this folder",
    )
    command.add_argument("--out", default=".", metavar="DIR", help="folder to write to; default: this folder")
    command.add_argument("--workers", type=int, default=0, help="worker processes; default: the cores less one")
    command.add_argument(
        "--audio",
        default="auto",
        metavar="DEVICE",
        help="what plays streams with play 1: a name or a part of one, auto (the default device, opened when it is "
        "first needed) or none; default auto",
    )
    command.add_argument("--audio-rate", type=_count, default=0, metavar="HZ", help="default: as the device prefers")
    command.add_argument("--audio-block", type=_count, default=0, metavar="N", help="frames; default: as it prefers")
    command.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="NETWORK",
        help="hear hosts beyond this machine, such as 192.168.1.0/24, repeatable; needs --host too",
    )
    command.add_argument(
        "--limit",
        action="append",
        default=[],
        type=_limit,
        metavar="NAME=N",
        help=f"change a limit, repeatable: {', '.join(f'{name}={row.default}' for name, row in LIMITS.items())}",
    )
    _add_parameters(command, "load", "analysis", "order", "render", "file", "map", "plot", "neighbours", "stream")


def _serve(options: argparse.Namespace) -> int:
    from oscreorder.daemon.audio_out import AudioWish  # noqa: PLC0415 - --help must not wait for it
    from oscreorder.daemon.server import serve  # noqa: PLC0415 - likewise

    limits = Limits().changed(dict(options.limit))
    if options.host not in {"127.0.0.1", "localhost", "::1"} and not options.allow:
        sys.stderr.write("note: only this machine is heard; --allow 192.168.1.0/24 (say) lets others in\n")
    return serve(
        host=options.host,
        port=options.port,
        roots=options.root or ["."],
        out=options.out,
        settings=_settings(options),
        workers=options.workers,
        audio=AudioWish(options.audio, options.audio_rate, options.audio_block, limits.voices),
        limits=limits,
        allowed=options.allow,
    )


def _limit(text: str) -> tuple[str, int]:
    """Read the new value of a limit."""
    name, _, value = text.partition("=")
    number = _number_or_word(value)
    if not isinstance(number, int):
        raise argparse.ArgumentTypeError(f"{text} is not a name and a whole number, such as streams=16")
    try:
        Limits().changed({name: number})
    except ParameterError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return name, number


def _count(text: str) -> int:
    """Read a number that is not negative."""
    number = _number_or_word(text)
    if not isinstance(number, int) or number < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number, 0 or more")
    return number


# render, order, plot


def _add_work(commands: Any, name: str, help_text: str, out: str) -> None:
    command = _command(commands, name, help_text, _work)
    command.add_argument("sounds", nargs="+", metavar="SOUND", help="a sound file, a folder or a glob")
    command.add_argument("-o", "--out", required=True, metavar="OUT", help=f"the file to write, such as {out}")
    command.add_argument("--json", action="store_true", help="print the result as one line of JSON")
    if name == "render":
        command.add_argument(
            "--stream",
            metavar="SCORE",
            help="render a stream: a file with lines such as: 0.0 target grain 12, or 2.5 set rate 40, or 9 stop",
        )
        command.add_argument("--seconds", type=float, default=0.0, metavar="S", help="end of the stream")
    groups: dict[str, tuple[Group, ...]] = {
        "render": ("load", "analysis", "order", "render", "file", "map", "neighbours", "stream"),
        "order": ("load", "analysis", "order", "render", "file"),
        "plot": ("load", "analysis", "order", "map", "plot", "file"),
    }
    _add_parameters(command, *groups[name])


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
    from oscreorder import loading, work  # noqa: PLC0415 - --help must not wait for the libraries
    from oscreorder.records import Folders  # noqa: PLC0415 - likewise

    settings = _settings(options)
    out = Path(options.out).absolute()
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="oscreorder-"))
        terminal = _Terminal(show=sys.stderr.isatty() and not options.json)
        stack.push(terminal.end)
        corpus: CorpusRecord | None = None
        notices: list[str] = []
        for index, sound in enumerate(options.sounds):
            folder = Path(scratch, str(index))
            folder.mkdir()
            path = Path(sound).absolute()
            folders = Folders(roots=(path.anchor,), out=str(out.parent), scratch=scratch)
            loaded = loading.load(
                name="corpus",
                path=str(path),
                corpus=corpus,
                settings=settings,
                folders=folders,
                folder=str(folder),
                context=terminal,
            )
            corpus = loaded.corpus
            notices += loaded.notices
        if getattr(options, "stream", None) is not None and corpus is not None:
            from oscreorder.offline import render_stream  # noqa: PLC0415 - the player's compiler, for this only

            outcome = render_stream(
                corpus=corpus,
                score=Path(options.stream),
                seconds=options.seconds,
                out=str(out),
                settings=settings,
                folders=folders,
                folder=scratch,
                context=terminal,
            )
        else:
            outcome = work.JOBS[options.command](
                corpus=corpus,
                out=str(out),
                settings=settings,
                folders=folders,
                folder=scratch,
                context=terminal,
            )
    return _tell(options, outcome, [*notices, *outcome.notices])


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


# params


def _add_params(commands: Any) -> None:
    command = _command(commands, "params", "list the parameters", _params)
    command.add_argument("--json", action="store_true", help="print them as JSON")


def _params(options: argparse.Namespace) -> int:
    rows = [
        {"name": row.name, "kind": row.kind, "default": row.default, "allowed": row.allowed, "help": row.help}
        for row in PARAMETERS.values()
    ]
    if options.json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return OK
    for row in rows:
        sys.stdout.write(f"{row['name']:<14} {row['default']!s:<11} {row['help']} ({row['allowed']})\n")
    return OK


# send


def _add_send(commands: Any) -> None:
    command = _command(commands, "send", "send one request to a daemon, wait for its answer and print it", _send)
    command.add_argument("address", metavar="ADDRESS", help="such as /oscreorder/load, or only load")
    command.add_argument(
        "arguments",
        nargs="*",
        metavar="ARG",
        help="what follows the id, which is given for you; of stream/target and stream/set the stream too",
    )
    command.add_argument("--host", default="127.0.0.1", help="where the daemon listens; default 127.0.0.1")
    command.add_argument("--port", type=int, default=57140, help="its port; default 57140")
    command.add_argument("--timeout", type=float, default=5.0, metavar="S", help="seconds without a word; default 5")
    command.add_argument("--json", action="store_true", help="print each message as one line of JSON")


def _send(options: argparse.Namespace) -> int:
    from oscreorder.client import Client, NoAnswerError  # noqa: PLC0415 - python-osc is for this command only

    address, status = "", OK
    try:
        with Client(options.host, options.port, timeout_s=options.timeout) as client:
            for message in client.request(options.address, *map(_number_or_word, options.arguments)):
                _print_message(message.address, message.arguments, as_json=options.json)
                address = message.address
    except NoAnswerError as error:
        sys.stderr.write(f"oscreorder send: {error}\n")
        status = NO_ANSWER
    return FAILED if address == "/oscreorder/error" else status


def _print_message(address: str, arguments: Sequence[object], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"address": address, "arguments": list(arguments)}) + "\n")
    else:
        sys.stdout.write(" ".join([address, *(f"{argument}" for argument in arguments)]) + "\n")
    sys.stdout.flush()


# patches


def _add_patches(commands: Any) -> None:
    command = _command(commands, "patches", "copy the patches for a program to where that program looks", _patches)
    command.add_argument("kit", choices=("pd", "max", "supercollider", "csound", "chuck"), help="which program's")
    command.add_argument("folder", nargs="?", metavar="DIR", help="another folder than the program's own")
    command.add_argument("--yes", action="store_true", help="do not ask; without it nothing is written by a script")
    command.add_argument(
        "--beside", action="store_true", help="where you changed a file, write the new one beside it as NAME.new"
    )


def _patches(options: argparse.Namespace) -> int:
    from oscreorder import patches  # noqa: PLC0415 - for this command only

    planned = patches.plan(options.kit, Path(options.folder) if options.folder else patches.place(options.kit))
    then = f"then {patches.KITS[options.kit].then}\n"
    kept = planned.of("keep")
    for path in kept:
        sys.stderr.write(f"note: {planned.target / path} was changed by you, and stays as it is\n")
    if not planned.needed and not (kept and options.beside):
        sys.stdout.write(f"{planned.target} is up to date; {then}")
        return OK
    sys.stdout.write(f"{planned.target}: {planned.told}\n")
    if not (options.yes or _agreed()):
        sys.stderr.write("oscreorder patches: nothing was written; --yes writes it without asking\n")
        return FAILED
    patches.carry_out(planned, beside=options.beside)
    sys.stdout.write(f"done; {then}")
    return OK


def _agreed() -> bool:
    """Ask on a terminal; where there is none, nobody agrees."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    sys.stdout.write("Write them? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


# doctor


def _add_doctor(commands: Any) -> None:
    command = _command(commands, "doctor", "check this installation; each failure says what to do", _doctor)
    command.add_argument("--host", default="127.0.0.1", help="address that serve would listen on")
    command.add_argument("--port", type=int, default=57140, help="port that serve would take; default 57140")
    command.add_argument("--root", action="append", default=[], metavar="DIR", help="folder to read from, repeatable")
    command.add_argument("--out", default=".", metavar="DIR", help="folder to write to; default: this folder")
    command.add_argument("--json", action="store_true", help="print the checks as JSON")


def _doctor(options: argparse.Namespace) -> int:
    from oscreorder.doctor import checks  # noqa: PLC0415 - it looks at everything

    failed = False
    rows: list[Mapping[str, object]] = []
    for check in checks(host=options.host, port=options.port, roots=options.root or ["."], out=options.out):
        failed = failed or check.failed
        rows.append({"check": check.name, "failed": check.failed, "found": check.found, "do": check.remedy})
        if not options.json:
            sys.stdout.write(f"{'FAIL' if check.failed else ' ok '}  {check.name:<16} {check.found}\n")
            if check.remedy:
                sys.stdout.write(f"      {'':<16} -> {check.remedy}\n")
    if options.json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
    return FAILED if failed else OK
