"""``serve``: the daemon, its folders, its audio device, and whom it hears."""

import argparse
import sys
from typing import Any

from oscreorder.cli.options import add_command, add_parameters, chosen_settings
from oscreorder.errors import ParameterError
from oscreorder.limits import LIMITS, Limits
from oscreorder.osc.commands import DEFAULT_PORT
from oscreorder.parameters import number_or_word


def add_serve(commands: Any) -> None:
    """Add ``serve``."""
    command = add_command(commands, "serve", "start the daemon", _serve)
    command.add_argument("--host", default="127.0.0.1", help="address to listen on; default 127.0.0.1")
    command.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="UDP port; 0 takes a free one; default %(default)s"
    )
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
    add_parameters(command, "load", "analysis", "order", "render", "file", "map", "plot", "neighbours", "stream")


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
        settings=chosen_settings(options),
        workers=options.workers,
        audio=AudioWish(options.audio, options.audio_rate, options.audio_block, limits.voices),
        limits=limits,
        allowed=options.allow,
    )


def _limit(text: str) -> tuple[str, int]:
    """Read the new value of a limit."""
    name, _, value = text.partition("=")
    number = number_or_word(value)
    if not isinstance(number, int):
        raise argparse.ArgumentTypeError(f"{text} is not a name and a whole number, such as streams=16")
    try:
        Limits().changed({name: number})
    except ParameterError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return name, number


def _count(text: str) -> int:
    """Read a number that is not negative."""
    number = number_or_word(text)
    if not isinstance(number, int) or number < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number, 0 or more")
    return number
