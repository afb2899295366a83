"""The small parts that the objects of the kit share, and the panel of the pages."""

from patches.pdkit.patch import Patch


def files() -> dict[str, str]:
    """Return each patch by its name."""
    return {
        "parts/to.pd": to_bus(),
        "parts/from.pd": from_bus(),
        "parts/stream-message.pd": stream_message(),
        "parts/words.pd": words(),
        "parts/view.pd": view(),
    }


def to_bus() -> str:
    """Return the way on to a bus; it is an abstraction so that a name that was not given is 0 everywhere."""
    patch = Patch(520, 160)
    patch.add("""
        20 20 text@60 [parts/to NAME CHANNEL]: sends to all of the kit that have the same name.
        20 60 obj inlet --> out
        out: 20 100 obj s oscreorder-$1-$2
    """)
    return patch.text()


def from_bus() -> str:
    """Return the way off a bus."""
    patch = Patch(520, 160)
    patch.add("""
        20 20 text@60 [parts/from NAME CHANNEL]: receives from all of the kit that have the same name.
        20 60 obj r oscreorder-$1-$2 --> out
        out: 20 100 obj outlet
    """)
    return patch.text()


def stream_message() -> str:
    """Return what completes a message to a stream: where it names no stream, the one that was started last is meant."""
    patch = Patch(760, 330)
    patch.add("""
        20 20 text@95 [parts/stream-message COMMAND ID]: what comes behind COMMAND in, "stream COMMAND arguments" out. Without a number in front the stream that was started last is meant.
        20 70 obj inlet --> sort
        sort: = + obj route list --> given | last
        given: = + obj t a a --> rest | number
        number: 200 148 obj list split 1 --> stream.1
        last: 330 122 obj t a b --> command | value
        value: 440 148 obj value $2-stream --> stream.1
        rest: 20 174 obj list split 1 --> | command
        command: = + obj list prepend $1 --> stream
        stream: = + obj list prepend 0 --> out
        out: = + obj outlet
    """)  # noqa: E501 - a comment that Pd wraps
    return patch.text()


def words() -> str:
    """Return what makes one symbol of many words, so that it is printed and shown as it is."""
    patch = Patch(720, 330)
    patch.add("""
        20 20 text@90 [parts/words]: left: words, which become one symbol. Right: a command and a text of the daemon, which become "command: text".
        20 66 obj inlet --> format
        format: = + obj fudiformat -u --> symbol
        300 66 obj inlet --> split
        split: = + obj t a a --> second | first
        first: 420 118 obj list split 1 --> bytes
        bytes: = + obj list fromsymbol --> colon
        colon: = + obj list append 58 32 --> join.1
        second: 300 144 obj list split 1 --> | textbytes
        textbytes: = + obj list fromsymbol --> join
        join: = + obj list prepend --> symbol
        symbol: 20 248 obj list tosymbol --> out
        out: = + obj outlet
    """)  # noqa: E501 - a comment that Pd wraps
    return patch.text()


def view() -> str:
    """Return a panel that shows whether the daemon answers, and what it says."""
    width, height, left, top = 820, 84, 20, 400
    band = f"cnv 5 {width} {height} empty empty empty 0 0 0 12 #eef3f3 #203030 0"
    line = "cnv 5 5 5 empty {} empty 0 6 0 12 #eef3f3 #203030 0"
    patch = Patch(900, 520)
    patch.add(f"""
        20 14 text@110 [parts/view NAME]: shows on the page what [oscreorder] with this NAME hears. It needs no wires.
        20 50 obj from $1 there --> led
        200 50 obj from $1 words --> words
        words: = + obj list prepend label --> wordsout
        wordsout: = + obj list trim --> sendwords
        sendwords: = + obj s $0-words
        420 50 obj from $1 reply --> reply
        reply: = + obj route done progress --> isdone | progress
        isdone: 420 110 obj route notify copies --> | full | whole
        whole: = + obj t a b --> done | full
        full: 520 162 msg 1 --> bar
        done: 420 162 obj list prepend done: --> trimmed
        trimmed: = + obj list trim --> text
        text: = + obj words --> donelabel
        donelabel: = + obj list prepend label --> doneout
        doneout: = + obj list trim --> senddone
        senddone: = + obj s $0-done
        progress: 600 110 obj unpack s f f s --> | | bar | what
        what: 680 136 obj list prepend label --> whatout
        whatout: = + obj list trim --> sendwhat
        sendwhat: = + obj s $0-what
        {left} {top} obj {band}
        led: {left + 8} {top + 6} obj tgl 17 0 empty empty empty 24 8 0 12 #fcfcfc #000000 #30a060 0 1
        {left + 32} {top + 10} obj cnv 5 5 5 empty empty the\\ daemon\\ answers 0 6 0 12 #eef3f3 #203030 0
        bar: {left + 250} {top + 7} obj hsl 140 15 0 1 0 0 empty empty empty -2 -8 0 12 #fcfcfc #306060 #000000 0 1
        {left + 400} {top + 10} obj {line.format("$0-what")}
        {left + 10} {top + 36} obj {line.format("$0-done")}
        {left + 10} {top + 62} obj {line.format("$0-words")}
    """)
    return f"{patch.text()}#X coords 0 -1 1 1 {width} {height} 2 {left} {top};\n"
