"""[oscreorder]: the connection with the daemon."""

from patches.pdkit.patch import Patch

BEAT_MS = 1000
SILENCE_MS = 2300
OWN_IDS = 10_000_000
"""Requests from the inlet are numbered below this; those of the other abstractions of the kit above."""


def files() -> dict[str, str]:
    """Return the patch by its name."""
    return {"oscreorder.pd": oscreorder()}


def oscreorder() -> str:
    """Return the connection with the daemon."""
    patch = Patch(1010, 470)
    patch.add("""
        20 14 text@130 [oscreorder HOST PORT NAME]: the connection with the daemon. What is not given is 127.0.0.1 57140, and the one connection that all of the kit share. [oscreorder-help] tells all.
        20 66 text@30 messages to the daemon
        260 92 obj parts/from $3 ask --> asking
        20 92 obj inlet --> asking
    """)  # noqa: E501 - a comment that Pd wraps
    patch.sub(_asking(), 20, 118, "numbers | sending | watching.1", name="asking")
    patch.sub(_numbers(), 20, 152, "sending", name="numbers")
    patch.sub(_watching(), 460, 152, "sending | net | there, tothere", name="watching")
    patch.add("""
        tothere: 690 186 obj parts/to $3 there
        there: 900 400 obj outlet
    """)
    patch.sub(_sending(), 60, 186, "net", name="sending")
    patch.add("""
        net: 60 220 obj netsend -u -b --> watching.2 | replies
    """)
    outlets = "done | rows | grain | progress | text.1 | watching | bye | raw, toreply"
    patch.sub(_replies(), 160, 254, outlets, name="replies")
    patch.add("""
        bye: 470 288 msg bye --> watching.1
        toreply: 780 288 obj parts/to $3 reply
        580 288 obj r $0-say --> text
        text: 580 330 obj parts/words --> said
        said: 580 356 obj t a a a --> words | trim | towords
        towords: 820 356 obj parts/to $3 words
        trim: 700 378 obj list trim --> print
        print: 700 400 obj print oscreorder
        done: 20 400 obj outlet
        rows: 120 400 obj outlet
        grain: 220 400 obj outlet
        progress: 320 400 obj outlet
        words: 420 400 obj outlet
        raw: 950 400 obj outlet
        20 426 text done
        120 426 text rows
        220 426 text grain
        320 426 text progress
        420 426 text words
        860 426 text there?
        940 426 text all
    """)
    return patch.text()


def _asking() -> Patch:
    """Sort what is asked for: what gets a number, what has one or needs none, and what is for the connection."""
    patch = Patch(1090, 430, "asking")
    patch.add("""
        20 20 obj inlet --> list
        list: = + obj list trim --> sort
        sort: = + obj route param stream/target stream/set stream/stop cancel connect disconnect --> name | target | set | stop | cancel | connect | disconnect | numbered
        name: 20 140 obj list split 1 --> format | value.1
        format: = + obj makefilename param/%s --> value
        value: = + obj list append --> zero
        zero: = + obj list prepend 0 --> complete
        target: 160 114 obj parts/stream-message stream/target $0 --> complete
        set: 230 140 obj parts/stream-message stream/set $0 --> complete
        stop: 500 114 obj route bang all --> last | every | which
        last: 500 166 obj value $0-stream --> which
        every: 630 166 msg -1 --> which
        which: 500 218 obj list prepend stream/stop --> numbered
        cancel: 720 114 obj route bang --> latest | that
        latest: 720 166 obj value $0-latest --> that
        that: 720 218 obj list prepend cancel --> numbered
        connect: 880 114 obj list prepend connect --> control
        disconnect: 880 140 obj list prepend disconnect --> control
        numbered: 120 380 obj outlet
        complete: 500 380 obj outlet
        control: 880 218 obj list trim --> controlled
        controlled: 880 380 obj outlet
        120 354 text to be numbered
        500 354 text complete
        880 354 text for the connection
    """)  # noqa: E501 - a box with many outlets
    return patch


def _numbers() -> Patch:
    """Give each request its number, and note the last one and the last stream."""
    patch = Patch(900, 560, "numbers")
    patch.add(f"""
        20 16 text@110 A message that begins with a number is sent under that number. Any other gets the next one.
        20 50 obj inlet --> trim
        trim: = + obj list trim --> own
        own: = + obj route list --> request | number
        number: 110 128 obj t a b --> join | count
        count: 200 154 obj f 1 --> both
        both: = + obj t f f --> join.1 | next
        next: 270 206 obj + 1 --> wrap
        wrap: = + obj mod {OWN_IDS} --> count.1
        join: 110 258 obj list prepend --> request
        request: 20 284 obj t a a --> gates | note
        gates: 20 450 obj t a a --> open | closed
        open: 20 510 obj spigot 1 --> out
        out: 20 536 obj outlet
        20 336 obj r $0-there --> state
        state: 20 362 obj t f f --> open.1 | inverse
        inverse: 80 388 obj == 0 --> closed.1
        closed: 120 476 obj spigot --> command
        command: 120 502 obj list split 2 --> unpack
        unpack: 240 502 obj unpack f s --> | unsent
        unsent: 340 502 msg $1: not sent - nobody answers --> say
        say: 340 528 obj s $0-say
        note: 400 284 obj t a a --> rest | number2
        number2: 400 310 obj list split 1 --> id
        id: 400 336 obj t f f --> latest | corpus.1
        latest: 400 440 obj value $0-latest
        rest: 520 284 obj list split 1 --> | trim2
        trim2: 520 310 obj list trim --> start
        start: 520 336 obj route stream/start --> started
        started: 520 362 obj t a b --> corpus2 | stream
        stream: 640 388 obj value $0-latest --> stream2
        stream2: 640 414 obj value $0-stream
        corpus2: 520 388 obj list split 1 --> corpus
        corpus: 520 440 obj list prepend --> asked
        asked: 520 466 obj list prepend asked --> announce
        announce: 640 492 obj list trim --> bus
        bus: 640 518 obj parts/to $3 streams
    """)
    return patch


def _sending() -> Patch:
    """Make a packet of ``number command arguments``; only a parameter's message carries no number."""
    patch = Patch(720, 460, "sending")
    patch.add("""
        20 20 obj inlet --> split
        split: = + obj list split 2 --> unpack | arguments
        arguments: 330 46 obj t a a --> numbered.1 | bare.1
        unpack: 20 98 obj unpack f s --> id | command
        command: 130 124 obj t s s --> address | letters
        letters: 330 150 obj list fromsymbol --> head
        head: = + obj list split 6 --> word | | other
        word: = + obj list tosymbol --> parameter
        parameter: = + obj sel param/ --> yes | other
        yes: 330 254 msg 1 --> flag
        other: 440 254 msg 0 --> flag
        flag: 330 280 obj t f f --> second.1 | inverse
        inverse: 400 306 obj == 0 --> first.1
        address: 130 150 obj list prepend set oscreorder --> trimmed
        trimmed: 130 176 obj list trim --> osc
        id: 20 332 obj t b f --> bare | numbered
        numbered: 130 358 obj list append --> first
        first: 330 332 obj spigot --> osc
        bare: 20 358 obj list --> second
        second: 20 384 obj spigot --> osc
        osc: 20 410 obj oscformat --> send
        send: 130 410 obj list prepend send --> last
        last: 300 410 obj list trim --> out
        out: 300 436 obj outlet
    """)
    return patch


def _watching() -> Patch:
    """Hold the connection, register again and again, and tell in words whether the daemon is there."""
    patch = Patch(1240, 620, "watching")
    patch.add(f"""
        20 20 text@28 something was heard
        220 20 text@40 connect, disconnect, bye
        700 20 text@30 the socket is open: 1
        20 46 obj inlet --> heard
        heard: = + obj t b b --> alive | silence
        alive: 20 98 msg 1 --> there
        silence: 100 124 obj delay {SILENCE_MS} --> lost
        lost: 100 150 msg 0 --> there
        there: 20 202 obj change -1 --> tell
        tell: 20 228 obj t f f f --> state | sayit | near
        near: 140 254 obj s $0-there
        sayit: 80 280 obj sel 0 1 --> gone | back
        gone: 80 306 obj t b b --> where1 | before
        before: 170 332 msg 1 --> first.1
        back: 300 306 obj t b b --> first
        first: 300 332 obj f 0 --> which
        which: 300 358 obj sel 0 1 --> where2 | where3
        where1: 80 410 obj list --> nobody
        nobody: 80 516 msg@100 nobody answers at $1 $2 - start the daemon in a terminal: oscreorder serve --> say
        where2: 300 384 obj list --> answers
        answers: 300 456 msg the daemon answers at $1 $2 --> say
        where3: 380 410 obj list --> now
        now: 380 486 msg@100 the daemon answers now at $1 $2 - it knows what was loaded since it was started --> say
        say: 80 560 obj s $0-say
        220 46 obj inlet --> control
        control: = + obj route connect disconnect bye --> again | undo | ended
        ended: 460 98 obj t b b --> lost | goodbye
        goodbye: 500 124 msg the daemon has ended --> say
        undo: 500 150 obj t b b b b b --> no | forget | off | close | leave
        leave: 520 228 msg 0 notify 0 --> registered
        no: 400 176 msg 0 --> state, near
        forget: 400 202 msg set 0 --> there
        off: 560 176 msg stop --> beat, silence, later
        close: 640 202 msg disconnect --> out
        again: 220 124 obj route bang --> now2 | given
        given: 300 150 obj unpack s f --> address | address.1
        now2: 220 150 obj t b --> address
        800 98 obj loadbang --> begin
        begin: 800 124 obj t b b --> host | port
        port: 920 150 obj f $2 --> default
        default: 920 176 obj expr if($f1 == 0, 57140, $f1) --> address.1
        host: 800 202 obj list append $1 --> given2
        given2: 800 228 obj route float --> local | address
        local: 800 254 msg symbol 127.0.0.1 --> address
        address: 560 280 obj pack s f --> known
        known: 560 306 obj t b b a a --> beat | silence | open | keep
        keep: 700 332 obj t a a a --> where1.1 | where2.1 | where3.1
        open: 620 358 obj t a b --> connect | close2
        close2: 760 384 msg disconnect --> out
        connect: 620 410 obj list prepend connect --> trim
        trim: = + obj list trim --> out
        beat: 800 306 obj metro {BEAT_MS} --> register
        register: 920 332 msg 0 notify 1 --> registered
        700 46 obj inlet --> socket
        socket: 700 72 obj sel 0 1 --> later | still
        later: 700 98 obj delay {BEAT_MS} --> now2
        still: 720 124 msg stop --> later
        registered: 20 590 obj outlet
        out: 620 590 obj outlet
        state: 900 590 obj outlet
    """)
    return patch


def _replies() -> Patch:
    """Sort what comes back by its kind; each message keeps the arguments of the protocol."""
    patch = Patch(1180, 380, "replies")
    patch.add("""
        20 20 obj inlet --> parse
        parse: = + obj oscparse --> trim
        trim: = + obj list trim --> ours
        ours: = + obj route oscreorder --> heard
        heard: = + obj t a a b --> sort | all | alive
        sort: 20 170 obj route done neighbour sound corpus info param grain progress error notice bye --> done | neighbour | sound | corpus | info | param | grain | progress | error | notice | bye
        done: 20 206 obj route notify --> | outdone
        neighbour: 130 232 obj list prepend neighbour --> rows
        sound: 200 206 obj list prepend sound --> rows
        corpus: 330 232 obj list prepend corpus --> rows
        info: 400 206 obj list prepend info --> rows
        param: 510 232 obj list prepend param --> rows
        rows: 130 284 obj list trim --> outrows
        error: 720 206 obj unpack s f f s --> pair | | | pair.1
        notice: 880 206 obj unpack s f s --> pair | | pair.1
        pair: 720 258 obj pack s s --> words
        outdone: 20 340 obj outlet
        outrows: 130 340 obj outlet
        grain: 400 340 obj outlet
        progress: 500 340 obj outlet
        words: 720 340 obj outlet
        alive: 850 340 obj outlet
        bye: 950 340 obj outlet
        all: 1080 340 obj outlet
    """)  # noqa: E501 - a box with many outlets
    return patch
