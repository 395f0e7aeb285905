"""What CloudFormation retains and rejects. The emulator does this itself, and the constructs rely on it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.gaps.emulated_aws import EmulatedAws

_KEPT = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
# This resource fails after the others were created.
_BAD = {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": "none"}, "DependsOn": ["Queue", "Policy"]}


def _resources(**more: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:PurgeQueue",
        "Resource": {"Fn::GetAtt": ["Queue", "Arn"]},
    }
    policy = {
        "Queues": [{"Ref": "Queue"}],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
    return {
        "Queue": {"Type": "AWS::SQS::Queue", **_KEPT},
        "Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": policy, **_KEPT},
        "Topic": {"Type": "AWS::SNS::Topic"},
        **more,
    }


def _has_queue(aws: EmulatedAws, url: str) -> bool:
    name = url.rpartition("/")[2]
    return any(found.endswith(f"/{name}") for found in aws.client("sqs").list_queues().get("QueueUrls", []))


def _policy(aws: EmulatedAws, url: str) -> str:
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
    found: str = attributes.get("Policy", "")
    return found


def test_first_deployment_that_rolls_back_leaves_nothing(aws: EmulatedAws) -> None:
    before = set(aws.client("sqs").list_queues().get("QueueUrls", []))

    stack = aws.create_stack(_resources(Bad=_BAD))

    assert stack.status() == "ROLLBACK_COMPLETE"
    assert set(aws.client("sqs").list_queues().get("QueueUrls", [])) == before


@pytest.mark.parametrize("way", ["deleted", "removed from the template"])
def test_queue_and_policy_outlive_the_stack_and_their_removal(aws: EmulatedAws, way: str) -> None:
    stack = aws.create_stack(_resources())
    assert stack.status() == "CREATE_COMPLETE"
    url = stack.physical_id("Queue")

    if way == "deleted":
        stack.delete()
        assert stack.status() == "DELETE_COMPLETE"
    else:
        stack.update({"Topic": _resources()["Topic"]})
        assert stack.status() == "UPDATE_COMPLETE"

    assert _has_queue(aws, url)
    assert "sqs:PurgeQueue" in _policy(aws, url)


def test_update_that_rolls_back_keeps_the_queue(aws: EmulatedAws) -> None:
    stack = aws.create_stack(_resources())
    assert stack.status() == "CREATE_COMPLETE"
    url = stack.physical_id("Queue")

    stack.update(_resources(Bad=_BAD))

    assert stack.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert _has_queue(aws, url)
    assert "sqs:PurgeQueue" in _policy(aws, url)


def test_template_of_more_than_51200_bytes_is_refused_in_the_body(aws: EmulatedAws) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Metadata": {"Filler": "x" * 51_200}}
    body = json.dumps({"Resources": {"Topic": topic}})
    cloudformation = aws.client("cloudformation")

    with pytest.raises(ClientError, match="51200") as refused:
        cloudformation.validate_template(TemplateBody=body)
    with pytest.raises(ClientError, match="51200"):
        cloudformation.create_stack(StackName="large", TemplateBody=body)

    assert refused.value.response["Error"]["Code"] == "ValidationError"


@pytest.mark.parametrize(("size", "is_taken"), [(60_000, True), (1_100_000, False)])
def test_template_of_up_to_1_mb_is_taken_from_s3(aws: EmulatedAws, size: int, is_taken: bool) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Metadata": {"Filler": "x" * size}}
    s3, cloudformation = aws.client("s3"), aws.client("cloudformation")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="template", Body=json.dumps({"Resources": {"Topic": topic}}))
    url = f"{aws.url}/templates/template"

    if is_taken:
        cloudformation.validate_template(TemplateURL=url)
    else:
        with pytest.raises(ClientError):
            cloudformation.validate_template(TemplateURL=url)
