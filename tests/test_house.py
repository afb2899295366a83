"""The house holds together: every door shows the same table, every module stands alone, the pages are current."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import oscreorder
from oscreorder.osc.messages import COMMANDS, parameter_rows
from oscreorder.parameters import PARAMETERS

PROJECT = Path(__file__).parent.parent
MODULES = sorted(
    ".".join(path.relative_to(PROJECT).with_suffix("").parts)
    for path in (PROJECT / "oscreorder").rglob("*.py")
    if path.name not in {"__init__.py", "__main__.py"}
)


def _maker(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PROJECT / "docs" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["reference", "limits"])
def test_the_pages_are_what_the_tables_say(name: str) -> None:
    written = (PROJECT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert written == _maker(f"make_{name}").page(), "run: make docs"


def test_every_parameter_has_its_flag_its_address_and_its_argument() -> None:
    flags = "".join(
        subprocess.run(
            [sys.executable, "-m", "oscreorder", command, "--help"], capture_output=True, text=True, check=True
        ).stdout
        for command in ("serve", "render", "plot")
    )
    told = {message.arguments[1] for message in parameter_rows(1)}
    for name in PARAMETERS:
        assert f"--{name.replace('_', '-')} " in flags
        assert name in told
        assert hasattr(oscreorder.Settings(), name)


def test_params_on_the_command_line_lists_the_table() -> None:
    command = [sys.executable, "-m", "oscreorder", "params", "--json"]
    rows = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert {row["name"]: row["default"] for row in rows} == {name: row.default for name, row in PARAMETERS.items()}


def test_the_commands_that_take_options_take_whole_groups_of_the_table() -> None:
    for spec in COMMANDS.values():
        beside = () if "order" in spec.options else ("perplexity", "seed")  # a map is made by these two
        groups = {PARAMETERS[name].group for name in spec.options if name not in beside}
        whole = {name for name, row in PARAMETERS.items() if row.group in groups}
        assert set(spec.options) - set(beside) == whole


def test_each_module_can_be_imported_alone() -> None:
    code = (
        "import importlib, os, sys\n"
        "import numpy, scipy.fft, numba, soundfile, soxr\n"  # once for all, and then each module in a fresh child
        "for name in sys.argv[1:]:\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        importlib.import_module(name)\n"
        "        os._exit(0)\n"
        "    if os.waitpid(child, 0)[1]:\n"
        "        sys.exit(f'{name} cannot be imported alone')\n"
    )
    one_thread = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # a process with more does not like to be forked
    subprocess.run([sys.executable, "-W", "error", "-c", code, *MODULES], check=True, timeout=100, env=one_thread)


def test_public_names_are_sorted_and_true() -> None:
    constants: list[str] = []
    rest: list[str] = []
    for name in oscreorder.__all__:
        assert getattr(oscreorder, name) is not None
        (constants if name.isupper() else rest).append(name)
    assert list(oscreorder.__all__) == [
        *sorted(constants),
        *sorted(rest, key=lambda name: (name[0].islower(), name)),
    ]


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'spectogram'"):
        _ = oscreorder.spectogram


@pytest.mark.parametrize("arguments", [["--help"], ["render", "--help"], ["params"], ["--version"]])
def test_what_only_tells_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom oscreorder.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'scipy', 'librosa', 'asyncio', 'soundfile'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_the_readme_keeps_its_promise_of_length() -> None:
    assert len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
