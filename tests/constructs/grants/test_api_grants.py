"""Grants to call the API."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateOperation
from tests.constructs.grants.grantees import (
    ELSEWHERE,
    EVERYBODY,
    HERE,
    NewPrincipal,
    allowed,
    granted,
    imported_role,
    named_by_the_resource,
    new_api,
    new_stack,
    root,
)
from tests.constructs.stacks import only, resources, statements

METHODS = ["execute-api:/prod/POST/contact/attributes", "execute-api:/prod/POST/contacts/*/*"]


PREFLIGHTS = ["execute-api:/prod/OPTIONS/contact/attributes", "execute-api:/prod/OPTIONS/contacts/*/*"]


@named_by_the_resource
def test_api_policy_names_grantees_without_an_identity_policy(
    principal: NewPrincipal, named: dict[str, Any], condition: dict[str, Any] | None
) -> None:
    stack = new_stack()
    grant = new_api(stack).grant_updates(principal(stack))

    template = Template.from_stack(stack)
    assert grant.success
    # The API's own ARN would be a circular reference.
    assert only(template, "AWS::ApiGateway::RestApi")["Policy"]["Statement"] == [
        allowed("execute-api:Invoke", named, METHODS, condition)
    ]
    assert granted(template, "execute-api") == []


def test_api_grant_of_one_operation_names_one_method() -> None:
    stack = new_stack()
    new_api(stack).grant_update_contact(iam.AccountPrincipal(ELSEWHERE))

    assert only(Template.from_stack(stack), "AWS::ApiGateway::RestApi")["Policy"]["Statement"] == [
        allowed("execute-api:Invoke", root(ELSEWHERE), METHODS[1])
    ]


def test_first_grant_in_the_apis_policy_also_allows_preflights() -> None:
    # Once the API has a policy, methods without authorization also need an Allow.
    stack = new_stack()
    api = new_api(stack, allow_origins=["https://crm.example.com"])
    api.grant_updates(iam.AccountPrincipal(ELSEWHERE))
    api.grant_updates(iam.AccountPrincipal("777788889999"))

    assert only(Template.from_stack(stack), "AWS::ApiGateway::RestApi")["Policy"]["Statement"] == [
        allowed("execute-api:Invoke", root(ELSEWHERE), METHODS),
        allowed("execute-api:Invoke", {"AWS": "*"}, PREFLIGHTS),
        allowed("execute-api:Invoke", root("777788889999"), METHODS),
    ]


def test_preflights_are_only_allowed_for_offered_operations() -> None:
    stack = new_stack()
    api = new_api(
        stack,
        allow_origins=["https://crm.example.com"],
        operations=[ContactUpdateOperation.UPDATE_CONTACT_ATTRIBUTES],
    )
    api.grant_updates(iam.AccountPrincipal(ELSEWHERE))

    assert only(Template.from_stack(stack), "AWS::ApiGateway::RestApi")["Policy"]["Statement"] == [
        allowed("execute-api:Invoke", root(ELSEWHERE), METHODS[0]),
        allowed("execute-api:Invoke", {"AWS": "*"}, PREFLIGHTS[0]),
    ]


def test_api_has_no_policy_if_identities_have_their_own() -> None:
    stack = new_stack()
    api = new_api(stack, allow_origins=["https://crm.example.com"])
    managed = iam.ManagedPolicy(stack, "Managed")
    for grantee in (
        iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal()),
        iam.User(stack, "User"),
        iam.Group(stack, "Group"),
        managed,
        imported_role(HERE)(stack),
    ):
        assert api.grant_updates(grantee).success

    template = Template.from_stack(stack)
    assert "Policy" not in only(template, "AWS::ApiGateway::RestApi")
    assert len(granted(template, "execute-api:Invoke")) == 4
    assert len(statements(template, "AWS::IAM::ManagedPolicy")) == 1


def test_change_of_the_apis_policy_alone_creates_a_new_deployment() -> None:
    # API Gateway only applies a changed resource policy with the next deployment.
    deployments: set[str] = set()
    for account in (None, ELSEWHERE, "777788889999"):
        stack = new_stack()
        api = new_api(stack)
        if account:
            api.grant_updates(iam.AccountPrincipal(account))
        deployments |= resources(Template.from_stack(stack), "AWS::ApiGateway::Deployment").keys()

    assert len(deployments) == 3


@pytest.mark.parametrize(
    ("principal", "message"),
    [
        *EVERYBODY,
        pytest.param(
            lambda _: iam.ServicePrincipal("events.amazonaws.com"),
            "expected the role that the service uses",
            id="service",
        ),
        pytest.param(
            lambda _: iam.ServicePrincipal(
                "events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": HERE}}
            ),
            "expected the role that the service uses",
            id="service_with_condition",
        ),
    ],
)
def test_api_grants_raise_for_grantees_that_no_policy_should_name(principal: NewPrincipal, message: str) -> None:
    stack = new_stack()
    api = new_api(stack)

    with pytest.raises(ValueError, match=f"^grantee: {message}"):
        api.grant_updates(principal(stack))
    template = Template.from_stack(stack)
    assert "Policy" not in only(template, "AWS::ApiGateway::RestApi")
    assert granted(template, "execute-api") == []
