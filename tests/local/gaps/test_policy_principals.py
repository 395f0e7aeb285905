"""A resource policy that names a missing user or role is rejected."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from connect_constructs.local.emulator import ACCOUNT
from tests.local.gaps.emulated_aws import OTHER_ACCOUNT, OTHER_ROOT, EmulatedAws, allow

_API = "ensure that Principals are valid"
_QUEUE = "Invalid value for the parameter Policy"
_NOBODY = [f"arn:aws:iam::{account}:{kind}/nobody" for account in (ACCOUNT, OTHER_ACCOUNT) for kind in ("user", "role")]


def _document(principal: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [allow({"AWS": [OTHER_ACCOUNT, principal]})]}


@pytest.mark.parametrize("principal", _NOBODY)
def test_calls_refuse_a_principal_that_does_not_exist(aws: EmulatedAws, principal: str) -> None:
    gateway, sqs, policy = aws.client("apigateway"), aws.client("sqs"), json.dumps(_document(principal))
    api = aws.create_api(policy=[allow("*")])
    url = sqs.create_queue(QueueName=f"queue-{uuid.uuid4()}")["QueueUrl"]
    operation = {"op": "replace", "path": "/policy", "value": policy}

    with pytest.raises(ClientError, match=_API) as refused:
        gateway.create_rest_api(name="api", policy=policy)
    with pytest.raises(ClientError, match=_API):
        gateway.update_rest_api(restApiId=api.api_id, patchOperations=[operation])
    with pytest.raises(ClientError, match=_QUEUE):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    assert refused.value.response["Error"]["Code"] == "BadRequestException"


@pytest.mark.parametrize("principal", _NOBODY[-1:])
def test_stacks_with_a_principal_that_does_not_exist_roll_back(aws: EmulatedAws, principal: str) -> None:
    for resources, message in ((_api(principal), _API), (_queue(principal), _QUEUE)):
        stack = aws.create_stack(resources)

        assert stack.status() == "ROLLBACK_COMPLETE"
        assert any(message in reason for reason in stack.failures())


def test_stacks_take_the_role_of_another_account(aws: EmulatedAws) -> None:
    role = aws.create_role({"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}, root=OTHER_ROOT)

    for resources in (_api(role), _queue(role)):
        assert aws.create_stack(resources).status() == "CREATE_COMPLETE"


def _api(principal: str) -> dict[str, Any]:
    return {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "api", "Policy": _document(principal)}}}


def _queue(principal: str) -> dict[str, Any]:
    policy = {"Queues": [{"Ref": "Queue"}], "PolicyDocument": _document(principal)}
    return {"Queue": {"Type": "AWS::SQS::Queue"}, "Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": policy}}
