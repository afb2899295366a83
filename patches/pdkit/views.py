"""What the help patches and the walkthrough share: the connection and what it tells, on a page."""

from patches.pdkit.patch import TOGGLE, Patch

SLIDER = "hsl {width} 17 0 1 0 0 empty empty empty -2 -8 0 12 #fcfcfc #306060 #000000 0 1"
SOUND = "piano-48k-24bit.wav"
SERVE = "oscreorder serve --root examples/sounds"


def slider(width: int) -> str:
    """Return a slider from 0 to 1."""
    return SLIDER.format(width=width)


def sound_switch(x: int, y: int) -> str:
    """Return the lines of a switch for Pd's sound."""
    return f"""dsp: {x} {y} obj {TOGGLE} --> dspsend
        dspsend: {x + 30} {y} msg ; pd dsp $1
        {x + 140} {y} text sound on and off"""


def connection(patch: Patch, y: int, *, rows: str = "", done: str = "") -> None:
    """Put [oscreorder] on a page, and the panel of what it hears; `rows` and `done` hang on its outlets."""
    patch.add(f"""
        oscreorder: 20 {y} obj oscreorder 127.0.0.1 57140 $0 --> {done} | {rows}
        20 {y + 64} obj parts/view $0
    """)


def page(name: str, purpose: str, height: int, width: int = 860) -> Patch:
    """Return an empty page with its heading."""
    patch = Patch(width, height)
    patch.heading(name, purpose)
    return patch
