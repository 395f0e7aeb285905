"""The functions' entry points as the Lambda runtime loads them: in a process and environment of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from contact_updates.settings import EndpointSettings
from tests.handler.conftest import Connect
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN, INSTANCE_ID

ROOT = Path(__file__).resolve().parents[2]
EVENTS = Path(__file__).parent / "events"

# Like the runtime: import the handler, and call it with the event and a context.
BOOTSTRAP = """\
import importlib, json, sys
class Context:
    aws_request_id = "the-invocation"
    def get_remaining_time_in_millis(self):
        return 30000
module, _, name = sys.argv[1].rpartition(".")
handler = getattr(importlib.import_module(module), name)
for event in json.load(sys.stdin):
    print("ANSWER " + json.dumps(handler(event, Context())))
print("MODULES " + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def invoke(
    events: list[Any], *, entry: str = "contact_updates.api_function.handler", **environment: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], set[str]]:
    """The answers, the log lines and the top-level modules of a function that gets `events`."""
    done = subprocess.run(
        [sys.executable, "-c", BOOTSTRAP, entry],
        input=json.dumps(events),
        # Besides the interpreter's own packages, only the asset's folder is on the path.
        env={**os.environ, "PYTHONPATH": str(ROOT / "lambda"), **environment},
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    answers = [json.loads(line.removeprefix("ANSWER ")) for line in lines if line.startswith("ANSWER ")]
    (modules,) = (json.loads(line.removeprefix("MODULES ")) for line in lines if line.startswith("MODULES "))
    logged = [json.loads(line) for line in lines if not line.startswith(("ANSWER ", "MODULES "))]
    return answers, logged, set(modules)


def sample(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def test_entry_point_answers_real_events(connect: Connect) -> None:
    # Given: the variables that the construct sets, and the address of Amazon Connect
    environment = {
        "INSTANCE_ARN": INSTANCE_ARN,
        "ALLOWED_ATTRIBUTES": "Tier,Greeting",
        "ALLOW_ORIGINS": "https://agents.example.com,https://admin.example.com",
        "AWS_ENDPOINT_URL_CONNECT": connect.url,
        "AWS_LAMBDA_FUNCTION_NAME": "contact-updates",
    }

    # When
    names = ["update_contact_attributes_from_browser", "update_contact_arn_in_path", "update_contact_without_body"]
    answers, logged, modules = invoke([sample(name) for name in names], **environment)

    # Then
    assert [answer["statusCode"] for answer in answers] == [200, 200, 400]
    assert answers[0]["headers"]["Access-Control-Allow-Origin"] == "https://agents.example.com"
    assert connect.attributes(CONTACT_ID) == {"Tier": "gold", "Greeting": "Grüß Gott"}
    assert connect.contact(CONTACT_ID)["Name"] == "A name"
    assert [line["outcome"] for line in logged] == ["Updated", "Updated", "InvalidRequestException"]
    assert [line["function"] for line in logged] == ["contact-updates"] * 3
    # The asset has only the handler.
    assert not modules & {"aws_cdk", "jsii", "connect_constructs", "tools", "tests", "jsonschema"}


def test_entry_point_fails_at_once_without_an_instance() -> None:
    with pytest.raises(AssertionError, match=r"KeyError: 'INSTANCE_ARN'"):
        invoke([], AWS_REGION="us-east-1")


def test_entry_point_of_the_queue_applies_a_message(connect: Connect) -> None:
    # Given: the variables that the construct sets, and the message of a direct producer
    environment = {
        "INSTANCE_ARN": INSTANCE_ARN,
        "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/queue.fifo",
        "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/dead.fifo",
        "SECONDS_PER_CALL": "0.3",
        "EVENT_BUS_NAME": "arn:aws:events:us-east-1:111122223333:event-bus/bus",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_CONNECT": connect.url,
    }
    parameters = {"InstanceId": INSTANCE_ID, "InitialContactId": CONTACT_ID, "Attributes": {"Tier": "gold"}}
    record = {
        "messageId": "message",
        "receiptHandle": "handle",
        "body": json.dumps({"version": 1, "operation": "UpdateContactAttributes", "parameters": parameters}),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(int(time.time() * 1000)),
            "MessageGroupId": "group",
            "SequenceNumber": "18849496460467696128",
        },
        "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:queue.fifo",
    }

    # When
    answers, logged, modules = invoke(
        [{"Records": [record]}], entry="contact_updates.queue_function.handler", **environment
    )

    # Then
    assert answers == [{"batchItemFailures": []}]
    assert connect.attributes(CONTACT_ID)["Tier"] == "gold"
    assert [(line["outcome"], line["updateId"]) for line in logged] == [("Updated", "message")]
    assert not modules & {"boto3", "aws_cdk", "jsii", "connect_constructs", "tools", "tests", "jsonschema"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, (None, None, frozenset())),
        ({"ALLOWED_ATTRIBUTES": "a,b"}, (frozenset({"a", "b"}), None, frozenset())),
        # An empty list is not the same as none: nothing may be written.
        ({"ALLOWED_ATTRIBUTES": ""}, (frozenset(), None, frozenset())),
        ({"ALLOWED_MEMBERS": "Name,References.A b"}, (None, frozenset({"Name", "References.A b"}), frozenset())),
        ({"ALLOWED_MEMBERS": ""}, (None, frozenset(), frozenset())),
        ({"ALLOW_ORIGINS": ""}, (None, None, frozenset())),
        ({"ALLOW_ORIGINS": "*"}, (None, None, frozenset({"*"}))),
        (
            {"ALLOW_ORIGINS": "https://a.example,https://b.example"},
            (None, None, {"https://a.example", "https://b.example"}),
        ),
    ],
)
def test_settings_come_from_the_environment(environment: dict[str, str], expected: Any) -> None:
    settings = EndpointSettings.from_environment({"INSTANCE_ARN": INSTANCE_ARN, **environment})

    assert (settings.allowed_attributes, settings.allowed_members, settings.allow_origins) == expected


@pytest.mark.parametrize(
    ("arn", "region"),
    [
        (INSTANCE_ARN, "us-east-1"),
        (f"arn:aws-us-gov:connect:us-gov-west-1:111122223333:instance/{INSTANCE_ID}", "us-gov-west-1"),
    ],
)
def test_id_and_region_are_the_instances(arn: str, region: str) -> None:
    settings = EndpointSettings.from_environment({"INSTANCE_ARN": arn, "AWS_REGION": "eu-central-1"})

    assert (settings.instance.id, settings.instance.region) == (INSTANCE_ID, region)
