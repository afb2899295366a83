"""How the C library keeps the daemon's memory: so that it stays as small for days as it was."""

import contextlib
import ctypes
import sys

M_TRIM_THRESHOLD, SLACK = -1, 2**20
M_MMAP_THRESHOLD, LARGE_BLOCK = -3, 2**16
M_ARENA_MAX = -8


def give_back_large_blocks() -> None:
    """Have glibc give large blocks back to the system when they are freed.

    Left to itself it keeps them from the second one on.  Python's table of interned strings, 1 MB, is made anew every
    few thousand requests, since names of folders come and go in it: the heap then grows by the hour, full of holes.
    Threads share one heap, since each of its own would keep what it needed once.
    """
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library
            mallopt = ctypes.CDLL(None).mallopt
            mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)
            mallopt(M_TRIM_THRESHOLD, SLACK)
            mallopt(M_ARENA_MAX, 1)


def give_back() -> None:
    """Have glibc give back whatever is free in the heap, also in its midst: a corpus may have been forgotten."""
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
