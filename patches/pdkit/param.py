"""[oscreorder-param]: one parameter; and the table of all of them as Pd reads it."""

import re

from oscreorder.parameters import PARAMETERS, Parameter
from patches.pdkit.patch import Patch


def files() -> dict[str, str]:
    """Return each file by its name."""
    return {"oscreorder-param.pd": parameter(), "parts/parameters.txt": table()}


def table() -> str:
    """Return the table: name, minimum, maximum, default, and one symbol that tells all in words."""
    return "".join(
        f"{row.name} {row.minimum:.10g} {1 if row.kind == 'switch' else row.maximum:.10g} {row.default} "
        f"{_symbol(sentence(row))};\n"
        for row in PARAMETERS.values()
    )


def sentence(row: Parameter) -> str:
    """Return what a parameter is, takes and begins with."""
    return f"{row.name}: {row.help}. It takes {row.allowed}; at first {row.default}."


def _symbol(text: str) -> str:
    return re.sub(r"([\\ ,;$])", r"\\\1", text)


def parameter() -> str:
    """Return the object that gets and sets one parameter."""
    patch = Patch(980, 520)
    patch.add("""
        20 14 text@125 [oscreorder-param PARAMETER NAME]: gets and sets one parameter of the daemon. NAME is that of [oscreorder], where it has one. [oscreorder-param-help] lists all parameters.
        20 66 obj inlet --> asked
        asked: = + obj route bang help --> get | sentence | set
        get: 20 118 obj t b --> message
        set: 120 144 obj list --> message
        message: 20 170 obj list prepend param $1 --> trim
        trim: = + obj list trim --> out
        out: = + obj parts/to $2 ask
        260 66 obj parts/from $2 there --> back
        back: = + obj sel 1 --> get
        260 144 obj loadbang --> begin
        begin: = + obj t b b b --> get | about | file
        file: 400 196 msg read parts/parameters.txt --> define
        define: 400 222 obj text define $0-table
        20 300 obj parts/from $2 reply --> reply
        reply: = + obj route param error --> value | error
        value: = + obj route $1 --> number
        number: = + obj route float --> outvalue | word
        word: 80 404 obj list prepend symbol --> symbol
        symbol: = + obj list trim --> outvalue
        error: 260 352 obj route param/$1 --> refused
        refused: = + obj unpack f f s --> | | words
        about: 560 274 obj list append $1 --> search
        search: = + obj text search $0-table 0 --> found
        found: = + obj moses 0 --> none | line
        none: 560 352 msg no such parameter - see the help --> made
        made: 560 378 obj parts/words --> said
        line: 820 352 obj text get $0-table --> cut
        cut: 820 378 obj list split 4 --> range | sentence.1
        range: 820 404 obj list split 1 --> | outrange
        sentence: 500 404 obj symbol --> said
        said: = + obj t a a --> words | trimmed
        trimmed: 600 456 obj list trim --> print
        print: 600 482 obj print oscreorder
        outvalue: 20 480 obj outlet
        words: 500 482 obj outlet
        outrange: 820 482 obj outlet
    """)  # noqa: E501 - a comment that Pd wraps
    return patch.text()
