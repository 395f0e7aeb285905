"""Conditions that say, as the rule packs would, whether a resource's properties break a rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from aws_cdk import CfnResource, Stack, Token
from aws_cdk import aws_lambda as lambda_

from connect_constructs._handler_function import NETWORK_INTERFACE_ACTIONS
from connect_constructs.operation import ContactUpdateOperation

# The actions that `_handler_function` and CDK allow on all resources.
_OWN_WILDCARD_ACTIONS = frozenset({*NETWORK_INTERFACE_ACTIONS, "xray:PutTelemetryRecords", "xray:PutTraceSegments"})
_LOGGING_POLICY = ":iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
_OWN_CONTACT_ACTIONS = frozenset(operation.iam_action for operation in ContactUpdateOperation)


def flattened(value: Any) -> str:
    """A resolved value as cdk-nag writes it into the ids of findings: `arn:<AWS::Partition>:…`."""
    if isinstance(value, str):
        return value.replace("${", "<").replace("}", ">")
    match value:
        case {"Fn::Join": [delimiter, items]}:
            return str(delimiter).join(flattened(item) for item in items)
        case {"Fn::Sub": text} | {"Fn::ImportValue": text}:
            return flattened(text)
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{flattened(resource)}.{flattened(attribute)}>"
        case {"Ref": name}:
            return f"<{flattened(name)}>"
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def is_without(attribute: str) -> Callable[[Any, str | None], bool]:
    """A condition that a property is not set."""
    return lambda resource, _: getattr(resource, attribute) is None


def has_no_web_acl(stage: Any, _: str | None) -> bool:
    stack = Stack.of(stage)
    api = flattened(stack.resolve(stage.rest_api_id))
    stage_names = (stage.stage_name, stack.get_logical_id(stage))
    resources: list[Any] = [each for each in stack.node.find_all() if isinstance(each, CfnResource)]
    associated = [
        flattened(stack.resolve(each.resource_arn))
        for each in resources
        if each.cfn_resource_type == "AWS::WAFv2::WebACLAssociation"
    ]
    return not any(api in arn and any(name in arn for name in stage_names) for arn in associated)


def _settings(stage: Any) -> list[dict[str, Any]]:
    settings: list[dict[str, Any]] = Stack.of(stage).resolve(stage.method_settings) or []
    return [each for each in settings if each.get("httpMethod") == "*" and each.get("resourcePath") == "/*"]


def has_no_execution_log(stage: Any, _: str | None) -> bool:
    return not any(each.get("loggingLevel") in ("ERROR", "INFO") for each in _settings(stage))


def has_no_cache(stage: Any, _: str | None) -> bool:
    return stage.cache_cluster_enabled is not True and not any(each.get("cachingEnabled") for each in _settings(stage))


def answers_without_cognito(method: Any, _: str | None) -> bool:
    return bool(method.authorization_type != "COGNITO_USER_POOLS")


def is_open(method: Any, _: str | None) -> bool:
    return method.authorization_type in (None, "NONE")


def is_open_without_key(method: Any, _: str | None) -> bool:
    return is_open(method, None) and method.api_key_required is not True


def has_older_python(function: Any, _: str | None) -> bool:
    versions = [
        (int(minor), runtime.name)
        for runtime in lambda_.Runtime.ALL
        if (minor := runtime.name.removeprefix("python3.")).isdigit()
    ]
    return bool(function.runtime != max(versions)[1])


def depends_on_its_role(function: Any, _: str | None) -> bool:
    """Whether the role is in the same template, so that CDK depends on it explicitly."""
    return Token.is_unresolved(function.role)


def has_alarm_without_action(alarm: Any, _: str | None) -> bool:
    resolve = Stack.of(alarm).resolve
    actions = (alarm.alarm_actions, alarm.insufficient_data_actions, alarm.ok_actions)
    return alarm.actions_enabled is False or not any(resolve(each) for each in actions)


def logging_policy(role: Any, _: str | None) -> str:
    """The ARN of the policy that ApiGatewayAccount attaches to the role, or an empty string."""
    arns = [flattened(arn) for arn in Stack.of(role).resolve(role.managed_policy_arns) or []]
    return next((arn for arn in arns if arn.endswith(_LOGGING_POLICY)), "")


def allows_own_contacts_only(policy: Any, contact_arns: str | None) -> bool:
    return _allowed(policy).get(contact_arns or "", frozenset({""})) <= _OWN_CONTACT_ACTIONS


def allows_own_wildcards_only(policy: Any, _: str | None) -> bool:
    return _allowed(policy).get("*", frozenset({""})) <= _OWN_WILDCARD_ACTIONS


def allows_network_interfaces_only(policy: Any, _: str | None) -> bool:
    """Like checkov's CKV_AWS_111, which does not count X-Ray's actions as writes."""
    return allows_own_wildcards_only(policy, None) and "ec2:CreateNetworkInterface" in _allowed(policy)["*"]


def _allowed(policy: Any) -> Mapping[str, frozenset[str]]:
    """The actions that a policy allows, by resource. A NotAction counts as the action `not`."""
    document = Stack.of(policy).resolve(policy.policy_document)
    allowed: dict[str, frozenset[str]] = {}
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow":
            actions = frozenset(_listed(statement.get("Action", "not")))
            for resource in _listed(statement.get("Resource", "*")):
                allowed[flattened(resource)] = allowed.get(flattened(resource), frozenset()) | actions
    return allowed


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
