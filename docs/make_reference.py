"""Writes docs/reference.md from the tables of parameters, commands and errors: ``make docs``; a test compares them."""

from collections.abc import Iterator
from pathlib import Path

from oscreorder import errors
from oscreorder.osc.commands import COMMANDS
from oscreorder.parameters import PARAMETERS, Parameter

PAGE = Path(__file__).with_name("reference.md")

HEAD = """\
# The OSC interface

Made by `make docs` from the tables in `oscreorder/parameters.py` and `oscreorder/osc/commands.py`. The same names are
flags on the command line (`hop_length` is `--hop-length`) and arguments in Python (`hop_length=`).

## Transport

- UDP, by default `127.0.0.1:57140`; `oscreorder serve --port 0` takes a free port. When the daemon can serve it prints
  `oscreorder listening on 127.0.0.1:57140` (the real port) to stdout.
- Replies go to the packet's source. `notify` with a port makes them go to that port on the same host: Max, Csound and
  ChucK need it, since they cannot receive on the socket they send from. Csound and liblo send each message from another
  port: while such a client is registered, replies to unknown ports of its host go to it, so a program beside it should
  register too (`notify id 1`, without a port).
- Out: only type tags `i f s b`, strings of at most 400 bytes, packets of at most 1472 bytes, integers within ±2^24
  (beyond that a float).
- In: a number may come as `i`, `f`, `d` or `h`; a whole float stands for an int; `T`, `F`, 0 or 1 for a switch; a
  number may stand where a name is expected; paths as `s` or `b`, in UTF-8. Unknown tags, NaN and infinities are
  refused.
- Bundles: a timetag in the past or "immediately" means now; up to 10 s ahead waits, in a queue of 1,024 (the limit
  `pending`); further ahead runs now. Work (load, copies, analyse, render, order, plot) and cancel start on arrival. One
  bad message does not stop the others of its bundle.
- No address patterns. An unknown address is answered with an error that names the nearest known one. A packet that
  does not parse, or whose addresses do not begin with `/oscreorder`, is counted and never answered.

## Shape

    /oscreorder/<command> <id> <arguments…> [<name> <value>]…

`id` is an int of your choice, 0 to 2^24-1, and comes back in every reply (-1 where it was missing or unreadable).
Options come last, as pairs of a parameter's name and a value, in any order; they hold for this request only.

| reply | arguments | when |
| --- | --- | --- |
| `/oscreorder/done` | `s:command i:id …` | exactly one for each request that succeeded |
| `/oscreorder/error` | `s:command i:id i:code s:text` | exactly one for each request that failed |
| `/oscreorder/progress` | `s:command i:id f:fraction s:what` | during work: at least one a second, at most ten |
| `/oscreorder/notice` | `s:command i:id s:text` | what was done differently from what was asked |
| `/oscreorder/alive` | `i:n f:uptime_s` | each 2 s, to peers under `notify` |
| `/oscreorder/bye` | | to peers under `notify`, when the daemon ends |

A request that is repeated (same peer, id and content) while the first is in progress, or within 5 s of its end, is
answered again and not run twice. `param/<name>` has no id: it is answered by `/oscreorder/param s:name value`, or by an
error with the command `param/<name>` and id 0.

Work on one corpus runs in the order in which it was asked for: send load, analyse and render at once if you like. A
render analyses where that is needed. Where the corpus is analysed already, its analysis is used with the settings that
made it, unless one of them was set since (`/oscreorder/param/...`) or is given as an option. The state in a row of
`corpora` is loading, loaded, copying, analysing, analysed, rendering, ordering or plotting.
"""

ANSWERS = {
    "ping": "`s:version f:uptime_s`",
    "status": "with `limits` 1 one `/oscreorder/limit i:id s:name i:in_use (-1: not counted) i:allowed s:unit "
    "s:help` each, then `i:corpora i:jobs i:streams i:peers i:packets i:refused i:late`",
    "notify": "`f:lease_s` (60; any packet renews it)",
    "param": "`/oscreorder/param s:name value`",
    "params": "one `/oscreorder/info i:id s:name s:type default min max s:unit s:help` each, then `i:count`",
    "commands": "one `/oscreorder/info i:id s:address s:arguments s:help` each, then `i:count`",
    "load": "`i:sounds f:seconds i:skipped`, of this load",
    "analyse": "`i:grains i:features f:took_s`",
    "render": "`s:path i:frames i:sr f:took_s`",
    "order": "`s:path i:grains`",
    "plot": "`s:path`",
    "neighbours": "one `/oscreorder/neighbour i:id i:rank i:grain i:sound i:start i:length f:distance` each, nearest "
    "first, then `i:count`; 0 is an answer",
    "stream/start": "`i:stream` (= id)",
    "stream/target": "no `done`",
    "stream/set": "no `done`",
    "stream/stop": "`i:grains_sent i:late`",
    "corpora": "one `/oscreorder/corpus i:id s:name i:sounds i:grains f:seconds i:sr s:state` each, then `i:count`",
    "sounds": "one `/oscreorder/sound i:id i:index s:path i:sr i:channels i:length` each, then `i:count`",
    "copies": "one `/oscreorder/sound` each, as `sounds` tells it; `path` is a WAV or AIFF of these same samples: "
    "the file itself, or a copy; then `i:count`",
    "free": "",
    "cancel": "the other request ends with error 5",
    "sync": "",
    "quit": "",
}

GROUPS = {
    "load": "loading",
    "analysis": "analysis",
    "order": "ordering",
    "render": "resynthesis",
    "file": "output file",
    "map": "2-D map",
    "plot": "pictures",
    "neighbours": "neighbours",
    "stream": "streams",
}


STREAMS = """\
## Neighbours and streams

A place among the grains is `grain n`; `point x y` in the 2-D map, each axis from 0 to 1 (as `plot kind map` draws it;
the map is made when it is first needed, and kept); or `vector v…` in the search space. The neighbours of a grain begin
with itself, rank 0. `start` and `length` are in samples of that sound's own file.

A stream is known by the id of its `stream/start` and its peer: a peer under `notify` speaks of its own streams, a
program that is not registered of all on its host. Nothing sounds before its first target. `stream/stop id -1` stops all
of the peer's. A stream ends with its `count` or its corpus (a `notice` tells it), with `notify 0`, and 60 s after the
last message of its peer. Each grain is told by

    /oscreorder/grain i:stream f:t_ms f:lead_ms i:sound i:start f:dur_ms f:gain f:pan f:distance

in a bundle whose timetag is the moment at which it shall sound, together with the others of that moment; with `tags 0`
as a plain message: play the first at its arrival + `lead_ms`, and the others as far from it as their `t_ms` are. `t_ms`
counts from the stream's start and wraps at 60,000. A target or a setting holds from `lookahead_ms` after its arrival
on. With `play 1` the daemon sounds the grains itself (`serve --audio`), and sends them too unless `tell` is 0. The
same seed and settings, and the same targets at the same times, give the same grains.
"""

FILES = """\
`load` takes a file, a folder (with all below it) or a glob, below a folder that `serve --root` allows; relative paths
are taken from the first root that has them. WAV, AIFF, FLAC, Ogg Vorbis and MP3, 8 to 192 kHz, 1 to 64 channels
(limits.md). A bad file among several is skipped with a notice. `render`, `order` and `plot` write below `serve --out`;
the format goes by the suffix. An order as `.csv` has the columns `position,grain,sound,start,length`: start and length
in samples of that sound's own file, so that the first grains of a sound start below 0; `joins smooth` may play a run of
grains up to 112 samples beside its place, where it goes best with what sounds. As `.json`: the same rows with the
settings; as `.txt`: Audacity labels on the rendered time line.

`copies` is for programs that read few formats, such as Pd: of a sound that is no WAV or AIFF of 16 or 24 bit or float
it makes a copy, as WAV of 32-bit float with the rate, channels and samples of the file, so that `start` and `dur_ms` of
a grain hold for it too. The copies lie among the daemon's own files, are made once, and go with their corpus. One that
cannot be made (the file is gone, or has changed) is told by a `notice`, and the row names the file itself.
"""


def page() -> str:
    """Return the text of the reference page."""
    return "\n".join([HEAD, *_commands(), *_files(), STREAMS, *_errors(), *_parameters(), ""])


def _commands() -> Iterator[str]:
    yield "## Commands\n"
    yield "| address | arguments | what it does | `done` carries |"
    yield "| --- | --- | --- | --- |"
    for spec in COMMANDS.values():
        usage = spec.usage.replace("|", "\\|")
        yield f"| `{spec.address}` | `{usage}` | {spec.help} | {ANSWERS[spec.name]} |"
    yield ""
    yield "Options:\n"
    for spec in COMMANDS.values():
        if spec.options:
            yield f"- `{spec.name}`: {', '.join(spec.options)}"
    yield ""


def _files() -> Iterator[str]:
    yield "## Files\n"
    yield FILES


def _errors() -> Iterator[str]:
    yield "## Error codes\n"
    yield "| code | meaning |"
    yield "| --- | --- |"
    found = {kind.code: kind for kind in vars(errors).values() if _is_coded(kind)}
    for code, kind in sorted(found.items()):
        meaning = (kind.__doc__ or "").split(":")[0].split(";")[0].rstrip(".")
        yield f"| {code} | {'internal fault' if kind is errors.OscReorderError else meaning} |"
    yield ""


def _is_coded(kind: object) -> bool:
    if not isinstance(kind, type) or not issubclass(kind, errors.OscReorderError):
        return False
    return kind is errors.OscReorderError or "code" in vars(kind)


def _parameters() -> Iterator[str]:
    yield "## Parameters\n"
    yield "`/oscreorder/param/<name> value` sets one for all that follows, and without a value asks for it."
    for group, title in GROUPS.items():
        yield f"\n### {title}\n"
        yield "| name | type, range | default | meaning |"
        yield "| --- | --- | --- | --- |"
        yield from (_row(row) for row in PARAMETERS.values() if row.group == group)


def _row(row: Parameter) -> str:
    return f"| `{row.name}` | {row.kind}: {row.allowed} | {row.default} | {row.help} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
