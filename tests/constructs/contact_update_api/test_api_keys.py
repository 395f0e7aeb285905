"""An API key for each caller, with a rate and a quota of its own."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from tests.constructs.contact_update_api.api_stacks import new_api
from tests.constructs.stacks import logical_id, new_stack, only, resources


def test_each_key_has_a_plan_with_its_own_limits() -> None:
    # Given
    stack = new_stack()
    api = new_api(stack, api_key_required=True)

    # When
    keys = {
        "Crm": api.add_api_key("Crm", throttle=apigateway.ThrottleSettings(rate_limit=5, burst_limit=10)),
        "Batch": api.add_api_key("Batch", quota=apigateway.QuotaSettings(limit=10_000, period=apigateway.Period.DAY)),
        "Unlimited": api.add_api_key("Unlimited"),
    }

    # Then
    template = Template.from_stack(stack)
    stage = {"Ref": logical_id(template, "AWS::ApiGateway::Stage")}
    limits: dict[str, Any] = {
        "Crm": {"Throttle": {"RateLimit": 5, "BurstLimit": 10}},
        "Batch": {"Quota": {"Limit": 10_000, "Period": "DAY"}},
        "Unlimited": {},
    }
    for name, key in keys.items():
        link = only(template, "AWS::ApiGateway::UsagePlanKey", {"KeyId": stack.resolve(key.key_id)})
        plan = resources(template, "AWS::ApiGateway::UsagePlan")[link["UsagePlanId"]["Ref"]]["Properties"]
        assert {limit: plan[limit] for limit in ("Throttle", "Quota") if limit in plan} == limits[name]
        assert [each["Stage"] for each in plan["ApiStages"]] == [stage]
    # The first key and its plan are there all the same, each key has a plan of its own, and their ids differ.
    assert len(resources(template, "AWS::ApiGateway::UsagePlan")) == 4
    assert len(resources(template, "AWS::ApiGateway::ApiKey")) == 4


def test_key_can_be_read_by_who_hands_it_out() -> None:
    stack = new_stack()
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))

    new_api(stack, api_key_required=True).add_api_key("Crm").grant_read(role)

    (statement,) = only(
        Template.from_stack(stack),
        "AWS::IAM::Policy",
        {"Roles": [stack.resolve(role.role_name)]},
    )["PolicyDocument"]["Statement"]
    assert statement["Action"] == "apigateway:GET"


def test_key_of_an_api_that_needs_none_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^expected an API with api_key_required=True, got one that needs no key$"):
        new_api(new_stack()).add_api_key("Crm")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"throttle": 5}, TypeError, "throttle: expected a ThrottleSettings, got 5"),
        ({"quota": 5}, TypeError, "quota: expected a QuotaSettings, got 5"),
        (
            {"throttle": apigateway.ThrottleSettings(rate_limit=0)},
            ValueError,
            "throttle.rate_limit: expected a number above 0, got 0",
        ),
        (
            {"throttle": apigateway.ThrottleSettings(burst_limit=0)},
            ValueError,
            "throttle.burst_limit: expected an integer of at least 1, got 0",
        ),
        (
            {"throttle": apigateway.ThrottleSettings(burst_limit=1.5)},
            TypeError,
            "throttle.burst_limit: expected an integer of at least 1, got 1.5",
        ),
        (
            {"quota": apigateway.QuotaSettings(limit=0, period=apigateway.Period.DAY)},
            ValueError,
            "quota.limit: expected an integer of at least 1, got 0",
        ),
        ({"quota": apigateway.QuotaSettings(limit=5)}, ValueError, "quota: expected a limit and a period, got one"),
        (
            {"quota": apigateway.QuotaSettings(period=apigateway.Period.DAY)},
            ValueError,
            "quota: expected a limit and a period, got one without",
        ),
    ],
)
def test_rejects_wrong_limits(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    api = new_api(new_stack(), api_key_required=True)

    with pytest.raises(error, match=f"^{message}"):
        api.add_api_key("Crm", **arguments)
    assert api.node.try_find_child("Crm") is None
