"""The codec: every datagram gives messages or `WireError`, quickly; what is right comes through whole.

The laws build packets field by field (address, tags, payload, sizes drawn apart from each other) and then spoil words
of them, because plain random bytes never find the faults that sizes make.  python-osc, as the oracle, reads what we
write and writes what we read.
"""

import math
import struct
import time

import packets
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from oscreorder.errors import WireError
from oscreorder.limits import DEFAULTS, Limits
from oscreorder.osc import wire
from oscreorder.osc.messages import Refusal, read_request
from oscreorder.osc.wire import Message, Timed, Unreadable, decode, encode, encode_bundle

FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
SMALL_INT = st.integers(-(2**24), 2**24)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
ADDRESS = TEXT.map(lambda text: "/" + text)

HOSTILE_INT = st.sampled_from([0, 1, -1, 4, -4, 8, -8, -12, -16, 20, 64, -64, 2**31 - 1, -(2**31)]) | st.integers(
    -(2**31), 2**31 - 1
)
WORD = HOSTILE_INT.map(packets.int32)
FREE_TEXT = st.sampled_from([b"/a", b"/render", b"/oscreorder/ping", b"", "é漢".encode(), b"../../etc/passwd"]) | (
    st.binary(max_size=40)
)
FIELD = st.one_of(
    WORD,
    FREE_TEXT.map(packets.string),
    FREE_TEXT,
    st.binary(max_size=24).map(packets.blob),
    st.builds(lambda size, content: packets.int32(size) + content, HOSTILE_INT, st.binary(max_size=24)),
    st.floats(width=32).map(packets.float32),
)
TAGS = st.text("ifsbhdtcmrTFNI[]zS", max_size=8).map(str.encode) | st.binary(max_size=8)
PAYLOAD = st.lists(FIELD, max_size=8).map(b"".join)
PADDED = st.booleans().flatmap(lambda padded: FREE_TEXT.map(packets.string) if padded else FREE_TEXT)


@st.composite
def hostile_bundle(draw: st.DrawFn, children: st.SearchStrategy[bytes]) -> bytes:
    """A bundle with a wrong element size here and there."""
    packet = packets.head(draw(st.sampled_from([packets.IMMEDIATELY, packets.LAST]) | st.integers(0, packets.LAST)))
    for element in draw(st.lists(children, max_size=5)):
        right = draw(st.integers(0, 9)) > 0
        packet += packets.int32(len(element) if right else draw(HOSTILE_INT)) + element
    return packet


@st.composite
def spoiled(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """A packet after up to four accidents; overwriting an aligned word is the one that finds most."""
    packet = bytearray(draw(whole))
    for accident in draw(st.lists(st.sampled_from(["word", "word", "byte", "delete", "insert", "cut"]), max_size=4)):
        at = draw(st.integers(0, len(packet)))
        match accident:
            case "word":
                packet[at & ~3 : (at & ~3) + 4] = draw(WORD)
            case "byte":
                packet[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case "delete":
                del packet[at : at + draw(st.integers(1, 8))]
            case "insert":
                packet[at:at] = draw(st.binary(min_size=1, max_size=8))
            case "cut":
                del packet[at:]
    return bytes(packet)


FREE_MESSAGE = st.one_of(
    st.builds(packets.message, FREE_TEXT, TAGS, PAYLOAD),
    st.builds(packets.message, FREE_TEXT, st.none(), PAYLOAD),
    st.builds(lambda *parts: b"".join(parts), PADDED, PADDED, PAYLOAD),
)
HOSTILE_PACKET = spoiled(st.recursive(FREE_MESSAGE, hostile_bundle, max_leaves=12)) | st.binary(max_size=80)


def decoded(packet: bytes) -> list[Timed]:
    try:
        return decode(packet)
    except WireError:
        return []


def single(packet: bytes) -> Message:
    [timed] = decode(packet)
    assert timed.timetag == wire.IMMEDIATELY
    return timed.message


@given(HOSTILE_PACKET)
@example(packets.HOSTILE["element size -4"])
@example(packets.HOSTILE["jump back over a good message"])
def test_any_bytes_give_messages_or_wire_error(packet: bytes) -> None:
    found = decoded(packet)
    assert len(found) <= max(1, len(packet) // 8)
    for timed in found:
        assert 0 <= timed.timetag < 2**64
        assert timed.message.address.startswith("/") or timed.message.address == ""
        for argument in timed.message.arguments:
            assert isinstance(argument, int | float | str | bytes | Unreadable)


@pytest.mark.parametrize("name", packets.HOSTILE)
def test_a_hostile_packet_is_refused_at_once(name: str) -> None:
    packet = packets.HOSTILE[name]
    times = []
    for _ in range(3):  # a collection of garbage may fall into one, what is slow is slow each time
        began = time.thread_time()  # of the processor: a busy machine must not fail this
        found = [(timed.message, read_request(timed.message)) for timed in decoded(packet)]
        times.append(time.thread_time() - began)
    for message, request in found:
        unreadable = any(isinstance(argument, Unreadable) for argument in message.arguments)
        assert unreadable or isinstance(request, Refusal)
    assert min(times) < 0.05


@pytest.mark.parametrize(
    ("name", "messages"),
    [(name, 0 if name == "empty bundle" else 1024 if name == "1,024 messages" else 1) for name in packets.VALID],
)
def test_a_strange_but_right_packet_is_read(name: str, messages: int) -> None:
    found = decode(packets.VALID[name])
    assert [timed.message.address for timed in found] == ["/a"] * messages
    assert not any(isinstance(argument, Unreadable) for timed in found for argument in timed.message.arguments)


@given(ADDRESS, st.lists(SMALL_INT | FLOAT32 | TEXT | st.binary(max_size=40), max_size=8))
def test_what_is_written_reads_the_same(address: str, arguments: list[int | float | str | bytes]) -> None:
    assert single(encode(address, *arguments)) == Message(address, tuple(arguments))


@given(ADDRESS, st.lists(SMALL_INT | FLOAT32 | TEXT | st.binary(min_size=1, max_size=40), max_size=8))
def test_python_osc_reads_what_we_write(address: str, arguments: list[int | float | str | bytes]) -> None:
    packet = encode(address, *arguments)
    theirs = OscMessage(packet)
    assert theirs.address == address
    assert theirs.params == arguments
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    assert builder.build().dgram == packet


@given(
    ADDRESS,
    st.lists(
        st.one_of(
            st.tuples(st.just("i"), st.integers(-(2**31), 2**31 - 1)),
            st.tuples(st.just("h"), st.integers(-(2**63), 2**63 - 1)),
            st.tuples(st.just("f"), FLOAT32),
            st.tuples(st.just("d"), st.floats(allow_nan=False)),
            st.tuples(st.just("s"), TEXT),
            st.tuples(st.just("b"), st.binary(min_size=1, max_size=40)),
            st.sampled_from([("T", True), ("F", False)]),
        ),
        max_size=12,
    ),
)
def test_we_read_what_python_osc_writes(address: str, tagged: list[tuple[str, int | float | str | bytes]]) -> None:
    builder = OscMessageBuilder(address)
    for tag, argument in tagged:
        builder.add_arg(argument, tag)
    message = single(builder.build().dgram)
    assert message == Message(address, tuple(argument for _, argument in tagged))
    assert [type(argument) for argument in message.arguments] == [type(argument) for _, argument in tagged]


@given(st.recursive(st.binary(max_size=3), lambda inner: st.lists(inner, max_size=4), max_leaves=20), st.data())
def test_messages_of_nested_bundles_come_in_order_with_their_own_timetag(
    tree: bytes | list[object], data: st.DataObject
) -> None:
    expected: list[Timed] = []

    def packed(node: bytes | list[object], timetag: int, depth: int) -> bytes:
        assume(depth <= DEFAULTS.nesting)
        if isinstance(node, bytes):
            expected.append(Timed(timetag, Message("/a", (node,))))
            return encode("/a", node)
        own = data.draw(st.integers(0, packets.LAST))
        return packets.bundle(*[packed(child, own, depth + 1) for child in node], timetag=own)  # type: ignore[arg-type]

    assert decode(packed(tree, wire.IMMEDIATELY, 0)) == expected


@given(st.lists(FREE_MESSAGE.filter(lambda packet: packet[:1] != b"#"), min_size=1, max_size=6))
def test_a_bad_message_does_not_lose_its_siblings(elements: list[bytes]) -> None:
    whole = [element + b"\0" * (-len(element) % 4) or bytes(4) for element in elements]
    alone = [[timed.message for timed in decoded(element)] for element in whole]
    together = [timed.message for timed in decode(packets.bundle(*whole))]
    for message, expected in zip(together, alone, strict=True):
        assert repr(message) == repr(expected[0]) if expected else message.address == ""


@pytest.mark.parametrize("element", [b"/abc", packets.string("/a") + b",iii", packets.message("/a", "s", b"abcd")])
def test_text_does_not_reach_into_the_next_element(element: bytes) -> None:
    bad, good = decode(packets.bundle(element, packets.message("/a")))
    assert bad.message == Message("", (Unreadable("text without its closing NUL"),))
    assert good.message == Message("/a")


@given(ADDRESS, st.integers(0, packets.LAST), st.lists(SMALL_INT, min_size=1, max_size=5))
def test_a_bundle_is_written_as_by_hand(address: str, timetag: int, numbers: list[int]) -> None:
    elements = [encode(address, number) for number in numbers]
    packet = encode_bundle(timetag, elements)
    assert packet == packets.bundle(*elements, timetag=timetag)
    assert decode(packet) == [Timed(timetag, Message(address, (number,))) for number in numbers]


@pytest.mark.parametrize(
    ("tags", "payload", "read"),
    [
        ("iciT", packets.int32(7) + packets.int32(65) + packets.int32(8), (7,)),
        ("sx", packets.string("a"), ("a",)),
        ("TF[i]", packets.int32(1), (True, False)),
        ("it", packets.int32(7) + bytes(8), (7,)),
    ],
)
def test_an_unknown_tag_ends_the_reading_and_nothing_is_guessed(tags: str, payload: bytes, read: tuple[object]) -> None:
    *before, last = single(packets.message("/a", tags, payload)).arguments
    assert tuple(before) == read
    assert isinstance(last, Unreadable)
    assert tags[len(read)] in last.reason


def test_text_that_is_not_utf8_leaves_the_arguments_around_it_readable() -> None:
    payload = packets.int32(7) + packets.string(b"caf\xe9.wav") + packets.int32(8)
    first, text, last = single(packets.message("/a", "isi", payload)).arguments
    assert (first, last) == (7, 8)
    assert text == Unreadable('"caf\\xe9.wav" is not UTF-8')


@pytest.mark.parametrize("raw", [b"\xff\x08\x1b[2J", b"a\r\n\xff", b"\x7f\x80", b"\xff" + bytes(range(1, 60))])
def test_the_reason_does_nothing_to_a_terminal(raw: bytes) -> None:
    [argument] = single(packets.message("/a", "s", packets.string(raw))).arguments
    assert isinstance(argument, Unreadable)
    assert argument.reason.isascii()
    assert argument.reason.isprintable()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_come_as_they_are(number: float) -> None:
    read = single(packets.message("/a", "fd", packets.float32(number) + struct.pack(">d", number))).arguments
    assert repr(read) == repr((number, number))


@pytest.mark.parametrize(
    ("packet", "limit"),
    [
        (packets.nested(DEFAULTS.nesting + 1), "8 deep"),
        (packets.bundle(*[packets.string("/a")] * (DEFAULTS.elements + 1)), "1024 elements"),
        (packets.bundle(packets.bundle(*[packets.string("/a")] * DEFAULTS.elements)), "1024 elements"),
        (packets.message("/a", "T" * (DEFAULTS.arguments + 1)), "4096 arguments"),
        (packets.message("/a", "b", packets.blob(bytes(65_500))), "65507"),
    ],
)
def test_one_beyond_a_limit_is_refused_and_the_limit_named(packet: bytes, limit: str) -> None:
    with pytest.raises(WireError, match=limit):
        decode(packet)


@pytest.mark.parametrize(
    ("name", "at_most", "beyond"),
    [
        ("packet_bytes", packets.message("/a", "i", bytes(4)), packets.message("/a", "ii", bytes(8))),
        ("nesting", packets.nested(2), packets.nested(3)),
        ("elements", packets.bundle(*[packets.string("/a")] * 3), packets.bundle(*[packets.string("/a")] * 4)),
        ("arguments", packets.message("/a", "TT"), packets.message("/a", "TTT")),
    ],
)
def test_a_limit_may_be_lowered(name: str, at_most: bytes, beyond: bytes) -> None:
    limits = Limits().changed({name: {"packet_bytes": 12, "nesting": 2, "elements": 3, "arguments": 2}[name]})
    assert decode(at_most, limits=limits)
    assert decode(beyond)
    with pytest.raises(WireError, match=r" (2|3|12)\b"):
        decode(beyond, limits=limits)


@pytest.mark.parametrize("number", [2**24 + 1, -(2**24) - 1, 2**40, math.nan, math.inf, 1e39])
def test_a_number_that_clients_would_misread_is_not_written(number: float) -> None:
    with pytest.raises(ValueError, match=str(number).replace("+", r"\+")):
        encode("/a", number)


def test_what_has_no_tag_for_every_client_is_not_written() -> None:
    with pytest.raises(TypeError, match="Unreadable"):
        encode("/a", Unreadable("nothing"))


@given(st.text(max_size=600))
def test_text_is_cut_at_a_character_and_holds_no_nul(text: str) -> None:
    [read] = single(encode("/a", text)).arguments
    whole = text.replace("\0", "").encode("utf-8", "replace").decode()
    assert isinstance(read, str)
    assert whole.startswith(read)
    if read != whole:
        assert wire.MAX_STRING_OUT - 4 < len(read.encode()) <= wire.MAX_STRING_OUT


def test_a_path_with_bytes_that_are_no_text_can_be_told() -> None:
    assert single(encode("/a", "caf\udce9.wav")) == Message("/a", ("caf?.wav",))


@pytest.mark.parametrize("count", [4, 500])
def test_a_packet_that_would_be_split_on_the_way_is_not_written(count: int) -> None:
    with pytest.raises(ValueError, match="1472"):
        encode("/a", *["x" * (2000 // count)] * count)


@pytest.mark.parametrize("timetag", [-1, 2**64])
def test_a_timetag_has_64_bits(timetag: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        encode_bundle(timetag, [])


@given(st.floats(0, 2_085_978_495))
def test_timetags_and_unix_times_agree_within_a_microsecond(seconds: float) -> None:
    assert wire.unix(wire.ntp(seconds)) == pytest.approx(seconds, abs=1e-6, rel=0)


def test_timetags_of_known_moments() -> None:
    assert wire.ntp(0) == 2_208_988_800 << 32
    assert wire.ntp(0.5) & 0xFFFFFFFF == 1 << 31
    assert wire.ntp(1e12) == packets.LAST
    assert wire.ntp(-1e12) == 0
    assert wire.unix(wire.IMMEDIATELY) == pytest.approx(-2_208_988_800)


def test_many_kinds_of_tags_do_not_fill_the_memory() -> None:
    for number in range(2000):
        single(packets.message("/a", format(number, "b").replace("0", "T").replace("1", "F")))
    kept = wire._cached_plan.cache_info().currsize  # noqa: SLF001 - its bound is the point
    assert kept <= 256
