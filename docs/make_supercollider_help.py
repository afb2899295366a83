"""Renders the help of the SuperCollider Quark by SuperCollider's own SCDoc, and writes it as one page of Markdown.

``python docs/make_supercollider_help.py`` needs sclang, no display; a test compares them.
"""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

PAGE = Path(__file__).parent / "clients" / "supercollider-help.md"
QUARK = Path(__file__).parent.parent / "patches" / "supercollider" / "OscReorder"
PAGES = (
    "Guides/OscReorder-Guide",
    "Classes/OscReorder",
    "Classes/OscReorderStream",
    "Classes/OscReorderGrains",
    "Classes/OscReorderRequest",
    "Classes/OscReorderSounds",
    "Classes/OscReorderTable",
    "Reference/OscReorder-Parameters",
)
PATIENCE_S = 100

HEAD = """\
# SuperCollider: the help files

Rendered by SuperCollider's SCDoc from `patches/supercollider/OscReorder/HelpSource`, and put into Markdown by
`docs/make_supercollider_help.py`: the same as its help browser shows.
"""

RENDER = """{
    SCDoc.helpTargetDir = %s;
    SCDoc.indexAllDocuments;
    %s.do { |path| SCDoc.parseAndRender(SCDoc.documents[path]) };
    "rendered".postln;
    0.exit;
}.fork(AppClock);
"""


class Markdown(HTMLParser):
    """Turns a page of SCDoc into Markdown; what it says of files and inherited methods is left out."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[str] = []
        self._skipped = 0
        self._in_code = False
        self._cells = 0

    @property
    def text(self) -> str:
        """What came, with one empty line between paragraphs."""
        text = re.sub(r"#### Inherited (class|instance) methods\n", "", "".join(self._parts))
        text = re.sub(r"(?m)^(- .*?):? +$", r"\1", text)
        return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element; those that SCDoc leaves open do not nest."""
        known = {name: value or "" for name, value in attrs}
        if self._skipped or tag == "head" or known.get("id") in LEFT_OUT or known.get("class") in LEFT_OUT:
            self._skipped += tag not in OPEN
        elif tag == "textarea":
            self._parts.append("\n\n```supercollider\n")
            self._in_code = True
        elif tag == "td":
            self._parts.append(": " if self._cells else "")
            self._cells += 1
        elif tag != "p" or not self._ends_with("- ", ": "):
            self._cells = 0 if tag == "tr" else self._cells
            self._parts.append(BEGIN.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        if self._skipped:
            self._skipped -= tag not in OPEN
        elif tag == "textarea":
            self._parts.append("\n```\n\n")
            self._in_code = False
        else:
            self._parts.append(END.get(tag, ""))

    def handle_data(self, data: str) -> None:
        """Take text; outside code, line ends are spaces, and none stands at the beginning of a line."""
        if self._skipped:
            return
        if not self._in_code:
            data = re.sub(r"\s+", " ", data)
            data = data.lstrip() if self._ends_with("\n", "- ", ": ") else data
        if data:
            self._parts.append(data)

    def _ends_with(self, *endings: str) -> bool:
        last = next((part for part in reversed(self._parts) if part), "\n")
        return last.endswith(endings)


LEFT_OUT = frozenset(
    ("toc", "menubar", "label", "filename", "related", "superclasses", "extension-indicator-ctr", "doclink", "version")
)
OPEN = frozenset(("img", "meta", "link", "input", "p", "tr", "td", "br"))
BEGIN = {
    "h1": "\n\n## ",
    "h2": "\n\n### ",
    "h3": "\n\n#### ",
    "h4": "\n\n**",
    "p": "\n\n",
    "code": "`",
    "strong": "**",
    "em": "*",
    "li": "\n- ",
    "tr": "\n- ",
    "dt": "\n- ",
    "dd": ": ",
}
END = {
    "h1": "\n\n",
    "h2": "\n\n",
    "h3": "\n\n",
    "h4": "**\n",
    "code": "`",
    "strong": "**",
    "em": "*",
    "table": "\n\n",
    "ul": "\n\n",
    "div": "\n\n",
}


def page() -> str:
    """Return the page as SuperCollider renders it now."""
    with tempfile.TemporaryDirectory() as folder:
        rendered = Path(folder) / "help"
        _render(Path(folder), rendered)
        return "\n".join([HEAD, *_pages(rendered)])


def _pages(rendered: Path) -> Iterator[str]:
    for name in PAGES:
        markdown = Markdown()
        markdown.feed((rendered / f"{name}.html").read_text(encoding="utf-8"))
        yield markdown.text


def _render(home: Path, rendered: Path) -> None:
    """Have SCDoc render the pages as HTML."""
    configuration = home / "quark.yaml"
    configuration.write_text(f'includePaths:\n    - "{QUARK}"\nexcludePaths: []\n', encoding="utf-8")
    script = home / "render.scd"
    script.write_text(RENDER % (json.dumps(str(rendered)), json.dumps(list(PAGES))), encoding="utf-8")
    places = dict.fromkeys(("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(home))
    headless = {"QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_DISABLE_SANDBOX": "1"}
    command = ["sclang", "-l", str(configuration), str(script)]
    told = subprocess.run(  # noqa: S603 - sclang, on a file of ours
        command, env=os.environ | places | headless, capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    complaints = [line for line in told.stdout.splitlines() if re.match("WARNING|ERROR|SCDoc: In ", line)]
    if complaints or "rendered" not in told.stdout:
        raise RuntimeError("\n".join(["SCDoc did not render the help", *complaints]))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
