"""The cost of a request in a warm function, apart from the call to Amazon Connect."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.performance.handlers import BOTO3, EVENT, MODULES, OURS, POWERTOOLS, function_environment
from benchmarks.performance.paired_runs import Command, Samples, completed

_PROCESS = Path(__file__).parent / "warm_process.py"
_REQUESTS = 1_000


@dataclass(frozen=True, kw_only=True)
class WarmPath:
    """CPU seconds by handler, as the median of each process: the request, botocore's call in it, and the rest."""

    requests: int
    request: Samples
    call: Samples
    own: Samples
    # Ours, by the kind of text and the bytes of the attributes.
    own_by_size: dict[str, dict[int, float]]


def measure(python: Path, *, runs: int, progress: Callable[[str], None]) -> WarmPath:
    figures: dict[str, list[dict[str, Any]]] = {name: [] for name in (OURS, BOTO3, POWERTOOLS)}
    with function_environment() as environment:
        for run in range(1, runs + 1):
            for name, seen in figures.items():
                process: Command = [python, _PROCESS, MODULES[name], EVENT, str(_REQUESTS)]
                # A pipe would keep a reader busy as well.
                done = completed(process, environment, stdout=subprocess.DEVNULL)
                seen.append(json.loads(done.stderr.splitlines()[-1]))
            progress(f"warm path: {run} of {runs}")

    def samples(figure: str) -> Samples:
        return {name: [one["typical"][figure] for one in seen] for name, seen in figures.items()}

    by_size = [one["own_by_size"] for one in figures[OURS]]
    return WarmPath(
        requests=_REQUESTS,
        request=samples("request"),
        call=samples("call"),
        own=samples("own"),
        own_by_size={
            kind: {int(size): statistics.median(one[kind][size] for one in by_size) for size in sizes}
            for kind, sizes in by_size[0].items()
        },
    )
