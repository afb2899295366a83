"""The command line: ``oscreorder serve | render | order | plot | params | send | patches | doctor``.

Nothing heavy is imported until a command needs it.  Results go to stdout, progress and errors to stderr.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from oscreorder import __version__
from oscreorder.cli.installation import add_doctor, add_params, add_patches
from oscreorder.cli.options import EXIT_STATUS, FAILED, INTERRUPTED, USAGE, Parser
from oscreorder.cli.send import add_send
from oscreorder.cli.serve import add_serve
from oscreorder.cli.work import add_work
from oscreorder.errors import OscReorderError, ParameterError
from oscreorder.open_files import allow_many


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    allow_many()
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
    parser = Parser(
        prog="oscreorder",
        description="Turn recordings into an instrument: grains re-ordered by likeness, over OSC or from here.",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"oscreorder {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    add_serve(commands)
    add_work(commands, "render", "write a new sound file in which the grains are re-ordered", "out.wav")
    add_work(commands, "order", "write the order as .csv, .json or .txt (Audacity labels)", "order.csv")
    add_work(commands, "plot", "draw a map, a spectrogram or the order (needs the extra: plot)", "map.png")
    add_params(commands)
    add_send(commands)
    add_patches(commands)
    add_doctor(commands)
    return parser
