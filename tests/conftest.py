"""What several test files share."""

import signal
from pathlib import Path

import pytest

# Programs that a shell starts in the background ignore the interrupt, and so do theirs: tests of it need it back
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def sounds() -> Path:
    """Return the folder of real sounds with free licences; its README names their sources."""
    return Path(__file__).parent.parent / "examples" / "sounds"
