"""The benchmarks against the notebook's own code; writes RESULTS.md.

python -m benchmarks.run                    # all; about ten minutes, and 10 GB of memory for the notebook's hour
python -m benchmarks.run --quick            # shorter sounds and fewer turns, under two minutes; its own section
python -m benchmarks.run --only tour        # one group
python -m benchmarks.run --sounds DIR       # smoothness on the sounds of another folder, too
"""

import argparse
import inspect
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import GROUPS, Bench
from benchmarks.results import Row, provenance, write_section


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter sounds and fewer turns")
    parser.add_argument("--only", choices=GROUPS, action="append", help="one group of figures; repeatable")
    parser.add_argument("--sounds", metavar="DIR", default="", help="a folder of more sounds, for smoothness")
    parser.add_argument("--dry", action="store_true", help="print only; leave RESULTS.md")
    options = parser.parse_args()
    command = "python -m benchmarks.run" + " --quick" * options.quick
    command += f" --sounds {options.sounds}" if options.sounds else ""
    measured: list[Row] = []
    began = provenance()
    with tempfile.TemporaryDirectory(prefix="oscreorder-bench-") as folder:
        bench = Bench(Path(folder), command, options.quick, options.sounds)
        bench.compile()
        for group in options.only or GROUPS:
            before = provenance()
            rows = GROUPS[group](bench)
            for row in rows:
                print(row.line, flush=True)
            measured += rows
            if not options.quick and not options.dry:
                write_section(group, rows, notes=inspect.getdoc(GROUPS[group]) or "", before=before)
    if options.quick and not options.only and not options.dry:
        write_section("quick", measured, before=began)
    missed = sum(row.met is False for row in measured)
    print(f"{missed} of {sum(row.met is not None for row in measured)} targets missed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
