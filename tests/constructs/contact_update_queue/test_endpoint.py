"""The endpoint and the function in front of a queue."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateApi, ContactUpdateFunction, ContactUpdateOperation
from tests.constructs.contact_update_queue.queue_stacks import (
    ATTRIBUTES_ONLY,
    UPDATES,
    environment_of,
    new_queue,
    sends,
    statements_of,
    the_api,
    the_queue,
    writes_log,
)
from tests.constructs.stacks import INSTANCE_ARN, new_instance, new_stack, only, resources


def test_endpoints_function_gets_the_queues_url(stack: Stack, template: Template) -> None:
    assert environment_of(stack, template, the_api(stack).function) == {
        "INSTANCE_ARN": INSTANCE_ARN,
        "QUEUE_URL": stack.resolve(the_queue(stack).queue.queue_url),
    }


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
    # The queue still applies both.
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
def test_rejects_other_queues_than_a_contact_update_queue(construct: Any, of_sqs: bool) -> None:
    stack = new_stack()
    queue = sqs.Queue(stack, "Queue") if of_sqs else "queue"

    with pytest.raises(TypeError, match=r"^queue: expected a ContactUpdateQueue, got "):
        construct(stack, "ContactUpdates", queue=queue)
    assert stack.node.try_find_child("ContactUpdates") is None


@pytest.mark.parametrize("construct", [ContactUpdateApi, ContactUpdateFunction])
@pytest.mark.parametrize(("both", "got"), [(False, "neither"), (True, "both")])
def test_requires_exactly_one_of_instance_and_queue(construct: Any, both: bool, got: str) -> None:
    stack = new_stack()
    arguments = {"instance": new_instance(stack), "queue": new_queue(stack)} if both else {}

    with pytest.raises(ValueError, match=f"^expected exactly one of instance= and queue=, got {got}$"):
        construct(stack, "ContactUpdates", **arguments)
    assert stack.node.try_find_child("ContactUpdates") is None


def test_endpoint_with_a_queue_lets_bursts_through(stack: Stack, template: Template) -> None:
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


def test_queues_url_counts_towards_the_size_of_the_environment() -> None:
    # A queue's URL is only known at deployment, so the size of the longest possible one is assumed.
    stack = new_stack()
    queue = new_queue(stack)
    used = len("INSTANCE_ARN" + INSTANCE_ARN + "QUEUE_URL" + "ALLOWED_ATTRIBUTES") + 160
    key = "k" * (4096 - used)

    ContactUpdateFunction(stack, "Fits", queue=queue, allowed_attributes=[key])
    with pytest.raises(ValueError, match=r"^allowed_attributes.*: expected at most 4096 bytes .*, got 4097$"):
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
