"""What a start of a function costs, in counts: unlike times, they are the same on every machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.handler.proxy import INSTANCE_ARN, attributes_event
from tests.handler.scripted_upstream import ScriptedUpstream, http

LAMBDA = Path(__file__).resolve().parents[2] / "lambda"

API = "contact_updates.api_function"
QUEUE = "contact_updates.queue_function"

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "INSTANCE_ARN": INSTANCE_ARN,
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/dead.fifo",
    "SECONDS_PER_CALL": "0.3",
}
QUEUE_URL = {"QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/queue.fifo"}

# The baseline: any function that creates a botocore client needs this.
BOTOCORE = "botocore.session"

# Prints what the start opens and lists, and the modules that are loaded afterwards.
START = """\
import gc, importlib, json, os, sys
opened, listed = [], []
def audit(event, arguments):
    if event == "open" and str(arguments[0]).endswith((".json", ".json.gz")):
        opened.append(arguments[0])
    elif event == "os.listdir" and os.sep + "data" in str(arguments[0]):
        listed.append(arguments[0])
sys.addaudithook(audit)
importlib.import_module(sys.argv[1])
sizes = {path: os.path.getsize(path) for path in opened}
print(json.dumps({"modules": sorted(sys.modules), "opened": sizes, "listed": listed, "collects": gc.isenabled()}))
"""

# A snapshot after the start, restored twice. Each copy serves one request when told to.
SNAPSHOT = """\
import importlib, json, os, sys
handler = importlib.import_module("contact_updates.api_function").handler
class Context:
    aws_request_id = "the-invocation"
    def get_remaining_time_in_millis(self):
        return 25000
print("started", flush=True)
event = json.loads(sys.stdin.readline())
for _ in range(2):
    if os.fork() == 0:
        handler(event, Context())
        os._exit(0)
    os.wait()
"""


def started(module: str, **environment: str) -> dict[str, Any]:
    """What the entry point `module` loads at start, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", START, module],
        env={**os.environ, **ENVIRONMENT, **environment, "PYTHONPATH": str(LAMBDA)},
        capture_output=True,
        text=True,
        check=True,
    )
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


@pytest.fixture(scope="module")
def botocore_alone() -> set[str]:
    return set(started(BOTOCORE)["modules"])


STARTS = pytest.mark.parametrize(
    ("module", "environment"), [(API, {}), (API, QUEUE_URL), (QUEUE, QUEUE_URL)], ids=["api", "api to queue", "queue"]
)


@STARTS
def test_start_imports_nothing_beside_botocore_and_the_handler(
    module: str, environment: dict[str, str], botocore_alone: set[str]
) -> None:
    added = set(started(module, **environment)["modules"]) - botocore_alone

    # unicodedata tells whether a message of Amazon Connect's repeats a value.
    assert {name for name in added if name.partition(".")[0] != "contact_updates"} <= {"unicodedata"}


def test_each_function_loads_only_what_it_needs_of_the_handler() -> None:
    loaded = {
        name: {module.removeprefix("contact_updates.") for module in started(entry, **environment)["modules"]}
        for name, entry, environment in (
            ("api", API, {}),
            ("api to queue", API, QUEUE_URL),
            ("queue", QUEUE, QUEUE_URL),
        )
    }

    def of(name: str, *packages: str) -> set[str]:
        return {module for module in loaded[name] if module.partition(".")[0] in packages}

    # The endpoint without a queue does not load what is for queues.
    assert of("api", "consumer", "update_message") == set()
    assert "endpoint.queue_target" not in loaded["api"]
    # The endpoint with a queue does not load what calls Amazon Connect.
    assert of("api to queue", "consumer", "connect_target") == set()
    assert of("queue", "endpoint") == set()


@STARTS
def test_start_reads_the_data_of_its_own_services_only(module: str, environment: dict[str, str]) -> None:
    seen = started(module, **environment)

    # To create a client, boto3 reads 1,500,000 bytes and lists 900 folders.
    assert sum(seen["opened"].values()) < (100_000 if environment else 30_000)
    assert len(seen["listed"]) <= 6
    assert "endpoints.json" not in {Path(path).name for path in seen["opened"]}


@STARTS
def test_garbage_is_collected_after_the_start(module: str, environment: dict[str, str]) -> None:
    assert started(module, **environment)["collects"]


def test_copies_of_a_snapshot_share_neither_credentials_nor_ids(upstream: ScriptedUpstream) -> None:
    # Given: a function whose credentials come from a service, as with SnapStart, and expire soon after its start
    def credentials(key: str, *, seconds: int) -> bytes:
        expiration = datetime.now(timezone.utc) + timedelta(seconds=seconds)
        document = {"AccessKeyId": key, "SecretAccessKey": "s", "Token": "t", "Expiration": expiration.isoformat()}
        return http("200 OK", json.dumps(document))

    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_ACCESS_KEY")}
    with ScriptedUpstream() as credential_service:
        credential_service.script(credentials("OLD", seconds=1), credentials("NEW", seconds=3600))
        upstream.script(http("200 OK", "{}"))
        with subprocess.Popen(
            [sys.executable, "-c", SNAPSHOT],
            env={
                **environment,
                **ENVIRONMENT,
                "PYTHONPATH": str(LAMBDA),
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": credential_service.url,
                "AWS_ENDPOINT_URL_CONNECT": upstream.url,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as function:
            assert function.stdin
            assert function.stdout
            assert function.stdout.readline() == "started\n"
            # No connection is opened before the first request.
            assert upstream.requests == []

            # When: its two copies serve the same request
            function.communicate(json.dumps(attributes_event()), timeout=30)

    # Then: each signs with fresh credentials, and under an id of its own
    heads = [request.partition(b"\r\n\r\n")[0].decode() for request in upstream.requests]
    headers = [dict(line.split(": ", 1) for line in head.splitlines()[1:]) for head in heads]
    assert function.returncode == 0
    assert len(headers) == 2
    assert all("Credential=NEW/" in sent["Authorization"] for sent in headers)
    assert len({sent["amz-sdk-invocation-id"] for sent in headers}) == 2
