"""What a function's start and its first request cost: ours, a naive one's, and one with Powertools."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.performance.asset import copy_asset
from benchmarks.performance.connect_stub import connect_stub
from benchmarks.performance.paired_runs import Command, FailedRunError, Samples, in_turn

HERE = Path(__file__).resolve().parent
EVENT = HERE.parents[1] / "tests" / "handler" / "events" / "update_contact_attributes_from_browser.json"

OURS, BOTO3, POWERTOOLS = "connect-constructs", "boto3", "Powertools"
QUEUE_CONSUMER, INTERPRETER = "connect-constructs, consumer of the queue", "interpreter alone"
CERTIFICATES = "certificates alone"

MODULES = {
    OURS: "contact_updates.api_function",
    BOTO3: "boto3_handler",
    POWERTOOLS: "powertools_handler",
    QUEUE_CONSUMER: "contact_updates.queue_function",
}

_REQUESTS = 3

_LOAD_CERTIFICATES = """
import json, ssl, sys, time
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
started = time.process_time()
context.load_verify_locations(sys.argv[1])
print(json.dumps(time.process_time() - started))
"""


@dataclass(frozen=True, kw_only=True)
class ColdStart:
    """CPU seconds by handler, run by run."""

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
    return ColdStart(
        start=start,
        first_request=first,
        third_request=third,
        modules=modules,
    )


@contextlib.contextmanager
def function_environment() -> Iterator[dict[str, str]]:
    """What Lambda sets and the constructs set. The handlers' own files have no byte code, as in Lambda."""
    with tempfile.TemporaryDirectory() as directory:
        asset = copy_asset(Path(directory) / "asset")
        instance_id = json.loads(json.loads(EVENT.read_text(encoding="utf-8"))["body"])["InstanceId"]
        yield {
            "PYTHONPATH": f"{asset}:{HERE / 'peers'}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": "/usr/bin:/bin",
            "HOME": directory,
            "INSTANCE_ARN": f"arn:aws:connect:us-east-1:111122223333:instance/{instance_id}",
            "QUEUE_URL": "",
            "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/dead.fifo",
            "SECONDS_PER_CALL": "0.3",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "token",
            # Powertools' Tracer does nothing elsewhere. Most invocations are not sampled.
            "LAMBDA_TASK_ROOT": str(asset),
            "AWS_LAMBDA_FUNCTION_NAME": "contact-updates",
            "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=0",
        }


def _requests(
    python: Path, environment: dict[str, str], *, runs: int, progress: Callable[[str], None]
) -> tuple[Samples, Samples, dict[str, int]]:
    first: Samples = {name: [] for name in (OURS, BOTO3, POWERTOOLS, CERTIFICATES)}
    third: Samples = {name: [] for name in (OURS, BOTO3, POWERTOOLS)}
    modules = {}
    bundle = Path(_printed([python, "-c", "from botocore.httpsession import where; print(where())"], environment))
    with tempfile.TemporaryDirectory() as directory, connect_stub(Path(directory), bundle) as to_stub:
        for run in range(1, runs + 1):
            for name in third:
                process: Command = [python, HERE / "lambda_process.py", MODULES[name], EVENT, str(_REQUESTS)]
                # The last line stands behind what the handlers logged.
                seen = json.loads(_printed(process, environment | to_stub).splitlines()[-1])
                first[name].append(seen["seconds"][0])
                third[name].append(seen["seconds"][-1])
                modules[name] = seen["modules"]
            first[CERTIFICATES].append(json.loads(_printed([python, "-c", _LOAD_CERTIFICATES, bundle], environment)))
            progress(f"first request: {run} of {runs}")
    return first, third, modules


def _printed(command: Command, environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FailedRunError(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout.strip()
