"""The walkthrough: six pages, from the first sound to what goes wrong."""

from patches.pdkit.patch import BANG, TOGGLE
from patches.pdkit.views import SERVE, SOUND, connection, page, slider, sound_switch


def files() -> dict[str, str]:
    """Return each page by its name."""
    return {
        "01-load.pd": load(),
        "02-render.pd": render(),
        "03-parameters.pd": parameters(),
        "04-neighbours.pd": neighbours(),
        "05-stream.pd": stream(),
        "06-errors.pd": errors(),
    }


def load() -> str:
    """Return the page on loading."""
    patch = page("01-load", "the daemon reads sounds into a corpus", 570)
    patch.add(f"""
        20 56 text@112 The daemon is a program of its own: it reads, compares and writes sounds, and Pd tells it what to do. Start it in a terminal, in the folder of oscreorder, and leave it running:
        60 96 text {SERVE}
        20 122 text@112 A corpus is a name of yours for a set of sounds. Paths count from the folder behind --root. Click from top to bottom. Work waits for the work before it, so you need not wait.
        20 166 msg load piano {SOUND} --> oscreorder
        340 166 text one sound
        32 192 msg load all *.wav, load all *.aiff --> oscreorder
        340 192 text several: a pattern or a folder. More is added
        44 218 msg corpora --> oscreorder
        340 218 text which corpora are there? See the Pd window
        56 244 msg sounds piano --> oscreorder
        340 244 text which sounds are in it?
        68 270 msg free all --> oscreorder
        340 270 text forget a corpus (the files stay)
        rows: 54 350 obj print row
    """)  # noqa: E501 - comments that Pd wraps
    connection(patch, 316, rows="rows")
    patch.add("""
        20 484 text@112 Every request ends in exactly one "done", or in an error that says what to do. Outlets of [oscreorder], from the left: done, rows (of lists), grains, progress (0 to 1), words (errors and notices), whether the daemon answers, and every reply as it came. Its help (right click) tells the rest. Next: 02-render.
    """)  # noqa: E501 - a comment that Pd wraps
    return patch.text()


def render() -> str:
    """Return the page on rendering."""
    patch = page("02-render", "a new sound, its grains ordered by likeness", 680)
    patch.add(f"""
        20 56 text@112 A render cuts the sounds into grains, orders them so that near means similar, and writes a new file below the daemon's --out folder. "analyse" may be left out: a render does it where it is needed.
        20 102 msg load piano {SOUND} --> oscreorder
        32 128 msg analyse piano win_length 2000 hop_length 400 --> oscreorder
        480 128 text size of the grains, and their distance
        44 154 msg render piano similar.wav overwrite 1 --> oscreorder
        480 154 text a gradient of likeness
        56 180 msg render piano tour.wav order tour overwrite 1 --> oscreorder
        480 180 text the shortest path through all grains
        68 206 msg render piano half.wav amount 0.5 overwrite 1 --> oscreorder
        480 206 text between the original and its order
        80 232 msg render piano bow.wav reverse 1 window_s 0.5 overwrite 1 --> oscreorder
        540 232 text backwards, inside each half second
        92 258 msg cancel --> oscreorder
        480 258 text end the last request (of a long sound)
    """)  # noqa: E501 - comments that Pd wraps
    connection(patch, 304, done="rendered")
    patch.add(f"""
        rendered: 20 470 obj route render --> path
        path: = + obj unpack f s --> | name
        name: 69 522 sym@60 - --> keep.1
        500 496 text listen to the last render
        play: 470 496 obj {BANG} --> order
        order: 470 552 obj t b b b --> start | keep | on
        on: 740 552 msg ; pd dsp 1
        keep: 630 552 obj symbol --> open
        open: 520 582 msg open $1 --> file
        start: 470 582 msg 1 --> file
        file: 470 612 obj readsf~ 2 --> dac | dac.1
        dac: 470 638 obj dac~
        20 566 text@58 Options come last, as pairs of a name and a value. They hold for this request only. For all that follows: 03-parameters.
    """)  # noqa: E501 - a comment that Pd wraps
    return patch.text()


def parameters() -> str:
    """Return the page on parameters."""
    patch = page("03-parameters", "sliders, numbers and words for all that follows", 600)
    patch.add(f"""
        20 56 text@112 [oscreorder-param] holds one parameter: a value sets it, a bang asks for it, "help" tells what it takes. Out come its value (also when another box or program set it), words, and its range: least, most, at first.
        20 112 float@8 - --> hop
        110 112 msg help --> hop
        hop: 20 164 obj oscreorder-param hop_length $0 --> hopvalue
        hopvalue: 20 190 float@8 -
        260 112 msg similarity --> order
        350 112 msg tour --> order
        260 138 msg tsne --> order
        310 138 msg original --> order
        order: 260 164 obj oscreorder-param order $0 --> ordervalue
        ordervalue: 260 190 sym@12 -
        460 112 obj {slider(128)} --> amount
        amount: 460 164 obj oscreorder-param amount $0 --> amountvalue
        amountvalue: 460 190 float@8 -
        660 112 obj {TOGGLE} --> reverse
        reverse: 660 164 obj oscreorder-param reverse $0 --> reversevalue
        reversevalue: 660 190 float@8 -
        20 240 msg load piano {SOUND} --> oscreorder
        32 266 msg render piano parameters.wav overwrite 1 --> oscreorder
        400 266 text with the values above
        44 292 msg params --> oscreorder
        400 292 text list all parameters in the Pd window
        rows: 54 372 obj route info --> print
        print: 150 372 obj print parameter
    """)  # noqa: E501 - comments that Pd wraps
    connection(patch, 338, rows="rows")
    patch.add("""
        20 506 text@112 A value that is not allowed is refused, and the words say what is. The boxes know their values from the daemon: after it was started anew they ask again. The third word of [oscreorder] and the second of [oscreorder-param] are a name that joins them. Here it is $0, this patch alone. Leave it out in a patch of yours, and all of them find each other.
    """)  # noqa: E501 - a comment that Pd wraps
    return patch.text()


def neighbours() -> str:
    """Return the page on neighbours."""
    patch = page("04-neighbours", "which grains are most alike?", 700)
    patch.add(f"""
        20 56 text@112 Ask for the neighbours of a grain, or of a point of the map (x and y from 0 to 1). They come nearest first, and are played one after the other. [oscreorder-grains~] below holds the sounds of the corpus: a bang makes it read them, whatever their format: of those that Pd does not know the daemon makes copies.
        20 112 msg load piano {SOUND} --> oscreorder
        {sound_switch(480, 112)}
        32 138 msg neighbours piano grain 20 k 5 --> oscreorder
        480 154 text the five nearest to grain 20, itself first
        44 164 msg neighbours piano point 0.2 0.7 k 5 --> oscreorder
        480 180 text to a point of the map
        56 190 msg neighbours piano grain 20 k 8 radius 15 --> oscreorder
        480 206 text only those nearer than 15
    """)  # noqa: E501 - comments that Pd wraps
    connection(patch, 244, rows="rows")
    patch.add(f"""
        rows: 54 406 obj route neighbour --> both
        250 406 text neighbour: id, rank, grain, sound, start, length, distance
        both: 54 432 obj t a a --> parts | print
        print: 250 432 obj print neighbour
        parts: 54 464 obj unpack f f f f f f f --> | turn | grain | later | later.1 | | distance
        turn: 20 516 obj * 300 --> later.2
        grain: 250 516 float@6 grain
        distance: 420 516 float@8 distance
        later: 54 546 obj pipe 0 0 0 --> play | play.1
        play: = + obj pack f f --> message
        message: = + msg play $1 $2 250 --> grains
        250 598 obj {BANG} --> grains
        280 598 text read the sounds into Pd. play: sound, start, milliseconds
        grains: 54 630 obj oscreorder-grains~ piano $0 --> dac | dac.1 | ready
        dac: 54 662 obj dac~
        ready: 300 662 obj print grains
    """)
    return patch.text()


def stream() -> str:
    """Return the page on streams."""
    patch = page("05-stream", "play the corpus by moving over its map", 690)
    patch.add(f"""
        20 56 text@112 A stream sends the grains nearest to a target, in time. Start it, then move the sliders: nothing sounds before the first target. [oscreorder-grains~] reads the sounds of its corpus when a stream begins, WAV, AIFF, FLAC, Ogg or MP3, and plays each grain at its moment, to the sample.
        20 112 msg load piano {SOUND} --> oscreorder
        32 138 msg stream/start piano tags 0 rate 20 k 4 choose urn --> oscreorder
        44 164 msg stream/stop --> oscreorder
        160 164 text the stream that was started last
        {sound_switch(580, 112)}
        60 214 text x
        60 240 text y
        80 214 obj {slider(200)} --> x
        80 240 obj {slider(200)} --> y.1
        x: 320 214 obj t b f --> y | y
        y: 320 240 obj pack f f --> target
        target: 410 240 msg stream/target point $1 $2 --> aim
        410 214 msg stream/target grain 20 --> aim
        aim: 640 266 obj s $0-ask
        80 276 float@6 - --> rate
        rate: 150 276 msg stream/set rate $1 --> ask
        330 276 msg stream/set mode chain --> ask
        330 302 msg stream/set mode bow --> ask
        80 302 msg stream/set spread 1 gain_db -6 --> ask
        ask: 640 334 obj s $0-ask
        200 338 obj r $0-ask --> oscreorder
    """)  # noqa: E501 - comments that Pd wraps
    connection(patch, 364)
    patch.add("""
        20 520 msg attack_ms 5 --> grains
        130 520 msg release_ms 40 --> grains
        260 520 msg stop --> grains
        310 520 text the envelope of each grain. stop: forget those that wait
        grains: 20 556 obj oscreorder-grains~ piano $0 --> left | right | told
        left: 20 594 obj *~ 0.7 --> dac
        right: 110 594 obj *~ 0.7 --> dac.1
        dac: 20 636 obj dac~
        told: 220 594 obj route ready grain --> ready | grain
        ready: 220 646 float@5 sounds
        grain: 280 620 obj unpack f f f --> | start
        start: 330 646 float@9 start
        440 580 text@54 Grains come about 0.1 s ahead (lookahead_ms), so that the way from the daemon to Pd is not heard. The player keeps the stream's own clock, and sets it anew where the two clocks drift apart. It plays up to 64 grains at once.
    """)  # noqa: E501 - a comment that Pd wraps
    return patch.text()


def errors() -> str:
    """Return the page on errors."""
    patch = page("06-errors", "nothing is silent: what goes wrong, in words", 600)
    patch.add("""
        20 56 text@112 These are mistakes on purpose. Each is answered in words, below and in the Pd window, and none of them ends the daemon.
        20 102 msg load piano not-there.wav --> oscreorder
        400 102 text a file that there is not
        32 128 msg load piano ../../etc/passwd --> oscreorder
        400 128 text a path outside of the allowed folder
        44 154 msg rendr piano x.wav --> oscreorder
        400 154 text a slip of the pen
        56 180 msg render nobody x.wav --> oscreorder
        400 180 text a corpus that there is not
        68 206 msg render nobody x.wav order sideways --> oscreorder
        400 206 text a value that is not allowed
        80 232 msg param hop_length 0 --> oscreorder
        400 232 text out of range
        92 258 msg stream/target point 0.5 0.5 --> oscreorder
        400 258 text a stream that was not started
        104 284 msg quit --> oscreorder
        400 284 text the daemon ends. Start it again: it is found by itself
        116 310 msg disconnect --> oscreorder
        128 336 msg connect 127.0.0.1 57140 --> oscreorder
        400 336 text another machine or port
    """)  # noqa: E501 - comments that Pd wraps
    connection(patch, 394)
    patch.add("""
        20 546 text@112 Whether the daemon has not been started, was stopped, or comes back: the words say so within three seconds. What was loaded is gone with the daemon that loaded it: load it again. All codes and limits: docs/reference.md.
    """)  # noqa: E501 - a comment that Pd wraps
    return patch.text()
