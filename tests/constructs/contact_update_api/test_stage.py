"""The API, its stage and its throttle."""

from __future__ import annotations

import math
from typing import Any

import pytest
from aws_cdk import CfnParameter
from aws_cdk.assertions import Template

from tests.constructs.contact_update_api.api_stacks import new_api, template_with
from tests.constructs.stacks import logical_id, new_stack, only, resources


def test_api_is_regional_and_does_not_change_the_account(template: Template) -> None:
    assert only(template, "AWS::ApiGateway::RestApi")["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert template.find_resources("AWS::ApiGateway::Account") == {}
    assert len(resources(template, "AWS::IAM::Role")) == 1


@pytest.mark.parametrize(
    ("arguments", "rate", "burst"),
    [
        # Amazon Connect's own quota
        ({}, 10, 15),
        ({"throttling_rate_limit": 50, "throttling_burst_limit": 100}, 50, 100),
        ({"throttling_rate_limit": 0.5}, 0.5, 15),
        ({"throttling_burst_limit": 1}, 10, 1),
    ],
)
def test_stage_throttles_every_method(arguments: dict[str, Any], rate: float, burst: int) -> None:
    assert only(template_with(**arguments), "AWS::ApiGateway::Stage")["MethodSettings"] == [
        {
            "DataTraceEnabled": False,
            "HttpMethod": "*",
            "ResourcePath": "/*",
            "ThrottlingBurstLimit": burst,
            "ThrottlingRateLimit": rate,
        }
    ]


@pytest.mark.parametrize("name", ["throttling_rate_limit", "throttling_burst_limit"])
@pytest.mark.parametrize("value", [0, -1])
def test_rejects_throttle_below_the_minimum(name: str, value: int) -> None:
    arguments: dict[str, Any] = {name: value}

    with pytest.raises(ValueError, match=f"^{name}: expected .*, got {value}$"):
        template_with(**arguments)


@pytest.mark.parametrize("rate", [math.nan, math.inf])
def test_rejects_infinite_rate(rate: float) -> None:
    with pytest.raises(ValueError, match=f"^throttling_rate_limit: expected a number above 0, got {rate}$"):
        template_with(throttling_rate_limit=rate)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("throttling_rate_limit", "10"),
        ("throttling_rate_limit", True),
        ("throttling_burst_limit", "15"),
        ("throttling_burst_limit", 15.0),
    ],
)
def test_rejects_throttle_of_wrong_type(name: str, value: Any) -> None:
    arguments: dict[str, Any] = {name: value}

    with pytest.raises(TypeError, match=f"^{name}: expected .*, got {value!r}$"):
        template_with(**arguments)


def test_throttle_may_be_a_token() -> None:
    stack = new_stack()
    rate = CfnParameter(stack, "Rate", type="Number").value_as_number
    new_api(stack, throttling_rate_limit=rate)

    (settings,) = only(Template.from_stack(stack), "AWS::ApiGateway::Stage")["MethodSettings"]
    assert settings["ThrottlingRateLimit"] == {"Ref": "Rate"}


def test_endpoint_url_ends_without_a_slash() -> None:
    stack = new_stack(region="eu-west-2")
    api = new_api(stack)

    template = Template.from_stack(stack)
    assert stack.resolve(api.endpoint_url) == {
        "Fn::Join": [
            "",
            [
                "https://",
                {"Ref": logical_id(template, "AWS::ApiGateway::RestApi")},
                ".execute-api.eu-west-2.",
                {"Ref": "AWS::URLSuffix"},
                "/",
                {"Ref": logical_id(template, "AWS::ApiGateway::Stage")},
            ],
        ]
    }
