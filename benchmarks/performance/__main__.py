"""The function's and the synthesis' cost, beside peers: prints the table of ratios.

    make bench                         writes the section of docs/performance.md, and its picture
    python -m benchmarks.performance    prints the table

Takes some minutes; nothing else should run on the machine meanwhile. A missed target is said in the table, and is no
failure: times depend on the machine. What does not is tested: modules, calls, files and bytes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.arguments import positive
from benchmarks.drawing import PEERS_PYTHON, draw
from benchmarks.performance import cold_start, demo, import_shares, machine, synthesis, warm_path
from benchmarks.performance.asset import archive
from benchmarks.performance.bars import bars
from benchmarks.performance.figures import Figures
from benchmarks.performance.page import page, summary
from benchmarks.performance.paired_runs import FailedRunError
from tools.page_sections import write_section


def main() -> int:
    """Measure; the exit code."""
    summary_line, _, usage = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.performance",
        description=summary_line,
        epilog=usage,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--runs", type=positive, default=11, metavar="N", help="of each comparison (default: 11)")
    parser.add_argument(
        "--python",
        type=lambda text: Path(text).absolute(),
        default=PEERS_PYTHON,
        help="of the environment with requirements/benchmark-peers.txt (default: the one that make bench makes)",
    )
    parser.add_argument("--output-dir", type=Path, help="the folder of performance.md and performance.svg")
    arguments = parser.parse_args()
    if not arguments.python.exists():
        parser.error(f"no interpreter at {arguments.python}: make bench sets it up")

    try:
        figures = measure(arguments.python, runs=arguments.runs)
    except FailedRunError as error:
        print(error, file=sys.stderr)
        return 1
    print(summary(figures), end="")
    if arguments.output_dir:
        write_section(arguments.output_dir / "performance.md", "benchmark", page(figures))
        draw(
            "benchmarks.performance.picture",
            bars(figures),
            arguments.output_dir / "performance.svg",
            python=arguments.python,
        )
    return 0


def measure(python: Path, *, runs: int) -> Figures:
    """All figures, one comparison after the other."""
    with tempfile.TemporaryDirectory() as directory:
        asset = archive(Path(directory))
    return Figures(
        machine=machine.describe(python),
        runs=runs,
        archive=asset,
        cold_start=cold_start.measure(python, runs=runs, progress=_say),
        import_shares=import_shares.measure(python, runs=runs, progress=_say),
        warm_path=warm_path.measure(python, runs=runs, progress=_say),
        synthesis=synthesis.measure(python, runs=runs, progress=_say),
        demo=demo.measure(progress=_say),
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
