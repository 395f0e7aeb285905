"""The function that applies the updates, and its event source."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateOperation
from tests.constructs.contact_update_queue.queue_stacks import arn, properties_of, role_of, the_queue
from tests.constructs.stacks import INSTANCE_ARN, logical_id, only, resources


def test_consumer_has_the_documented_defaults(stack: Stack, template: Template) -> None:
    queue = the_queue(stack)
    function = properties_of(stack, template, queue.function)
    del function["Code"]

    assert function == {
        "Architectures": ["arm64"],
        "Description": "Applies queued updates of Amazon Connect contacts",
        "Environment": {
            "Variables": {
                "INSTANCE_ARN": INSTANCE_ARN,
                "QUEUE_URL": stack.resolve(queue.queue.queue_url),
                "DEAD_LETTER_QUEUE_URL": stack.resolve(queue.dead_letter_queue.queue_url),
                "SECONDS_PER_CALL": "0.3",
            }
        },
        "Handler": "contact_updates.queue_function.handler",
        "LoggingConfig": {"LogGroup": stack.resolve(queue.function.log_group.log_group_name)},
        "MemorySize": 512,
        "Role": stack.resolve(role_of(queue.function).role_arn),
        "Runtime": "python3.13",
        "Timeout": 45,
    }


def test_options_take_effect_on_the_consumer(full_stack: Stack, full: Template) -> None:
    queue = the_queue(full_stack)
    function = properties_of(full_stack, full, queue.function)

    assert function["Environment"]["Variables"] == {
        "INSTANCE_ARN": INSTANCE_ARN,
        "QUEUE_URL": full_stack.resolve(queue.queue.queue_url),
        "DEAD_LETTER_QUEUE_URL": full_stack.resolve(queue.dead_letter_queue.queue_url),
        "EVENT_BUS_NAME": {"Fn::GetAtt": [logical_id(full, "AWS::Events::EventBus"), "Arn"]},
        "MERGE_UPDATES": "false",
        "OPERATIONS": "UpdateContactAttributes",
        "SECONDS_PER_CALL": "0.21",
    }
    assert (function["MemorySize"], function["Timeout"], function["ReservedConcurrentExecutions"]) == (1024, 30, 4)
    # The queue's key is not the function's.
    assert "KmsKeyArn" not in function


def test_event_source_invokes_two_executions_with_batches_of_ten(stack: Stack, template: Template) -> None:
    queue = the_queue(stack)

    assert only(template, "AWS::Lambda::EventSourceMapping") == {
        "BatchSize": 10,
        "EventSourceArn": arn(stack, queue.queue),
        "FunctionName": stack.resolve(queue.function.function_name),
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 2},
    }


def test_event_source_waits_for_the_consumers_policy(stack: Stack, template: Template) -> None:
    own = stack.resolve(role_of(the_queue(stack).function).role_name)
    policy = logical_id(template, "AWS::IAM::Policy", {"Roles": [own]})
    (event_source,) = resources(template, "AWS::Lambda::EventSourceMapping").values()

    assert event_source["DependsOn"] == [policy]


def test_everything_is_reachable(stack: Stack, template: Template) -> None:
    queue = the_queue(stack)

    assert isinstance(queue.queue, sqs.Queue)
    assert isinstance(queue.dead_letter_queue, sqs.Queue)
    assert isinstance(queue.function, lambda_.Function)
    assert isinstance(queue.function.role, iam.Role)
    assert isinstance(queue.function.log_group, logs.LogGroup)
    assert stack.resolve(queue.event_source.event_source_mapping_id) == {
        "Ref": logical_id(template, "AWS::Lambda::EventSourceMapping")
    }
    assert queue.instance.instance_arn == INSTANCE_ARN
    assert queue.operations == list(ContactUpdateOperation)
    assert queue.max_concurrency == 2


def test_list_of_operations_is_a_copy(stack: Stack) -> None:
    the_queue(stack).operations.clear()

    assert the_queue(stack).operations == list(ContactUpdateOperation)
