"""What deploying one template over another does to the stack, according to the review's facts about resource types."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from connect_constructs._review.canonical import canonical
from connect_constructs._review.changes import Change
from connect_constructs._review.comparison import resource_changes
from connect_constructs._review.expressions import references_in
from connect_constructs._review.pairing import Likeness, paired, renames
from connect_constructs._review.replacement import Impact
from connect_constructs._review.template import Resource, Template

URL_OUTPUT = "Url"

_NAMES = {
    "AWS::ApiGateway::Account": "account setting",
    "AWS::ApiGateway::ApiKey": "API key",
    "AWS::ApiGateway::Authorizer": "authorizer",
    "AWS::ApiGateway::BasePathMapping": "base path mapping",
    "AWS::ApiGateway::Deployment": "deployment",
    "AWS::ApiGateway::DomainName": "domain",
    "AWS::ApiGateway::GatewayResponse": "gateway response",
    "AWS::ApiGateway::Method": "method",
    "AWS::ApiGateway::Resource": "path",
    "AWS::ApiGateway::RestApi": "API",
    "AWS::ApiGateway::Stage": "stage",
    "AWS::ApiGateway::UsagePlan": "usage plan",
    "AWS::ApiGateway::UsagePlanKey": "key in a usage plan",
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::EC2::SecurityGroup": "security group",
    "AWS::IAM::ManagedPolicy": "managed policy",
    "AWS::IAM::Policy": "policy",
    "AWS::IAM::Role": "role",
    "AWS::Lambda::EventSourceMapping": "event source",
    "AWS::Lambda::Function": "function",
    "AWS::Lambda::Permission": "permission to invoke",
    "AWS::Logs::LogGroup": "log group",
    "AWS::SQS::Queue": "queue",
    "AWS::SQS::QueuePolicy": "queue policy",
}
# What must not get lost, by the types that hold it.
_KEPT = {
    "AWS::ApiGateway::RestApi": "API id",
    "AWS::ApiGateway::ApiKey": "API key",
    "AWS::SQS::Queue": "queues",
    "AWS::Logs::LogGroup": "log groups",
}


class Effect(NamedTuple):
    """What happens to the stack's resources. A renamed resource counts as replaced."""

    replaces: tuple[str, ...]
    # The specification says that they are replaced in some cases, or does not cover their type.
    may_replace: tuple[str, ...]
    updates: tuple[str, ...]
    adds: tuple[str, ...]
    removes: tuple[str, ...]
    # API id, URL, API key, queues, log groups: those that the stack had and loses.
    loses: tuple[str, ...]


def effect(before: dict[str, Any], after: dict[str, Any]) -> Effect:
    """The effect of deploying `after` over `before`."""
    old, new = canonical(before, "Stack"), canonical(after, "Stack")
    pairs = paired(old, new)
    context, _, changes = resource_changes(old, new, pairs, renames(pairs))
    found: dict[str, list[str]] = {kind: [] for kind in ("replaces", "may_replace", "updates", "adds", "removes")}
    lost: set[str] = set()
    new_ids: set[str] = set()
    for change in changes:
        kind = _kind(change)
        if kind:
            found[kind].append(_NAMES.get(change.resource.type, change.resource.type))
        if kind in ("replaces", "may_replace", "removes"):
            new_ids.add(change.resource.logical_id)
            assert change.old
            lost |= {_lost(change.old, kind)} - {""}
    if _url_changes(context.old, new, new_ids):
        lost.add("URL")
    return Effect(**{kind: _counted(names) for kind, names in found.items()}, loses=tuple(sorted(lost)))


def _kind(change: Change) -> str | None:
    if change.old is None:
        return "adds"
    if change.new is None:
        return "removes"
    if change.likeness is not Likeness.ID or change.replacement.impact is Impact.REPLACE:
        return "replaces"
    if change.replacement.impact in (Impact.MAY_REPLACE, Impact.UNKNOWN):
        return "may_replace"
    return "updates" if _state(change.old) != _state(change.new) else None


def _state(resource: Resource) -> tuple[Any, ...]:
    return resource.properties, resource.deletion_policy, resource.update_replace_policy, resource.attributes


def _lost(old: Resource, kind: str) -> str:
    what = _KEPT.get(old.type, "")
    # CloudFormation deletes only resources without such a policy. The stack loses a retained one, but it still exists.
    policy = old.deletion_policy if kind == "removes" else old.update_replace_policy
    return f"{what} (retained)" if what and (policy or "").startswith("Retain") else what


def _url_changes(old: Template, new: Template, lost_ids: set[str]) -> bool:
    """Whether callers need another URL, including when an id in the URL changes."""
    before, after = old.outputs.get(URL_OUTPUT), new.outputs.get(URL_OUTPUT)
    if before is None:
        return False
    return after is None or before.value != after.value or bool(references_in(before.value) & lost_ids)


def _counted(names: list[str]) -> tuple[str, ...]:
    return tuple(f"{count} × {name}" if count > 1 else name for name, count in sorted(Counter(names).items()))
