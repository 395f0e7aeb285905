"""Where a start spends its CPU time: the import time of each package's modules."""

from __future__ import annotations

import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.performance.handlers import MODULES, OURS, function_environment
from benchmarks.performance.paired_runs import completed

STANDARD_LIBRARY, OWN = "standard library", "the handler itself, its client included"

_LINE = re.compile(r"import time: +(\d+) \| +\d+ \| +([\w.]+)")
_OWN_PACKAGE = MODULES[OURS].partition(".")[0]


def measure(python: Path, *, runs: int, progress: Callable[[str], None]) -> dict[str, float]:
    """Each package's share of our start, according to Python's -X importtime; largest first."""
    shares: dict[str, list[float]] = {}
    with function_environment() as environment:
        for run in range(1, runs + 1):
            done = completed([python, "-X", "importtime", "-c", f"import {MODULES[OURS]}"], environment)
            for package, share in shares_of(done.stderr).items():
                shares.setdefault(package, []).append(share)
            progress(f"imports: {run} of {runs}")
    medians = {package: statistics.median(values) for package, values in shares.items()}
    return dict(sorted(medians.items(), key=lambda item: -item[1]))


def shares_of(printed: str) -> dict[str, float]:
    """Each package's share of what -X importtime printed. A module's own time counts towards its package."""
    microseconds: Counter[str] = Counter()
    for own, module in _LINE.findall(printed):
        microseconds[_package(module)] += int(own)
    return {package: own / microseconds.total() for package, own in microseconds.items()}


def _package(module: str) -> str:
    top = module.partition(".")[0]
    if top == _OWN_PACKAGE:
        return OWN
    # Modules that the interpreter itself loads first, such as site.
    return STANDARD_LIBRARY if top in sys.stdlib_module_names else top
