"""oscreorder.grains~: the sounds of a corpus in buffers, and the grains of its streams in time; and its voice."""

from patches.maxkit.patch import Patch

VOICES = 64
ATTACK_MS, RELEASE_MS = 5, 10


def files() -> dict[str, str]:
    """Return each patcher by its path in the package."""
    return {"patchers/oscreorder.grains~.maxpat": grains(), "patchers/oscreorder.voice~.maxpat": voice()}


def grains() -> str:
    """Return the player of a corpus's grains.

    The time of the first grain is its arrival plus its lead; all others are placed from it by ``t_ms``.  The error is
    how much more time there is than the message says: a hundredth of it is taken back with each grain, and beyond
    50 ms, or where a grain would come too late, the clock starts anew.
    """
    patch = Patch(1320, 800)
    patch.add(f"""
        20 10 text@150 oscreorder.grains~ CORPUS: holds the sounds of a corpus and plays the grains of one stream, each at its time. Left inlet: the last outlet of oscreorder, and bang: read the sounds of the corpus; stop: forget the grains that wait. Third outlet: to the inlet of oscreorder.
        20 70 inlet every reply of the daemon; bang: read the sounds; stop --> sort
        sort: 20 110 obj route bang stop /oscreorder/sound /oscreorder/done /oscreorder/grain --> ask | stop | sounds.1 | done | grain
        ask: 800 110 obj t b b b b --> request | open | forget | unknown
        forget: 980 150 msg clear --> buffers
        unknown: 1040 150 msg clear --> rates
        open: 900 150 msg 1 --> sounds
        request: 800 150 msg sounds #1 --> asked
        done: 700 180 obj route sounds --> ended
        ended: 700 210 obj t b --> close
        close: 700 240 msg 0 --> sounds
        stop: 120 150 msg clear --> wait
        sounds: 760 280 obj gate --> row
        row: 760 310 obj unpack 0 0 s 0 0 0 --> | known | path | known.1 | known.2
        path: 900 350 obj prepend append --> buffers
        buffers: 900 380 obj polybuffer~ #0-sounds
        known: 760 420 obj pack 0 0 0 --> rates
        rates: 760 450 obj coll #0-rates --> about
        about: 760 480 obj unpack 0 0 --> startms | wait.5
        grain: 20 180 obj unpack 0 0. 0. 0 0 0. 0. 0. 0. --> now | error.2 | lead | sound | startms.1 | wait.2 | wait.3 | wait.4
        sound: 420 210 obj t i i --> keep.1 | rates
        lead: 240 240 obj t f f f --> error.1 | anew.1 | delay.1
        now: 20 210 obj t b b --> keep | clock
        clock: 100 240 obj cpuclock --> error
        error: 20 280 obj expr $f1 + $f2 - $f3 - $f4 --> each
        each: = + obj t f f --> anchor | wrapped
        wrapped: 100 340 obj expr $f1 - 60000. * (($f1 > 30000.) - ($f1 + 30000. < 0.)) --> parts
        parts: = + obj t f f f --> delay | anew | anchor.1
        anew: 240 410 obj expr ($f1 * $f1 > 2500.) || ($f1 > $f2) --> isanew
        isanew: = + obj t i i --> anchor.2 | delay.2
        delay: 100 480 obj expr $f2 - $f1 * (1. - $f3) --> wait.6
        anchor: 360 480 obj expr $f4 + $f1 - $f2 + $f2 * ($f3 + 0.01 * (1. - $f3)) --> kept
        kept: = + obj t f f --> error.3 | anchor.3
        keep: 20 530 obj i 0 --> wait
        startms: 560 560 obj expr 1000. * $f2 / $f1 --> wait.1
        wait: 20 600 obj pipe 0 0. 0. 0. 0. 0 100 --> voice | voice.1 | voice.2 | voice.3 | voice.4 | voice.5
        voice: = + obj pack 0 0. 0. 0. 0. 0 --> note
        note: = + obj prepend note --> poly
        poly: = + obj poly~ oscreorder.voice~ {VOICES} args #0-sounds --> left | right
        left: 20 740 outlet left
        right: 120 740 outlet right
        asked: 800 740 outlet to the inlet of oscreorder
    """)  # noqa: E501 - boxes with long texts
    return patch.text()


def voice() -> str:
    """Return what plays one grain."""
    patch = Patch(1180, 620)
    patch.add(f"""
        20 10 text@110 One grain: sound, start and length in ms, gain, pan, channels. It is busy until its envelope, {ATTACK_MS} ms up and {RELEASE_MS} ms down, has ended.
        20 60 obj in 1 --> parts
        parts: = + obj unpack 0 0. 0. 0. 0. 0 --> sound | start | length | gain | pan | channels
        sound: 20 130 obj t b b b i --> shape | begin | busy | number
        number: 140 170 obj + 1 --> buffer
        buffer: = + obj sprintf symout #1.%ld --> set
        set: = + obj prepend set --> play
        busy: 340 170 msg 1 --> poly
        poly: 340 560 obj thispoly~
        start: 420 130 obj t f f --> end | begin.1
        begin: 420 170 obj f 0. --> from
        end: 520 170 obj expr $f1 + $f2 + {ATTACK_MS}. --> from.1
        from: 420 210 obj pack 0. 0. --> span
        span: = + msg start $1 $2 --> play
        length: 560 130 obj t f f --> hold | end.1
        hold: 560 210 obj expr max($f1 - {ATTACK_MS + RELEASE_MS}.\\, 0.) --> shape.1
        shape: 560 250 obj f 0. --> envelope
        envelope: = + msg 0 0 1 {ATTACK_MS} 1 $1 0 {RELEASE_MS} --> line
        line: = + obj line~ --> outl.1, outr.1 | free
        free: 640 350 msg 0 --> poly
        gain: 760 130 obj t f f --> gainl | gainr
        pan: 860 130 obj t f f --> gainl.1 | gainr.1
        gainl: 760 210 obj expr $f1 * cos(($f2 + 1.) * 0.785398) --> left.1
        gainr: 760 250 obj expr $f1 * sin(($f2 + 1.) * 0.785398) --> right.1
        channels: 760 290 obj expr $f1 < 2. --> mono.1
        play: 20 330 obj play~ #1.1 2 --> left, mono | both.1
        mono: 160 370 obj *~ 0. --> both
        both: = + obj +~ --> right
        left: 20 450 obj *~ 0. --> outl
        right: 160 450 obj *~ 0. --> outr
        outl: 20 490 obj *~ --> speakl
        outr: 160 490 obj *~ --> speakr
        speakl: 20 530 obj out~ 1
        speakr: 160 530 obj out~ 2
    """)  # noqa: E501 - a comment that wraps
    return patch.text()
