from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Environment, Stack, aws_connect
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Template

from connect_constructs import ConnectInstance, ContactUpdateFunction
from tests.constructs.stacks import (
    CONTACT_ARNS,
    INSTANCE_ARN,
    INSTANCE_ID,
    logical_id,
    new_instance,
    new_stack,
    only,
    statements,
)

BOTH_ACTIONS = ["connect:UpdateContactAttributes", "connect:UpdateContact"]


def test_instance_from_arn() -> None:
    instance = ConnectInstance.from_instance_arn(new_stack(), "Instance", INSTANCE_ARN)

    assert instance.instance_arn == INSTANCE_ARN
    assert instance.instance_id == INSTANCE_ID
    assert instance.contact_arns == CONTACT_ARNS


def test_instance_is_in_the_region_and_account_of_its_arn_not_of_the_stack() -> None:
    arn = f"arn:aws:connect:eu-west-2:444455556666:instance/{INSTANCE_ID}"
    instance = ConnectInstance.from_instance_arn(new_stack(region="us-east-1"), "Instance", arn)

    assert (instance.env.region, instance.env.account) == ("eu-west-2", "444455556666")
    assert instance.contact_arns == f"{arn}/contact/*"


def test_instance_from_arn_in_govcloud() -> None:
    arn = f"arn:aws-us-gov:connect:us-gov-west-1:111122223333:instance/{INSTANCE_ID}"
    instance = ConnectInstance.from_instance_arn(new_stack(region="us-gov-west-1"), "Instance", arn)

    assert instance.contact_arns == f"{arn}/contact/*"
    assert instance.env.region == "us-gov-west-1"


def test_instance_from_id_is_in_the_stacks_partition_region_and_account() -> None:
    stack = new_stack()
    instance = ConnectInstance.from_instance_id(stack, "Instance", INSTANCE_ID)

    assert instance.instance_id == INSTANCE_ID
    assert stack.resolve(instance.contact_arns) == {
        "Fn::Join": [
            "",
            [
                "arn:",
                {"Ref": "AWS::Partition"},
                ":connect:",
                {"Ref": "AWS::Region"},
                ":",
                {"Ref": "AWS::AccountId"},
                f":instance/{INSTANCE_ID}/contact/*",
            ],
        ]
    }


def test_instance_from_id_in_a_stack_with_an_environment() -> None:
    stack = new_stack(region="us-gov-west-1")
    instance = ConnectInstance.from_instance_id(stack, "Instance", INSTANCE_ID)

    assert instance.env.region == "us-gov-west-1"
    assert stack.resolve(instance.contact_arns) == {
        "Fn::Join": [
            "",
            [
                "arn:",
                {"Ref": "AWS::Partition"},
                f":connect:us-gov-west-1:111122223333:instance/{INSTANCE_ID}/contact/*",
            ],
        ]
    }


def test_instance_from_cfn_instance() -> None:
    stack = new_stack()
    cfn_instance = aws_connect.CfnInstance(
        stack,
        "Cfn",
        attributes=aws_connect.CfnInstance.AttributesProperty(inbound_calls=True, outbound_calls=True),
        identity_management_type="CONNECT_MANAGED",
    )
    instance = ConnectInstance.from_cfn_instance(stack, "Instance", cfn_instance)

    template = Template.from_stack(stack)
    # Ref of an AWS::Connect::Instance is its ARN.
    arn = {"Ref": logical_id(template, "AWS::Connect::Instance")}
    assert stack.resolve(instance.instance_arn) == arn
    assert stack.resolve(instance.contact_arns) == {"Fn::Join": ["", [arn, "/contact/*"]]}


def test_instance_from_cfn_instance_has_the_environment_of_its_stack() -> None:
    # Given an instance that a stack of another account creates
    app = App()
    there = Stack(app, "There", env=Environment(account="999999999999", region="us-east-1"))
    here = Stack(app, "Here", env=Environment(account="111122223333", region="us-east-1"))
    cfn_instance = aws_connect.CfnInstance(
        there,
        "Cfn",
        attributes=aws_connect.CfnInstance.AttributesProperty(inbound_calls=True, outbound_calls=True),
        identity_management_type="CONNECT_MANAGED",
    )
    instance = ConnectInstance.from_cfn_instance(here, "Instance", cfn_instance)

    # Then
    assert (instance.env.account, instance.env.region) == ("999999999999", "us-east-1")
    with pytest.raises(ValueError, match=r"^instance: expected one in the stack's account 111122223333, got one in 9"):
        ContactUpdateFunction(here, "Function", instance=instance)


def test_rejects_an_arn_in_place_of_a_cfn_instance() -> None:
    arn: Any = INSTANCE_ARN

    with pytest.raises(TypeError, match=r"^cfn_instance: expected a CfnInstance, got .*; use from_instance_arn for"):
        ConnectInstance.from_cfn_instance(new_stack(), "Instance", arn)


def test_error_tells_what_to_do_about_the_placeholder_of_a_lookup() -> None:
    # Given what CDK returns on the first synthesis, before the CLI has looked up the parameter
    stack = new_stack(region="us-east-1")
    placeholder = ssm.StringParameter.value_from_lookup(stack, "/connect/instance-arn")

    # Then
    with pytest.raises(ValueError, match=r"give value_from_lookup a default_value= such as arn:aws:connect:"):
        ConnectInstance.from_instance_arn(stack, "Instance", placeholder)
    with pytest.raises(ValueError, match=rf"^instance_id: .* a default_value= such as {INSTANCE_ID}$"):
        ConnectInstance.from_instance_id(stack, "Instance", placeholder)
    default = ssm.StringParameter.value_from_lookup(stack, "/connect/instance-arn", INSTANCE_ARN)
    assert ConnectInstance.from_instance_arn(stack, "Instance", default).instance_arn == INSTANCE_ARN


def test_instance_arn_may_be_a_token() -> None:
    # Given
    stack = new_stack()
    parameter = CfnParameter(stack, "InstanceArn")

    # When
    instance = ConnectInstance.from_instance_arn(stack, "Instance", parameter.value_as_string)
    ContactUpdateFunction(stack, "Function", instance=instance)

    # Then
    template = Template.from_stack(stack)
    arn = {"Ref": "InstanceArn"}
    resource = {"Fn::Select": [5, {"Fn::Split": [":", arn]}]}
    assert stack.resolve(instance.instance_id) == {"Fn::Select": [1, {"Fn::Split": ["/", resource]}]}
    assert stack.resolve(instance.env.region) == {"Fn::Select": [3, {"Fn::Split": [":", arn]}]}
    assert only(template, "AWS::Lambda::Function")["Environment"] == {"Variables": {"INSTANCE_ARN": arn}}
    assert {
        "Action": BOTH_ACTIONS,
        "Effect": "Allow",
        "Resource": {"Fn::Join": ["", [arn, "/contact/*"]]},
    } in statements(template)


def test_instance_id_may_be_a_token() -> None:
    stack = new_stack()
    parameter = CfnParameter(stack, "InstanceId")
    instance = ConnectInstance.from_instance_id(stack, "Instance", parameter.value_as_string)

    assert stack.resolve(instance.instance_id) == {"Ref": "InstanceId"}


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "foo",
        INSTANCE_ID,
        "arn:aws:s3:::bucket",
        CONTACT_ARNS,
        f"{INSTANCE_ARN}/contact/{INSTANCE_ID}",
        f"arn:aws:connect:us-east-1::instance/{INSTANCE_ID}",
        f"arn:aws:connect::111122223333:instance/{INSTANCE_ID}",
        f"arn:aws:connect:us-east-1:1111:instance/{INSTANCE_ID}",
        "arn:aws:connect:us-east-1:111122223333:instance/",
        f"arn:aws:connect:us-east-1:111122223333:queue/{INSTANCE_ID}",
        f"arn:aws:connect:us-east-1:111122223333:instance/{INSTANCE_ID} ",
        f"{INSTANCE_ARN}\n",
        None,
        7,
    ],
)
def test_rejects_wrong_instance_arns(arn: Any) -> None:
    error = ValueError if isinstance(arn, str) else TypeError
    message = f"instance_arn: expected an instance ARN such as {INSTANCE_ARN}, got {arn!r}"

    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        ConnectInstance.from_instance_arn(new_stack(), "Instance", arn)


@pytest.mark.parametrize("instance_id", ["", "a b", "a/b", "*", INSTANCE_ARN, "a" * 101, f"{INSTANCE_ID}\n", None, 7])
def test_rejects_wrong_instance_ids(instance_id: Any) -> None:
    error = ValueError if isinstance(instance_id, str) else TypeError
    message = f"instance_id: expected an instance id such as {INSTANCE_ID}, got {instance_id!r}"

    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        ConnectInstance.from_instance_id(new_stack(), "Instance", instance_id)


Grant = Callable[[ConnectInstance, iam.IGrantable], iam.Grant]


@pytest.mark.parametrize(
    ("grant", "action"),
    [
        (ConnectInstance.grant_update_contact_attributes, "connect:UpdateContactAttributes"),
        (ConnectInstance.grant_update_contact, "connect:UpdateContact"),
        (ConnectInstance.grant_updates, BOTH_ACTIONS),
    ],
)
def test_grant_allows_exactly_its_actions_on_the_contacts(grant: Grant, action: str | list[str]) -> None:
    # Given
    stack = new_stack()
    instance = new_instance(stack)
    grantees: list[iam.IGrantable] = [
        iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com")),
        iam.User(stack, "User"),
        lambda_.Function(
            stack,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline("def handler(event, context): ..."),
        ),
        # A role that exists already
        iam.Role.from_role_arn(stack, "Imported", "arn:aws:iam::111122223333:role/imported"),
    ]

    # When
    grants = [grant(instance, grantee) for grantee in grantees]

    # Then
    assert all(grant.success for grant in grants)
    template = Template.from_stack(stack)
    statement = {"Action": action, "Effect": "Allow", "Resource": CONTACT_ARNS}
    assert statements(template) == [statement] * len(grantees)
    assert only(template, "AWS::IAM::Policy", {"Roles": ["imported"]})["PolicyDocument"]["Statement"] == [statement]
    assert only(template, "AWS::IAM::Policy", {"Users": [{"Ref": logical_id(template, "AWS::IAM::User")}]})


def test_instance_creates_nothing() -> None:
    stack = new_stack()
    new_instance(stack)

    assert Template.from_stack(stack).to_json().get("Resources", {}) == {}
