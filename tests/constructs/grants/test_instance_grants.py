"""Grants to call Amazon Connect itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from connect_constructs import ConnectInstance
from tests.constructs.grants.grantees import ELSEWHERE, HERE, NAMED_BY_THE_RESOURCE, NewPrincipal, granted, new_stack
from tests.constructs.stacks import CONTACT_ARNS, new_instance, statements


@pytest.mark.parametrize(
    "principal",
    [
        *(pytest.param(case[1], id=case[0]) for case in NAMED_BY_THE_RESOURCE),
        pytest.param(lambda _: iam.ServicePrincipal("events.amazonaws.com"), id="service"),
        pytest.param(lambda _: iam.AnyPrincipal(), id="any"),
        pytest.param(
            lambda stack: iam.User.from_user_arn(stack, "User", f"arn:aws:iam::{ELSEWHERE}:user/u"), id="user"
        ),
        pytest.param(
            lambda stack: lambda_.Function.from_function_name(stack, "Imported", "crm"), id="function_without_role"
        ),
    ],
)
@pytest.mark.parametrize("grant", [ConnectInstance.grant_updates, ConnectInstance.grant_update_contact])
def test_instance_grants_raise_for_grantees_whose_policy_this_app_cannot_change(
    principal: NewPrincipal, grant: Callable[[ConnectInstance, iam.IGrantable], iam.Grant]
) -> None:
    stack = new_stack()
    instance = new_instance(stack)

    message = "grantee: expected a role, user, group or managed policy of the same account that this app may change"
    with pytest.raises(ValueError, match=f"^{message}, got .*: Amazon Connect has no resource policies$"):
        grant(instance, principal(stack))
    assert granted(Template.from_stack(stack), "connect:") == []


def test_instance_grants_raise_for_a_role_of_another_account_in_the_same_app() -> None:
    app = App()
    stack = Stack(app, "Stack", env=Environment(account=HERE, region="us-east-1"))
    there = Stack(app, "There", env=Environment(account=ELSEWHERE, region="us-east-1"))
    crm = iam.Role(there, "Crm", assumed_by=iam.AccountRootPrincipal(), role_name="crm")

    with pytest.raises(ValueError, match=r"got There/Crm: Amazon Connect has no resource policies$"):
        new_instance(stack).grant_updates(crm)


def test_instance_grants_write_into_a_managed_policy() -> None:
    stack = new_stack()
    new_instance(stack).grant_update_contact(iam.ManagedPolicy(stack, "Managed"))

    assert statements(Template.from_stack(stack), "AWS::IAM::ManagedPolicy") == [
        {"Action": "connect:UpdateContact", "Effect": "Allow", "Resource": CONTACT_ARNS}
    ]
