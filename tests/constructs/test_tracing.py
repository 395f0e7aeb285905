"""Tracing with AWS X-Ray: off unless asked for, with exactly the permission that it needs."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateApi, ContactUpdateFunction, ContactUpdateQueue
from tests.constructs.stacks import new_instance, new_stack, only, resources, statements

# AWS Lambda Developer Guide, "Visualize Lambda function invocations using AWS X-Ray". Neither action takes a resource.
SENDS_TRACES = {
    "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    "Effect": "Allow",
    "Resource": "*",
}


def template_of(*, api: bool | None = None, queue: bool | None = None, function: bool | None = None) -> Template:
    """A template with what is not None, traced or not."""
    stack = new_stack()
    instance = new_instance(stack)
    updates = None if queue is None else ContactUpdateQueue(stack, "Updates", instance=instance, tracing=queue)
    if api is not None:
        target: dict[str, Any] = {"queue": updates} if updates else {"instance": instance}
        ContactUpdateApi(stack, "ContactUpdates", tracing=api, **target)
    if function is not None:
        ContactUpdateFunction(stack, "Function", instance=instance, tracing=function)
    return Template.from_stack(stack)


def traced(template: Template) -> list[str]:
    """The entry points of the traced functions."""
    return sorted(
        function["Properties"]["Handler"].split(".")[1]
        for function in resources(template, "AWS::Lambda::Function").values()
        if function["Properties"].get("TracingConfig") == {"Mode": "Active"}
    )


def test_nothing_is_traced_unless_asked_for() -> None:
    for template in (template_of(api=False, queue=False), template_of(function=False)):
        assert traced(template) == []
        assert "xray" not in str(template.to_json())
        assert "Tracing" not in str(template.to_json())


def test_traced_api_has_a_traced_stage_and_function() -> None:
    template = template_of(api=True)

    assert only(template, "AWS::ApiGateway::Stage")["TracingEnabled"] is True
    assert traced(template) == ["api_function"]
    assert [statement for statement in statements(template) if "xray" in str(statement)] == [SENDS_TRACES]


@pytest.mark.parametrize(
    ("api", "queue", "functions"),
    [
        (True, True, ["api_function", "queue_function"]),
        (True, False, ["api_function"]),
        (False, True, ["queue_function"]),
    ],
)
def test_endpoint_and_queue_are_traced_each_on_its_own(api: bool, queue: bool, functions: list[str]) -> None:
    template = template_of(api=api, queue=queue)

    assert traced(template) == functions
    assert only(template, "AWS::ApiGateway::Stage").get("TracingEnabled", False) is api
    found = [statement for statement in statements(template) if "xray" in str(statement)]
    assert found == [SENDS_TRACES] * len(functions)


def test_function_for_a_rest_api_of_your_own_can_be_traced() -> None:
    template = template_of(function=True)

    assert traced(template) == ["api_function"]
    assert SENDS_TRACES in statements(template)


@pytest.mark.parametrize("construct", ["api", "queue", "function"])
def test_rejects_a_string_as_flag(construct: str) -> None:
    # "false" would switch it on.
    flag: Any = "false"

    with pytest.raises(TypeError, match=r"^tracing: expected a bool, got 'false'$"):
        template_of(**{construct: flag})
