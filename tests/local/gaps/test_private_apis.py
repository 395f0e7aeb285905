"""Private REST APIs: the way to them, their resource policy, and the policies of VPC endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from connect_constructs.local.emulator import ACCOUNT, REGION
from tests.local.gaps.emulated_aws import Answer, Api, EmulatedAws, allow, deny

_ALLOW_INVOKE = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
_DEFAULT_ENDPOINT_POLICY = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


@pytest.fixture(scope="module")
def nobody(aws: EmulatedAws) -> Credentials:
    """A user of the API's account without any policy."""
    return aws.create_user()


@pytest.fixture(scope="module")
def anybody(aws: EmulatedAws) -> Credentials:
    """A user of the API's account who may invoke everything."""
    return aws.create_user(_ALLOW_INVOKE)


@pytest.fixture(scope="module")
def endpoint_id(aws: EmulatedAws) -> str:
    return aws.create_vpc_endpoint()


@pytest.fixture(scope="module")
def other_endpoint_id(aws: EmulatedAws) -> str:
    return aws.create_vpc_endpoint()


def _open_api(aws: EmulatedAws, *endpoint_ids: str) -> Api:
    return aws.create_api(authorization="NONE", policy=[allow("*")], vpc_endpoint_ids=endpoint_ids)


def _is_unreachable(answer: Answer) -> bool:
    return (answer.status, answer.error_types, answer.body) == (
        403,
        ["ForbiddenException"],
        {"message": "Forbidden"},
    )


def _is_denied(answer: Answer) -> bool:
    return (answer.status, answer.error_types) == (403, ["AccessDeniedException"])


def test_private_api_is_called_through_vpc_endpoints_only(
    aws: EmulatedAws, endpoint_id: str, other_endpoint_id: str
) -> None:
    api = _open_api(aws, endpoint_id)

    # With a Host header, on AWS, every endpoint leads to every private API.
    assert api.through(endpoint_id).call().status == 200
    assert api.through(other_endpoint_id).call().status == 200
    assert _is_unreachable(api.call())


def test_resource_policy_keeps_out_other_endpoints(aws: EmulatedAws, endpoint_id: str, other_endpoint_id: str) -> None:
    bound = deny("*", condition={"StringNotEquals": {"aws:SourceVpce": endpoint_id}})
    api = aws.create_api(
        authorization="NONE", policy=[allow("*"), bound], vpc_endpoint_ids=[endpoint_id, other_endpoint_id]
    )

    assert api.through(endpoint_id).call().status == 200
    assert _is_denied(api.through(other_endpoint_id).call())
    assert _is_denied(api.through("vpce-0123456789abcdef0").call())


def test_unknown_path_of_a_private_api_is_just_as_unreachable(aws: EmulatedAws, endpoint_id: str) -> None:
    api = _open_api(aws, endpoint_id)

    assert _is_unreachable(api.call(path="/else"))
    assert api.through(endpoint_id).call(path="/else").error_types == ["MissingAuthenticationTokenException"]


def test_regional_api_is_not_called_through_a_vpc_endpoint(aws: EmulatedAws, endpoint_id: str) -> None:
    api = aws.create_api(authorization="NONE")

    assert api.call().status == 200
    assert _is_unreachable(api.through(endpoint_id).call())


def test_host_name_of_the_endpoint_is_the_same_as_its_path(aws: EmulatedAws, endpoint_id: str) -> None:
    api = _open_api(aws, endpoint_id)
    port = aws.url.rpartition(":")[2]
    by_host = Api(f"{aws.url}/prod", api.api_id, api.resource_id, api.function_name)

    hosts = [f"{api.api_id}-{endpoint_id}.execute-api.localhost:{port}", f"{api.api_id}.execute-api.localhost:{port}"]
    through_it, directly = (by_host.call(headers={"Host": host}) for host in hosts)

    assert through_it.status == 200
    assert _is_unreachable(directly)


def test_signature_covers_the_address_that_was_called(
    aws: EmulatedAws, endpoint_id: str, anybody: Credentials, nobody: Credentials
) -> None:
    condition = {"StringNotEquals": {"aws:SourceVpce": endpoint_id}}
    api = aws.create_api(policy=[deny("*", condition=condition)], vpc_endpoint_ids=[endpoint_id])

    assert api.through(endpoint_id).call(anybody).status == 200
    assert _is_denied(api.through(endpoint_id).call(nobody))
    assert api.through(endpoint_id).call(anybody, service="connect").error_types == ["InvalidSignatureException"]


@pytest.mark.parametrize(
    ("condition", "is_met"),
    [
        ({"StringEquals": {"aws:SourceVpce": "ENDPOINT"}}, True),
        ({"StringNotEquals": {"aws:SourceVpce": ["vpce-1", "ENDPOINT"]}}, False),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, False),
        # The source address is one of the VPC's, and has a key of its own.
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, False),
        ({"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:VpcSourceIp": "127.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:VpcSourceIp": "192.0.2.0/24"}}, False),
    ],
)
def test_condition_keys_of_a_call_through_an_endpoint(
    aws: EmulatedAws, endpoint_id: str, condition: Mapping[str, Any], is_met: bool
) -> None:
    values = {
        operator: {
            key: [endpoint_id if value == "ENDPOINT" else value for value in ([one] if isinstance(one, str) else one)]
            for key, one in test.items()
        }
        for operator, test in condition.items()
    }
    api = aws.create_api(
        authorization="NONE", policy=[allow("*", condition=values)], vpc_endpoint_ids=[endpoint_id]
    ).through(endpoint_id)

    assert api.call().status == 200 if is_met else _is_denied(api.call())


def test_private_api_without_a_resource_policy_is_not_deployed(aws: EmulatedAws, endpoint_id: str) -> None:
    with pytest.raises(ClientError, match="Private REST API doesn't have a resource policy attached to it"):
        aws.create_api(vpc_endpoint_ids=[endpoint_id])


def test_stack_of_a_private_api_without_a_resource_policy_fails(aws: EmulatedAws, endpoint_id: str) -> None:
    def resources(policy: Mapping[str, Any]) -> dict[str, Any]:
        endpoint_configuration = {"Types": ["PRIVATE"], "VpcEndpointIds": [endpoint_id]}
        method = {
            "RestApiId": {"Ref": "Api"},
            "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
            "HttpMethod": "POST",
            "AuthorizationType": "AWS_IAM",
            "Integration": {"Type": "MOCK"},
        }
        return {
            "Api": {
                "Type": "AWS::ApiGateway::RestApi",
                "Properties": {"Name": "private", "EndpointConfiguration": endpoint_configuration, **policy},
            },
            "Method": {"Type": "AWS::ApiGateway::Method", "Properties": method},
            "Deployment": {
                "Type": "AWS::ApiGateway::Deployment",
                "Properties": {"RestApiId": {"Ref": "Api"}},
                "DependsOn": "Method",
            },
        }

    without = aws.create_stack(resources({}))
    statement = {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    with_one = aws.create_stack(resources({"Policy": {"Version": "2012-10-17", "Statement": [statement]}}))

    assert without.status().startswith("ROLLBACK")
    assert any("have a resource policy attached to it" in reason for reason in without.failures()), without.failures()
    assert with_one.status() == "CREATE_COMPLETE"
    found = aws.client("apigateway").get_rest_api(restApiId=with_one.physical_id("Api"))
    assert found["endpointConfiguration"] == {"types": ["PRIVATE"], "vpcEndpointIds": [endpoint_id]}


@pytest.mark.parametrize("policy", [None, [_DEFAULT_ENDPOINT_POLICY]], ids=["no policy", "the default policy"])
def test_default_endpoint_policy_looks_at_no_signature(
    aws: EmulatedAws, nobody: Credentials, policy: list[dict[str, Any]] | None
) -> None:
    endpoint_id = aws.create_vpc_endpoint(policy)
    api = _open_api(aws, endpoint_id).through(endpoint_id)

    assert api.call(nobody, service="connect").status == 200
    assert api.call(nobody).status == 200
    assert api.call().status == 200


def test_custom_endpoint_policy_refuses_an_invalid_signature_even_for_an_open_method(
    aws: EmulatedAws, nobody: Credentials
) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}
    endpoint_id = aws.create_vpc_endpoint([statement])
    api = _open_api(aws, endpoint_id).through(endpoint_id)

    assert api.call(nobody, service="connect").error_types == ["InvalidSignatureException"]
    assert api.call(nobody).status == 200
    # Neither of these is a signature, so that the caller is anonymous.
    assert api.call().status == 200
    assert api.call(headers={"Authorization": "Bearer token"}).status == 200


@pytest.mark.parametrize("authorization", ["NONE", "AWS_IAM"])
def test_custom_endpoint_policy_must_allow_beside_everything_else(
    aws: EmulatedAws, anybody: Credentials, authorization: str
) -> None:
    elsewhere = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:0123456789/*"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": elsewhere}
    closed = aws.create_vpc_endpoint([statement])
    api = aws.create_api(authorization=authorization, policy=[allow("*")], vpc_endpoint_ids=[closed]).through(closed)

    assert _is_denied(api.call(anybody))


def test_custom_endpoint_policy_sees_who_has_signed(
    aws: EmulatedAws, anybody: Credentials, nobody: Credentials
) -> None:
    arn = aws.client("sts", anybody).get_caller_identity()["Arn"]
    endpoint_id = aws.create_vpc_endpoint([{**_DEFAULT_ENDPOINT_POLICY, "Principal": {"AWS": arn}}])
    api = _open_api(aws, endpoint_id).through(endpoint_id)

    assert api.call(anybody).status == 200
    assert _is_denied(api.call(nobody))
    assert _is_denied(api.call())
