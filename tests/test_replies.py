"""Replies have the words of the protocol, and are whole on the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscreorder.errors import CancelledError, OscReorderError, WireError
from oscreorder.osc import messages, wire
from oscreorder.osc.messages import COMMANDS
from oscreorder.osc.wire import Message
from oscreorder.parameters import PARAMETERS


def test_every_parameter_tells_of_itself_in_its_own_type() -> None:
    rows = {str(row.arguments[1]): row.arguments for row in messages.parameter_rows(7)}
    assert list(rows) == list(PARAMETERS)
    assert rows["hop_length"][:7] == (7, "hop_length", "int", 2048, 1, 131072, "samples")
    assert rows["amount"][:7] == (7, "amount", "float", 1.0, 0.0, 1.0, "")
    assert rows["reverse"][:7] == (7, "reverse", "switch", 0, 0, 1, "")
    assert rows["joins"][:7] == (7, "joins", "choice", "smooth", "", "", "")
    for name, (_, _, _, default, low, high, _, told) in rows.items():
        row = PARAMETERS[name]
        assert type(default) is type(row.default)
        assert type(low) is type(high) is (type(row.default) if not row.choices else str)
        assert all(choice in str(told) for choice in row.choices)


@pytest.mark.parametrize("rows", [messages.parameter_rows(2**24 - 1), messages.command_rows(2**24 - 1)])
def test_no_row_is_cut_on_the_wire(rows: list[Message]) -> None:
    for row in rows:
        (came,) = wire.decode(wire.encode(row.address, *row.arguments))
        assert came.message.address == row.address
        for value, meant in zip(came.message.arguments, row.arguments, strict=True):
            assert value == (pytest.approx(meant) if isinstance(meant, float) else meant)


def test_every_command_tells_its_address_and_options() -> None:
    rows = {row.arguments[1]: row.arguments for row in messages.command_rows(7)}
    assert list(rows) == [spec.address for spec in COMMANDS.values()]
    assert rows["/oscreorder/load"][2] == "id corpus path [options]; options: sample_rate"
    assert rows["/oscreorder/param/<name>"][2] == "[value]"


def test_replies_have_the_words_of_the_protocol() -> None:
    assert messages.done("load", 7, 1, 27.6, 0) == Message("/oscreorder/done", ("load", 7, 1, 27.6, 0))
    assert messages.progress("load", 7, 1, "reading") == Message("/oscreorder/progress", ("load", 7, 1.0, "reading"))
    assert messages.notice("load", 7, "skipped") == Message("/oscreorder/notice", ("load", 7, "skipped"))
    assert messages.param("seed", 42) == Message("/oscreorder/param", ("seed", 42))
    assert messages.alive(3, 4) == Message("/oscreorder/alive", (3, 4.0))
    assert messages.bye() == Message("/oscreorder/bye")
    assert messages.error("load", 7, CancelledError("cancelled")).arguments == ("load", 7, 5, "cancelled")
    assert messages.error("load", 7, OscReorderError()).arguments == ("load", 7, 21, "OscReorderError")
    assert messages.error("load", 7, WireError("no")).arguments == ("load", 7, 21, "no")


@given(st.integers(-(2**70), 2**70))
def test_an_int_that_pd_cannot_hold_leaves_as_float(number: int) -> None:
    [*_, sent] = messages.done("render", 7, number).arguments
    assert sent == (number if abs(number) <= 2**24 else float(number))
    wire.encode("/a", sent)
