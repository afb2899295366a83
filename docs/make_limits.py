"""Writes docs/limits.md from the table of limits: ``make docs``; a test compares them."""

from pathlib import Path

from oscreorder.limits import LIMITS

PAGE = Path(__file__).with_name("limits.md")

HEAD = """\
# Limits

Made by `make docs` from the table in `oscreorder/limits.py`. `oscreorder serve --limit NAME=N` changes one, for as
long as that daemon runs; `oscreorder doctor` shows the defaults of this machine, `/oscreorder/status id 1` those of a
running daemon and what is in use.

What would exceed a limit is refused with an error of code 6 that names it, before anything is begun where that can be
known: the grains and the memory of a job are reckoned from the lengths of its sounds. A packet beyond the first four
is counted and not answered; a request beyond `pending` runs at once and is counted; of grains beyond `voices` the
oldest gives way. A worker that takes more than `memory_mb` all the same gets an error 6 or dies with error 20, and
another takes its place.

| limit | default | highest | what it bounds |
| --- | --- | --- | --- |
"""

FIXED = """
Fixed, since clients rely on them: packets that are sent hold at most 1472 bytes, text in them 400 bytes; bundles wait
at most 10 s; a lease lasts 60 s; a stranger beyond loopback gets one reply of at most three times its request, and none
on a port below 1024; up to 65,536 messages wait for one peer, 64 of them go out each 5 ms.
"""


def page() -> str:
    """Return the text of the page."""
    rows = [
        f"| `{name}` | {row.default:,}{f' {row.unit}' if row.unit else ''} | {row.maximum:,} | {row.help} |"
        for name, row in LIMITS.items()
    ]
    return HEAD + "\n".join(rows) + "\n" + FIXED


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
