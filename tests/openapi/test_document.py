"""The OpenAPI document is valid and has all answers of the endpoint."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import schemathesis
from aws_cdk.assertions import Template
from jsonschema import Draft202012Validator

from connect_constructs.contract.openapi import openapi
from connect_constructs.contract.service_model import service_model
from contact_updates.outcome import UpdateError
from tests.constructs.stacks import minimal_stack, resources

OPERATIONS = {
    operation["operationId"]: operation for path in openapi()["paths"].values() for operation in path.values()
}


def error_types(operation: dict[str, Any], status: int | str) -> set[str]:
    """The error types that the document has for this status."""
    (_, body) = operation["responses"][str(status)]["content"]["application/json"]["schema"]["allOf"]
    return set(body["properties"]["__type"]["enum"])


def header_types(operation: dict[str, Any], status: int | str) -> set[str]:
    return set(operation["responses"][str(status)]["headers"]["x-amzn-ErrorType"]["schema"]["enum"])


def test_document_is_valid() -> None:
    schemathesis.openapi.from_dict(openapi()).validate()
    for schema in openapi()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_document_has_the_operations_of_the_contract() -> None:
    assert {
        (name, method, path)
        for path, methods in openapi()["paths"].items()
        for method, name in ((method, operation["operationId"]) for method, operation in methods.items())
    } == {
        (name, operation["http"]["method"].lower(), operation["http"]["requestUri"])
        for name, operation in service_model()["operations"].items()
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_states_each_of_amazon_connects_errors(name: str) -> None:
    for error in service_model()["operations"][name]["errors"]:
        status = service_model()["shapes"][error["shape"]]["error"]["httpStatusCode"]
        assert error["shape"] in error_types(OPERATIONS[name], status)


def test_operations_state_each_of_api_gateways_errors() -> None:
    responses = resources(Template.from_stack(minimal_stack()), "AWS::ApiGateway::GatewayResponse").values()

    assert responses
    for response in responses:
        error_type = json.loads(response["Properties"]["ResponseTemplates"]["application/json"])["__type"]
        # The two default responses keep API Gateway's own statuses.
        default = {"DEFAULT_4XX": "403", "DEFAULT_5XX": "502"}.get(response["Properties"]["ResponseType"])
        for operation in OPERATIONS.values():
            assert error_type in error_types(operation, response["Properties"].get("StatusCode", default))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "BadRequestException"),
        (403, "ForbiddenException"),
        (403, "IncompleteSignatureException"),
        (403, "UnrecognizedClientException"),
        (429, "TooManyRequestsException"),
        (500, "InternalServerErrorException"),
        (504, "InternalServerErrorException"),
    ],
)
def test_header_can_have_api_gateways_own_codes_beside_all_types_of_the_body(status: int, code: str) -> None:
    for operation in OPERATIONS.values():
        assert header_types(operation, status) >= {code} | error_types(operation, status)
        assert code not in error_types(operation, status)


def test_a_busy_endpoint_says_when_to_try_again() -> None:
    for operation in OPERATIONS.values():
        answers = operation["responses"].items()
        assert {status for status, answer in answers if "Retry-After" in answer["headers"]} == {"429", "503"}


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize(
    "error_type",
    ["AccessDeniedException", "ThrottlingException", "UnknownOperationException", "UnsupportedMediaTypeException"],
)
def test_operation_states_each_of_the_handlers_own_errors(name: str, error_type: str) -> None:
    assert error_type in error_types(OPERATIONS[name], UpdateError(error_type, "").status)


@pytest.mark.parametrize("name", OPERATIONS)
def test_examples_fulfil_the_schemas(name: str) -> None:
    schemas = {"components": openapi()["components"]}
    for media in OPERATIONS[name]["requestBody"]["content"].values():
        Draft202012Validator({**media["schema"], **schemas}).validate(media["example"])
    for label in OPERATIONS[name]["parameters"]:
        Draft202012Validator({**label["schema"], **schemas}).validate(label["example"])


def test_body_has_no_path_labels() -> None:
    body = openapi()["components"]["schemas"]["UpdateContactRequest"]

    assert not {"ContactId", "InstanceId"} & body["properties"].keys()
    assert [label["name"] for label in OPERATIONS["UpdateContact"]["parameters"]] == ["InstanceId", "ContactId"]


def test_command_prints_the_document_for_an_endpoint() -> None:
    command = [sys.executable, "-m", "connect_constructs.cli", "openapi"]
    endpoint = "https://abc123.execute-api.us-east-1.amazonaws.com/prod"

    printed = [
        json.loads(subprocess.run([*command, *options], capture_output=True, check=True).stdout)
        for options in ([], ["--endpoint", endpoint + "/"])
    ]

    assert printed == [openapi(), openapi(endpoint)]
    assert "servers" not in printed[0]
    # Without the trailing slash, which importers would double.
    assert printed[1]["servers"] == [{"url": endpoint}]
