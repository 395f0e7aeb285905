"""Grants that have an effect: they write into the identity's policy or into the resource's, or raise.

CDK's own `Grant` reports success for a role that it may not change, and writes nothing; for a service, an account or an
organization it reports failure, which nobody looks at.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import Annotations, Stack, Token
from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

# Principals that CDK creates in this app, with policies of their own.
_OWN_IDENTITIES = (iam.Group, iam.LazyRole, iam.Role, iam.User)


def grant_to_identity(
    grantee: iam.IGrantable, *, actions: Sequence[str], resource_arns: Sequence[str], account: str, because: str
) -> iam.Grant:
    """Allow `actions` in the policy of `grantee`, which must belong to `account`.

    :param because: Why nothing but the identity's own policy counts, for the error's message.
    :raises ValueError: if this app cannot write that policy.
    """
    principal = grantee.grant_principal
    if not _is_elsewhere(principal, account):
        grant = _written_to_identity(grantee, actions, resource_arns)
        if grant:
            return grant
    raise ValueError(
        "grantee: expected a role, user, group or managed policy of the same account that this app may change, "
        f"got {_described(principal)}: {because}"
    )


def grant_to_identity_or_resource(
    grantee: iam.IGrantable,
    *,
    actions: Sequence[str],
    resource_arns: Sequence[str],
    resource: iam.IResourceWithPolicyV2,
    resource_self_arns: Sequence[str],
    services_may_call: bool,
) -> iam.Grant:
    """Allow `actions` in the policy of `grantee` where that is enough, and in the policy of `resource` otherwise.

    Within an account either is enough. Across accounts both are needed: an identity of another account must also be
    allowed by a policy there.

    :param resource_arns: The resources, as an identity's policy names them.
    :param resource_self_arns: The same, as the resource's own policy names them.
    :param services_may_call: Whether an AWS service may be the caller, under a condition.
    :raises ValueError: if no policy can name the grantee, or it is everybody.
    """
    principal, account = grantee.grant_principal, resource.env.account
    # A generated name cannot be referred to from another account's stack, even one of this app.
    is_elsewhere = _is_elsewhere(principal, account)
    grant = None if is_elsewhere else _written_to_identity(grantee, actions, resource_arns)
    if grant and _is_surely_in(account, principal):
        return grant
    _check_named_in_policy(principal, services_may_call=services_may_call)
    return iam.Grant.add_statement_to_resource_policy(
        grantee=grantee,
        actions=actions,
        resource_arns=resource_arns,
        resource=resource,
        statement=iam.PolicyStatement(principals=[principal], actions=actions, resources=resource_self_arns),
    )


def grant_use_of_key(grantee: iam.IGrantable, key: kms.IKey, *, actions: Sequence[str], scope: Construct) -> iam.Grant:
    """Allow `actions` on `key`; where its policy has to say so and cannot be changed here, warn at `scope`."""
    # Here, so that an app without a queue does not load CDK's module for keys.
    from aws_cdk import aws_kms as kms

    principal = grantee.grant_principal
    grant = key.grant(grantee, *actions)
    # The grant does not say so where CDK writes into both policies.
    is_in_identitys_policy = not isinstance(principal, iam.PrincipalBase) and _has_policy(principal)
    if is_in_identitys_policy and not _is_elsewhere(principal, key.env.account):
        return grant
    if not (isinstance(key, kms.Key) and grant.resource_statements):
        statement = iam.PolicyStatement(principals=[principal], actions=actions, resources=["*"])
        add_to_key_policy(key, statement, scope)
    return grant


def add_to_key_policy(key: kms.IKey, statement: iam.PolicyStatement, scope: Construct) -> None:
    """Add `statement` to the policy of `key`; for an imported key, warn at `scope` that its policy needs it."""
    if not key.add_to_resource_policy(statement).statement_added:
        text = json.dumps(Stack.of(scope).resolve(statement.to_json()), separators=(",", ":"))
        Annotations.of(scope).add_warning_v2(
            "connect-constructs:importedKeyPolicy",
            f"The policy of the imported key {key.node.path} cannot be changed here. Unless it has it already, add "
            f"this statement: {text}",
        )


def _written_to_identity(
    grantee: iam.IGrantable, actions: Sequence[str], resource_arns: Sequence[str]
) -> iam.Grant | None:
    """The grant, if it is now in a policy of the identity."""
    principal = grantee.grant_principal
    # CDK only adds a warning for what was imported without its role.
    if isinstance(principal, iam.UnknownPrincipal):
        return None
    grant = iam.Grant.add_to_principal(grantee=grantee, actions=actions, resource_arns=resource_arns)
    return grant if grant.success and _has_policy(principal) else None


def _has_policy(principal: iam.IPrincipal) -> bool:
    if isinstance(principal, _OWN_IDENTITIES) or not hasattr(principal, "node"):
        return True
    # An imported role or user that may be changed gets a policy as its child, others get none.
    return any(isinstance(child, iam.Policy) for child in principal.node.children)


def _account(principal: iam.IPrincipal) -> str | None:
    # What was imported without its role does not have the property.
    return getattr(principal, "principal_account", None)


def _is_elsewhere(principal: iam.IPrincipal, account: str) -> bool:
    own = _account(principal)
    return own is not None and not Token.is_unresolved(own) and not Token.is_unresolved(account) and own != account


def _is_surely_in(account: str, principal: iam.IPrincipal) -> bool:
    own = _account(principal)
    # Two tokens are the account that the app is deployed into.
    return own is not None and (own == account or (Token.is_unresolved(own) and Token.is_unresolved(account)))


def _check_named_in_policy(principal: iam.IPrincipal, *, services_may_call: bool) -> None:
    try:
        fragment = principal.policy_fragment
    except RuntimeError:
        raise ValueError(
            f"grantee: expected a principal that a policy can name, got {_described(principal)}, which was imported "
            "without its role"
        ) from None
    kinds, conditions = dict(fragment.principal_json), fragment.conditions
    if "Service" in kinds and not (services_may_call and conditions):
        raise ValueError(
            f"grantee: expected the role that the service uses, got {_described(principal)}: everybody who can make "
            "the service call would get in"
            + ("; or add a condition such as aws:SourceArn by with_conditions()" if services_may_call else "")
        )
    if not kinds.keys() <= {"AWS", "Service"}:
        raise ValueError(f"grantee: expected a principal of an AWS account, got {_described(principal)}")
    if "*" in kinds.get("AWS", ()) and not conditions:
        raise ValueError("grantee: expected a principal, an account or an organization, got everybody")


def _described(principal: iam.IPrincipal) -> str:
    return str(principal.node.path if hasattr(principal, "node") else principal)
