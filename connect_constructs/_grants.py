"""Grants that have an effect: they add a statement to the identity's or the resource's policy, or raise.

CDK's own `Grant` reports success for a role that it must not change, although it writes nothing. For a service, an
account or an organization, it reports a failure, which callers rarely check. It also drops a principal's conditions.
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

# Principals that CDK creates in this app, which have their own policies.
_OWN_IDENTITIES = (iam.Group, iam.LazyRole, iam.Role, iam.User)

# IAM User Guide, "AWS JSON policy elements: Principal". A group cannot be a principal.
_PRINCIPAL = re.compile(
    r"(\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(role|user|assumed-role|federated-user)/.+))\Z"
)

# Condition keys that identify the caller, or on whose behalf a service calls (IAM User Guide, "AWS global condition
# context keys"). A network does not: within an account, everybody who calls from it would be allowed.
_PRINCIPAL_KEYS = frozenset({"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"})
_SERVICE_KEYS = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"})
# Operators that require the key to be present, with one of the values.
_DEMANDS = re.compile(r"(ForAnyValue:)?(String|Arn)(Equals|Like)(IgnoreCase)?\Z")


def grant_to_identity(
    grantee: iam.IGrantable, *, actions: Sequence[str], resource_arns: Sequence[str], account: str, because: str
) -> iam.Grant:
    """Allow `actions` in the policy of `grantee`, which must belong to `account`.

    :param because: Why only the identity's own policy counts, for the error message.
    :raises TypeError: if `grantee` is not a principal.
    :raises ValueError: if this app cannot write to that policy.
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
    """Allow `actions` in the policy of `grantee` if that is enough, and otherwise in the policy of `resource`.

    Within an account, either policy is enough. Across accounts, both are needed: an identity of another account must
    also be allowed by a policy there.

    :param resource_arns: The resources as an identity's policy names them.
    :param resource_self_arns: The same resources as the resource's own policy names them.
    :param services_may_call: Whether `grantee` may be an AWS service under a condition.
    :raises TypeError: if `grantee` is not a principal.
    :raises ValueError: if no policy can name the grantee, or the grantee is everybody.
    """
    principal, account = _principal_of(grantee), resource.env.account
    # The policy of an identity in another account is left alone: even in this app, another account's stack cannot refer
    # to a generated name. If the accounts may be the same or not, the resource's policy works either way.
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
    """Allow `actions` on `key`, or warn at `scope` if that needs a key policy that this app cannot change.

    Call it after the grant on the resource that the key encrypts, because it follows that grant: it writes to the
    identity's policy if that grant did, and otherwise to the key's policy.
    """
    principal = _principal_of(grantee)
    is_identity = not isinstance(principal, iam.PrincipalBase) and _has_policy(principal)
    if is_identity and not _may_be_elsewhere(principal, Stack.of(scope).account):
        return key.grant(grantee, *actions)
    add_to_key_policy(key, iam.PolicyStatement(principals=[principal], actions=actions, resources=["*"]), scope)
    # An identity under a condition also has its own policy.
    own = _written_to_identity(grantee, actions, [key.key_arn]) if isinstance(principal, iam.PrincipalBase) else None
    return own or iam.Grant.drop(grantee, "the key's policy says so")


def add_to_key_policy(key: kms.IKey, statement: iam.PolicyStatement, scope: Construct) -> None:
    """Add `statement` to the policy of `key`, or warn at `scope` that the policy of an imported key needs it."""
    if not key.add_to_resource_policy(statement).statement_added:
        text = json.dumps(Stack.of(scope).resolve(statement.to_json()), separators=(",", ":"))
        Annotations.of(scope).add_warning_v2(
            "connect-constructs:importedKeyPolicy",
            f"The policy of the imported key {key.node.path} cannot be changed here. Unless it has this statement "
            "already, add it, with the deployed stack's values in place of references such as Fn::GetAtt and Ref: "
            f"{text}",
        )


def _principal_of(grantee: iam.IGrantable) -> iam.IPrincipal:
    check_has("grantee", grantee, "grant_principal", "a role, user, group, managed policy or another principal")
    return grantee.grant_principal


def _written_to_identity(
    grantee: iam.IGrantable, actions: Sequence[str], resource_arns: Sequence[str]
) -> iam.Grant | None:
    """Add the grant to a policy of the identity and return it, or None if that is not possible."""
    principal = grantee.grant_principal
    # For a resource that was imported without its role, CDK only adds a warning.
    if isinstance(principal, iam.UnknownPrincipal):
        return None
    grant = iam.Grant.add_to_principal(
        grantee=grantee, actions=actions, resource_arns=resource_arns, conditions=_conditions(principal) or None
    )
    return grant if grant.success and _has_policy(principal) else None


def _conditions(principal: iam.IPrincipal) -> Mapping[str, Mapping[str, Any]]:
    """The conditions of a principal; an identity such as a role has none."""
    if not isinstance(principal, iam.PrincipalBase):
        return {}
    try:
        return principal.policy_fragment.conditions
    except RuntimeError:  # Parts with different conditions, which `_check_named_in_policy` reports.
        return {}


def _has_policy(principal: iam.IPrincipal) -> bool:
    if isinstance(principal, _OWN_IDENTITIES) or not hasattr(principal, "node"):
        return True
    # CDK adds a policy as a child to an imported role or user that may be changed, and not to others.
    return any(isinstance(child, iam.Policy) for child in principal.node.children)


def _account(principal: iam.IPrincipal) -> str | None:
    # A resource that was imported without its role does not have the property.
    return getattr(principal, "principal_account", None)


def _may_be_elsewhere(principal: iam.IPrincipal, account: str) -> bool:
    """Whether the principal belongs to another account, or is imported and might."""
    own = _account(principal)
    if own is None or Token.is_unresolved(own):
        return False
    if Token.is_unresolved(account):
        return not isinstance(principal, _OWN_IDENTITIES)
    return own != account


def _is_surely_in(account: str, principal: iam.IPrincipal) -> bool:
    own = _account(principal)
    # Two tokens both stand for the account that the app is deployed to.
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
            "would be allowed"
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
    """Whether the conditions require one of these keys to have a specific value."""
    return any(
        _DEMANDS.match(operator)
        and any(key.lower() in keys and all(map(_names_owner, _listed(values))) for key, values in tests.items())
        for operator, tests in conditions.items()
    )


def _names_owner(value: object) -> bool:
    """Whether an account id, an ARN or an organization's id or path names its owner without a wildcard."""
    if not isinstance(value, str):
        return True  # CloudFormation only knows the value when it deploys.
    parts = value.split(":", 5)
    owner = parts[4] if len(parts) == 6 else value.partition("/")[0]
    return not {"*", "?"} & set(owner)


def _listed(values: object) -> Sequence[object]:
    return values if isinstance(values, (list, tuple)) else [values]


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
