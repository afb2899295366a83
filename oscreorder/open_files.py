"""How many files may be open at once: each sound of a corpus is one."""

import contextlib
import sys

ENOUGH = 65_536

if sys.platform == "win32":

    def allow_many() -> None:
        """Windows allows them."""

else:
    import resource

    def allow_many() -> None:
        """Raise the limit of this process, and of those that it starts, as far as it may: often 1024, on macOS 256."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            with contextlib.suppress(ValueError, OSError):  # the system knows another bound
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
