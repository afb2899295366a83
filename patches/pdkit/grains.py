"""[oscreorder-grains~]: the sounds of a corpus in arrays, and the grains of its streams in time."""

from patches.pdkit.client import OWN_IDS
from patches.pdkit.patch import Patch

VOICES = 64
CLOCKS = 16
SOUNDS = 128
LONGEST = 1_000_000_000
DECLICK_MS = 10


def files() -> dict[str, str]:
    """Return each patch by its name."""
    return {
        "oscreorder-grains~.pd": grains(),
        "parts/clock.pd": clock(),
        "parts/voice~.pd": voice(),
        "parts/array.pd": array(),
    }


def array() -> str:
    """Return an array; the two sides of sound n are arrays 2n and 2n + 1."""
    patch = Patch(420, 140)
    patch.add("""
        20 20 text@50 [parts/array NUMBER ID]: one side of a sound.
        20 60 obj table $2-$1 8
        20 90 obj inlet
    """)
    return patch.text()


def clock() -> str:
    """Return what tells how long to wait with a grain of one stream, however unevenly its messages come.

    The time of the first grain is its arrival plus its lead; all others are placed from grain to grain by ``t_ms``.
    The error is how much more time there is than the message says.  It is smoothed over two seconds; what is beyond
    10 ms is taken back by at most half a millisecond a second; beyond 50 ms, or where a grain would come too late,
    the clock starts anew.
    """
    patch = Patch(1130, 750)
    patch.add("""
        20 14 text@130 [parts/clock NUMBER ID]: keeps the time of one stream. In: "start stream" and grains. Out: sound start dur gain pan distance delay. The first grain sounds lead_ms after it came. All others stand where t_ms says, to the sample, however unevenly their messages come.
        20 70 text@130 error: how much more time there is than lead_ms says. It is smoothed over 2 s. What is beyond 10 ms is taken back slowly (the clocks of two machines differ). Beyond 50 ms, and where a grain would be late, the clock starts anew.
        20 116 obj inlet --> sort
        sort: = + obj route start grain --> start | grain
        start: 20 180 obj t f b --> mine.1 | fresh
        fresh: 90 206 msg 1 --> reset.3
        grain: 160 168 obj t a a --> ours | id
        id: 280 194 obj list split 1 --> mine
        mine: 280 220 obj == 0 --> ours.1
        ours: 160 246 obj spigot --> split
        split: = + obj list split 3 --> times | payload.1
        times: = + obj unpack f f f --> | t | lead
        lead: 500 298 obj t f f f --> error.1 | reset.1 | delay.1
        t: 160 324 obj t b f f b --> timer | error.4 | error | timer.1
        timer: 20 350 obj timer --> elapsed
        elapsed: = + obj t f f f --> error.2 | smooth.2 | delay.2
        error: 160 402 obj expr ($f1 - $f5) + ($f4 - $f3 - $f2) --> wrap
        wrap: = + obj expr $f1 - 60000 * floor($f1 / 60000 + 0.5) --> each
        each: = + obj t f f f --> delay | reset | smooth
        smooth: 500 402 obj expr $f2 + ($f1 - $f2) * $f3 / ($f3 + 2000) --> smoothed
        smoothed: = + obj t f f --> reset.2 | kept.1
        reset: 500 480 obj@85 expr ($f4 != 0) || ($f1 + $f2 < 0) || (abs($f3) > 50) || (abs($f1) > 5000) --> anew
        anew: = + obj t f f b --> kept | delay.4 | begun
        begun: 700 536 msg 0 --> reset.3
        kept: 500 558 obj expr if($f1, 0, $f2) --> keep
        keep: 500 584 obj t f f --> smooth.1 | delay.3
        delay: 20 616 obj@110 expr if($f5, $f2, $f2 + $f1 - $f3 * max(-0.0005, min(0.0005, ($f4 - max(-10, min(10, $f4))) / 20000))) --> waits
        waits: = + obj t b f f --> payload | order.1 | error.3
        payload: = + obj list --> order
        order: = + obj list append --> out
        out: = + obj outlet
    """)  # noqa: E501 - long expressions, and comments that Pd wraps
    return patch.text()


def voice() -> str:
    """Return what plays one grain."""
    patch = Patch(880, 520)
    patch.add("""
        20 14 text@110 [parts/voice~ NUMBER ID]: plays one grain. In: left array, right array, start, dur, samples, left gain, right gain, attack, release, hold. vline~ begins between the blocks, at the moment the message is for.
        20 66 obj inlet --> parts
        parts: = + obj unpack f f f f f f f f f f --> left | right | start | index.1 | samples.1 | gainl.1 | gainr.1 | attack.1 | shape.1 | shape.2
        left: 20 130 obj t b b f --> attack | samples | namel
        namel: 330 156 obj makefilename $2-%d --> setl
        setl: = + obj list prepend set --> triml
        triml: = + obj list trim --> readl
        right: 560 156 obj makefilename $2-%d --> setr
        setr: = + obj list prepend set --> trimr
        trimr: = + obj list trim --> readr
        start: 780 156 obj t f f --> readl.1 | readr.1
        samples: 160 156 obj f --> index
        index: = + obj pack f f --> ramp
        ramp: = + msg 0, $1 $2 --> run
        run: = + obj vline~ --> readl, readr
        attack: 20 260 obj f --> shape
        shape: = + obj pack f f f --> fade
        fade: = + msg 0, 1 $1, 0 $2 $3 --> envelope
        envelope: = + obj vline~ --> half
        half: = + obj *~ 0.5 --> cosine
        cosine: = + obj cos~ --> minus
        minus: = + obj *~ -0.5 --> plus
        plus: = + obj +~ 0.5 --> gainl2.1, gainr2.1
        readl: 330 300 obj tabread4~ $2-0 --> gainl
        readr: 560 300 obj tabread4~ $2-0 --> gainr
        gainl: 330 360 obj *~ --> gainl2
        gainr: 560 360 obj *~ --> gainr2
        gainl2: 330 420 obj *~ --> outl
        gainr2: 560 420 obj *~ --> outr
        outl: 330 460 obj outlet~
        outr: 560 460 obj outlet~
    """)  # noqa: E501 - comments that Pd wraps
    return patch.text()


def grains() -> str:
    """Return the player of a corpus's grains."""
    patch = Patch(960, 560)
    patch.add("""
        20 14 text@120 [oscreorder-grains~ CORPUS NAME]: holds the sounds of a corpus and plays the grains of its streams, each at its time. NAME is that of [oscreorder], where it has one. [oscreorder-grains~-help] tells all.
        20 66 obj inlet --> asked
        asked: = + obj route play stop attack_ms release_ms bang --> once | stop | voicing.1 | voicing.2 | sounds
        once: 20 170 obj list append 1 0 --> voicing
        stop: 160 170 msg clear --> wait
        600 66 obj loadbang --> given
        given: = + obj list append $1 --> named
        named: = + obj route 0 --> missing
        missing: = + msg@46 oscreorder-grains~ wants the name of its corpus: oscreorder-grains~ violin --> words
        words: 600 186 obj parts/words --> print0
        print0: = + obj list trim --> print
        print: = + obj print oscreorder
        300 196 obj parts/from $2 reply --> reply
        reply: = + obj route grain --> streams | sounds.1
        440 260 obj parts/from $2 streams --> streams.1
    """)  # noqa: E501 - comments that Pd wraps
    patch.sub(_streams(), 300, 300, "clocks | sounds.2", name="streams")
    patch.add(f"""
        clocks: 300 340 obj clone -s 0 parts/clock {CLOCKS} $0 --> drop
        drop: 300 362 obj list split 1 --> | wait
        wait: 300 384 obj pipe 0 0 0 0 0 0 0 --> heard | heard.1 | heard.2 | heard.3 | heard.4 | heard.5
        heard: 300 406 obj pack f f f f f f --> both
        both: 300 428 obj t a a --> voicing | tell
        tell: 440 444 obj list prepend grain --> trim
        trim: 440 470 obj list trim --> out
        ready: 620 444 obj list prepend ready --> trim
        out: 440 520 obj outlet
    """)
    patch.sub(_sounds(), 600, 300, "ready | words", name="sounds")
    patch.sub(_voicing(), 20, 444, "voices", name="voicing")
    patch.add(f"""
        voices: 20 470 obj clone parts/voice~ {VOICES} $0 --> left | right
        left: 20 520 obj outlet~
        right: 120 520 obj outlet~
        600 370 obj clone -s 0 parts/array {2 * SOUNDS} $0
        600 396 obj table $0-rates {SOUNDS}
        740 396 obj table $0-sides {SOUNDS}
    """)
    return patch.text()


def _streams() -> Patch:
    """Pass each grain of this corpus to the clock of its stream."""
    patch = Patch(900, 420, "streams")
    patch.add(f"""
        20 20 text grains
        20 46 obj inlet --> each
        each: = + obj t a a --> grain | slot
        slot: 120 98 obj unpack f --> which
        which: 120 124 obj mod {CLOCKS} --> clock.1
        grain: 20 150 obj list prepend grain --> clock
        clock: = + obj list prepend --> out
        out: 20 380 obj outlet
        330 20 text what is asked for: asked, stream, corpus
        330 46 obj inlet --> asked
        asked: = + obj route asked --> both
        both: = + obj t a a --> ours | corpus
        corpus: 460 124 obj list split 1 --> | name
        name: = + obj list trim --> isours
        isours: = + obj route $1 --> yes | no
        yes: 460 202 msg 1 --> ours.1
        no: 520 202 msg 0 --> ours.1
        ours: 330 228 obj spigot --> id
        id: = + obj list split 1 --> begins
        begins: 330 280 obj t f f f --> start | where | again
        again: 520 380 obj outlet
        where: 420 306 obj mod {CLOCKS} --> clock2.1
        start: 330 332 obj list prepend start --> clock2
        clock2: 330 358 obj list prepend --> out
    """)
    return patch


def _sounds() -> Patch:
    """Ask for the sounds of the corpus, as files that Pd reads, and read those that are new."""
    patch = Patch(1300, 700, "sounds")
    patch.add(f"""
        20 20 text read all anew
        20 46 obj inlet --> anew
        anew: = + obj t b b --> ask | forget
        forget: 90 98 msg clear --> read
        read: 90 124 obj text define $0-read
        ask: 20 176 obj t b b --> next | none
        none: 90 202 msg 0 --> total.1, one.1
        next: 20 228 obj f --> stepped
        stepped: = + obj t f f --> base | step
        step: 90 280 obj + 1 --> wrap
        wrap: 90 306 obj mod 100 --> next.1
        150 228 obj loadbang --> own
        own: 150 254 obj f $0 --> numbers
        numbers: 150 280 obj expr {OWN_IDS} + 100 * ($f1 % 60000) --> base.1
        base: 20 332 obj + --> id
        id: = + obj t f f f --> question | mine.1 | mine2.1
        question: = + obj list append copies $1 --> tobus
        tobus: = + obj parts/to $2 ask
        230 20 text what the daemon says
        230 46 obj inlet --> reply
        reply: = + obj route sound done --> sound | done
        done: 330 98 obj route copies stream/start --> isdone | starts
        starts: 480 124 obj unpack f --> wanted
        wanted: = + obj == -1 --> now
        now: = + obj sel 1 --> ask
        480 20 text our stream that was asked for last
        480 46 obj inlet --> wanted.1
        isdone: 330 150 obj unpack f --> mine2
        mine2: = + obj == 0 --> ended
        ended: = + obj sel 1 --> total
        total: 330 228 obj f --> ready
        ready: 330 660 obj outlet
        sound: 230 254 obj t a a --> mineonly | who
        who: 400 280 obj list split 1 --> mine
        mine: 400 306 obj == 0 --> mineonly.1
        mineonly: 230 332 obj spigot --> cut
        cut: = + obj list split 1 --> | row
        row: = + obj unpack f s f f f --> index | path | rate.1 | channels | search.2
        channels: 470 410 obj > 1 --> two
        two: = + obj t f f f --> sides.1 | stereo.1 | inverse
        inverse: 560 462 obj == 0 --> mono.1
        path: 370 436 obj t a a a --> search.1 | file.1 | which.1
        index: 230 436 obj moses {SOUNDS} --> places | toomany
        toomany: 20 620 msg@90 oscreorder-grains~ holds only the first {SOUNDS} sounds of a corpus --> words
        places: 230 488 obj t f f f --> search | names | lines
        lines: 400 514 obj t f f f --> setrate.1 | setside.1 | setline.1
        names: 620 254 obj * 2 --> both
        both: = + obj t f f --> left | right
        right: 680 306 obj + 1 --> nameright
        left: 620 332 obj makefilename $0-%d --> array.1
        nameright: 680 358 obj makefilename $0-%d --> array.2
        search: 230 540 obj pack f s f --> known
        known: = + obj t a a --> find | line.1
        find: 480 540 obj text search $0-read --> isnew
        isnew: = + obj sel -1 --> file | one
        file: 620 410 obj symbol --> array
        array: 620 436 obj pack s s s --> sides2
        sides2: 620 462 obj t a a --> mono | stereo
        mono: 620 514 obj spigot 1 --> readmono
        stereo: 700 488 obj spigot --> readstereo
        readmono: 620 566 msg read -resize -maxsize {LONGEST} $1 $2 --> soundfiler
        readstereo: 700 540 msg read -resize -maxsize {LONGEST} $1 $2 $3 --> soundfiler
        soundfiler: 620 592 obj soundfiler --> failed
        failed: 800 254 obj sel 0 --> sorry | good
        sorry: 800 280 obj t b b --> silent | which
        silent: 800 306 msg 0 --> setrate
        which: 860 306 obj symbol --> cannot
        cannot: 860 332 msg@55 Pd cannot read $1 - it reads WAV and AIFF that lie on its own machine --> words
        words: 860 660 obj outlet
        good: 800 384 obj t b b b b --> one | line | sides | rate
        rate: 980 410 obj f --> setrate
        setrate: 980 436 obj tabwrite $0-rates
        sides: 920 462 obj f --> setside
        setside: 920 488 obj tabwrite $0-sides
        line: 1000 514 obj list --> setline
        setline: 1000 540 obj text set $0-read 0
        one: 1060 254 obj f --> more
        more: 1060 280 obj + 1 --> total.1, one.1
    """)
    return patch


def _voicing() -> Patch:
    """Make of a grain what a voice needs."""
    patch = Patch(1020, 550, "voicing")
    patch.add(f"""
        20 20 text@40 sound, start, dur_ms, gain, pan
        20 46 obj inlet --> parts
        parts: = + obj unpack f f f f f --> low | shape.1 | shape.2 | shape.3 | shape.4
        low: 20 98 obj moses 0 --> | high
        high: 80 124 obj moses {SOUNDS} --> order
        order: 80 150 obj t f f f --> there | sides | rates
        rates: 260 176 obj tabread $0-rates --> rate
        rate: 260 202 obj t f f --> shape.6 | isthere
        isthere: 320 228 obj != 0 --> there.1
        sides: 140 202 obj tabread $0-sides --> shape.5
        there: 80 254 obj spigot --> shape
        480 20 text attack_ms
        480 46 obj inlet --> shape.7
        620 20 text release_ms
        620 46 obj inlet --> shape.8
        760 46 obj loadbang --> ten
        ten: 760 72 msg {DECLICK_MS} --> shape.7, shape.8
        480 98 text@70 Two arrays (the same one where the sound is mono), the samples to run through, equal power to both sides, and an envelope that fits into the grain.
        shape: 20 290 obj@120 expr 2 * $f1; 2 * $f1 + $f6; $f2; $f3; $f3 * $f7 / 1000; $f4 * cos(($f5 + 1) * 0.785398) * (1 + 0.414214 * $f6); $f4 * sin(($f5 + 1) * 0.785398) * (1 + 0.414214 * $f6); $f8 * min(1, $f3 / max($f8 + $f9, 0.001)); $f9 * min(1, $f3 / max($f8 + $f9, 0.001)); $f3 - $f9 * min(1, $f3 / max($f8 + $f9, 0.001)) --> list | list.1 | list.2 | list.3 | list.4 | list.5 | list.6 | list.7 | list.8 | list.9
        list: 20 460 obj pack f f f f f f f f f f --> next
        next: = + obj list prepend next --> trim
        trim: 180 486 obj list trim --> out
        out: 180 512 obj outlet
    """)  # noqa: E501 - a long expression, and comments that Pd wraps
    return patch
