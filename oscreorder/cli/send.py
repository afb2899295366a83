"""``send``: one request to a daemon, and its answer."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from oscreorder.cli.options import FAILED, NO_ANSWER, OK, add_command
from oscreorder.osc.commands import DEFAULT_PORT
from oscreorder.parameters import number_or_word


def add_send(commands: Any) -> None:
    """Add ``send``."""
    command = add_command(commands, "send", "send one request to a daemon, wait for its answer and print it", _send)
    command.add_argument("address", metavar="ADDRESS", help="such as /oscreorder/load, or only load")
    command.add_argument(
        "arguments",
        nargs="*",
        metavar="ARG",
        help="what follows the id, which is given for you; of stream/target and stream/set the stream too",
    )
    command.add_argument("--host", default="127.0.0.1", help="where the daemon listens; default 127.0.0.1")
    command.add_argument("--port", type=int, default=DEFAULT_PORT, help="its port; default %(default)s")
    command.add_argument("--timeout", type=float, default=5.0, metavar="S", help="seconds without a word; default 5")
    command.add_argument("--json", action="store_true", help="print each message as one line of JSON")


def _send(options: argparse.Namespace) -> int:
    from oscreorder.client import Client, NoAnswerError  # noqa: PLC0415 - python-osc is for this command only

    address, status = "", OK
    try:
        with Client(options.host, options.port, timeout_s=options.timeout) as client:
            for message in client.request(options.address, *map(number_or_word, options.arguments)):
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
