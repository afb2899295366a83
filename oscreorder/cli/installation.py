"""``params``, ``patches`` and ``doctor``: what this installation offers, and whether it is sound."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oscreorder.cli.options import FAILED, OK, add_command
from oscreorder.osc.commands import DEFAULT_PORT
from oscreorder.parameters import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Mapping


def add_params(commands: Any) -> None:
    """Add ``params``."""
    command = add_command(commands, "params", "list the parameters", _params)
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


def add_patches(commands: Any) -> None:
    """Add ``patches``."""
    command = add_command(commands, "patches", "copy the patches for a program to where that program looks", _patches)
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


def add_doctor(commands: Any) -> None:
    """Add ``doctor``."""
    command = add_command(commands, "doctor", "check this installation; each failure says what to do", _doctor)
    command.add_argument("--host", default="127.0.0.1", help="address that serve would listen on")
    command.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="port that serve would take; default %(default)s"
    )
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
