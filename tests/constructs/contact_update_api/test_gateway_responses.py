"""API Gateway's own answers."""

from __future__ import annotations

import json

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk.assertions import Template
from botocore.session import get_session

from tests.constructs.contact_update_api.api_stacks import gateway_responses, new_api, template_with
from tests.constructs.stacks import new_stack, resources

RETRY_AFTER = "gatewayresponse.header.Retry-After"


# API Gateway Developer Guide, "Gateway response types for API Gateway": those that can occur on this API and differ
# from their default. The two defaults set no status, because each covers several.
STATUSES = {
    "ACCESS_DENIED": "403",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "INTEGRATION_FAILURE": "503",
    "INTEGRATION_TIMEOUT": "504",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "REQUEST_TOO_LARGE": "413",
    "THROTTLED": "429",
    "WAF_FILTERED": "403",
}


IAM_STATUSES = {"EXPIRED_TOKEN": "403", "INVALID_SIGNATURE": "403"}


def statuses(template: Template) -> dict[str, str | None]:
    return {name: response.get("StatusCode") for name, response in gateway_responses(template).items()}


def test_gateway_responses_are_those_that_can_occur(template: Template) -> None:
    model = get_session().get_service_model("apigateway")

    assert statuses(template) == {**STATUSES, **IAM_STATUSES}
    assert statuses(template).keys() <= set(model.shape_for("GatewayResponseType").enum)


def test_gateway_responses_of_an_api_key_come_with_it() -> None:
    template = template_with(api_key_required=True)

    assert statuses(template) == {**STATUSES, **IAM_STATUSES, "INVALID_API_KEY": "403", "QUOTA_EXCEEDED": "429"}


def test_gateway_responses_of_an_authorizer_come_with_it() -> None:
    stack = new_stack()
    pool = cognito.UserPool(stack, "Pool")
    new_api(stack, authorizer=apigateway.CognitoUserPoolsAuthorizer(stack, "Authorizer", cognito_user_pools=[pool]))

    assert statuses(Template.from_stack(stack)) == {**STATUSES, "UNAUTHORIZED": "401"}


def test_gateway_responses_have_amazon_connects_format_except_for_the_header(template: Template) -> None:
    for response_type, response in gateway_responses(template).items():
        (media_type, body_text), *others = response["ResponseTemplates"].items()
        body = json.loads(body_text)

        assert (media_type, others) == ("application/json", []), response_type
        assert set(body) == {"__type", "message", "Message"}, response_type
        assert body["message"] == body["Message"], response_type
        # API Gateway would send its own x-amzn-ErrorType in addition to a custom one, and botocore would join the two.
        assert response.get("ResponseParameters", {}).keys() <= {RETRY_AFTER}


def test_gateway_responses_are_fixed_texts(template: Template) -> None:
    assert "$" not in json.dumps(gateway_responses(template))


def test_gateway_responses_say_when_to_retry_if_waiting_helps() -> None:
    template = template_with(api_key_required=True)

    with_header = {
        name: response["ResponseParameters"][RETRY_AFTER]
        for name, response in gateway_responses(template).items()
        if RETRY_AFTER in response.get("ResponseParameters", {})
    }
    assert with_header == {"INTEGRATION_FAILURE": "'1'", "QUOTA_EXCEEDED": "'1'", "THROTTLED": "'1'"}


def test_new_deployment_waits_for_every_gateway_response(template: Template) -> None:
    (deployment,) = resources(template, "AWS::ApiGateway::Deployment").values()

    assert set(resources(template, "AWS::ApiGateway::GatewayResponse")) <= set(deployment["DependsOn"])
