"""What the commands share: exit statuses, the parser, flags made from the table of parameters."""

import argparse
from collections.abc import Callable
from typing import Any, NoReturn

from oscreorder.errors import ParameterError
from oscreorder.parameters import PARAMETERS, Group, Parameter, Settings, number_or_word

OK, FAILED, USAGE, NO_ANSWER, INTERRUPTED = 0, 1, 2, 3, 130
EXIT_STATUS = """exit status:
  0    done
  1    it failed: one line on stderr says why (send: the daemon answered with an error)
  2    the command line is wrong
  3    send: no answer from the daemon
  130  interrupted; nothing half-written is left"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one sentence."""

    def error(self, message: str) -> NoReturn:
        """Leave with `message` and where to look."""
        self.exit(USAGE, f"{self.prog}: {message} (--help lists what it takes)\n")


def add_command(commands: Any, name: str, help_text: str, run: Callable[[argparse.Namespace], int]) -> Any:
    """Add the command `name`, which `run` carries out, and return its parser."""
    command = commands.add_parser(
        name,
        help=help_text,
        description=help_text[0].upper() + help_text[1:] + ".",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    return command


def add_parameters(command: argparse.ArgumentParser, *groups: Group) -> None:
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
            return row.read(number_or_word(text) if row.kind in {"int", "float", "switch"} else text)
        except ParameterError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read


def chosen_settings(options: argparse.Namespace) -> Settings:
    """Return the settings with the parameters that were given as flags."""
    given = {name: getattr(options, name, None) for name in PARAMETERS}
    return Settings().changed({name: value for name, value in given.items() if value is not None})
