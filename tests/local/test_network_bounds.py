"""Endpoints that are bounded by networks, deployed: who gets in from where."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from connect_constructs.local import LocalAws
from connect_constructs.local.rest_api import RestApi
from tests.local.gaps.emulated_aws import MAY_INVOKE, OTHER_ACCOUNT, OTHER_ROOT, EmulatedAws

APP = Path(__file__).with_name("network_app")
ORIGIN = "https://crm.example.com"


@pytest.fixture(scope="module")
def local() -> Iterator[LocalAws]:
    with LocalAws(APP, context={"other_account": OTHER_ACCOUNT}) as local:
        yield local


@pytest.fixture(scope="module")
def aws(local: LocalAws) -> EmulatedAws:
    return EmulatedAws(local.url)


@pytest.fixture(scope="module")
def callers(aws: EmulatedAws) -> dict[str, Credentials]:
    return {
        "without a policy": aws.create_user(),
        "with a policy": aws.create_user(MAY_INVOKE),
        "another account's": aws.create_user(MAY_INVOKE, root=OTHER_ROOT),
    }


def api_named(local: LocalAws, name: str) -> RestApi:
    (api,) = [api for api in local.rest_apis if api.api_id == local.outputs["Network"][f"{name}ApiId"]]
    return api


def call(
    endpoint: str,
    path: str,
    body: dict[str, Any],
    *,
    signed_by: Credentials | None = None,
    service: str = "execute-api",
    method: str = "POST",
    headers: dict[str, str | None] | None = None,
) -> urllib3.BaseHTTPResponse:
    given = {"Content-Type": "application/json", **(headers or {})}
    sent = {name: value for name, value in given.items() if value is not None}
    request = AWSRequest(method, f"{endpoint}{path}", sent, json.dumps(body))
    if signed_by:
        SigV4Auth(signed_by, service, "us-east-1").add_auth(request)
    prepared = request.prepare()
    return urllib3.PoolManager(retries=False).request(
        method, prepared.url, body=prepared.body, headers=dict(prepared.headers.items())
    )


def statuses(local: LocalAws, endpoint: str, **options: Any) -> list[int]:
    """The statuses of a call of each operation, which change the contact if and only if they are 200."""
    contact_id, instance_id = local.connect.create_contact(name="before"), local.connect.instance_ids[0]
    attributes = {"InstanceId": instance_id, "InitialContactId": contact_id, "Attributes": {"tier": "gold"}}
    found = [
        call(endpoint, "/contact/attributes", attributes, **options).status,
        call(endpoint, f"/contacts/{instance_id}/{contact_id}", {"Name": "after"}, **options).status,
    ]
    contact = local.connect.contact(contact_id)
    assert contact.attributes == ({"tier": "gold"} if found[0] == 200 else {})
    assert contact.details["Name"] == ("after" if found[1] == 200 else "before")
    return found


def test_urls_of_a_private_api_name_its_vpc_endpoints(local: LocalAws) -> None:
    outputs, api = local.outputs["Network"], api_named(local, "Private")
    first, second, _ = outputs["VpcEndpointIds"].split()

    assert api.vpc_endpoint_ids == (first, second)
    assert outputs["PrivateUrls"].split() == [
        f"https://{api.api_id}-{id_}.execute-api.us-east-1.amazonaws.com/prod" for id_ in (first, second)
    ]


@pytest.mark.parametrize("position", [0, 1])
def test_private_api_takes_permitted_callers_through_each_of_its_endpoints(
    local: LocalAws, callers: dict[str, Credentials], position: int
) -> None:
    api = api_named(local, "Private")
    endpoint = local.endpoint_of(api, api.vpc_endpoint_ids[position])

    assert statuses(local, endpoint, signed_by=callers["with a policy"]) == [200, 200]
    assert statuses(local, endpoint, signed_by=callers["another account's"]) == [200, 200]
    # Inside the bounds, too, a user of the same account needs a permission.
    assert statuses(local, endpoint, signed_by=callers["without a policy"]) == [403, 403]
    assert statuses(local, endpoint) == [403, 403]


def test_private_api_takes_nobody_in_another_way(local: LocalAws, callers: dict[str, Credentials]) -> None:
    api = api_named(local, "Private")
    elsewhere = local.endpoint_of(api, local.outputs["Network"]["VpcEndpointIds"].split()[2])
    directly = local.endpoint_of(api).replace(f"-{api.vpc_endpoint_ids[0]}", "")

    for endpoint in (elsewhere, directly):
        for caller in callers.values():
            assert statuses(local, endpoint, signed_by=caller) == [403, 403]


def test_preflights_pass_inside_the_bounds_only(local: LocalAws) -> None:
    api = api_named(local, "Private")
    elsewhere = local.outputs["Network"]["VpcEndpointIds"].split()[2]

    inside, outside = (
        call(endpoint, "/contact/attributes", {}, method="OPTIONS", headers={"Origin": ORIGIN})
        for endpoint in (local.endpoint_of(api), local.endpoint_of(api, elsewhere))
    )

    assert inside.status in (200, 204)
    assert inside.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert outside.status == 403


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Inside", {"without a policy": 403, "with a policy": 200, "another account's": 200}),
        ("Outside", {"without a policy": 403, "with a policy": 403, "another account's": 403}),
    ],
)
def test_address_ranges_bound_callers_and_let_nobody_in(
    local: LocalAws, callers: dict[str, Credentials], name: str, expected: dict[str, int]
) -> None:
    endpoint = local.endpoint_of(api_named(local, name))

    found = {caller: statuses(local, endpoint, signed_by=key) for caller, key in callers.items()}

    assert found == {caller: [status, status] for caller, status in expected.items()}
    assert statuses(local, endpoint) == [403, 403]


def test_unsigned_callers_are_those_who_reach_the_endpoints(local: LocalAws, callers: dict[str, Credentials]) -> None:
    api = api_named(local, "Unsigned")
    elsewhere = local.outputs["Network"]["VpcEndpointIds"].split()[2]
    directly = local.endpoint_of(api).replace(f"-{api.vpc_endpoint_ids[0]}", "")

    for endpoint_id in api.vpc_endpoint_ids:
        endpoint = local.endpoint_of(api, endpoint_id)
        assert statuses(local, endpoint) == [200, 200]
        for caller in callers.values():
            assert statuses(local, endpoint, signed_by=caller, service="connect") == [200, 200]
            assert statuses(local, endpoint, signed_by=caller) == [200, 200]
    for endpoint in (directly, local.endpoint_of(api, elsewhere)):
        assert statuses(local, endpoint) == [403, 403]
        for caller in callers.values():
            assert statuses(local, endpoint, signed_by=caller, service="connect") == [403, 403]


@pytest.mark.parametrize("content_type", ["application/json", None], ids=["preflighted", "simple"])
def test_page_that_is_open_inside_the_network_changes_nothing(local: LocalAws, content_type: str | None) -> None:
    endpoint = local.endpoint_of(api_named(local, "Unsigned"))
    headers = {"Origin": "https://evil.example", "Content-Type": content_type}

    assert statuses(local, endpoint, headers={"Content-Type": content_type}) == [200, 200]
    assert statuses(local, endpoint, headers=headers) == [403, 403]
    preflight = call(endpoint, "/contact/attributes", {}, method="OPTIONS", headers=headers)
    assert (preflight.status, preflight.headers.get("Access-Control-Allow-Origin")) == (403, None)


def test_custom_endpoint_policy_refuses_signatures_for_connect(
    local: LocalAws, callers: dict[str, Credentials]
) -> None:
    endpoint = local.endpoint_of(api_named(local, "UnsignedUnderCustomPolicy"))

    assert statuses(local, endpoint) == [200, 200]
    for caller in callers.values():
        assert statuses(local, endpoint, signed_by=caller) == [200, 200]
        assert statuses(local, endpoint, signed_by=caller, service="connect") == [403, 403]
    body = {"InstanceId": local.connect.instance_ids[0], "InitialContactId": "c", "Attributes": {"a": "b"}}
    answer = call(endpoint, "/contact/attributes", body, signed_by=callers["with a policy"], service="connect")
    assert json.loads(answer.data)["__type"] == "InvalidSignatureException"


def test_authorizers_decide_inside_the_bounds(local: LocalAws, callers: dict[str, Credentials]) -> None:
    elsewhere = local.outputs["Network"]["VpcEndpointIds"].split()[2]
    tokens = {"Cognito": cognito_token(local), "Lambda": "token"}

    for name, token in tokens.items():
        api, token_header = api_named(local, name), {"Authorization": token}
        assert statuses(local, local.endpoint_of(api), headers=token_header) == [200, 200]
        assert statuses(local, local.endpoint_of(api)) == [401, 401]
        assert statuses(local, local.endpoint_of(api, elsewhere), headers=token_header) == [403, 403]
    cognito = local.endpoint_of(api_named(local, "Cognito"))
    assert statuses(local, cognito, headers={"Authorization": "no token"}) == [401, 401]
    # A signature is no token of the user pool.
    assert statuses(local, cognito, signed_by=callers["with a policy"]) == [401, 401]


def cognito_token(local: LocalAws) -> str:
    cognito, pool_id, password = local.client("cognito-idp"), local.outputs["Network"]["UserPoolId"], "Passw0rd!"
    client_id = cognito.create_user_pool_client(
        UserPoolId=pool_id, ClientName="client", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool_id, Username="user", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool_id, Username="user", Password=password, Permanent=True)
    answer = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "user", "PASSWORD": password},
    )
    token: str = answer["AuthenticationResult"]["IdToken"]
    return token
