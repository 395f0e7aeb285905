"""The ids of a request: a client can set one, and the other is API Gateway's own."""

from __future__ import annotations

import re
import uuid

import pytest
from botocore.credentials import Credentials

from tests.local.gaps.emulated_aws import Api, EmulatedAws

_UUID = r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"
_EXTENDED = r"[A-Za-z0-9_-]{15}="


@pytest.fixture(scope="module")
def caller(aws: EmulatedAws) -> Credentials:
    return aws.create_user({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"})


@pytest.fixture(scope="module")
def api(aws: EmulatedAws) -> Api:
    return aws.create_api()


def test_ids_differ_and_the_answer_carries_them(api: Api, caller: Credentials) -> None:
    first, second = api.call(caller), api.call(caller)

    context = first.body["requestContext"]
    assert re.fullmatch(_UUID, context["requestId"])
    assert re.fullmatch(_EXTENDED, context["extendedRequestId"])
    assert first.headers.getlist("x-amzn-RequestId") == [context["requestId"]]
    assert first.headers.getlist("x-amz-apigw-id") == [context["extendedRequestId"]]
    assert context["requestId"] != second.body["requestContext"]["requestId"]
    assert context["extendedRequestId"] != second.body["requestContext"]["extendedRequestId"]


def test_client_can_set_the_request_id_but_not_the_extended_one(api: Api, caller: Credentials) -> None:
    chosen = str(uuid.uuid4())
    headers = {"x-amzn-RequestId": chosen, "x-amz-apigw-id": "AAAAAAAAAAAAAAA="}

    answers = [api.call(caller, headers=headers) for _ in range(2)]

    assert [answer.body["requestContext"]["requestId"] for answer in answers] == [chosen, chosen]
    assert [answer.headers.getlist("x-amzn-RequestId") for answer in answers] == [[chosen], [chosen]]
    extended = {answer.body["requestContext"]["extendedRequestId"] for answer in answers}
    assert len(extended) == 2
    assert "AAAAAAAAAAAAAAA=" not in extended


def test_request_id_that_is_no_uuid_is_replaced(api: Api, caller: Credentials) -> None:
    answer = api.call(caller, headers={"x-amzn-RequestId": "order 66"})

    assert re.fullmatch(_UUID + "_REPLACED_INVALID_REQUEST_ID", answer.body["requestContext"]["requestId"])


def test_errors_of_api_gateway_carry_both(api: Api) -> None:
    chosen = str(uuid.uuid4())

    answer = api.call(headers={"x-amzn-RequestId": chosen})

    assert answer.headers.getlist("x-amzn-RequestId") == [chosen]
    assert re.fullmatch(_EXTENDED, answer.headers["x-amz-apigw-id"])


def test_request_id_of_the_function_is_remapped(api: Api, caller: Credentials) -> None:
    assert api.call(caller).headers["x-amzn-Remapped-x-amzn-RequestId"] == "the function's"


def test_header_names_reach_the_function_as_they_were_sent(api: Api, caller: Credentials) -> None:
    event = api.call(caller, headers={"X-Upper": "1", "x-lower": "2", "X-MiXed": "3"}).body

    assert {name: event["headers"].get(name) for name in ("X-Upper", "x-lower", "X-MiXed")} == {
        "X-Upper": "1",
        "x-lower": "2",
        "X-MiXed": "3",
    }
    assert event["multiValueHeaders"]["X-MiXed"] == ["3"]
