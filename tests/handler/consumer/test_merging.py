"""Consecutive updates of a contact's attributes become one call."""

from __future__ import annotations

from tests.handler.proxy import CONTACT_ID
from tests.handler.queue_rig import OTHER_CONTACT, Rig


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
    # These two share a group.
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
