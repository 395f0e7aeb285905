"""Figures of the queue under bursts: calls to Amazon Connect, time to drain, throttled calls.

    make queue-figures                                      updates docs/performance.md and its picture
    PYTHONPATH=lambda python -m benchmarks.queue_figures    prints the table

The function is the real one. The queue, Lambda, Amazon Connect and the clock are simulated by tests/attack. Exits 1 if
a contact ends up wrong, there is a dead letter, or the queue makes more calls than promised.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from benchmarks.arguments import positive
from benchmarks.drawing import draw
from benchmarks.queue_figures.case import run_case
from benchmarks.queue_figures.section import bars, section, table
from tools.page_sections import write_section

_DEFAULT_UPDATES = (1_000, 5_000, 20_000)
_UPDATES_PER_CONTACT = (100, 10, 1)


def main() -> int:
    """Run the bursts. Returns the exit code."""
    summary, _, usage = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.queue_figures",
        description=summary,
        epilog=usage,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--updates",
        type=positive,
        nargs="+",
        default=list(_DEFAULT_UPDATES),
        metavar="N",
        help=f"sizes of the bursts (default: {' '.join(map(str, _DEFAULT_UPDATES))}); each is run with 100, 10 and 1 "
        "updates for each contact",
    )
    parser.add_argument("--output-dir", type=Path, help="the folder of performance.md and queue-figures.svg")
    arguments = parser.parse_args()
    if sys.platform == "linux":
        # Only one thread runs at a time, and switching between threads is faster on a single processor.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    cases = [
        run_case(updates, max(1, updates // updates_per_contact))
        for updates in arguments.updates
        for updates_per_contact in _UPDATES_PER_CONTACT
    ]
    print(table(cases), end="")
    broken = [text for case in cases for text in case.broken_promises]
    for text in broken:
        print(f"not as promised: {text}", file=sys.stderr)
    # The page says that all promises hold.
    if arguments.output_dir and not broken:
        write_section(arguments.output_dir / "performance.md", "queue-figures", section(cases))
        draw("benchmarks.queue_figures.picture", bars(cases), arguments.output_dir / "queue-figures.svg")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
