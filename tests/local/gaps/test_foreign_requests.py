"""Requests that a browser can send from a foreign page to the local AWS while a developer runs it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.connect_server import ConnectServer
from connect_constructs.local.emulator import REGION
from tests.local.gaps.emulated_aws import ROOT, EmulatedAws

FOREIGN = [
    # fetch() with CORS: for plain text without a preflight, and the preflight of another request
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1:8000"},
    {"Origin": "null"},
    # <img>, <script>, a form, and fetch() without CORS
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    # DNS rebinding: the page's host name resolves to this address
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example:4566"},
]
OWN = [{}, {"Host": "localhost"}, {"Host": "s3.localhost:4566"}, {"Sec-Fetch-Site": "none"}]

# A signature as a page can send it
KEY = "AWS4-HMAC-SHA256 Credential=test/20261124/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00"


def send(url: str, method: str, headers: dict[str, str], body: str | None = None) -> urllib3.BaseHTTPResponse:
    return urllib3.PoolManager(retries=False).request(method, url, headers=headers, body=body)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/2015-03-31/functions"),
        (
            "GET",
            "/2015-03-31/functions?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F1%2Fus-east-1%2Flambda",
        ),
        ("POST", "/2015-03-31/functions"),
        ("OPTIONS", "/2015-03-31/functions"),
        ("POST", "/2015-03-31/functions/_user_request_/invocations"),
        ("POST", "/"),
        ("GET", "/_ministack/health"),
        ("POST", "/_ministack/reset"),
    ],
)
def test_emulator_refuses_what_a_page_can_send(
    aws: EmulatedAws, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = send(f"{aws.url}{path}", method, {"Content-Type": "text/plain", "Authorization": KEY, **headers}, "{}")

    assert (answer.status, answer.headers.get("Access-Control-Allow-Origin")) == (403, None)
    assert answer.data.startswith(b"Refused: ")


def test_emulators_own_paths_are_no_api_at_any_host(aws: EmulatedAws) -> None:
    headers = {"Host": "abc123.execute-api.localhost", "Origin": "https://evil.example"}

    assert send(f"{aws.url}/_ministack/reset", "POST", headers).status == 403


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_emulator_answers_everybody_else(aws: EmulatedAws, headers: dict[str, str]) -> None:
    url, host = f"{aws.url}/_ministack/health", headers.get("Host")
    request = AWSRequest("GET", f"http://{host}/_ministack/health" if host else url)
    SigV4Auth(ROOT, "sts", REGION).add_auth(request)

    assert send(url, "GET", {**dict(request.headers.items()), **headers}).status == 200


def test_deployed_api_answers_pages(aws: EmulatedAws) -> None:
    api = aws.create_api(authorization="NONE")

    for headers in FOREIGN[:5]:
        assert api.call(headers=headers).status == 200


@pytest.mark.parametrize("headers", [*FOREIGN, *OWN], ids=str)
def test_amazon_connect_in_memory_refuses_what_a_page_can_send(headers: dict[str, str]) -> None:
    connect = AmazonConnect()
    instance_id = connect.add_instance("arn:aws:connect:us-east-1:000000000000:instance/i")
    contact_id = connect.create_contact(name="Before")
    path = f"/contacts/{instance_id}/{contact_id}"
    with ConnectServer(connect) as server:
        answer = send(f"{server.url}{path}", "POST", headers, json.dumps({"Name": "After"}))

    expected: Any = (403, "Before") if headers in FOREIGN else (200, "After")
    assert (answer.status, connect.contact(contact_id).details["Name"]) == expected
