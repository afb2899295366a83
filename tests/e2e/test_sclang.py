"""SuperCollider's language against a real daemon: a dialogue, bundles, and the quick start, block by block."""

import json
import re
from collections.abc import Iterator

import pytest
from dialogue import Reply, Stage, converse
from programs import REPOSITORY
from quark import Sclang

QUICKSTART = REPOSITORY / "patches" / "supercollider" / "quickstart.scd"
WORK_S = 90

LISTEN = r"""(
~daemon = NetAddr("127.0.0.1", %d);
["done", "error", "progress", "notice"].do { |kind|
    OSCdef(kind.asSymbol, { |message|
        ("heard\t" ++ kind ++ "\t" ++ message.drop(1).join("\t")).postln
    }, "/oscreorder/" ++ kind)
};
"listening".postln;
)"""


class Speaker(Sclang):
    """sclang as one of the clients that hold the dialogue."""

    def ask(self, command: str, request_id: int, *arguments: float | str) -> None:
        literals = ", ".join(json.dumps(argument, ensure_ascii=False) for argument in arguments)
        address = f'"/oscreorder/{command}", {request_id}'
        self.evaluate(f"~daemon.sendMsg({address}, {literals});" if literals else f"~daemon.sendMsg({address});")

    def hear(self) -> Reply:
        kind, command, request_id, *values = self.wait_for("^heard\t(.*)$")[1].split("\t")
        return Reply(kind, command, int(request_id), tuple(values))


@pytest.fixture(scope="module")
def sclang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speaker]:
    with Speaker(tmp_path_factory.mktemp("home")) as program:
        yield program
        assert not [line for line in program.lines if line.startswith("ERROR")]


@pytest.fixture
def listening(sclang: Speaker, stage: Stage) -> Iterator[Speaker]:
    sclang.evaluate(LISTEN % stage.port)
    sclang.wait_for("^listening$")
    yield sclang
    sclang.evaluate("OSCdef.freeAll")


def blocks() -> list[str]:
    """Return what a musician evaluates in the quick start, one after the other: blocks in brackets and single lines."""
    return re.findall(r"^\($.*?^\)$|^~[^\n]*;$", QUICKSTART.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_sclang_converses_with_the_daemon(listening: Speaker, stage: Stage) -> None:
    converse(listening, stage, "sclang")


def test_a_bundle_is_carried_out_when_it_is_due(listening: Speaker) -> None:
    listening.evaluate("""(
        var asked = Main.elapsedTime;
        OSCdef(\\after, { "after % s".format(Main.elapsedTime - asked).postln }, '/oscreorder/done').oneShot;
        ~daemon.sendBundle(0.2, ["/oscreorder/ping", 91], ["/oscreorder/nonsense", 92], ["/oscreorder/ping", 93]);
    )""")
    heard = [listening.hear() for _ in range(3)]
    assert sorted((reply.id, reply.kind) for reply in heard) == [(91, "done"), (92, "error"), (93, "done")]
    after_s = [float(line.split()[1]) for line in listening.lines if line.startswith("after ")]
    assert len(after_s) == 1
    assert 0.19 < after_s[0] < 2


def test_the_quick_start_block_by_block(sclang: Speaker, stage: Stage) -> None:
    connect, *requests, play, silence = blocks()
    sclang.evaluate(connect.replace("57140", str(stage.port)))
    for request in requests:
        sclang.evaluate(request)
    sclang.wait_for(r"^done ping \(1\): [\d.]+, [\d.]+$")
    sclang.wait_for(r"^done load \(3\): 1, 4\.0, 0$", WORK_S)
    sclang.wait_for(r"^done analyse \(4\): 442, 16, [\d.]+$", WORK_S)
    sclang.wait_for(r"^progress render \(5\): \d+ % ", WORK_S)
    rendered = stage.out / "violin-sc.wav"
    sclang.wait_for(rf"^done render \(5\): {re.escape(str(rendered))}, 176400, 44100, [\d.]+$", WORK_S)
    sclang.wait_for(r"^error load \(6\), code 10: .*not-there\.wav")
    sclang.evaluate("~path.postln")
    sclang.wait_for(f"^{re.escape(str(rendered))}$")
    for block in (play, silence):
        sclang.evaluate(f"{json.dumps(block)}.compile.class.postln")
        sclang.wait_for("^Function$")
