"""A rejection is published as an event, without values."""

from __future__ import annotations

from typing import Any

import pytest

from connect_constructs.local.faults import ErrorAnswer
from tests.handler.queue_fakes import NO_ENDPOINT, client_error, raises
from tests.handler.queue_rig import NEW_CONTACT, Rig

# A word that occurs nowhere else.
SECRET = "zq7canary7qz"


def test_rejection_is_published_without_values(rig: Rig) -> None:
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


def test_event_says_which_update_was_rejected_and_why(rig: Rig) -> None:
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
    assert delivery.outcomes == ["Rejected", "Updated", "NotPublished"]
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
    assert delivery.outcomes == ["Rejected"] * 3 + ["NotPublished"]
    assert delivery.logs[-1]["updateId"] == messages[1]


@pytest.mark.parametrize("text", ["\0", "\ud800", "\uffff", "\u00e9", "\N{GRINNING FACE}"])
def test_events_of_a_batch_fit_into_one_request_whatever_ids_producers_choose(rig: Rig, text: str) -> None:
    for number in range(10):
        rig.details({"Name": 7}, f"contact-{number}", updateId=text * 5_000, requestId=text * 5_000)

    # The fake event bus checks the size.
    assert rig.deliver().outcomes == ["Rejected"] * 10
    assert [detail["updateId"] for detail in rig.bus.details] == [text * 1_024] * 10
