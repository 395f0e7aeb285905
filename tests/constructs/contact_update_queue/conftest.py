"""The stacks that several test modules share."""

from __future__ import annotations

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateApi, ContactUpdateFunctionOptions
from tests.constructs.contact_update_queue.queue_stacks import ATTRIBUTES_ONLY, add_roles, new_queue
from tests.constructs.stacks import new_stack


@pytest.fixture(scope="session")
def stack() -> Stack:
    """A queue and its endpoint with required arguments only, and two roles with grants."""
    stack = new_stack()
    queue = new_queue(stack)
    ContactUpdateApi(stack, "ContactUpdates", queue=queue)
    add_roles(stack)
    return stack


@pytest.fixture(scope="session")
def template(stack: Stack) -> Template:
    return Template.from_stack(stack)


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def full(full_stack: Stack) -> Template:
    return Template.from_stack(full_stack)
