"""How many files may be open at once: each sound of a corpus is one."""

import contextlib
import sys

ENOUGH = 65_536, 10_240, 4096
"""The most that is of use; fewer where the system has a bound that it does not tell, as macOS."""

if sys.platform == "win32":

    def allow_many() -> None:
        """Windows allows them."""

else:
    import resource

    def allow_many() -> None:
        """Raise the limit of this process, and of those that it starts, as far as it may: often 1024, on macOS 256."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        for enough in ENOUGH:
            wanted = enough if hard == resource.RLIM_INFINITY else min(hard, enough)
            if soft == resource.RLIM_INFINITY or soft >= wanted:
                return
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
                return
