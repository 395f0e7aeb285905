"""An update that no retry can make succeed is rejected, and holds up nothing."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from connect_constructs.local.faults import BARE_THROTTLE, ErrorAnswer, documented_error
from contact_updates.update_message import MAX_MESSAGE_BYTES, Rejection, write_rejected
from tests.handler.proxy import CONTACT_ID, INSTANCE_ID
from tests.handler.queue_fakes import client_error, fields_of
from tests.handler.queue_rig import Rig
from tests.sqs_fifo import DAY

# A word that occurs nowhere else.
SECRET = "zq7canary7qz"


def test_what_amazon_connect_refuses_for_good_is_dead_lettered_at_once(rig: Rig) -> None:
    error_type = "InvalidParameterException"
    rig.details({"Name": "bad"})
    rig.details({"Name": "good"})

    def trouble(_: str, parameters: dict[str, Any]) -> None:
        if parameters["Name"] == "bad":
            raise client_error(ErrorAnswer(400, error_type, "Not this."))

    rig.connect.trouble = trouble
    original = rig.queue.messages[0]

    delivery = rig.deliver()

    assert delivery.failed == []
    assert delivery.outcomes == ["Rejected", "Updated"]
    assert rig.state.contact(CONTACT_ID).details == {"Name": "good"}
    (dead,) = rig.dead_letters.messages
    fields = fields_of(dead)
    assert fields.pop("rejection").items() >= {"type": error_type, "reason": "Not this."}.items()
    assert fields == fields_of(original)
    assert (dead.group, dead.deduplication_id) == (original.group, original.id)


def test_reason_in_the_dead_letter_is_amazon_connects_own(rig: Rig) -> None:
    rig.attributes({"a": SECRET})
    message = f"This is not good: {SECRET} in arn:aws:connect"
    rig.refuse(SECRET, client_error(ErrorAnswer(400, "InvalidParameterException", message)))

    delivery = rig.deliver()

    assert fields_of(rig.dead_letters.messages[0])["rejection"]["reason"] == message
    assert rig.bus.details[0]["reason"] == "Amazon Connect answered InvalidParameterException."
    assert SECRET not in delivery.printed + json.dumps(rig.bus.entries)


def test_rejection_names_its_time(rig: Rig) -> None:
    rig.body("nonsense")

    rig.deliver()

    rejection = fields_of(rig.dead_letters.messages[0])["rejection"]
    assert rejection.keys() == {"type", "reason", "rejectedAt"}
    assert rejection["rejectedAt"].endswith("Z")


def test_only_the_culprit_of_a_merged_call_is_dead_lettered(rig: Rig) -> None:
    for value in ("1", "bad", "3"):
        rig.attributes({"a": value, value: value})
    rig.attributes({"b": "4"})
    rig.refuse("bad", client_error(documented_error("InvalidParameterException")))

    delivery = rig.deliver()

    assert delivery.failed == []
    assert rig.rejections == [("u2", "InvalidParameterException")]
    # One call for all of them, then one for each.
    assert len(rig.connect.made) == 5
    assert rig.values() == {"a": "3", "1": "1", "3": "3", "b": "4"}
    assert [(log["updateId"], log["outcome"]) for log in delivery.logs] == [
        ("u1", "Updated"),
        ("u2", "Rejected"),
        ("u3", "Updated"),
        ("u4", "Updated"),
    ]


def test_trouble_amid_the_search_for_the_culprit_loses_nothing(rig: Rig) -> None:
    rig.attributes({"a": "1"})
    rig.attributes({"b": "bad"})
    third = rig.attributes({"c": "held"})
    fourth = rig.attributes({"d": "4"})

    def trouble(_: str, parameters: dict[str, Any]) -> None:
        values = parameters["Attributes"].values()
        if "bad" in values:
            raise client_error(documented_error("InvalidParameterException"))
        if "held" in values:
            raise client_error(documented_error("ThrottlingException"))

    rig.connect.trouble = trouble

    assert rig.deliver().failed == [third, fourth]
    assert rig.values() == {"a": "1"}
    assert rig.rejections == [("u2", "InvalidParameterException")]


UNREADABLE = {
    "no JSON": ("nonsense", "UnreadableMessage"),
    "deeply nested": ("[" * 5_000, "UnreadableMessage"),
    "no object": ("[1]", "UnreadableMessage"),
    "null": ("null", "UnreadableMessage"),
    "no version": (json.dumps({"operation": "UpdateContact", "parameters": {}}), "UnreadableMessage"),
    "another version": (
        json.dumps({"version": 2, "operation": "UpdateContact", "parameters": {}}),
        "UnreadableMessage",
    ),
    "another operation": (
        json.dumps({"version": 1, "operation": "StopContact", "parameters": {}}),
        "UnreadableMessage",
    ),
    "an operation that is no text": (
        json.dumps({"version": 1, "operation": ["UpdateContact"], "parameters": {}}),
        "UnreadableMessage",
    ),
    "no parameters": (json.dumps({"version": 1, "operation": "UpdateContact"}), "UnreadableMessage"),
    "a violation": (
        json.dumps(
            {
                "version": 1,
                "operation": "UpdateContact",
                "parameters": {"InstanceId": INSTANCE_ID, "ContactId": CONTACT_ID, "Name": 7},
            }
        ),
        "InvalidRequestException",
    ),
    "a foreign instance": (
        json.dumps(
            {
                "version": 1,
                "operation": "UpdateContact",
                "parameters": {"InstanceId": "another", "ContactId": CONTACT_ID, "Name": "N"},
            }
        ),
        "ResourceNotFoundException",
    ),
    "a contact that is a path": (
        json.dumps(
            {
                "version": 1,
                "operation": "UpdateContact",
                "parameters": {"InstanceId": INSTANCE_ID, "ContactId": "..", "Name": "N"},
            }
        ),
        "ResourceNotFoundException",
    ),
    "a lone surrogate": (
        json.dumps(
            {
                "version": 1,
                "operation": "UpdateContact",
                "parameters": {"InstanceId": INSTANCE_ID, "ContactId": CONTACT_ID, "Name": "\ud800"},
            }
        ),
        "InvalidRequestException",
    ),
}


@pytest.mark.parametrize(("body", "rejection_type"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_update_is_dead_lettered_without_a_call(rig: Rig, body: str, rejection_type: str) -> None:
    rig.attributes({"a": "1"})
    message_id = rig.body(body)
    rig.attributes({"a": "2"})

    delivery = rig.deliver()

    assert delivery.failed == []
    assert delivery.outcomes == ["Updated", "Rejected", "Updated"]
    assert rig.sent_attributes == [{"a": "1"}, {"a": "2"}]
    (dead,) = rig.dead_letters.messages
    assert fields_of(dead)["rejection"]["type"] == rejection_type
    assert dead.deduplication_id == message_id
    assert fields_of(dead)["updateId"] == rig.bus.details[0]["updateId"]
    fields = {key: value for key, value in fields_of(dead).items() if key != "rejection"}
    assert fields == {**(json.loads(body) if body.startswith("{") else {"unreadable": body}), "updateId": message_id}


@pytest.mark.parametrize("body", ["[" * 200_000, '{"a":' * 40_000, "\u00e9" * 100_000, '"' * 200_000])
def test_largest_unreadable_message_does_not_block_its_contact(rig: Rig, body: str) -> None:
    # As JSON in JSON it can be too large for the dead-letter queue.
    rig.body(body)

    assert rig.deliver().failed == []
    assert len(rig.dead_letters.messages) == 1


@pytest.mark.parametrize("depth", [33, 500, 900, 980, 2_000])
def test_deeply_nested_message_does_not_block_its_contact(rig: Rig, depth: int) -> None:
    segment = '{"ValueMap":{"a":' * (depth // 2) + "{}" + "}}" * (depth // 2)
    rig.body('{"version":1,"operation":"UpdateContact","parameters":{"SegmentAttributes":{"a":' + segment + "}}}")

    assert rig.deliver().failed == []
    assert len(rig.dead_letters.messages) == 1


def test_largest_dead_letter_fits_into_a_queue(rig: Rig) -> None:
    update_id = str(uuid.uuid4())
    body = json.dumps({"version": 1, "updateId": update_id, "x": "x" * 249_930}, separators=(",", ":"))
    assert len(body) == MAX_MESSAGE_BYTES
    rejection = Rejection(type="InvalidActiveRegionException", reason="😀" * 5_000, public_reason="")

    assert len(write_rejected(body, rejection, update_id)) <= 262_144


def test_update_that_is_too_old_is_dead_lettered_as_expired_without_a_call(rig: Rig) -> None:
    rig.attributes({"a": "1"})
    rig.clock.advance(12 * DAY)
    rig.attributes({"b": "2"})

    # Exactly twelve days is not too old.
    rig.fail_for(CONTACT_ID, client_error(BARE_THROTTLE))
    assert rig.deliver().outcomes == ["HeldUp", "HeldUp"]
    rig.heal()
    rig.connect.made.clear()
    rig.clock.advance(5)
    delivery = rig.deliver()

    assert delivery.failed == []
    assert rig.rejections == [("u1", "Expired")]
    assert rig.sent_attributes == [{"b": "2"}]
