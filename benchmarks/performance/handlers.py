"""The handlers that are compared, a typical event, and the environment of a handler in AWS Lambda."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.performance.asset import copy_asset

_HERE = Path(__file__).resolve().parent
EVENT = _HERE.parents[1] / "tests" / "handler" / "events" / "update_contact_attributes_from_browser.json"

OURS, BOTO3, POWERTOOLS = "connect-constructs", "boto3", "Powertools"
QUEUE_CONSUMER = "connect-constructs, consumer of the queue"

MODULES = {
    OURS: "contact_updates.api_function",
    BOTO3: "boto3_handler",
    POWERTOOLS: "powertools_handler",
    QUEUE_CONSUMER: "contact_updates.queue_function",
}


@contextlib.contextmanager
def function_environment() -> Iterator[dict[str, str]]:
    """The variables set by Lambda and by the constructs. The handlers' own files have no byte code, as in Lambda."""
    with tempfile.TemporaryDirectory() as directory:
        asset = copy_asset(Path(directory) / "asset")
        instance_id = json.loads(json.loads(EVENT.read_text(encoding="utf-8"))["body"])["InstanceId"]
        yield {
            "PYTHONPATH": f"{asset}:{_HERE / 'peers'}",
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
            # Outside Lambda, Powertools' Tracer does nothing. Most invocations are not sampled.
            "LAMBDA_TASK_ROOT": str(asset),
            "AWS_LAMBDA_FUNCTION_NAME": "contact-updates",
            "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=0",
        }
