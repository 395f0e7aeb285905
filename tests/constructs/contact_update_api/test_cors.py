"""CORS: preflights, API Gateway's answers and the function's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk.assertions import Template

from tests.constructs.contact_update_api.api_stacks import PATHS, gateway_responses, methods, new_api, template_with
from tests.constructs.stacks import new_stack, only

CORS = "gatewayresponse.header.Access-Control-"


def test_without_origins_there_is_no_cors(template: Template) -> None:
    assert methods(template, "OPTIONS") == {}
    assert "Access-Control" not in json.dumps(template.to_json())
    assert "ALLOW_ORIGINS" not in only(template, "AWS::Lambda::Function")["Environment"]["Variables"]


def test_empty_list_of_origins_is_the_same_as_none() -> None:
    assert methods(template_with(allow_origins=[]), "OPTIONS") == {}


@pytest.mark.parametrize(
    ("origins", "preflight_origin", "gateway_origin"),
    [
        (["https://crm.example.com"], "'https://crm.example.com'", "'https://crm.example.com'"),
        (["*"], "'*'", "'*'"),
        # The preflight's template chooses; a gateway response cannot, and would only find the caller's origin if the
        # header's name were spelled as in its mapping.
        (["https://crm.example.com", "https://desk.example.com"], "'https://crm.example.com'", "'*'"),
    ],
)
def test_origins_are_allowed_in_preflights_gateway_responses_and_answers(
    origins: list[str], preflight_origin: str, gateway_origin: str
) -> None:
    template = template_with(allow_origins=origins)

    # In preflights, which cannot be signed
    preflights = methods(template, "OPTIONS")
    assert set(preflights) == PATHS
    for preflight in preflights.values():
        (response,) = preflight["Integration"]["IntegrationResponses"]
        headers = response["ResponseParameters"]
        assert (preflight["AuthorizationType"], preflight["ApiKeyRequired"]) == ("NONE", False)
        assert headers["method.response.header.Access-Control-Allow-Origin"] == preflight_origin
        assert headers["method.response.header.Access-Control-Allow-Methods"] == "'POST'"
        allowed = headers["method.response.header.Access-Control-Allow-Headers"].strip("'").split(",")
        assert {"Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Security-Token", "X-Api-Key"} <= set(allowed)
        assert "Idempotency-Key" in allowed
        for origin in origins[1:]:
            assert f'#if($origin == "{origin}")' in response["ResponseTemplates"]["application/json"]

    # In API Gateway's own answers
    for response in gateway_responses(template).values():
        assert response["ResponseParameters"][f"{CORS}Allow-Origin"] == gateway_origin
        assert response["ResponseParameters"][f"{CORS}Expose-Headers"] == (
            "'Retry-After,x-amzn-ErrorType,x-amzn-RequestId'"
        )

    # In the function's answers
    environment = only(template, "AWS::Lambda::Function")["Environment"]["Variables"]
    assert environment["ALLOW_ORIGINS"] == ",".join(origins)


@pytest.mark.parametrize(
    ("origins", "error"),
    [
        ("https://crm.example.com", TypeError),
        ({"https://crm.example.com"}, TypeError),
        (["https://crm.example.com/"], ValueError),
        (["https://CRM.example.com"], ValueError),
        (["https://crm.example.com:443"], ValueError),
        (["https://*.example.com"], ValueError),
        (["https://me@example.com"], ValueError),
        (["crm.example.com"], ValueError),
        (["*", "https://a.b"], ValueError),
    ],
)
def test_rejects_wrong_origins(origins: Any, error: type[Exception]) -> None:
    stack = new_stack()

    with pytest.raises(error, match=r"^allow_origins: expected .*, got "):
        new_api(stack, allow_origins=origins)
    assert stack.node.try_find_child("ContactUpdates") is None
