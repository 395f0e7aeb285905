"""examples/queue, deployed: a rejected update becomes an event, and the log lines become metrics and traces."""

from __future__ import annotations

import collections
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connect_constructs.local import LocalAws
from connect_constructs.local.demo import contact_updates_client
from connect_constructs.local.faults import documented_error
from tests.handler.emf import extracted

# A word that nothing else says.
SECRET = "zq7canary7qz"

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "queue"


@pytest.fixture(scope="module")
def reported() -> list[str]:
    """What the local AWS has said."""
    return []


@pytest.fixture(scope="module")
def local(reported: list[str]) -> Iterator[LocalAws]:
    with LocalAws(EXAMPLE, report=reported.append) as started:
        yield started


@pytest.fixture(scope="module")
def client(local: LocalAws) -> Any:
    user = local.create_user(f"crm-{uuid.uuid4()}", may_invoke=local.invoke_arn(local.rest_apis[0]))
    return contact_updates_client(local.endpoint, user)


def test_rejected_update_is_published_on_the_event_bus(local: LocalAws, client: Any) -> None:
    # Given: an Amazon Connect that permanently rejects the next update
    contact_id, instance_id = local.connect.create_contact(), local.connect.instance_ids[0]
    local.connect.inject(documented_error("InvalidParameterException"))

    # When
    more = {"secret-key": {"Type": "STRING", "Value": "a secret value " * 20}}
    accepted = client.update_contact(InstanceId=instance_id, ContactId=contact_id, References=more)

    # Then
    outputs = local.outputs["Queue"]
    event = _received(local, outputs["RejectionsUrl"])
    dead_letter = _received(local, outputs["DeadLetterQueueUrl"])
    assert (event["source"], event["detail-type"]) == ("connect-constructs", "Contact Update Rejected")
    detail = event["detail"]
    assert detail["updateId"] == accepted["ResponseMetadata"]["HTTPHeaders"]["update-id"] == dead_letter["updateId"]
    assert detail["requestId"] == dead_letter["requestId"]
    assert (detail["operation"], detail["contactId"]) == ("UpdateContact", contact_id)
    assert detail["type"] == dead_letter["rejection"]["type"] == "InvalidParameterException"
    assert detail.keys() == {
        "updateId",
        "requestId",
        "operation",
        "contactId",
        "type",
        "reason",
        "deadLetterMessageId",
    }
    assert "secret" not in json.dumps(event)
    assert dead_letter["parameters"]["References"] == more


def test_log_lines_are_metrics_and_tell_the_trace(local: LocalAws, client: Any) -> None:
    # Given: a contact whose first update is rejected, and whose second one waits twice
    instance_id, contact_id = local.connect.instance_ids[0], local.connect.create_contact()
    for error_type in ("InvalidParameterException", "AccessDeniedException", "ThrottlingException"):
        local.connect.inject(documented_error(error_type))

    # When
    accepted = [
        client.update_contact(InstanceId=instance_id, ContactId=contact_id, Name=f"Name {number}")
        for number in range(2)
    ]
    with pytest.raises(client.exceptions.InvalidRequestException):
        client.update_contact(InstanceId=instance_id, ContactId=contact_id, Description=SECRET * 1_000)
    _wait_for(lambda: local.connect.contact(contact_id).details == {"Name": "Name 1"})

    # Then
    update_ids = [answer["ResponseMetadata"]["HTTPHeaders"]["update-id"] for answer in accepted]
    _wait_for(lambda: [line["outcome"] for line in _lines(local, contact_id)].count("Updated") == 1)
    lines = _lines(local, contact_id)
    assert collections.Counter(line["outcome"] for line in lines) == {
        "Accepted": 2,
        "InvalidRequestException": 1,
        "Rejected": 1,
        "HeldUp": 2,
        "Updated": 1,
    }
    functions = {each["Handler"]: each["FunctionName"] for each in local.client("lambda").list_functions()["Functions"]}
    sums: collections.Counter[tuple[str, str]] = collections.Counter()
    for line in lines:
        # As AWS Lambda names it, and every line valid.
        for (name, dimensions), values in extracted(json.dumps(line)).items():
            if len(dimensions) == 1:
                sums[dimensions[0][1], name] += len(values) if name == "ConnectLatency" else int(sum(values))
    api, consumer = (functions[f"contact_updates.{name}_function.handler"] for name in ("api", "queue"))
    assert sums == {
        (api, "Updates"): 3,
        (consumer, "Updates"): 4,
        (consumer, "ConnectLatency"): 4,
        (consumer, "DeadLetters"): 1,
        (consumer, "HeldUpAttempts"): 2,
        (consumer, "AccessDenied"): 1,
        (consumer, "Throttles"): 1,
    }
    # The trace of the request is that of its update, whichever invocation applies it.
    for update_id in update_ids:
        trace_ids = [line["traceId"] for line in lines if line.get("updateId") == update_id]
        assert re.match(r"1-[0-9a-f]{8}-[0-9a-f]{24}\Z", trace_ids[0])
        assert len(trace_ids) >= 2
        assert set(trace_ids) == {trace_ids[0]}
    assert len({line["traceId"] for line in lines}) == 3
    assert SECRET not in json.dumps(lines)


def test_alarms_and_dashboard_are_created(local: LocalAws, reported: list[str]) -> None:
    cloudwatch, sns = local.client("cloudwatch"), local.client("sns")

    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    (topic,) = sns.list_topics()["Topics"]
    # The emulator has no alarms on metric math: StalledUpdates and RejectedUpdates.
    assert sorted((alarm["Namespace"], alarm["MetricName"]) for alarm in alarms) == [
        ("AWS/ApiGateway", "5XXError"),
        ("AWS/Lambda", "Throttles"),
        ("AWS/Lambda", "Throttles"),
        ("AWS/SQS", "ApproximateNumberOfMessagesNotVisible"),
        ("ConnectConstructs", "AccessDenied"),
    ]
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(topic["TopicArn"],)}
    assert any("AWS::CloudWatch::Alarm on metric math" in line for line in reported)
    (dashboard,) = cloudwatch.list_dashboards()["DashboardEntries"]
    body = json.loads(cloudwatch.get_dashboard(DashboardName=dashboard["DashboardName"])["DashboardBody"])
    functions = {each["FunctionName"] for each in local.client("lambda").list_functions()["Functions"]}
    searches = [match[1] for match in re.finditer(r'function=\\"([\w-]+)', json.dumps(body))]
    assert set(searches) == functions


def _lines(local: LocalAws, contact_id: str) -> list[dict[str, Any]]:
    """The log lines about a contact."""
    logs = local.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    events = [event for group in groups for event in logs.filter_log_events(logGroupName=group)["events"]]
    lines = [json.loads(event["message"]) for event in events if event["message"].startswith("{")]
    return [line for line in lines if line.get("contactId") == contact_id]


def _wait_for(condition: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.2)


def _received(local: LocalAws, queue_url: str) -> dict[str, Any]:
    """Wait some seconds for the first message. Returns its body."""
    name = queue_url.rpartition("/")[2]
    sqs = local.client("sqs")
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        answer = sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], WaitTimeSeconds=1)
        if answer.get("Messages"):
            body: dict[str, Any] = json.loads(answer["Messages"][0]["Body"])
            return body
    raise AssertionError(f"nothing came to {name}")
