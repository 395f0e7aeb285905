"""The log line of a request, and what it must not say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from connect_constructs.local.faults import documented_error
from contact_updates.endpoint import request
from contact_updates.endpoint.endpoint import Endpoint
from tests.handler.conftest import Connect, EndpointAt
from tests.handler.proxy import (
    CONTACT_ID,
    EXTENDED_REQUEST_ID,
    INSTANCE_ID,
    LOG_FIELDS,
    REQUEST_ID,
    Event,
    LambdaContext,
    attributes_event,
    called_by,
    contact_event,
    send,
)

SECRET = "zq7canary7qz"


@pytest.fixture
def endpoint(endpoint_at: EndpointAt, connect: Connect) -> Endpoint:
    return endpoint_at(connect.url)


def secret_event() -> Event:
    fields = {
        "Name": SECRET,
        "Description": f"{SECRET} and more",
        "References": {"r": {"Type": "URL", "Value": SECRET}},
        "SegmentAttributes": {"s": {"ValueString": SECRET}},
    }
    return contact_event(
        fields, headers={"Content-Type": "application/json", "Authorization": SECRET, "Cookie": SECRET}
    )


def test_tells_of_a_success(endpoint: Endpoint) -> None:
    log = send(endpoint, attributes_event()).log

    assert list(log) == LOG_FIELDS
    assert log.pop("durationMs") > 0
    assert len(log.pop("upstreamRequestId")) == 36
    assert log == {
        "requestId": REQUEST_ID,
        "extendedRequestId": EXTENDED_REQUEST_ID,
        "caller": {},
        "operation": "UpdateContactAttributes",
        "contactId": CONTACT_ID,
        "outcome": "Updated",
        "status": 200,
        "upstreamError": None,
        "attempts": 1,
    }


def test_tells_of_a_refusal_by_the_contract(endpoint: Endpoint) -> None:
    log = send(endpoint, contact_event({"Name": 5})).log

    assert log.pop("durationMs") >= 0
    assert log == {
        "requestId": REQUEST_ID,
        "extendedRequestId": EXTENDED_REQUEST_ID,
        "caller": {},
        "operation": "UpdateContact",
        "contactId": CONTACT_ID,
        "outcome": "InvalidRequestException",
        "status": 400,
        "upstreamRequestId": None,
        "upstreamError": None,
        "attempts": 0,
    }


def test_tells_of_a_refusal_by_amazon_connect(endpoint: Endpoint, connect: Connect) -> None:
    connect.inject(documented_error("AccessDeniedException"))

    log = send(endpoint, contact_event()).log

    assert (log["outcome"], log["status"]) == ("InternalServiceException", 500)
    assert (log["upstreamError"], log["attempts"]) == ("AccessDeniedException", 1)
    assert len(log["upstreamRequestId"]) == 36


@pytest.mark.parametrize("duration", [0.0, 1.2])
def test_tells_the_duration_in_milliseconds(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, duration: float
) -> None:
    ticks = iter([100.0, 100.0 + duration])
    monkeypatch.setattr("contact_updates.endpoint.endpoint.time", SimpleNamespace(monotonic=lambda: next(ticks)))

    assert send(endpoint, contact_event({})).log["durationMs"] == duration * 1000


@pytest.mark.parametrize("request_context", [None, {}, [], "x", {"requestId": None}, {"requestId": 5}])
def test_request_id_is_the_invocations_where_api_gateway_gave_none(endpoint: Endpoint, request_context: Any) -> None:
    context = LambdaContext(aws_request_id="the-invocation")

    assert (
        send(endpoint, contact_event({}, requestContext=request_context), context).log["requestId"] == "the-invocation"
    )


@pytest.mark.parametrize("contact_id", [CONTACT_ID, CONTACT_ID.upper(), "00000000-0000-0000-0000-000000000000"])
def test_contact_id_is_logged_in_the_form_of_a_uuid(endpoint: Endpoint, contact_id: str) -> None:
    assert send(endpoint, contact_event({}, contact=contact_id)).log["contactId"] == contact_id.lower()


@pytest.mark.parametrize(
    "contact_id",
    [
        # The contract allows these, and Amazon Connect says that there is no such contact.
        SECRET,
        f"Jane {SECRET}",
        "+49 151 23456789",
        CONTACT_ID.replace("-", ""),
        f"{{{CONTACT_ID}}}",
        f"{CONTACT_ID}\n",
        f"{CONTACT_ID}{SECRET}",
        CONTACT_ID.replace("2", "\u0662"),
        # These cannot be an id at all.
        "c" * 257,
        5,
        None,
        [SECRET],
        "\ud800",
    ],
)
def test_whatever_else_is_in_the_place_of_a_contact_id_is_not_logged(endpoint: Endpoint, contact_id: Any) -> None:
    body = {"InstanceId": INSTANCE_ID, "InitialContactId": contact_id, "Attributes": {"a": "1"}}
    outcome = send(endpoint, attributes_event(body))

    assert outcome.status in {400, 404}
    assert outcome.log["contactId"] is None
    assert SECRET not in outcome.everything_said


# -- the caller -------------------------------------------------------------------------------------------------------

ROLE_SESSION = "arn:aws:sts::111122223333:assumed-role/crm/session"


@pytest.mark.parametrize(
    ("identity", "authorizer", "caller"),
    [
        ({"userArn": ROLE_SESSION, "apiKeyId": None, "sourceIp": "192.0.2.1"}, None, {"userArn": ROLE_SESSION}),
        ({"userArn": None}, {"principalId": "agent-7", "contactIds": "a,b"}, {"principalId": "agent-7"}),
        ({}, {"claims": {"sub": "8a4f0f5e", "email": "jane@example.com"}}, {"sub": "8a4f0f5e"}),
        (
            {"userArn": ROLE_SESSION, "apiKeyId": "k1", "apiKey": "the key itself"},
            None,
            {"userArn": ROLE_SESSION, "apiKeyId": "k1"},
        ),
        (
            {"userArn": ROLE_SESSION, "cognitoIdentityId": "us-east-1:4a1b", "cognitoIdentityPoolId": "us-east-1:9f"},
            None,
            {"userArn": ROLE_SESSION, "cognitoIdentityId": "us-east-1:4a1b"},
        ),
        (None, None, {}),
        ({"userArn": ""}, {"principalId": ""}, {}),
    ],
)
def test_tells_who_called(endpoint: Endpoint, identity: Any, authorizer: Any, caller: dict[str, str]) -> None:
    for event in (attributes_event(), contact_event({"Name": 5})):
        assert send(endpoint, called_by(event, identity, authorizer)).log["caller"] == caller


@pytest.mark.parametrize("malformed", [None, [], "x", 5, True, {"a": "b"}, [{}], {"sub": ["x"]}])
def test_malformed_caller_breaks_neither_the_answer_nor_the_line(endpoint: Endpoint, malformed: Any) -> None:
    names = ("userArn", "apiKeyId", "cognitoIdentityId", "principalId", "claims", "sub")
    for request_context in (
        malformed,
        {"identity": malformed, "authorizer": malformed, "extendedRequestId": malformed, "requestId": malformed},
        {"identity": dict.fromkeys(names, malformed), "authorizer": dict.fromkeys(names, malformed)},
        {"authorizer": {"claims": {"sub": malformed}}},
    ):
        outcome = send(endpoint, attributes_event(requestContext=request_context))

        assert outcome.status == 200
        assert set(outcome.log["caller"].values()) <= {"x"}
        assert outcome.log["extendedRequestId"] in {None, "x"}


def test_long_or_many_lined_callers_stay_short_and_in_one_line(endpoint: Endpoint) -> None:
    text = 'a\n\r\u2028\x00"\ud800é' + "x" * 100_000
    identity = {"userArn": text, "apiKeyId": text, "cognitoIdentityId": text}
    event = called_by(attributes_event(), identity)
    event["requestContext"].update(authorizer={"principalId": text, "claims": {"sub": text}}, extendedRequestId=text)
    event["requestContext"]["requestId"] = text

    outcome = send(endpoint, event)

    assert outcome.status == 200
    assert set(outcome.log["caller"]) == {"userArn", "apiKeyId", "cognitoIdentityId", "principalId", "sub"}
    assert {len(part) for part in outcome.log["caller"].values()} == {1_024}
    assert outcome.log["extendedRequestId"] == outcome.log["requestId"] == text[:1_024]
    assert outcome.printed.isascii()
    assert len(outcome.printed) < 10_000


def test_success_says_no_value(endpoint: Endpoint, connect: Connect) -> None:
    outcome = send(endpoint, secret_event())

    assert outcome.status == 200
    assert connect.contact(CONTACT_ID)["Name"] == SECRET
    assert SECRET not in outcome.everything_said


def raising(error: BaseException) -> Any:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    "error",
    [
        ValueError(SECRET),
        KeyError(SECRET),
        RuntimeError({"Name": SECRET}),
        UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, SECRET),
        MemoryError(SECRET),
    ],
)
@pytest.mark.parametrize(
    "place", ["request.Request.parameters", "endpoint.permitted_update", "request.Request.operation"]
)
def test_unexpected_fault_is_logged_by_type_and_place_without_values(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, place: str, error: Exception
) -> None:
    fail = raising(error)
    monkeypatch.setattr(f"contact_updates.endpoint.{place}", property(fail) if "Request" in place else fail)

    outcome = send(endpoint, secret_event())

    assert (outcome.status, outcome.error_type) == (500, "InternalServiceException")
    assert outcome.message == "The update could not be made because of a fault in this service."
    assert outcome.log["outcome"] == "InternalServiceException"
    assert outcome.log["fault"] == type(error).__name__
    file, _, line = outcome.log["faultAt"].partition(":")
    assert file == "test_log_line.py"
    assert line.isdigit()
    assert SECRET not in outcome.everything_said


def test_fault_while_another_error_was_handled_says_no_value(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: a parser that fails unexpectedly, with the body in its message
    monkeypatch.setattr(request, "_JSON", SimpleNamespace(decode=lambda text: raising(TypeError(text))()))

    outcome = send(endpoint, secret_event())

    assert outcome.log["fault"] == "TypeError"
    assert SECRET not in outcome.everything_said


def test_context_without_the_remaining_time_is_a_fault_and_not_a_crash(endpoint: Endpoint, connect: Connect) -> None:
    connect.inject(documented_error("InternalServiceException"))

    outcome = send(endpoint, contact_event(), object())

    assert (outcome.status, outcome.log["fault"]) == (500, "AttributeError")


def test_each_request_of_one_environment_has_its_own_line(endpoint: Endpoint) -> None:
    first, second = send(endpoint, contact_event({"Name": 5})), send(endpoint, attributes_event())

    assert (first.log["outcome"], second.log["outcome"]) == ("InvalidRequestException", "Updated")
