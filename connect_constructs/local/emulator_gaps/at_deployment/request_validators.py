"""CloudFormation sets a method's request validator. The emulator's CloudFormation ignores it.

It is therefore set after the deployment.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connect_constructs.local.clients import Clients
from connect_constructs.local.deployed_stacks import deployed_stacks


def set_request_validators(assembly: Path, clients: Clients) -> int:
    """Set the methods' request validators. Returns the number set."""
    count = 0
    for stack in deployed_stacks(assembly, clients):
        api_gateway = clients("apigateway", stack.region)
        validators: dict[str, str] = {}
        for _, method in stack.of_type("AWS::ApiGateway::Method"):
            properties = method["Properties"]
            reference = properties.get("RequestValidatorId")
            if not reference:
                continue
            api_id = _resolve(properties["RestApiId"], stack.physical_ids)
            logical_id = reference["Ref"]
            if logical_id not in validators:
                wanted = stack.resources[logical_id]["Properties"]
                validators[logical_id] = api_gateway.create_request_validator(
                    restApiId=api_id,
                    name=logical_id,
                    validateRequestBody=wanted.get("ValidateRequestBody", False),
                    validateRequestParameters=wanted.get("ValidateRequestParameters", False),
                )["id"]
            api_gateway.update_method(
                restApiId=api_id,
                resourceId=_resolve(properties["ResourceId"], stack.physical_ids),
                httpMethod=properties["HttpMethod"],
                patchOperations=[{"op": "replace", "path": "/requestValidatorId", "value": validators[logical_id]}],
            )
            count += 1
    return count


def _resolve(value: Any, physical_ids: Mapping[str, str]) -> str | None:
    """The physical id that a Ref refers to. A string stands for itself; None for anything else."""
    match value:
        case str():
            return value
        case {"Ref": str(name)}:
            return physical_ids.get(name)
    return None
