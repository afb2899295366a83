"""The rest of the package: what it tells of itself, its entry in the Extras menu, its help."""

import json

import oscreorder
from oscreorder.osc.commands import COMMANDS
from oscreorder.parameters import PARAMETERS
from patches.maxkit.client import HOST, PORT, REPLIES, SERVE
from patches.maxkit.patch import Patch
from patches.maxkit.walkthrough import UNTRIED

PAGES = ("01-load", "02-render", "03-parameters", "04-neighbours", "05-stream", "06-errors")
ROW = 22
ALLOWED_LETTERS, HELP_LETTERS = 60, 62
README = f"""\
# oscreorder for Max

A package for Max 8 and 9: the connection with the oscreorder daemon, a player of its grain streams, and a walkthrough.
The daemon is a program of its own; start it in a terminal: `{SERVE}`.

**It was not run in Max.** Max does not run where this package is made and tested: its files were checked by the format
that Max 8 and 9 write, by the reference of each object that is used, and by a script that follows the wires of the
patchers and talks with a real daemon. Please tell us what you find.

- Put the folder `oscreorder` into `Documents/Max 9/Packages` (or `Max 8`): `oscreorder patches max` does it.
- Start Max anew. The Extras menu has "oscreorder walkthrough": six pages, from the first sound to what goes wrong.
- `oscreorder` (as an object or a bpatcher): commands in, without address and id: `load violin violin.flac`. It numbers
  them, registers a port for the answers, since Max cannot receive where it sends, and says in words what is wrong.
- `oscreorder.grains~ CORPUS`: plays the grains of a stream. It is as exact as Max's scheduler.

Only one patch at a time can have the port {REPLIES}: give others another, `oscreorder {HOST} {PORT} 57145`.
"""


def files() -> dict[str, str]:
    """Return each file by its path in the package."""
    return {
        "package-info.json": json.dumps(info(), indent=1) + "\n",
        "README.md": README,
        "extras/oscreorder walkthrough.maxpat": launcher(),
        "help/oscreorder.maxhelp": client_help(),
        "help/oscreorder.grains~.maxhelp": grains_help(),
    }


def info() -> dict[str, object]:
    """Return what Max shows of the package."""
    systems = {
        "macintosh": {"platform": ["x64", "arm64"], "min_version": "10.13"},
        "windows": {"platform": ["x64"], "min_version": "10"},
    }
    return {
        "name": "oscreorder",
        "displayname": "oscreorder",
        "version": oscreorder.__version__,
        "author": "the authors of oscreorder",
        "description": "Re-orders recordings by likeness and plays their grains, with the oscreorder daemon over OSC",
        "tags": ["osc", "granular", "concatenative synthesis", "corpus", "sampling"],
        "website": "",
        "homepatcher": "oscreorder walkthrough.maxpat",
        "max_version_min": "8.0",
        "max_version_max": "none",
        "os": systems,
        "package_extra": {"reverse_domain": "", "copyright": "MIT licence"},
        "extensible": 0,
        "filelist": {},
    }


def launcher() -> str:
    """Return the entry in the Extras menu."""
    patch = Patch(620, 440)
    patch.add(f"""
        20 10 text oscreorder: recordings re-ordered by likeness
        20 40 text@80 Start the daemon in a terminal, in the folder of oscreorder, and leave it running: {SERVE}
    """)
    for place, name in enumerate(PAGES):
        patch.add(f"40 {110 + 34 * place} msg loadunique oscreorder.{name}.maxpat --> open")
    patch.add(f"""
        open: 40 330 obj pcontrol
        20 370 text@80 {UNTRIED}
    """)
    return patch.text()


def client_help() -> str:
    """Return the help of oscreorder: what goes in and comes out, all commands and all parameters, from the tables."""
    height = 560 + ROW * (2 * len(COMMANDS) + len(PARAMETERS))
    patch = Patch(1240, height)
    patch.add(f"""
        20 10 text oscreorder: the connection with the oscreorder daemon
        20 40 text@150 Sends commands, numbers them by itself, sorts the answers, and says in words what is wrong. The daemon is a program of its own. Start it in a terminal: {SERVE}
        20 110 msg load violin violin.flac --> oscreorder
        30 140 msg render violin tour.wav order tour overwrite 1 --> oscreorder
        460 140 text command, arguments, options as pairs
        40 170 msg param hop_length 1024 --> oscreorder
        460 170 text set a parameter; without a value: ask for it
        50 200 msg ping --> oscreorder
        done: 40 350 obj print done
        rows: 150 350 obj print row
        20 390 text@150 outlets: done (command, id, values), rows of lists (with their address), grains (stream, t_ms, lead_ms, sound, start, dur_ms, gain, pan, distance), progress, words, 1 or 0 (the daemon answers or not), every reply as it came.
        20 450 text@150 arguments: host, port, port for the answers; what is left out is {HOST} {PORT} {REPLIES}. stream/target, stream/set and stream/stop mean the stream that was started last. See also: oscreorder.grains~, and oscreorder walkthrough in the Extras menu. {UNTRIED}
    """)  # noqa: E501 - comments that wrap
    patch.client(20, 240, "done | rows")
    for place, spec in enumerate(COMMANDS.values()):
        y = 520 + 2 * ROW * place
        patch.add(f"20 {y} text {spec.name} {spec.usage.removeprefix('id').strip()}\n60 {y + ROW} text {spec.help}")
    for place, row in enumerate(PARAMETERS.values()):
        y = 540 + ROW * (2 * len(COMMANDS) + place)
        patch.add(f"20 {y} text {row.name}\n150 {y} text {_short(row.allowed, ALLOWED_LETTERS)}")
        patch.add(f"600 {y} text default {row.default}\n760 {y} text {_short(row.help, HELP_LETTERS)}")
    return patch.text()


def _short(text: str, letters: int) -> str:
    """Return a text that fits into its column."""
    return text if len(text) <= letters else f"{text[: letters - 3]}..."


def grains_help() -> str:
    """Return the help of oscreorder.grains~."""
    patch = Patch(900, 520)
    patch.add(f"""
        20 10 text oscreorder.grains~: plays the grains of a stream
        20 40 text@120 Its argument is the name of a corpus. Load it, read its sounds into Max, start a stream, aim it. Every reply goes in (the last outlet of oscreorder); the third outlet goes to the inlet of oscreorder. It plays one stream at a time, and what Max can read: WAV, AIFF, FLAC, MP3.
        20 120 msg load violin violin.flac --> oscreorder
        30 150 msg stream/start violin tags 0 --> oscreorder
        40 180 msg stream/target grain 20 --> oscreorder
        50 210 msg stream/stop --> oscreorder
        400 120 button --> grains
        440 120 text read the sounds of the corpus (bang)
        400 150 msg stop --> grains
        460 150 text forget the grains that wait
        500 210 obj r oscreorder-help-again --> oscreorder
        grains: 40 370 obj oscreorder.grains~ violin --> dac | dac.1 | again
        dac: 40 410 obj dac~
        again: 300 410 obj s oscreorder-help-again
        20 450 text@120 {UNTRIED}
    """)  # noqa: E501 - comments that wrap
    patch.client(20, 250, "| | | | | | grains")
    return patch.text()
