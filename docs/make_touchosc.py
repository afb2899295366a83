"""Writes docs/clients/touchosc.md from the table of parameters: ``make docs``; a test compares them."""

from collections.abc import Iterator
from pathlib import Path

from oscreorder.parameters import PARAMETERS, Parameter

PAGE = Path(__file__).parent / "clients" / "touchosc.md"

HEAD = """\
# TouchOSC, Open Stage Control and other surfaces

Made by `make docs` from `oscreorder/parameters.py`. A surface needs no program of ours: it sends these messages to the
daemon, `127.0.0.1` port `57140`. From a tablet, the daemon must be allowed to hear it, for example
`oscreorder serve --host 0.0.0.0 --allow 192.168.1.0/24`. The addresses are tested with an OSC library; the surfaces
themselves were not run.

## Buttons and pads

Written as address, types and arguments; the first number is an id of your choice. A button of TouchOSC takes them as
constants; in Open Stage Control they are `address` and `preArgs`.

| control | message |
| --- | --- |
| replies to port 9000 of the surface | `/oscreorder/notify iii 1 1 9000` |
| load | `/oscreorder/load iss 2 violin violin.flac` |
| render | `/oscreorder/render isssi 3 violin surface.wav overwrite 1` |
| start a stream that the daemon sounds | `/oscreorder/stream/start issisi 4 violin play 1 tell 0` |
| XY pad, each axis 0 to 1, behind `4 point` | `/oscreorder/stream/target isff 4 point 0.9 0.5` |
| fader, behind `4 rate` | `/oscreorder/stream/set isf 4 rate 40` |
| stop all streams | `/oscreorder/stream/stop ii 5 -1` |

A request that is sent again with the same id and content within 5 s is answered, and not run twice. Streams of a
surface that hears nothing end 60 s after its last message. Answers to show: `/oscreorder/progress` (third argument,
0 to 1), `/oscreorder/error` (fourth argument, the text), `/oscreorder/alive` each 2 s.

## Parameters

One argument, the value; a float stands for an int where it is whole. Without an argument it is asked for; the answer is
`/oscreorder/param name value`. It holds for all that follows; a stream that plays is changed by `stream/set`.

| address | control | range | default | meaning |
| --- | --- | --- | --- | --- |
"""

CONTROLS = {"int": "fader, whole steps", "float": "fader", "switch": "toggle", "choice": "menu", "names": "text"}


def page() -> str:
    """Return the text of the page."""
    return HEAD + "".join(_rows())


def _rows() -> Iterator[str]:
    for row in PARAMETERS.values():
        cells = (f"`/oscreorder/param/{row.name}`", CONTROLS[row.kind], _range(row), str(row.default), row.help)
        yield f"| {' | '.join(cells)} |\n"


def _range(row: Parameter) -> str:
    return " ".join(row.choices) if row.choices else row.allowed


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
