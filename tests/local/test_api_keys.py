"""API keys with limits of their own, and a custom domain, deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from connect_constructs.local import LocalAws

APP = Path(__file__).with_name("keys_app")


@pytest.fixture(scope="module")
def local() -> Iterator[LocalAws]:
    with LocalAws(APP) as local:
        yield local


@pytest.fixture(scope="module")
def caller(local: LocalAws) -> Credentials:
    (api,) = local.rest_apis
    return Credentials(*local.create_user("crm", may_invoke=local.invoke_arn(api)))


def key(local: LocalAws, name: str) -> str:
    gateway = local.client("apigateway")
    value: str = gateway.get_api_key(apiKey=local.outputs["Keys"][f"{name}KeyId"], includeValue=True)["value"]
    return value


def call(local: LocalAws, api_key: str, *, signed_by: Credentials | None) -> tuple[int, str | None]:
    """The status of an update, and the error's type. The contact changes if and only if the status is 200."""
    contact_id, instance_id = local.connect.create_contact(), local.connect.instance_ids[0]
    body = json.dumps({"InstanceId": instance_id, "InitialContactId": contact_id, "Attributes": {"tier": "gold"}})
    # A client of the domain signs its name, which need not resolve here. On AWS, there is no other endpoint.
    address, domain = urlsplit(local.url), urlsplit(local.outputs["Keys"]["Endpoint"])
    endpoint = f"{address.scheme}://{address.netloc}{domain.path}"
    headers = {"Content-Type": "application/json", "x-api-key": api_key, "Host": domain.netloc}
    request = AWSRequest("POST", f"{endpoint}/contact/attributes", headers, body)
    if signed_by:
        SigV4Auth(signed_by, "execute-api", "us-east-1").add_auth(request)
    prepared = request.prepare()
    answer = urllib3.PoolManager(retries=False).request(
        "POST", prepared.url, body=prepared.body, headers=dict(prepared.headers.items())
    )
    assert local.connect.contact(contact_id).attributes == ({"tier": "gold"} if answer.status == 200 else {})
    return answer.status, json.loads(answer.data)["__type"] if answer.status != 200 else None


def test_used_up_quota_of_one_caller_leaves_the_other_alone(local: LocalAws, caller: Credentials) -> None:
    frugal, busy = key(local, "Frugal"), key(local, "Busy")

    assert [call(local, frugal, signed_by=caller) for _ in range(3)] == [
        (200, None),
        (200, None),
        (429, "LimitExceededException"),
    ]
    assert [call(local, busy, signed_by=caller) for _ in range(3)] == [(200, None)] * 3


def test_key_authorizes_nobody(local: LocalAws, caller: Credentials) -> None:
    assert call(local, key(local, "Busy"), signed_by=None) == (403, "MissingAuthenticationTokenException")
    assert call(local, "wrong-key-of-the-caller", signed_by=caller) == (403, "AccessDeniedException")


def test_domain_serves_callers_with_permission_only(local: LocalAws, caller: Credentials) -> None:
    stranger = Credentials(*local.create_user("stranger", may_invoke=None))

    assert local.outputs["Keys"]["Endpoint"] == "https://updates.localhost/crm"
    assert call(local, key(local, "Busy"), signed_by=caller) == (200, None)
    assert call(local, key(local, "Busy"), signed_by=stranger) == (403, "AccessDeniedException")
