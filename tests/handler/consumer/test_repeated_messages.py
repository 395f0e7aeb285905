"""Settled messages that come back do not replace newer values."""

from __future__ import annotations

import pytest

from connect_constructs.local.faults import BARE_THROTTLE
from contact_updates.consumer import settled
from contact_updates.consumer.received import groups_of
from tests.handler.proxy import CONTACT_ID
from tests.handler.queue_fakes import TimedContext, client_error, invoke, receive, settle
from tests.handler.queue_rig import OTHER_CONTACT, Rig


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
    # Given: one environment has settled the old update, another the new one
    old = rig.details({"Name": "old"})
    rig.details({"Name": "new"})
    records = receive(rig.queue, 1)
    assert [record["messageId"] for record in records] == [old]
    settle(rig.queue, records, rig.new_environment()({"Records": records}, TimedContext(rig.clock)))
    assert rig.deliver().outcomes == ["Updated"]

    # When: SQS delivers the old one again although it was deleted
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
    # It has sequence numbers of its own.
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
