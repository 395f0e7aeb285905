"""A queue that applies only one operation rejects updates by the other."""

from __future__ import annotations

import pytest

from connect_constructs.local.faults import documented_error
from contact_updates.settings import ConsumerSettings
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN
from tests.handler.queue_fakes import client_error, raises
from tests.handler.queue_rig import Rig

# A word that occurs nowhere else.
SECRET = "zq7canary7qz"


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
    assert rig.rejections == [("u2", "UnsupportedOperation")]
    assert rig.bus.details == [
        {
            "updateId": "u2",
            "requestId": "r2",
            "operation": "UpdateContact",
            "contactId": CONTACT_ID,
            "type": "UnsupportedOperation",
            "reason": "operation: expected one that this queue applies, UpdateContactAttributes",
            "deadLetterMessageId": rig.dead_letters.messages[0].id,
        }
    ]


def test_attribute_updates_that_the_queue_does_not_apply_are_rejected_without_a_call() -> None:
    rig = Rig(operations=frozenset({"UpdateContact"}))
    for value in "123":
        rig.attributes({"a": value})

    assert rig.deliver().outcomes == ["Rejected"] * 3
    assert rig.connect.made == []
    assert [update for update, _ in rig.rejections] == ["u1", "u2", "u3"]


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
