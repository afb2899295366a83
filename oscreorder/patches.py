"""The patches for musicians' programs: ``oscreorder patches`` copies them to where the program looks.

A manifest beside the files keeps the hash of each as it was written.  A file that differs from it was changed by its
user: it stays, and the new one is written beside it only on request.  A file of an older version that is not in the new
one is removed, unless it was changed.
"""

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import platformdirs

from oscreorder.errors import FileProblemError

Change = Literal["write", "renew", "remove", "keep", "same", "gone"]
PACKAGE = Path(__file__).parent
LEFT_OUT = {"__pycache__", ".DS_Store"}


@dataclass(frozen=True, slots=True)
class Kit:
    """What one program takes: the files below `source` go into `folder` of the place, or into the place itself."""

    program: str
    source: str
    folder: str
    then: str


KITS: Mapping[str, Kit] = {
    "pd": Kit(
        "Pure Data",
        "pd",
        "oscreorder",
        "in Pd: [declare -path oscreorder], then [oscreorder]; or open 01-load.pd there",
    ),
    "max": Kit("Max", "max/oscreorder", "oscreorder", "start Max anew; it is in the Extras menu"),
    "supercollider": Kit(
        "SuperCollider",
        "supercollider/OscReorder",
        "OscReorder",
        "recompile the class library (Ctrl+Shift+L), then search the help for OscReorder",
    ),
    "csound": Kit("Csound", "csound", "", "csound oscreorder.csd"),
    "chuck": Kit("ChucK", "chuck", "", "chuck oscreorder.ck"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What copying a kit would do in `target`: a change for each file, by its path there with slashes."""

    name: str
    target: Path
    changes: Mapping[str, Change]

    @property
    def needed(self) -> bool:
        """Whether there is anything to write or to remove."""
        return any(change in {"write", "renew", "remove"} for change in self.changes.values())

    @property
    def told(self) -> str:
        """What it does, in words: ``3 files to write, 1 file to renew``."""
        counts = [(len(self.of(change)), change) for change in ("write", "renew", "remove", "keep")]
        return ", ".join(f"{count} file{'s' * (count != 1)} to {change}" for count, change in counts if count)

    def of(self, change: Change) -> list[str]:
        """Return the files that change so."""
        return [path for path, planned in self.changes.items() if planned == change]


def kits_folder(package: Path = PACKAGE) -> Path:
    """Return the folder with all kits: in the installed package, else beside it in a checkout.

    Raises
    ------
    FileProblemError
        It is in neither place.
    """
    for folder in (package / "kits", package.parent / "patches"):
        if all((folder / kit.source).is_dir() for kit in KITS.values()):
            return folder
    raise FileProblemError(f"the patches are missing from this installation ({package}); install oscreorder anew")


def place(name: str) -> Path:
    """Return the folder in which the program looks for what its user adds."""
    documents = Path(platformdirs.user_documents_dir())
    match name:
        case "pd":
            return _first(documents / "Pd" / "externals", default=_pd_externals())
        case "max":
            versions = [documents / f"Max {version}" for version in (9, 8)]
            return _first(*versions, default=versions[0]) / "Packages"
        case "supercollider":
            return Path(platformdirs.user_data_dir("SuperCollider", appauthor=False)) / "Extensions"
        case _:
            return Path.cwd()


def _first(*folders: Path, default: Path) -> Path:
    return next((folder for folder in folders if folder.is_dir()), default)


def _pd_externals() -> Path:
    """Return the folder that Pd looks into on this system, whether or not its user has one in the documents."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Pd"
    if sys.platform == "win32":
        return Path(platformdirs.user_data_dir("Pd", appauthor=False, roaming=True))
    return Path.home() / ".local" / "lib" / "pd" / "extra"


def plan(name: str, folder: Path) -> Plan:
    """Return what copying the kit `name` into `folder` would do.

    Raises
    ------
    FileProblemError
        The kit, or a file of that name there, cannot be read.
    """
    target = (folder / KITS[name].folder).absolute()
    written = _written(_manifest(target, name))
    new = {path: _hash(content) for path, content in _files(name).items()}
    changes = {path: _change(_found(target / path), written.get(path), new.get(path)) for path in {*new, *written}}
    return Plan(name, target, {path: changes[path] for path in sorted(changes) if changes[path] != "gone"})


def carry_out(planned: Plan, *, beside: bool = False) -> None:
    """Write and remove what is planned; with `beside` the new text of each kept file too, as ``<name>.new``.

    Raises
    ------
    FileProblemError
        A file or folder cannot be written.
    """
    files, manifest = _files(planned.name), _manifest(planned.target, planned.name)
    written = {path: was for path, was in _written(manifest).items() if path in planned.of("keep")}
    try:
        for path, change in planned.changes.items():
            if change in {"write", "renew"}:
                _write(planned.target / path, files[path])
            elif change == "remove":
                (planned.target / path).unlink()
            elif change == "keep" and beside and path in files:
                _write(planned.target / f"{path}.new", files[path])
        written |= {path: _hash(content) for path, content in files.items() if path not in planned.of("keep")}
        _write(manifest, json.dumps(written, indent=1, sort_keys=True).encode())
    except OSError as error:
        raise FileProblemError(f"{planned.target}: cannot be written: {error.strerror or error}") from error


def _change(found: str | None, written: str | None, new: str | None) -> Change:
    """Return what becomes of a file, from the hashes of what is there, of what we wrote last, and of what is new."""
    if found is None:
        return "gone" if new is None else "write"
    if found == new:
        return "same"
    if found != written:
        return "keep"
    return "remove" if new is None else "renew"


def _files(name: str) -> dict[str, bytes]:
    """Return the contents of a kit by their paths in it."""
    source = kits_folder() / KITS[name].source
    paths = sorted(path for path in source.rglob("*") if path.is_file() and not LEFT_OUT.intersection(path.parts))
    return {path.relative_to(source).as_posix(): path.read_bytes() for path in paths}


def _manifest(target: Path, name: str) -> Path:
    return target / f".oscreorder-{name}.json"


def _written(manifest: Path) -> dict[str, str]:
    """Return the hashes of what was written, by path; none where nothing was, or where the manifest was spoilt."""
    try:
        told = json.loads(manifest.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise FileProblemError(f"{manifest}: cannot be read: {error.strerror}") from error
    except ValueError:
        return {}
    if not isinstance(told, dict):
        return {}
    return {path: was for path, was in told.items() if isinstance(was, str) and _stays_below(path)}


def _stays_below(path: str) -> bool:
    """Return whether a path of a manifest leads nowhere else: what it names may be removed."""
    parts = PurePosixPath(path).parts
    return bool(parts) and ".." not in parts and not Path(path).is_absolute()


def _found(path: Path) -> str | None:
    """Return the hash of a file, or None where there is none."""
    try:
        return _hash(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise FileProblemError(f"{path}: cannot be read: {error.strerror}") from error


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
