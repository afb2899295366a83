"""The page on TouchOSC and Open Stage Control: its messages, sent as a surface sends them, are answered as it says."""

import re
from pathlib import Path

import pytest
from daemon import Client
from dialogue import Stage
from pythonosc.osc_message_builder import OscMessageBuilder

from docs import make_touchosc
from oscreorder.parameters import PARAMETERS

PAGE: Path = make_touchosc.PAGE
KINDS = {"i": int, "f": float, "s": str}


def send(client: Client, address: str, types: str, *words: str) -> None:
    builder = OscMessageBuilder(address)
    for kind, word in zip(types, words, strict=True):
        builder.add_arg(KINDS[kind](word), kind)
    client.send_bytes(builder.build().dgram)


def test_the_page_is_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == make_touchosc.page()


def test_its_buttons_do_what_they_say(stage: Stage) -> None:
    messages = re.findall(r"\| `(/oscreorder/\S+) (\w+) ([^`]+)` \|", PAGE.read_text(encoding="utf-8"))
    assert len(messages) == 7
    with Client(stage.port) as client:
        for address, types, told in messages:
            words = [str(client.port) if word == "9000" else word for word in told.split()]
            if "play 1" in told:  # without an audio device it is told instead, so that the pad has its stream
                words[words.index("play") + 1], words[words.index("tell") + 1] = "0", "1"
            if address.endswith("target"):  # else the map that it needs would still be made when the test ends
                assert client.ask("neighbours", 8, "violin", "point", 0.5, 0.5).address == "/oscreorder/done"
            send(client, address, types, *words)
            if address.endswith(("target", "set")):
                continue
            end = client.end_of(int(words[0]))
            assert end.address == "/oscreorder/done", end
        assert end.arguments[0] == "stream/stop"
        assert client.ask("notify", 9, 0).address == "/oscreorder/done"


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_fader_sets_each_parameter_by_a_float(name: str, stage: Stage) -> None:
    row = PARAMETERS[name]
    with Client(stage.port) as client:
        if isinstance(row.default, str):
            send(client, f"/oscreorder/param/{name}", "s", row.default)
        else:
            send(client, f"/oscreorder/param/{name}", "f", str(row.default))
        answer = client.until("param")[-1]
    told, value = answer.arguments
    assert told == name
    assert value == pytest.approx(row.default)
