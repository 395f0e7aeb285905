"""Which arguments the API accepts and refuses."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import Duration

from connect_constructs import ContactUpdateApi, ContactUpdateFunctionOptions
from tests.constructs.contact_update_api.api_stacks import new_api, template_with
from tests.constructs.stacks import INSTANCE_ARN, new_instance, new_stack, only


@pytest.mark.parametrize(("given", "got"), [((), "neither"), (("instance", "queue"), "both")])
def test_takes_exactly_one_of_instance_and_queue(given: tuple[str, ...], got: str) -> None:
    stack = new_stack()
    arguments: dict[str, Any] = dict.fromkeys(given, new_instance(stack))

    with pytest.raises(ValueError, match=f"^expected exactly one of instance= and queue=, got {got}$"):
        ContactUpdateApi(stack, "ContactUpdates", **arguments)
    assert stack.node.try_find_child("ContactUpdates") is None


def test_rejects_an_arn_in_place_of_an_instance() -> None:
    stack = new_stack()
    arn: Any = INSTANCE_ARN

    with pytest.raises(TypeError, match=f"^instance: expected a ConnectInstance, got '{INSTANCE_ARN}'$"):
        ContactUpdateApi(stack, "ContactUpdates", instance=arn)


@pytest.mark.parametrize(("operations", "error"), [([], ValueError), (["UpdateContact"], TypeError)])
def test_rejects_wrong_operations(operations: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^operations: expected one or more of "):
        new_api(new_stack(), operations=operations)


@pytest.mark.parametrize("argument", ["access_log", "api_key_required"])
def test_rejects_a_string_as_flag(argument: str) -> None:
    # "false" would switch it on.
    arguments: dict[str, Any] = {argument: "false"}

    with pytest.raises(TypeError, match=f"^{argument}: expected a bool, got 'false'$"):
        new_api(new_stack(), **arguments)


def test_wrong_function_options_leave_no_construct_behind() -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=r"^function_options.timeout: expected 12 to 29 .*, got 30 seconds$"):
        new_api(stack, function_options=ContactUpdateFunctionOptions(timeout=Duration.seconds(30)))
    assert stack.node.try_find_child("ContactUpdates") is None


def test_function_options_and_allowed_names_reach_the_function() -> None:
    template = template_with(
        allowed_attributes=["tier"],
        allowed_members=["Name"],
        function_options=ContactUpdateFunctionOptions(memory_size=1024, timeout=Duration.seconds(20)),
    )

    function = only(template, "AWS::Lambda::Function")
    assert (function["MemorySize"], function["Timeout"]) == (1024, 20)
    assert function["Environment"]["Variables"]["ALLOWED_ATTRIBUTES"] == "tier"
    assert function["Environment"]["Variables"]["ALLOWED_MEMBERS"] == "Name"
