"""Contacts that have not propagated yet: for minutes, Amazon Connect says that they do not exist.

"It typically takes less than a few seconds for the change to propagate throughout the system, but in some cases it can
take several minutes. You might get unexpected errors, such as a ResourceNotFoundException or an
InvalidRequestException, during this time" (Amazon Connect API Reference, "Amazon Connect eventual consistency").
"""

from __future__ import annotations

from typing import Any

import pytest

from connect_constructs.local.faults import documented_error
from tests.handler.proxy import CONTACT_ID
from tests.handler.queue_fakes import client_error
from tests.handler.queue_rig import NEW_CONTACT, OTHER_CONTACT, Rig
from tests.sqs_fifo import DAY

NOT_FOUND, INVALID = "ResourceNotFoundException", "InvalidRequestException"

BOTH = pytest.mark.parametrize("error_type", [NOT_FOUND, INVALID])


class WatchedRig(Rig):
    """A rig that records the calls to Amazon Connect: the seconds since the start, and the values."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.started = self.clock()
        self.calls: list[tuple[int, list[str]]] = []
        # Values that are refused, and the error type for each.
        self.refused: dict[str, str] = {}
        self.connect.trouble = self._note

    def _note(self, operation: str, parameters: dict[str, Any]) -> None:
        values = list(parameters.get("Attributes", {"Name": parameters.get("Name")}).values())
        self.calls.append((int(self.clock() - self.started), values))
        for value in values:
            if value in self.refused:
                raise client_error(documented_error(self.refused[value]), operation)

    def new_contact(self, visible_after_seconds: float, error_type: str = NOT_FOUND) -> None:
        self.state.create_contact(
            contact_id=NEW_CONTACT, visible_after_seconds=visible_after_seconds, error_until_visible=error_type
        )


@pytest.fixture
def rig() -> WatchedRig:
    return WatchedRig()


# -- one update -------------------------------------------------------------------------------------------------------


@BOTH
def test_update_is_rejected_after_calls_at_once_and_after_one_and_five_minutes(
    rig: WatchedRig, error_type: str
) -> None:
    rig.new_contact(3_600, error_type)
    rig.attributes({"a": "1"}, NEW_CONTACT)

    deliveries = rig.run(299)
    assert rig.rejections == []
    assert len(rig.queue.messages) == 1
    deliveries += rig.run(3_000)

    assert rig.calls == [(0, ["1"]), (61, ["1"]), (301, ["1"])]
    assert rig.rejections == [("u1", error_type)]
    assert rig.queue.messages == []
    lines = [line for delivery in deliveries for line in delivery.logs]
    assert [(line["outcome"], line["upstreamError"], line.get("waitSeconds")) for line in lines] == [
        ("HeldUp", error_type, 61),
        ("HeldUp", error_type, 240),
        ("Rejected", error_type, None),
    ]


@BOTH
@pytest.mark.parametrize(("visible_after", "made_at"), [(0, 0), (5, 61), (60, 61), (62, 301), (300, 301)])
def test_contact_that_comes_within_five_minutes_is_updated(
    rig: WatchedRig, error_type: str, visible_after: int, made_at: int
) -> None:
    rig.new_contact(visible_after, error_type)
    rig.attributes({"a": "1"}, NEW_CONTACT)

    rig.run(400)

    assert rig.values(NEW_CONTACT) == {"a": "1"}
    assert rig.rejections == []
    assert rig.calls[-1] == (made_at, ["1"])
    assert len(rig.calls) == {0: 1, 61: 2, 301: 3}[made_at]


@BOTH
def test_only_the_queue_tells_the_age_of_an_update(rig: WatchedRig, error_type: str) -> None:
    # A producer can set any acceptedAt.
    rig.new_contact(3_600, error_type)
    rig.attributes({"a": "1"}, NEW_CONTACT, acceptedAt="1970-01-01T00:00:00.000Z")
    rig.attributes({"a": "2"}, NEW_CONTACT, acceptedAt="2999-01-01T00:00:00.000Z")
    rig.attributes({"a": "3"}, NEW_CONTACT, acceptedAt=None)

    rig.run(299)
    assert rig.rejections == []
    rig.run(10)
    assert rig.rejections == [("u1", error_type), ("u2", error_type), ("u3", error_type)]


@BOTH
@pytest.mark.parametrize("waited", [300, 3_600, DAY])
def test_update_that_waited_for_something_else_is_rejected_after_one_call(
    rig: WatchedRig, error_type: str, waited: int
) -> None:
    rig.new_contact(10 * DAY, error_type)
    rig.attributes({"a": "1"}, NEW_CONTACT)
    rig.clock.advance(waited)

    rig.run(10)

    assert rig.calls == [(waited, ["1"])]
    assert rig.rejections == [("u1", error_type)]


@BOTH
def test_other_trouble_in_between_adds_no_call_that_says_so(rig: WatchedRig, error_type: str) -> None:
    rig.new_contact(3_600, error_type)
    rig.attributes({"a": "1"}, NEW_CONTACT)
    answers: list[str] = []
    throttled_at = {0, 5, 61, 71, 301}

    def trouble(operation: str, _: Any) -> None:
        now = int(rig.clock() - rig.started)
        answers.append("throttled" if now in throttled_at else error_type)
        if now in throttled_at:
            raise client_error(documented_error("ThrottlingException"), operation)

    rig.connect.trouble = trouble
    rig.run(1_000)

    assert answers.count(error_type) == 3
    assert rig.rejections == [("u1", error_type)]


@BOTH
def test_visibility_that_cannot_be_set_adds_no_call(rig: WatchedRig, error_type: str) -> None:
    rig.new_contact(3_600, error_type)
    rig.attributes({"a": "1"}, NEW_CONTACT)

    def trouble(_: str) -> None:
        raise TimeoutError

    # It comes back when the queue's own visibility timeout ends.
    rig.queue_client.trouble = trouble
    rig.run(10_000)

    assert [at for at, _ in rig.calls] == [0, 1_800]
    assert rig.rejections == [("u1", error_type)]


@BOTH
def test_clocks_that_differ_by_seconds_add_no_call(rig: WatchedRig, error_type: str) -> None:
    # The age depends on two clocks: the queue's and the function's.
    rig.new_contact(3_600, error_type)
    rig.attributes({"a": "1"}, NEW_CONTACT)
    rig.queue.messages[0].sent_at += 5

    rig.run(1_000)

    assert [at for at, _ in rig.calls] == [0, 66, 306]


# -- the updates behind it --------------------------------------------------------------------------------------------


@BOTH
def test_burst_for_a_contact_that_is_not_there_takes_few_calls(rig: WatchedRig, error_type: str) -> None:
    rig.new_contact(3_600, error_type)
    for number in range(10):
        rig.attributes({"a": str(number)}, NEW_CONTACT)

    rig.run(1_000)

    assert rig.rejections == [(f"u{number + 1}", error_type) for number in range(10)]
    at = [at for at, _ in rig.calls]
    if error_type == NOT_FOUND:
        # The contact is missing, so that all of them fail.
        assert at == [0, 61, 301]
    else:
        # Each time all of them together, then the first alone; at the end each alone.
        assert at == [0, 0, 61, 61, 301, *[301] * 10]


@BOTH
def test_updates_behind_it_wait_and_are_made_in_their_order(rig: WatchedRig, error_type: str) -> None:
    rig.new_contact(100, error_type)
    rig.details({"Name": "first"}, NEW_CONTACT)
    rig.run(20)
    rig.attributes({"a": "second"}, NEW_CONTACT)
    rig.attributes({"b": "third"}, OTHER_CONTACT)
    rig.run(100)
    rig.details({"Name": "fourth"}, NEW_CONTACT)

    rig.run(400)

    assert [(at, values) for at, values in rig.calls] == [
        (0, ["first"]),
        # The other contact's updates do not wait.
        (20, ["third"]),
        (61, ["first"]),
        (301, ["first"]),
        (301, ["second"]),
        (301, ["fourth"]),
    ]
    assert rig.state.contact(NEW_CONTACT).details == {"Name": "fourth"}


@BOTH
def test_stream_of_updates_for_a_contact_that_is_not_there_keeps_to_three_calls_each(
    rig: WatchedRig, error_type: str
) -> None:
    rig.new_contact(DAY, error_type)
    for number in range(20):
        # They cannot be merged: each call is for one of them.
        rig.details({"Name": str(number)}, NEW_CONTACT)
        rig.run(40)
    rig.run(1_000)

    calls = [values[0] for _, values in rig.calls]
    assert {calls.count(str(number)) for number in range(20)} <= {1, 2, 3}
    assert [update for update, _ in rig.rejections] == [f"u{number + 1}" for number in range(20)]
    # None waits longer because of the ones before it.
    rejected_at = {values[0]: at for at, values in rig.calls}
    assert all(rejected_at[str(number)] - 40 * number <= 310 for number in range(20))


@BOTH
def test_young_update_behind_an_old_one_keeps_its_time(rig: WatchedRig, error_type: str) -> None:
    rig.new_contact(DAY, error_type)
    rig.attributes({"a": "1"}, NEW_CONTACT)
    rig.clock.advance(301)
    rig.attributes({"a": "2"}, NEW_CONTACT)

    rig.run(30)
    assert rig.rejections == [("u1", error_type)]
    rig.run(280)
    assert rig.rejections == [("u1", error_type), ("u2", error_type)]


# -- an update among good ones that Amazon Connect refuses ------------------------------------------------------------


def test_culprit_of_a_merged_call_waits_and_those_before_it_do_not(rig: WatchedRig) -> None:
    for number, value in enumerate(["good", "bad", "better", "best"]):
        rig.attributes({f"key{number}": value})
    rig.refused["bad"] = INVALID

    rig.run(10)
    assert rig.values() == {"key0": "good"}
    rig.run(400)

    assert rig.rejections == [("u2", INVALID)]
    assert rig.values() == {"key0": "good", "key2": "better", "key3": "best"}
    assert rig.calls == [
        (0, ["good", "bad", "better", "best"]),
        (0, ["good"]),
        (0, ["bad"]),
        (61, ["bad", "better", "best"]),
        (61, ["bad"]),
        (301, ["bad", "better", "best"]),
        (301, ["bad"]),
        (301, ["better"]),
        (301, ["best"]),
    ]


def test_culprit_that_turns_good_is_made_in_its_turn(rig: WatchedRig) -> None:
    for value in ("1", "bad", "3"):
        rig.attributes({"a": value, value: value})
    rig.refused["bad"] = INVALID
    rig.run(10)
    rig.refused.clear()

    rig.run(60)

    assert rig.values() == {"a": "3", "1": "1", "bad": "bad", "3": "3"}
    assert rig.rejections == []
    assert len(rig.calls) == 4


def test_refusal_for_good_is_not_waited_for(rig: WatchedRig) -> None:
    for value in ("1", "bad", "3"):
        rig.attributes({"a": value, value: value})
    rig.refused["bad"] = "InvalidParameterException"

    rig.run(1)

    assert rig.rejections == [("u2", "InvalidParameterException")]
    assert rig.values() == {"a": "3", "1": "1", "3": "3"}


@pytest.mark.parametrize(
    ("parameters", "rejection"),
    [
        ({"InstanceId": "another", "ContactId": CONTACT_ID, "Name": "N"}, NOT_FOUND),
        ({"ContactId": CONTACT_ID, "Name": 7}, INVALID),
    ],
)
def test_what_breaks_the_contract_is_rejected_at_once_without_a_call(
    rig: WatchedRig, parameters: dict[str, Any], rejection: str
) -> None:
    rig.details({"Name": "N"}, parameters=parameters)

    rig.run(1)

    assert rig.rejections == [("u1", rejection)]
    assert rig.calls == []


def test_dead_letter_queue_that_fails_amid_a_burst_keeps_the_rest_in_order(rig: WatchedRig) -> None:
    rig.new_contact(DAY)
    for number in range(5):
        rig.attributes({"a": str(number)}, NEW_CONTACT)
    rig.clock.advance(301)
    sent: list[str] = []

    def trouble(method: str) -> None:
        sent.append(method)
        if len(sent) in (3, 4):  # the third letter, twice
            raise TimeoutError

    rig.dead_letter_client.trouble = trouble
    delivery = rig.deliver()

    assert rig.rejections == [("u1", NOT_FOUND), ("u2", NOT_FOUND)]
    assert delivery.outcomes == ["Rejected", "Rejected", "HeldUp", "HeldUp", "HeldUp"]
    assert len(delivery.failed) == 3
    rig.run(30)
    assert [update for update, _ in rig.rejections] == ["u1", "u2", "u3", "u4", "u5"]
