"""Who may call a method: identity and resource policies combined, and the error for a denied caller."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.credentials import Credentials

from connect_constructs.local.emulator import ACCOUNT, REGION
from tests.local.gaps.emulated_aws import OTHER_ACCOUNT, OTHER_ROOT, ROOT, Answer, Api, EmulatedAws, allow, deny

_ALLOW = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
_DENY = {**_ALLOW, "Effect": "Deny"}
_IDENTITY_POLICIES: dict[str, list[dict[str, Any]]] = {"Allow": [_ALLOW], "neither": [], "Deny": [_DENY]}
_RESOURCE_POLICIES = {
    "Allow": [allow("*")],
    "neither": [allow("*", Resource="execute-api:/prod/POST/else")],
    "Deny": [allow("*"), deny("*")],
    "none": None,
}
# API Gateway Developer Guide, "API Gateway authorization flow". A missing policy has the same effect as one without a
# matching statement.
_TABLE_A = {
    ("Allow", "Allow"): "Allow",
    ("Allow", "neither"): "Allow",
    ("Allow", "none"): "Allow",
    ("Allow", "Deny"): "Deny",
    ("neither", "Allow"): "Allow",
    ("neither", "neither"): "Deny",
    ("neither", "none"): "Deny",
    ("neither", "Deny"): "Deny",
    ("Deny", "Allow"): "Deny",
    ("Deny", "neither"): "Deny",
    ("Deny", "none"): "Deny",
    ("Deny", "Deny"): "Deny",
}
_TABLE_B = {pair: "Allow" if pair == ("Allow", "Allow") else "Deny" for pair in _TABLE_A}


@pytest.fixture(scope="module")
def nobody(aws: EmulatedAws) -> Credentials:
    """A user in the API's account without any policy."""
    return aws.create_user()


@pytest.fixture(scope="module")
def anybody(aws: EmulatedAws) -> Credentials:
    """A user in the API's account who may invoke everything."""
    return aws.create_user(_ALLOW)


def _decision(answer: Answer) -> str:
    if answer.status == 200:
        return "Allow"
    assert (answer.status, answer.error_types) == (403, ["AccessDeniedException"])
    return "Deny"


@pytest.fixture(scope="module")
def apis(aws: EmulatedAws) -> Mapping[str, Api]:
    return {name: aws.create_api(policy=policy) for name, policy in _RESOURCE_POLICIES.items()}


@pytest.mark.parametrize(
    ("root", "table"), [(ROOT, _TABLE_A), (OTHER_ROOT, _TABLE_B)], ids=["same account", "another account"]
)
def test_identity_and_resource_policy_are_taken_together(
    aws: EmulatedAws, apis: Mapping[str, Api], root: Credentials, table: dict[tuple[str, str], str]
) -> None:
    users = {name: aws.create_user(*statements, root=root) for name, statements in _IDENTITY_POLICIES.items()}

    decisions = {
        (identity, resource): _decision(api.call(user))
        for identity, user in users.items()
        for resource, api in apis.items()
    }

    assert decisions == table


def test_root_needs_no_policy_in_its_own_account_and_one_elsewhere(apis: Mapping[str, Api]) -> None:
    assert {name: _decision(api.call(ROOT)) for name, api in apis.items()} == {
        "Allow": "Allow",
        "neither": "Allow",
        "Deny": "Deny",
        "none": "Allow",
    }
    assert {name: _decision(api.call(OTHER_ROOT)) for name, api in apis.items()} == {
        "Allow": "Allow",
        "neither": "Deny",
        "Deny": "Deny",
        "none": "Deny",
    }


@pytest.mark.parametrize("principal", [OTHER_ACCOUNT, f"arn:aws:iam::{OTHER_ACCOUNT}:root"])
def test_principal_that_is_an_account_is_each_of_its_users(
    aws: EmulatedAws, nobody: Credentials, principal: str
) -> None:
    api = aws.create_api(policy=[allow({"AWS": principal})])

    assert _decision(api.call(aws.create_user(_ALLOW, root=OTHER_ROOT))) == "Allow"
    assert _decision(api.call(nobody)) == "Deny"


@pytest.mark.parametrize("root", [ROOT, OTHER_ROOT], ids=["same account", "another account"])
def test_principal_that_is_a_role_is_each_of_its_sessions(aws: EmulatedAws, root: Credentials) -> None:
    account = ACCOUNT if root is ROOT else OTHER_ACCOUNT
    statements = [_ALLOW] if root is OTHER_ROOT else []
    named, other = (aws.create_role({"AWS": f"arn:aws:iam::{account}:root"}, *statements, root=root) for _ in "12")
    api = aws.create_api(policy=[allow({"AWS": named})])

    assert _decision(api.call(aws.assume_role(named, root))) == "Allow"
    assert _decision(api.call(aws.assume_role(other, root))) == "Deny"


def test_principal_that_is_a_user_is_that_user_only(aws: EmulatedAws, nobody: Credentials) -> None:
    user = aws.create_user()
    arn = aws.client("sts", user).get_caller_identity()["Arn"]
    api = aws.create_api(policy=[allow({"AWS": arn})])

    assert _decision(api.call(user)) == "Allow"
    assert _decision(api.call(nobody)) == "Deny"


@pytest.mark.parametrize(
    ("condition", "decision"),
    [
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, "Allow"),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, "Deny"),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, "Allow"),
        ({"StringEquals": {"aws:PrincipalAccount": OTHER_ACCOUNT}}, "Deny"),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/*"}}, "Allow"),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}}, "Deny"),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, "Deny"),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, "Allow"),
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, "Deny"),
    ],
)
def test_condition_of_the_resource_policy_is_evaluated(
    aws: EmulatedAws, nobody: Credentials, condition: dict[str, Any], decision: str
) -> None:
    api = aws.create_api(policy=[allow("*", condition=condition)])

    assert _decision(api.call(nobody)) == decision


def test_condition_on_the_organization_is_evaluated(aws: EmulatedAws, nobody: Credentials) -> None:
    organization = aws.client("organizations", OTHER_ROOT).describe_organization()["Organization"]["Id"]
    condition = {"StringEquals": {"aws:PrincipalOrgID": organization}}
    api = aws.create_api(policy=[allow("*", condition=condition)])

    assert _decision(api.call(aws.create_user(_ALLOW, root=OTHER_ROOT))) == "Allow"
    assert _decision(api.call(nobody)) == "Deny"


def test_call_by_the_host_of_a_vpc_endpoint_comes_through_that_endpoint(aws: EmulatedAws, nobody: Credentials) -> None:
    endpoint_id, other_id = aws.create_vpc_endpoint(), aws.create_vpc_endpoint()
    endpoints = aws.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[endpoint_id])["VpcEndpoints"]
    condition = {"StringEquals": {"aws:SourceVpce": endpoint_id, "aws:SourceVpc": endpoints[0]["VpcId"]}}
    api = aws.create_api(policy=[allow("*", condition=condition)], vpc_endpoint_ids=[endpoint_id, other_id])

    through_it, through_another = (
        api.call(nobody, headers={"Host": f"{api.api_id}-{id_}.execute-api.{REGION}.amazonaws.com"})
        for id_ in (endpoint_id, other_id)
    )

    assert (_decision(through_it), _decision(through_another)) == ("Allow", "Deny")


def test_long_resource_of_the_policy_is_the_same_as_the_short_one(aws: EmulatedAws, nobody: Credentials) -> None:
    api = aws.create_api(policy=[])
    aws.set_policy(api, [allow("*", Resource=api.arn)])

    assert _decision(api.call(nobody)) == "Allow"


def test_resource_policy_takes_effect_with_the_next_deployment(aws: EmulatedAws, nobody: Credentials) -> None:
    api = aws.create_api(policy=[allow("*")])

    aws.set_policy(api, [deny("*")], deploys=False)
    before = _decision(api.call(nobody))
    aws.client("apigateway").create_deployment(restApiId=api.api_id, stageName="prod")

    assert (before, _decision(api.call(nobody))) == ("Allow", "Deny")


@pytest.mark.parametrize("policy", _RESOURCE_POLICIES)
def test_open_method_needs_an_allow_in_the_resource_policy_if_there_is_one(aws: EmulatedAws, policy: str) -> None:
    api = aws.create_api(authorization="NONE", policy=_RESOURCE_POLICIES[policy])

    answer = api.call()

    expected = {"Allow": "Allow", "neither": "Deny", "Deny": "Deny", "none": "Allow"}
    assert _decision(answer) == expected[policy]
    if answer.status == 403:
        assert answer.body["Message"].startswith(
            "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
        )


def test_policy_for_a_principal_does_not_allow_the_open_options(aws: EmulatedAws, anybody: Credentials) -> None:
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    api = aws.create_api(policy=[allow(principal)])
    aws.add_open_options(api)
    without = api.call(method="OPTIONS")

    aws.set_policy(api, [allow(principal), allow("*", Resource="execute-api:/prod/OPTIONS/updates")])

    assert (_decision(without), api.call(method="OPTIONS").status) == ("Deny", 200)
    assert _decision(api.call(anybody)) == "Allow"


@pytest.mark.parametrize("policy", _RESOURCE_POLICIES)
def test_cognitos_token_needs_an_allow_in_the_resource_policy_if_there_is_one(aws: EmulatedAws, policy: str) -> None:
    pool_arn, token = aws.create_cognito_token()
    authorizer = {
        "type": "COGNITO_USER_POOLS",
        "providerARNs": [pool_arn],
        "identitySource": "method.request.header.Authorization",
    }
    api = aws.create_api(authorization="COGNITO_USER_POOLS", authorizer=authorizer, policy=_RESOURCE_POLICIES[policy])

    expected = {"Allow": "Allow", "neither": "Deny", "Deny": "Deny", "none": "Allow"}
    assert _decision(api.call(headers={"Authorization": token})) == expected[policy]
    assert api.call(headers={"Authorization": "no token"}).error_types == ["UnauthorizedException"]


@pytest.mark.parametrize("effect", _IDENTITY_POLICIES)
def test_lambda_authorizers_policy_and_the_resource_policy_are_taken_together(aws: EmulatedAws, effect: str) -> None:
    statements = _IDENTITY_POLICIES[effect]
    code = f"""
def handler(event, context):
    statements = {json.dumps(statements)}
    return {{"principalId": "caller", "policyDocument": {{"Version": "2012-10-17", "Statement": statements}}}}
"""
    function = aws.create_function(code)
    authorizer = {
        "type": "REQUEST",
        "authorizerUri": aws.invocation_uri(function),
        "identitySource": "method.request.header.X-Token",
    }
    decisions = {}
    for name, policy in _RESOURCE_POLICIES.items():
        api = aws.create_api(authorization="CUSTOM", authorizer=authorizer, policy=policy)
        decisions[effect, name] = _decision(api.call(headers={"X-Token": "token"}))

    assert decisions == {pair: decision for pair, decision in _TABLE_A.items() if pair[0] == effect}


def test_deny_in_the_resource_policy_comes_before_the_lambda_authorizer(aws: EmulatedAws) -> None:
    function = aws.create_function("def handler(event, context): raise ValueError")
    authorizer = {"type": "TOKEN", "authorizerUri": aws.invocation_uri(function)}
    api = aws.create_api(authorization="CUSTOM", authorizer=authorizer, policy=[deny("*")])

    assert api.call(headers={"Authorization": "token"}).error_types == ["AccessDeniedException"]


def test_denied_caller_gets_the_gateway_response(aws: EmulatedAws, nobody: Credentials) -> None:
    response = {
        "statusCode": "418",
        "responseTemplates": {"application/json": '{"message": "no"}'},
        "responseParameters": {"gatewayresponse.header.X-Own": "'1'"},
    }
    api = aws.create_api(gateway_responses={"ACCESS_DENIED": response})

    answer = api.call(nobody)

    assert (answer.status, answer.body, answer.headers["X-Own"]) == (418, {"message": "no"}, "1")
    assert "arn:" not in f"{answer.text}{dict(answer.headers)}"


def test_denied_caller_without_a_gateway_response_is_told_who_and_why(aws: EmulatedAws, nobody: Credentials) -> None:
    api = aws.create_api()
    arn = aws.client("sts", nobody).get_caller_identity()["Arn"]

    answer = api.call(nobody)

    masked = api.arn.replace(ACCOUNT, f"********{ACCOUNT[-4:]}")
    assert answer.body == {
        "Message": f"User: {arn} is not authorized to perform: execute-api:Invoke on resource: {masked} "
        "because no identity-based policy allows the execute-api:Invoke action"
    }


@pytest.mark.parametrize("credentials", ["user", "root"])
@pytest.mark.parametrize(
    ("scope", "message"),
    [
        (("connect", REGION), "Credential should be scoped to correct service: 'execute-api'. "),
        (("execute-api", "eu-west-1"), "Credential should be scoped to a valid region. "),
    ],
)
def test_signature_for_another_service_or_region_is_refused(
    aws: EmulatedAws, anybody: Credentials, credentials: str, scope: tuple[str, str], message: str
) -> None:
    template = {"application/json": '{"text": $context.error.messageString}'}
    api = aws.create_api(gateway_responses={"INVALID_SIGNATURE": {"responseTemplates": template}})

    service, region = scope
    answer = api.call(anybody if credentials == "user" else ROOT, service=service, region=region)

    assert (answer.status, answer.error_types) == (403, ["InvalidSignatureException"])
    assert answer.body == {"text": message}


def test_expired_token_gets_its_gateway_response(aws: EmulatedAws) -> None:
    template = {"application/json": '{"text": $context.error.messageString}'}
    api = aws.create_api(gateway_responses={"EXPIRED_TOKEN": {"responseTemplates": template}})
    role = aws.create_role({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, _ALLOW)
    session = aws.assume_role(role, seconds=1)
    time.sleep(1.1)

    answer = api.call(session)

    assert (answer.status, answer.error_types) == (403, ["ExpiredTokenException"])
    assert answer.body == {"text": "The security token included in the request is expired"}


def test_correctly_signed_call_to_an_unknown_path_is_told_so(aws: EmulatedAws, nobody: Credentials) -> None:
    answer = aws.create_api().call(nobody, path="/else")

    assert answer.body == {"message": "Missing Authentication Token"}
    assert answer.error_types == ["MissingAuthenticationTokenException"]


@pytest.mark.parametrize("root", [ROOT, OTHER_ROOT], ids=["same account", "another account"])
def test_function_is_told_who_the_caller_is(aws: EmulatedAws, root: Credentials) -> None:
    account = ACCOUNT if root is ROOT else OTHER_ACCOUNT
    user = aws.create_user(_ALLOW, root=root)
    role = aws.create_role({"AWS": f"arn:aws:iam::{account}:root"}, _ALLOW, root=root)
    session = aws.assume_role(role, root)
    api = aws.create_api(policy=[allow("*")])

    for caller in (user, session):
        known = aws.client("sts", caller).get_caller_identity()
        identity = api.call(caller).body["requestContext"]["identity"]
        assert {name: identity[name] for name in ("accountId", "userArn", "caller", "user", "accessKey")} == {
            "accountId": account,
            "userArn": known["Arn"],
            "caller": known["UserId"],
            "user": known["UserId"],
            "accessKey": caller.access_key,
        }
