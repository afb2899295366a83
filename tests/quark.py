"""SuperCollider in tests: its language with our Quark in a home of its own."""

import re
from collections.abc import Mapping
from pathlib import Path

from programs import REPOSITORY, Program, free_port

QUARK = REPOSITORY / "patches" / "supercollider" / "OscReorder"
EVALUATE = "\x1b"
START_S = 60
SR = 44100
PERIOD = 256
"""Of the JACK server: scsynth wants whole blocks of 64 frames."""

CONFIGURATION = """\
includePaths:
    - "{quark}"
excludePaths: []
postInlineWarnings: false
excludeDefaultPaths: false
"""


class Sclang(Program):
    """sclang without a display; it reads its standard input as it does under an editor.

    With `quark` our classes are compiled, and a connection is made by `connect`; `environment` is added to its own.
    """

    def __init__(self, home: Path, *, quark: bool = False, environment: Mapping[str, str] | None = None) -> None:
        home.chmod(0o700)
        headless = {"QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_DISABLE_SANDBOX": "1"}
        folders = {"HOME": home, "XDG_RUNTIME_DIR": home, "XDG_CONFIG_HOME": home / "config", "XDG_DATA_HOME": home}
        flags: tuple[str | Path, ...] = ()
        if quark:
            configuration = home / "quark.yaml"
            configuration.write_text(CONFIGURATION.format(quark=QUARK), encoding="utf-8")
            flags = ("-l", configuration)
        everything = headless | {name: str(folder) for name, folder in folders.items()} | dict(environment or {})
        super().__init__("sclang", "-i", "pipe", *flags, environment=everything, cwd=home)
        self.evaluate('"evaluating".postln')
        self.wait_for("^evaluating$", START_S)

    def evaluate(self, code: str) -> None:
        """Evaluate `code`, as an editor does with the block at the cursor."""
        self.write(code + EVALUATE)

    def fork(self, code: str, *, until: str, timeout_s: float = 90) -> re.Match[str]:
        """Evaluate `code`, which may wait, and return the first line after it that matches `until`."""
        self.evaluate("fork {\n" + code + "\n}")
        return self.wait_for(until, timeout_s)

    def connect(self, port: int) -> None:
        """Connect ``~reorder`` to the daemon at `port`."""
        self.evaluate(f'~reorder = OscReorder.connect("127.0.0.1", {port}, {{ "connected".postln }});')
        self.wait_for("^connected$")

    def boot(self) -> None:
        """Boot the server of this language, on a port of its own."""
        self.evaluate(f"""(
            s = Server(\\headless, NetAddr("127.0.0.1", {free_port()}));
            s.options.numInputBusChannels_(0).bindAddress_("127.0.0.1");
            Server.default = s;
            s.waitForBoot {{ "booted".postln }};
        )""")
        self.wait_for("^booted$", START_S)

    def quit_server(self) -> None:
        """End the server; nothing of it is left."""
        self.evaluate("s.quit;")
        self.wait_for(r"^Server 'headless' exited")

    @property
    def errors(self) -> list[str]:
        """What it complained about."""
        return [line for line in self.lines if re.match("ERROR|WARNING|FAIL", line)]
