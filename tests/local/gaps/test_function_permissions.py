"""API Gateway may only invoke functions whose policy allows it."""

from __future__ import annotations

import pytest
from botocore.credentials import Credentials

from connect_constructs.local.emulator import ACCOUNT, REGION
from tests.local.gaps.emulated_aws import EmulatedAws

_ALLOWS = """
def handler(event, context):
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    return {"principalId": "caller", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""


@pytest.fixture(scope="module")
def caller(aws: EmulatedAws) -> Credentials:
    return aws.create_user({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"})


@pytest.mark.parametrize(
    ("permitted", "status"),
    [(None, 500), ("prod/POST/else", 500), ("test/POST/updates", 500), ("prod/POST/updates", 200), ("*/POST/*", 200)],
)
def test_method_needs_the_permission_of_its_function(
    aws: EmulatedAws, caller: Credentials, permitted: str | None, status: int
) -> None:
    function = aws.create_function(is_permitted=False)
    api = aws.create_api(function_name=function)
    if permitted:
        aws.permit_invocation(function, f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api.api_id}/{permitted}")

    answer = api.call(caller)

    assert answer.status == status
    if status == 500:
        assert answer.error_types == ["InternalServerErrorException"]
        assert answer.body == {"message": "Internal server error"}


@pytest.mark.parametrize("is_permitted", [False, True])
def test_authorizer_needs_the_permission_of_its_function(aws: EmulatedAws, is_permitted: bool) -> None:
    function = aws.create_function(_ALLOWS, is_permitted=False)
    authorizer = {"type": "TOKEN", "authorizerUri": aws.invocation_uri(function)}
    api = aws.create_api(authorization="CUSTOM", authorizer=authorizer)
    if is_permitted:
        (found,) = aws.client("apigateway").get_authorizers(restApiId=api.api_id)["items"]
        source = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api.api_id}/authorizers/{found['id']}"
        aws.permit_invocation(function, source)

    answer = api.call(headers={"Authorization": "token"})

    assert answer.status == (200 if is_permitted else 500)
    assert answer.error_types == ([] if is_permitted else ["AuthorizerConfigurationException"])
