"""What the consumer makes of the queue's messages: calls, dead letters, and what goes back."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.faults import BARE_THROTTLE, TOO_MANY_REQUESTS, ErrorAnswer, documented_error
from contact_updates import connect_target
from contact_updates.aws.answer_check import UnreadableAnswerError
from contact_updates.aws.session import ONE_REQUEST, REQUEST_SECONDS, AwsSession
from contact_updates.connect_target import ConnectTarget
from contact_updates.consumer import settled
from contact_updates.consumer.received import groups_of
from contact_updates.consumer.visibility import backoff_seconds, resend_seconds
from contact_updates.pacing import Pacer
from contact_updates.settings import ConsumerSettings
from contact_updates.update_message import (
    MAX_MESSAGE_BYTES,
    Rejection,
    parse_message,
    update_in,
    write_rejected,
)
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN, INSTANCE_ID
from tests.handler.queue_fakes import (
    Clock,
    ConnectClient,
    Delivery,
    TimedContext,
    client_error,
    deliver,
    fields_of,
    invoke,
    receive,
    settle,
)
from tests.handler.queue_rig import NEW_CONTACT, OTHER_CONTACT, Rig
from tests.sqs_fifo import DAY

# A word that nothing else says.
SECRET = "zq7canary7qz"

READ_TIMEOUT = ReadTimeoutError(endpoint_url="https://sqs.us-east-1.amazonaws.com")
NO_ENDPOINT = EndpointConnectionError(endpoint_url="https://sqs.us-east-1.amazonaws.com")


@pytest.fixture
def rig() -> Rig:
    return Rig()


def raises(error: BaseException) -> Callable[..., None]:
    def trouble(*_: Any) -> None:
        raise error

    return trouble


# -- updates ----------------------------------------------------------------------------------------------------------


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
    # An ARN in place of the id would be denied.
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
    # The update itself has it, of course.
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


# -- merging ----------------------------------------------------------------------------------------------------------


def test_consecutive_attribute_updates_are_one_call_in_which_the_later_wins(rig: Rig) -> None:
    rig.state.create_contact(contact_id=CONTACT_ID, attributes={"gone": "1", "kept": "1"})
    rig.attributes({"a": "1", "b": "1"})
    rig.attributes({"b": "2", "gone": ""})
    rig.attributes({"c": "3"})

    delivery = rig.deliver()

    assert rig.sent_attributes == [{"a": "1", "b": "2", "gone": "", "c": "3"}]
    assert rig.values() == {"kept": "1", "a": "1", "b": "2", "c": "3"}
    assert [(log["updateId"], log["outcome"], log["merged"]) for log in delivery.logs] == [
        ("u1", "Updated", 3),
        ("u2", "Updated", 3),
        ("u3", "Updated", 3),
    ]


def test_a_removal_after_a_value_removes_and_a_value_after_a_removal_stays(rig: Rig) -> None:
    rig.attributes({"a": "1", "b": ""})
    rig.attributes({"a": "", "b": "2"})

    rig.deliver()

    assert rig.sent_attributes == [{"a": "", "b": "2"}]
    assert rig.values() == {"b": "2"}


def test_nothing_is_merged_across_the_other_operation(rig: Rig) -> None:
    rig.attributes({"a": "1"})
    rig.details({"Name": "N"})
    rig.attributes({"a": "2"})
    rig.attributes({"b": "3"})

    rig.deliver()

    assert [operation for operation, _ in rig.connect.made] == [
        "UpdateContactAttributes",
        "UpdateContact",
        "UpdateContactAttributes",
    ]
    assert rig.sent_attributes == [{"a": "1"}, {}, {"a": "2", "b": "3"}]


def test_updates_by_update_contact_are_not_merged(rig: Rig) -> None:
    rig.details({"Name": "A"})
    rig.details({"Description": "B"})

    rig.deliver()

    assert len(rig.connect.made) == 2


def test_nothing_is_merged_across_contacts(rig: Rig) -> None:
    rig.state.create_contact(contact_id=CONTACT_ID.upper() + "A")
    rig.state.create_contact(contact_id=CONTACT_ID.upper() + "a")
    # These two have one group.
    rig.attributes({"a": "1"}, CONTACT_ID.upper() + "A")
    rig.attributes({"a": "2"}, CONTACT_ID.upper() + "a")
    rig.attributes({"a": "3"}, OTHER_CONTACT)

    rig.deliver()

    assert rig.sent_attributes == [{"a": "1"}, {"a": "2"}, {"a": "3"}]


def test_merges_only_as_far_as_one_call_may_go(rig: Rig) -> None:
    half = "x" * 16_383
    rig.attributes({"a": half})
    rig.attributes({"b": half})
    rig.attributes({"b": "", "a": ""})
    rig.attributes({"c": "é"})

    delivery = rig.deliver()

    assert [list(sent) for sent in rig.sent_attributes] == [["a", "b", "c"]]
    assert rig.values() == {"c": "é"}
    assert delivery.failed == []


def test_what_is_too_large_together_is_not_merged(rig: Rig) -> None:
    rig.attributes({"a": "x" * 16_383})
    rig.attributes({"b": "x" * 16_384})
    rig.attributes({"a": ""})

    rig.deliver()

    assert [list(sent) for sent in rig.sent_attributes] == [["a"], ["b", "a"]]


def test_nothing_is_merged_when_that_is_turned_off() -> None:
    rig = Rig(merge_updates=False)
    rig.attributes({"a": "1"})
    rig.attributes({"a": "2"})

    rig.deliver()

    assert rig.sent_attributes == [{"a": "1"}, {"a": "2"}]


# -- what holds up ----------------------------------------------------------------------------------------------------

HOLDING_UP = {
    "a throttle": client_error(documented_error("ThrottlingException")),
    "another throttle": client_error(TOO_MANY_REQUESTS),
    "a bare throttle": client_error(BARE_THROTTLE),
    "an internal error": client_error(documented_error("InternalServiceException")),
    "a 503": client_error(ErrorAnswer(503)),
    "a 502 with a type of 400": client_error(ErrorAnswer(502, "Whatever")),
    "a read time-out": ReadTimeoutError(endpoint_url="https://example.com"),
    "a connect time-out": ConnectTimeoutError(endpoint_url="https://example.com"),
    "a closed connection": ConnectionClosedError(endpoint_url="https://example.com"),
    "no endpoint": EndpointConnectionError(endpoint_url="https://example.com"),
    "denied access": client_error(documented_error("AccessDeniedException")),
    "an expired token": client_error(ErrorAnswer(403, "ExpiredTokenException")),
    "a conflict": client_error(documented_error("ConflictException")),
    "an inactive Region": client_error(documented_error("InvalidActiveRegionException")),
    "an unknown error of 400": client_error(ErrorAnswer(400, "SomethingNewException")),
    "a bare 400": client_error(ErrorAnswer(400)),
    "a bare 404": client_error(ErrorAnswer(404)),
    "a serialization error": client_error(ErrorAnswer(400, "SerializationException")),
    "an unreadable answer": UnreadableAnswerError(),
    "an answer that botocore cannot parse": ResponseParserError("?"),
    "no credentials": NoCredentialsError(),
    "an unexpected exception": ValueError("?"),
}


@pytest.mark.parametrize("error", HOLDING_UP.values(), ids=HOLDING_UP)
def test_whatever_may_pass_blocks_its_contact_and_no_other(rig: Rig, error: Exception) -> None:
    first, foreign = rig.attributes({"a": "1"}), rig.attributes({"b": "1"}, OTHER_CONTACT)
    second, third = rig.details({"Name": "N"}), rig.attributes({"a": "2"})
    rig.fail_for(CONTACT_ID, error)

    delivery = rig.deliver()

    assert delivery.failed == [first, second, third]
    assert foreign not in delivery.failed
    assert {rig.waits(message) for message in delivery.failed} == {5}
    assert len(rig.queue_client.visibility_calls) == 1
    assert rig.values(OTHER_CONTACT) == {"b": "1"}
    assert not rig.dead_letters.messages
    assert not rig.bus.entries
    assert sorted(delivery.outcomes) == ["HeldUp", "HeldUp", "HeldUp", "Updated"]

    # Then: once it has passed, all of them are made, in their order
    rig.heal()
    rig.clock.advance(4.9)
    assert rig.deliver().records == []
    rig.clock.advance(0.1)
    assert rig.deliver().failed == []
    assert rig.values() == {"a": "2"}
    assert rig.state.contact(CONTACT_ID).details == {"Name": "N"}
    assert rig.queue.messages == []


def test_what_was_made_before_the_trouble_is_acknowledged(rig: Rig) -> None:
    rig.details({"Name": "N"})
    second = rig.attributes({"a": "bad"})
    third = rig.details({"Name": "M"})
    rig.refuse("bad", client_error(BARE_THROTTLE))

    assert rig.deliver().failed == [second, third]
    assert [message.id for message in rig.queue.messages] == [second, third]
    assert rig.state.contact(CONTACT_ID).details == {"Name": "N"}


def test_a_call_that_took_effect_but_timed_out_is_made_again(rig: Rig) -> None:
    message = rig.attributes({"a": "1"})
    rig.connect.trouble_after = raises(ReadTimeoutError(endpoint_url="https://example.com"))

    assert rig.deliver().failed == [message]
    assert len(rig.connect.made) == 2
    rig.connect.trouble_after = lambda *_: None
    rig.clock.advance(5)
    assert rig.deliver().failed == []
    assert rig.values() == {"a": "1"}


def test_group_waits_as_its_first_message_commands(rig: Rig) -> None:
    rig.fail_for(CONTACT_ID, client_error(BARE_THROTTLE))
    first = rig.details({"Name": "N"})
    waits = []
    for _ in range(9):
        rig.deliver()
        waits.append(rig.waits(first))
        rig.clock.advance(waits[-1])
    second = rig.details({"Name": "M"})

    rig.deliver()

    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert rig.waits(first) == rig.waits(second) == 300


def test_back_off_doubles_from_5_seconds_to_5_minutes() -> None:
    assert [backoff_seconds(count) for count in range(1, 10)] == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert backoff_seconds(300) == 300
    # SQS takes 12 hours at most.
    assert all(1 <= backoff_seconds(count) <= 12 * 3600 for count in range(1, 2_000))


def test_a_thousand_receives_outlast_the_twelve_days_of_an_update() -> None:
    # The last one has to be made after the twelve days, and before the queue forgets after fourteen.
    waits = [backoff_seconds(count) for count in range(1, 1_000)]
    assert sum(waits) > 12 * DAY
    assert max(waits) < 1 * DAY


def test_day_in_which_each_call_hangs_does_not_use_up_the_receives_of_a_queue(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect_target, "CONNECT_TIMEOUT_SECONDS", 2)
    monkeypatch.setattr(connect_target, "READ_TIMEOUT_SECONDS", 9)
    # What an execution has no time for is received again, and each time counts.
    for number in range(30):
        rig.attributes({"a": "1"}, f"contact-{number}")

    def hang(*_: Any) -> None:
        rig.clock.advance(11)
        raise ReadTimeoutError(endpoint_url="https://example.com")

    rig.connect.trouble = hang
    ends_at = rig.clock() + DAY
    while rig.clock() < ends_at and max(message.receive_count for message in rig.queue.messages) < 1_000:
        if not rig.deliver(seconds=45).records:
            rig.clock.advance(5)

    # A queue counts to 1,000, and an update may wait for twelve days.
    assert max(message.receive_count for message in rig.queue.messages) < 1_000


# -- what is rejected -------------------------------------------------------------------------------------------------


def test_what_amazon_connect_refuses_for_good_is_parked_at_once(rig: Rig) -> None:
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


def test_only_the_culprit_of_a_merged_call_is_parked(rig: Rig) -> None:
    for value in ("1", "bad", "3"):
        rig.attributes({"a": value, value: value})
    rig.attributes({"b": "4"})
    rig.refuse("bad", client_error(documented_error("InvalidParameterException")))

    delivery = rig.deliver()

    assert delivery.failed == []
    assert rig.parked == [("u2", "InvalidParameterException")]
    # One call for all of them, and then one for each.
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
    assert rig.parked == [("u2", "InvalidParameterException")]


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
    "half of a surrogate pair": (
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
def test_what_is_no_update_is_parked_without_a_call(rig: Rig, body: str, rejection_type: str) -> None:
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
    # As JSON in JSON it grows; the dead-letter queue takes larger messages than the queue.
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


def test_update_that_is_too_old_is_parked_as_expired_without_a_call(rig: Rig) -> None:
    rig.attributes({"a": "1"})
    rig.clock.advance(12 * DAY)
    rig.attributes({"b": "2"})

    # Exactly twelve days is not older than that.
    rig.fail_for(CONTACT_ID, client_error(BARE_THROTTLE))
    assert rig.deliver().outcomes == ["HeldUp", "HeldUp"]
    rig.heal()
    rig.connect.made.clear()
    rig.clock.advance(5)
    delivery = rig.deliver()

    assert delivery.failed == []
    assert rig.parked == [("u1", "Expired")]
    assert rig.sent_attributes == [{"b": "2"}]


# -- dead letters -----------------------------------------------------------------------------------------------------


def test_dead_letter_that_is_sent_to_the_queue_again_is_applied(rig: Rig) -> None:
    rig.attributes({"a": "1"}, NEW_CONTACT)
    rig.clock.advance(301)
    rig.deliver()
    rig.state.create_contact(contact_id=NEW_CONTACT)
    (dead,) = rig.dead_letters.messages
    assert fields_of(dead)["rejection"]["type"] == "ResourceNotFoundException"

    rig.body(dead.body, NEW_CONTACT)
    delivery = rig.deliver()

    assert delivery.outcomes == ["Updated"]
    assert (delivery.logs[0]["updateId"], delivery.logs[0]["requestId"]) == ("u1", "r1")
    assert rig.values(NEW_CONTACT) == {"a": "1"}


def test_dead_letter_that_is_rejected_again_has_the_new_reason(rig: Rig) -> None:
    rig.body("nonsense")
    rig.deliver()
    (dead,) = rig.dead_letters.messages
    rig.body(dead.body)

    rig.deliver()

    again = fields_of(rig.dead_letters.messages[1])
    assert again["unreadable"] == "nonsense"
    assert again.keys() == {"unreadable", "updateId", "rejection"}
    assert again["updateId"] == fields_of(dead)["updateId"]


def test_update_rejected_twice_is_a_dead_letter_once_within_five_minutes_and_has_one_id_later(rig: Rig) -> None:
    rig.body("nonsense")
    records = receive(rig.queue)
    rig.consumer({"Records": records}, TimedContext(rig.clock))

    # The function was killed before it answered, and each time another execution environment gets the batch.
    rig.clock.advance(299)
    rig.new_environment()({"Records": records}, TimedContext(rig.clock))
    assert len(rig.dead_letters.messages) == 1
    rig.clock.advance(2)
    rig.new_environment()({"Records": records}, TimedContext(rig.clock))

    ids = [fields_of(message)["updateId"] for message in rig.dead_letters.messages]
    assert ids == [records[0]["messageId"]] * 2
    assert [detail["updateId"] for detail in rig.bus.details] == [records[0]["messageId"]] * 3


@pytest.mark.parametrize("update_id", ["u1", None, 5, "", "u" * 2_000])
def test_dead_letter_and_event_have_the_same_id(rig: Rig, update_id: Any) -> None:
    rig.attributes({"a": "1"}, NEW_CONTACT, updateId=update_id)
    rig.body("nonsense")
    rig.clock.advance(DAY)

    rig.deliver()

    letters, details = rig.dead_letters.messages, rig.bus.details
    assert [fields_of(message)["updateId"] for message in letters] == [detail["updateId"] for detail in details]
    assert [message.id for message in letters] == [detail["deadLetterMessageId"] for detail in details]


def test_dead_letter_whose_answer_is_lost_is_sent_again_at_once(rig: Rig) -> None:
    rig.body("nonsense")
    answers = [READ_TIMEOUT]

    def trouble(_: str) -> None:
        if answers:
            raise answers.pop()

    rig.dead_letter_client.trouble_after = trouble

    assert rig.deliver().outcomes == ["Rejected"]
    assert len(rig.dead_letters.messages) == 1


@pytest.mark.parametrize("receives", [1, 5, 10, 100, 290])
def test_dead_letter_is_there_once_however_long_its_update_has_waited(rig: Rig, receives: int) -> None:
    rig.attributes({"a": "1"})
    rig.fail_for(CONTACT_ID, client_error(documented_error("InvalidParameterException")))
    rig.queue.messages[0].receive_count = receives - 1
    answers = [READ_TIMEOUT] * 4

    def trouble(_: str) -> None:
        if answers:
            raise answers.pop()

    rig.dead_letter_client.trouble_after = trouble
    rig.run(2_000)

    assert rig.parked == [("u1", "InvalidParameterException")]
    assert rig.queue.messages == []
    assert len(rig.bus.entries) == 1


def test_receives_of_a_queue_last_for_twelve_days_while_dead_letters_fail() -> None:
    assert [resend_seconds(count) for count in (1, 2, 4, 5, 300, 301)] == [5, 10, 40, 60, 60, 1_800]
    assert sum(resend_seconds(count) for count in range(1, 1_000)) > 12 * DAY


@pytest.mark.parametrize(
    "error",
    [NO_ENDPOINT, client_error(ErrorAnswer(403, "AccessDenied"), "SendMessage"), ResponseParserError("?")],
    ids=["no endpoint", "denied", "unreadable"],
)
@pytest.mark.parametrize("takes_effect", [False, True])
def test_dead_letter_queue_that_fails_lets_the_message_go_back(rig: Rig, error: Exception, takes_effect: bool) -> None:
    messages = [rig.body("nonsense"), rig.attributes({"a": "1"})]
    rig.attributes({"b": "2"}, OTHER_CONTACT)
    setattr(rig.dead_letter_client, "trouble_after" if takes_effect else "trouble", raises(error))

    delivery = rig.deliver()

    assert delivery.failed == messages
    assert rig.values(OTHER_CONTACT) == {"b": "2"}
    assert rig.values() == {}
    assert rig.bus.entries == []
    assert [rig.waits(message) for message in messages] == [5, 5]

    # Then
    rig.dead_letter_client.trouble = rig.dead_letter_client.trouble_after = raises_nothing
    rig.clock.advance(5)
    assert rig.deliver().failed == []
    assert len(rig.dead_letters.messages) == 1
    assert rig.values() == {"a": "1"}


def raises_nothing(_: str) -> None: ...


def test_answer_of_the_dead_letter_queue_without_an_id_keeps_the_message(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = rig.body("nonsense")
    monkeypatch.setattr(
        rig.dead_letter_client, "send_message", lambda **_: {"ResponseMetadata": {"HTTPStatusCode": 200}}
    )

    delivery = rig.deliver()

    assert delivery.failed == [message]
    assert delivery.logs[0]["fault"] == "KeyError"


# -- time -------------------------------------------------------------------------------------------------------------


def test_without_time_left_messages_are_handed_back_at_once_and_no_call_is_made(rig: Rig) -> None:
    messages = [rig.attributes({"a": "1"}), rig.details({"Name": "N"}), rig.attributes({"b": "1"}, OTHER_CONTACT)]

    delivery = rig.deliver(seconds=rig.target.seconds_per_update + 1.9)

    assert delivery.failed == messages
    assert rig.connect.made == []
    assert delivery.outcomes == ["HandedBack"] * 3
    assert {rig.waits(message) for message in messages} == {0}
    assert rig.deliver().failed == []


def test_time_that_runs_out_on_the_way_hands_the_rest_back(rig: Rig) -> None:
    messages = [rig.details({"Name": f"N{number}"}) for number in range(10)]
    rig.connect.trouble_after = lambda *_: rig.clock.advance(10)

    delivery = rig.deliver(seconds=30 + rig.target.seconds_per_update)

    assert delivery.failed == messages[3:]
    assert delivery.outcomes == ["Updated"] * 3 + ["HandedBack"] * 7
    assert rig.deliver().records[0]["messageId"] == messages[3]


def test_pace_counts_into_the_time_that_an_update_may_take() -> None:
    rig = Rig(seconds_per_call=30)
    rig.attributes({"a": "1"})

    assert rig.target.seconds_per_update == 60.5
    assert rig.deliver(seconds=63).outcomes == ["HandedBack"]
    assert rig.deliver(seconds=64).outcomes == ["Updated"]


def test_clients_of_sqs_and_eventbridge_keep_to_the_time_of_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for service in ("sqs", "events"):
        config = AwsSession().client(service, **ONE_REQUEST).meta.config
        assert config.retries["total_max_attempts"] == 1
        assert config.connect_timeout + config.read_timeout <= REQUEST_SECONDS


class HangingRig(Rig):
    """A rig in which requests hang until their client gives up, and whose function ends after `SECONDS`."""

    # The least timeout that the construct takes.
    SECONDS = 30

    def __init__(self, hanging: str) -> None:
        super().__init__(seconds_per_call=0.3)
        for name in hanging.split(" and "):
            match name:
                case "dead letters":
                    self.dead_letter_client.trouble = self._hang
                case "lost dead letters":
                    self.dead_letter_client.trouble_after = self._hang
                case "events":
                    self.bus.trouble = self._hang
                case "visibility":
                    self.queue_client.trouble = self._hang_once_running

    running = False

    def _hang(self, *_: Any) -> None:
        self.clock.advance(REQUEST_SECONDS)
        raise READ_TIMEOUT

    def _hang_once_running(self, _: str) -> None:
        if self.running:
            self._hang()

    def work(self, seconds: float) -> list[Delivery]:
        """Two executions in turn, in their own time."""
        self.running = True
        deliveries, ends_at = [], self.clock() + seconds
        while self.clock() < ends_at and self.queue.messages:
            context = TimedContext(self.clock, self.SECONDS)
            deliveries.append(deliver(self.queue, self.consumer, context))
            assert context.get_remaining_time_in_millis() > 0, "the function was killed"
            self.clock.advance(0 if deliveries[-1].records else 1)
        return deliveries


HANGING = [
    "dead letters",
    "lost dead letters",
    "events",
    "dead letters and visibility",
    "events and visibility",
    "dead letters and events and visibility",
]


@pytest.mark.parametrize("hanging", HANGING)
def test_function_is_never_killed_and_no_contact_waits_for_anothers_dead_letters(hanging: str) -> None:
    # Given: 20 messages that can only be rejected, and an update behind them
    rig = HangingRig(hanging)
    for number in range(10):
        rig.body("nonsense", f"unreadable-{number}")
        rig.attributes({"a": "1"}, f"expired-{number}")
    rig.clock.advance(12 * DAY + 1)
    rig.attributes({"a": "1"})
    started = rig.clock()
    updated_at: list[float] = []
    rig.connect.trouble_after = lambda *_: updated_at.append(rig.clock() - started)

    # When
    deliveries = rig.work(40 * 60)

    # Then
    assert updated_at
    assert updated_at[0] < 60
    if hanging.startswith("events"):
        assert rig.queue.messages == []
        assert len(rig.dead_letters.messages) == 20
        assert [line["outcome"] for each in deliveries for line in each.logs].count("NotAnnounced") == 20
    else:
        assert len(rig.queue.messages) == 20
        # Each letter is there once in five minutes, and at most: SQS does not know it any longer.
        per_letter = Counter(message.deduplication_id for message in rig.dead_letters.messages)
        assert set(per_letter.values()) <= set(range(1, 9))


@pytest.mark.parametrize("hanging", HANGING)
def test_all_is_done_once_when_what_hung_answers_again(hanging: str) -> None:
    rig = HangingRig(hanging)
    for number in range(20):
        rig.body("nonsense", f"unreadable-{number}")
    rig.work(120)

    rig.dead_letter_client.trouble = rig.dead_letter_client.trouble_after = rig.queue_client.trouble = raises_nothing
    rig.bus.trouble = lambda: None
    rig.work(3_600)

    assert rig.queue.messages == []
    assert len(rig.dead_letters.messages) == 20


@pytest.mark.parametrize("hanging", ["nothing", "events", "visibility", "events and visibility"])
def test_dead_letter_queue_that_is_slow_does_not_get_the_function_killed(hanging: str) -> None:
    rig = HangingRig(hanging)
    rig.dead_letter_client.trouble_after = lambda _: rig.clock.advance(REQUEST_SECONDS - 0.1)
    for number in range(20):
        rig.body("nonsense", f"unreadable-{number}")

    # What does not fit into the function's time goes back.
    outcomes = [line["outcome"] for each in rig.work(40 * 60) for line in each.logs]

    assert "HandedBack" in outcomes
    assert rig.queue.messages == []
    assert len(rig.dead_letters.messages) == 20
    assert outcomes.count("NotAnnounced") == (20 if hanging.startswith("events") else 0)


# -- what comes back although it was settled --------------------------------------------------------------------------


def test_applied_update_whose_delete_was_lost_does_not_replace_a_newer_one(rig: Rig) -> None:
    old = rig.details({"Name": "old"})
    rig.details({"Name": "new"})
    records = receive(rig.queue)
    settle(rig.queue, records, rig.consumer({"Records": records}, TimedContext(rig.clock)), lost=[old])

    rig.clock.advance(1_800)
    delivery = rig.deliver()

    assert [(log["updateId"], log["outcome"]) for log in delivery.logs] == [("u1", "Repeated")]
    assert rig.state.contact(CONTACT_ID).details == {"Name": "new"}
    assert len(rig.connect.made) == 2
    assert rig.queue.messages == []


def test_newer_updates_behind_a_repeated_one_are_applied(rig: Rig) -> None:
    old = rig.details({"Name": "old"})
    rig.details({"Name": "new"})
    records = receive(rig.queue)
    settle(rig.queue, records, rig.consumer({"Records": records}, TimedContext(rig.clock)), lost=[old])
    rig.details({"Name": "newest"})
    rig.attributes({"a": "1"}, OTHER_CONTACT)

    rig.clock.advance(1_800)

    assert rig.deliver().outcomes == ["Repeated", "Updated", "Updated"]
    assert rig.state.contact(CONTACT_ID).details == {"Name": "newest"}
    assert rig.values(OTHER_CONTACT) == {"a": "1"}


def test_update_settled_elsewhere_does_not_replace_a_newer_one_settled_here(rig: Rig) -> None:
    # Given: one environment has settled the old one, another the new one
    old = rig.details({"Name": "old"})
    rig.details({"Name": "new"})
    records = receive(rig.queue, 1)
    assert [record["messageId"] for record in records] == [old]
    settle(rig.queue, records, rig.new_environment()({"Records": records}, TimedContext(rig.clock)))
    assert rig.deliver().outcomes == ["Updated"]

    # When: SQS delivers the old one again, although it was deleted
    rig.clock.advance(1_800)

    assert invoke(rig.consumer, records, TimedContext(rig.clock)).outcomes == ["Repeated"]
    assert rig.state.contact(CONTACT_ID).details == {"Name": "new"}


def test_rejected_update_whose_delete_was_lost_is_no_second_dead_letter(rig: Rig) -> None:
    message = rig.body("nonsense")
    records = receive(rig.queue)
    settle(rig.queue, records, rig.consumer({"Records": records}, TimedContext(rig.clock)), lost=[message])

    rig.clock.advance(1_800)

    assert rig.deliver().outcomes == ["Repeated"]
    assert len(rig.dead_letters.messages) == len(rig.bus.entries) == 1


def test_what_goes_back_is_not_taken_for_settled(rig: Rig) -> None:
    rig.details({"Name": "a"})
    rig.details({"Name": "b"})
    rig.fail_for(CONTACT_ID, client_error(BARE_THROTTLE))
    rig.deliver()
    rig.heal()
    rig.clock.advance(5)

    assert rig.deliver().outcomes == ["Updated", "Updated"]


def test_message_of_another_queue_is_not_taken_for_settled(rig: Rig) -> None:
    # Its sequence numbers are others.
    for _ in range(2):
        rig.details({"Name": "a"})
    rig.deliver()
    rig.details({"Name": "b"})
    (record,) = receive(rig.queue)
    record["eventSourceARN"] += "2"
    record["attributes"]["SequenceNumber"] = "1"

    rig.consumer({"Records": [record]}, TimedContext(rig.clock))

    assert rig.state.contact(CONTACT_ID).details == {"Name": "b"}


def test_memory_of_settled_groups_is_bounded(monkeypatch: pytest.MonkeyPatch, rig: Rig) -> None:
    monkeypatch.setattr(settled, "_MAX_GROUPS", 2)
    messages = [rig.body("nonsense", f"contact-{number}") for number in (1, 2, 1, 3)]
    received = [group[0] for group in groups_of(receive(rig.queue), rig.settings.instance)]
    assert [message.id for message in received] == [messages[0], messages[1], messages[3]]
    known = settled.Settled()
    for number in (0, 1, 0, 2):
        known.add(received[number])

    # The group that was settled least recently is forgotten.
    assert [message in known for message in received] == [True, False, True]


# -- operations -------------------------------------------------------------------------------------------------------


def test_operation_that_the_queue_does_not_apply_is_rejected_at_once_and_blocks_nothing() -> None:
    rig = Rig(operations=frozenset({"UpdateContactAttributes"}))
    # The role may not call it.
    rig.connect.trouble = lambda operation, _: (
        raises(client_error(documented_error("AccessDeniedException")))() if operation == "UpdateContact" else None
    )
    rig.attributes({"a": "1"})
    rig.details({"Name": SECRET})
    rig.attributes({"a": "2"})

    delivery = rig.deliver()

    assert delivery.failed == []
    assert delivery.outcomes == ["Updated", "Rejected", "Updated"]
    assert delivery.logs[1]["operation"] == "UpdateContact"
    assert rig.values() == {"a": "2"}
    assert rig.parked == [("u2", "UnsupportedOperation")]
    assert rig.bus.details == [
        {
            "updateId": "u2",
            "requestId": "r2",
            "operation": "UpdateContact",
            "contactId": CONTACT_ID,
            "type": "UnsupportedOperation",
            "reason": "operation: expected one that the queue applies, UpdateContactAttributes",
            "deadLetterMessageId": rig.dead_letters.messages[0].id,
        }
    ]


def test_attribute_updates_that_the_queue_does_not_apply_are_rejected_without_a_call() -> None:
    rig = Rig(operations=frozenset({"UpdateContact"}))
    for value in "123":
        rig.attributes({"a": value})

    assert rig.deliver().outcomes == ["Rejected"] * 3
    assert rig.connect.made == []
    assert [update for update, _ in rig.parked] == ["u1", "u2", "u3"]


@pytest.mark.parametrize("text", ["UpdateContact", "UpdateContactAttributes,UpdateContact"])
def test_consumer_is_told_its_operations(text: str) -> None:
    environment = {
        "INSTANCE_ARN": INSTANCE_ARN,
        "QUEUE_URL": "q",
        "DEAD_LETTER_QUEUE_URL": "d",
        "SECONDS_PER_CALL": "0.3",
    }

    assert ConsumerSettings.from_environment(environment).operations is None
    assert ConsumerSettings.from_environment({**environment, "OPERATIONS": text}).operations == frozenset(
        text.split(",")
    )


# -- visibility -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [NO_ENDPOINT, client_error(BARE_THROTTLE), ResponseParserError("?")])
def test_visibility_that_cannot_be_set_loses_nothing(rig: Rig, error: Exception) -> None:
    message = rig.attributes({"a": "1"})
    rig.fail_for(CONTACT_ID, client_error(BARE_THROTTLE))
    rig.queue_client.trouble = raises(error)

    delivery = rig.deliver()

    assert delivery.failed == [message]
    assert delivery.logs[-1]["outcome"] == "VisibilityNotSet"
    rig.heal()
    rig.clock.advance(1_800)
    assert rig.deliver().outcomes == ["Updated"]


def test_visibility_that_is_set_in_part_only_is_told(rig: Rig) -> None:
    rig.attributes({"a": "1"})

    # Given: the call takes so long that the queue has given the message up
    def trouble(_: str, __: dict[str, Any]) -> None:
        rig.clock.advance(2_000)
        raise client_error(BARE_THROTTLE)

    rig.connect.trouble = trouble

    delivery = rig.deliver(seconds=10_000)

    assert delivery.logs[-1] == {"outcome": "VisibilityNotSet", "messages": 1}
    assert len(rig.queue.messages) == 1


# -- events -----------------------------------------------------------------------------------------------------------


def test_rejection_is_announced_with_the_ids_of_the_update_and_without_values(rig: Rig) -> None:
    rig.attributes({SECRET: SECRET}, NEW_CONTACT)
    rig.clock.advance(301)

    rig.deliver()

    (entry,) = rig.bus.entries
    assert entry.pop("Detail")
    assert entry == {
        "EventBusName": "the-bus",
        "Source": "connect-constructs",
        "DetailType": "Contact Update Rejected",
    }


def test_announcement_says_which_update_and_why(rig: Rig) -> None:
    rig.attributes({SECRET: SECRET}, NEW_CONTACT)
    rig.clock.advance(301)

    rig.deliver()

    assert rig.bus.details == [
        {
            "updateId": "u1",
            "requestId": "r1",
            "operation": "UpdateContactAttributes",
            "contactId": NEW_CONTACT,
            "type": "ResourceNotFoundException",
            "reason": "Amazon Connect answered ResourceNotFoundException.",
            "deadLetterMessageId": rig.dead_letters.messages[0].id,
        }
    ]


@pytest.mark.parametrize(
    "answer",
    [
        NO_ENDPOINT,
        client_error(ErrorAnswer(400, "AccessDeniedException")),
        {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]},
        {},
    ],
    ids=["no endpoint", "denied", "not taken", "no answer"],
)
def test_event_bus_that_fails_does_not_hold_up(rig: Rig, answer: dict[str, Any] | Exception) -> None:
    message = rig.body("nonsense")
    rig.attributes({"a": "1"})
    if isinstance(answer, Exception):
        rig.bus.trouble = raises(answer)
    else:
        rig.bus.answer = answer

    delivery = rig.deliver()

    assert delivery.failed == []
    assert delivery.outcomes == ["Rejected", "Updated", "NotAnnounced"]
    assert delivery.logs[-1]["updateId"] == message
    assert len(rig.dead_letters.messages) == 1


def test_events_of_a_batch_are_one_request_and_only_what_was_not_taken_is_told(rig: Rig) -> None:
    messages = [rig.body("nonsense", f"contact-{number}") for number in range(3)]
    requests: list[None] = []
    rig.bus.trouble = lambda: requests.append(None)
    rig.bus.answer = {
        "FailedEntryCount": 1,
        "Entries": [{"EventId": "1"}, {"ErrorCode": "InternalFailure"}, {"EventId": "3"}],
    }

    delivery = rig.deliver()

    assert len(requests) == 1
    assert delivery.outcomes == ["Rejected"] * 3 + ["NotAnnounced"]
    assert delivery.logs[-1]["updateId"] == messages[1]


@pytest.mark.parametrize("text", ["\0", "\ud800", "\uffff", "\u00e9", "\N{GRINNING FACE}"])
def test_events_of_a_batch_fit_into_one_request_whatever_ids_producers_choose(rig: Rig, text: str) -> None:
    for number in range(10):
        rig.details({"Name": 7}, f"contact-{number}", updateId=text * 5_000, requestId=text * 5_000)

    # The fake event bus checks the size.
    assert rig.deliver().outcomes == ["Rejected"] * 10
    assert [detail["updateId"] for detail in rig.bus.details] == [text * 1_024] * 10


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
        for trouble in (raises(error), raises_nothing_of_connect):
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


def raises_nothing_of_connect(_: str, __: dict[str, Any]) -> None: ...


# -- pacing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lasts", [0, 0.1, 0.285, 0.286, 3])
def test_calls_start_no_faster_than_the_pace_whether_they_succeed_or_not(lasts: float) -> None:
    rig = Rig(seconds_per_call=2 / 7, merge_updates=False)
    for number in range(10):
        rig.attributes({"a": str(number)}, OTHER_CONTACT if number % 2 else CONTACT_ID)
    starts: list[float] = []

    def trouble(_: str, parameters: dict[str, Any]) -> None:
        starts.append(rig.clock())
        rig.clock.advance(lasts)
        match len(starts) % 5:
            case 0:
                raise client_error(documented_error("InvalidParameterException"))
            case 1:
                # It is tried again, as a call of its own.
                raise ReadTimeoutError(endpoint_url="https://example.com")

    rig.connect.trouble = trouble
    rig.deliver()
    # The execution is not free for the next batch before that.
    free_at = rig.clock()

    assert len(starts) > 10
    gaps = [later - earlier for earlier, later in zip(starts, [*starts[1:], free_at], strict=True)]
    assert min(gaps) >= 2 / 7 - 1e-6
    assert max(gaps) <= max(2 / 7, lasts) + 1e-6


def test_pacer_gives_its_time_to_a_call_that_raises() -> None:
    clock = Clock(100)
    pacer = Pacer(0.5, clock=clock, sleep=clock.advance)

    def call(seconds: float) -> None:
        clock.advance(seconds)
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        pacer(call, {"seconds": 0.25})

    assert clock() == 100.5


def test_retried_call_takes_its_time_twice() -> None:
    clock = Clock()
    state = AmazonConnect()
    state.add_instance(INSTANCE_ARN)
    state.create_contact(contact_id=CONTACT_ID)
    connect = ConnectClient(state)
    target = ConnectTarget(connect, pacer=Pacer(2, clock=clock, sleep=clock.advance))
    starts: list[float] = []

    def trouble(_: str, __: dict[str, Any]) -> None:
        starts.append(clock())
        if len(starts) == 1:
            raise ReadTimeoutError(endpoint_url="https://example.com")

    connect.trouble = trouble
    settings = Rig().settings
    fields = {
        "version": 1,
        "operation": "UpdateContact",
        "parameters": {"InstanceId": INSTANCE_ID, "ContactId": CONTACT_ID, "Name": "N"},
    }
    update = update_in(parse_message(json.dumps(fields)), settings.instance)
    begun = clock()
    result = target.apply(update, lambda: 100)

    assert result.trace.attempts == 2
    assert starts == [begun, begun + 2]
    assert clock() == begun + 4
