"""The compiled search, kept as an object file, so that the daemon need not take a compiler in.

To import numba takes a second and 130 MB, and holds the interpreter's lock for up to 90 ms at a time; to take an object
file in, a tenth of that.  A worker makes the file when it begins, unless it is there.
"""

import ctypes
import functools
import hashlib
import os
import platform
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import platformdirs

from oscreorder.corpus import leaves
from oscreorder.corpus.leaves import SEARCH, Search
from oscreorder.errors import FileProblemError

SYMBOL = "oscreorder_search"
DIGEST = hashlib.sha256().digest_size


def keep() -> None:
    """Make the file, unless it is there; where it cannot be written, whoever needs the search compiles it."""
    paths = _paths()
    if any(map(_kept, paths)):
        return
    from oscreorder.corpus.nearest import machine_code  # noqa: PLC0415 - it takes a compiler in
    from oscreorder.writing import part_path, write_atomically  # noqa: PLC0415 - and that one codecs

    code = machine_code(SYMBOL)
    if code is None:
        return
    for path in paths:
        with suppress(OSError, FileProblemError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(path, part_path(path), _digest(code) + code, overwrite=True)
            return


def load() -> Search | None:
    """Return the search from its file; None where there is none, or it is not what was written."""
    code = next(filter(None, map(_kept, _paths())), None)
    return _linked(code) if code else None


def _kept(path: Path) -> bytes | None:
    """Return the code in a file; None where it is not whole: half of it would end the process."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    code = content[DIGEST:]
    return code if content[:DIGEST] == _digest(code) else None


def _digest(code: bytes) -> bytes:
    return hashlib.sha256(code).digest()


@functools.cache
def _linked(code: bytes) -> Search:
    """Make an object file part of this process, as long as that lives."""
    import llvmlite.binding as llvm  # noqa: PLC0415 - a tenth of a second and 40 MB, for whoever asks for neighbours

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    # The interpreter's lock is kept: to get it back could take longer than a search.
    function = ctypes.PYFUNCTYPE(None, *[ctypes.c_void_p] * 2, *SEARCH)(engine.get_function_address(SYMBOL))
    nothing = ctypes.create_string_buffer(16)
    search: Any = functools.partial(function, ctypes.addressof(nothing), ctypes.addressof(nothing) + 8)
    search.kept = engine, nothing
    return cast("Search", search)


@functools.cache
def _paths() -> Sequence[Path]:
    """Return where the file may lie, named by all that it is made of: beside what Python itself compiled, or apart."""
    folder = Path(os.path.realpath(str(leaves.__file__))).parent
    sources = ((folder / name).read_bytes() for name in ("leaves.py", "nearest.py"))
    made_of = (version("numba"), version("llvmlite"), sys.platform, platform.machine())
    name = f"search-{hashlib.sha256(b''.join(sources) + repr(made_of).encode()).hexdigest()[:16]}.o"
    return [folder / "__pycache__" / name, platformdirs.user_cache_path("oscreorder") / name]
