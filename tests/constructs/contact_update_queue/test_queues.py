"""The two queues: order, encryption, retention."""

from __future__ import annotations

import pytest
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk.assertions import Template

from tests.constructs.contact_update_queue.queue_stacks import arn, new_queue, new_queue_with, properties_of, the_queue
from tests.constructs.stacks import logical_id, new_stack, resources

FIFO = {
    "DeduplicationScope": "messageGroup",
    "FifoQueue": True,
    "FifoThroughputLimit": "perMessageGroupId",
    "MessageRetentionPeriod": 14 * 24 * 60 * 60,
}


def test_queues_are_high_throughput_fifo_and_encrypted_by_sqs(stack: Stack, template: Template) -> None:
    queue = the_queue(stack)

    assert len(resources(template, "AWS::SQS::Queue")) == 2
    assert properties_of(stack, template, queue.queue) == {
        **FIFO,
        "MaximumMessageSize": 256 * 1024,
        "RedrivePolicy": {"deadLetterTargetArn": arn(stack, queue.dead_letter_queue), "maxReceiveCount": 1_000},
        "SqsManagedSseEnabled": True,
        "VisibilityTimeout": 270,
    }
    assert properties_of(stack, template, queue.dead_letter_queue) == {
        **FIFO,
        "MaximumMessageSize": 256 * 1024,
        "SqsManagedSseEnabled": True,
    }


def test_key_encrypts_both_queues(full_stack: Stack, full: Template) -> None:
    queue = the_queue(full_stack)
    key = {"Fn::GetAtt": [logical_id(full, "AWS::KMS::Key"), "Arn"]}

    assert properties_of(full_stack, full, queue.queue) == {
        **FIFO,
        "KmsMasterKeyId": key,
        "MaximumMessageSize": 256 * 1024,
        "RedrivePolicy": {"deadLetterTargetArn": arn(full_stack, queue.dead_letter_queue), "maxReceiveCount": 1_000},
        "VisibilityTimeout": 180,
    }
    assert properties_of(full_stack, full, queue.dead_letter_queue) == {
        **FIFO,
        "KmsMasterKeyId": key,
        "MaximumMessageSize": 256 * 1024,
    }


def test_queues_only_accept_tls_and_allow_nobody(stack: Stack, template: Template) -> None:
    queue = the_queue(stack)

    policies = [policy["Properties"] for policy in resources(template, "AWS::SQS::QueuePolicy").values()]
    assert policies == [
        {
            "PolicyDocument": {
                "Statement": [
                    {
                        "Action": "sqs:*",
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        "Effect": "Deny",
                        "Principal": {"AWS": "*"},
                        "Resource": arn(stack, each),
                    }
                ],
                "Version": "2012-10-17",
            },
            "Queues": [stack.resolve(each.queue_url)],
        }
        for each in (queue.dead_letter_queue, queue.queue)
    ]


RETAINED = ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize(
    ("removal_policy", "expected"),
    [
        (None, RETAINED),
        (RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, RETAINED),
        (RemovalPolicy.RETAIN, ("Retain", "Retain")),
        (RemovalPolicy.DESTROY, ("Delete", "Delete")),
    ],
)
def test_queues_and_their_policies_are_retained_by_default(
    removal_policy: RemovalPolicy | None, expected: tuple[str, str]
) -> None:
    # Renaming a construct, or leaving it out of one deployment, must not delete accepted updates.
    stack = new_stack()
    new_queue(stack, removal_policy=removal_policy)

    template = Template.from_stack(stack)
    kept = [*resources(template, "AWS::SQS::Queue").values(), *resources(template, "AWS::SQS::QueuePolicy").values()]
    assert [(resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) for resource in kept] == [expected] * 4


def test_rejects_snapshots_as_removal_policy() -> None:
    # CloudFormation refuses a template with a snapshot of a queue.
    stack = new_stack()

    with pytest.raises(ValueError, match=r"^removal_policy: expected another .*, got RemovalPolicy.SNAPSHOT"):
        new_queue(stack, removal_policy=RemovalPolicy.SNAPSHOT)
    assert stack.node.try_find_child("Updates") is None


@pytest.mark.parametrize(("seconds", "visibility"), [(30, 180), (40, 240), (48, 288)])
def test_visibility_timeout_is_six_times_the_functions_timeout(seconds: int, visibility: int) -> None:
    stack = new_stack()
    queue = new_queue_with(stack, timeout=Duration.seconds(seconds))

    template = Template.from_stack(stack)
    assert properties_of(stack, template, queue.queue)["VisibilityTimeout"] == visibility
    assert properties_of(stack, template, queue.function)["Timeout"] == seconds
