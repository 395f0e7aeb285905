"""Proxy events with all kinds of bodies, content types, instances and allowed attributes, and their answers."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from contact_updates.endpoint.endpoint import Endpoint
from tests.handler.conftest import Connect, EndpointAt
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN, INSTANCE_ID, Event, attributes_event, contact_event, send

EVENTS = Path(__file__).parents[1] / "events"
OTHER_INSTANCE_ID = "99999999-1234-1234-1234-123456789012"


def sample(name: str) -> Event:
    """An event in the documented format of REST APIs, with what real clients send."""
    event: Event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


@pytest.fixture
def endpoint(endpoint_at: EndpointAt, connect: Connect) -> Endpoint:
    return endpoint_at(connect.url)


# -- samples ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["update_contact_attributes", "update_contact_attributes_base64", "update_contact_attributes_from_browser"],
)
def test_sample_writes_attributes(endpoint: Endpoint, connect: Connect, name: str) -> None:
    outcome = send(endpoint, sample(name))

    assert outcome.answer == {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": "",
        "isBase64Encoded": False,
    }
    assert connect.attributes(CONTACT_ID) == {"Tier": "gold", "Greeting": "Grüß Gott"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("update_contact_arn_in_path", {"Name": "A name"}),
        ("update_contact_amz_json", {"Description": "A description"}),
    ],
)
def test_sample_writes_contact(endpoint: Endpoint, connect: Connect, name: str, expected: dict[str, str]) -> None:
    outcome = send(endpoint, sample(name))

    assert outcome.status == 200
    assert expected.items() <= connect.contact(CONTACT_ID).items()


def test_sample_without_body_has_nothing_to_update(endpoint: Endpoint, connect: Connect) -> None:
    outcome = send(endpoint, sample("update_contact_without_body"))

    assert (outcome.status, outcome.error_type) == (400, "InvalidRequestException")
    assert outcome.message == "the body: expected at least one field to update"
    assert connect.calls == 0


# -- operations -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"resource": "/contact"},
        {"resource": "/{proxy+}"},
        {"resource": None},
        {"resource": ["/contact/attributes"]},
        {"httpMethod": "GET"},
        {"httpMethod": "post"},
        {"httpMethod": None},
        {"httpMethod": {}},
    ],
)
def test_unknown_operation_is_named_as_such(endpoint: Endpoint, connect: Connect, changes: dict[str, Any]) -> None:
    outcome = send(endpoint, attributes_event(**changes))

    assert (outcome.status, outcome.error_type) == (404, "UnknownOperationException")
    assert outcome.message == ("Expected one of: POST /contact/attributes, POST /contacts/{InstanceId}/{ContactId}")
    assert outcome.log["operation"] is None
    assert connect.calls == 0


@pytest.mark.parametrize("event", [None, [], "text", 5, True, {}, {"version": "2.0", "routeKey": "POST /x"}])
def test_what_is_no_proxy_event_gets_a_typed_answer(endpoint: Endpoint, event: Any) -> None:
    outcome = send(endpoint, event)

    assert (outcome.status, outcome.error_type) == (404, "UnknownOperationException")


# -- bodies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("null", "the body: expected a JSON object"),
        ("[]", "the body: expected a JSON object"),
        ('"text"', "the body: expected a JSON object"),
        ("5", "the body: expected a JSON object"),
        ("true", "the body: expected a JSON object"),
        ("{", "the body: expected JSON"),
        ("{}}", "the body: expected JSON"),
        ("{'Name': 'x'}", "the body: expected JSON"),
        ('{"Name": "x",}', "the body: expected JSON"),
        ('{"Name": "line\nfeed"}', "the body: expected JSON"),
        ("Name=SECRET", "the body: expected JSON"),
        ("\ufeff{}", "the body: expected JSON"),
        ('{"Name": NaN}', "the body: expected JSON"),
        ('{"Name": Infinity}', "the body: expected JSON"),
        ('{"Name": [-Infinity]}', "the body: expected JSON"),
        ('{"Name": 1e999}', "Name: expected a string, got a number"),
        ('{"Name": ' + "9" * 4000 + "}", "Name: expected a string, got a number"),
        ("[" * 100_000, "the body: nested deeper than 32 levels"),
        ('{"a":' * 100_000, "the body: nested deeper than 32 levels"),
        ("[" * 100_000 + "]" * 100_000, "the body: nested deeper than 32 levels"),
        (5, "the body: expected text"),
        ({"Name": "x"}, "the body: expected text"),
        (True, "the body: expected text"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_names_what_is_wrong_with_a_body(endpoint: Endpoint, connect: Connect, body: Any, expected: str) -> None:
    outcome = send(endpoint, {**contact_event(), "body": body})

    assert (outcome.status, outcome.error_type) == (400, "InvalidRequestException")
    assert outcome.message == expected
    assert connect.calls == 0
    assert outcome.log["outcome"] == "InvalidRequestException"


def test_integer_of_more_digits_than_python_converts_is_refused(endpoint: Endpoint) -> None:
    outcome = send(endpoint, contact_event('{"SegmentAttributes": {"s": {"ValueInteger": ' + "9" * 100_000 + "}}}"))

    assert (outcome.status, outcome.error_type) == (400, "InvalidRequestException")


@pytest.mark.parametrize("body", [None, "", "  \r\n"])
def test_no_body_is_an_empty_object(endpoint: Endpoint, body: str | None) -> None:
    outcome = send(endpoint, {**attributes_event(), "body": body})

    assert (outcome.status, outcome.error_type) == (400, "InvalidRequestException")
    assert outcome.message == (
        "InitialContactId: required, but missing; InstanceId: required, but missing; Attributes: required, but missing"
    )


def test_event_without_the_key_body_has_no_body(endpoint: Endpoint) -> None:
    event = contact_event()
    del event["body"]

    assert send(endpoint, event).message == "the body: expected at least one field to update"


def test_last_of_duplicate_members_counts(endpoint: Endpoint, connect: Connect) -> None:
    outcome = send(endpoint, contact_event('{"Name": 5, "Name": "first", "Name": "last"}'))

    assert outcome.status == 200
    assert connect.contact(CONTACT_ID)["Name"] == "last"


def test_refuses_half_of_a_surrogate_pair_and_takes_a_whole_one(endpoint: Endpoint, connect: Connect) -> None:
    assert send(endpoint, contact_event(r'{"Name": "\ud83d"}')).message == (
        "Name: expected Unicode text, got a lone surrogate"
    )
    assert connect.calls == 0

    assert send(endpoint, contact_event(r'{"Name": "\ud83d\ude00"}')).status == 200
    assert connect.contact(CONTACT_ID)["Name"] == "😀"


def test_unsafe_key_is_named_by_its_position_in_the_body(endpoint: Endpoint) -> None:
    outcome = send(endpoint, contact_event({"Name": "n", "a secret": 1}))

    assert outcome.message == "the body[member 2]: unknown member"


def test_all_violations_are_in_one_message(endpoint: Endpoint) -> None:
    body = {"InstanceId": INSTANCE_ID, "InitialContactId": 5, "Attributes": {"a key": "v", "k": 1}, "Other": 1}

    assert send(endpoint, attributes_event(body)).message == "; ".join(
        [
            "InitialContactId: expected a string, got a number",
            "the key of Attributes[member 1]: expected to match the pattern ^[A-Za-z0-9_-]+$",
            "Attributes.k: expected a string, got a number",
            "Other: unknown member",
        ]
    )


# -- Base64 -----------------------------------------------------------------------------------------------------------


def encoded(body: bytes) -> Event:
    return contact_event(base64.b64encode(body).decode(), isBase64Encoded=True)


@pytest.mark.parametrize(
    "body", [b'{"Name": "Z\xc3\xbcrich"}', '{"Name": "Zürich"}'.encode(), rb'{"Name": "Z\u00fcrich"}']
)
def test_decodes_a_base64_body(endpoint: Endpoint, connect: Connect, body: bytes) -> None:
    assert send(endpoint, encoded(body)).status == 200
    assert connect.contact(CONTACT_ID)["Name"] == "Zürich"


def test_empty_base64_body_is_an_empty_object(endpoint: Endpoint) -> None:
    assert send(endpoint, encoded(b"")).message == "the body: expected at least one field to update"


@pytest.mark.parametrize(
    "event",
    [
        encoded(b"\xff\xfe"),
        encoded(b'{"Name": "\xed\xa0\x80"}'),  # a surrogate in UTF-8
        encoded('{"Name": "x"}'.encode("utf-16")),
        encoded('{"Name": "Zürich"}'.encode("latin-1")),
        contact_event("not base64!", isBase64Encoded=True),
        contact_event("eyJ", isBase64Encoded=True),
        contact_event("ey J9", isBase64Encoded=True),
        contact_event("é", isBase64Encoded=True),
    ],
)
def test_refuses_base64_that_holds_no_utf_8(endpoint: Endpoint, connect: Connect, event: Event) -> None:
    outcome = send(endpoint, event)

    assert (outcome.status, outcome.error_type) == (400, "InvalidRequestException")
    assert outcome.message == "the body: expected UTF-8"
    assert connect.calls == 0


def test_base64_that_is_not_marked_as_such_is_no_json(endpoint: Endpoint) -> None:
    event = {**encoded(b'{"Name": "x"}'), "isBase64Encoded": False}

    assert send(endpoint, event).message == "the body: expected JSON"


# -- content types ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Content-Type", "content-type", "CONTENT-TYPE"])
@pytest.mark.parametrize(
    "value",
    [
        "application/json",
        "application/x-amz-json-1.1",
        "application/json; charset=utf-8",
        "application/x-amz-json-1.1;charset=UTF-8",
        "Application/JSON",
        " application/json ;q=1",
    ],
)
def test_takes_both_content_types(endpoint: Endpoint, name: str, value: str) -> None:
    assert send(endpoint, attributes_event(headers={name: value})).status == 200


@pytest.mark.parametrize("headers", [None, {}, {"Accept": "text/html"}, [], "x", {"Content-Type": None}])
def test_takes_a_missing_content_type_for_json(endpoint: Endpoint, headers: Any) -> None:
    assert send(endpoint, attributes_event(headers=headers)).status == 200


@pytest.mark.parametrize(
    "value",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/x-amz-json-1.0",
        "application/jsonp",
        "text/plain; application/json",
        "application/json, text/plain",
        "*/*",
    ],
)
def test_refuses_foreign_content_types(endpoint: Endpoint, connect: Connect, value: str) -> None:
    outcome = send(endpoint, attributes_event(headers={"Content-Type": value}))

    assert (outcome.status, outcome.error_type) == (415, "UnsupportedMediaTypeException")
    assert outcome.message == "Expected the Content-Type to be one of: application/json, application/x-amz-json-1.1."
    assert connect.calls == 0


# -- instances --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("instance", [INSTANCE_ID, INSTANCE_ARN])
def test_instance_is_given_by_id_or_arn_in_the_body(endpoint: Endpoint, connect: Connect, instance: str) -> None:
    body = {"InstanceId": instance, "InitialContactId": CONTACT_ID, "Attributes": {"Tier": "gold"}}

    assert send(endpoint, attributes_event(body)).status == 200
    # The in-memory Amazon Connect denies an ARN, as IAM does, so that it must have got the id.
    assert connect.attributes(CONTACT_ID) == {"Tier": "gold"}


@pytest.mark.parametrize("instance", [INSTANCE_ID, INSTANCE_ARN])
def test_instance_is_given_by_id_or_arn_in_the_path(endpoint: Endpoint, connect: Connect, instance: str) -> None:
    assert send(endpoint, contact_event({"Name": "New"}, instance)).status == 200
    assert connect.contact(CONTACT_ID)["Name"] == "New"


@pytest.mark.parametrize(
    "instance",
    [
        OTHER_INSTANCE_ID,
        INSTANCE_ARN.replace(INSTANCE_ID, OTHER_INSTANCE_ID),
        INSTANCE_ARN.replace("us-east-1", "us-west-2"),
        INSTANCE_ARN.replace("111122223333", "444455556666"),
        INSTANCE_ARN.replace("arn:aws:", "arn:aws-us-gov:"),
        INSTANCE_ARN.partition(":")[2],
        f"instance/{INSTANCE_ID}",
        f"{INSTANCE_ID}/",
        f" {INSTANCE_ID}",
        "..",
    ],
)
def test_another_instance_is_not_found_and_amazon_connect_not_asked(
    endpoint: Endpoint, connect: Connect, instance: str
) -> None:
    body = {"InstanceId": instance, "InitialContactId": CONTACT_ID, "Attributes": {"Tier": "gold"}}

    for outcome in (send(endpoint, attributes_event(body)), send(endpoint, contact_event(instance=instance))):
        assert (outcome.status, outcome.error_type) == (404, "ResourceNotFoundException")
        assert outcome.message == "The instance or the contact was not found."
        assert outcome.log["attempts"] == 0
    assert connect.calls == 0


def test_violations_come_before_the_instance(endpoint: Endpoint) -> None:
    outcome = send(endpoint, contact_event({"Name": 5}, OTHER_INSTANCE_ID))

    assert (outcome.status, outcome.message) == (400, "Name: expected a string, got a number")


# -- allowed attributes -----------------------------------------------------------------------------------------------


def test_writes_the_allowed_attributes(endpoint_at: EndpointAt, connect: Connect) -> None:
    endpoint = endpoint_at(connect.url, allowed_attributes=frozenset({"Tier", "Language"}))

    assert send(endpoint, attributes_event()).status == 200
    assert connect.attributes(CONTACT_ID) == {"Tier": "gold"}


def test_refuses_other_attributes_and_says_which_it_writes(endpoint_at: EndpointAt, connect: Connect) -> None:
    endpoint = endpoint_at(connect.url, allowed_attributes=frozenset({"Tier", "Language"}))
    attributes = {"Tier": "gold", "tier": "gold", "Secret-Key": "v"}
    body = {"InstanceId": INSTANCE_ID, "InitialContactId": CONTACT_ID, "Attributes": attributes}

    outcome = send(endpoint, attributes_event(body))

    assert (outcome.status, outcome.error_type) == (403, "AccessDeniedException")
    assert outcome.message == (
        "This endpoint does not write 2 of the attributes that were sent. It writes: Language, Tier."
    )
    assert connect.calls == 0


def test_no_attribute_is_allowed_by_an_empty_list(endpoint_at: EndpointAt, connect: Connect) -> None:
    assert send(endpoint_at(connect.url, allowed_attributes=frozenset()), attributes_event()).status == 403


def test_allowed_attributes_leave_contact_fields_alone(endpoint_at: EndpointAt, connect: Connect) -> None:
    endpoint = endpoint_at(connect.url, allowed_attributes=frozenset())

    assert send(endpoint, contact_event()).status == 200
