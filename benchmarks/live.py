"""The instrument: neighbours, streams and own sound of a real daemon; writes the section `live` of RESULTS.md.

- Neighbours: 100,000 grains in 16 dimensions, 2,000 questions at 200 a second from one client, with nothing else to do
  and while another corpus is analysed again and again.  Beside each goes a packet of the same size to a bare echo;
  scipy's k-d tree answers the same questions, at the same pace, in this process.
- Streams: grains a second for 20 s while a worker analyses; how much later than the lookahead before its moment each
  was sent (by the kernel's clock; the scheduler hands grains on each 5 ms).
- Voices: grains of 100 ms that one core mixes in blocks of 256, beside scsynth's GrainBuf (`scsynth -N`), taking turns.
- Sound: 60 s of 200 grains a second into a JACK server without hardware, while a worker analyses and the daemon
  answers 1,000 pings a second.

    python -m benchmarks.live
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.live_answers import neighbour_rows, stream_rows
from benchmarks.live_sound import sound_rows, voice_rows
from benchmarks.results import provenance, write_section

COMMAND = "python -m benchmarks.live"
GROUPS = {"neighbours": neighbour_rows, "streams": stream_rows, "voices": voice_rows, "sound": sound_rows}


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry", action="store_true", help="print only; leave RESULTS.md")
    parser.add_argument(
        "--only", choices=GROUPS, action="append", help="one group of figures, repeatable; implies --dry"
    )
    options = parser.parse_args()
    before, rows = provenance(), []
    with tempfile.TemporaryDirectory(prefix="oscreorder-bench-") as name:
        for group in options.only or GROUPS:
            folder = Path(name, group)
            folder.mkdir()
            for row in GROUPS[group](folder, COMMAND):
                print(row.line, flush=True)
                rows.append(row)
    if not options.dry and not options.only:
        write_section("live", rows, notes=(__doc__ or "").split("\n\n")[1], before=before)
    return 0


if __name__ == "__main__":
    sys.exit(main())
