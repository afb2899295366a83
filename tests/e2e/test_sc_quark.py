"""A stranger's path in SuperCollider: the Quark installed in a clean home, its examples line by line, its help."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from dialogue import ANALYSIS, SOUND, Stage
from jackserver import JackServer
from programs import REPOSITORY, Program
from quark import PERIOD, QUARK, SR, Sclang

EXAMPLES = QUARK / "examples"
HELP_MAKER = REPOSITORY / "docs" / "make_supercollider_help.py"
WORK_S = 90

SAID: dict[str, tuple[str, ...]] = {
    "01-load": (r"^\(.*'sounds': 1", r"'name': violin", r"violin\.flac"),
    "02-render": (r"^176400 frames in .*violin-similar\.wav$", "^it plays$"),
    "03-parameters": ("^win_length: int, 16 to 131072 samples", "^hop_length is 512$", "^173 grains$", r"^0\.25$"),
    "04-neighbours": (r"^\[ 20, ", "'distance'", r"^from here to \d+$"),
    "05-stream": ("^it has begun$", r"^\[ \d+, 0 \]$", r"^it has ended: .*'late': 0"),
    "06-errors": (
        r"^ERROR: OscReorder load: .*not-there\.wav",
        "^ERROR: OscReorder render: .*nobody",
        "^ERROR: OscReorder param/hop_length: .*-3",
        "^ERROR: OscReorder lode: .*/oscreorder/load",
        r"^my own: 10 .*not-there\.wav",
        "^joined: .*nobody",
        "^WARNING: OscReorder: no daemon answers at 127.0.0.1:57999",
    ),
    "07-patterns": ("^87 grains$", "^a chord of 4$"),
}
BEGUN = {"02-render": "^it plays$", "05-stream": "^it has begun$", "07-patterns": r"^\d+ grains$"}
IDLE = """
    ~reorder.sync.wait;
    while { ~reorder.status.wait[\\jobs] > 0 } { 0.05.wait };
    "idle".postln;
"""


@pytest.fixture(scope="module")
def sclang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sclang]:
    """SuperCollider in a home where the Quark was installed as its help says, and started anew."""
    home = tmp_path_factory.mktemp("home")
    with Sclang(home) as installing:
        installing.evaluate(f'Quarks.install("{QUARK}");')
        installing.wait_for("^OscReorder installed$")
        installing.evaluate('Quarks.installed.do { |quark| [quark.name, quark.version].join(" ").postln };')
        installing.wait_for(r"^OscReorder \d+\.\d+\.\d+$")
        assert not installing.errors
    with JackServer(sr=SR, period=PERIOD) as jack, Sclang(home, environment=jack.environment) as program:
        program.boot()
        yield program
        program.quit_server()


def steps(example: Path) -> list[str]:
    """Return what a musician evaluates, one after the other: blocks in brackets, and single lines."""
    return re.findall(r"^\($.*?^\)$|^[~O\[][^\n]*;$", example.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", sorted(SAID))
def test_example(sclang: Sclang, stage: Stage, name: str) -> None:
    before = len(sclang.lines)
    for step in steps(EXAMPLES / f"{name}.scd"):
        sclang.evaluate(step.replace("57140", str(stage.port)))
        if "waitForBoot" in step:
            sclang.wait_for(BEGUN[name], WORK_S)
        sclang.fork(IDLE, until="^idle$")
    told = sclang.lines[before:]
    for pattern in SAID[name]:
        if not any(re.search(pattern, line) for line in told):
            sclang.wait_for(pattern)
    if name != "06-errors":
        assert not [line for line in told if re.match("ERROR|WARNING", line)]
    sclang.fork("OscReorder.all.copy.do(_.disconnect); 'left'.postln;", until="^left$")


def test_every_example_is_tried() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.scd")} == set(SAID)


def test_a_render_is_that_of_the_command_line(sclang: Sclang, stage: Stage) -> None:
    options = ", ".join(f"{value}" if isinstance(value, int) else f"\\{value}" for value in ANALYSIS)
    sclang.fork(
        f"""var reorder = OscReorder.connect(port: {stage.port});
        reorder.load(\\tones, "{SOUND}").wait;
        reorder.render(\\tones, "quark né.wav", [{options}]).wait[\\path].postln;
        reorder.disconnect;""",
        until="quark né.wav$",
    )
    assert (stage.out / "quark né.wav").read_bytes() == stage.reference


def test_help_is_complete_and_rendered_as_committed() -> None:
    spec = importlib.util.spec_from_file_location("make_supercollider_help", HELP_MAKER)
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    page = maker.page()
    assert maker.PAGE.read_text(encoding="utf-8") == page
    assert "Undocumented" not in page
    assert page.count("\n## ") == len(maker.PAGES)


def test_without_the_quark_there_is_no_such_class(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with Sclang(tmp_path) as plain:
        assert isinstance(plain, Program)
        plain.evaluate("\\OscReorder.asClass.postln;")
        plain.wait_for("^nil$")
