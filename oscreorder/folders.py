"""Which files may be read and written: paths from outside, resolved and kept inside the allowed folders.

A path is refused by rule, or resolved with its links followed and compared with the folders, before anything at it is
looked at; so a refusal does not tell whether something exists out there, and no name reaches a network share.
"""

import errno
import os
import stat
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from fnmatch import fnmatch
from pathlib import Path

from oscreorder import names as rule
from oscreorder.errors import FileProblemError, OutsideError, OverwriteError, ParameterError

# What a folder or a glob loads; a file that is named itself may have any suffix
SUFFIXES = (".wav", ".wave", ".aif", ".aiff", ".aifc", ".flac", ".ogg", ".oga", ".opus", ".mp3")

# Characters of a path in an error: more would push the reason out of a reply
SHOWN_LENGTH = 160


def find_sounds(path: str, roots: Sequence[str]) -> list[Path]:
    """Find the sounds at `path`.

    Parameters
    ----------
    path : str
        A file; a folder, for all sounds in and below it; or a glob (``*``, ``?``, ``[...]``; ``**`` for any number of
        folders) that is matched against files with one of `SUFFIXES`.  Hidden files and folders are left out of
        folders and globs.  A relative path is taken from the first root that has it.
    roots : sequence of str
        The folders that may be read.

    Returns
    -------
    list of Path
        At least one: absolute, links followed, each file once, sorted by the names below the folder.  What was met on
        the way and cannot be read (a link that leads out of the roots, a locked folder) is given by its own name:
        `files.decode` refuses it with the reason.

    Raises
    ------
    OutsideError
        The path leads out of the roots.
    FileProblemError
        There is nothing at it, no sound below it, or the path is no name that a file can have.
    """
    _check(path, roots)
    allowed = [Path(os.path.realpath(root)) for root in roots]
    candidates = dict.fromkeys(_resolved(root / path) for root in allowed)
    inside = [candidate for candidate in candidates if _is_inside(candidate, allowed)]
    if not inside:
        raise OutsideError(f"{shown(path)}: outside the folders that may be read ({_listed(allowed)})")
    for candidate in inside:
        found = _sounds_at(candidate, allowed)
        if found:
            return found
    if any(_is_folder(candidate) for candidate in inside):
        raise FileProblemError(f"{shown(path)}: this folder holds no sounds ({', '.join(SUFFIXES)})")
    below = f", in {_listed(allowed)}" if any(folder != Path(folder.anchor) for folder in allowed) else ""
    raise FileProblemError(f"{shown(path)}: there is no such file, and nothing matches it{below}")


def output_path(out: str, folder: str, *, overwrite: bool, suffixes: Collection[str]) -> Path:
    """Return where an output goes.

    Parameters
    ----------
    out : str
        Name of the output, with one of `suffixes`; a relative one is taken from `folder`.
    folder : str
        The folder that may be written to; `out` must lie in or below it, in a folder that exists.
    overwrite : bool
        Allow a file that exists.

    Returns
    -------
    Path
        Absolute; the links of its folder are followed, its last name is not (a link there will be replaced itself).

    Raises
    ------
    ParameterError
        The suffix is none of `suffixes`.
    OutsideError
        It leads out of `folder`.
    OverwriteError
        The file exists and `overwrite` is off.
    FileProblemError
        Its folder does not exist or may not be written to, or its name is taken by something else than a file.
    """
    _check(out, [folder])
    home, target = Path(os.path.realpath(folder)), Path(folder, out)
    if reason := rule.output_refusal(target.name):
        raise FileProblemError(f"{shown(out)}: {reason}")
    if target.suffix.lower() not in suffixes:
        raise ParameterError(f"out: {shown(out)} does not end in one of {', '.join(suffixes)}")
    parent = _resolved(target.parent)
    if not _is_inside(parent, [home]):
        raise OutsideError(f"{shown(out)}: outside the folder that may be written ({home})")
    if not _is_folder(parent):
        raise FileProblemError(f"{shown(out)}: there is no folder {shown(parent)}; make it first")
    if not os.access(parent, os.W_OK):
        raise FileProblemError(f"{shown(out)}: the folder {shown(parent)} may not be written to")
    path = parent / target.name
    _check_free(path, overwrite=overwrite)
    return path


def refuse_overwriting(path: Path) -> OverwriteError:
    """Return the refusal to replace `path`."""
    return OverwriteError(f"{shown(path)} exists; overwrite 1 (on the command line --overwrite) replaces it")


def shown(path: str | Path) -> str:
    """Return `path` as errors show it: if it is long, its last part, so that the reason behind it is read too.

    What a terminal would not print, or obey, is a question mark.
    """
    text = "".join(letter if letter.isprintable() else "?" for letter in str(path))
    return text if len(text) <= SHOWN_LENGTH else f"…{text[1 - SHOWN_LENGTH :]}"


def open_resolved(path: Path, flags: int) -> int:
    """Open what lies at `path`, which has been resolved, without following any link.

    Between the check of a path and its use someone may put a link in the place of a file or a folder of it: where the
    system can, nothing behind such a link is opened.

    Parameters
    ----------
    path : Path
        Absolute and without links.
    flags : int
        As for `os.open`.

    Returns
    -------
    int
        The descriptor.

    Raises
    ------
    OutsideError
        There is a link in it.
    OSError
        It cannot be opened.
    """
    try:
        return _open_resolved(path, flags)
    except OSError as problem:
        if problem.errno == errno.ELOOP or _resolved(path) != path:
            raise OutsideError(f"{shown(path)}: a link leads out of the folders that are allowed") from problem
        raise


def _check(path: str, folders: Sequence[str]) -> None:
    """Refuse by rule what must not even be looked at."""
    if not path:
        raise FileProblemError("the path is empty; name a file, a folder or a glob")
    if path.startswith(("//", "\\\\")):
        raise OutsideError(f"{shown(path)}: it names a network share, which is outside the allowed folders")
    if rule.has_control(path) or not _is_encodable(path):
        raise FileProblemError(f"{shown(path)}: no file can have this name")
    windows = os.name == "nt"
    if not windows and any(folder == Path(folder).anchor for folder in folders):
        return  # all of a machine may be read: its user's own command line
    reason = rule.refusal(path if windows else _below(path, folders), windows=windows)
    if reason:
        raise OutsideError(f"{shown(path)}: {reason}")


def _below(path: str, folders: Sequence[str]) -> str:
    """Return the part of `path` that a peer chose, without one of the folders, which whoever started us chose."""
    for folder in (name.rstrip("/") + "/" for chosen in folders for name in (chosen, os.path.realpath(chosen))):
        if path.startswith(folder):
            return path.removeprefix(folder)
    return path


def _is_encodable(path: str) -> bool:
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return False
    return True


if sys.platform == "linux":

    def _open_resolved(path: Path, flags: int) -> int:
        here = os.open(path.anchor, os.O_PATH | os.O_DIRECTORY)
        try:
            for name in path.parts[1:-1]:
                there = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
                os.close(here)
                here = there
            return os.open(path.name or ".", flags | os.O_NOFOLLOW, dir_fd=here)
        finally:
            os.close(here)

elif sys.platform == "darwin":

    def _open_resolved(path: Path, flags: int) -> int:
        return os.open(path, flags | os.O_NOFOLLOW_ANY)

else:

    def _open_resolved(path: Path, flags: int) -> int:
        """Open, then look: Windows lets nobody rename the folders of an open file."""
        descriptor = os.open(path, flags)
        if os.path.realpath(path) == str(path):
            return descriptor
        os.close(descriptor)
        raise OSError(errno.ELOOP, "there is a link in it")


def _check_free(path: Path, *, overwrite: bool) -> None:
    """Refuse a name that is taken, or that no file can have."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as problem:
        raise FileProblemError(f"{shown(path)}: {problem.strerror}") from problem
    if not stat.S_ISREG(mode) and not stat.S_ISLNK(mode):
        raise FileProblemError(f"{shown(path)}: this is a folder or a device, not a file")
    if not overwrite:
        raise refuse_overwriting(path)


def _resolved(path: Path) -> Path:
    """Return `path` with its links followed."""
    try:
        return Path(os.path.realpath(path))
    except OSError as problem:  # links of other users' processes below /proc, for instance
        raise OutsideError(f"{shown(path)}: outside the allowed folders: a link in it may not be followed") from problem


def _is_folder(path: str | Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises where a name is too long or a folder is locked


def _is_inside(path: Path, allowed: Sequence[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in allowed)


def _listed(folders: Sequence[Path]) -> str:
    return ", ".join(shown(folder) for folder in folders)


def _sounds_at(path: Path, allowed: Sequence[Path]) -> list[Path]:
    """Return what `path`, resolved and inside, stands for; empty where there is nothing."""
    if _is_folder(path):
        return _sorted(_walk(path, allowed))
    if os.path.lexists(path):  # a name that is there is never a glob: take[1].wav
        return [path]
    base = path.parent
    while not _is_folder(base) and base != base.parent:
        base = base.parent
    pattern = path.relative_to(base).parts
    if not _is_inside(base, allowed) or not any(set(part) & set("*?[") for part in pattern):
        return []
    depth = None if "**" in pattern else len(pattern)
    return _sorted((names, sound) for names, sound in _walk(base, allowed, depth=depth) if _matches(names, pattern))


def _sorted(sounds: Iterator[tuple[tuple[str, ...], Path]]) -> list[Path]:
    names = {path: names for names, path in sounds}
    return sorted(names, key=names.__getitem__)


def _walk(folder: Path, allowed: Sequence[Path], *, depth: int | None = None) -> Iterator[tuple[tuple[str, ...], Path]]:
    """Yield the names below `folder` and the resolved path of each sound, at most `depth` names deep."""
    seen: set[Path] = set()  # links may make circles
    waiting: list[tuple[tuple[str, ...], Path]] = [((), folder)]
    while waiting:
        above, here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        try:
            entries = _entries(here)
        except (OSError, OutsideError):
            yield above, here
            continue
        for name, is_link in entries:
            names, found = (*above, name), here / name
            is_folder = _is_folder(found)
            path, is_inside = _followed(found, allowed) if is_folder or is_link else (found, True)
            if is_folder and is_inside:
                if depth is None or len(names) < depth:
                    waiting.append((names, path))
            elif is_folder or found.suffix.lower() in SUFFIXES:
                yield names, path if is_inside else found


def _followed(found: Path, allowed: Sequence[Path]) -> tuple[Path, bool]:
    """Return where a link leads, and whether that is inside."""
    try:
        path = _resolved(found)
    except OutsideError:
        return found, False
    return path, _is_inside(path, allowed)


def _entries(folder: Path) -> list[tuple[str, bool]]:
    """Return the names in a folder, which has been resolved, without hidden ones; and whether each is a link."""
    with ExitStack() as stack:
        there: Path | int = folder
        if os.scandir in os.supports_fd:
            there = open_resolved(folder, os.O_RDONLY | os.O_DIRECTORY)
            stack.callback(os.close, there)
        entries = stack.enter_context(os.scandir(there))
        return [(entry.name, entry.is_symlink()) for entry in entries if not entry.name.startswith(".")]


def _matches(names: Sequence[str], pattern: Sequence[str]) -> bool:
    """Tell whether the names match the pattern name by name, ``**`` standing for any number of folders."""
    if pattern[-1] == "**":
        pattern = (*pattern, "*")
    reached = {0}  # places in the pattern that fit the names so far
    for name in names:
        reached = {
            place if pattern[place] == "**" else place + 1
            for place in _past_double_stars(reached, pattern)
            if place < len(pattern) and (pattern[place] == "**" or fnmatch(name, pattern[place]))
        }
    return len(pattern) in _past_double_stars(reached, pattern)


def _past_double_stars(reached: set[int], pattern: Sequence[str]) -> set[int]:
    """Add the places behind each ``**``, which may stand for no name at all."""
    for place, part in enumerate(pattern):
        if part == "**" and place in reached:
            reached = reached | {place + 1}
    return reached
