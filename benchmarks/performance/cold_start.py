"""The cost of a function's start and of its first requests: ours, a naive one, and one with Powertools."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.performance.connect_stub import connect_stub
from benchmarks.performance.handlers import BOTO3, EVENT, MODULES, OURS, POWERTOOLS, function_environment
from benchmarks.performance.paired_runs import Command, Samples, completed, in_turn

INTERPRETER, CERTIFICATES = "interpreter alone", "certificates alone"

_PROCESS = Path(__file__).parent / "lambda_process.py"
_REQUESTS = 3

_PRINT_BUNDLE = "from botocore.httpsession import where; print(where())"
_LOAD_CERTIFICATES = """
import json, ssl, sys, time
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
started = time.process_time()
context.load_verify_locations(sys.argv[1])
print(json.dumps(time.process_time() - started))
"""


@dataclass(frozen=True, kw_only=True)
class ColdStart:
    """CPU seconds of each run, by handler."""

    start: Samples
    first_request: Samples
    third_request: Samples
    modules: dict[str, int]


def measure(python: Path, *, runs: int, progress: Callable[[str], None]) -> ColdStart:
    with function_environment() as environment:
        starts: dict[str, Command] = {name: [python, "-c", f"import {module}"] for name, module in MODULES.items()}
        starts[INTERPRETER] = [python, "-c", "pass"]
        start = in_turn(starts, environment, runs=runs, progress=lambda run: progress(f"cold start: {run}"))
        first, third, modules = _requests(python, environment, runs=runs, progress=progress)
    return ColdStart(start=start, first_request=first, third_request=third, modules=modules)


def _requests(
    python: Path, environment: dict[str, str], *, runs: int, progress: Callable[[str], None]
) -> tuple[Samples, Samples, dict[str, int]]:
    first: Samples = {name: [] for name in (OURS, BOTO3, POWERTOOLS, CERTIFICATES)}
    third: Samples = {name: [] for name in (OURS, BOTO3, POWERTOOLS)}
    modules = {}
    bundle = Path(completed([python, "-c", _PRINT_BUNDLE], environment).stdout.strip())
    with tempfile.TemporaryDirectory() as directory, connect_stub(Path(directory), bundle) as to_stub:
        for run in range(1, runs + 1):
            for name in third:
                process: Command = [python, _PROCESS, MODULES[name], EVENT, str(_REQUESTS)]
                # The handlers' log lines come before the last line.
                seen = json.loads(completed(process, environment | to_stub).stdout.splitlines()[-1])
                first[name].append(seen["seconds"][0])
                third[name].append(seen["seconds"][-1])
                modules[name] = seen["modules"]
            loaded = completed([python, "-c", _LOAD_CERTIFICATES, bundle], environment)
            first[CERTIFICATES].append(json.loads(loaded.stdout))
            progress(f"first request: {run} of {runs}")
    return first, third, modules
