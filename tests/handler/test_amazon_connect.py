"""Updates against the in-memory Amazon Connect: what it then holds, and what the caller gets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from connect_constructs.contract.service_model import service_model
from connect_constructs.local.faults import (
    BARE_THROTTLE,
    TOO_MANY_REQUESTS,
    ErrorAnswer,
    Fault,
    Garbage,
    Hang,
    Reset,
    documented_error,
)
from contact_updates.endpoint.endpoint import Endpoint
from tests.handler.conftest import Connect, EndpointAt
from tests.handler.proxy import CONTACT_ID, INSTANCE_ID, Event, attributes_event, contact_event, send

EVENTS: dict[str, Callable[[], Event]] = {
    "UpdateContactAttributes": attributes_event,
    "UpdateContact": contact_event,
}
# The documented errors that the caller gets in another form, or as this service's own.
NOT_PASSED_ON = {"AccessDeniedException", "InternalServiceException", "ThrottlingException"}
PASSED_ON = [
    (operation, reference["shape"])
    for operation, entry in service_model()["operations"].items()
    for reference in entry["errors"]
    if reference["shape"] not in NOT_PASSED_ON
]


@pytest.fixture
def endpoint(endpoint_at: EndpointAt, connect: Connect) -> Endpoint:
    return endpoint_at(connect.url)


def attributes(values: dict[str, str], contact_id: str = CONTACT_ID) -> Event:
    return attributes_event({"InstanceId": INSTANCE_ID, "InitialContactId": contact_id, "Attributes": values})


# -- updates ----------------------------------------------------------------------------------------------------------


def test_attributes_merge_key_by_key_and_an_empty_value_removes(endpoint: Endpoint, connect: Connect) -> None:
    assert send(endpoint, attributes({"Tier": "gold", "Language": "de"})).status == 200
    assert send(endpoint, attributes({"Language": "", "Topic": "Ä 😀"})).status == 200

    assert connect.attributes(CONTACT_ID) == {"Tier": "gold", "Topic": "Ä 😀"}


def test_every_field_of_a_contact_arrives_as_it_was_sent(endpoint: Endpoint, connect: Connect) -> None:
    fields: dict[str, Any] = {
        "Name": "N",
        "Description": "D",
        "References": {"order": {"Type": "URL", "Value": "https://example.com/1", "Status": "AVAILABLE"}},
        "SegmentAttributes": {
            "s": {"ValueMap": {"t": {"ValueList": [{"ValueInteger": -5}, {"ValueArn": "a"}, {}]}}},
            "u": {"ValueString": ""},
        },
        "QueueInfo": {"Id": "q"},
        "UserInfo": {"UserId": "u"},
        "CustomerEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": "+15555550100"},
        "SystemEndpoint": {"Type": "VOIP"},
        "AdditionalRecipients": {"CcEmailAddresses": [{"EmailAddress": "a@example.com", "DisplayName": "A"}]},
    }
    assert fields.keys() | {"InstanceId", "ContactId"} == (
        service_model()["shapes"]["UpdateContactRequest"]["members"].keys()
    )

    assert send(endpoint, contact_event(fields)).status == 200
    assert connect.contact(CONTACT_ID) == fields


def test_update_within_the_limits_takes_the_largest_attributes(endpoint: Endpoint, connect: Connect) -> None:
    assert send(endpoint, attributes({"k": "é" * 16_383})).status == 200
    assert connect.attributes(CONTACT_ID) == {"k": "é" * 16_383}


def test_amazon_connects_own_refusal_is_passed_on(endpoint: Endpoint, connect: Connect) -> None:
    # Given: attributes that fit on their own, but not together with those that the contact has
    assert send(endpoint, attributes({"a": "x" * 20_000})).status == 200

    outcome = send(endpoint, attributes({"b": "y" * 20_000}))

    assert (outcome.status, outcome.error_type) == (400, "InvalidRequestException")
    assert "y" * 100 not in outcome.everything_said
    assert connect.attributes(CONTACT_ID).keys() == {"a"}


def test_unknown_contact_is_not_found(endpoint: Endpoint, connect: Connect) -> None:
    for event in (attributes({"Tier": "gold"}, "no-such-contact"), contact_event(contact="no-such-contact")):
        outcome = send(endpoint, event)

        assert (outcome.status, outcome.error_type, outcome.message) == (
            404,
            "ResourceNotFoundException",
            "Contact not found",
        )
    assert connect.calls == 2


# -- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("operation", "error_type"), PASSED_ON)
def test_documented_errors_pass_with_their_type_and_status(
    endpoint: Endpoint, connect: Connect, operation: str, error_type: str
) -> None:
    fault = documented_error(error_type)
    connect.inject(fault)

    outcome = send(endpoint, EVENTS[operation]())

    assert outcome.answer == {
        "statusCode": fault.status,
        "headers": {"Content-Type": "application/json", "x-amzn-ErrorType": error_type},
        "body": json.dumps({"__type": error_type, "message": fault.message, "Message": fault.message}),
        "isBase64Encoded": False,
    }
    assert connect.calls == 1
    assert (outcome.log["outcome"], outcome.log["upstreamError"]) == (error_type, error_type)


@pytest.mark.parametrize("operation", EVENTS)
@pytest.mark.parametrize("fault", [documented_error("ThrottlingException"), TOO_MANY_REQUESTS, BARE_THROTTLE])
def test_each_shape_of_a_throttle_is_passed_on_at_once(
    endpoint: Endpoint, connect: Connect, operation: str, fault: Fault
) -> None:
    connect.inject(fault)

    outcome = send(endpoint, EVENTS[operation]())

    assert (outcome.status, outcome.error_type) == (429, "ThrottlingException")
    assert outcome.headers["x-amzn-ErrorType"] == "ThrottlingException"
    assert outcome.headers["Retry-After"] == "1"
    assert connect.calls == outcome.log["attempts"] == 1


def test_quota_that_is_used_up_is_a_throttle(endpoint: Endpoint, connect: Connect) -> None:
    connect.set_quota(rate=0.001, burst=2)

    outcomes = [send(endpoint, attributes_event()) for _ in range(3)]

    assert [outcome.status for outcome in outcomes] == [200, 200, 429]
    assert connect.calls == 3


@pytest.mark.parametrize("operation", EVENTS)
@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        (documented_error("AccessDeniedException"), 1),
        (ErrorAnswer(403, "ExpiredTokenException"), 1),
        (ErrorAnswer(400, "SerializationException"), 1),
        (documented_error("InternalServiceException"), 2),
        (ErrorAnswer(503, "ServiceUnavailable"), 2),
        (ErrorAnswer(502), 2),
        (Reset(), 2),
    ],
)
def test_what_the_caller_cannot_act_on_is_an_internal_error(
    endpoint: Endpoint, connect: Connect, operation: str, fault: Fault, calls: int
) -> None:
    connect.inject(fault, calls=2)

    outcome = send(endpoint, EVENTS[operation]())

    assert (outcome.status, outcome.error_type) == (500, "InternalServiceException")
    assert outcome.message == "The update could not be made because of a fault in this service."
    assert connect.calls == outcome.log["attempts"] == calls


@pytest.mark.parametrize("fault", [documented_error("InternalServiceException"), ErrorAnswer(503), Reset()])
def test_second_attempt_makes_the_update(endpoint: Endpoint, connect: Connect, fault: Fault) -> None:
    connect.inject(fault)

    outcome = send(endpoint, contact_event({"Name": "New"}))

    assert outcome.status == 200
    assert outcome.log["attempts"] == 2
    assert connect.contact(CONTACT_ID)["Name"] == "New"


@pytest.mark.parametrize("operation", EVENTS)
def test_amazon_connect_that_hangs_is_asked_twice(
    endpoint_at: EndpointAt, own_connect: Connect, operation: str
) -> None:
    own_connect.inject(Hang(30), calls=2)

    outcome = send(endpoint_at(own_connect.url), EVENTS[operation]())

    assert (outcome.status, outcome.error_type) == (500, "InternalServiceException")
    assert own_connect.calls == outcome.log["attempts"] == 2
    assert outcome.log["upstreamError"] == "ReadTimeoutError"


def test_second_attempt_makes_the_update_after_a_hang(endpoint_at: EndpointAt, own_connect: Connect) -> None:
    own_connect.inject(Hang(30))

    outcome = send(endpoint_at(own_connect.url), contact_event({"Name": "New"}))

    assert (outcome.status, outcome.log["attempts"]) == (200, 2)
    assert own_connect.contact(CONTACT_ID)["Name"] == "New"


def test_garbage_in_place_of_a_success_is_no_success(endpoint: Endpoint, connect: Connect) -> None:
    connect.inject(Garbage(), calls=2)

    outcome = send(endpoint, contact_event())

    assert (outcome.status, outcome.error_type) == (500, "InternalServiceException")
    assert (outcome.log["upstreamError"], outcome.log["attempts"]) == ("UnreadableAnswerError", 2)


def test_second_attempt_makes_the_update_after_garbage(endpoint: Endpoint, connect: Connect) -> None:
    connect.inject(Garbage())

    outcome = send(endpoint, contact_event({"Name": "New"}))

    assert (outcome.status, outcome.log["attempts"]) == (200, 2)
    assert connect.contact(CONTACT_ID)["Name"] == "New"
