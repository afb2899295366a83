"""Fuzz a target with atheris, guided by the coverage of the package: ``python -m fuzz TARGET [--seconds S]``.

It begins with what ``tests/corpus/TARGET`` holds; with ``--keep`` inputs that reach new code are added to that.  What
crashes, hangs for a second or takes 1 GB is written to ``crash-...`` here, and belongs into the tests with its fix.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["oscreorder", "fuzz"]):
    from fuzz.targets import TARGETS

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "tests" / "corpus"
LONGEST = {"wire": 2048, "messages": 256}


def main() -> None:
    """Fuzz until the time is over; atheris ends the process."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="fuzz the codec or the message layer")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", action="store_true", help="keep inputs that reach new code in tests/corpus")
    options = parser.parse_args()
    kept = CORPUS / options.target
    flags = [f"-max_len={LONGEST[options.target]}", "-timeout=1", "-rss_limit_mb=1024", "-print_final_stats=1"]
    flags.append(f"-dict={Path(__file__).with_name('osc.dict')}")
    flags.append(f"-max_total_time={options.seconds}")
    folders = [kept] if options.keep else [Path(tempfile.mkdtemp()), kept]
    atheris.Setup([sys.argv[0], *flags, *map(str, folders)], TARGETS[options.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
