"""The function by itself: its role, defaults and log group."""

from __future__ import annotations

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateFunction
from tests.constructs.contact_update_function.function_stacks import (
    LAMBDA,
    UPDATES,
    new_function,
    own_logs,
    template_with,
)
from tests.constructs.stacks import INSTANCE_ARN, logical_id, new_instance, new_stack, only, resources, statements


@pytest.fixture(scope="module")
def plain() -> Template:
    return template_with()


def test_role_may_update_contacts_and_write_its_own_log_and_nothing_else(plain: Template) -> None:
    role = logical_id(plain, "AWS::IAM::Role")

    assert statements(plain) == [own_logs(plain), UPDATES]
    assert only(plain, "AWS::IAM::Policy")["Roles"] == [{"Ref": role}]
    assert plain.find_resources("AWS::IAM::ManagedPolicy") == {}
    # No ManagedPolicyArns, no Policies
    assert only(plain, "AWS::IAM::Role") == {"AssumeRolePolicyDocument": LAMBDA}


def test_function_has_the_documented_defaults(plain: Template) -> None:
    function = only(plain, "AWS::Lambda::Function")
    del function["Code"]

    assert function == {
        "Architectures": ["arm64"],
        "Description": "Updates Amazon Connect contacts",
        "Environment": {"Variables": {"INSTANCE_ARN": INSTANCE_ARN}},
        "Handler": "contact_updates.api_function.handler",
        "LoggingConfig": {"LogGroup": {"Ref": logical_id(plain, "AWS::Logs::LogGroup")}},
        "MemorySize": 512,
        "Role": {"Fn::GetAtt": [logical_id(plain, "AWS::IAM::Role"), "Arn"]},
        "Runtime": "python3.13",
        "Timeout": 25,
    }


def test_log_group_keeps_three_months_and_is_retained(plain: Template) -> None:
    (group,) = resources(plain, "AWS::Logs::LogGroup").values()

    assert group == {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {"RetentionInDays": 90},
        "UpdateReplacePolicy": "Retain",
        "DeletionPolicy": "Retain",
    }


def test_function_waits_for_its_policy(plain: Template) -> None:
    (function,) = resources(plain, "AWS::Lambda::Function").values()

    assert logical_id(plain, "AWS::IAM::Policy") in function["DependsOn"]


def test_creates_four_resources(plain: Template) -> None:
    types = sorted(resource["Type"] for resource in plain.to_json()["Resources"].values())

    assert types == ["AWS::IAM::Policy", "AWS::IAM::Role", "AWS::Lambda::Function", "AWS::Logs::LogGroup"]


def test_everything_is_reachable_through_the_function() -> None:
    stack = new_stack()
    function = new_function(stack).function

    template = Template.from_stack(stack)
    assert isinstance(function, lambda_.Function)
    assert isinstance(function.role, iam.Role)
    assert isinstance(function.log_group, logs.LogGroup)
    metric = function.metric_errors()
    assert stack.resolve(metric.dimensions) == {"FunctionName": {"Ref": logical_id(template, "AWS::Lambda::Function")}}


def test_rejects_an_instance_of_another_account() -> None:
    stack = Stack(App(), "Stack", env=Environment(account="999999999999", region="us-east-1"))

    with pytest.raises(ValueError, match=r"^instance: expected one in the stack's account 999999999999, got one"):
        ContactUpdateFunction(stack, "Updates", instance=new_instance(stack))
