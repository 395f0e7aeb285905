"""Classes 1, 4 and 6: what is removed, replaced, renamed, or cannot be deployed."""

from __future__ import annotations

from collections.abc import Iterator

from connect_constructs._review.changes import Change, Hit, Rule
from connect_constructs._review.expressions import Value
from connect_constructs._review.facts import Facts, facts_of
from connect_constructs._review.findings import Class
from connect_constructs._review.pairing import Likeness
from connect_constructs._review.replacement import Impact
from connect_constructs._review.rules.checks import display
from connect_constructs._review.template import Resource

_REPLACED = {Impact.REPLACE, Impact.MAY_REPLACE}

# What is in it; elsewhere its data.
_CONTENTS = {
    "AWS::Cognito::UserPool": "Its users are",
    "AWS::DynamoDB::GlobalTable": "Its items are",
    "AWS::DynamoDB::Table": "Its items are",
    "AWS::ECR::Repository": "Its images are",
    "AWS::KMS::Key": "The key, and everything encrypted with it, is",
    "AWS::Kinesis::Stream": "The records in it are",
    "AWS::Logs::LogGroup": "Its log events are",
    "AWS::S3::Bucket": "Its objects are",
    "AWS::SQS::Queue": "The messages in it are",
    "AWS::SecretsManager::Secret": "The secret's value is",
}
# CloudFormation's default is a snapshot, not deletion:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
_SNAPSHOT_BY_DEFAULT = {"AWS::RDS::DBCluster", "AWS::RDS::DBInstance"}
# Nobody calls these by their ARN.
_PLUMBING = {
    "AWS::ApiGateway::Account",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Version",
}
# Each change makes a new revision, as is meant; the properties that all revisions have in common.
_REVISIONS = {"AWS::ECS::TaskDefinition": {"Family"}}
# Nobody calls these; that an alarm is removed is a finding of its own.
_NOT_CALLED = {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::Dashboard"}
# Their names, URLs or ids are made to be known outside of the stack.
_CALLED = {
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Stage",
    "AWS::AppSync::GraphQLApi",
    "AWS::CloudFront::Distribution",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::Events::EventBus",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Url",
    "AWS::SNS::Topic",
    "AWS::StepFunctions::StateMachine",
}


def _is_stateful(type_name: str) -> bool:
    facts = facts_of(type_name)
    return facts is not None and facts.stateful


def _contents(resource: Resource) -> str:
    return _CONTENTS.get(resource.type, "Its data is")


def _on_removal(resource: Resource) -> str:
    """What becomes of a removed resource: its own template's DeletionPolicy says."""
    policy = resource.deletion_policy
    if policy is None and resource.type in _SNAPSHOT_BY_DEFAULT and "DBClusterIdentifier" not in resource.properties:
        return "Snapshot"
    return policy or "Delete"


def _data_removed(change: Change) -> Iterator[Hit]:
    if change.old and change.new is None and _is_stateful(change.old.type):
        policy = _on_removal(change.old)
        what = f"{change.old.type} is removed; {_says(change.old.deletion_policy, 'DeletionPolicy', policy)}"
        yield Hit(
            change.old.properties,
            None,
            what,
            related=change.referred_by,
            why=_fate(policy, change.old),
            todo=_ADVICE[policy in _KEPT],
        )


def _data_replaced(change: Change) -> Iterator[Hit]:
    if change.old is None or change.new is None or not _is_stateful(change.new.type) or _fails(change):
        return
    if change.likeness is Likeness.PROPERTIES:
        policy = _on_removal(change.old)
        what = (
            f"{change.new.type} has another logical id: {change.old_id} is removed and {change.new.logical_id} is "
            f"created empty; {_says(change.old.deletion_policy, 'DeletionPolicy', policy)}"
        )
        yield Hit(
            change.old_id,
            change.new.logical_id,
            what,
            related=_related(change),
            why=f"{_fate(policy, change.old)} {_who_knows(change)}",
            todo=(
                "Keep the construct's id and place (or set the old logical id with override_logical_id), or move the "
                "resource with `cdk refactor`."
            ),
        )
    elif change.replacement.impact in _REPLACED:
        policies = {change.old.update_replace_policy or "Delete", change.new.update_replace_policy or "Delete"}
        # Where the templates differ, the one that deletes is believed.
        policy = "Delete" if "Delete" in policies else "Snapshot" if "Snapshot" in policies else "Retain"
        verb = "is" if change.replacement.impact is Impact.REPLACE else "may be"
        what = f"{change.new.type} {verb} replaced, because {_causes(change)}; its UpdateReplacePolicy is {policy}"
        old, new = _values(change)
        place = change.replacement.causes[0] if change.replacement.causes else ""
        yield Hit(
            old,
            new,
            what,
            place,
            related=_related(change),
            why=f"{_fate(policy, change.old)} {_who_knows(change)}",
            todo="Leave the property as it is, or move what is in the resource to the new one first.",
        )


_KEPT = {"Retain", "RetainExceptOnCreate"}
_ADVICE = {
    True: "Keep the resource, or write down its name: no stack will manage it.",
    False: "Keep the resource, or empty it or back it up first.",
}


def _says(written: str | None, name: str, policy: str) -> str:
    return f"its {name} was {policy}" if written else f"it had no {name}, which means {policy}"


def _fate(policy: str, resource: Resource) -> str:
    contents = _contents(resource)
    if policy in _KEPT:
        return f"{contents} stranded: the old resource stays in the account, outside any stack."
    if policy == "Snapshot":
        return f"{contents} kept in a snapshot only, which nothing uses until somebody restores it."
    if resource.type == "AWS::S3::Bucket":
        return "Its objects are lost if something empties the bucket; if nothing does, its deletion fails."
    return f"{contents} lost for good."


def _causes(change: Change) -> str:
    causes = ", ".join(change.replacement.causes)
    if change.replacement.because_of:
        return f"{causes} refers to {', '.join(change.replacement.because_of)}, which is replaced"
    return f"{causes} changes"


def _values(change: Change) -> tuple[Value, Value]:
    assert change.old
    assert change.new
    names = list(dict.fromkeys(cause.split(".")[0] for cause in change.replacement.causes))
    old = {name: change.old.properties.get(name) for name in names}
    new = {name: change.new.properties.get(name) for name in names}
    return old, new


def _identity_replaced(change: Change) -> Iterator[Hit]:
    if change.old is None or change.new is None or _is_stateful(change.new.type) or _fails(change):
        return
    if change.old.type in _REVISIONS and change.likeness is Likeness.ID and not _is_known_revision(change):
        return
    # One that goes with another is part of that one's finding, unless something outside knows it.
    if change.replacement.because_of and not _known_outside(change):
        return
    if not (_has_address(change.new.type) or _known_outside(change)):
        return
    if change.likeness is Likeness.PROPERTIES:
        what = f"{change.new.type} has another logical id: a new one is created, and {change.old_id} is removed"
        yield Hit(
            change.old_id,
            change.new.logical_id,
            what,
            related=_related(change),
            why=_who_knows(change),
            todo=(
                "Keep the construct's id and place (or set the old logical id with override_logical_id), or move the "
                "resource with `cdk refactor`."
            ),
        )
    elif change.replacement.impact in _REPLACED:
        verb = "is" if change.replacement.impact is Impact.REPLACE else "may be"
        what = f"{change.new.type} {verb} replaced, because {_causes(change)}"
        old, new = _values(change)
        place = change.replacement.causes[0] if change.replacement.causes else ""
        yield Hit(old, new, what, place, related=_related(change), why=_who_knows(change))


def _is_known_revision(change: Change) -> bool:
    """Whether something outside names the revision itself, or the name that all revisions have changes."""
    has_output = any(one.startswith("output ") for one in change.referred_by)
    return has_output or not set(change.replacement.causes).isdisjoint(_REVISIONS[change.resource.type])


def _related(change: Change) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*change.referred_by, *change.takes_along)))


def _who_knows(change: Change) -> str:
    outputs = [one for one in change.referred_by if one.startswith("output ")]
    inside = [one for one in change.referred_by if not one.startswith("output ")]
    text = "Its name, ARN or URL changes"
    if outputs:
        text += f", and with it {', '.join(outputs)}"
    text += ". "
    if inside:
        text += f"{len(inside)} resources of the stack refer" if len(inside) > 1 else "1 resource of the stack refers"
        text += " to it and will be updated. "
    if change.takes_along:
        text += f"Replaced with it: {', '.join(change.takes_along)}. "
    return f"{text}References from outside the stack will break."


def _known_outside(change: Change) -> bool:
    old = change.old
    assert old
    facts = facts_of(old.type)
    named = bool(facts and facts.name and len(facts.name) == 1 and facts.name[0] in old.properties)
    return named or old.type in _CALLED or any(one.startswith("output ") for one in change.referred_by)


def _has_address(type_name: str) -> bool:
    facts = facts_of(type_name)
    return facts is not None and facts.address and type_name not in _PLUMBING


def _identity_removed(change: Change) -> Iterator[Hit]:
    old = change.old
    if old is None or change.new is not None or _is_stateful(old.type) or old.type in _NOT_CALLED:
        return
    if (_has_address(old.type) or old.type in _CALLED) and _known_outside(change):
        kept = _on_removal(old) in _KEPT
        what = f"{old.type} is removed" + (
            " from the stack; its DeletionPolicy keeps it in the account" if kept else ""
        )
        why = "No stack manages it any longer." if kept else "Calls by its name, ARN or URL will fail."
        yield Hit(old.properties, None, what, related=change.referred_by, why=why)


def _fails(change: Change) -> bool:
    return any(True for _ in _deployment_fails(change))


def _deployment_fails(change: Change) -> Iterator[Hit]:
    if change.old is None or change.new is None:
        return
    if change.old.type != change.new.type:
        what = f"{change.new.logical_id} goes from {change.old.type} to {change.new.type}"
        yield Hit(
            change.old.type,
            change.new.type,
            what,
            "Type",
            why=("CloudFormation cannot change the type of a logical id."),
            todo="Give the new resource another construct id.",
        )
        return
    facts = facts_of(change.new.type)
    if change.likeness is Likeness.NAME:
        what = (
            f"{change.old_id} becomes {change.new.logical_id}, with the same physical name {_name(change.new, facts)}"
        )
        yield Hit(change.old_id, change.new.logical_id, what)
    elif change.replacement.impact is Impact.REPLACE and _keeps_name(change, facts):
        what = (
            f"{change.new.type} is replaced, because {_causes(change)}, and keeps its physical name "
            f"{_name(change.new, facts)}"
        )
        old, new = _values(change)
        yield Hit(old, new, what, change.replacement.causes[0])


def _keeps_name(change: Change, facts: Facts | None) -> bool:
    """Whether the new resource would have the old one's name, all of it."""
    assert change.old
    assert change.new
    if facts is None or not facts.name or facts.name[0] not in change.new.properties:
        return False
    if change.replacement.because_of and len(facts.name) > 1:
        # Its parent is replaced, too: the name is one within another parent.
        return False
    return all(change.old.properties.get(name) == change.new.properties.get(name) for name in facts.name)


def _name(resource: Resource, facts: Facts | None) -> str:
    assert facts
    return " ".join(display(resource.properties[name]) for name in facts.name if name in resource.properties)


LIFECYCLE_RULES = (
    Rule("data-removed", Class.DATA, "", "", _data_removed),
    Rule("data-replaced", Class.DATA, "", "", _data_replaced),
    Rule(
        "identity-replaced",
        Class.IDENTITY,
        "",
        "Tell those who use it, or undo the change that replaces it.",
        _identity_replaced,
    ),
    Rule(
        "identity-removed",
        Class.IDENTITY,
        "",
        "Make sure that nobody uses it.",
        _identity_removed,
    ),
    Rule(
        "deployment-fails",
        Class.DEPLOYMENT,
        "CloudFormation creates the new resource before it removes the old one, which still has the name.",
        "Change the physical name as well, or leave the resource as it is. Data to be kept must be copied.",
        _deployment_fails,
    ),
)
