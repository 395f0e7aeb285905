"""A rejected update is in the dead-letter queue, once, before it is acknowledged."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.parsers import ResponseParserError

from connect_constructs.local.faults import ErrorAnswer, documented_error
from contact_updates.consumer.visibility import resend_seconds
from tests.handler.proxy import CONTACT_ID
from tests.handler.queue_fakes import (
    NO_ENDPOINT,
    READ_TIMEOUT,
    TimedContext,
    client_error,
    fields_of,
    raises,
    raises_nothing,
    receive,
)
from tests.handler.queue_rig import NEW_CONTACT, OTHER_CONTACT, Rig
from tests.sqs_fifo import DAY


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

    # The function is killed before it answers, and each time another execution environment gets the batch.
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

    assert rig.rejections == [("u1", "InvalidParameterException")]
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
