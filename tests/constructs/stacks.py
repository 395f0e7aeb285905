"""Stacks that the tests share, and functions to look into templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aws_cdk import App, Duration, Environment, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Annotations, Match, Template
from constructs import Construct

from connect_constructs import (
    ApiGatewayAccount,
    ConnectInstance,
    ContactUpdateApi,
    ContactUpdateFunctionOptions,
    ContactUpdateMonitoring,
    ContactUpdateOperation,
    ContactUpdateQueue,
)

INSTANCE_ID = "12345678-1234-1234-1234-123456789012"
INSTANCE_ARN = f"arn:aws:connect:us-east-1:111122223333:instance/{INSTANCE_ID}"
CONTACT_ARNS = f"{INSTANCE_ARN}/contact/*"


def new_stack(name: str = "Stack", *, region: str | None = None) -> Stack:
    """An empty stack in its own app. With `region`, it also has an account."""
    return Stack(App(), name, env=Environment(account="111122223333", region=region) if region else None)


def new_instance(scope: Construct, construct_id: str = "Instance") -> ConnectInstance:
    return ConnectInstance.from_instance_arn(scope, construct_id, INSTANCE_ARN)


def new_vpc(stack: Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-0123456789abcdef0"],
        private_subnet_route_table_ids=["rtb-0123456789abcdef0"],
    )


def minimal_stack() -> Stack:
    """The endpoint with required arguments only."""
    stack = new_stack("Minimal")
    ContactUpdateApi(stack, "ContactUpdates", instance=new_instance(stack))
    return stack


def maximal_stack() -> Stack:
    """The endpoint with every option, and a grant to another account."""
    stack = new_stack("Maximal")
    ApiGatewayAccount(stack, "ApiGatewayAccount")
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    api = ContactUpdateApi(
        stack,
        "ContactUpdates",
        instance=new_instance(stack),
        api_key_required=True,
        allowed_cidrs=["203.0.113.0/24"],
        domain_name=apigateway.DomainNameOptions(
            domain_name="updates.example.com",
            certificate=acm.Certificate.from_certificate_arn(
                stack,
                "Certificate",
                "arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012",
            ),
        ),
        allow_origins=["https://crm.example.com", "https://desk.example.com"],
        allowed_attributes=["tier", "language"],
        allowed_members=["Name", "References.Ticket"],
        throttling_rate_limit=50,
        throttling_burst_limit=100,
        access_log=True,
        access_log_retention=logs.RetentionDays.ONE_YEAR,
        access_log_removal_policy=RemovalPolicy.RETAIN,
        access_log_encryption_key=key,
        tracing=True,
        function_options=ContactUpdateFunctionOptions(
            memory_size=1024,
            timeout=Duration.seconds(20),
            vpc=new_vpc(stack),
            log_retention=logs.RetentionDays.ONE_MONTH,
            encryption_key=key,
            reserved_concurrent_executions=5,
            runtime_management_mode=lambda_.RuntimeManagementMode.FUNCTION_UPDATE,
        ),
    )
    api.grant_updates(iam.AccountPrincipal("444455556666"))
    api.add_api_key(
        "CrmKey",
        throttle=apigateway.ThrottleSettings(rate_limit=5, burst_limit=10),
        quota=apigateway.QuotaSettings(limit=10_000, period=apigateway.Period.DAY),
    )
    return stack


def private_stack() -> Stack:
    """The endpoint as a private API, open to whoever reaches its VPC endpoints."""
    stack = new_stack("Private")
    endpoints = [
        ec2.InterfaceVpcEndpoint.from_interface_vpc_endpoint_attributes(stack, name, port=443, vpc_endpoint_id=name)
        for name in ("vpce-0123456789abcdef0", "vpce-0fedcba9876543210")
    ]
    ContactUpdateApi(
        stack, "ContactUpdates", instance=new_instance(stack), vpc_endpoints=endpoints, unsigned_callers=True
    )
    return stack


def queue_stack() -> Stack:
    """The endpoint in front of a queue, with required arguments only."""
    stack = new_stack("Queue")
    updates = ContactUpdateQueue(stack, "Updates", instance=new_instance(stack))
    ContactUpdateApi(stack, "ContactUpdates", queue=updates)
    return stack


def maximal_queue_stack() -> Stack:
    """The endpoint in front of a queue, with every option of the queue."""
    stack = new_stack("MaximalQueue")
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    updates = ContactUpdateQueue(
        stack,
        "Updates",
        instance=new_instance(stack),
        operations=[ContactUpdateOperation.UPDATE_CONTACT_ATTRIBUTES],
        updates_per_second=20,
        merge_updates=False,
        event_bus=events.EventBus(stack, "Rejected"),
        encryption_key=key,
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        tracing=True,
        function_options=ContactUpdateFunctionOptions(
            memory_size=1024,
            timeout=Duration.seconds(30),
            vpc=new_vpc(stack),
            log_retention=logs.RetentionDays.ONE_MONTH,
            encryption_key=key,
            reserved_concurrent_executions=5,
        ),
    )
    updates.grant_send_updates(iam.OrganizationPrincipal("o-0123456789"))
    ContactUpdateApi(stack, "ContactUpdates", queue=updates)
    return stack


def monitoring_stack() -> Stack:
    """An endpoint with its monitoring, with required arguments only."""
    stack = new_stack("Monitoring")
    api = ContactUpdateApi(stack, "ContactUpdates", instance=new_instance(stack))
    ContactUpdateMonitoring(stack, "Monitoring", api=api)
    return stack


def maximal_monitoring_stack() -> Stack:
    """An endpoint before a queue, with every option of the monitoring."""
    stack = new_stack("MaximalMonitoring")
    updates = ContactUpdateQueue(stack, "Updates", instance=new_instance(stack))
    api = ContactUpdateApi(stack, "ContactUpdates", queue=updates)
    topic = sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:us-east-1:111122223333:operators")
    ContactUpdateMonitoring(
        stack,
        "Monitoring",
        api=api,
        queue=updates,
        alarm_actions=[actions.SnsAction(topic)],
        stalled_updates_threshold=10,
        rejected_updates_threshold=20,
        access_denied_threshold=30,
        updates_in_flight_threshold=40_000,
        server_errors_threshold=50,
        throttled_invocations_threshold=60,
    )
    return stack


SHARED_STACKS: dict[str, Callable[[], Stack]] = {
    "minimal": minimal_stack,
    "maximal": maximal_stack,
    "private": private_stack,
    "queue": queue_stack,
    "maximal_queue": maximal_queue_stack,
    "monitoring": monitoring_stack,
    "maximal_monitoring": maximal_monitoring_stack,
}


def resources(template: Template, type_: str, properties: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """The resources of a type that have (at least) `properties`, by logical id."""
    found: dict[str, dict[str, Any]] = {
        logical_id: dict(resource)
        for logical_id, resource in template.find_resources(
            type_, {"Properties": dict(properties)} if properties else None
        ).items()
    }
    return found


def logical_id(template: Template, type_: str, properties: Mapping[str, Any] | None = None) -> str:
    """The logical id of the only such resource."""
    (found,) = resources(template, type_, properties)
    return found


def only(template: Template, type_: str, properties: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The properties of the only such resource."""
    (found,) = resources(template, type_, properties).values()
    return dict(found.get("Properties", {}))


def statements(template: Template, type_: str = "AWS::IAM::Policy") -> list[dict[str, Any]]:
    """All statements of all policies of a type."""
    return [
        statement
        for resource in resources(template, type_).values()
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]
    ]


def warnings(stack: Stack) -> list[str]:
    """The texts of the warnings in a stack."""
    return [str(message.entry.data) for message in Annotations.from_stack(stack).find_warning("*", Match.any_value())]
