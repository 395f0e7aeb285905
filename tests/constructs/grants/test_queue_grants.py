"""Grants to send to the queue and to redrive."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from tests.constructs.grants.grantees import (
    EVERYBODY,
    HERE,
    NAMED_BY_THE_RESOURCE,
    NewPrincipal,
    allowed,
    granted,
    named_by_the_resource,
    new_queue,
    new_stack,
    queue_policies,
)
from tests.constructs.stacks import only, warnings


@named_by_the_resource
def test_queue_policy_names_grantees_without_an_identity_policy(
    principal: NewPrincipal, named: dict[str, Any], condition: dict[str, Any] | None
) -> None:
    stack = new_stack()
    queue = new_queue(stack)
    grant = queue.grant_send_updates(principal(stack))

    assert grant.success
    dead_letters, updates = (policy["Properties"]["PolicyDocument"]["Statement"] for policy in queue_policies(stack))
    assert updates[1:] == [allowed("sqs:SendMessage", named, stack.resolve(queue.queue.queue_arn), condition)]
    # Nobody else may send, and nobody may send to the dead-letter queue.
    assert [statement["Effect"] for statement in (updates[0], *dead_letters)] == ["Deny", "Deny"]


@named_by_the_resource
def test_key_policy_names_the_same_grantees_as_the_queue_policy(
    principal: NewPrincipal, named: dict[str, Any], condition: dict[str, Any] | None
) -> None:
    stack = new_stack()
    new_queue(stack, encryption_key=kms.Key(stack, "Key")).grant_send_updates(principal(stack))

    _administration, *others = only(Template.from_stack(stack), "AWS::KMS::Key")["KeyPolicy"]["Statement"]
    assert others == [allowed(["kms:Decrypt", "kms:GenerateDataKey"], named, "*", condition)]


@named_by_the_resource
def test_warning_shows_the_statement_that_an_imported_key_needs(
    principal: NewPrincipal, named: dict[str, Any], condition: dict[str, Any] | None
) -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:us-east-1:{HERE}:key/12345678-1234-1234-1234-123456789012")
    new_queue(stack, encryption_key=key).grant_send_updates(principal(stack))

    (warning,) = warnings(stack)
    assert "add it, with the deployed stack's values in place of references such as Fn::GetAtt and Ref: " in warning
    assert '"Action":["kms:Decrypt","kms:GenerateDataKey"]' in warning


def test_service_may_send_under_a_condition() -> None:
    stack = new_stack()
    queue = new_queue(stack)
    condition = {"StringEquals": {"aws:SourceAccount": HERE}}
    queue.grant_send_updates(iam.ServicePrincipal("events.amazonaws.com", conditions=condition))

    _, updates = (policy["Properties"]["PolicyDocument"]["Statement"] for policy in queue_policies(stack))
    assert updates[1:] == [
        allowed(
            "sqs:SendMessage",
            {"Service": "events.amazonaws.com"},
            stack.resolve(queue.queue.queue_arn),
            condition,
        )
    ]


@pytest.mark.parametrize(
    ("principal", "message"),
    [
        *EVERYBODY,
        pytest.param(
            lambda _: iam.ServicePrincipal("events.amazonaws.com"),
            "expected the role that the service uses, got ServicePrincipal events.amazonaws.com: .*; or add a ",
            id="service",
        ),
        pytest.param(
            lambda _: iam.ServicePrincipal(
                "events.amazonaws.com", conditions={"Bool": {"aws:SecureTransport": "true"}}
            ),
            "expected the role that the service uses",
            id="service_by_tls",
        ),
        pytest.param(
            lambda _: iam.ServicePrincipal(
                "events.amazonaws.com", conditions={"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/*"}}
            ),
            "expected the role that the service uses",
            id="service_for_any_account",
        ),
    ],
)
def test_queue_grants_raise_for_grantees_that_no_policy_should_name(principal: NewPrincipal, message: str) -> None:
    stack = new_stack()
    queue = new_queue(stack)

    with pytest.raises(ValueError, match=f"^grantee: {message}"):
        queue.grant_send_updates(principal(stack))
    effects = [
        statement["Effect"]
        for policy in queue_policies(stack)
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    assert effects == ["Deny", "Deny"]


@pytest.mark.parametrize(
    "principal",
    [
        *(pytest.param(case[1], id=case[0]) for case in NAMED_BY_THE_RESOURCE),
        pytest.param(lambda _: iam.ServicePrincipal("events.amazonaws.com"), id="service"),
    ],
)
def test_redrive_is_for_identities_of_the_account(principal: NewPrincipal) -> None:
    stack = new_stack()
    queue = new_queue(stack)

    because = re.escape("Amazon SQS moves messages within one account, by a permission of the caller's own")
    with pytest.raises(ValueError, match=f"^grantee: expected a role, .*: {because}$"):
        queue.grant_redrive(principal(stack))
    assert granted(Template.from_stack(stack), "sqs:StartMessageMoveTask") == []
