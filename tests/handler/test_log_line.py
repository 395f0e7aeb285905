"""The one line of JSON that a request leaves, and what it must not say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from connect_constructs.local.faults import documented_error
from contact_updates import request
from contact_updates.api import Endpoint
from tests.handler.conftest import Connect, EndpointAt
from tests.handler.proxy import CONTACT_ID, INSTANCE_ID, Event, LambdaContext, attributes_event, contact_event, send

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

    assert list(log) == [
        "requestId",
        "operation",
        "contactId",
        "outcome",
        "status",
        "upstreamRequestId",
        "upstreamError",
        "attempts",
        "durationMs",
    ]
    assert log.pop("durationMs") > 0
    assert len(log.pop("upstreamRequestId")) == 36
    assert log == {
        "requestId": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
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
        "requestId": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "operation": "UpdateContact",
        "contactId": CONTACT_ID,
        "outcome": "InvalidRequestException",
        "status": 400,
        "upstreamRequestId": None,
        "upstreamError": None,
        "attempts": 0,
    }


def test_tells_of_a_refusal_by_amazon_connect(endpoint: Endpoint, connect: Connect) -> None:
    connect.order(documented_error("AccessDeniedException"))

    log = send(endpoint, contact_event()).log

    assert (log["outcome"], log["status"]) == ("InternalServiceException", 500)
    assert (log["upstreamError"], log["attempts"]) == ("AccessDeniedException", 1)
    assert len(log["upstreamRequestId"]) == 36


@pytest.mark.parametrize("duration", [0.0, 1.2])
def test_tells_the_duration_in_milliseconds(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, duration: float
) -> None:
    ticks = iter([100.0, 100.0 + duration])
    monkeypatch.setattr("contact_updates.api.time", SimpleNamespace(monotonic=lambda: next(ticks)))

    assert send(endpoint, contact_event({})).log["durationMs"] == duration * 1000


@pytest.mark.parametrize("request_context", [None, {}, [], "x", {"requestId": None}, {"requestId": 5}])
def test_request_id_is_the_invocations_where_api_gateway_gave_none(endpoint: Endpoint, request_context: Any) -> None:
    context = LambdaContext(aws_request_id="the-invocation")

    assert (
        send(endpoint, contact_event({}, requestContext=request_context), context).log["requestId"] == "the-invocation"
    )


@pytest.mark.parametrize(
    ("contact_id", "logged"),
    [("c" * 256, "c" * 256), ("c" * 257, None), (5, None), (None, None), ([SECRET], None), ("\ud800", None)],
)
def test_only_what_can_be_a_contact_id_is_logged_as_one(endpoint: Endpoint, contact_id: Any, logged: Any) -> None:
    outcome = send(endpoint, attributes_event({"InstanceId": INSTANCE_ID, "InitialContactId": contact_id}))

    assert outcome.log["contactId"] == logged
    assert SECRET not in outcome.everything_said


def test_line_feeds_in_identifiers_do_not_forge_log_lines(endpoint: Endpoint) -> None:
    event = contact_event({}, contact='c\n{"outcome":"Updated"}')

    log = send(endpoint, event).log

    assert log["contactId"] == 'c\n{"outcome":"Updated"}'
    assert log["outcome"] == "InvalidRequestException"


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
@pytest.mark.parametrize("place", ["parameters_of", "update_of", "operation_of"])
def test_unexpected_fault_is_logged_by_type_and_place_without_values(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, place: str, error: Exception
) -> None:
    monkeypatch.setattr(f"contact_updates.api.{place}", raising(error))

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
    # Given: a parser that fails in a way that nobody foresaw, with the body in its message
    monkeypatch.setattr(request, "_JSON", SimpleNamespace(decode=lambda text: raising(TypeError(text))()))

    outcome = send(endpoint, secret_event())

    assert outcome.log["fault"] == "TypeError"
    assert SECRET not in outcome.everything_said


def test_context_without_the_remaining_time_is_a_fault_and_not_a_crash(endpoint: Endpoint, connect: Connect) -> None:
    connect.order(documented_error("InternalServiceException"))

    outcome = send(endpoint, contact_event(), object())

    assert (outcome.status, outcome.log["fault"]) == (500, "AttributeError")


def test_each_request_of_one_environment_has_its_own_line(endpoint: Endpoint) -> None:
    first, second = send(endpoint, contact_event({"Name": 5})), send(endpoint, attributes_event())

    assert (first.log["outcome"], second.log["outcome"]) == ("InvalidRequestException", "Updated")
