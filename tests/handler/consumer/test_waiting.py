"""An error that may pass holds up its contact: the messages go back, and wait longer each time."""

from __future__ import annotations

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

from connect_constructs.local.faults import BARE_THROTTLE, TOO_MANY_REQUESTS, ErrorAnswer, documented_error
from contact_updates import connect_target
from contact_updates.answer_check import UnreadableAnswerError
from contact_updates.consumer.visibility import backoff_seconds
from tests.handler.proxy import CONTACT_ID
from tests.handler.queue_fakes import client_error, raises
from tests.handler.queue_rig import OTHER_CONTACT, Rig
from tests.sqs_fifo import DAY

HOLDING_UP = {
    "a throttle": client_error(documented_error("ThrottlingException")),
    "another throttle": client_error(TOO_MANY_REQUESTS),
    "a bare throttle": client_error(BARE_THROTTLE),
    "an internal error": client_error(documented_error("InternalServiceException")),
    "a 503": client_error(ErrorAnswer(503)),
    "a 502 with a type of 400": client_error(ErrorAnswer(502, "Whatever")),
    "a read timeout": ReadTimeoutError(endpoint_url="https://example.com"),
    "a connect timeout": ConnectTimeoutError(endpoint_url="https://example.com"),
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

    # Then: once it has passed, all of them are applied in order
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
    # SQS accepts at most 12 hours.
    assert all(1 <= backoff_seconds(count) <= 12 * 3600 for count in range(1, 2_000))


def test_a_thousand_receives_outlast_the_twelve_days_of_an_update() -> None:
    # The last receive must come after twelve days, and before the queue deletes the message after fourteen.
    waits = [backoff_seconds(count) for count in range(1, 1_000)]
    assert sum(waits) > 12 * DAY
    assert max(waits) < 1 * DAY


def test_day_in_which_each_call_hangs_does_not_use_up_the_receives_of_a_queue(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect_target, "CONNECT_TIMEOUT_SECONDS", 2)
    monkeypatch.setattr(connect_target, "READ_TIMEOUT_SECONDS", 9)
    # Messages that an execution has no time for are received again, and each receive counts.
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

    # SQS gives up after 1,000, and an update may wait for twelve days.
    assert max(message.receive_count for message in rig.queue.messages) < 1_000
