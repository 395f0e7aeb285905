"""Which arguments the queue accepts and refuses."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Duration, Environment, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from connect_constructs import ConnectInstance, ContactUpdateFunctionOptions, ContactUpdateOperation, ContactUpdateQueue
from tests.constructs.contact_update_queue.queue_stacks import ATTRIBUTES_ONLY, new_queue, new_queue_with, properties_of
from tests.constructs.stacks import INSTANCE_ARN, new_stack


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
            "some batches would come back without being processed",
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
def test_rejects_argument_of_wrong_type(argument: str, value: Any, message: str) -> None:
    stack = new_stack()

    with pytest.raises(TypeError, match=f"^{message}$"):
        new_queue(stack, **{argument: value})
    assert stack.node.try_find_child("Updates") is None


def test_rejects_a_bus_of_another_region() -> None:
    # EventBridge only takes events of its own Region.
    bus_arn = "arn:aws:events:eu-west-1:111122223333:event-bus/crm"
    stack = new_stack(region="us-east-1")

    with pytest.raises(
        ValueError, match=r"^event_bus: expected one in the stack's Region us-east-1, got one in eu-west-1"
    ):
        new_queue(stack, event_bus=events.EventBus.from_event_bus_arn(stack, "Bus", bus_arn))
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


def test_rejects_a_key_known_only_by_its_alias() -> None:
    stack = new_stack()

    # CDK would silently grant nothing: the functions could neither send nor receive.
    with pytest.raises(ValueError, match=r"^encryption_key: expected a key, got an alias"):
        new_queue(stack, encryption_key=kms.Alias.from_alias_name(stack, "Key", "alias/updates"))


def test_operations_may_be_any_collection() -> None:
    stack = new_stack()

    assert new_queue(stack, operations=frozenset(ATTRIBUTES_ONLY)).operations == ATTRIBUTES_ONLY
    generated = (operation for operation in ATTRIBUTES_ONLY)
    assert new_queue(stack, "Generated", operations=generated).operations == ATTRIBUTES_ONLY


def test_error_tells_what_to_write_for_one_operation_without_a_list() -> None:
    with pytest.raises(TypeError, match=r"^operations: expected a list, got (.*); write \[\1\]$"):
        new_queue(new_stack(), operations=ContactUpdateOperation.UPDATE_CONTACT)


def test_reserved_concurrency_may_equal_the_maximum_concurrency() -> None:
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


def test_rejects_a_timeout_that_is_a_token() -> None:
    stack = new_stack()
    seconds = CfnParameter(stack, "Timeout", type="Number").value_as_number

    with pytest.raises(ValueError, match=r"^function_options.timeout: expected one that is known at synthesis"):
        new_queue_with(stack, timeout=Duration.seconds(seconds))
    assert stack.node.try_find_child("Updates") is None


def test_rejects_an_arn_in_place_of_an_instance() -> None:
    stack = new_stack()
    instance: Any = INSTANCE_ARN

    with pytest.raises(TypeError, match=f"^instance: expected a ConnectInstance, got '{INSTANCE_ARN}'$"):
        ContactUpdateQueue(stack, "Updates", instance=instance)


def test_rejects_a_dictionary_as_function_options() -> None:
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
def test_rejects_wrong_operations(operations: Any, error: type[Exception]) -> None:
    stack = new_stack()

    message = f", got {operations!r}"
    with pytest.raises(error, match=rf"^operations: expected one or more of .*{re.escape(message)}$"):
        new_queue(stack, operations=operations)
    assert stack.node.try_find_child("Updates") is None


def test_instance_memory_and_reserved_concurrency_may_be_tokens() -> None:
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
