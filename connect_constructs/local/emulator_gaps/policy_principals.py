"""API Gateway and SQS refuse a resource policy that names a user or role that does not exist.

API Gateway: "Invalid policy document. Please check the policy syntax and ensure that Principals are valid." (API
Gateway Developer Guide, "API Gateway resource policies", troubleshooting; terraform-provider-aws#29392). SQS: "Invalid
value for the parameter Policy." (aws-cdk#13530, aws-cdk#15602). The emulator accepts any principal. Account ids are not
checked: nothing here says which accounts exist. Principals that are deleted later are not followed up either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ministack.services import apigateway_v1, iam, sqs
from ministack.services.cloudformation import provisioners

_IDENTITY = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):(user|role)/(?:.*/)?([^/]+)")
_INVALID_API_POLICY = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
_INVALID_QUEUE_POLICY = "Invalid value for the parameter Policy."


def close() -> None:
    """Refuse such policies, in the services' own calls and in CloudFormation."""
    _guard_api_calls()
    _guard_queue_calls()
    handlers = provisioners._RESOURCE_HANDLERS
    for resource_type, name, message in (
        ("AWS::ApiGateway::RestApi", "Policy", _INVALID_API_POLICY),
        ("AWS::SQS::QueuePolicy", "PolicyDocument", _INVALID_QUEUE_POLICY),
    ):
        # create(logical id, properties, …); update(physical id, old properties, new properties, …)
        for step, position in (("create", 1), ("update", 2)):
            handlers[resource_type][step] = _checking(handlers[resource_type][step], position, name, message)


def _guard_api_calls() -> None:
    create, update = apigateway_v1._create_rest_api, apigateway_v1._update_rest_api

    def create_rest_api(data: dict[str, Any]) -> Any:
        return create(data) if _is_valid(data.get("policy")) else _refused_by_api_gateway()

    def update_rest_api(api_id: str, data: dict[str, Any]) -> Any:
        operations = data.get("patchOperations", [])
        policies = [operation.get("value") for operation in operations if operation.get("path") == "/policy"]
        return update(api_id, data) if all(map(_is_valid, policies)) else _refused_by_api_gateway()

    apigateway_v1._create_rest_api, apigateway_v1._update_rest_api = create_rest_api, update_rest_api


def _guard_queue_calls() -> None:
    for action in ("CreateQueue", "SetQueueAttributes"):
        sqs._HANDLERS[action] = _checking_attributes(sqs._HANDLERS[action])


def _checking_attributes(act: Any) -> Any:
    def acted(data: dict[str, Any], *arguments: Any) -> Any:
        if not _is_valid((data.get("Attributes") or {}).get("Policy")):
            raise sqs._Err("InvalidAttributeValue", _INVALID_QUEUE_POLICY)
        return act(data, *arguments)

    return acted


def _checking(provision: Any, position: int, name: str, message: str) -> Any:
    def provisioned(*arguments: Any, **options: Any) -> Any:
        if not _is_valid(arguments[position].get(name)):
            raise ValueError(message)
        return provision(*arguments, **options)

    return provisioned


def _is_valid(policy: Any) -> bool:
    document = json.loads(policy) if isinstance(policy, str) and policy else policy
    return all(_exists(principal) for principal in _principals(document or {}))


def _principals(document: dict[str, Any]) -> Iterator[str]:
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        named = principal.get("AWS", []) if isinstance(principal, dict) else []
        yield from [named] if isinstance(named, str) else named


def _exists(principal: str) -> bool:
    match = _IDENTITY.fullmatch(principal)
    if not match:
        return True
    account, kind, name = match.groups()
    store = iam._users if kind == "user" else iam._roles
    return store.get_scoped(account, None, name) is not None


def _refused_by_api_gateway() -> Any:
    return apigateway_v1._v1_error("BadRequestException", _INVALID_API_POLICY, 400)
