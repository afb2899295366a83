"""Requests: what is right is read exactly, whichever way a client writes it; the rest is refused in words.

Whatever comes in, `read_request` gives a request that can be trusted, a refusal that can be sent, or None.
"""

import math
from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscreorder.errors import CancelledError, ParameterError, UnknownCommandError
from oscreorder.osc import messages, wire
from oscreorder.osc.messages import COMMANDS, Refusal, Request, read_request
from oscreorder.osc.places import Place
from oscreorder.osc.wire import Argument, Message, Unreadable
from oscreorder.parameters import MAX_ECHO, PARAMETERS, Parameter, Value

IDS = st.integers(0, 2**24 - 1)
WORDS = st.text(st.characters(categories=["L", "P", "S"]), min_size=1, max_size=40)
PATHS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=60)
POSITIONAL: Mapping[str, st.SearchStrategy[Value]] = {
    "int": st.integers(1, 65535),
    "word": WORDS,
    "path": PATHS,
    "switch": st.integers(0, 1),
}
ANYTHING: st.SearchStrategy[Argument] = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.booleans(),
    st.just(Unreadable("type tag c is not read here")),
    st.sampled_from([*PARAMETERS, "violin", "12", "pca", "power_db+volume"]),
)
OURS = st.sampled_from([*COMMANDS, *messages.REPLIES, "param/seed", "param/steps", "param/no", "lod", "", "a*"])
ADDRESSES = st.one_of(OURS.map(lambda name: f"/oscreorder/{name}"), st.text(max_size=20), st.just("/oscreorder"))


def values_of(row: Parameter) -> st.SearchStrategy[Value]:
    match row.kind:
        case "int" | "switch":
            return st.integers(int(row.minimum), int(row.maximum) if row.kind == "int" else 1)
        case "float":
            return st.floats(row.minimum, row.maximum)
        case "choice":
            return st.sampled_from(row.choices)
        case "names":
            return st.lists(st.sampled_from(row.choices), min_size=1, max_size=4).map("+".join)


NUMBERS = st.floats(-1e30, 1e30, allow_nan=False)
PLACES: st.SearchStrategy[Place] = st.one_of(
    st.builds(Place, st.just("grain"), st.tuples(IDS.map(float))),
    st.builds(Place, st.just("point"), st.tuples(NUMBERS, NUMBERS)),
    st.builds(Place, st.just("vector"), st.lists(NUMBERS, min_size=1, max_size=130).map(tuple)),
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    spec = draw(st.sampled_from([spec for spec in COMMANDS.values() if spec.identified]))
    given_ones = spec.arguments[: draw(st.integers(spec.required, len(spec.arguments)))]
    arguments = {argument.name: draw(POSITIONAL[argument.kind]) for argument in given_ones}
    names = draw(st.lists(st.sampled_from(spec.options), unique=True)) if spec.options else []
    options = {name: draw(values_of(PARAMETERS[name])) for name in names}
    return Request(spec.name, draw(IDS), arguments, options, draw(PLACES) if spec.placed else None)


def written(request: Request) -> list[Value]:
    pairs = [word for option in request.options.items() for word in option]
    place = [request.place.kind, *request.place.numbers] if request.place else []
    return [request.id, *request.arguments.values(), *place, *pairs]


def refusal(address: str, *arguments: Argument) -> Refusal:
    read = read_request(Message(address, arguments))
    assert isinstance(read, Refusal)
    return read


@given(requests())
def test_a_right_request_is_read_as_it_was_meant(request: Request) -> None:
    assert read_request(Message(f"/oscreorder/{request.command}", tuple(written(request)))) == request


@given(requests())
def test_pd_sends_all_numbers_as_floats(request: Request) -> None:
    floats = [float(value) if isinstance(value, int) else value for value in written(request)]
    read = read_request(Message(f"/oscreorder/{request.command}", tuple(floats)))
    assert read == request
    assert isinstance(read, Request)
    assert [type(value) for value in written(read)] == [type(value) for value in written(request)]


@given(requests(), st.randoms())
def test_the_order_of_options_is_free(request: Request, random: Random) -> None:
    shuffled = list(request.options.items())
    random.shuffle(shuffled)
    other = Request(request.command, request.id, request.arguments, dict(shuffled), request.place)
    assert read_request(Message(f"/oscreorder/{request.command}", tuple(written(other)))) == request


@given(ADDRESSES, st.lists(ANYTHING, max_size=8))
def test_anything_gives_a_sound_request_or_a_refusal_that_can_be_sent(address: str, arguments: list[Argument]) -> None:
    read = read_request(Message(address, tuple(arguments)))
    if isinstance(read, Refusal):
        assert read.error.code in {1, 2}
        reply = messages.error(read.command, read.id, read.error)
        assert wire.decode(wire.encode(reply.address, *reply.arguments))[0].message.arguments[1] == read.id
        assert str(read.error).isprintable()
        assert address.startswith("/oscreorder")
    elif isinstance(read, Request):
        assert 0 <= read.id < 2**24
        assert set(read.options) <= set(COMMANDS[read.command].options)
        assert read.options == {name: PARAMETERS[name].read(value) for name, value in read.options.items()}
        assert all(not isinstance(value, float) or math.isfinite(value) for value in read.arguments.values())


@given(requests(), st.integers(0, 40))
def test_a_value_that_cannot_be_read_is_refused_and_the_id_kept(request: Request, place: int) -> None:
    arguments: list[Argument] = [*written(request)]
    place %= len(arguments)
    arguments[place] = Unreadable("made of cheese")
    read = refusal(f"/oscreorder/{request.command}", *arguments)
    assert read.id == (-1 if place == 0 else request.id)
    assert "made of cheese" in str(read.error)


@pytest.mark.parametrize("name", sorted(messages.REPLIES))
def test_our_own_replies_are_never_answered(name: str) -> None:
    assert read_request(Message(f"/oscreorder/{name}", ("load", 7, 2, "no"))) is None


def test_every_reply_is_among_those_never_answered() -> None:
    rows = [
        messages.done("ping", 1, "0.1.0", 2.5),
        messages.error("ping", 1, CancelledError("cancelled")),
        messages.progress("render", 1, 0.5, "analysing"),
        messages.notice("render", 1, "3 grains"),
        messages.param("seed", 42),
        messages.corpus_row(1, "violin", sounds=1, grains=2, seconds=3.0, sr=44100, state="ready"),
        messages.sound_row(1, 0, "/a.wav", sr=44100, channels=2, length=2**30),
        messages.alive(1, 2.0),
        messages.bye(),
        *messages.parameter_rows(1),
        *messages.command_rows(1),
    ]
    assert [read_request(row) for row in rows] == [None] * len(rows)


@pytest.mark.parametrize(
    "address", ["", "/", "/a", "/oscreorderx/ping", "/OSCREORDER/ping", "oscreorder/ping", "/x/oscreorder/ping"]
)
def test_an_address_of_others_is_not_answered(address: str) -> None:
    assert read_request(Message(address, (1,))) is None


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("/oscreorder/laod", "/oscreorder/load"),
        ("/oscreorder/analyze", "/oscreorder/analyse"),
        ("/oscreorder/load/", "/oscreorder/load"),
        ("/oscreorder/Render", "/oscreorder/render"),
        ("/oscreorder/", "/oscreorder/"),
        ("/oscreorder", "/oscreorder/"),
        ("/oscreorder/param/hop_lenght", "/oscreorder/param/hop_length"),
        ("/oscreorder/parm", "/oscreorder/param"),
    ],
)
def test_an_unknown_address_is_told_the_nearest(address: str, near: str) -> None:
    read = refusal(address)
    assert isinstance(read.error, UnknownCommandError)
    assert f"nearest is {near}" in str(read.error)


@pytest.mark.parametrize(
    ("address", "arguments", "told"),
    [
        ("/oscreorder/lod", (7,), ("lod", 7)),
        ("/oscreorder/lod", (7.0, "x"), ("lod", 7)),
        ("/oscreorder/lod", (), ("lod", -1)),
        ("/oscreorder/lod", ("x",), ("lod", -1)),
        ("/oscreorder/lod", (2**24,), ("lod", -1)),
        ("/oscreorder/param/no", (7,), ("param/no", 0)),
        ("/oscreorder/param/seed", (1.5,), ("param/seed", 0)),
        ("/oscreorder/load", (), ("load", -1)),
        ("/oscreorder/load", (7.5, "a", "b"), ("load", -1)),
        ("/oscreorder/load", (-1, "a", "b"), ("load", -1)),
        ("/oscreorder/load", (math.nan, "a", "b"), ("load", -1)),
        ("/oscreorder/load", (True, "a", "b"), ("load", -1)),
        ("/oscreorder/load", (7, "a"), ("load", 7)),
    ],
)
def test_a_refusal_carries_command_and_id(address: str, arguments: tuple[Argument, ...], told: tuple[str, int]) -> None:
    read = refusal(address, *arguments)
    assert (read.command, read.id) == told


@pytest.mark.parametrize(
    "address", ["/oscreorder/p*", "/oscreorder/{load,free}", "/oscreorder/param/[a-z]", "/oscreorder/pin?"]
)
def test_patterns_are_refused_as_such(address: str) -> None:
    read = refusal(address, 1)
    assert isinstance(read.error, UnknownCommandError)
    assert "patterns are not supported" in str(read.error)


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("ping", (), "id: missing; /oscreorder/ping takes id"),
        ("load", (7,), "corpus: missing; /oscreorder/load takes id corpus path [options]"),
        ("load", (7, "a"), "path: missing"),
        ("load", (7, "", "x.wav"), 'corpus: "" is not allowed; it takes a name of at most 100 characters'),
        ("load", (7, "a" * 101, "x.wav"), "corpus:"),
        ("load", (7, "a\nb", "x.wav"), 'corpus: "a?b" is not allowed'),
        ("load", (7, math.nan, "x.wav"), "corpus: nan is not allowed"),
        ("load", (7, "a", 12.0), "path: 12.0 is not allowed; it takes a path"),
        (
            "load",
            (7, "a", b"caf\xe9.wav"),
            "path: b'caf\\xe9.wav' is not allowed; it takes a path of at most 4096 bytes of UTF-8",
        ),
        ("load", (7, "a", b"x\0y"), "path:"),
        ("load", (7, "a", "x" * 5000), "path:"),
        ("ping", (7, 8), "8 is too much; /oscreorder/ping takes id"),
        ("notify", (7, 2), "on: 2 is not allowed; it takes 0 or 1"),
        ("notify", (7, 1, 0), "port: 0 is not allowed; it takes a whole number, 1 to 65535"),
        ("notify", (7, 1, 70000), "port: 70000 is not allowed"),
        ("cancel", (7, 1.5), "other_id: 1.5 is not allowed"),
        ("render", (7, "a", "b.wav", "seed"), "seed: no value"),
        ("render", (7, "a", "b.wav", "seed", 1, "seed", 1), "seed: given twice"),
        (
            "render",
            (7, "a", "b.wav", "sed", 1),
            "sed: no option of /oscreorder/render (did you mean seed?); it takes win_length",
        ),
        ("render", (7, "a", "b.wav", "kind", "map"), "kind: no option of /oscreorder/render"),
        ("load", (7, "a", "b.wav", "seed", 1), "seed: no option of /oscreorder/load; it takes sample_rate"),
        ("analyse", (7, "a", "order", "pca"), "order: no option of /oscreorder/analyse"),
        ("render", (7, "a", "b.wav", 400.0, 1), "400.0 is not the name of an option"),
        ("render", (7, "a", "b.wav", "seed", math.nan), "seed: nan is not allowed"),
        ("render", (7, "a", "b.wav", "amount", math.inf), "amount: inf is not allowed"),
        ("render", (7, "a", "b.wav", "order", "pcaa"), 'order: "pcaa" is not allowed; it takes similarity'),
        ("param/seed", (1, 2), "seed: 2 values came"),
        ("param/seed", (math.inf,), "seed: inf is not allowed"),
        ("param/seed", (Unreadable("type tag N is not read here"),), "seed: type tag N"),
        ("param/order", ("pcaa",), 'order: "pcaa" is not allowed'),
    ],
)
def test_a_refusal_names_the_argument_and_what_it_takes(name: str, arguments: tuple[Argument, ...], text: str) -> None:
    read = refusal(f"/oscreorder/{name}", *arguments)
    assert isinstance(read.error, ParameterError)
    assert str(read.error).startswith(text)


@pytest.mark.parametrize("address", ["/oscreorder/param/seed", "/oscreorder/param/order", "/oscreorder/param/reverse"])
def test_a_refusal_does_nothing_to_a_terminal(address: str) -> None:
    assert str(refusal(address, "\x1b[2J\b\r\x7f\u202e").error).isprintable()


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (12.0, "12"),
        (12, "12"),
        (-3.0, "-3"),
        (0.25, "0.25"),
        (0.10000000149011612, "0.1"),
        ("my violin", "my violin"),
        ("é漢", "é漢"),
    ],
)
def test_a_number_stands_for_the_name_that_is_written_so(sent: Argument, name: str) -> None:
    read = read_request(Message("/oscreorder/free", (7, sent)))
    assert read == Request("free", 7, {"corpus": name}, {})


def test_a_path_may_come_as_a_blob() -> None:
    read = read_request(Message("/oscreorder/load", (7, "a", "/sounds/é x.wav".encode())))
    assert read == Request("load", 7, {"corpus": "a", "path": "/sounds/é x.wav"}, {})


@pytest.mark.parametrize("on", [True, 1, 1.0])
def test_a_switch_may_come_in_three_ways(on: Argument) -> None:
    assert read_request(Message("/oscreorder/notify", (7, on, 9000.0))) == Request(
        "notify", 7, {"on": 1, "port": 9000}, {}
    )
    read = read_request(Message("/oscreorder/render", (7, "a", "b.wav", "reverse", on)))
    assert read == Request("render", 7, {"corpus": "a", "out": "b.wav"}, {"reverse": 1})


@pytest.mark.parametrize(("arguments", "value"), [((), {}), ((400.0,), {"value": 400}), ((400,), {"value": 400})])
def test_a_parameter_is_asked_for_and_set_at_its_own_address(
    arguments: tuple[Argument, ...], value: Mapping[str, Value]
) -> None:
    read = read_request(Message("/oscreorder/param/hop_length", arguments))
    assert read == Request("param", 0, {"name": "hop_length", **value}, {})


def test_the_commands_take_what_the_protocol_says() -> None:
    assert {name: spec.usage for name, spec in COMMANDS.items()} == {
        "ping": "id",
        "status": "id [limits]",
        "notify": "id on [port]",
        "param": "[value]",
        "params": "id",
        "commands": "id",
        "load": "id corpus path [options]",
        "analyse": "id corpus [options]",
        "render": "id corpus out [options]",
        "order": "id corpus out [options]",
        "plot": "id corpus out [options]",
        "neighbours": "id corpus (grain n | point x y | vector v…) [options]",
        "stream/start": "id corpus [options]",
        "stream/target": "stream (grain n | point x y | vector v…)",
        "stream/set": "stream name value…",
        "stream/stop": "id stream",
        "corpora": "id",
        "sounds": "id corpus",
        "copies": "id corpus",
        "free": "id corpus",
        "cancel": "id other_id",
        "sync": "id",
        "quit": "id",
    }
    assert {name for name, spec in COMMANDS.items() if spec.work} == {
        "load", "analyse", "render", "order", "plot", "copies",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "place: missing; it takes (grain n | point x y | vector v…)"),
        (("grian", 1), 'place: "grian" is not allowed'),
        ((3,), "place: 3 is not allowed"),
        (("grain",), "grain takes one number; 0 came"),
        (("grain", 1, 2), "grain takes one number; 2 came"),
        (("grain", 1.5), "grain: 1.5 is not allowed"),
        (("grain", -1), "grain: -1 is not allowed"),
        (("point", 0.5), "point takes two numbers, x and y; 1 came"),
        (("point", 0.5, 0.5, 0.5), "point takes two numbers, x and y; 3 came"),
        (("point", math.nan, 0.5), "point: nan is not allowed"),
        (("vector",), "vector takes a number for each dimension; 0 came"),
        (("vector", 1.0, math.inf), "vector: inf is not allowed"),
        (("vector", 1.0, 1e31), "vector: 1e+31 is not allowed"),
        (("vector", 1.0, True), "vector: True is not allowed"),
        (("vector", 1.0, b"x"), "vector: b'x' is not allowed"),
        (("vector", 1.0, Unreadable("type tag c is not read here")), "vector: type tag c is not read here"),
        ((Unreadable("not UTF-8"), 1), "place: not UTF-8"),
        (("grain", 1, Unreadable("type tag c is not read here"), 8), "place: type tag c is not read here"),
    ],
)
def test_what_is_no_place_is_refused(arguments: tuple[Argument, ...], reason: str) -> None:
    for address, first in (("/oscreorder/stream/target", (5,)), ("/oscreorder/neighbours", (5, "violin"))):
        refused = refusal(address, *first, *arguments)
        assert (refused.id, refused.error.code) == (5, 2)
        assert str(refused.error).startswith(reason)


def test_every_parameter_is_an_option_of_some_command() -> None:
    assert {name for spec in COMMANDS.values() for name in spec.options} == set(PARAMETERS)


def test_the_text_of_a_flood_of_wrong_addresses_stays_small() -> None:
    read = refusal("/oscreorder/" + "load" * 15_000, "x" * 60_000)
    assert len(read.command) <= MAX_ECHO
    assert len(str(read.error)) < 200
