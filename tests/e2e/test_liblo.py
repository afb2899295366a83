"""oscsend and oscdump against a real daemon: every message from another port, the replies to the port of notify."""

import re
import subprocess
from collections.abc import Iterator

import pytest
from dialogue import Reply, Stage, converse
from programs import Program, free_port

LINE = r"^\S+ /oscreorder/(?P<kind>done|error|progress|notice) (?P<types>[ifs]+) (?P<values>.*)$"
VALUE = {"i": r"(-?\d+)", "f": r"(\S+)", "s": r'"(.*)"'}


class Liblo:
    """oscsend to ask, oscdump to hear."""

    def __init__(self, port: int, dump: Program) -> None:
        self._port = port
        self.dump = dump

    def ask(self, command: str, request_id: int, *arguments: float | str) -> None:
        types = "i" + "".join("s" if isinstance(value, str) else "i" for value in arguments)
        address = f"/oscreorder/{command}"
        told = [str(value) for value in (request_id, *arguments)]
        subprocess.run(["oscsend", "127.0.0.1", str(self._port), address, types, *told], check=True, timeout=10)

    def hear(self) -> Reply:
        return parsed(self.dump.wait_for(LINE))


def parsed(line: re.Match[str]) -> Reply:
    values = re.fullmatch(" ".join(VALUE[tag] for tag in line["types"]), line["values"])
    assert values, line[0]
    command, request_id, *rest = values.groups()
    return Reply(line["kind"], command, int(request_id), tuple(rest))


def listening(dump: Program, port: int) -> None:
    """Wait until oscdump prints what is sent to it: before that it does not listen yet."""
    for _ in range(100):
        subprocess.run(["oscsend", "127.0.0.1", str(port), "/listening"], check=True, timeout=10)
        if dump.has_line(timeout_s=0.1):
            return
    raise AssertionError("oscdump does not listen")


@pytest.fixture
def liblo(stage: Stage) -> Iterator[Liblo]:
    """Have the replies sent to the port of an oscdump, until the end."""
    port = free_port()
    with Program("oscdump", "-L", str(port)) as dump:
        listening(dump, port)
        client = Liblo(stage.port, dump)
        client.ask("notify", 1, 1, port)
        assert client.hear() == Reply("done", "notify", 1, ("60.000000",))
        yield client
        client.ask("notify", 2, 0)
        dump.wait_for('done sif "notify" 2 ')


def test_oscsend_and_oscdump_converse_with_the_daemon(liblo: Liblo, stage: Stage) -> None:
    converse(liblo, stage, "liblo")


def test_who_is_registered_hears_that_the_daemon_lives(liblo: Liblo) -> None:
    assert float(liblo.dump.wait_for(r"/oscreorder/alive if \d+ (\S+)$", timeout_s=10)[1]) > 0
