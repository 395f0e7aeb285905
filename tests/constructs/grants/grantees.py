"""Principals for grants, and the statements that name them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateApi, ContactUpdateQueue
from tests.constructs.stacks import new_instance, resources, statements

HERE = "111122223333"


ELSEWHERE = "444455556666"


ORGANIZATION = "o-0123456789"


NewPrincipal = Callable[[Stack], iam.IGrantable]


def imported_role(account: str, **options: Any) -> NewPrincipal:
    return lambda stack: iam.Role.from_role_arn(stack, "Imported", f"arn:aws:iam::{account}:role/crm", **options)


def root(account: str) -> dict[str, Any]:
    return {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":iam::{account}:root"]]}}


def role(account: str) -> dict[str, Any]:
    return {"AWS": f"arn:aws:iam::{account}:role/crm"}


IN_ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}


# Grantees that only a resource's policy can allow, with the principal and the condition in that policy.
NAMED_BY_THE_RESOURCE: list[tuple[str, NewPrincipal, dict[str, Any] | str, dict[str, Any] | None]] = [
    ("account", lambda _: iam.AccountPrincipal(ELSEWHERE), root(ELSEWHERE), None),
    ("role_of_another_account", imported_role(ELSEWHERE), role(ELSEWHERE), None),
    ("role_by_its_arn", lambda _: iam.ArnPrincipal(role(ELSEWHERE)["AWS"]), role(ELSEWHERE), None),
    ("role_that_must_not_be_changed", imported_role(HERE, mutable=False), role(HERE), None),
    ("organization", lambda _: iam.OrganizationPrincipal(ORGANIZATION), {"AWS": "*"}, IN_ORGANIZATION),
    (
        "star_of_an_organization",
        lambda _: iam.PrincipalWithConditions(iam.StarPrincipal(), IN_ORGANIZATION),
        "*",
        IN_ORGANIZATION,
    ),
    *(
        (
            name,
            lambda _, condition=condition: iam.PrincipalWithConditions(iam.StarPrincipal(), condition),
            "*",
            condition,
        )
        for name, condition in (
            (
                "star_of_a_part_of_an_organization",
                {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-a1b2c3d4e5/r-1/*"]}},
            ),
            ("star_of_an_accounts_roles", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ELSEWHERE}:role/Crm*"}}),
        )
    ),
]


named_by_the_resource = pytest.mark.parametrize(
    ("principal", "named", "condition"),
    [case[1:] for case in NAMED_BY_THE_RESOURCE],
    ids=[case[0] for case in NAMED_BY_THE_RESOURCE],
)

# A network says from where a call comes, not by whom. All others are true of every principal of AWS.
OPEN_CONDITIONS: dict[str, dict[str, Any]] = {
    "through_a_vpc_endpoint": {"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}},
    "in_a_vpc": {"StringEquals": {"aws:SourceVpc": ["vpc-0123456789abcdef0"]}},
    "of_any_organization": {"StringLike": {"aws:PrincipalOrgID": "*"}},
    "of_most_organizations": {"StringLike": {"aws:PrincipalOrgID": [ORGANIZATION, "o-*"]}},
    "on_any_path": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-*/r-root/*"]}},
    "of_any_account": {"StringLike": {"aws:PrincipalAccount": "????????????"}},
    "with_any_arn": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin"}},
    "with_any_text_as_arn": {"StringLike": {"aws:PrincipalArn": "*"}},
}


EVERYBODY = [
    pytest.param(lambda _: iam.AnyPrincipal(), "expected a principal, an account or an organization", id="any"),
    pytest.param(lambda _: iam.StarPrincipal(), "expected a principal, an account or an organization", id="star"),
    *(
        pytest.param(
            lambda _, condition=condition: iam.PrincipalWithConditions(iam.AnyPrincipal(), condition),
            "expected a principal, an account or an organization, got everybody",
            id=f"any_{name}",
        )
        for name, condition in OPEN_CONDITIONS.items()
    ),
    pytest.param(
        # Everybody uses TLS.
        lambda _: iam.PrincipalWithConditions(iam.AnyPrincipal(), {"Bool": {"aws:SecureTransport": "true"}}),
        "expected a principal, an account or an organization, got everybody",
        id="any_by_tls",
    ),
    pytest.param(
        # A condition that is also true without the key
        lambda _: iam.PrincipalWithConditions(
            iam.AnyPrincipal(), {"StringEqualsIfExists": {"aws:PrincipalAccount": HERE}}
        ),
        "expected a principal, an account or an organization, got everybody",
        id="any_if_exists",
    ),
    pytest.param(
        lambda stack: iam.Group.from_group_arn(stack, "Imported", f"arn:aws:iam::{ELSEWHERE}:group/g"),
        "expected the ARN of a role or user",
        id="group_of_another_account",
    ),
    pytest.param(lambda _: iam.ArnPrincipal("crm"), "expected the ARN of a role or user", id="no_arn"),
    pytest.param(lambda _: iam.AccountPrincipal("crm"), "expected the ARN of a role or user", id="no_account"),
    pytest.param(
        lambda _: iam.CompositePrincipal(iam.AccountPrincipal(ELSEWHERE), iam.OrganizationPrincipal(ORGANIZATION)),
        "expected a principal that one statement of a policy can name",
        id="composite",
    ),
    pytest.param(
        lambda _: iam.FederatedPrincipal("cognito-identity.amazonaws.com"),
        "expected a principal of an AWS account",
        id="federated",
    ),
    pytest.param(
        lambda stack: lambda_.Function.from_function_name(stack, "Imported", "crm"),
        "expected a principal that a policy can name",
        id="function_without_role",
    ),
]


def new_stack() -> Stack:
    return Stack(App(), "Stack", env=Environment(account=HERE, region="us-east-1"))


def new_api(stack: Stack, **arguments: Any) -> ContactUpdateApi:
    return ContactUpdateApi(stack, "ContactUpdates", instance=new_instance(stack), **arguments)


def new_queue(stack: Stack, **arguments: Any) -> ContactUpdateQueue:
    return ContactUpdateQueue(stack, "Updates", instance=new_instance(stack), **arguments)


def queue_policies(stack: Stack) -> list[dict[str, Any]]:
    """The policies of the dead-letter queue and of the queue."""
    return list(resources(Template.from_stack(stack), "AWS::SQS::QueuePolicy").values())


def allowed(action: str | list[str], principal: Any, resource: Any, condition: Any = None) -> dict[str, Any]:
    statement = {"Action": action, "Effect": "Allow", "Principal": principal, "Resource": resource}
    return statement if condition is None else {**statement, "Condition": condition}


def granted(template: Template, action: str) -> list[dict[str, Any]]:
    """The statements of identities' policies that allow `action`."""
    return [statement for statement in statements(template) if action in str(statement["Action"])]
