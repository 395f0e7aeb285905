"""How long `make demo` takes after its set-up."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.performance.paired_runs import completed

_ROOT = Path(__file__).resolve().parents[2]
_STEP = re.compile(r"^ +(\d+\.\d) s (.+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Demo:
    """Wall-clock seconds in total, and of each step as the demonstration prints it."""

    seconds: float
    steps: dict[str, float]


def measure(*, progress: Callable[[str], None]) -> Demo:
    """Measure the second of two runs: the first does the set-up."""
    for run in (1, 2):
        started = time.monotonic()
        done = completed([Path(sys.executable).parent / "connect-constructs", "local", "--demo"], directory=_ROOT)
        seconds = time.monotonic() - started
        progress(f"demo: {run} of 2")
    return Demo(seconds=seconds, steps=steps_of(done.stdout + done.stderr))


def steps_of(printed: str) -> dict[str, float]:
    """Parse the seconds of each step."""
    return {step: float(seconds) for seconds, step in _STEP.findall(printed)}
