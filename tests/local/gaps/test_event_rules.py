"""An EventBridge rule with a FIFO queue as target."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.local.gaps.emulated_aws import EmulatedAws


@pytest.mark.parametrize(("content_based", "delivered"), [(False, []), (True, ["first"])])
def test_fifo_queue_takes_events_only_with_content_based_deduplication(
    aws: EmulatedAws, content_based: bool, delivered: list[str]
) -> None:
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": str(content_based).lower()}
    url = _queue(aws, ".fifo", attributes, {"SqsParameters": {"MessageGroupId": "group"}})

    _put_event(aws, url)

    assert _delivered(aws, url) == delivered


def test_fifo_queue_takes_no_events_without_a_message_group(aws: EmulatedAws) -> None:
    url = _queue(aws, ".fifo", {"FifoQueue": "true", "ContentBasedDeduplication": "true"}, {})

    _put_event(aws, url)

    assert _delivered(aws, url) == []


@pytest.mark.parametrize("allowed", ["nobody", "another rule"])
def test_queue_takes_no_events_of_a_rule_that_its_policy_does_not_allow(aws: EmulatedAws, allowed: str) -> None:
    url = _queue(aws, "", {}, {}, allowed=allowed)

    _put_event(aws, url)

    assert _delivered(aws, url) == []


def test_standard_queue_takes_events(aws: EmulatedAws) -> None:
    url = _queue(aws, "", {}, {})

    _put_event(aws, url)

    assert _delivered(aws, url) == ["first"]


def _queue(
    aws: EmulatedAws, suffix: str, attributes: dict[str, str], target: dict[str, Any], *, allowed: str = "the rule"
) -> str:
    """The URL of a queue. A rule sends it the events that have this URL as their source."""
    sqs, events = aws.client("sqs"), aws.client("events")
    name = f"queue-{uuid.uuid4()}"
    url: str = sqs.create_queue(QueueName=f"{name}{suffix}", Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": [url]}))["RuleArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule if allowed == "the rule" else f"{rule}-else"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    if allowed != "nobody":
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn, **target}])
    return url


def _put_event(aws: EmulatedAws, source: str) -> None:
    entry = {"Source": source, "DetailType": "first", "Detail": "{}"}
    answer = aws.client("events").put_events(Entries=[entry])
    # PutEvents does not report that the event was not delivered.
    assert answer["FailedEntryCount"] == 0


def _delivered(aws: EmulatedAws, url: str) -> list[str]:
    messages = aws.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
    return [json.loads(message["Body"])["detail-type"] for message in messages]
