"""Lambda functions that run the handler's code, with their options, roles and log groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from aws_cdk import ArnFormat, Duration, IgnoreMode, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from connect_constructs._handler_code import ASSET_EXCLUDE, handler_directory
from connect_constructs._log_group import add_log_group
from connect_constructs._validation import (
    check_has,
    check_integer,
    check_is,
    check_key,
    check_list,
    check_removal_policy,
    check_seconds,
)
from connect_constructs.contact_update_function_options import ContactUpdateFunctionOptions

_DEFAULT_MEMORY_SIZE = 512

# What AWS Lambda does for a function in a VPC.
NETWORK_INTERFACE_ACTIONS = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]


class TimeoutLimits(NamedTuple):
    """The range of a function's timeout, in seconds."""

    minimum: int
    maximum: int


def checked_options(
    options: ContactUpdateFunctionOptions | None, timeout_limits: TimeoutLimits, stack: Stack
) -> ContactUpdateFunctionOptions:
    """Return `options`, or options with nothing set. Raises TypeError or ValueError."""
    options = ContactUpdateFunctionOptions() if options is None else options
    check_is("function_options", options, ContactUpdateFunctionOptions)
    if options.memory_size is not None:
        check_integer("function_options.memory_size", options.memory_size, 128, 10_240)
    if options.timeout is not None:
        check_seconds("function_options.timeout", options.timeout, timeout_limits.minimum, timeout_limits.maximum)
    _check_network(options)
    if options.log_retention is not None:
        check_is("function_options.log_retention", options.log_retention, logs.RetentionDays)
    check_removal_policy("function_options.log_removal_policy", options.log_removal_policy)
    check_key("function_options.encryption_key", options.encryption_key, stack)
    if options.reserved_concurrent_executions is not None:
        check_integer(
            "function_options.reserved_concurrent_executions", options.reserved_concurrent_executions, minimum=1
        )
    if options.runtime_management_mode is not None:
        check_is(
            "function_options.runtime_management_mode", options.runtime_management_mode, lambda_.RuntimeManagementMode
        )
    return options


def _check_network(options: ContactUpdateFunctionOptions) -> None:
    if options.vpc is not None:
        check_has("function_options.vpc", options.vpc, "vpc_id", "a VPC, such as ec2.Vpc.from_lookup gives")
    if options.vpc_subnets is not None:
        check_is("function_options.vpc_subnets", options.vpc_subnets, ec2.SubnetSelection)
    if options.security_groups is not None:
        check_list("function_options.security_groups", options.security_groups, "security groups")
        for group in options.security_groups:
            check_has("function_options.security_groups", group, "security_group_id", "security groups")
    for name, value in (("vpc_subnets", options.vpc_subnets), ("security_groups", options.security_groups)):
        if options.vpc is None and value:
            raise ValueError(f"function_options.{name}: expected vpc= as well, got none")


def add_handler_function(
    scope: Construct,
    *,
    description: str,
    handler: str,
    environment: Mapping[str, str],
    timeout: Duration,
    options: ContactUpdateFunctionOptions,
    tracing: bool,
) -> lambda_.Function:
    """Add a Lambda function with the handler's code, its role and its log group to `scope`.

    The role may write to the function's own log group, and do what the options need.

    :param handler: The entry point: there is one for each kind of event.
    :param timeout: The timeout, unless `options` has one.
    :param options: As `checked_options` returns them.
    :param tracing: Whether AWS X-Ray traces the function. CDK then lets the role send traces.
    """
    log_group = add_log_group(
        scope,
        "LogGroup",
        retention=options.log_retention,
        removal_policy=options.log_removal_policy,
        encryption_key=options.encryption_key,
    )
    role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log_group.grant_write(role)
    if options.vpc:
        _allow_network_interfaces(role)
    if options.encryption_key:
        options.encryption_key.grant_decrypt(role)
    has_own_security_group = options.vpc is not None and not options.security_groups
    function = lambda_.Function(
        scope,
        "Function",
        description=description,
        runtime=lambda_.Runtime.PYTHON_3_13,
        architecture=lambda_.Architecture.ARM_64,
        handler=handler,
        code=lambda_.Code.from_asset(str(handler_directory()), exclude=ASSET_EXCLUDE, ignore_mode=IgnoreMode.GIT),
        role=role,
        environment=dict(environment),
        environment_encryption=options.encryption_key,
        log_group=log_group,
        memory_size=options.memory_size or _DEFAULT_MEMORY_SIZE,
        timeout=options.timeout or timeout,
        vpc=options.vpc,
        vpc_subnets=options.vpc_subnets,
        security_groups=options.security_groups,
        allow_all_outbound=False if has_own_security_group else None,
        reserved_concurrent_executions=options.reserved_concurrent_executions,
        runtime_management_mode=options.runtime_management_mode,
        tracing=lambda_.Tracing.ACTIVE if tracing else None,
    )
    if has_own_security_group:
        # Security groups do not filter traffic to the VPC's own DNS server.
        function.connections.allow_to_any_ipv4(ec2.Port.tcp(443), "AWS's endpoints")
    return function


def _allow_network_interfaces(role: iam.Role) -> None:
    # AWS Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC": these actions take
    # no narrower resource. AWS Lambda itself makes these calls; calls of the function's code carry the function's ARN,
    # and are denied. The pattern matches all functions of the account, because the function's own ARN would be a
    # circular reference.
    functions = Stack.of(role).format_arn(
        service="lambda", resource="function", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    role.add_to_policy(iam.PolicyStatement(actions=NETWORK_INTERFACE_ACTIONS, resources=["*"]))
    role.add_to_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=NETWORK_INTERFACE_ACTIONS,
            resources=["*"],
            conditions={"ArnLike": {"lambda:SourceFunctionArn": functions}},
        )
    )
