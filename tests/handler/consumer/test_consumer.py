"""The consumer applies and acknowledges the queue's messages, and logs no values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from connect_constructs.local.faults import ErrorAnswer
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN, INSTANCE_ID
from tests.handler.queue_fakes import client_error, fields_of, raises, raises_nothing
from tests.handler.queue_rig import NEW_CONTACT, OTHER_CONTACT, Rig
from tests.sqs_fifo import DAY

# A word that occurs nowhere else.
SECRET = "zq7canary7qz"


def test_update_of_the_queue_is_made_and_acknowledged(rig: Rig) -> None:
    rig.attributes({"Tier": "gold"})
    rig.details({"Name": "A name"}, OTHER_CONTACT)

    delivery = rig.deliver()

    assert delivery.failed == []
    assert not rig.queue.messages + rig.dead_letters.messages
    assert not rig.bus.entries
    assert not rig.queue_client.visibility_calls
    assert rig.values() == {"Tier": "gold"}
    assert rig.state.contact(OTHER_CONTACT).details == {"Name": "A name"}
    assert delivery.logs[0] == {
        "updateId": "u1",
        "requestId": "r1",
        "operation": "UpdateContactAttributes",
        "contactId": CONTACT_ID,
        "outcome": "Updated",
        "upstreamRequestId": "up-1",
        "upstreamError": None,
        "attempts": 1,
        "receiveCount": 1,
        "merged": 1,
    }
    assert len(delivery.logs) == 2


def test_message_without_the_optional_fields_is_applied_under_its_own_id(rig: Rig) -> None:
    parameters = {"InstanceId": INSTANCE_ARN, "InitialContactId": CONTACT_ID, "Attributes": {"a": "1"}}
    fields = {"version": 1, "operation": "UpdateContactAttributes", "parameters": parameters}
    message_id = rig.body(json.dumps(fields))

    delivery = rig.deliver()

    assert rig.values() == {"a": "1"}
    assert (delivery.logs[0]["updateId"], delivery.logs[0]["requestId"]) == (message_id, None)
    # An ARN instead of the id would be denied.
    assert rig.connect.made[0][1]["InstanceId"] == INSTANCE_ID


@pytest.mark.parametrize("contact_id", ["Jane Doe", "+49 151 23456789", f"{CONTACT_ID}x"])
def test_what_has_not_the_form_of_a_contact_id_is_in_no_log_line_and_in_no_event(rig: Rig, contact_id: str) -> None:
    rig.attributes({"a": "1"}, contact_id)
    rig.clock.advance(DAY)
    printed = rig.deliver().printed
    rig.state.create_contact(contact_id=contact_id)
    rig.attributes({"a": "1"}, contact_id)

    printed += rig.deliver().printed

    assert [json.loads(line)["contactId"] for line in printed.splitlines()] == [None, None]
    assert rig.bus.details[0]["contactId"] is None
    assert contact_id not in printed + json.dumps(rig.bus.entries)
    # The dead letter has it, of course.
    assert fields_of(rig.dead_letters.messages[0])["parameters"]["InitialContactId"] == contact_id


def test_ids_that_a_producer_chooses_stay_short_in_the_log_and_in_the_event(rig: Rig) -> None:
    rig.attributes({"a": "1"}, NEW_CONTACT, updateId="u" * 100_000, requestId="r\n" * 50_000)
    rig.clock.advance(DAY)

    (log,) = rig.deliver().logs

    assert (log["updateId"], log["requestId"]) == ("u" * 1_024, "r\n" * 512)
    assert rig.bus.details[0]["updateId"] == "u" * 1_024


@pytest.mark.parametrize("update_id", ["", None, 5, ["u1"]])
def test_id_that_is_none_is_the_messages(rig: Rig, update_id: Any) -> None:
    message = rig.attributes({"a": "1"}, updateId=update_id)

    assert rig.deliver().logs[0]["updateId"] == message


def test_updates_of_a_contact_are_made_in_their_order_over_many_batches(rig: Rig) -> None:
    for number in range(25):
        rig.details({"Name": f"N{number}"})

    while rig.queue.messages:
        rig.deliver()

    assert [parameters["Name"] for _, parameters in rig.connect.made] == [f"N{number}" for number in range(25)]


def test_values_are_in_no_log_line_and_in_no_event(rig: Rig) -> None:
    errors = [
        client_error(ErrorAnswer(400, "InvalidParameterException", f"Bad: {SECRET}")),
        client_error(ErrorAnswer(400, f"{SECRET} Exception", SECRET)),
        client_error(ErrorAnswer(500, "InternalServiceException", SECRET)),
        ReadTimeoutError(endpoint_url=f"https://example.com/{SECRET}"),
        ValueError(SECRET),
    ]
    printed = ""
    for error in errors:
        rig.attributes({SECRET: SECRET})
        rig.details({"Name": SECRET, "References": {SECRET: {"Type": "URL", "Value": SECRET}}})
        rig.attributes({f"a b {SECRET}": SECRET}, OTHER_CONTACT)
        rig.body(f"nonsense {SECRET}")
        rig.body(json.dumps({"version": SECRET, SECRET: SECRET}))
        rig.body(json.dumps({"version": 1, "operation": SECRET, "parameters": {}}))
        rig.details({f"a {SECRET}": SECRET, "Name": [SECRET], "QueueInfo": {"Id": SECRET * 100}})
        for trouble in (raises(error), raises_nothing):
            rig.connect.trouble = trouble
            printed += rig.deliver().printed
            rig.clock.advance(300)
    while rig.queue.messages:
        printed += rig.deliver().printed
        rig.clock.advance(300)
    rig.body(f"nonsense {SECRET}")
    rig.dead_letter_client.trouble = rig.queue_client.trouble = raises(ValueError(SECRET))
    printed += rig.deliver().printed

    for outcome in ("Updated", "Rejected", "HeldUp", "VisibilityNotSet"):
        assert f'"{outcome}"' in printed
    assert len(rig.bus.entries) > 10
    assert SECRET not in printed.casefold()
    assert SECRET not in json.dumps(rig.bus.entries).casefold()
    assert all(SECRET in message.body for message in rig.dead_letters.messages)
