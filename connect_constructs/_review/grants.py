"""Permissions before and after."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from connect_constructs._review.canonical import canonical_policy
from connect_constructs._review.conditions import Branch, branches, conditions_in, described, holds, in_branch
from connect_constructs._review.expressions import Value, is_policy, key_of, references_in, with_defaults
from connect_constructs._review.holders import IDENTITY, Holder
from connect_constructs._review.patterns import any_of, in_partition
from connect_constructs._review.policies import (
    LIMITING_KEYS,
    Grant,
    action_covers,
    grant,
    grant_covers,
    grants_of,
    principal_value,
    shown,
)
from connect_constructs._review.template import Resource

_ACCOUNT_IN_ARN = re.compile(r"arn:[^:]*:(?:iam|sts)::(\d{12}):|^(\d{12})$")
# The conditions of a Lambda permission, by its properties.
_LAMBDA_CONDITIONS = {
    "SourceArn": ("ArnLike", "aws:SourceArn"),
    "SourceAccount": ("StringEquals", "aws:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "OrganizationId": ("StringEquals", "aws:PrincipalOrgID"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
}
_SHARED_PROVIDERS = (
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "app.terraform.io",
    "agent.buildkite.com",
    "oidc.codefresh.io",
)
# Wildcards only, or behind what every value of the key begins with.
_ANY_TEXT = re.compile(r"(o-|repo:|project_path:|organization:)?[*?][*?:/]*")
_MOST_ADDRESSES = re.compile(r"[0-9a-fA-F.:]+/[0-7]")
_TLS = ("bool", "aws:securetransport", '["false"]')


@dataclass(frozen=True)
class GrantChange:
    """What has changed for one holder, in one or more branches of the templates."""

    holder: Holder
    # Whether the holder was there before.
    is_new: bool
    # Allowed now, and not before; not allowed any more.
    widened: tuple[Grant, ...] = ()
    narrowed: tuple[Grant, ...] = ()
    # Refused before, and not now.
    no_longer_denied: tuple[Grant, ...] = ()
    # Allowed now (or no longer denied), and it cannot be told whether it was before.
    unknown: tuple[Grant, ...] = ()
    # Policy documents that cannot be read, and have changed: old and new.
    unread: tuple[Value, Value] | None = None
    branch: str = ""
    # There are too many branches to compare.
    too_many_branches: bool = False


@dataclass
class _Granted:
    allows: list[Grant] = field(default_factory=list)
    denies: list[Grant] = field(default_factory=list)
    unread: list[Value] = field(default_factory=list)


def compare_grants(
    old: dict[tuple[str, str], Holder],
    new: dict[tuple[str, str], Holder],
    resources: Mapping[str, Resource],
    names: dict[str, str],
) -> Iterator[GrantChange]:
    """What has changed for each holder that there still is.

    :param resources: Those of the new template.
    :param names: The conditions' names by `key_of` the condition, of both templates.
    """
    for key in [*new, *(key for key in old if key not in new)]:
        before, after = old.get(key), new.get(key)
        if after is None:
            assert before is not None
            if before.resource and before.resource.logical_id not in resources:
                continue
            # It has lost all its policies.
            after = Holder(before.kind, before.key, resources.get(before.key))
        if before and _content(before) == _content(after):
            continue
        yield from _compare(before, after, names)


def _content(holder: Holder) -> str:
    parts = (
        sorted(key_of([condition, item]) for condition, item in part)
        for part in (holder.documents, holder.permissions, holder.managed)
    )
    return key_of(list(parts))


def _compare(before: Holder | None, after: Holder, names: dict[str, str]) -> Iterator[GrantChange]:
    conditions: list[Value] = []
    for holder in (before, after):
        if holder:
            conditions += holder.conditions()
            for part in (holder.documents, holder.permissions, holder.managed):
                conditions += [one for _, item in part for one in conditions_in(item)]
    found = branches(conditions)
    if found is None:
        yield GrantChange(after, before is None, too_many_branches=True)
        return
    seen: set[tuple[object, ...]] = set()
    for branch in found:
        is_there = before is not None and _exists(before, branch)
        if not _exists(after, branch):
            continue
        change = _in_branch(before if is_there else None, after, branch, described(branch, conditions, names))
        content = (change.widened, change.narrowed, change.no_longer_denied, change.unknown, key_of(change.unread))
        if content not in seen and (any(content[:4]) or change.unread):
            seen.add(content)
            yield change


def _exists(holder: Holder, branch: Branch) -> bool:
    return holder.resource is None or holds(holder.resource.condition, branch)


def _in_branch(before: Holder | None, after: Holder, branch: Branch, label: str) -> GrantChange:
    old = _granted(before, branch) if before else _Granted()
    new = _granted(after, branch)
    widened, unknown = _uncovered(new.allows, old.allows)
    narrowed, _ = _uncovered(old.allows, new.allows)
    undenied, maybe_undenied = _uncovered(old.denies, new.denies)
    denied, _ = _uncovered(new.denies, old.denies)
    unread = (old.unread, new.unread) if key_of(old.unread) != key_of(new.unread) and new.unread else None
    return GrantChange(
        after,
        before is None,
        widened=tuple(widened),
        narrowed=tuple(narrowed + denied) if before else (),
        no_longer_denied=tuple(undenied),
        unknown=tuple(unknown + maybe_undenied),
        unread=unread,
        branch=label,
    )


def _granted(holder: Holder, branch: Branch) -> _Granted:
    granted = _Granted()
    for condition, document in holder.documents:
        if holds(condition, branch):
            grants, unread = grants_of(_resolved(document, branch))
            granted.unread += unread
            for one in grants:
                (granted.denies if one.effect == "Deny" else granted.allows).append(one)
    for condition, properties in holder.permissions:
        if holds(condition, branch):
            granted.allows.append(_lambda_permission(_resolved(properties, branch)))
    for condition, arn in holder.managed:
        if holds(condition, branch):
            policy = in_partition(_resolved(arn, branch))
            name = policy if isinstance(policy, str) else key_of(policy)
            granted.allows.append(grant(None, f"all of the managed policy {name}"))
    granted.allows = list(dict.fromkeys(granted.allows))
    granted.denies = list(dict.fromkeys(granted.denies))
    return granted


def _resolved(value: Value, branch: Branch) -> Value:
    resolved = with_defaults(in_branch(value, branch))
    return canonical_policy(resolved) if is_policy(resolved) else resolved


def _lambda_permission(properties: dict[str, Value]) -> Grant:
    principal = properties.get("Principal", "*")
    kind = (
        "Service"
        if isinstance(principal, str) and principal.endswith((".amazonaws.com", ".amazonaws.com.cn"))
        else "AWS"
    )
    condition: dict[str, dict[str, Value]] = {}
    for name, (operator, key) in _LAMBDA_CONDITIONS.items():
        if name in properties:
            condition.setdefault(operator, {})[key] = [properties[name]]
    return grant((kind, principal), properties.get("Action", "*"), "*", condition)


def _uncovered(grants: Iterable[Grant], by: Collection[Grant]) -> tuple[list[Grant], list[Grant]]:
    """Those that none of `by` covers, and those of which that cannot be known."""
    known = set(by)
    by_action: dict[tuple[str, str], list[Grant]] = defaultdict(list)
    for other in by:
        by_action[other.action].append(other)
    # Most of a large policy is for other actions, and its actions are fewer than its grants.
    candidates: dict[tuple[str, str], list[Grant]] = {}
    uncovered: list[Grant] = []
    unknown: list[Grant] = []
    for one in grants:
        if one in known:
            continue
        if one.action not in candidates:
            candidates[one.action] = [
                other
                for action, others in by_action.items()
                if action_covers(action, one.action) is not False
                for other in others
            ]
        verdict = any_of(*(grant_covers(other, one) for other in candidates[one.action]))
        if verdict is not True:
            (unknown if verdict is None else uncovered).append(one)
    return uncovered, unknown


def is_tls_only(one: Grant) -> bool:
    """Whether it refuses what comes without TLS."""
    return one.effect == "Deny" and one.condition == (_TLS,)


def exposes(one: Grant, kind: str, account: str) -> str | None:
    """Who from outside of the account the grant lets in: `everybody`, `account …`, or None.

    :param account: The stack's own account; empty where that is not known.
    """
    if kind == IDENTITY or one.effect != "Allow":
        return None
    principal = principal_value(one.principal)
    if one.principal[0] == "AWS" and principal == "*":
        limited = any(key in LIMITING_KEYS and _limits(operator, values) for key, operator, values in _tests(one))
        return None if limited else "everybody"
    if one.principal[0] == "NotAWS" or one.principal[0].startswith("Not"):
        return "everybody but some"
    if one.principal[0] == "Federated":
        return None if _names_federated(one) else f"every identity of {shown(principal)}"
    accounts = _accounts(principal)
    foreign = sorted(number for number in accounts if number != account)
    return f"account {', '.join(foreign)}" if foreign else None


def exposure_is_unknown(one: Grant, kind: str) -> bool:
    """Whether the grant is for a principal that only the deployment knows."""
    if kind == IDENTITY or one.effect != "Allow" or one.principal[0] != "AWS":
        return False
    principal = principal_value(one.principal)
    text = key_of(principal)
    if isinstance(principal, str) or '"AWS::AccountId"' in text:
        return False
    return not references_in(principal) or "Fn::Parameter" in text or "Fn::ImportValue" in text


def _tests(one: Grant) -> Iterator[tuple[str, str, list[Value]]]:
    """The condition's tests: key, operator and values."""
    for operator, key, values in one.condition:
        yield key, operator, json.loads(values)


def _limits(operator: str, values: list[Value]) -> bool:
    """Whether the test can fail for a stranger: not if it passes without the key, or has a value that is anything.

    ForAllValues passes without the key, too:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    passes_without = operator.endswith("ifexists") or operator.startswith("forallvalues:") or "not" in operator
    return not passes_without and operator != "null" and not any(map(_is_open, values))


def _is_open(value: Value) -> bool:
    """Whether strangers have such a value: any text, most of the addresses, or an ARN of any account."""
    if not isinstance(value, str):
        return False
    if _ANY_TEXT.fullmatch(value) or _MOST_ADDRESSES.fullmatch(value):
        return True
    arn = value.split(":", 5)
    if arn[0] != "arn":
        return False
    # A bucket's name says whose it is, and its ARN has no account.
    return arn[-1] == "*" if len(arn) < 6 or arn[2] == "s3" else not arn[4].strip("*?") and bool(arn[4])


def _names_federated(one: Grant) -> bool:
    """Whether the grant says which identities of the provider may come.

    Of a provider that many organizations share, the audience says nothing: each of them chooses it.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
    """
    text = one.principal[1] + "".join(key for _, key, _ in one.condition)
    shared = any(provider in text for provider in _SHARED_PROVIDERS)
    return any(
        _limits(operator, values) and not (shared and key.endswith(":aud")) for key, operator, values in _tests(one)
    )


def _accounts(principal: Value) -> set[str]:
    parts = principal.get("Fn::Concat", []) if isinstance(principal, dict) else [principal]
    text = "".join(part if isinstance(part, str) else "x" for part in parts)
    return {first or second for first, second in _ACCOUNT_IN_ARN.findall(text)}
