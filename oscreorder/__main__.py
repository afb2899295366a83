"""``python -m oscreorder``."""

import sys

from oscreorder.cli import main

if __name__ == "__main__":
    sys.exit(main())
