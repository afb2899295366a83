"""The walkthrough: six pages, from the first sound to what goes wrong."""

from patches.maxkit.client import SERVE
from patches.maxkit.patch import Patch

UNTRIED = "Made and checked by the file format of Max 8 and 9; it was not run in Max. Please tell us what you find."


def files() -> dict[str, str]:
    """Return each page by its path in the package."""
    pages = {
        "01-load": load(),
        "02-render": render(),
        "03-parameters": parameters(),
        "04-neighbours": neighbours(),
        "05-stream": stream(),
        "06-errors": errors(),
    }
    return {f"patchers/oscreorder.{name}.maxpat": patch.text() for name, patch in pages.items()}


def page(name: str, purpose: str, height: int) -> Patch:
    """Return a page with its title and the remark that it was not run."""
    patch = Patch(900, height)
    patch.add(f"""
        20 10 text {name}: {purpose}
        20 {height - 30} text@120 {UNTRIED}
    """)
    return patch


def load() -> Patch:
    """Return the page on loading."""
    patch = page("01-load", "the daemon reads sounds into a corpus", 520)
    patch.add(f"""
        20 40 text@120 The daemon is a program of its own: it reads, compares and writes sounds, and Max tells it what to do. Start it in a terminal, in the folder of oscreorder, and leave it running:
        40 104 text {SERVE}
        20 130 text@120 A corpus is a name of yours for a set of sounds. Paths count from the folder behind --root; a path with blanks goes in quotes. Click from top to bottom. Work waits for the work before it.
        20 190 msg load violin violin.flac --> oscreorder
        340 190 text one sound
        30 220 msg load all *.wav --> oscreorder
        340 220 text several: a pattern or a folder; more is added
        40 250 msg corpora --> oscreorder
        340 250 text which corpora are there? See the Max console
        50 280 msg sounds violin --> oscreorder
        340 280 text which sounds are in it?
        60 310 msg free all --> oscreorder
        340 310 text forget a corpus (the files stay)
        rows: 120 460 obj print row
    """)  # noqa: E501 - comments that wrap
    patch.client(20, 350, "| rows")
    return patch


def render() -> Patch:
    """Return the page on rendering."""
    patch = page("02-render", "a new sound, its grains ordered by likeness", 480)
    patch.add("""
        20 40 text@120 A render cuts the sounds into grains, orders them so that near means similar, and writes a new file below the daemon's --out folder. Options come last, as pairs of a name and a value; they hold for this request only.
        20 110 msg load violin violin.flac --> oscreorder
        30 140 msg analyse violin win_length 2000 hop_length 400 --> oscreorder
        500 140 text size of the grains, and their distance
        40 170 msg render violin similar.wav overwrite 1 --> oscreorder
        500 170 text a gradient of likeness
        50 200 msg render violin tour.wav order tour overwrite 1 --> oscreorder
        500 200 text the shortest path through all grains
        60 230 msg render violin half.wav amount 0.5 overwrite 1 --> oscreorder
        500 230 text between the original and its order
        70 260 msg render violin bow.wav reverse 1 window_s 0.5 overwrite 1 --> oscreorder
        580 260 text backwards, inside each half second
    """)  # noqa: E501 - comments that wrap
    patch.client(20, 310)
    return patch


def parameters() -> Patch:
    """Return the page on parameters."""
    patch = page("03-parameters", "numbers and words for all that follows", 510)
    patch.add("""
        20 40 text@120 param sets a parameter for all that follows and for all clients; without a value it asks. The answer comes out of the second outlet. A value that is not allowed is refused, and the words say what is.
        20 110 int --> hop
        100 110 text hop_length, in samples
        hop: 20 140 msg param hop_length $1 --> oscreorder
        300 110 float --> amount
        380 110 text amount, 0 to 1
        amount: 300 140 msg param amount $1 --> oscreorder
        560 110 toggle --> reverse
        reverse: 560 140 msg param reverse $1 --> oscreorder
        20 180 msg param order similarity --> oscreorder
        250 180 msg param order tour --> oscreorder
        440 180 msg param order --> oscreorder
        580 180 text asks for it
        20 220 msg load violin violin.flac --> oscreorder
        30 250 msg render violin parameters.wav overwrite 1 --> oscreorder
        40 280 msg params --> oscreorder
        140 280 text list them all in the Max console; the help of oscreorder has them too
        rows: 120 430 obj print row
    """)  # noqa: E501 - comments that wrap
    patch.client(20, 320, "| rows")
    return patch


def neighbours() -> Patch:
    """Return the page on neighbours."""
    patch = page("04-neighbours", "which grains are most alike?", 560)
    patch.add("""
        20 40 text@120 Ask for the neighbours of a grain, or of a point of the map (x and y from 0 to 1). They come nearest first, one message each: id, rank, grain, sound, start, length, distance.
        20 100 msg load violin violin.flac --> oscreorder
        30 130 msg neighbours violin grain 20 k 5 --> oscreorder
        420 130 text the five nearest to grain 20, itself first
        40 160 msg neighbours violin point 0.2 0.7 k 5 --> oscreorder
        420 160 text to a point of the map
        50 190 msg neighbours violin grain 20 k 8 radius 15. --> oscreorder
        420 190 text only those nearer than 15
        rows: 120 350 obj route /oscreorder/neighbour --> both
        both: 120 380 obj t l l --> parts | print
        print: 300 410 obj print neighbour
        parts: 120 440 obj unpack 0 0 0 0 0 0 0. --> | rank | grain | | | | distance
        rank: 120 480 int
        grain: 240 480 int
        distance: 420 480 float
        190 480 text rank
        310 480 text grain
        490 480 text distance
    """)  # noqa: E501 - comments that wrap
    patch.client(20, 240, "| rows")
    return patch


def stream() -> Patch:
    """Return the page on streams."""
    patch = page("05-stream", "play the corpus by moving over its map", 640)
    patch.add("""
        20 40 text@120 A stream sends the grains nearest to a target, in time. Nothing sounds before the first target. Max plays them as exactly as its scheduler: switch on Overdrive and Scheduler in Audio Interrupt.
        20 100 text 1
        40 100 msg load violin violin.flac --> oscreorder
        20 130 text 2
        40 130 button --> grains
        80 130 text read the sounds of the corpus into Max (after the load is done)
        20 160 text 3
        dac: 40 160 dac
        110 170 text sound on
        20 220 text 4
        40 220 msg stream/start violin tags 0 rate 20 k 4 choose urn --> oscreorder
        20 250 text 5
        40 250 slider --> x
        250 250 text x of the target
        40 280 slider --> y
        250 280 text y of the target
        x: 400 250 obj f 0.5 --> target
        y: 400 280 obj t b f --> x | target.1
        target: 520 250 obj pack 0.5 0.5 --> aim
        aim: 640 250 msg stream/target point $1 $2 --> oscreorder
        40 310 msg stream/target grain 20 --> oscreorder
        270 310 msg stream/set mode chain --> oscreorder
        460 310 msg stream/set mode bow rate 40. spread 1. --> oscreorder
        40 340 msg stream/stop --> oscreorder
    """)  # noqa: E501 - comments that wrap
    patch.client(20, 380, "| | | | | | grains")
    patch.add("""
        grains: 40 500 obj oscreorder.grains~ violin --> left | right | again
        left: 40 540 obj *~ 0.7 --> dac
        right: 120 540 obj *~ 0.7 --> dac.1
        again: 300 540 obj s oscreorder-again
        640 340 obj r oscreorder-again --> oscreorder
    """)
    return patch


def errors() -> Patch:
    """Return the page on what goes wrong."""
    patch = page("06-errors", "nothing is silent: what goes wrong, in words", 560)
    patch.add("""
        20 40 text@120 These are mistakes on purpose. Each is answered in words, on the panel and in the Max console, and none of them ends the daemon.
        20 100 msg load violin not-there.wav --> oscreorder
        420 100 text a file that there is not
        30 130 msg load violin ../../etc/passwd --> oscreorder
        420 130 text a path outside of the allowed folder
        40 160 msg rendr violin x.wav --> oscreorder
        420 160 text a slip of the pen
        50 190 msg render nobody x.wav --> oscreorder
        420 190 text a corpus that there is not
        60 220 msg render nobody x.wav order sideways --> oscreorder
        420 220 text a value that is not allowed
        70 250 msg param hop_length 0 --> oscreorder
        420 250 text out of range
        80 280 msg stream/target point 0.5 0.5 --> oscreorder
        420 280 text a stream that was not started
        90 310 msg quit --> oscreorder
        420 310 text the daemon ends; start it again: it is found by itself
        100 340 msg connect 127.0.0.1 57140 57141 --> oscreorder
        420 340 text another machine, port, or port for the answers
        20 480 text@120 Whether the daemon has not been started, was stopped, or comes back: the words say so within three seconds. What was loaded is gone with the daemon that loaded it.
    """)  # noqa: E501 - comments that wrap
    patch.client(20, 380)
    return patch
