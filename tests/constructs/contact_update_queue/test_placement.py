"""Where a queue can be deployed, and the stability of logical ids."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk.assertions import Template

from connect_constructs import ConnectInstance, ContactUpdateApi, ContactUpdateQueue
from tests.constructs.contact_update_queue.queue_stacks import (
    UPDATES,
    allows,
    environment_of,
    new_queue,
    statements_of,
    the_queue,
)
from tests.constructs.stacks import INSTANCE_ARN, new_stack, resources


def test_one_stack_can_have_two_queues_and_nothing_has_a_physical_name() -> None:
    stack = new_stack()
    for construct_id in ("First", "Second"):
        ContactUpdateApi(stack, f"{construct_id}Api", queue=new_queue(stack, construct_id))

    template = Template.from_stack(stack)
    assert len(resources(template, "AWS::SQS::Queue")) == 4
    names = {"QueueName", "FunctionName", "LogGroupName", "RoleName"}
    for resource in template.to_json()["Resources"].values():
        # These refer to a function by its name.
        if resource["Type"] not in {"AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission"}:
            assert not names & resource["Properties"].keys(), resource["Type"]


def test_queue_works_in_govcloud() -> None:
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


def test_queue_may_be_in_another_region_than_the_instance() -> None:
    stack = new_stack(region="eu-west-2")
    queue = new_queue(stack)

    template = Template.from_stack(stack)
    assert environment_of(stack, template, queue.function)["INSTANCE_ARN"] == INSTANCE_ARN
    assert UPDATES in statements_of(stack, template, queue.function)


def test_construct_paths_are_as_they_were(stack: Stack) -> None:
    # Logical ids are derived from paths. A queue whose logical id changes is replaced, and its updates are lost.
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
        "Queue",
        "Queue/Policy",
    }
