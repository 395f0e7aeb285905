"""The contract as an OpenAPI 3.1 document, for CRMs, Postman and documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from connect_constructs.contract.schema import component_schemas
from connect_constructs.contract.service_model import MEDIA_TYPES, service_model

# The endpoint's errors in addition to Amazon Connect's, by status. Most come from API Gateway, through the gateway
# responses of ContactUpdateApi: 502 after a crash of the function, and 503 when it is throttled.
_ENDPOINT_ERRORS = {
    400: {"InvalidRequestException"},
    401: {"UnauthorizedException"},
    403: {
        "AccessDeniedException",
        "ExpiredTokenException",
        # Some of API Gateway's errors have no gateway response of their own, such as an incomplete signature.
        "InvalidRequestException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
    },
    404: {"ResourceNotFoundException", "UnknownOperationException"},
    413: {"RequestEntityTooLargeException"},
    415: {"UnsupportedMediaTypeException"},
    429: {"LimitExceededException", "ThrottlingException"},
    500: {"InternalServiceException"},
    502: {"InternalServiceException"},
    503: {"InternalServiceException"},
    504: {"InternalServiceException"},
}

# What else API Gateway sends in the header of its own errors (docs/contract.md has the sources).
_GATEWAY_CODES = {
    400: {"BadRequestException"},
    403: {"ForbiddenException", "IncompleteSignatureException", "UnrecognizedClientException"},
    429: {"TooManyRequestsException"},
    500: {"InternalServerErrorException"},
    502: {"InternalServerErrorException"},
    503: {"InternalServerErrorException"},
    504: {"InternalServerErrorException"},
}

_SUMMARIES = {
    "UpdateContact": "Set a contact's name, description, references and other details",
    "UpdateContactAttributes": "Set attributes of a contact; an empty value removes the attribute",
}

_CONTACT_ID = "87654321-4321-4321-4321-210987654321"
_INSTANCE_ID = "12345678-1234-1234-1234-123456789012"

# Requests that can be sent as they are, apart from the two ids.
_EXAMPLES: dict[str, dict[str, Any]] = {
    "UpdateContact": {
        "Name": "Order 1047",
        "References": {"Order": {"Type": "URL", "Value": "https://shop.example.com/orders/1047"}},
    },
    "UpdateContactAttributes": {
        "InstanceId": _INSTANCE_ID,
        "InitialContactId": _CONTACT_ID,
        "Attributes": {"language": "fr", "tier": "gold"},
    },
}
_LABEL_EXAMPLES = {"ContactId": _CONTACT_ID, "InstanceId": _INSTANCE_ID}

_ERROR = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("__type", "message", "Message")},
    "required": ["__type", "message", "Message"],
    "description": "`message` and `Message` are the same text, which never contains a value of the request.",
}

_SECURITY_SCHEMES = {
    "iam": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "AWS Signature Version 4 for the service execute-api",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
    "authorizer": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "What the endpoint's authorizer expects, if it has one",
    },
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
}


def openapi(endpoint: str | None = None) -> dict[str, Any]:
    """The document, with every status that the endpoint can answer.

    :param endpoint: The endpoint's URL, such as `https://abc123.execute-api.us-east-1.amazonaws.com/prod`. Default: the
        document names no server; set one after importing it.
    """
    paths: dict[str, Any] = {}
    for name, operation in service_model()["operations"].items():
        http = operation["http"]
        paths.setdefault(http["requestUri"], {})[http["method"].lower()] = _operation(name, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Amazon Connect contact updates",
            "version": version("connect-constructs"),
            "description": "Writes attributes and details of Amazon Connect contacts, in Amazon Connect's wire format.",
        },
        **({"servers": [{"url": endpoint.rstrip("/")}]} if endpoint else {}),
        "paths": paths,
        "components": {
            "schemas": {**component_schemas(), "Error": _ERROR},
            "securitySchemes": _SECURITY_SCHEMES,
        },
        "security": [{"iam": []}, {"iam": [], "apiKey": []}, {"authorizer": []}, {"authorizer": [], "apiKey": []}],
    }


def _operation(name: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    shape = operation["input"]["shape"]
    media = {"schema": {"$ref": f"#/components/schemas/{shape}"}, "example": _EXAMPLES[name]}
    return {
        "operationId": name,
        "summary": _SUMMARIES[name],
        "parameters": [_label(shape, label) for label in re.findall(r"{(\w+)}", operation["http"]["requestUri"])],
        "requestBody": {"required": True, "content": dict.fromkeys(MEDIA_TYPES, media)},
        "responses": {
            "200": {"description": "Amazon Connect has made the update. The body is empty.", "headers": _REQUEST_ID},
            "202": {
                "description": "The endpoint's queue has accepted the update, and will apply it. The body is empty.",
                "headers": {**_REQUEST_ID, "Update-Id": {"schema": {"type": "string", "format": "uuid"}}},
            },
            **{str(status): _error(status, types) for status, types in sorted(_error_types(operation).items())},
        },
    }


_REQUEST_ID = {"x-amzn-RequestId": {"schema": {"type": "string"}, "description": "API Gateway's id for the request"}}


def _label(shape: str, label: str) -> dict[str, Any]:
    target = service_model()["shapes"][shape]["members"][label]["shape"]
    return {
        "name": label,
        "in": "path",
        "required": True,
        "schema": {"$ref": f"#/components/schemas/{target}"},
        "example": _LABEL_EXAMPLES[label],
    }


def _error_types(operation: Mapping[str, Any]) -> dict[int, set[str]]:
    types = {status: set(own) for status, own in _ENDPOINT_ERRORS.items()}
    for error in operation["errors"]:
        status = service_model()["shapes"][error["shape"]]["error"]["httpStatusCode"]
        types.setdefault(status, set()).add(error["shape"])
    return types


def _error(status: int, types: set[str]) -> dict[str, Any]:
    codes = types | _GATEWAY_CODES.get(status, set())
    headers: dict[str, Any] = {
        **_REQUEST_ID,
        "x-amzn-ErrorType": {
            "schema": {"type": "string", "enum": sorted(codes)},
            "description": "The same as `__type`, or API Gateway's own code if it answers without calling the function",
        },
    }
    if status in (429, 503):
        headers["Retry-After"] = {"schema": {"type": "integer"}, "description": "Seconds"}
    body = {"properties": {"__type": {"type": "string", "enum": sorted(types)}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Error"}, body]}
    return {
        "description": ", ".join(sorted(types)),
        "headers": headers,
        "content": {"application/json": {"schema": schema}},
    }
