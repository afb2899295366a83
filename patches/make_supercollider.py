"""Makes what the SuperCollider Quark says of parameters and commands: a class and a page of help.

``python -m patches.make_supercollider`` writes them; a test fails where they differ from what it would write.
"""  # noqa: INP001

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from oscreorder import __version__, errors
from oscreorder.osc.commands import COMMANDS, CommandSpec
from oscreorder.parameters import PARAMETERS, Parameter

QUARK = Path(__file__).parent / "supercollider" / "OscReorder"
MADE_BY = "Made by patches/make_supercollider.py from the tables of oscreorder"

CLASS_HEAD = """\
// %s: not to be edited.
// The parameters and commands of the daemon, as Events by name.
OscReorderTable {
	classvar <version = %s, <parameters, <commands, <parameterNames, <commandNames;

	*initClass {
		parameters = this.prNamed(
			this.prParameters, #[name, kind, group, default, min, max, zero, unit, choices, help]
		);
		parameterNames = this.prParameters.collect(_.first);
		commands = this.prNamed(this.prCommands, #[name, usage, work, options, help]);
		commandNames = this.prCommands.collect(_.first);
	}

	*at { |name|
		^parameters[name.asSymbol] ?? { Error("OscReorder: there is no parameter %%".format(name)).throw }
	}

	// The range of a number as a ControlSpec, for sliders.
	*spec { |name|
		var row = this.at(name);
		if(#[int, float, switch].includes(row[\\kind]).not) {
			Error("OscReorder: %% is one of the words %%".format(name, row[\\choices])).throw
		};
		^ControlSpec(
			row[\\min], row[\\max], \\lin, (row[\\kind] == \\float).if { 0 } { 1 }, row[\\default], row[\\unit]
		)
	}

	*describe { |name|
		var row = this.at(name);
		var words = row[\\choices];
		var range = words.notEmpty.if { words.join(", ") } { "%% to %%".format(row[\\min], row[\\max]) };
		^"%%: %%, %% %%, default %%: %%".format(name, row[\\kind], range, row[\\unit], row[\\default], row[\\help])
	}

	*prNamed { |rows, keys|
		var named = IdentityDictionary.new;
		rows.do { |row| named[row[0]] = Event.new.putPairs([keys, row].lace) };
		^named
	}
"""

PAGE_HEAD = """\
title:: OscReorder Parameters and Commands
summary:: Every parameter and command of the daemon, with ranges and defaults
categories:: External Control>OSC, Libraries>OscReorder
related:: Classes/OscReorder, Classes/OscReorderStream, Classes/OscReorderGrains, Guides/OscReorder-Guide

DESCRIPTION::
%s, version %s.

Options of the methods of link::Classes/OscReorder:: are pairs of these names and a value, such as
code::[order: \\tour, hop_length: 400]::. They hold for that request;
link::Classes/OscReorder#-set:: sets one for all that follows. The same table is at hand in the language:
code::OscReorderTable.describe(\\hop_length)::, code::OscReorder.spec(\\hop_length)::.
"""

GROUPS: Mapping[str, str] = {
    "load": "Loading",
    "analysis": "Analysis",
    "order": "Ordering",
    "render": "Resynthesis",
    "file": "Output file",
    "map": "The 2-D map",
    "plot": "Pictures",
    "neighbours": "Neighbours",
    "stream": "Streams",
}


def class_text() -> str:
    """Return the class that holds the tables."""
    return "\n".join(
        [
            CLASS_HEAD % (MADE_BY, _literal(__version__)),
            *_rows_method("prParameters", [_parameter_row(row) for row in PARAMETERS.values()]),
            *_rows_method("prCommands", [_command_row(spec) for spec in COMMANDS.values()]),
            "}",
            "",
        ]
    )


def page_text() -> str:
    """Return the page of help."""
    return "\n".join([PAGE_HEAD % (MADE_BY, __version__), *_parameters_help(), *_commands_help(), *_errors_help(), ""])


def files() -> dict[Path, str]:
    """Return what each file of the Quark that is made here should hold."""
    return {
        QUARK / "Classes" / "OscReorderTable.sc": class_text(),
        QUARK / "HelpSource" / "Reference" / "OscReorder-Parameters.schelp": page_text(),
    }


def _rows_method(name: str, rows: Sequence[str]) -> Iterator[str]:
    yield f"\t*{name} {{\n\t\t^#["
    yield ",\n".join(f"\t\t\t{row}" for row in rows)
    yield "\t\t]\n\t}\n"


def _parameter_row(row: Parameter) -> str:
    low, high = (0, 1) if row.kind == "switch" else (row.minimum, row.maximum)
    bounds = [_number(row, low), _number(row, high), "true" if row.zero else "false"]
    default = _literal(row.default) if isinstance(row.default, str) else _number(row, row.default)
    words = [_symbol(row.name), _symbol(row.kind), _symbol(row.group), default, *bounds]
    return f"[{', '.join([*words, _literal(row.unit), _symbols(row.choices), _literal(row.help)])}]"


def _command_row(spec: CommandSpec) -> str:
    words = [_symbol(spec.name), _literal(spec.usage), "true" if spec.work else "false", _symbols(spec.options)]
    return f"[{', '.join([*words, _literal(spec.help)])}]"


def _number(row: Parameter, value: float) -> str:
    if row.kind != "float":
        return f"{int(value)}"
    text = f"{value:.10g}".replace("e+", "e")
    return text if "." in text or "e" in text else f"{text}.0"


def _symbol(name: str) -> str:
    return f"'{name}'"


def _symbols(names: Sequence[str]) -> str:
    return f"[{', '.join(map(_symbol, names))}]"


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _parameters_help() -> Iterator[str]:
    yield "SECTION:: Parameters\n"
    for group in dict.fromkeys(row.group for row in PARAMETERS.values()):
        yield f"SUBSECTION:: {GROUPS[group]}\n"
        yield "TABLE::"
        yield "## strong::name:: || strong::allowed:: || strong::default:: || strong::meaning::"
        for row in PARAMETERS.values():
            if row.group == group:
                yield f"## code::{row.name}:: || {_safe(row.allowed)} || {row.default} || {_safe(row.help)}"
        yield "::\n"


def _commands_help() -> Iterator[str]:
    yield "SECTION:: Commands\n"
    yield "What the methods of link::Classes/OscReorder:: and link::Classes/OscReorderStream:: send.\n"
    yield "DEFINITIONLIST::"
    for spec in COMMANDS.values():
        options = f" Options: {', '.join(spec.options)}." if spec.options else ""
        yield f"## teletype::{spec.address} {_safe(spec.usage)}:: || {_safe(spec.help)}.{options}"
    yield "::\n"


def _errors_help() -> Iterator[str]:
    known = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    found = {kind.code: kind for kind in known if issubclass(kind, errors.OscReorderError) and "code" in vars(kind)}
    yield "SECTION:: Error codes\n"
    yield "TABLE::"
    yield "## -1 || no daemon answers, or it ended before the request did"
    for code, kind in sorted(found.items()):
        meaning = (kind.__doc__ or "").split(":")[0].split(";")[0].rstrip(".").replace("``", "")
        yield f"## {code} || {'internal fault' if kind is errors.OscReorderError else _safe(meaning)}"
    yield "::\n"


def _safe(text: str) -> str:
    """Keep what SCDoc would take as a sign between columns."""
    return text.replace("||", "|").replace("::", ":")


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
