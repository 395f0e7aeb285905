"""What the endpoint accepts, what is then in the queue, and what the caller gets."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest

from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.update_message import MAX_MESSAGE_BYTES
from tests.handler.proxy import (
    CONTACT_ID,
    EXTENDED_REQUEST_ID,
    INSTANCE_ARN,
    INSTANCE_ID,
    REQUEST_ID,
    Event,
    attributes_event,
    called_by,
    contact_event,
    send,
)
from tests.handler.queue_fakes import SqsClient, fields_of
from tests.handler.queue_target.calls import attributes, endpoint_before
from tests.sqs_fifo import FifoQueue

# A word that occurs nowhere else.
SECRET = "zq7canary7qz"

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


def test_accepted_update_is_answered_with_its_id(endpoint: Endpoint, queue: FifoQueue) -> None:
    outcome = send(endpoint, attributes_event())

    update_id = outcome.headers["Update-Id"]
    assert UUID.match(update_id)
    assert outcome.answer == {
        "statusCode": 202,
        "headers": {"Content-Type": "application/json", "Update-Id": update_id},
        "body": "",
        "isBase64Encoded": False,
    }
    assert len(queue.messages) == 1


def test_log_line_has_the_ids_of_the_update_and_of_the_request(endpoint: Endpoint) -> None:
    outcome = send(endpoint, attributes_event())

    log = outcome.log
    assert log.pop("durationMs") >= 0
    assert log == {
        "requestId": REQUEST_ID,
        "extendedRequestId": EXTENDED_REQUEST_ID,
        "caller": {},
        "operation": "UpdateContactAttributes",
        "contactId": CONTACT_ID,
        "updateId": outcome.headers["Update-Id"],
        "outcome": "Accepted",
        "status": 202,
        "upstreamRequestId": None,
        "upstreamError": None,
        "attempts": 1,
    }


@pytest.mark.parametrize(
    ("event", "operation", "parameters"),
    [
        (
            attributes({"Tier": "gold", "gone": ""}),
            "UpdateContactAttributes",
            {"InstanceId": INSTANCE_ID, "InitialContactId": CONTACT_ID, "Attributes": {"Tier": "gold", "gone": ""}},
        ),
        (
            contact_event({"Name": "Ä 😀\n\x00", "QueueInfo": {"Id": "q"}}, instance=INSTANCE_ARN),
            "UpdateContact",
            {"InstanceId": INSTANCE_ID, "ContactId": CONTACT_ID, "Name": "Ä 😀\n\x00", "QueueInfo": {"Id": "q"}},
        ),
    ],
    ids=["attributes", "details"],
)
def test_message_has_the_documented_format(
    endpoint: Endpoint, queue: FifoQueue, event: Event, operation: str, parameters: dict[str, Any]
) -> None:
    outcome = send(endpoint, event)

    (message,) = queue.messages
    fields = fields_of(message)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", fields.pop("acceptedAt"))
    assert fields == {
        "version": 1,
        "updateId": outcome.headers["Update-Id"],
        "requestId": REQUEST_ID,
        "operation": operation,
        "parameters": parameters,
    }


def test_message_escapes_only_what_sqs_and_json_refuse(endpoint: Endpoint, queue: FifoQueue) -> None:
    send(endpoint, contact_event({"Name": "Ä 😀\x7f\n\x00\ufffe"}))

    assert r'"Name":"Ä 😀' + "\x7f" + r'\n\u0000\ufffe"' in queue.messages[0].body


@pytest.mark.parametrize("contact_id", [CONTACT_ID, CONTACT_ID.upper(), "A/ß Ä", "x" * 256])
def test_group_of_a_message_is_the_hash_of_its_contact(endpoint: Endpoint, queue: FifoQueue, contact_id: str) -> None:
    send(endpoint, attributes({"a": "1"}, contact_id))
    send(endpoint, contact_event(contact=contact_id))

    assert [message.group for message in queue.messages] == [
        hashlib.sha256(contact_id.lower().encode()).hexdigest()
    ] * 2


def test_largest_attributes_fit_even_if_each_character_is_escaped(endpoint: Endpoint, queue: FifoQueue) -> None:
    values = {"k": "\x01" * 32_767}

    assert send(endpoint, attributes(values)).status == 202
    assert fields_of(queue.messages[0])["parameters"]["Attributes"] == values


def segments(size: int, filling: str = "x") -> Event:
    """An update with 1,000 segment attributes, whose values have `size` characters in all."""
    share, more = divmod(size, 1_000)
    values = ((filling * 255)[: share + (number < more)] for number in range(1_000))
    return contact_event({"SegmentAttributes": {f"s{n:03}": {"ValueString": value} for n, value in enumerate(values)}})


def test_update_that_no_message_can_hold_is_too_large(endpoint: Endpoint, queue: FifoQueue) -> None:
    outcome = send(endpoint, segments(255_000, SECRET))

    assert (outcome.status, outcome.error_type) == (413, "RequestEntityTooLargeException")
    assert outcome.headers["x-amzn-ErrorType"] == "RequestEntityTooLargeException"
    assert "Update-Id" not in outcome.headers
    assert "updateId" not in outcome.log
    assert SECRET not in outcome.everything_said
    assert queue.messages == []


def test_update_is_accepted_up_to_the_size_of_a_message(endpoint: Endpoint, queue: FifoQueue) -> None:
    send(endpoint, segments(0))
    room = MAX_MESSAGE_BYTES - len(queue.messages[0].body)

    fits, too_large = send(endpoint, segments(room)), send(endpoint, segments(room + 1))

    assert (fits.status, too_large.status) == (202, 413)


def test_page_that_may_call_can_read_the_id(client: SqsClient) -> None:
    endpoint = endpoint_before(client, allow_origins=frozenset({"*"}))

    outcome = send(endpoint, attributes({"a": "1"}, Origin="https://agents.example.com"))

    assert outcome.status == 202
    assert "Update-Id" in outcome.headers["Access-Control-Expose-Headers"].split(",")


def test_values_are_in_no_log_line(endpoint: Endpoint, queue: FifoQueue) -> None:
    event = contact_event(
        {"Name": SECRET, "References": {SECRET: {"Type": "URL", "Value": SECRET}}}, headers={"Idempotency-Key": SECRET}
    )

    outcome = send(endpoint, called_by(event, {"sourceIp": SECRET, "apiKey": SECRET}))

    assert outcome.status == 202
    assert SECRET not in outcome.everything_said + json.dumps(outcome.headers)
    assert queue.messages[0].body.count(SECRET) == 3
