"""The function's options."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import CfnParameter, Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template

from tests.constructs.contact_update_function.function_stacks import new_function, template_with
from tests.constructs.stacks import new_stack, only, resources


@pytest.mark.parametrize(
    ("options", "properties"),
    [
        ({"memory_size": 128}, {"MemorySize": 128}),
        ({"memory_size": 10_240}, {"MemorySize": 10_240}),
        ({"timeout": Duration.seconds(12)}, {"Timeout": 12}),
        ({"timeout": Duration.seconds(29)}, {"Timeout": 29}),
        ({"reserved_concurrent_executions": 1}, {"ReservedConcurrentExecutions": 1}),
        (
            {"runtime_management_mode": lambda_.RuntimeManagementMode.FUNCTION_UPDATE},
            {"RuntimeManagementConfig": {"UpdateRuntimeOn": "FunctionUpdate"}},
        ),
    ],
)
def test_option_of_the_function_takes_effect(options: dict[str, Any], properties: dict[str, Any]) -> None:
    template_with(**options).has_resource_properties("AWS::Lambda::Function", properties)


def test_log_options_take_effect() -> None:
    template = template_with(log_retention=logs.RetentionDays.ONE_WEEK, log_removal_policy=RemovalPolicy.DESTROY)

    (group,) = resources(template, "AWS::Logs::LogGroup").values()
    assert group["Properties"]["RetentionInDays"] == 7
    assert (group["DeletionPolicy"], group["UpdateReplacePolicy"]) == ("Delete", "Delete")


def test_infinite_log_retention_sets_no_retention() -> None:
    template = template_with(log_retention=logs.RetentionDays.INFINITE)

    assert "RetentionInDays" not in only(template, "AWS::Logs::LogGroup")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": Duration.seconds(5)}, "timeout: expected 12 to 29 whole seconds, got 5 seconds"),
        ({"timeout": Duration.seconds(11)}, "timeout: expected 12 to 29 whole seconds, got 11 seconds"),
        ({"timeout": Duration.seconds(30)}, "timeout: expected 12 to 29 whole seconds, got 30 seconds"),
        ({"memory_size": 64}, "memory_size: expected an integer from 128 to 10240, got 64"),
        ({"memory_size": 0}, "memory_size: expected an integer from 128 to 10240, got 0"),
        (
            {"reserved_concurrent_executions": 0},
            "reserved_concurrent_executions: expected an integer of at least 1, got 0",
        ),
        (
            {"vpc_subnets": ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)},
            "vpc_subnets: expected vpc= as well, got none",
        ),
        (
            {"log_removal_policy": RemovalPolicy.SNAPSHOT},
            "log_removal_policy: expected another removal policy, got RemovalPolicy.SNAPSHOT: there are no snapshots "
            "of it",
        ),
    ],
)
def test_rejects_option_out_of_its_range(options: dict[str, Any], message: str) -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=f"^function_options.{message}$"):
        new_function(stack, **options)
    # No construct is left behind.
    assert stack.node.try_find_child("Updates") is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"memory_size": "512"}, "memory_size: expected an integer from 128 to 10240, got '512'"),
        ({"memory_size": 512.0}, "memory_size: expected an integer from 128 to 10240, got 512.0"),
        ({"timeout": 20}, "timeout: expected a Duration, got 20"),
        ({"vpc": "vpc-1"}, "vpc: expected a VPC, such as ec2.Vpc.from_lookup gives, got 'vpc-1'"),
        ({"vpc_subnets": ["subnet-1"]}, r"vpc_subnets: expected a SubnetSelection, got \['subnet-1'\]"),
        ({"security_groups": "sg-1"}, "security_groups: expected a list of security groups, got 'sg-1'"),
        ({"security_groups": ["sg-1"]}, "security_groups: expected security groups, got 'sg-1'"),
        ({"log_retention": 30}, "log_retention: expected a RetentionDays, got 30"),
        ({"log_removal_policy": "destroy"}, "log_removal_policy: expected a RemovalPolicy, got 'destroy'"),
        ({"encryption_key": "key"}, "encryption_key: expected a KMS key, got 'key'"),
        (
            {"runtime_management_mode": "Auto"},
            "runtime_management_mode: expected a RuntimeManagementMode, got 'Auto'",
        ),
    ],
)
def test_rejects_option_of_wrong_type(options: dict[str, Any], message: str) -> None:
    stack = new_stack()

    with pytest.raises(TypeError, match=f"^function_options.{message}$"):
        new_function(stack, **options)
    assert stack.node.try_find_child("Updates") is None


def test_options_may_be_tokens() -> None:
    stack = new_stack()

    def number(name: str) -> int:
        return int(CfnParameter(stack, name, type="Number").value_as_number)

    new_function(
        stack,
        memory_size=number("Memory"),
        timeout=Duration.seconds(number("Timeout")),
        reserved_concurrent_executions=number("Reserved"),
    )

    Template.from_stack(stack).has_resource_properties(
        "AWS::Lambda::Function",
        {
            "MemorySize": {"Ref": "Memory"},
            "Timeout": {"Ref": "Timeout"},
            "ReservedConcurrentExecutions": {"Ref": "Reserved"},
        },
    )
