"""API Gateway's own errors: a gateway response cannot replace their types, but can map other parts."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.local.gaps.emulated_aws import Api, EmulatedAws

_INVOKE = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}


@pytest.fixture(scope="module")
def caller(aws: EmulatedAws) -> Credentials:
    return aws.create_user(_INVOKE)


@pytest.fixture(scope="module")
def plain(aws: EmulatedAws) -> Api:
    return aws.create_api()


def test_its_own_type_is_sent_after_the_one_of_the_gateway_response(aws: EmulatedAws) -> None:
    headers = {"gatewayresponse.header.x-amzn-ErrorType": "'CustomException'"}
    api = aws.create_api(gateway_responses={"MISSING_AUTHENTICATION_TOKEN": {"responseParameters": headers}})

    answer = api.call()

    assert answer.status == 403
    assert answer.error_types == ["CustomException", "MissingAuthenticationTokenException"]


def test_type_of_a_default_response_is_sent_first_too(aws: EmulatedAws, caller: Credentials) -> None:
    headers = {"gatewayresponse.header.X-Amzn-Errortype": "'CustomException'"}
    api = aws.create_api(gateway_responses={"DEFAULT_4XX": {"responseParameters": headers}})

    answer = api.call(Credentials(caller.access_key, "wrong"))

    assert answer.error_types == ["CustomException", "InvalidSignatureException"]


@pytest.mark.parametrize("is_customised", [False, True])
def test_its_own_type_of_each_error(aws: EmulatedAws, caller: Credentials, is_customised: bool) -> None:
    template = {"responseTemplates": {"application/json": '{"own": true}'}}
    types = ("DEFAULT_4XX", "DEFAULT_5XX", "ACCESS_DENIED", "THROTTLED", "QUOTA_EXCEEDED", "INVALID_API_KEY")
    responses = dict.fromkeys(types, template) if is_customised else None
    api = aws.create_api(gateway_responses=responses)
    needs_key = aws.create_api(api_key_required=True, gateway_responses=responses)
    spent_key = {"x-api-key": _spent_key(aws, needs_key, caller)}

    answers = {
        "not signed": api.call(),
        "unknown path": api.call(caller, path="/else"),
        "wrong secret": api.call(Credentials(caller.access_key, "wrong")),
        "unknown key": api.call(Credentials("AKIAUNKNOWN", "secret")),
        "not a signature": api.call(headers={"Authorization": "Bearer token"}),
        "not a signature, unknown path": api.call(path="/else", headers={"Authorization": "Bearer token"}),
        "not allowed": api.call(aws.create_user()),
        "no API key": needs_key.call(caller),
        "quota": needs_key.call(caller, headers=spent_key),
        "throttle": _throttled(aws, api).call(caller),
        "no function": aws.create_api(gateway_responses=responses, function_name="none").call(caller),
    }

    assert {name: (answer.status, answer.error_types) for name, answer in answers.items()} == {
        "not signed": (403, ["MissingAuthenticationTokenException"]),
        "unknown path": (403, ["MissingAuthenticationTokenException"]),
        "wrong secret": (403, ["InvalidSignatureException"]),
        "unknown key": (403, ["UnrecognizedClientException"]),
        "not a signature": (403, ["IncompleteSignatureException"]),
        "not a signature, unknown path": (403, ["IncompleteSignatureException"]),
        "not allowed": (403, ["AccessDeniedException"]),
        "no API key": (403, ["ForbiddenException"]),
        "quota": (429, ["LimitExceededException"]),
        "throttle": (429, ["TooManyRequestsException"]),
        "no function": (500, ["InternalServerErrorException"]),
    }
    assert all((answer.body == {"own": True}) == is_customised for answer in answers.values())


def test_status_of_a_default_response_is_that_of_all_its_responses(aws: EmulatedAws) -> None:
    api = aws.create_api(gateway_responses={"DEFAULT_4XX": {"statusCode": "418"}})

    assert api.call().status == 418


def test_response_of_a_type_that_does_not_exist_is_refused(aws: EmulatedAws, plain: Api) -> None:
    with pytest.raises(ClientError) as refused:
        aws.client("apigateway").put_gateway_response(restApiId=plain.api_id, responseType="BUSY")

    assert refused.value.response["Error"]["Code"] == "BadRequestException"


def test_header_is_mapped_by_its_name_as_it_was_sent(aws: EmulatedAws) -> None:
    headers = {"gatewayresponse.header.Access-Control-Allow-Origin": "method.request.header.Origin"}
    api = aws.create_api(gateway_responses={"MISSING_AUTHENTICATION_TOKEN": {"responseParameters": headers}})

    assert api.call(headers={"Origin": "https://a"}).headers["Access-Control-Allow-Origin"] == "https://a"
    assert "Access-Control-Allow-Origin" not in api.call(headers={"origin": "https://a"}).headers


@pytest.mark.parametrize(
    ("response", "status"),
    [(None, 500), ({"responseTemplates": {"application/json": "{}"}}, 504), ({"statusCode": "503"}, 503)],
    ids=["not customised", "customised without a status", "customised with a status"],
)
def test_throttled_function_is_an_integration_failure(
    aws: EmulatedAws, caller: Credentials, response: dict[str, Any] | None, status: int
) -> None:
    function = aws.create_function()
    aws.client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    responses = {"INTEGRATION_FAILURE": response} if response else None
    api = aws.create_api(gateway_responses=responses, function_name=function)

    answer = api.call(caller)

    assert (answer.status, answer.error_types) == (status, ["InternalServerErrorException"])
    assert answer.body in ({"message": "Internal server error"}, {})


def test_function_that_fails_is_a_bad_gateway_without_details(aws: EmulatedAws, caller: Credentials) -> None:
    function = aws.create_function("def handler(event, context): raise ValueError('secret')")
    api = aws.create_api(function_name=function)

    answer = api.call(caller)

    assert (answer.status, answer.body) == (502, {"message": "Internal server error"})
    assert answer.error_types == ["InternalServerErrorException"]


def _spent_key(aws: EmulatedAws, api: Api, caller: Credentials) -> str:
    """Create an API key whose quota is used up. Returns its value."""
    gateway = aws.client("apigateway")
    key = gateway.create_api_key(name="key", enabled=True)
    stages, quota = [{"apiId": api.api_id, "stage": "prod"}], {"limit": 1, "period": "DAY"}
    plan = gateway.create_usage_plan(name="plan", apiStages=stages, quota=quota)
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    value: str = gateway.get_api_key(apiKey=key["id"], includeValue=True)["value"]
    assert api.call(caller, headers={"x-api-key": value}).status == 200
    return value


def _throttled(aws: EmulatedAws, api: Api) -> Api:
    operations = [
        {"op": "replace", "path": f"/*/*/throttling/{limit}", "value": "0"} for limit in ("rateLimit", "burstLimit")
    ]
    aws.client("apigateway").update_stage(restApiId=api.api_id, stageName="prod", patchOperations=operations)
    return api
