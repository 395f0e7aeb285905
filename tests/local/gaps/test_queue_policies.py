"""Who may use a queue: callers in the account and in other accounts."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from connect_constructs.local.emulator import ACCOUNT
from tests.local.gaps.emulated_aws import OTHER_ACCOUNT, OTHER_ROOT, EmulatedAws

_SEND = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}


def _queue(aws: EmulatedAws, *statements: dict[str, Any]) -> str:
    sqs = aws.client("sqs")
    url: str = sqs.create_queue(QueueName=f"queue-{uuid.uuid4()}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    if statements:
        document = {"Version": "2012-10-17", "Statement": [{**_SEND, "Resource": arn, **part} for part in statements]}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(document)})
    return url


def _may_send(aws: EmulatedAws, url: str, credentials: Credentials, *, in_batch: bool = False) -> bool:
    sqs = aws.client("sqs", credentials)
    try:
        if in_batch:
            sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "x"}])
        else:
            sqs.send_message(QueueUrl=url, MessageBody="x")
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


@pytest.mark.parametrize("in_batch", [False, True])
@pytest.mark.parametrize("principal", [OTHER_ACCOUNT, f"arn:aws:iam::{OTHER_ACCOUNT}:root"])
def test_another_account_needs_the_queues_policy_and_its_own(aws: EmulatedAws, principal: str, in_batch: bool) -> None:
    open_to_it, closed = _queue(aws, {"Principal": {"AWS": principal}}), _queue(aws)
    permitted, nobody = aws.create_user(_SEND, root=OTHER_ROOT), aws.create_user(root=OTHER_ROOT)

    assert _may_send(aws, open_to_it, permitted, in_batch=in_batch)
    assert not _may_send(aws, open_to_it, nobody, in_batch=in_batch)
    assert not _may_send(aws, closed, permitted, in_batch=in_batch)


def test_root_of_another_account_needs_the_queues_policy(aws: EmulatedAws) -> None:
    assert not _may_send(aws, _queue(aws), OTHER_ROOT)
    assert _may_send(aws, _queue(aws, {"Principal": {"AWS": OTHER_ACCOUNT}}), OTHER_ROOT)


def test_role_of_another_account_is_its_sessions(aws: EmulatedAws) -> None:
    trust = {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}
    named, other = (aws.create_role(trust, _SEND, root=OTHER_ROOT) for _ in range(2))
    url = _queue(aws, {"Principal": {"AWS": named}})

    assert _may_send(aws, url, aws.assume_role(named, OTHER_ROOT))
    assert not _may_send(aws, url, aws.assume_role(other, OTHER_ROOT))


def test_organization_is_the_accounts_that_belong_to_it(aws: EmulatedAws) -> None:
    organization = aws.client("organizations", OTHER_ROOT).describe_organization()["Organization"]["Id"]
    condition = {"StringEquals": {"aws:PrincipalOrgID": organization}}
    url = _queue(aws, {"Principal": "*", "Condition": condition})

    assert _may_send(aws, url, aws.create_user(_SEND, root=OTHER_ROOT))
    assert not _may_send(aws, url, aws.create_user())


def test_user_of_the_same_account_needs_one_of_the_two(aws: EmulatedAws) -> None:
    nobody = aws.create_user()
    arn = aws.client("sts", nobody).get_caller_identity()["Arn"]

    assert _may_send(aws, _queue(aws, {"Principal": {"AWS": arn}}), nobody)
    assert not _may_send(aws, _queue(aws), nobody)
    assert not _may_send(aws, _queue(aws, {"Principal": {"AWS": OTHER_ACCOUNT}}), nobody)
    assert _may_send(aws, _queue(aws), aws.create_user(_SEND))
    assert not _may_send(
        aws,
        _queue(aws, {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Effect": "Deny"}),
        aws.create_user(_SEND),
    )
