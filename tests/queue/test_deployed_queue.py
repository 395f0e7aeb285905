"""The deployed queue: what only API Gateway, SQS, IAM and Lambda together can show."""

from __future__ import annotations

import hashlib
import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from connect_constructs.local.demo import contact_updates_client
from connect_constructs.local.faults import documented_error
from tests.queue.deployed_queue import ROOT, DeployedQueue, User, post

# A contact can have 4,096 bytes of references.
_MANY_REFERENCES = {"full": {"Type": "STRING", "Value": "x" * 4_000}}


@pytest.fixture(scope="module")
def caller(queue: DeployedQueue) -> User:
    return queue.create_caller()


@pytest.fixture(scope="module")
def client(queue: DeployedQueue, caller: User) -> Any:
    return contact_updates_client(queue.local.endpoint, caller)


@pytest.fixture
def contact_id(queue: DeployedQueue) -> str:
    return queue.connect.create_contact(attributes={"tier": "silver"}, name="Before")


def _wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true"
        time.sleep(0.05)


def _update_id(answer: dict[str, Any]) -> str:
    update_id: str = answer["ResponseMetadata"]["HTTPHeaders"]["update-id"]
    return update_id


def test_calls_keep_to_the_deployed_pace(queue: DeployedQueue, client: Any) -> None:
    seconds_per_call = float(queue.deployed_environment["SECONDS_PER_CALL"])
    contacts = [queue.connect.create_contact() for _ in range(16)]
    queue.set_consumer()
    queue.connect.arrivals.clear()

    for contact_id in contacts:
        client.update_contact(InstanceId=queue.instance_id, ContactId=contact_id, Name="After")
    assert queue.wait_until_empty(15)  # changing the function would stop running invocations
    queue.set_consumer(SECONDS_PER_CALL="0.01")

    arrivals = queue.connect.arrivals
    assert len(arrivals) == len(contacts)
    assert seconds_per_call == 0.3
    # The default is 7 updates a second. This is one execution; Lambda runs up to two.
    assert max(sum(start <= each < start + 2 for each in arrivals) for start in arrivals) <= 14 / 2
    assert {queue.connect.contact(each).details["Name"] for each in contacts} == {"After"}


def test_accepted_update_arrives(queue: DeployedQueue, client: Any, contact_id: str) -> None:
    answer = client.update_contact_attributes(
        InstanceId=queue.instance_id, InitialContactId=contact_id, Attributes={"tier": "", "note": "Grüße, 100 %"}
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answer["ResponseMetadata"]["HTTPHeaders"]["content-length"] == "0"
    assert uuid.UUID(_update_id(answer))
    answer = client.update_contact(
        InstanceId=queue.instance_id, ContactId=contact_id, Name="After", References=_MANY_REFERENCES
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202

    assert queue.wait_until_empty(15)
    contact = queue.connect.contact(contact_id)
    # An empty value removes the attribute.
    assert contact.attributes == {"note": "Grüße, 100 %"}
    assert contact.details == {"Name": "After", "References": _MANY_REFERENCES}


def test_log_groups_tell_who_changed_a_contact(queue: DeployedQueue, contact_id: str) -> None:
    # Given: two callers, each with an identity of its own
    target = {"InstanceId": queue.instance_id, "ContactId": contact_id}
    callers = [queue.create_caller() for _ in range(2)]
    for number, caller in enumerate(callers):
        contact_updates_client(queue.local.endpoint, caller).update_contact(**target, Name=f"{number}")
    assert queue.wait_until_empty(15)

    # When
    lines = _log_lines(queue)
    update_ids = [
        line["updateId"] for line in lines if line["contactId"] == contact_id and line["outcome"] == "Updated"
    ]
    accepted = {line["updateId"]: line["caller"] for line in lines if line["outcome"] == "Accepted"}

    # Then
    arns = _user_arns(queue)
    assert [accepted[update_id] for update_id in update_ids] == [{"userArn": arns[key]} for key, _ in callers]


def _log_lines(queue: DeployedQueue) -> list[dict[str, Any]]:
    """The log lines of both functions."""
    logs = queue.local.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    events = [event for group in groups for event in logs.filter_log_events(logGroupName=group)["events"]]
    lines = [json.loads(event["message"]) for event in events if event["message"].startswith("{")]
    # The others are from Lambda (START, END, REPORT) or from the access log.
    return [line for line in lines if "outcome" in line]


def _user_arns(queue: DeployedQueue) -> dict[str, str]:
    """The users' ARNs by access key."""
    iam = queue.local.client("iam")
    return {
        key["AccessKeyId"]: user["Arn"]
        for user in iam.list_users()["Users"]
        for key in iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
    }


def test_order_is_kept_over_both_operations(queue: DeployedQueue, client: Any, contact_id: str) -> None:
    ids = set()
    for number in range(12):
        name, attributes = f"Name {number}", {"tier": f"{number}", f"only{number}": "1"}
        update = client.update_contact(InstanceId=queue.instance_id, ContactId=contact_id, Name=name)
        merged = client.update_contact_attributes(
            InstanceId=queue.instance_id, InitialContactId=contact_id, Attributes=attributes
        )
        ids |= {_update_id(update), _update_id(merged)}

    assert len(ids) == 24
    assert queue.wait_until_empty(15)
    contact = queue.connect.contact(contact_id)
    assert contact.details == {"Name": "Name 11"}
    assert contact.attributes == {"tier": "11", **{f"only{number}": "1" for number in range(12)}}


def test_retry_of_an_sdk_is_accepted_once(queue: DeployedQueue, caller: User, contact_id: str) -> None:
    url = f"{queue.local.endpoint}/contact/attributes"
    ids = {"InstanceId": queue.instance_id, "InitialContactId": contact_id}
    first, second = ({"amz-sdk-invocation-id": str(uuid.uuid4())} for _ in range(2))

    gold = post(url, {**ids, "Attributes": {"tier": "gold"}}, signed_by=caller, headers=first)
    iron = post(url, {**ids, "Attributes": {"tier": "iron"}}, signed_by=caller, headers=second)
    again = post(url, {**ids, "Attributes": {"tier": "gold"}}, signed_by=caller, headers=first)

    assert (gold.status, iron.status, again.status) == (202, 202, 202)
    assert gold.body == again.body == b""
    assert gold.headers["update-id"] == again.headers["update-id"] != iron.headers["update-id"]
    assert queue.wait_until_empty(15)
    # The repeated call was not applied after the later one.
    assert queue.connect.contact(contact_id).attributes == {"tier": "iron"}


def test_rejected_update_is_kept_and_can_be_applied_later(queue: DeployedQueue, client: Any, contact_id: str) -> None:
    queue.take_dead_letters()
    target = {"InstanceId": queue.instance_id, "ContactId": contact_id}
    # This error is permanent, unlike that of a new contact.
    queue.connect.inject(documented_error("InvalidParameterException"), operation="UpdateContact")
    rejected = client.update_contact(**target, Name="Rejected")
    client.update_contact(**target, Description="Later")
    assert queue.wait_until_empty(15)

    # It has not held up the later update.
    assert queue.connect.contact(contact_id).details == {"Name": "Before", "Description": "Later"}
    (message,) = queue.sqs.receive_message(QueueUrl=queue.dead_letter_url, VisibilityTimeout=0)["Messages"]
    letter = json.loads(message["Body"])
    assert letter["updateId"] == _update_id(rejected)
    assert uuid.UUID(letter["requestId"])
    assert letter["operation"] == "UpdateContact"
    assert letter["parameters"] == {**target, "Name": "Rejected"}
    assert letter["rejection"]["type"] == "InvalidParameterException"
    assert letter["rejection"]["reason"] == "injected by a test"

    # The cause is fixed, and the update is moved back.
    queue.sqs.start_message_move_task(SourceArn=queue.dead_letter_arn, DestinationArn=queue.queue_arn)
    _wait_for(lambda: queue.connect.contact(contact_id).details["Name"] == "Rejected")
    assert queue.take_dead_letters() == []
    (task,) = queue.sqs.list_message_move_tasks(SourceArn=queue.dead_letter_arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)


def test_documented_script_moves_what_waits_in_a_retained_queue(
    queue: DeployedQueue, contact_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: a queue with updates that no consumer reads any more
    attributes = {"FifoQueue": "true", "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    url = queue.sqs.create_queue(QueueName=f"retained-{uuid.uuid4()}.fifo", Attributes=attributes)["QueueUrl"]
    for number in range(12):
        ids = {"InstanceId": queue.instance_id, "InitialContactId": contact_id}
        parameters = {**ids, "Attributes": {"last": f"{number}", f"only{number}": "1"}}
        queue.sqs.send_message(
            QueueUrl=url,
            MessageGroupId=hashlib.sha256(contact_id.lower().encode()).hexdigest(),
            MessageDeduplicationId=f"{number}",
            MessageBody=json.dumps({"version": 1, "operation": "UpdateContactAttributes", "parameters": parameters}),
        )
    document = (ROOT / "docs" / "queue.md").read_text(encoding="utf-8")
    (script,) = (block for block in re.findall(r"```python\n(.*?)```", document, re.DOTALL) if "retained" in block)

    # When
    monkeypatch.setattr(boto3, "client", lambda _: queue.sqs)
    exec(script, {"retained_queue_url": url, "queue_url": queue.queue_url})  # noqa: S102 - the document is ours

    # Then
    assert queue.wait_until_empty(15)
    assert queue.connect.contact(contact_id).attributes == {
        "tier": "silver",
        "last": "11",
        **{f"only{number}": "1" for number in range(12)},
    }
    assert queue.sqs.receive_message(QueueUrl=url).get("Messages") is None


def test_update_waits_for_what_may_pass(queue: DeployedQueue, client: Any, contact_id: str) -> None:
    queue.take_dead_letters()
    other = queue.connect.create_contact()
    queue.connect.inject(documented_error("AccessDeniedException"), operation="UpdateContactAttributes")
    ids = {"InstanceId": queue.instance_id, "InitialContactId": contact_id}
    client.update_contact_attributes(**ids, Attributes={"tier": "gold"})
    _wait_for(lambda: bool(queue.connect.suffered["ErrorAnswer"]))
    client.update_contact_attributes(**ids, Attributes={"tier": "iron"})
    client.update_contact(InstanceId=queue.instance_id, ContactId=other, Name="Not held up")

    _wait_for(lambda: "Name" in queue.connect.contact(other).details, seconds=3)
    assert queue.connect.contact(contact_id).attributes == {"tier": "silver"}
    _wait_for(lambda: queue.connect.contact(contact_id).attributes == {"tier": "iron"})
    assert queue.wait_until_empty(5)
    assert queue.take_dead_letters() == []


def _statements(queue: DeployedQueue, function: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements of the function's role, except those for logging."""
    iam = queue.local.client("iam")
    role = function["Role"].rpartition("/")[2]
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    statements = []
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        document = json.loads(document) if isinstance(document, str) else document
        statements += document["Statement"]
    return [each for each in statements if not str(each["Action"]).startswith(("logs:", "['logs:"))]


def test_api_function_may_send_and_nothing_else(queue: DeployedQueue) -> None:
    assert _statements(queue, queue.api_function) == [
        {"Action": "sqs:SendMessage", "Effect": "Allow", "Resource": queue.queue_arn}
    ]


def test_consumer_may_do_what_it_does_and_nothing_else(queue: DeployedQueue) -> None:
    instance_arn = queue.deployed_environment["INSTANCE_ARN"]

    assert _statements(queue, queue.consumer) == [
        {
            "Action": ["connect:UpdateContact", "connect:UpdateContactAttributes"],
            "Effect": "Allow",
            "Resource": f"{instance_arn}/contact/*",
        },
        {"Action": "sqs:SendMessage", "Effect": "Allow", "Resource": queue.dead_letter_arn},
        {
            "Action": [
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
            ],
            "Effect": "Allow",
            "Resource": queue.queue_arn,
        },
    ]
