"""Acknowledges what rule packs find in the constructs' resources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import aws_cdk
import jsii
from aws_cdk import AspectPriority, Aspects, CfnResource, IAspect, Stack
from constructs import IConstruct

from connect_constructs._finding_conditions import flattened
from connect_constructs._findings import FINDINGS
from connect_constructs.contract.service_model import service_model
from connect_constructs.operation import ContactUpdateOperation

_FUNCTION = ("Function", "LogGroup", "Role/DefaultPolicy")
_METHODS = tuple(
    f"RestApi/Default{http['requestUri']}/{http['method']}"
    for http in (service_model()["operations"][operation.value]["http"] for operation in ContactUpdateOperation)
)
_ALARMS = (
    "StalledUpdates",
    "RejectedUpdates",
    "AccessDenied",
    "UpdatesInFlight",
    "QueueFunctionThrottles",
    "ServerErrors",
    "ApiFunctionThrottles",
)
# The resources with findings, by their paths, which are stable. Anything else inside a construct was added by its user.
_RESOURCES = {
    "ApiGatewayAccount": ("Role",),
    "ContactUpdateApi": (
        *(f"Function/{path}" for path in _FUNCTION),
        "AccessLog",
        "RestApi",
        "RestApi/DeploymentStage.prod",
        *_METHODS,
    ),
    "ContactUpdateFunction": _FUNCTION,
    "ContactUpdateMonitoring": _ALARMS,
    "ContactUpdatePolicy": ("",),
    "ContactUpdateQueue": (
        *(f"Function/{path}" for path in _FUNCTION),
        "Queue",
        "DeadLetterQueue",
        "EventSource",
    ),
}


def acknowledge_findings(*constructs: IConstruct) -> None:
    """Acknowledge what cdk-nag, checkov and cfn-lint find in these constructs, each with its reason.

    docs/findings.md lists the findings. During synthesis, those that no option has resolved are acknowledged in the
    metadata of the resources that the constructs create themselves. What you add is still reported: resources inside
    the constructs, and statements in the policies of their roles. If you allow more actions on `*` or on the instance's
    contacts, the finding about that ARN is reported, too.

    cdk-nag 3 reads the metadata in the construct tree. cdk-nag 2, checkov and cfn-lint read the metadata in the
    template. So when you add the call, CDK creates a new deployment of an API's stage, with the same content.

    :param constructs: `ContactUpdateApi`, `ContactUpdateQueue`, `ContactUpdateFunction`, `ContactUpdateMonitoring`,
        `ContactUpdatePolicy` or `ApiGatewayAccount`.
    :raises TypeError: if an argument is none of these.
    """
    paths = [_paths(construct) for construct in constructs]
    for construct, its_paths in zip(constructs, paths, strict=True):
        instance = getattr(construct, "_updated_instance", None)
        aspect = _Acknowledgments(instance.contact_arns if instance else None)
        for path in its_paths:
            if resource := _find(construct, f"{path}/Resource"):
                # Before cdk-nag 2, which is an aspect of the app.
                Aspects.of(resource).add(aspect, priority=AspectPriority.MUTATING)


def _paths(construct: IConstruct) -> tuple[str, ...]:
    for class_ in type(construct).__mro__:
        if class_.__module__.startswith("connect_constructs.") and class_.__name__ in _RESOURCES:
            return _RESOURCES[class_.__name__]
    raise TypeError(f"expected constructs of connect_constructs that create resources, got {construct!r}")


def _find(construct: IConstruct, path: str) -> IConstruct | None:
    found: IConstruct | None = construct
    for construct_id in filter(None, path.split("/")):
        found = found.node.try_find_child(construct_id) if found else None
    return found


@jsii.implements(IAspect)
class _Acknowledgments:
    """Acknowledges the findings about a resource as it is at synthesis, whatever has changed since it was created."""

    def __init__(self, contact_arns: str | None) -> None:
        self._contact_arns = contact_arns

    def visit(self, node: IConstruct) -> None:
        assert isinstance(node, CfnResource)
        contact_arns = flattened(Stack.of(node).resolve(self._contact_arns)) if self._contact_arns else None
        acknowledged = list(_acknowledged(node, contact_arns))
        cdk_nag = [(rule, reason) for rule, reason in acknowledged if "-" in rule]
        checkov = [{"id": rule, "comment": reason} for rule, reason in acknowledged if rule.startswith("CKV")]
        cfn_lint = [rule for rule, _ in acknowledged if rule.startswith("W")]
        # cdk-nag 3 needs a CDK that has Validations.
        if hasattr(aws_cdk, "Validations"):
            for rule, reason in cdk_nag:
                aws_cdk.Validations.of(node).acknowledge(aws_cdk.Acknowledgment(id=rule, reason=reason))
        _append(node, ("cdk_nag", "rules_to_suppress"), [_for_cdk_nag_2(*each) for each in cdk_nag])
        _append(node, ("checkov", "skip"), checkov)
        _append(node, ("cfn-lint", "config", "ignore_checks"), cfn_lint)


def _acknowledged(resource: CfnResource, contact_arns: str | None) -> Iterator[tuple[str, str]]:
    for finding in FINDINGS:
        if resource.cfn_resource_type in finding.resource_types and finding.found(resource, contact_arns):
            detail = finding.detail(resource, contact_arns) if finding.detail else ""
            for rule in finding.rules:
                yield rule.replace("{}", detail), finding.reason


def _for_cdk_nag_2(rule: str, reason: str) -> dict[str, Any]:
    rule_id, _, detail = rule.removesuffix("]").partition("[")
    return {"id": rule_id, "reason": reason} | ({"applies_to": [detail]} if detail else {})


def _append(resource: CfnResource, keys: Sequence[str], entries: list[Any]) -> None:
    """Append to a list in the resource's metadata, which may already have entries of the user."""
    if not entries:
        return
    first, *others = keys
    metadata: dict[str, Any] = dict(resource.get_metadata(first) or {})
    inner = metadata
    for key in others[:-1]:
        inner[key] = inner = dict(inner.get(key, {}))
    existing = inner.get(others[-1], [])
    inner[others[-1]] = [*existing, *(entry for entry in entries if entry not in existing)]
    resource.add_metadata(first, metadata)
