"""The deployed app's REST APIs: which of the two operations they offer, and what a caller needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connect_constructs.contract.service_model import service_model
from connect_constructs.local.clients import Clients

INSTANCE_ARN = re.compile(r"arn:[a-z-]+:connect:[a-z0-9-]+:\d{12}:instance/[A-Za-z0-9-]+")

_FUNCTION_NAME = re.compile(r":function:([^:/]+)")
_HEADER = re.compile(r"method\.request\.header\.([^,\s]+)")


@dataclass(frozen=True)
class Method:
    """One of the two operations, as a REST API offers it."""

    operation: str
    # API Gateway's name: AWS_IAM, NONE, CUSTOM or COGNITO_USER_POOLS.
    authorization: str
    # The headers in which the authorizer looks for the caller's token.
    identity_headers: tuple[str, ...]
    api_key_required: bool


@dataclass(frozen=True)
class RestApi:
    """One stage of a deployed REST API."""

    stack_name: str
    region: str
    api_id: str
    stage: str
    # Those of a private API, which is called through them.
    vpc_endpoint_ids: tuple[str, ...]
    # In the contract's order.
    methods: tuple[Method, ...]
    # A key from the stage's usage plan, if a method requires one.
    api_key: str | None
    # The instance that the function behind it is bound to, if any.
    instance_id: str | None

    @property
    def signed_methods(self) -> tuple[Method, ...]:
        """The methods with IAM authorization, whose callers sign for execute-api."""
        return tuple(method for method in self.methods if method.authorization == "AWS_IAM")


def rest_api_stages(stack_name: str, region: str, api_id: str, clients: Clients) -> Iterator[RestApi]:
    """The REST API with this id, one entry for each stage."""
    gateway = clients("apigateway", region)
    authorizers = {
        item["id"]: tuple(_HEADER.findall(item.get("identitySource", "")))
        for item in gateway.get_authorizers(restApiId=api_id)["items"]
    }
    resources = gateway.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
    deployed = {
        (name, resource["path"]): method
        for page in resources
        for resource in page["items"]
        for name, method in resource.get("resourceMethods", {}).items()
    }
    offered = {
        name: deployed[place]
        for name, operation in service_model()["operations"].items()
        if (place := (operation["http"]["method"], operation["http"]["requestUri"])) in deployed
    }
    methods = tuple(
        Method(
            operation=name,
            authorization=method.get("authorizationType", "NONE"),
            identity_headers=authorizers.get(method.get("authorizerId"), ()),
            api_key_required=method.get("apiKeyRequired", False),
        )
        for name, method in offered.items()
    )
    endpoints = gateway.get_rest_api(restApiId=api_id).get("endpointConfiguration", {}).get("vpcEndpointIds", [])
    needs_key = any(method.api_key_required for method in methods)
    for stage in gateway.get_stages(restApiId=api_id)["item"]:
        yield RestApi(
            stack_name=stack_name,
            region=region,
            api_id=api_id,
            stage=stage["stageName"],
            vpc_endpoint_ids=tuple(endpoints),
            methods=methods,
            api_key=_api_key(api_id, stage["stageName"], gateway) if needs_key else None,
            instance_id=_bound_instance(offered, clients("lambda", region)),
        )


def _api_key(api_id: str, stage: str, gateway: Any) -> str | None:
    """The first key of the usage plans that include the stage."""
    for page in gateway.get_paginator("get_usage_plans").paginate():
        for plan in page["items"]:
            if any((item["apiId"], item["stage"]) == (api_id, stage) for item in plan.get("apiStages", [])):
                for key in gateway.get_usage_plan_keys(usagePlanId=plan["id"])["items"]:
                    value: str = gateway.get_api_key(apiKey=key["id"], includeValue=True)["value"]
                    return value
    return None


def _bound_instance(offered: dict[str, Any], lambda_: Any) -> str | None:
    for method in offered.values():
        if name := _FUNCTION_NAME.search(method.get("methodIntegration", {}).get("uri", "")):
            arn = instance_arn_of(lambda_.get_function_configuration(FunctionName=name[1]))
            return arn.rpartition("/")[2] if arn else None
    return None


def instance_arn_of(function: dict[str, Any]) -> str | None:
    """The ARN of the instance in the function's environment variables. None if there is none."""
    values = function.get("Environment", {}).get("Variables", {}).values()
    return next(filter(INSTANCE_ARN.fullmatch, values), None)
