from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateOperation, ContactUpdatePolicy
from tests.constructs.stacks import CONTACT_ARNS, logical_id, new_instance, new_stack, only, statements


@pytest.mark.parametrize(
    ("operations", "action"),
    [
        (None, ["connect:UpdateContactAttributes", "connect:UpdateContact"]),
        (set(ContactUpdateOperation), ["connect:UpdateContactAttributes", "connect:UpdateContact"]),
        ([ContactUpdateOperation.UPDATE_CONTACT], "connect:UpdateContact"),
        ([ContactUpdateOperation.UPDATE_CONTACT_ATTRIBUTES], "connect:UpdateContactAttributes"),
        ([ContactUpdateOperation.UPDATE_CONTACT] * 2, "connect:UpdateContact"),
    ],
)
def test_policy_allows_exactly_the_operations(
    operations: Collection[ContactUpdateOperation] | None, action: str | list[str]
) -> None:
    stack = new_stack()
    ContactUpdatePolicy(stack, "Policy", instance=new_instance(stack), operations=operations)

    assert statements(Template.from_stack(stack), "AWS::IAM::ManagedPolicy") == [
        {"Action": action, "Effect": "Allow", "Resource": CONTACT_ARNS}
    ]


def test_policy_can_be_added_to_a_role() -> None:
    stack = new_stack()
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    role.add_managed_policy(ContactUpdatePolicy(stack, "Policy", instance=new_instance(stack)))

    template = Template.from_stack(stack)
    assert only(template, "AWS::IAM::Role")["ManagedPolicyArns"] == [
        {"Ref": logical_id(template, "AWS::IAM::ManagedPolicy")}
    ]


def test_policy_has_no_physical_name() -> None:
    stack = new_stack()
    ContactUpdatePolicy(stack, "Policy", instance=new_instance(stack))

    assert "ManagedPolicyName" not in only(Template.from_stack(stack), "AWS::IAM::ManagedPolicy")


@pytest.mark.parametrize(
    ("operations", "error"),
    [
        ([], ValueError),
        (["connect:UpdateContact"], TypeError),
        (["UpdateContact"], TypeError),
        ([None], TypeError),
        ([ContactUpdateOperation.UPDATE_CONTACT, 1], TypeError),
    ],
)
def test_rejects_wrong_operations(operations: Any, error: type[Exception]) -> None:
    stack = new_stack()

    with pytest.raises(error, match=r"^operations: expected one or more of .*UPDATE_CONTACT.*, got \["):
        ContactUpdatePolicy(stack, "Policy", instance=new_instance(stack), operations=operations)
