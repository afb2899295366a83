"""Hostile paths for reading and for writing, and the folders that they are aimed at.

In `base` lie ``root``, which may be read, ``out``, which may be written, and ``secret``, which may not even be looked
at.  Each path must be answered by an error; none may reach what lies outside.
"""

# ruff: noqa: RUF001, S108 - look-alikes of dots and slashes, and the machine's own folders, are the point

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from urllib.parse import quote

UP = (
    "..",
    "../..",
    "../../..",
    "in/../..",
    "./..",
    ".//..",
    "in/./../..",
    "gone/../..",
    "in/../../x/..",
    "a.wav/../..",
)
SECRETS = ("secret/s.wav", "secret", "secret/*.wav", "secret/**", "secret/", "secret/gone.wav", "*/s.wav")

DEVICES = (
    "CON",
    "PRN",
    "AUX",
    "NUL",
    "COM1",
    "COM9",
    "LPT1",
    "LPT9",
    "CONIN$",
    "CONOUT$",
    "COM¹",
    "LPT³",
    "con",
    "Aux",
)
DEVICE_FORMS = ("{}", "{}.wav", "in/{}.wav", "{} .wav", "{}.tar.wav", "{}/x.wav")

UNC = (
    "\\\\server\\share\\x.wav", "//server/share/x.wav", "\\\\?\\C:\\x.wav", "\\\\.\\PhysicalDrive0", "//./C:/x.wav",
    "//?/C:/x.wav", "\\\\?\\UNC\\server\\share\\x.wav", "\\/server/share/x.wav", "/\\server\\share\\x.wav",
    "\\??\\C:\\x.wav", "///server/x.wav", "\\\\127.0.0.1\\c$\\x.wav", "//127.0.0.1/x.wav", "\\\\server@80\\x.wav",
    "\\\\localhost\\pipe\\x.wav", "file://server/x.wav", "smb://server/x.wav", "file:///etc/passwd",
)  # fmt: skip

DRIVES = (
    "C:foo.wav", "C:", "C:\\x.wav", "C:/x.wav", "c:..\\x.wav", "D:x.wav", "Z:\\..\\x.wav", "in/C:x.wav", "C:\\",
    "C:../secret/s.wav", "\\x.wav", "..\\x.wav", "..\\..\\secret\\s.wav", "in\\..\\..\\secret\\s.wav", "in\\x.wav",
    "%SystemRoot%\\x.wav", "C:\\..\\..\\secret\\s.wav", "\\Windows\\x.wav",
)  # fmt: skip

STREAMS = (
    "a.wav:x", "a.wav::$DATA", "a.wav:x:$DATA", "in:$INDEX_ALLOCATION/x.wav", "in::$I30:$INDEX_ALLOCATION/x.wav",
    "a.wav:x.wav", ":x.wav", "in/a:.wav", ":", "x:y.wav",
)  # fmt: skip

ENDINGS = (
    "a.wav.", "a.wav ", "a.wav..", "a.wav . .", "in./x.wav", "in /x.wav", ".../x.wav", "..../x.wav", ".. /secret/s.wav",
    "../ secret/s.wav", "... ", ". ./x.wav", " .", "in/ ../x.wav ", "a.wav\u00a0 ",
)  # fmt: skip

CONTROLS = (
    "a\n.wav", "a.wav\n", "\r.wav", "a\t.wav", "\x1b[2J.wav", "\x7f.wav", "a\x01.wav", "../secret/s.wav\n", "\x08.wav",
    "in\n/x.wav", "\x0b", "a.wav\x1f",
)  # fmt: skip

# Where a name is decoded or folded once too often, these become something else
ENCODED = (
    "%2e%2e/secret/s.wav", "..%2fsecret%2fs.wav", "%252e%252e%252fsecret/s.wav", "..%c0%afsecret/s.wav",
    "..%5csecret%5cs.wav", "%00", "a.wav%00.txt", "．．/secret/s.wav", "..／secret／s.wav", "‥/secret/s.wav",
    "․․/secret/s.wav", "..∕secret∕s.wav", "..⁄secret/s.wav", "..\u200b/secret/s.wav", "\u202e../secret/s.wav",
    "\ufeff../secret/s.wav", "ＣＯＮ.wav", "．．＼secret", "&#46;&#46;/secret/s.wav", "\\u002e\\u002e/secret/s.wav",
    "..;/secret/s.wav", "....//secret/s.wav", "..././secret/s.wav", quote("../secret/s.wav", safe=""),
)  # fmt: skip

SHELL = (
    "~", "~/x.wav", "~root/x.wav", "~/../x.wav", "$HOME/x.wav", "${HOME}/x.wav", "`id`.wav", "$(id).wav", "|id", "; id",
    "-", "--", "-o/x.wav", "@/etc/passwd", "< /etc/passwd", "> x.wav", "a.wav;../secret/s.wav", "a.wav|../secret/s.wav",
    "data:audio/wav;base64,UklGRg==", "http://127.0.0.1/x.wav", "/vsimem/x.wav", "zip://x.zip", "pipe:0", "fd:0",
)  # fmt: skip

MACHINE = (
    "/", "/*", "/**", "/etc/passwd", "/etc/*", "/etc/shadow", "/dev/zero", "/dev/null", "/dev/stdin", "/dev/tty",
    "/dev/random", "/dev/fd/0", "/dev/shm/x.wav", "/proc/self/mem", "/proc/self/fd/0", "/proc/self/cwd/x.wav",
    "/proc/self/root/etc/passwd", "/proc/1/root/x.wav", "/proc/kcore", "/proc/*/mem", "/sys/x.wav", "/root/x.wav",
    "/home/*/*", "/tmp/x.wav", "/var/log/*", "/boot", "/../etc/passwd", "/./etc/passwd", "/etc/../etc/passwd",
    "/Volumes/x.wav", "/net/server/x.wav", "/etc//passwd", "/etc/passwd/.", "/.", "/..",
)  # fmt: skip

LINKS = (
    "out of it", "out of it/s.wav", "out of it/*.wav", "s link.wav", "chain", "chain/s.wav", "round/out of it/s.wav",
    "in/up", "in/up/secret/s.wav", "to etc/passwd", "to dev/zero", "to proc/self/mem", "to itself.wav",
    "to nothing.wav",
    "to fd/0", "round/../../secret/s.wav", "in/up/root/../secret/s.wav", "out of it/../secret/s.wav",
    "to root/etc/passwd",
    "out of it/../root/../secret/s.wav",
)  # fmt: skip

GLOBS = (
    "../*", "../*.wav", "../**", "*/../../secret/*", "**/../../secret/*.wav", "../[s]ecret/s.wav", "../s?cret/s.wav",
    "{..,.}/secret/*", "out of it/**", "s link*", "[.][.]/secret/s.wav", ".?/secret/s.wav", "?./secret/s.wav",
    "*/s.wav", "**/s.wav", "to*/zero", "to*/passwd", "to*/self/mem", "chai?/*", "[!a]ut of it/*",
)  # fmt: skip

LONG = ("x" * 300 + ".wav", "x/" * 1000 + "x.wav", "../" * 1000 + "etc/passwd", "é" * 200 + ".wav", "in/" + "y" * 4000)
SPECIAL = ("pipe.wav", "in/pipe.wav", "socket.wav", "folder.wav", "")


def prepare(base: Path) -> None:
    """Make the folders, with real sounds in ``root/a.wav``, ``root/in/x.wav`` and ``secret/s.wav``."""
    for name in ("root/in", "root/folder.wav", "out/in", "out/folder.wav", "secret"):
        (base / name).mkdir(parents=True)
    for home in (base / "root", base / "out"):
        links: dict[str, str | Path] = {
            "out of it": base / "secret",
            "s link.wav": base / "secret/s.wav",
            "chain": home / "out of it",
            "round": home,
            "in/up": base,
            "to etc": "/etc",
            "to dev": "/dev",
            "to proc": "/proc",
            "to fd": "/dev/fd",
            "to root": "/",
            "to itself.wav": home / "to itself.wav",
            "to nothing.wav": base / "secret/new.wav",
        }
        for name, target in links.items():
            (home / name).symlink_to(target)
        for name in ("pipe.wav", "in/pipe.wav"):
            os.mkfifo(home / name)


def hostile(base: Path) -> Iterator[str]:
    """Yield the paths."""
    for up, rest in product(UP, SECRETS):
        yield f"{up}/{rest}"
    for device, form in product(DEVICES, DEVICE_FORMS):
        yield form.format(device)
    yield from (
        *UNC,
        *DRIVES,
        *STREAMS,
        *ENDINGS,
        *CONTROLS,
        *ENCODED,
        *SHELL,
        *MACHINE,
        *LINKS,
        *GLOBS,
        *LONG,
        *SPECIAL,
    )
    for name in (
        "secret/s.wav",
        "secret",
        "root/../secret/s.wav",
        "root-beside/x.wav",
        "ROOT/../secret/s.wav",
        "root ",
    ):
        yield f"{base}/{name}"
    yield from (
        f"{base}/SECRET/s.wav",
        f"{base}/root/../../{base.name}/secret/s.wav",
        f"{base}".upper(),
        f"{base}/out\0",
    )


def to_write(base: Path) -> Iterator[str]:
    """Yield the paths as names of outputs: as they are, and where they have no such ending with ``.wav``."""
    for path in hostile(base):
        yield path
        if not path.endswith(".wav"):
            yield f"{path}.wav"
            yield f"{path}/new.wav"
