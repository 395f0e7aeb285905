"""The cost of the function and of synthesis, compared with peers: prints the table of ratios.

    make bench                          updates docs/performance.md and its picture
    python -m benchmarks.performance    prints the table

Takes a few minutes; run nothing else on the machine meanwhile. A missed target is reported in the table but is not a
failure, because times depend on the machine. Tests check what does not: modules, calls, files and bytes.
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
    """Run the benchmark. Returns the exit code."""
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
    """Measure everything, one comparison at a time."""
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
