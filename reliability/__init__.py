"""What `docs/reliability.md` promises, measured: ``python -m reliability.NAME`` prints the figures of a row.

The builders of hostile packets, sounds and paths, and the programs that are started, are those of the tests.
"""

import sys
from pathlib import Path

TESTS = Path(__file__).parent.parent / "tests"

sys.path.insert(0, str(TESTS))
