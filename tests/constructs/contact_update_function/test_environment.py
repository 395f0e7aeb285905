"""What the function's environment tells the handler."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import CfnParameter
from aws_cdk.assertions import Template

from connect_constructs import ConnectInstance, ContactUpdateFunction
from tests.constructs.stacks import INSTANCE_ARN, new_instance, new_stack, only


def environment_with(**arguments: Any) -> dict[str, Any]:
    stack = new_stack()
    ContactUpdateFunction(stack, "Updates", instance=new_instance(stack), **arguments)
    function = only(Template.from_stack(stack), "AWS::Lambda::Function")
    return dict(function["Environment"]["Variables"])


def test_environment_has_attributes_and_origins() -> None:
    environment = environment_with(
        allowed_attributes=["tier", "language"], allow_origins=["https://b.example.com", "http://localhost:3000"]
    )

    assert environment == {
        "INSTANCE_ARN": INSTANCE_ARN,
        "ALLOWED_ATTRIBUTES": "tier,language",
        "ALLOW_ORIGINS": "https://b.example.com,http://localhost:3000",
    }


def test_environment_has_the_arn_of_an_instance_in_another_region() -> None:
    arn = INSTANCE_ARN.replace("us-east-1", "eu-west-2")
    stack = new_stack(region="us-east-1")
    ContactUpdateFunction(stack, "Updates", instance=ConnectInstance.from_instance_arn(stack, "Instance", arn))

    function = only(Template.from_stack(stack), "AWS::Lambda::Function")
    assert function["Environment"] == {"Variables": {"INSTANCE_ARN": arn}}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"allowed_attributes": []}, "allowed_attributes: expected at least one attribute key, got none"),
        ({"allowed_attributes": ["a b"]}, "allowed_attributes: expected attribute keys of letters.*, got 'a b'"),
        ({"allowed_attributes": ["ok", ""]}, "allowed_attributes: expected attribute keys of letters.*, got ''"),
        ({"allowed_attributes": ["a,b"]}, "allowed_attributes: expected attribute keys of letters.*, got 'a,b'"),
        ({"allowed_attributes": ["é"]}, "allowed_attributes: expected attribute keys of letters.*, got 'é'"),
        ({"allowed_attributes": ["a\n"]}, r"allowed_attributes: expected attribute keys of letters.*, got 'a\\n'"),
        ({"allow_origins": ["a.example.com"]}, "allow_origins: expected an origin such as .*, got 'a.example.com'"),
        ({"allow_origins": ["https://a.example.com/"]}, "allow_origins: expected an origin .*, without a path, got"),
        ({"allow_origins": ["https://a'b.example.com"]}, "allow_origins: expected an origin .*, got"),
        ({"allow_origins": ["*", "https://a.example.com"]}, r"allow_origins: expected '\*' alone, or origins, got"),
    ],
)
def test_rejects_wrong_lists(arguments: dict[str, Any], message: str) -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=f"^{message}"):
        ContactUpdateFunction(stack, "Updates", instance=new_instance(stack), **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"allowed_attributes": "tier"}, "allowed_attributes: expected a list of attribute keys, got 'tier'"),
        ({"allowed_attributes": [None]}, "allowed_attributes: expected attribute keys of letters.*, got None"),
        ({"allow_origins": "https://a.example.com"}, "allow_origins: expected a list of origins, got '"),
        ({"allow_origins": ""}, "allow_origins: expected a list of origins, got ''"),
        ({"allow_origins": [7]}, "allow_origins: expected an origin such as .*, got 7"),
    ],
)
def test_rejects_lists_of_wrong_type(arguments: dict[str, Any], message: str) -> None:
    stack = new_stack()

    with pytest.raises(TypeError, match=f"^{message}"):
        ContactUpdateFunction(stack, "Updates", instance=new_instance(stack), **arguments)


def test_allowed_attributes_may_fill_the_environment_to_the_last_byte() -> None:
    # Lambda's limit: 4,096 bytes for names and values together.
    used = len("INSTANCE_ARN" + INSTANCE_ARN + "ALLOWED_ATTRIBUTES")
    key = "k" * (4096 - used)

    assert environment_with(allowed_attributes=[key])["ALLOWED_ATTRIBUTES"] == key
    with pytest.raises(ValueError, match=r"^allowed_attributes .*: expected at most 4096 bytes .*, got 4097$"):
        environment_with(allowed_attributes=[f"{key}k"])


def test_allowed_attributes_may_contain_tokens() -> None:
    stack = new_stack()
    key = CfnParameter(stack, "AttributeKey").value_as_string
    ContactUpdateFunction(stack, "Updates", instance=new_instance(stack), allowed_attributes=[key])

    function = only(Template.from_stack(stack), "AWS::Lambda::Function")
    assert function["Environment"]["Variables"]["ALLOWED_ATTRIBUTES"] == {"Ref": "AttributeKey"}


def test_allowed_attributes_may_be_a_token() -> None:
    stack = new_stack()
    keys = CfnParameter(stack, "AttributeKeys", type="CommaDelimitedList").value_as_list
    ContactUpdateFunction(stack, "Updates", instance=new_instance(stack), allowed_attributes=keys)

    function = only(Template.from_stack(stack), "AWS::Lambda::Function")
    assert function["Environment"]["Variables"]["ALLOWED_ATTRIBUTES"] == {"Fn::Join": [",", {"Ref": "AttributeKeys"}]}


def test_rejects_a_token_for_the_list_of_origins() -> None:
    # Each origin gets its own comparison in the preflight's template, so their number must be known.
    stack = new_stack()
    origins = CfnParameter(stack, "Origins", type="CommaDelimitedList").value_as_list

    with pytest.raises(
        ValueError, match=r"^allow_origins: expected a list whose length is known at synthesis, got a token"
    ):
        ContactUpdateFunction(stack, "Updates", instance=new_instance(stack), allow_origins=origins)
