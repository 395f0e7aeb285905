"""API Gateway's own errors as the endpoint returns them, as far as the emulator can be made to return them.

tests/constructs checks the others in the template, such as an expired token or a body that is too large.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
import urllib3

from connect_constructs.local import LocalAws
from tests.clients.cases import PRIVATE
from tests.clients.signing import post
from tests.clients.target import Target


@dataclass(frozen=True, kw_only=True)
class _Request:
    body: bytes = json.dumps({"InstanceId": "i", "InitialContactId": "c", "Attributes": {"a": PRIVATE}}).encode()
    path: str = "/contact/attributes"
    content_type: str = "application/json"
    authorization: str | None = None
    is_signed: bool = True
    secret: str | None = None
    access_key_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Error:
    status: int
    error_type: str
    # API Gateway's own type in the header. Default: `error_type`.
    header_type: str | None = None
    retry_after: str | None = None


_BAD_BODY = _Error(status=400, error_type="InvalidRequestException")
_NO_SUCH_PATH = _Error(status=403, error_type="MissingAuthenticationTokenException")
_WRONG_SIGNATURE = _Error(status=403, error_type="InvalidSignatureException")

_ERRORS = {
    "no JSON": (_Request(body=f'{{"{PRIVATE}"'.encode()), _BAD_BODY),
    "no object": (_Request(body=f'["{PRIVATE}"]'.encode()), _BAD_BODY),
    "a member is missing": (_Request(body=f'{{"Attributes": {{"a": "{PRIVATE}"}}}}'.encode()), _BAD_BODY),
    "not signed": (_Request(is_signed=False), _NO_SUCH_PATH),
    "unknown path": (_Request(path=f"/{PRIVATE}"), _NO_SUCH_PATH),
    "wrong secret": (_Request(secret=PRIVATE), _WRONG_SIGNATURE),
    "unknown access key": (
        _Request(access_key_id=PRIVATE.upper()),
        _Error(status=403, error_type="InvalidRequestException", header_type="UnrecognizedClientException"),
    ),
    "another kind of authorization": (
        _Request(is_signed=False, authorization=f"Bearer {PRIVATE}"),
        _Error(status=403, error_type="InvalidRequestException", header_type="IncompleteSignatureException"),
    ),
    "another media type": (
        _Request(content_type="text/plain"),
        _Error(status=415, error_type="UnsupportedMediaTypeException"),
    ),
}


@pytest.mark.parametrize(("request_", "expected"), _ERRORS.values(), ids=_ERRORS.keys())
def test_has_amazon_connects_form(request_: _Request, expected: _Error, endpoint: Target) -> None:
    _check(_send(request_, endpoint), expected)


def test_a_throttle_says_when_to_try_again(endpoint: Target) -> None:
    assert endpoint.closed_gateway
    with endpoint.closed_gateway():
        response = _send(_Request(), endpoint)

    _check(
        response,
        _Error(status=429, error_type="ThrottlingException", header_type="TooManyRequestsException", retry_after="1"),
    )


def test_a_missing_function_is_a_fault_of_the_service(endpoint: Target, local_aws: LocalAws) -> None:
    with _missing_function(local_aws):
        response = _send(_Request(), endpoint)

    _check(
        response,
        _Error(status=500, error_type="InternalServiceException", header_type="InternalServerErrorException"),
    )


def _check(response: urllib3.BaseHTTPResponse, expected: _Error) -> None:
    assert response.status == expected.status
    assert response.headers["Content-Type"] == "application/json"
    # A single value: SDKs would join two into a type that they do not know.
    assert response.headers.getlist("x-amzn-ErrorType") == [expected.header_type or expected.error_type]
    assert response.headers.get("Retry-After") == expected.retry_after
    body = json.loads(response.data)
    assert body.keys() == {"__type", "message", "Message"}
    assert body["__type"] == expected.error_type
    assert body["message"] == body["Message"]
    assert " " in body["message"]
    assert PRIVATE.lower() not in f"{response.data.decode()}{dict(response.headers)}".lower()


def _send(request: _Request, endpoint: Target) -> urllib3.BaseHTTPResponse:
    headers = {"Content-Type": request.content_type}
    if request.authorization:
        headers["Authorization"] = request.authorization
    credentials = replace(
        endpoint.permitted,
        **({"access_key_id": request.access_key_id} if request.access_key_id else {}),
        **({"secret_access_key": request.secret} if request.secret else {}),
    )
    return post(
        f"{endpoint.url}{request.path}",
        request.body,
        headers,
        credentials=credentials if request.is_signed else None,
        signing_name=endpoint.signing_name,
    )


@contextmanager
def _missing_function(local: LocalAws) -> Iterator[None]:
    """Point the integration of UpdateContactAttributes to a function that does not exist."""
    gateway, api_id = local.client("apigateway"), local.rest_apis[0].api_id
    pages = gateway.get_paginator("get_resources").paginate(restApiId=api_id)
    resources = (resource for page in pages for resource in page["items"])
    (resource_id,) = (resource["id"] for resource in resources if resource["path"] == "/contact/attributes")
    method: dict[str, Any] = {"restApiId": api_id, "resourceId": resource_id, "httpMethod": "POST"}
    uri = gateway.get_integration(**method)["uri"]

    def set_to(uri: str) -> None:
        gateway.update_integration(**method, patchOperations=[{"op": "replace", "path": "/uri", "value": uri}])

    set_to(uri.replace("/invocations", "-gone/invocations"))
    try:
        yield
    finally:
        set_to(uri)
