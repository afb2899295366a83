"""What several test files share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sounds() -> Path:
    """Return the folder of real sounds with free licences; its README names their sources."""
    return Path(__file__).parent.parent / "examples" / "sounds"
