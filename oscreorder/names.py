"""Which names are refused by rule, on every platform and before anything is looked at.

Windows takes some names for devices, shares, drives or hidden streams.  They are refused everywhere, so that a patch
means the same on every machine, and what is written can be copied to any.
"""

import re
from pathlib import PureWindowsPath

# Words that Windows takes for devices in every folder, whatever suffix follows
WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE)

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NEVER_WRITTEN = re.compile(r'[<>"|?*]')


def has_control(path: str) -> bool:
    """Return whether there is a control character in `path`, such as NUL or the end of a line."""
    return _CONTROL.search(path) is not None


def refusal(path: str, *, windows: bool) -> str:
    """Return why `path` is not taken on this platform; empty where it is."""
    if not windows and "\\" in path:
        return 'it has "\\", which parts folders on Windows alone; write /'
    drive = PureWindowsPath(path).drive
    if not windows and drive:
        return f"it names drive {drive} of Windows"
    return windows_refusal(path)


def output_refusal(name: str) -> str:
    """Return why nothing is written under `name`, the last part of a path; empty where it may be."""
    found = _NEVER_WRITTEN.search(name)
    return f"{found[0]} cannot be in a name on Windows" if found else ""


def windows_refusal(path: str) -> str:
    """Return why Windows would take `path` for something else than a file of that name; empty where it would not."""
    parsed = PureWindowsPath(path)
    if parsed.drive.startswith("\\\\"):
        return "it names a network share"
    if parsed.drive and not parsed.root:
        return f"it depends on where drive {parsed.drive} stands; give the whole path"
    for name in parsed.parts[1 if parsed.anchor else 0 :]:
        if ":" in name:
            return f'":" in "{name}" would name a hidden stream of a file'
        if name not in {".", ".."} and name.rstrip(" .") != name:
            return f'"{name}" ends in a dot or a blank'
        if WINDOWS_DEVICES.fullmatch(name):
            return f'"{name}" is a device'
    return ""
