"""The help of each object, and what the library tells of itself."""

import re
from collections.abc import Iterator
from textwrap import wrap

import oscreorder
from oscreorder.osc.commands import COMMANDS
from oscreorder.parameters import PARAMETERS, Parameter
from patches.pdkit.patch import BANG, TOGGLE, Patch
from patches.pdkit.views import SERVE, SOUND, connection, page, slider, sound_switch

LICENCE = "MIT"
ROW = 20
ALLOWED = 44
TOLD = 84


def files() -> dict[str, str]:
    """Return each patch by its name."""
    return {
        "oscreorder-help.pd": client(),
        "oscreorder-param-help.pd": parameter(),
        "oscreorder-grains~-help.pd": grains(),
        "oscreorder-meta.pd": meta(),
    }


def client() -> str:
    """Return the help of [oscreorder]."""
    patch = page("oscreorder", "the connection with the oscreorder daemon", 690)
    patch.add(f"""
        20 56 text@112 Sends messages to the daemon, numbers them by itself, sorts the answers, and says in words what is wrong. The daemon is a program of its own. Start it in a terminal: {SERVE}
        20 102 msg load piano {SOUND} --> oscreorder
        32 128 msg render piano tour.wav order tour overwrite 1 --> oscreorder
        400 128 text command, arguments, options as pairs
        44 154 msg param hop_length 1024 --> oscreorder
        400 154 text set a parameter. Without a value: ask for it
        56 180 msg stream/start piano tags 0 --> oscreorder
        68 206 msg stream/target grain 20 --> oscreorder
        400 206 text the stream that was started last, or a number first
        80 232 msg stream/stop, stream/stop all --> oscreorder
        92 258 msg cancel --> oscreorder
        400 258 text the last request. cancel 7: that of number 7
        104 284 msg 700 ping --> oscreorder
        400 284 text a number in front is taken as it is
        116 310 msg connect 127.0.0.1 57140, disconnect --> oscreorder
        done: 20 396 obj print done
        rows: 120 396 obj print row
    """)  # noqa: E501 - comments that Pd wraps
    connection(patch, 360, done="done", rows="rows")
    patch.add("""
        20 526 text@112 outlets: done (command, number, values), rows (neighbour, corpus, sound, info, param), grain (stream, t_ms, lead_ms, sound, start, dur_ms, gain, pan, distance), progress (command, number, fraction, what), words, 1 or 0 (the daemon answers or not), and every reply as it came.
        20 580 text@112 arguments: host, port, name. What is left out is 127.0.0.1 57140 and one name for all. The objects of the kit with the same name work together without wires. It tries again each second: a daemon that is started later is found.
        20 640 text see also: 01-load.pd to 06-errors.pd, oscreorder-param, oscreorder-grains~
    """)  # noqa: E501 - comments that Pd wraps
    patch.sub(_all_commands(), 640, 640)
    return patch.text()


def _all_commands() -> Patch:
    patch = Patch(1010, 60 + 2 * ROW * len(COMMANDS), "all_commands")
    for place, spec in enumerate(COMMANDS.values()):
        usage = spec.usage.removeprefix("id ").removeprefix("id")
        patch.add(f"20 {20 + 2 * ROW * place} text@130 {spec.name} {usage}")
        patch.add(f"60 {20 + 2 * ROW * place + 16} text@130 {_comment(spec.help)}")
    return patch


def _comment(text: str) -> str:
    """Return a text as Pd's comments bear it: a semicolon breaks the line, and a long number loses digits."""
    return re.sub(r"\d{7,}", lambda number: f"{int(number[0]):_}", text.replace(";", " -"))


def parameter() -> str:
    """Return the help of [oscreorder-param]."""
    patch = page("oscreorder-param", "gets and sets one parameter of the daemon", 620)
    patch.add(f"""
        20 56 text@112 A number or a word sets it, a bang asks for it, "help" tells what it takes. The value that comes out is the daemon's: it comes too when something else has set it, and when the daemon was started anew.
        20 112 float@8 - --> hop
        96 112 obj {BANG} --> hop
        126 112 msg help --> hop
        hop: 20 146 obj oscreorder-param hop_length $0 --> hopvalue | hopwords | hoprange
        hopvalue: 20 232 float@8 -
        hopwords: 108 206 obj print words
        hoprange: 197 180 obj print range
        330 112 msg similarity --> order
        416 112 msg tour --> order
        461 112 msg sideways --> order
        order: 330 146 obj oscreorder-param order $0 --> ordervalue
        ordervalue: 330 180 sym@12 -
        330 206 text a word that is not
        330 222 text allowed is refused
        580 112 obj {TOGGLE} --> reverse
        reverse: 580 146 obj oscreorder-param reverse $0 --> reversevalue
        reversevalue: 580 180 float@8 -
        580 222 obj {slider(128)} --> amount
        amount: 580 250 obj oscreorder-param amount $0 --> amountvalue
        amountvalue: 580 280 float@8 -
        20 272 msg params --> oscreorder
        rows: 54 340 obj print parameter
    """)  # noqa: E501 - a comment that Pd wraps
    connection(patch, 306, rows="rows")
    patch.add("""
        20 476 text@112 inlet: number, word, bang, help. outlets: the value, words (help and refusals), the range (least, most, at first). arguments: the parameter, and the name of [oscreorder], where it has one.
        20 530 text@112 Parameters hold for all that follows and for all clients. Options behind a request hold for that request only.
        20 570 text see also: oscreorder, 03-parameters.pd
    """)  # noqa: E501 - comments that Pd wraps
    patch.sub(_all_parameters(), 640, 570)
    return patch.text()


def _all_parameters() -> Patch:
    patch = Patch(1180, 0, "all_parameters")
    y = 20
    for name, allowed, default, told in _table():
        patch.add(f"20 {y} text {name}")
        if default:
            patch.add(f"140 {y} text@{ALLOWED} {allowed}\n460 {y} text {default}\n560 {y} text@{TOLD} {told}")
        y += ROW * max(len(wrap(allowed, ALLOWED)), len(wrap(told, TOLD)), 1)
    patch.height = y + ROW
    return patch


def _table() -> Iterator[tuple[str, str, str, str]]:
    group = ""
    for row in PARAMETERS.values():
        if row.group != group:
            group = row.group
            yield (f"{group}:", "", "", "")
        yield (row.name, _comment(_short(row)), str(row.default), _comment(row.help))


def _short(row: Parameter) -> str:
    return " ".join(row.choices) if row.choices else row.allowed


def grains() -> str:
    """Return the help of [oscreorder-grains~]."""
    patch = page("oscreorder-grains~", "plays the grains of a corpus's streams", 720)
    patch.add(f"""
        20 56 text@112 Holds the sounds of a corpus in arrays and plays the grains that the daemon sends for it, each at its time, to the sample, up to 64 at once. It needs an [oscreorder] of the same name, and no wire from it. Of sounds that Pd does not read, such as FLAC and MP3, the daemon makes copies that it does.
        20 112 msg load piano {SOUND} --> oscreorder
        32 138 msg stream/start piano tags 0 rate 12 spread 1 --> oscreorder
        44 164 msg stream/target grain 20 --> oscreorder
        56 190 msg stream/stop --> oscreorder
        {sound_switch(480, 112)}
    """)  # noqa: E501 - a comment that Pd wraps
    connection(patch, 224)
    patch.add(f"""
        20 386 obj {BANG} --> grains
        50 386 text@100 read all its sounds anew (those that are new are read when a stream begins)
        32 412 msg play 0 48000 500 --> grains
        300 412 text play now: sound, start in samples, ms, gain, pan
        44 438 msg attack_ms 5 --> grains
        150 438 msg release_ms 40 --> grains
        300 438 text the envelope: at first 10 ms each
        56 464 msg stop --> grains
        300 464 text forget the grains that wait
        grains: 20 496 obj oscreorder-grains~ piano $0 --> dac | dac.1 | told
        dac: 20 530 obj dac~
        told: 200 530 obj print grains
        20 566 text@112 outlets: left, right, and messages: "ready" with the number of sounds that were read, and "grain" with sound, start, dur_ms, gain, pan and distance when it sounds. arguments: the corpus, and the name of [oscreorder], where it has one.
        20 620 text@112 The first grain of a stream sounds lead_ms after it came, all others where their t_ms says. Where the clocks of daemon and sound card drift apart by more than 10 ms it follows slowly, beyond 50 ms at once.
        20 672 text see also: oscreorder, 04-neighbours.pd, 05-stream.pd
    """)  # noqa: E501 - comments that Pd wraps
    return patch.text()


def meta() -> str:
    """Return what the library tells of itself."""
    inner = Patch(640, 260, "META")
    inner.add(f"""
        20 20 text NAME oscreorder
        20 40 text AUTHOR the oscreorder project
        20 60 text DESCRIPTION grains of your recordings, ordered and played by likeness, by the oscreorder daemon
        20 80 text LICENSE {LICENCE}
        20 100 text VERSION {oscreorder.__version__}
        20 120 text KEYWORDS granular concatenative synthesis OSC corpus
        20 140 text OBJECTS oscreorder oscreorder-param oscreorder-grains~
    """)
    patch = Patch(400, 160)
    patch.sub(inner, 20, 20)
    return patch.text()
