"""Grants write an effective statement, either to the identity's policy or to the resource's policy, or raise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from connect_constructs import ConnectInstance, ContactUpdateApi, ContactUpdateQueue
from tests.constructs.grants.grantees import (
    ELSEWHERE,
    HERE,
    imported_role,
    new_api,
    new_queue,
    new_stack,
    queue_policies,
    role,
)
from tests.constructs.stacks import new_instance, only, resources, statements


@pytest.mark.parametrize(
    "grant",
    [
        lambda stack: new_api(stack).grant_updates,
        lambda stack: new_queue(stack).grant_send_updates,
        lambda stack: new_queue(stack).grant_redrive,
        lambda stack: new_instance(stack).grant_updates,
    ],
    ids=["api", "queue", "redrive", "instance"],
)
def test_grants_raise_type_error_for_other_objects_than_principals(
    grant: Callable[[Stack], Callable[[Any], iam.Grant]],
) -> None:
    with pytest.raises(TypeError, match=r"^grantee: expected a role, user, group, managed policy or another principal"):
        grant(new_stack())(role(ELSEWHERE)["AWS"])


CONDITION = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}


def test_condition_of_a_grantee_is_kept() -> None:
    stack = new_stack()
    queue = new_queue(stack, encryption_key=kms.Key(stack, "Key"))
    api = ContactUpdateApi(stack, "ContactUpdates", queue=queue)
    bound = iam.PrincipalWithConditions(iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal()), CONDITION)
    api.grant_updates(bound)
    queue.grant_send_updates(bound)
    queue.grant_redrive(bound)
    queue.instance.grant_updates(bound)

    template = Template.from_stack(stack)
    (policy,) = (
        policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in resources(template, "AWS::IAM::Policy").values()
        if policy["Properties"]["PolicyName"].startswith("RoleDefaultPolicy")
    )
    assert {action for statement in policy for action in _list(statement["Action"])} >= {
        "connect:UpdateContact",
        "execute-api:Invoke",
        "kms:GenerateDataKey",
        "sqs:SendMessage",
        "sqs:StartMessageMoveTask",
    }
    assert [statement["Condition"] for statement in policy] == [CONDITION] * len(policy)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("kind", ["role", "user"])
def test_resource_policy_names_an_identity_that_may_belong_to_another_account(kind: str) -> None:
    # Given a stack that does not know its account: a policy for the identity could not be deployed across accounts, or
    # would apply to another role of the same name
    stack = Stack(App(), "Stack")
    arn = f"arn:aws:iam::{ELSEWHERE}:{kind}/crm"
    by_arn = iam.Role.from_role_arn if kind == "role" else iam.User.from_user_arn
    grantee = by_arn(stack, "Imported", arn)
    queue = new_queue(stack, encryption_key=kms.Key(stack, "Key"))

    # When
    queue.grant_send_updates(grantee)
    ContactUpdateApi(stack, "ContactUpdates", queue=queue).grant_updates(grantee)

    # Then
    template = Template.from_stack(stack)
    documents = [
        only(template, "AWS::ApiGateway::RestApi")["Policy"],
        only(template, "AWS::KMS::Key")["KeyPolicy"],
        queue_policies(stack)[1]["Properties"]["PolicyDocument"],
    ]
    for document in documents:
        assert document["Statement"][-1]["Principal"] == {"AWS": arn}
    assert all("Users" not in policy["Properties"] for policy in resources(template, "AWS::IAM::Policy").values())
    assert "crm" not in str(
        [policy["Properties"]["Roles"] for policy in resources(template, "AWS::IAM::Policy").values()]
    )


@pytest.mark.parametrize("redrive", [True, False])
def test_error_tells_what_to_do_about_an_identity_that_may_belong_to_another_account(redrive: bool) -> None:
    stack = Stack(App(), "Stack")
    instance = ConnectInstance.from_instance_id(stack, "Instance", "12345678-1234-1234-1234-123456789012")
    queue = ContactUpdateQueue(stack, "Updates", instance=instance)
    grantee = imported_role(ELSEWHERE)(stack)

    with pytest.raises(ValueError, match=r"give the stack env=, or import the grantee by its name$"):
        (queue.grant_redrive if redrive else instance.grant_updates)(grantee)
    by_name = iam.Role.from_role_name(stack, "ByName", "crm")
    assert (queue.grant_redrive if redrive else instance.grant_updates)(by_name).success


def test_queue_policy_names_a_role_of_another_account_in_the_same_app() -> None:
    # Given
    app = App()
    stack = Stack(app, "Stack", env=Environment(account=HERE, region="us-east-1"))
    there = Stack(app, "There", env=Environment(account=ELSEWHERE, region="us-east-1"))
    crm = iam.Role(there, "Crm", assumed_by=iam.AccountRootPrincipal(), role_name="crm")

    # When
    ContactUpdateQueue(stack, "Updates", instance=new_instance(stack)).grant_send_updates(crm)

    # Then
    _, policy = (document["Properties"]["PolicyDocument"]["Statement"] for document in queue_policies(stack))
    named = {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":iam::{ELSEWHERE}:role/crm"]]}}
    assert [statement["Principal"] for statement in policy if statement["Effect"] == "Allow"] == [named]
    assert statements(Template.from_stack(there)) == []
