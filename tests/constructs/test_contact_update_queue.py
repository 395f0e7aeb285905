from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Duration, Environment, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from connect_constructs import (
    ConnectInstance,
    ContactUpdateApi,
    ContactUpdateFunction,
    ContactUpdateFunctionOptions,
    ContactUpdateOperation,
    ContactUpdateQueue,
)
from connect_constructs.contact_update_queue import _seconds_per_call
from tests.constructs.stacks import (
    CONTACT_ARNS,
    INSTANCE_ARN,
    logical_id,
    new_instance,
    new_stack,
    only,
    resources,
    warnings,
)

ATTRIBUTES_ONLY = [ContactUpdateOperation.UPDATE_CONTACT_ATTRIBUTES]
KEY_ACTIONS = ["kms:Decrypt", "kms:GenerateDataKey"]


def new_queue(stack: Stack, construct_id: str = "Updates", **arguments: Any) -> ContactUpdateQueue:
    return ContactUpdateQueue(stack, construct_id, instance=new_instance(stack, f"{construct_id}Instance"), **arguments)


def new_queue_with(stack: Stack, **options: Any) -> ContactUpdateQueue:
    return new_queue(stack, function_options=ContactUpdateFunctionOptions(**options))


def the_queue(stack: Stack) -> ContactUpdateQueue:
    queue = stack.node.find_child("Updates")
    assert isinstance(queue, ContactUpdateQueue)
    return queue


def the_api(stack: Stack) -> ContactUpdateApi:
    api = stack.node.find_child("ContactUpdates")
    assert isinstance(api, ContactUpdateApi)
    return api


def arn(stack: Stack, queue: sqs.Queue) -> Any:
    return stack.resolve(queue.queue_arn)


def role_of(grantee: iam.IGrantable) -> iam.Role:
    """The role of a function, or the role itself."""
    role = grantee.grant_principal
    assert isinstance(role, iam.Role)
    return role


def statements_of(stack: Stack, template: Template, grantee: iam.IGrantable) -> list[dict[str, Any]]:
    """All that a role may do, or a function's role."""
    own = stack.resolve(role_of(grantee).role_name)
    policies = [policy["Properties"] for policy in resources(template, "AWS::IAM::Policy").values()]
    return [
        statement
        for policy in policies
        if own in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def writes_log(stack: Stack, group: logs.ILogGroup) -> dict[str, Any]:
    return {
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Effect": "Allow",
        "Resource": stack.resolve(group.log_group_arn),
    }


def allows(actions: str | list[str], resource: Any) -> dict[str, Any]:
    return {"Action": actions, "Effect": "Allow", "Resource": resource}


def sends(stack: Stack, queue: sqs.Queue) -> dict[str, Any]:
    return allows("sqs:SendMessage", arn(stack, queue))


def receives(stack: Stack, queue: sqs.Queue) -> dict[str, Any]:
    return allows(
        ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
        arn(stack, queue),
    )


def redrives(stack: Stack, queue: sqs.Queue) -> dict[str, Any]:
    return allows(
        [
            "sqs:CancelMessageMoveTask",
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ListMessageMoveTasks",
            "sqs:ReceiveMessage",
            "sqs:StartMessageMoveTask",
        ],
        arn(stack, queue),
    )


UPDATES = allows(["connect:UpdateContactAttributes", "connect:UpdateContact"], CONTACT_ARNS)


def properties_of(stack: Stack, template: Template, construct: Any) -> dict[str, Any]:
    """The properties of the resource that a construct of CDK makes."""
    name = stack.get_logical_id(construct.node.default_child)
    return dict(template.to_json()["Resources"][name]["Properties"])


def environment_of(stack: Stack, template: Template, function: lambda_.Function) -> dict[str, Any]:
    return dict(properties_of(stack, template, function)["Environment"]["Variables"])


@pytest.fixture(scope="module")
def stack() -> Stack:
    """A queue and its endpoint, with nothing but what is required, and two roles with grants."""
    stack = new_stack()
    queue = new_queue(stack)
    ContactUpdateApi(stack, "ContactUpdates", queue=queue)
    add_roles(stack)
    return stack


def add_roles(stack: Stack) -> None:
    for name, grant in (
        ("Sender", the_queue(stack).grant_send_updates),
        ("Operator", the_queue(stack).grant_redrive),
    ):
        role = iam.Role(stack, name, assumed_by=iam.AccountRootPrincipal())
        assert grant(role).success


def role(stack: Stack, name: str) -> iam.Role:
    found = stack.node.find_child(name)
    assert isinstance(found, iam.Role)
    return found


@pytest.fixture(scope="module")
def template(stack: Stack) -> Template:
    return Template.from_stack(stack)


@pytest.fixture(scope="module")
def full_stack() -> Stack:
    """A queue with a key, an event bus and one operation, and its endpoint."""
    stack = new_stack(region="eu-west-2")
    queue = new_queue(
        stack,
        operations=ATTRIBUTES_ONLY,
        merge_updates=False,
        updates_per_second=20,
        event_bus=events.EventBus(stack, "Bus"),
        encryption_key=kms.Key(stack, "Key"),
        function_options=ContactUpdateFunctionOptions(
            timeout=Duration.seconds(30), memory_size=1024, reserved_concurrent_executions=4
        ),
    )
    ContactUpdateApi(stack, "ContactUpdates", queue=queue)
    add_roles(stack)
    return stack


@pytest.fixture(scope="module")
def full(full_stack: Stack) -> Template:
    return Template.from_stack(full_stack)


# What its parts may do


def test_consumer_may_receive_updates_make_them_and_set_rejected_ones_aside_and_nothing_else(
    stack: Stack, template: Template
) -> None:
    queue = the_queue(stack)

    assert statements_of(stack, template, queue.function) == [
        writes_log(stack, queue.function.log_group),
        UPDATES,
        sends(stack, queue.dead_letter_queue),
        receives(stack, queue.queue),
    ]
    # No ManagedPolicyArns, no Policies
    assert properties_of(stack, template, role_of(queue.function)).keys() == {"AssumeRolePolicyDocument"}
    assert template.find_resources("AWS::IAM::ManagedPolicy") == {}


def test_endpoints_function_may_send_to_the_queue_and_has_no_permission_in_amazon_connect(
    stack: Stack, template: Template
) -> None:
    function = the_api(stack).function

    assert statements_of(stack, template, function) == [
        writes_log(stack, function.log_group),
        sends(stack, the_queue(stack).queue),
    ]
    assert properties_of(stack, template, role_of(function)).keys() == {"AssumeRolePolicyDocument"}


def test_with_key_and_bus_consumer_may_use_both(full_stack: Stack, full: Template) -> None:
    queue = the_queue(full_stack)
    key = {"Fn::GetAtt": [logical_id(full, "AWS::KMS::Key"), "Arn"]}
    bus = {"Fn::GetAtt": [logical_id(full, "AWS::Events::EventBus"), "Arn"]}

    assert statements_of(full_stack, full, queue.function) == [
        writes_log(full_stack, queue.function.log_group),
        allows("connect:UpdateContactAttributes", CONTACT_ARNS),
        sends(full_stack, queue.dead_letter_queue),
        allows(KEY_ACTIONS, key),
        allows("events:PutEvents", bus),
        receives(full_stack, queue.queue),
    ]


def test_with_key_endpoints_function_may_use_it_to_send(full_stack: Stack, full: Template) -> None:
    function = the_api(full_stack).function
    key = {"Fn::GetAtt": [logical_id(full, "AWS::KMS::Key"), "Arn"]}

    assert statements_of(full_stack, full, function) == [
        writes_log(full_stack, function.log_group),
        sends(full_stack, the_queue(full_stack).queue),
        allows(KEY_ACTIONS, key),
    ]


def test_grants_allow_to_send_and_to_redrive(stack: Stack, template: Template) -> None:
    queue = the_queue(stack)

    assert statements_of(stack, template, role(stack, "Sender")) == [sends(stack, queue.queue)]
    assert statements_of(stack, template, role(stack, "Operator")) == [
        redrives(stack, queue.dead_letter_queue),
        sends(stack, queue.queue),
    ]


def test_with_key_grants_allow_to_use_it_too(full_stack: Stack, full: Template) -> None:
    queue = the_queue(full_stack)
    key = {"Fn::GetAtt": [logical_id(full, "AWS::KMS::Key"), "Arn"]}

    assert statements_of(full_stack, full, role(full_stack, "Sender")) == [
        sends(full_stack, queue.queue),
        allows(KEY_ACTIONS, key),
    ]
    assert statements_of(full_stack, full, role(full_stack, "Operator")) == [
        redrives(full_stack, queue.dead_letter_queue),
        sends(full_stack, queue.queue),
        allows(KEY_ACTIONS, key),
    ]


def test_imported_key_is_used_and_left_as_it_is() -> None:
    # Given
    key_arn = "arn:aws:kms:us-east-1:111122223333:key/1"
    stack = new_stack()
    queue = new_queue(stack, encryption_key=kms.Key.from_key_arn(stack, "Key", key_arn))

    # Then
    template = Template.from_stack(stack)
    for each in (queue.queue, queue.dead_letter_queue):
        assert properties_of(stack, template, each)["KmsMasterKeyId"] == key_arn
    assert allows(KEY_ACTIONS, key_arn) in statements_of(stack, template, queue.function)
    assert template.find_resources("AWS::KMS::Key") == {}
    # The key's policy lets the identities of its account decide.
    assert warnings(stack) == []


def test_imported_bus_is_told_to_the_handler_by_its_arn() -> None:
    bus_arn = "arn:aws:events:us-east-1:111122223333:event-bus/crm"
    stack = new_stack()
    queue = new_queue(stack, event_bus=events.EventBus.from_event_bus_arn(stack, "Bus", bus_arn))

    template = Template.from_stack(stack)
    assert environment_of(stack, template, queue.function)["EVENT_BUS_NAME"] == bus_arn
    assert allows("events:PutEvents", bus_arn) in statements_of(stack, template, queue.function)


def test_rejects_a_bus_of_another_region() -> None:
    # EventBridge takes events of its own Region only.
    bus_arn = "arn:aws:events:eu-west-1:111122223333:event-bus/crm"
    stack = new_stack(region="us-east-1")

    with pytest.raises(
        ValueError, match=r"^event_bus: expected one in the stack's Region us-east-1, got one in eu-west-1"
    ):
        new_queue(stack, event_bus=events.EventBus.from_event_bus_arn(stack, "Bus", bus_arn))
    assert stack.node.try_find_child("Updates") is None


@pytest.mark.parametrize("operation", ContactUpdateOperation)
def test_consumer_may_call_the_wanted_operation_only(operation: ContactUpdateOperation) -> None:
    stack = new_stack()
    queue = new_queue(stack, operations=[operation])

    found = statements_of(stack, Template.from_stack(stack), queue.function)
    assert [statement for statement in found if "connect:" in str(statement["Action"])] == [
        allows(operation.iam_action, CONTACT_ARNS)
    ]
    assert queue.operations == [operation]


# The queues

FIFO = {
    "DeduplicationScope": "messageGroup",
    "FifoQueue": True,
    "FifoThroughputLimit": "perMessageGroupId",
    "MessageRetentionPeriod": 14 * 24 * 60 * 60,
}


def test_queues_are_fifo_of_high_throughput_and_encrypted_by_sqs(stack: Stack, template: Template) -> None:
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


def test_queues_take_requests_by_tls_only_and_allow_nobody(stack: Stack, template: Template) -> None:
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
def test_queues_and_their_policies_are_retained_unless_told_otherwise(
    removal_policy: RemovalPolicy | None, expected: tuple[str, str]
) -> None:
    # A construct that is renamed, or left out of one deployment, must not delete accepted updates.
    stack = new_stack()
    new_queue(stack, removal_policy=removal_policy)

    template = Template.from_stack(stack)
    kept = [*resources(template, "AWS::SQS::Queue").values(), *resources(template, "AWS::SQS::QueuePolicy").values()]
    assert [(resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) for resource in kept] == [expected] * 4


def test_rejects_snapshots_as_removal_policy() -> None:
    # SQS has none; CloudFormation would refuse the template.
    stack = new_stack()

    with pytest.raises(ValueError, match=r"^removal_policy: expected another .*, got RemovalPolicy.SNAPSHOT"):
        new_queue(stack, removal_policy=RemovalPolicy.SNAPSHOT)
    assert stack.node.try_find_child("Updates") is None


@pytest.mark.parametrize(("seconds", "visibility"), [(30, 180), (40, 240), (48, 288)])
def test_message_stays_invisible_for_six_times_the_time_out(seconds: int, visibility: int) -> None:
    stack = new_stack()
    queue = new_queue_with(stack, timeout=Duration.seconds(seconds))

    template = Template.from_stack(stack)
    assert properties_of(stack, template, queue.queue)["VisibilityTimeout"] == visibility
    assert properties_of(stack, template, queue.function)["Timeout"] == seconds


# The consumer


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


def test_function_behind_the_endpoint_is_told_the_queue(stack: Stack, template: Template) -> None:
    assert environment_of(stack, template, the_api(stack).function) == {
        "INSTANCE_ARN": INSTANCE_ARN,
        "QUEUE_URL": stack.resolve(the_queue(stack).queue.queue_url),
    }


def test_event_source_hands_batches_of_ten_to_two_executions(stack: Stack, template: Template) -> None:
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


# The rate


def most_calls_in_two_seconds(
    seconds_per_call: Fraction, max_concurrency: int, jitter: Fraction = Fraction("0.1")
) -> int:
    """What can arrive within any two seconds, if each execution starts a call at the earliest moment.

    `jitter` is how many seconds longer one call takes to arrive than another: the first of an execution's calls in the
    window can have started so much before it.
    """
    return math.ceil((2 + jitter) / seconds_per_call) * max_concurrency


RATES = [1, 1.0, 1.01, 1.5, 1.999, 2, 2.4, 3, 5, 6.9, 7, 7.5, 9.99, 10, 10.01, 10.5, 11, 13, 15.1, 17, 20, 33.3, 49]
MORE_RATES = [50, 99.9, 100, 123.4, 501, 999.99, 1000, 2499, 3333.3, 4999, 4999.5, 5000]


def test_at_no_rate_executions_call_more_often_than_told() -> None:
    # Given
    stack = new_stack()
    # The queues of all rates do not fit into a stack that CloudFormation would take.
    stack.node.set_context("@aws-cdk/core:stackResourceLimit", 0)
    rates = [*RATES, *MORE_RATES]
    queues = [new_queue(stack, f"Updates{index}", updates_per_second=rate) for index, rate in enumerate(rates)]

    # Then
    template = Template.from_stack(stack)
    for rate, queue in zip(rates, queues, strict=True):
        seconds = Fraction(environment_of(stack, template, queue.function)["SECONDS_PER_CALL"])
        source = properties_of(stack, template, queue.event_source)
        # The limits of AWS Lambda
        assert 2 <= queue.max_concurrency <= 1_000, rate
        assert source["ScalingConfig"] == {"MaximumConcurrency": queue.max_concurrency}
        assert most_calls_in_two_seconds(seconds, queue.max_concurrency) <= 2 * rate, rate
        # A call may take 200 ms without loss.
        assert seconds >= Fraction("0.2"), rate


@pytest.mark.parametrize("fraction", [0, 0.001, 1 / 3, 0.5, 0.999])
def test_time_of_a_call_keeps_to_any_rate(fraction: float) -> None:
    for whole in range(1, 5_001):
        rate = min(whole + fraction, 5_000)
        # As many executions as have at least one call in two seconds
        for executions in {2, math.ceil(rate / 5), math.floor(2 * rate)}:
            if 2 <= executions <= 2 * rate:
                seconds = Fraction(str(_seconds_per_call(rate, executions)))
                assert most_calls_in_two_seconds(seconds, executions) <= 2 * rate, (rate, executions)


def test_more_jitter_lets_as_many_more_calls_arrive_as_the_documentation_says() -> None:
    # docs/queue.md: one more call of each execution for each further SECONDS_PER_CALL, or part of it.
    assert [most_calls_in_two_seconds(Fraction("0.3"), 2, Fraction(jitter)) for jitter in ("0.1", "0.4", "0.5")] == [
        14,
        16,
        18,
    ]


def test_at_whole_rates_most_of_the_quota_is_used() -> None:
    for rate in range(1, 5_001):
        executions = max(2, math.ceil(rate / 5))
        assert executions / _seconds_per_call(rate, executions) >= 0.85 * rate, rate


# What it rejects


@pytest.mark.parametrize(
    ("rate", "error"),
    [
        *((rate, ValueError) for rate in (0, -1, 0.5, 0.999, 5_000.1, 5_001, math.nan, math.inf)),
        *((rate, TypeError) for rate in (True, "x", "7")),
    ],
)
def test_rejects_rate_out_of_its_range(rate: Any, error: type[Exception]) -> None:
    stack = new_stack()

    message = f"updates_per_second: expected a number from 1 to 5000, known at synthesis, got {rate!r}"
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        new_queue(stack, updates_per_second=rate)
    # Nothing half-made is left behind.
    assert stack.node.try_find_child("Updates") is None


def test_rejects_rate_that_is_a_token() -> None:
    stack = new_stack()
    rate = CfnParameter(stack, "Rate", type="Number").value_as_number

    with pytest.raises(ValueError, match=r"^updates_per_second: expected .*, known at synthesis, got "):
        new_queue(stack, updates_per_second=rate)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"timeout": Duration.seconds(12)}, ValueError, "timeout: expected 30 to 48 whole seconds, got 12 seconds"),
        ({"timeout": Duration.seconds(29)}, ValueError, "timeout: expected 30 to 48 whole seconds, got 29 seconds"),
        ({"timeout": Duration.seconds(49)}, ValueError, "timeout: expected 30 to 48 whole seconds, got 49 seconds"),
        (
            {"timeout": Duration.millis(30_500)},
            ValueError,
            "timeout: expected 30 to 48 whole seconds, got 30 seconds 500 millis",
        ),
        ({"timeout": 45}, TypeError, "timeout: expected a Duration, got 45"),
        ({"memory_size": math.inf}, TypeError, "memory_size: expected an integer from 128 to 10240, got inf"),
        ({"memory_size": 64}, ValueError, "memory_size: expected an integer from 128 to 10240, got 64"),
        (
            {"reserved_concurrent_executions": 0},
            ValueError,
            "reserved_concurrent_executions: expected an integer of at least 1, got 0",
        ),
        (
            {"reserved_concurrent_executions": 1},
            ValueError,
            "reserved_concurrent_executions: expected at least 2, the event source's maximum concurrency, got 1: "
            "updates would come back unapplied",
        ),
    ],
)
def test_rejects_option_out_of_its_range(options: dict[str, Any], error: type[Exception], message: str) -> None:
    stack = new_stack()

    with pytest.raises(error, match=f"^function_options.{message}$"):
        new_queue_with(stack, **options)
    assert stack.node.try_find_child("Updates") is None


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("event_bus", "bus", "event_bus: expected an EventBridge event bus, got 'bus'"),
        ("encryption_key", "key", "encryption_key: expected a KMS key, got 'key'"),
        ("merge_updates", "false", "merge_updates: expected a bool, got 'false'"),
        ("removal_policy", "destroy", "removal_policy: expected a RemovalPolicy, got 'destroy'"),
    ],
)
def test_rejects_argument_of_another_type(argument: str, value: Any, message: str) -> None:
    stack = new_stack()

    with pytest.raises(TypeError, match=f"^{message}$"):
        new_queue(stack, **{argument: value})
    assert stack.node.try_find_child("Updates") is None


@pytest.mark.parametrize("of_function", [True, False])
def test_rejects_a_key_of_another_region(of_function: bool) -> None:
    stack = new_stack(region="us-east-1")
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111122223333:key/1")
    options = ContactUpdateFunctionOptions(encryption_key=key) if of_function else None
    name = "function_options.encryption_key" if of_function else "encryption_key"

    with pytest.raises(
        ValueError, match=rf"^{name}: expected one in the stack's Region us-east-1, got one in eu-west-1$"
    ):
        new_queue(stack, function_options=options, encryption_key=None if of_function else key)
    assert stack.node.try_find_child("Updates") is None


def test_rejects_a_key_that_is_known_by_its_alias_only() -> None:
    stack = new_stack()

    # CDK grants nothing on it, and says nothing: the functions could neither send nor receive.
    with pytest.raises(ValueError, match=r"^encryption_key: expected a key, got an alias"):
        new_queue(stack, encryption_key=kms.Alias.from_alias_name(stack, "Key", "alias/updates"))


def test_operations_may_be_any_collection() -> None:
    stack = new_stack()

    assert new_queue(stack, operations=frozenset(ATTRIBUTES_ONLY)).operations == ATTRIBUTES_ONLY
    generated = (operation for operation in ATTRIBUTES_ONLY)
    assert new_queue(stack, "Generated", operations=generated).operations == ATTRIBUTES_ONLY


def test_one_operation_instead_of_a_list_is_told_what_to_write() -> None:
    with pytest.raises(TypeError, match=r"^operations: expected a list, got (.*); write \[\1\]$"):
        new_queue(new_stack(), operations=ContactUpdateOperation.UPDATE_CONTACT)


def test_reserved_executions_may_be_as_many_as_the_event_source_starts() -> None:
    # Given
    stack = new_stack()

    def new(construct_id: str, reserved: int) -> ContactUpdateQueue:
        options = ContactUpdateFunctionOptions(reserved_concurrent_executions=reserved)
        return new_queue(stack, construct_id, updates_per_second=50, function_options=options)

    # Then
    assert new("Enough", 10).max_concurrency == 10
    with pytest.raises(
        ValueError, match=r"^function_options.reserved_concurrent_executions: expected at least 10, .*, got 9: "
    ):
        new("TooFew", 9)


def test_rejects_a_time_out_that_is_a_token() -> None:
    stack = new_stack()
    seconds = CfnParameter(stack, "Timeout", type="Number").value_as_number

    with pytest.raises(ValueError, match=r"^function_options.timeout: expected one that is known at synthesis"):
        new_queue_with(stack, timeout=Duration.seconds(seconds))
    assert stack.node.try_find_child("Updates") is None


def test_rejects_what_is_no_instance() -> None:
    stack = new_stack()
    instance: Any = INSTANCE_ARN

    with pytest.raises(TypeError, match=f"^instance: expected a ConnectInstance, got '{INSTANCE_ARN}'$"):
        ContactUpdateQueue(stack, "Updates", instance=instance)


def test_rejects_what_are_no_options() -> None:
    with pytest.raises(TypeError, match=r"^function_options: expected a ContactUpdateFunctionOptions, got \{"):
        new_queue(new_stack(), function_options={"memory_size": 512})


def test_rejects_an_instance_of_another_account() -> None:
    stack = Stack(App(), "Stack", env=Environment(account="999999999999", region="us-east-1"))

    with pytest.raises(ValueError, match=r"^instance: expected one in the stack's account 999999999999, got one in"):
        new_queue(stack)
    assert stack.node.try_find_child("Updates") is None


@pytest.mark.parametrize(
    ("operations", "error"),
    [
        ([], ValueError),
        (["UpdateContact"], TypeError),
        ([None], TypeError),
        ("UpdateContact", TypeError),
        (7, TypeError),
    ],
)
def test_rejects_what_is_no_operation(operations: Any, error: type[Exception]) -> None:
    stack = new_stack()

    message = f", got {operations!r}"
    with pytest.raises(error, match=rf"^operations: expected one or more of .*{re.escape(message)}$"):
        new_queue(stack, operations=operations)
    assert stack.node.try_find_child("Updates") is None


# The endpoint and the function in front of it


def test_endpoint_offers_what_the_queue_applies(full_stack: Stack, full: Template) -> None:
    parts = {resource["Properties"]["PathPart"] for resource in resources(full, "AWS::ApiGateway::Resource").values()}
    caller = iam.User(new_stack(), "Caller")

    assert parts == {"contact", "attributes"}
    with pytest.raises(ValueError, match=r"^expected an operation that the endpoint offers, got UpdateContact$"):
        the_api(full_stack).grant_update_contact(caller)


def test_endpoint_may_offer_less_than_the_queue_applies() -> None:
    stack = new_stack()
    ContactUpdateApi(stack, "ContactUpdates", queue=new_queue(stack), operations=ATTRIBUTES_ONLY)

    template = Template.from_stack(stack)
    assert len(resources(template, "AWS::ApiGateway::Method")) == 1
    # The queue applies both all the same.
    found = statements_of(stack, template, the_queue(stack).function)
    assert UPDATES in found


@pytest.mark.parametrize("construct", [ContactUpdateApi, ContactUpdateFunction])
def test_rejects_operations_that_the_queue_does_not_apply(construct: Any) -> None:
    stack = new_stack()
    queue = new_queue(stack, operations=ATTRIBUTES_ONLY)

    with pytest.raises(ValueError, match=r"^operations: expected those that the queue applies, got UpdateContact$"):
        construct(stack, "ContactUpdates", queue=queue, operations=list(ContactUpdateOperation))
    assert stack.node.try_find_child("ContactUpdates") is None


@pytest.mark.parametrize("construct", [ContactUpdateApi, ContactUpdateFunction])
@pytest.mark.parametrize("of_sqs", [True, False])
def test_rejects_what_is_no_queue_of_updates(construct: Any, of_sqs: bool) -> None:
    stack = new_stack()
    queue = sqs.Queue(stack, "Queue") if of_sqs else "queue"

    with pytest.raises(TypeError, match=r"^queue: expected a ContactUpdateQueue, got "):
        construct(stack, "ContactUpdates", queue=queue)
    assert stack.node.try_find_child("ContactUpdates") is None


@pytest.mark.parametrize("construct", [ContactUpdateApi, ContactUpdateFunction])
@pytest.mark.parametrize(("both", "got"), [(False, "neither"), (True, "both")])
def test_rejects_both_of_instance_and_queue_and_neither(construct: Any, both: bool, got: str) -> None:
    stack = new_stack()
    arguments = {"instance": new_instance(stack), "queue": new_queue(stack)} if both else {}

    with pytest.raises(ValueError, match=f"^expected exactly one of instance= and queue=, got {got}$"):
        construct(stack, "ContactUpdates", **arguments)
    assert stack.node.try_find_child("ContactUpdates") is None


def test_endpoint_lets_through_what_a_queue_can_take(stack: Stack, template: Template) -> None:
    assert only(template, "AWS::ApiGateway::Stage")["MethodSettings"] == [
        {
            "DataTraceEnabled": False,
            "HttpMethod": "*",
            "ResourcePath": "/*",
            "ThrottlingBurstLimit": 1_000,
            "ThrottlingRateLimit": 500,
        }
    ]


def test_throttle_of_an_endpoint_with_a_queue_can_be_chosen() -> None:
    stack = new_stack()
    ContactUpdateApi(
        stack, "ContactUpdates", queue=new_queue(stack), throttling_rate_limit=50, throttling_burst_limit=60
    )

    (settings,) = only(Template.from_stack(stack), "AWS::ApiGateway::Stage")["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (50, 60)


def test_function_alone_may_send_to_the_queue() -> None:
    stack = new_stack()
    queue = new_queue(stack)
    function = ContactUpdateFunction(stack, "Sender", queue=queue, allowed_attributes=["tier"]).function

    template = Template.from_stack(stack)
    assert statements_of(stack, template, function) == [
        writes_log(stack, function.log_group),
        sends(stack, queue.queue),
    ]
    assert environment_of(stack, template, function) == {
        "INSTANCE_ARN": INSTANCE_ARN,
        "QUEUE_URL": stack.resolve(queue.queue.queue_url),
        "ALLOWED_ATTRIBUTES": "tier",
    }


def test_url_of_the_queue_takes_its_part_of_the_environment() -> None:
    # A queue's URL is known only at deployment, so that room for the longest is set aside.
    stack = new_stack()
    queue = new_queue(stack)
    used = len("INSTANCE_ARN" + INSTANCE_ARN + "QUEUE_URL" + "ALLOWED_ATTRIBUTES") + 160
    key = "k" * (4096 - used)

    ContactUpdateFunction(stack, "Fits", queue=queue, allowed_attributes=[key])
    with pytest.raises(ValueError, match=r"^allowed_attributes .*: expected at most 4096 bytes .*, got 4097$"):
        ContactUpdateFunction(stack, "TooLong", queue=queue, allowed_attributes=[f"{key}k"])


def test_queue_and_endpoint_may_be_in_different_stacks() -> None:
    # Given
    app = App()
    here, there = Stack(app, "Here"), Stack(app, "There")
    queue = new_queue(here)

    # When
    api = ContactUpdateApi(there, "ContactUpdates", queue=queue)

    # Then
    template = Template.from_stack(there)
    _log, send = statements_of(there, template, api.function)
    assert send["Action"] == "sqs:SendMessage"
    assert "Fn::ImportValue" in send["Resource"]
    assert len(Template.from_stack(here).find_outputs("*")) == 2


# Metrics


@pytest.mark.parametrize(
    ("method", "rejected"),
    [(ContactUpdateQueue.metric_waiting_updates, False), (ContactUpdateQueue.metric_rejected_updates, True)],
)
def test_updates_are_counted_whether_or_not_they_are_visible(stack: Stack, method: Any, rejected: bool) -> None:
    # What waits by visibility timeout is not visible: a queue whose updates are all held up shows 0 visible.
    queue = the_queue(stack)
    measured = queue.dead_letter_queue if rejected else queue.queue

    metric: cloudwatch.MathExpression = method(queue)
    by_minutes = metric.with_(period=Duration.minutes(1))

    assert metric.expression == "visible + notVisible"
    for expression, seconds in ((metric, 300), (by_minutes, 60)):
        assert expression.period.to_seconds() == seconds
        parts: dict[str, Any] = dict(expression.using_metrics)
        assert {name: part.metric_name for name, part in parts.items()} == {
            "visible": "ApproximateNumberOfMessagesVisible",
            "notVisible": "ApproximateNumberOfMessagesNotVisible",
        }
        for part in parts.values():
            assert stack.resolve(part.dimensions) == {"QueueName": stack.resolve(measured.queue_name)}
            assert (part.statistic, part.period.to_seconds()) == ("Maximum", seconds)


def test_waiting_updates_can_be_alarmed_on() -> None:
    stack = new_stack()
    queue = new_queue(stack)
    queue.metric_waiting_updates().create_alarm(stack, "Alarm", threshold=0, evaluation_periods=3)

    # CloudWatch takes the expression and its two metrics.
    metrics = only(Template.from_stack(stack), "AWS::CloudWatch::Alarm")["Metrics"]
    assert [metric.get("Expression") for metric in metrics] == ["visible + notVisible", None, None]


def test_attempts_that_were_held_up_are_counted_from_the_consumers_log(stack: Stack, template: Template) -> None:
    queue = the_queue(stack)
    name = stack.resolve(queue.function.function_name)

    metric = queue.metric_held_up_attempts()

    assert only(template, "AWS::Logs::MetricFilter") == {
        "FilterPattern": '{ $.outcome = "HeldUp" }',
        "LogGroupName": stack.resolve(queue.function.log_group.log_group_name),
        "MetricTransformations": [
            {
                "DefaultValue": 0,
                "MetricName": {"Fn::Join": ["", ["HeldUpAttempts-", name]]},
                "MetricNamespace": "ConnectConstructs",
                "MetricValue": "1",
            }
        ],
    }
    assert metric.namespace == "ConnectConstructs"
    assert stack.resolve(metric.metric_name) == {"Fn::Join": ["", ["HeldUpAttempts-", name]]}
    assert (metric.statistic, metric.period.to_seconds()) == ("Sum", 300)


# Where it stands


def test_two_queues_fit_into_one_stack_and_nothing_has_a_physical_name() -> None:
    stack = new_stack()
    for construct_id in ("First", "Second"):
        ContactUpdateApi(stack, f"{construct_id}Api", queue=new_queue(stack, construct_id))

    template = Template.from_stack(stack)
    assert len(resources(template, "AWS::SQS::Queue")) == 4
    names = {"QueueName", "FunctionName", "LogGroupName", "RoleName"}
    for resource in template.to_json()["Resources"].values():
        # Those refer to a function or a log group by its name.
        if resource["Type"] not in {
            "AWS::Lambda::EventSourceMapping",
            "AWS::Lambda::Permission",
            "AWS::Logs::MetricFilter",
        }:
            assert not names & resource["Properties"].keys(), resource["Type"]


def test_queue_stands_in_govcloud() -> None:
    # Given
    govcloud = INSTANCE_ARN.replace("arn:aws:connect:us-east-1", "arn:aws-us-gov:connect:us-gov-west-1")
    stack = new_stack(region="us-gov-west-1")
    queue = ContactUpdateQueue(
        stack, "Updates", instance=ConnectInstance.from_instance_arn(stack, "Instance", govcloud)
    )
    ContactUpdateApi(stack, "ContactUpdates", queue=queue)

    # Then
    template = Template.from_stack(stack)
    assert allows(
        ["connect:UpdateContactAttributes", "connect:UpdateContact"], f"{govcloud}/contact/*"
    ) in statements_of(stack, template, queue.function)
    assert "arn:aws:" not in str(template.to_json())


def test_queue_stands_in_another_region_than_the_instance() -> None:
    stack = new_stack(region="eu-west-2")
    queue = new_queue(stack)

    template = Template.from_stack(stack)
    assert environment_of(stack, template, queue.function)["INSTANCE_ARN"] == INSTANCE_ARN
    assert UPDATES in statements_of(stack, template, queue.function)


def test_instance_memory_and_reserved_executions_may_be_tokens() -> None:
    # Given
    stack = new_stack()
    instance_arn = CfnParameter(stack, "InstanceArn").value_as_string

    def number(name: str) -> int:
        return int(CfnParameter(stack, name, type="Number").value_as_number)

    # When
    queue = ContactUpdateQueue(
        stack,
        "Updates",
        instance=ConnectInstance.from_instance_arn(stack, "Instance", instance_arn),
        function_options=ContactUpdateFunctionOptions(
            memory_size=number("Memory"), reserved_concurrent_executions=number("Reserved")
        ),
    )

    # Then
    template = Template.from_stack(stack)
    function = properties_of(stack, template, queue.function)
    assert function["MemorySize"] == {"Ref": "Memory"}
    assert function["ReservedConcurrentExecutions"] == {"Ref": "Reserved"}
    assert function["Environment"]["Variables"]["INSTANCE_ARN"] == {"Ref": "InstanceArn"}


def test_construct_paths_are_as_they_were(stack: Stack) -> None:
    # Logical ids come from paths, and a queue whose logical id changes is replaced, with the updates in it.
    queue = the_queue(stack)
    prefix = f"{queue.node.path}/"

    assert {
        construct.node.path.removeprefix(prefix).removesuffix("/Resource")
        for construct in queue.node.find_all()
        if construct.node.id == "Resource"
    } == {
        "DeadLetterQueue",
        "DeadLetterQueue/Policy",
        "EventSource",
        "Function/Function",
        "Function/LogGroup",
        "Function/Role",
        "Function/Role/DefaultPolicy",
        "HeldUpAttempts",
        "Queue",
        "Queue/Policy",
    }
