"""Grants that have an effect: they write into the identity's policy or into the resource's, or raise.

CDK's own `Grant` reports success for a role that it may not change, and writes nothing; for a service, an account or an
organization it reports failure, which nobody looks at; and it drops the conditions of a principal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aws_cdk import Annotations, Stack, Token
from aws_cdk import aws_iam as iam
from constructs import Construct

from connect_constructs._validation import check_has

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

# Principals that CDK creates in this app, with policies of their own.
_OWN_IDENTITIES = (iam.Group, iam.LazyRole, iam.Role, iam.User)

# IAM User Guide, "AWS JSON policy elements: Principal". A group cannot be one.
_PRINCIPAL = re.compile(
    r"(\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(role|user|assumed-role|federated-user)/.+))\Z"
)

# What tells who calls, or on whose behalf a service calls (IAM User Guide, "AWS global condition context keys").
_PRINCIPAL_KEYS = frozenset(
    {"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"}
    | {"aws:sourcevpc", "aws:sourcevpce"}
)
_SERVICE_KEYS = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"})
# Operators that demand the key, and one of the values.
_DEMANDS = re.compile(r"(ForAnyValue:)?(String|Arn)(Equals|Like)(IgnoreCase)?\Z")


def grant_to_identity(
    grantee: iam.IGrantable, *, actions: Sequence[str], resource_arns: Sequence[str], account: str, because: str
) -> iam.Grant:
    """Allow `actions` in the policy of `grantee`, which must belong to `account`.

    :param because: Why nothing but the identity's own policy counts, for the error's message.
    :raises ValueError: if this app cannot write that policy.
    """
    may_be_elsewhere = _may_be_elsewhere(_principal_of(grantee), account)
    grant = None if may_be_elsewhere else _written_to_identity(grantee, actions, resource_arns)
    if grant:
        return grant
    hint = ""
    if may_be_elsewhere and Token.is_unresolved(account):
        hint = ". Its account and the stack's may differ: give the stack env=, or import the grantee by its name"
    raise ValueError(
        "grantee: expected a role, user, group or managed policy of the same account that this app may change, "
        f"got {_described(grantee)}: {because}{hint}"
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
    principal, account = _principal_of(grantee), resource.env.account
    # A generated name cannot be referred to from another account's stack, even one of this app; and where the account
    # is not known, the resource's policy is enough in both cases.
    grant = None if _may_be_elsewhere(principal, account) else _written_to_identity(grantee, actions, resource_arns)
    if grant and _is_surely_in(account, principal):
        return grant
    _check_named_in_policy(grantee, services_may_call=services_may_call)
    return iam.Grant.add_statement_to_resource_policy(
        grantee=grantee,
        actions=actions,
        resource_arns=resource_arns,
        resource=resource,
        statement=iam.PolicyStatement(principals=[principal], actions=actions, resources=resource_self_arns),
    )


def grant_use_of_key(grantee: iam.IGrantable, key: kms.IKey, *, actions: Sequence[str], scope: Construct) -> iam.Grant:
    """Allow `actions` on `key`; where its policy has to say so and cannot be changed here, warn at `scope`.

    It goes where the grant on what the key encrypts has gone, which comes first.
    """
    principal = _principal_of(grantee)
    is_identity = not isinstance(principal, iam.PrincipalBase) and _has_policy(principal)
    if is_identity and not _may_be_elsewhere(principal, Stack.of(scope).account):
        return key.grant(grantee, *actions)
    add_to_key_policy(key, iam.PolicyStatement(principals=[principal], actions=actions, resources=["*"]), scope)
    # An identity under a condition has a policy of its own, too.
    own = _written_to_identity(grantee, actions, [key.key_arn]) if isinstance(principal, iam.PrincipalBase) else None
    return own or iam.Grant.drop(grantee, "the key's policy says so")


def add_to_key_policy(key: kms.IKey, statement: iam.PolicyStatement, scope: Construct) -> None:
    """Add `statement` to the policy of `key`; for an imported key, warn at `scope` that its policy needs it."""
    if not key.add_to_resource_policy(statement).statement_added:
        text = json.dumps(Stack.of(scope).resolve(statement.to_json()), separators=(",", ":"))
        Annotations.of(scope).add_warning_v2(
            "connect-constructs:importedKeyPolicy",
            f"The policy of the imported key {key.node.path} cannot be changed here. Unless it has it already, add "
            "this statement, with what the deployed stack has in place of references such as Fn::GetAtt and Ref: "
            f"{text}",
        )


def _principal_of(grantee: iam.IGrantable) -> iam.IPrincipal:
    check_has("grantee", grantee, "grant_principal", "a role, user, group, managed policy or another principal")
    return grantee.grant_principal


def _written_to_identity(
    grantee: iam.IGrantable, actions: Sequence[str], resource_arns: Sequence[str]
) -> iam.Grant | None:
    """The grant, if it is now in a policy of the identity."""
    principal = grantee.grant_principal
    # CDK only adds a warning for what was imported without its role.
    if isinstance(principal, iam.UnknownPrincipal):
        return None
    grant = iam.Grant.add_to_principal(
        grantee=grantee, actions=actions, resource_arns=resource_arns, conditions=_conditions(principal) or None
    )
    return grant if grant.success and _has_policy(principal) else None


def _conditions(principal: iam.IPrincipal) -> Mapping[str, Mapping[str, Any]]:
    """The conditions that a principal is bound to, which no identity by itself is."""
    if not isinstance(principal, iam.PrincipalBase):
        return {}
    try:
        return principal.policy_fragment.conditions
    except RuntimeError:  # Parts with different conditions: `_check_named_in_policy` says so.
        return {}


def _has_policy(principal: iam.IPrincipal) -> bool:
    if isinstance(principal, _OWN_IDENTITIES) or not hasattr(principal, "node"):
        return True
    # An imported role or user that may be changed gets a policy as its child, others get none.
    return any(isinstance(child, iam.Policy) for child in principal.node.children)


def _account(principal: iam.IPrincipal) -> str | None:
    # What was imported without its role does not have the property.
    return getattr(principal, "principal_account", None)


def _may_be_elsewhere(principal: iam.IPrincipal, account: str) -> bool:
    """Whether the principal is of another account, or an imported one may be."""
    own = _account(principal)
    if own is None or Token.is_unresolved(own):
        return False
    if Token.is_unresolved(account):
        return not isinstance(principal, _OWN_IDENTITIES)
    return own != account


def _is_surely_in(account: str, principal: iam.IPrincipal) -> bool:
    own = _account(principal)
    # Two tokens are the account that the app is deployed into.
    return own is not None and (own == account or (Token.is_unresolved(own) and Token.is_unresolved(account)))


def _check_named_in_policy(grantee: iam.IGrantable, *, services_may_call: bool) -> None:
    got = _described(grantee)
    if isinstance(grantee.grant_principal, iam.UnknownPrincipal):
        raise ValueError(
            f"grantee: expected a principal that a policy can name, got {got}, which was imported without its role"
        )
    try:
        fragment = grantee.grant_principal.policy_fragment
    except RuntimeError as error:
        raise ValueError(
            f"grantee: expected a principal that one statement of a policy can name, got {got}: {error}"
        ) from None
    kinds = {kind: list(values) for kind, values in dict(fragment.principal_json).items()}
    conditions = fragment.conditions
    if "Service" in kinds and not (services_may_call and _demands(conditions, _SERVICE_KEYS)):
        raise ValueError(
            f"grantee: expected the role that the service uses, got {got}: everybody who can make the service call "
            "would get in"
            + ("; or add a condition such as aws:SourceArn or aws:SourceAccount" if services_may_call else "")
        )
    if not kinds.keys() <= {"AWS", "LiteralString", "Service"}:
        raise ValueError(f"grantee: expected a principal of an AWS account, got {got}")
    named = [*kinds.get("AWS", ()), *kinds.get("LiteralString", ())]
    if "*" in named and not _demands(conditions, _PRINCIPAL_KEYS):
        raise ValueError(
            f"grantee: expected a principal, an account or an organization, got everybody ({got}); or add a condition "
            "such as aws:PrincipalOrgID or aws:PrincipalAccount"
        )
    account = _account(grantee.grant_principal)
    given = [account] if account is not None and not Token.is_unresolved(account) else []
    for name in (*named, *given):
        if name != "*" and not Token.is_unresolved(name) and not _PRINCIPAL.match(name):
            raise ValueError(f"grantee: expected the ARN of a role or user, or an account's 12 digits, got {name!r}")


def _demands(conditions: Mapping[str, Mapping[str, Any]], keys: frozenset[str]) -> bool:
    """Whether a request without the right value of one of these keys is refused."""
    return any(
        _DEMANDS.match(operator) and any(key.lower() in keys for key in tests) for operator, tests in conditions.items()
    )


def _described(grantee: iam.IGrantable) -> str:
    principal = grantee.grant_principal
    for construct in (principal, grantee):
        if hasattr(construct, "node"):
            return str(construct.node.path)
    name = type(principal).__name__
    for attribute in ("service", "organization_id", "account_id", "arn"):
        value = getattr(principal, attribute, None)
        if isinstance(value, str) and not Token.is_unresolved(value):
            return f"{name} {value}"
    return name
