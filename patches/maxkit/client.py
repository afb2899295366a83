"""oscreorder.maxpat, the connection with the daemon, and the part that makes its messages."""

from patches.maxkit.patch import Patch

HOST, PORT, REPLIES = "127.0.0.1", 57140, 57141
BEAT_MS, SILENCE_MS = 1000, 2500
SERVE = "oscreorder serve --root examples/sounds"


def files() -> dict[str, str]:
    """Return each patcher by its path in the package."""
    return {"patchers/oscreorder.maxpat": client(), "patchers/oscreorder.message.maxpat": message()}


def message() -> str:
    """Return what makes the OSC message of a command; the message box in it is filled from left to right, then sent."""
    patch = Patch(760, 330)
    patch.add("""
        20 16 text@90 Left: a command and its arguments. Right: the id. Out: /oscreorder/command id arguments
        20 60 inlet command and arguments --> each
        620 60 inlet id --> id.1
        each: 20 100 obj t b l b l --> box | arguments | id | command
        command: 460 140 obj zl.nth 1 --> address
        address: = + obj sprintf symout /oscreorder/%s --> set
        set: = + obj prepend set --> box
        id: 320 140 obj i 0 --> first
        first: = + obj prepend append --> box
        arguments: 160 140 obj zl.slice 1 --> | rest
        rest: = 200 obj prepend append --> box
        box: 20 250 msg --> out
        out: 20 290 outlet the message
    """)
    return patch.text()


def client() -> str:
    """Return the connection with the daemon."""
    patch = Patch(1260, 780, presented=True)
    patch.add(f"""
        20 10 text@150 oscreorder HOST PORT REPLYPORT: the connection with the daemon; what is not given is {HOST} {PORT} {REPLIES}. Its help tells all. As a bpatcher it shows its panel.
        20 60 inlet commands, such as load violin violin.flac --> sort
        sort: 20 100 obj route param stream/target stream/set stream/stop connect --> param | target | setting | stop | where | request
        param: 20 140 obj t b l l --> parambox | value | name
        name: 150 180 obj zl.nth 1 --> address
        address: = + obj sprintf symout /oscreorder/param/%s --> setparam
        setparam: = + obj prepend set --> parambox
        value: 20 180 obj zl.slice 1 --> | addparam
        addparam: 20 240 obj prepend append --> parambox
        parambox: 20 290 msg --> net
        target: 330 140 obj prepend stream/target --> streams
        setting: 500 140 obj prepend stream/set --> streams
        stop: 640 140 msg stream/stop -1 --> request
        request: 490 180 obj t l l b --> numbered | isstart | count
        count: 700 220 obj counter 101 15999999 --> id
        id: = + obj t i i --> numbered.1 | latest.1
        isstart: 540 220 obj route stream/start --> started
        started: = + obj t b --> latest
        latest: = + obj i 0 --> streams.1
        numbered: 490 320 obj oscreorder.message --> net
        streams: 330 290 obj oscreorder.message --> net
        880 60 obj loadbang --> args
        args: 960 60 obj patcherargs {HOST} {PORT} {REPLIES} --> where
        where: 900 140 obj unpack s 0 0 --> host | port | replies
        host: 880 180 obj t b s --> begin | tohost
        tohost: 960 220 obj prepend host --> net
        port: 980 180 obj prepend port --> net
        replies: 1100 180 obj t i i --> toear | register.1
        toear: 1100 220 obj prepend port --> ear
        begin: 880 260 msg 1 --> beat
        beat: = + obj metro {BEAT_MS} --> tick
        tick: = + obj counter 16000000 16700000 --> register
        register: = + obj pack 0 {REPLIES} --> notify
        notify: = + msg /oscreorder/notify $1 1 $2 --> net
        1180 300 obj freebang --> goodbye
        goodbye: 560 400 msg /oscreorder/notify 16700001 0 --> net
        net: 330 420 obj udpsend {HOST} {PORT}
        ear: 20 420 obj udpreceive {REPLIES} --> heard
        heard: 20 450 obj t l l b b --> kinds | raw | silence | here
        kinds: 20 490 obj route /oscreorder/done /oscreorder/error /oscreorder/notice /oscreorder/progress /oscreorder/grain /oscreorder/alive /oscreorder/bye --> done | error | notice | progress | grain | | bye | rows
        here: 900 460 msg 1 --> there
        980 420 obj loadbang --> silence
        silence: 980 460 obj delay {SILENCE_MS} --> gone
        gone: 1080 460 msg 0 --> there
        there: 960 500 obj change -1 --> state
        state: = + obj t i i i --> islive | led | tell
        led: 1080 520 toggle
        tell: 960 560 obj sel 0 1 --> lost | found
        lost: 740 590 msg nobody answers - start the daemon in a terminal: oscreorder serve --> said
        found: 1060 620 msg the daemon answers --> said
        done: 20 530 obj route notify --> | isdone
        isdone: 20 560 obj t l l --> outdone | showdone
        showdone: 20 590 obj prepend set done: --> donetext
        donetext: 20 620 text@16 -
        error: 160 560 obj unpack s 0 0 s --> sayerror | | | sayerror.1
        sayerror: 160 590 obj sprintf symout error %s: %s --> said
        notice: 380 560 obj unpack s 0 s --> saynote | | saynote.1
        saynote: 380 590 obj sprintf symout note %s: %s --> said
        progress: 590 560 obj t l l --> outprogress | parts
        parts: 590 590 obj unpack s 0 0. s --> | | bar
        bar: 500 620 slider
        bye: 660 530 obj t b b --> gone | ended
        ended: 740 560 msg the daemon has ended --> said
        said: 280 650 obj t l l l --> outwords | print | showwords
        print: 340 690 obj print oscreorder
        showwords: 400 650 obj prepend set --> wordstext
        wordstext: 560 650 text@24 -
        outdone: 20 730 outlet done: command, id, values
        rows: 100 730 outlet rows of lists: neighbour, sound, corpus, info, param, limit
        grain: 180 730 outlet grains of streams
        outprogress: 260 730 outlet progress: command, id, fraction, what
        outwords: 340 730 outlet words: errors, notes, whether the daemon answers
        islive: 960 730 outlet 1 while the daemon answers, else 0
        raw: 1040 730 outlet every reply as it came
        title: 1120 660 text oscreorder
    """)  # noqa: E501 - boxes with long texts
    patch.show("title", 8, 6, 90)
    patch.show("led", 100, 6, 20, 20)
    patch.show("bar", 130, 6, 160, 20)
    patch.show("donetext", 300, 6, 250)
    patch.show("wordstext", 8, 32, 540, 56)
    return patch.text()
