"""Stacks with an API, and functions to look into their templates."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateApi
from tests.constructs.stacks import new_instance, new_stack, resources

PATHS = {"/contact/attributes", "/contacts/{InstanceId}/{ContactId}"}


def new_api(stack: Stack, construct_id: str = "ContactUpdates", **arguments: Any) -> ContactUpdateApi:
    return ContactUpdateApi(stack, construct_id, instance=new_instance(stack, f"{construct_id}Instance"), **arguments)


def template_with(**arguments: Any) -> Template:
    stack = new_stack()
    new_api(stack, **arguments)
    return Template.from_stack(stack)


def methods(template: Template, http_method: str = "POST") -> dict[str, dict[str, Any]]:
    """The methods' properties, by path."""
    parents = {
        logical_id: (resource["Properties"]["PathPart"], resource["Properties"]["ParentId"].get("Ref"))
        for logical_id, resource in resources(template, "AWS::ApiGateway::Resource").items()
    }

    def path(logical_id: str | None) -> str:
        if logical_id is None:
            return ""
        part, parent = parents[logical_id]
        return f"{path(parent)}/{part}"

    return {
        path(method["Properties"]["ResourceId"]["Ref"]): dict(method["Properties"])
        for method in resources(template, "AWS::ApiGateway::Method", {"HttpMethod": http_method}).values()
    }


def gateway_responses(template: Template) -> dict[str, dict[str, Any]]:
    """The gateway responses' properties, by type."""
    return {
        response["Properties"]["ResponseType"]: dict(response["Properties"])
        for response in resources(template, "AWS::ApiGateway::GatewayResponse").values()
    }
