"""The Quark's own UnitTests, under sclang with a real daemon and a real scsynth."""

import re
from collections.abc import Iterator

import pytest
from jackserver import JackServer
from programs import Daemon
from quark import PERIOD, QUARK, SR, Sclang

CLASSES = {path.stem: path for path in (QUARK / "Classes").glob("*.sc")}
WORK_S = 60


@pytest.fixture(scope="module")
def sclang(daemon: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sclang]:
    with JackServer(sr=SR, period=PERIOD) as jack:
        environment = jack.environment | {"OSCREORDER_PORT": str(daemon.port)}
        with Sclang(tmp_path_factory.mktemp("home"), quark=True, environment=environment) as program:
            program.boot()
            program.connect(daemon.port)
            yield program
            program.evaluate("~reorder.disconnect;")
            program.quit_server()


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_class(sclang: Sclang, name: str) -> None:
    before = len(sclang.lines)
    sclang.evaluate(f"Test{name}.run;")
    sclang.wait_for(f"UNIT TESTS FOR '?Test{name}'? COMPLETED", WORK_S)
    sclang.evaluate('"asserts: % passed, % failed".format(UnitTest.passes.size, UnitTest.failures.size).postln')
    told = sclang.wait_for(r"^asserts: (\d+) passed, (\d+) failed")
    assert int(told[2]) == 0, "\n".join(sclang.lines[before:])
    written = re.findall(
        r"^\ttest_\w+ \{", (QUARK / "Tests" / f"Test{name}.sc").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert int(told[1]) >= len(written) > 0
