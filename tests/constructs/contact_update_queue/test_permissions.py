"""What the consumer, the endpoint's function and grantees may do."""

from __future__ import annotations

import pytest
from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateOperation
from tests.constructs.contact_update_queue.queue_stacks import (
    KEY_ACTIONS,
    UPDATES,
    allows,
    environment_of,
    new_queue,
    properties_of,
    receives,
    redrives,
    role_of,
    sends,
    statements_of,
    the_api,
    the_queue,
    writes_log,
)
from tests.constructs.stacks import CONTACT_ARNS, logical_id, new_stack, warnings


def role(stack: Stack, name: str) -> iam.Role:
    found = stack.node.find_child(name)
    assert isinstance(found, iam.Role)
    return found


def test_consumer_may_only_receive_updates_make_them_and_send_dead_letters(stack: Stack, template: Template) -> None:
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


def test_with_key_endpoints_function_may_use_it(full_stack: Stack, full: Template) -> None:
    function = the_api(full_stack).function
    key = {"Fn::GetAtt": [logical_id(full, "AWS::KMS::Key"), "Arn"]}

    assert statements_of(full_stack, full, function) == [
        writes_log(full_stack, function.log_group),
        sends(full_stack, the_queue(full_stack).queue),
        allows(KEY_ACTIONS, key),
    ]


def test_grants_allow_sending_and_redriving(stack: Stack, template: Template) -> None:
    queue = the_queue(stack)

    assert statements_of(stack, template, role(stack, "Sender")) == [sends(stack, queue.queue)]
    assert statements_of(stack, template, role(stack, "Operator")) == [
        redrives(stack, queue.dead_letter_queue),
        sends(stack, queue.queue),
    ]


def test_with_key_grants_also_allow_its_use(full_stack: Stack, full: Template) -> None:
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
    # The key's policy leaves it to the policies of identities in its account.
    assert warnings(stack) == []


def test_handler_gets_the_arn_of_an_imported_bus() -> None:
    bus_arn = "arn:aws:events:us-east-1:111122223333:event-bus/crm"
    stack = new_stack()
    queue = new_queue(stack, event_bus=events.EventBus.from_event_bus_arn(stack, "Bus", bus_arn))

    template = Template.from_stack(stack)
    assert environment_of(stack, template, queue.function)["EVENT_BUS_NAME"] == bus_arn
    assert allows("events:PutEvents", bus_arn) in statements_of(stack, template, queue.function)


@pytest.mark.parametrize("operation", ContactUpdateOperation)
def test_consumer_may_only_call_the_chosen_operation(operation: ContactUpdateOperation) -> None:
    stack = new_stack()
    queue = new_queue(stack, operations=[operation])

    found = statements_of(stack, Template.from_stack(stack), queue.function)
    assert [statement for statement in found if "connect:" in str(statement["Action"])] == [
        allows(operation.iam_action, CONTACT_ARNS)
    ]
    assert queue.operations == [operation]
