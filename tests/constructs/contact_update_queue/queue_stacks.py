"""Stacks with queues, and what the roles in them may do."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from connect_constructs import (
    ContactUpdateApi,
    ContactUpdateFunctionOptions,
    ContactUpdateOperation,
    ContactUpdateQueue,
)
from tests.constructs.stacks import CONTACT_ARNS, new_instance, resources

ATTRIBUTES_ONLY = [ContactUpdateOperation.UPDATE_CONTACT_ATTRIBUTES]


KEY_ACTIONS = ["kms:Decrypt", "kms:GenerateDataKey"]


def new_queue(stack: Stack, construct_id: str = "Updates", **arguments: Any) -> ContactUpdateQueue:
    return ContactUpdateQueue(stack, construct_id, instance=new_instance(stack, f"{construct_id}Instance"), **arguments)


def new_queue_with(stack: Stack, **options: Any) -> ContactUpdateQueue:
    return new_queue(stack, function_options=ContactUpdateFunctionOptions(**options))


def the_queue(stack: Stack) -> ContactUpdateQueue:
    queue = stack.node.find_child("Updates")
    assert isinstance(queue, ContactUpdateQueue)
    return queue


def the_api(stack: Stack) -> ContactUpdateApi:
    api = stack.node.find_child("ContactUpdates")
    assert isinstance(api, ContactUpdateApi)
    return api


def add_roles(stack: Stack) -> None:
    for name, grant in (
        ("Sender", the_queue(stack).grant_send_updates),
        ("Operator", the_queue(stack).grant_redrive),
    ):
        role = iam.Role(stack, name, assumed_by=iam.AccountRootPrincipal())
        assert grant(role).success


def arn(stack: Stack, queue: sqs.Queue) -> Any:
    return stack.resolve(queue.queue_arn)


def role_of(grantee: iam.IGrantable) -> iam.Role:
    """The role of a function, or the role itself."""
    role = grantee.grant_principal
    assert isinstance(role, iam.Role)
    return role


def statements_of(stack: Stack, template: Template, grantee: iam.IGrantable) -> list[dict[str, Any]]:
    """All statements of a role, or of a function's role."""
    own = stack.resolve(role_of(grantee).role_name)
    policies = [policy["Properties"] for policy in resources(template, "AWS::IAM::Policy").values()]
    return [
        statement
        for policy in policies
        if own in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def allows(actions: str | list[str], resource: Any) -> dict[str, Any]:
    return {"Action": actions, "Effect": "Allow", "Resource": resource}


def writes_log(stack: Stack, group: logs.ILogGroup) -> dict[str, Any]:
    return {
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Effect": "Allow",
        "Resource": stack.resolve(group.log_group_arn),
    }


def sends(stack: Stack, queue: sqs.Queue) -> dict[str, Any]:
    return allows("sqs:SendMessage", arn(stack, queue))


def receives(stack: Stack, queue: sqs.Queue) -> dict[str, Any]:
    return allows(
        ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
        arn(stack, queue),
    )


def redrives(stack: Stack, queue: sqs.Queue) -> dict[str, Any]:
    return allows(
        [
            "sqs:CancelMessageMoveTask",
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ListMessageMoveTasks",
            "sqs:ReceiveMessage",
            "sqs:StartMessageMoveTask",
        ],
        arn(stack, queue),
    )


UPDATES = allows(["connect:UpdateContactAttributes", "connect:UpdateContact"], CONTACT_ARNS)


def properties_of(stack: Stack, template: Template, construct: Any) -> dict[str, Any]:
    """The properties of the resource that a CDK construct creates."""
    name = stack.get_logical_id(construct.node.default_child)
    return dict(template.to_json()["Resources"][name]["Properties"])


def environment_of(stack: Stack, template: Template, function: lambda_.Function) -> dict[str, Any]:
    return dict(properties_of(stack, template, function)["Environment"]["Variables"])
