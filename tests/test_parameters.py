"""The table: any value is accepted in range with the exact type, or refused with a reason."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscreorder.errors import ParameterError
from oscreorder.parameters import PARAMETERS, STEPS, Parameter, Settings, parameter

ROWS = st.sampled_from(list(PARAMETERS.values()))
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.sampled_from([word for row in PARAMETERS.values() for word in row.choices]),
    st.lists(st.sampled_from(STEPS), min_size=1, max_size=20).map("+".join),
)


@given(row=ROWS, value=VALUES)
def test_a_value_is_accepted_in_range_or_refused_by_name(row: Parameter, value: object) -> None:
    refused = ""
    try:
        read = row.read(value)
    except ParameterError as error:
        refused = str(error)
    if refused:
        assert refused.startswith(f"{row.name}: ")
        assert row.allowed in refused
        return
    match row.kind:
        case "int" | "switch":
            assert type(read) is int
        case "float":
            assert type(read) is float
            assert math.isfinite(read)
        case "choice":
            assert read in row.choices
        case "names":
            names = str(read).split("+")
            assert set(names) <= set(row.choices)
            assert len(names) <= 16
    if row.kind in {"int", "float"}:
        assert row.minimum <= float(read) <= row.maximum or (row.zero and read == 0)


@pytest.mark.parametrize("row", PARAMETERS.values(), ids=lambda row: row.name)
def test_each_default_is_allowed_and_explained(row: Parameter) -> None:
    assert row.read(row.default) == row.default
    assert row.help


def test_a_whole_float_is_an_int_and_a_bool_is_a_switch() -> None:
    settings = Settings().changed({"hop_length": 400.0, "overwrite": True, "amount": 0})
    assert (settings.hop_length, settings.overwrite, settings.amount) == (400, 1, 0.0)
    assert type(settings.hop_length) is int


@pytest.mark.parametrize("value", [True, "400", 400.5, math.nan, math.inf, -1, 10**9, None])
def test_what_is_no_hop_length_is_refused(value: object) -> None:
    with pytest.raises(ParameterError, match=r"hop_length: .* it takes 1 to 131072 samples"):
        parameter("hop_length").read(value)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"hop_length": 5000}, "above win_length, which is 4096"),
        ({"n_fft": 2048}, "below win_length, which is 4096"),
        ({"fmin_hz": 500, "fmax_hz": 400}, "fmax_hz: 400 Hz is not above fmin_hz, which is 500"),
        ({"hop_lenght": 400}, "did you mean hop_length"),
        ({"qqq": 1}, "/oscreorder/params lists them"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(options: dict[str, object], reason: str) -> None:
    with pytest.raises(ParameterError, match=reason):
        Settings().changed(options)
