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
        allowed_attributes=["tier", "language"],
        allowed_members=["Name", "References.Ticket no. 1", "SegmentAttributes.connect:Subtype", "QueueInfo.Id"],
        allow_origins=["https://b.example.com", "http://localhost:3000"],
    )

    assert environment == {
        "INSTANCE_ARN": INSTANCE_ARN,
        "ALLOWED_ATTRIBUTES": "tier,language",
        "ALLOWED_MEMBERS": "Name,References.Ticket no. 1,SegmentAttributes.connect:Subtype,QueueInfo.Id",
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
        ({"allowed_members": []}, "allowed_members: expected at least one member of UpdateContact, got none"),
        ({"allowed_members": ["Nome"]}, r"allowed_members: expected members of UpdateContact \(Name, .*\), got 'Nome'"),
        ({"allowed_members": [""]}, "allowed_members: expected members of UpdateContact .*, got ''"),
        ({"allowed_members": ["name"]}, "allowed_members: expected members of UpdateContact .*, got 'name'"),
        (
            {"allowed_members": ["Attributes"]},
            "allowed_members: expected members of UpdateContact .*, got 'Attributes'",
        ),
        # They are in the path, and say which contact is written.
        ({"allowed_members": ["ContactId"]}, "allowed_members: expected members of UpdateContact .*, got 'ContactId'"),
        (
            {"allowed_members": ["Name.x"]},
            "allowed_members: expected Name, or a key of it without commas, got 'Name.x'",
        ),
        ({"allowed_members": ["References."]}, "allowed_members: expected References, or a key of it .*, got 'Ref"),
        ({"allowed_members": ["References.a,b"]}, "allowed_members: expected References, or a key of it .*, got 'Ref"),
        ({"allowed_members": ["References. a"]}, "allowed_members: expected References, or a key of it .*, got 'Ref"),
        ({"allowed_members": ["References.a\n"]}, "allowed_members: expected References, or a key of it .*, got 'Ref"),
        ({"allowed_members": ["QueueInfo.Name"]}, "allowed_members: expected QueueInfo, or a key of it .*, got 'Queue"),
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
        ({"allowed_members": "Name"}, "allowed_members: expected a list of members of UpdateContact, got 'Name'"),
        ({"allowed_members": [None]}, "allowed_members: expected members of UpdateContact .*, got None"),
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
    with pytest.raises(ValueError, match=r"^allowed_attributes, .*: expected at most 4096 bytes .*, got 4097$"):
        environment_with(allowed_attributes=[f"{key}k"])


def test_all_lists_together_must_fit_into_the_environment() -> None:
    used = len("INSTANCE_ARN" + INSTANCE_ARN + "ALLOWED_ATTRIBUTES" + "k" * 1_000 + "ALLOWED_MEMBERS")
    members = ["References." + "é" * 500, "References." + "k" * (4096 - used - 2 * 500 - 2 * len("References.") - 1)]

    environment_with(allowed_attributes=["k" * 1_000], allowed_members=members)
    with pytest.raises(
        ValueError, match=r"^allowed_attributes, allowed_members and .* at most 4096 bytes .*, got 4097$"
    ):
        environment_with(allowed_attributes=["k" * 1_001], allowed_members=members)


def test_allowed_names_may_contain_tokens() -> None:
    stack = new_stack()
    key = CfnParameter(stack, "AttributeKey").value_as_string
    member = CfnParameter(stack, "Member").value_as_string
    ContactUpdateFunction(
        stack, "Updates", instance=new_instance(stack), allowed_attributes=[key], allowed_members=["Name", member]
    )

    function = only(Template.from_stack(stack), "AWS::Lambda::Function")
    assert function["Environment"]["Variables"]["ALLOWED_ATTRIBUTES"] == {"Ref": "AttributeKey"}
    assert function["Environment"]["Variables"]["ALLOWED_MEMBERS"] == {"Fn::Join": ["", ["Name,", {"Ref": "Member"}]]}


def test_allowed_names_may_be_a_token() -> None:
    stack = new_stack()
    keys = CfnParameter(stack, "AttributeKeys", type="CommaDelimitedList").value_as_list
    members = CfnParameter(stack, "Members", type="CommaDelimitedList").value_as_list
    ContactUpdateFunction(
        stack, "Updates", instance=new_instance(stack), allowed_attributes=keys, allowed_members=members
    )

    function = only(Template.from_stack(stack), "AWS::Lambda::Function")
    assert function["Environment"]["Variables"]["ALLOWED_ATTRIBUTES"] == {"Fn::Join": [",", {"Ref": "AttributeKeys"}]}
    assert function["Environment"]["Variables"]["ALLOWED_MEMBERS"] == {"Fn::Join": [",", {"Ref": "Members"}]}


def test_rejects_a_token_for_the_list_of_origins() -> None:
    # Each origin gets its own comparison in the preflight's template, so their number must be known.
    stack = new_stack()
    origins = CfnParameter(stack, "Origins", type="CommaDelimitedList").value_as_list

    with pytest.raises(
        ValueError, match=r"^allow_origins: expected a list whose length is known at synthesis, got a token"
    ):
        ContactUpdateFunction(stack, "Updates", instance=new_instance(stack), allow_origins=origins)
