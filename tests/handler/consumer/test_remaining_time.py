"""The consumer starts nothing that does not fit into the time left in its invocation."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from contact_updates.aws_session import ONE_REQUEST, REQUEST_SECONDS, AwsSession
from tests.handler.queue_fakes import READ_TIMEOUT, Delivery, TimedContext, deliver, raises_nothing
from tests.handler.queue_rig import OTHER_CONTACT, Rig
from tests.sqs_fifo import DAY


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
    """A rig whose requests hang until the client gives up, and whose function ends after `SECONDS`."""

    # The shortest timeout that the construct accepts.
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
        """One execution after the other, each with a timeout of its own."""
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
    # Given: 20 messages that must be rejected, and an update behind them
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
        assert [line["outcome"] for each in deliveries for line in each.logs].count("NotPublished") == 20
    else:
        assert len(rig.queue.messages) == 20
        # At most once every five minutes, as SQS then no longer recognizes the duplicate.
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

    # Whatever does not fit into the function's time goes back.
    outcomes = [line["outcome"] for each in rig.work(40 * 60) for line in each.logs]

    assert "HandedBack" in outcomes
    assert rig.queue.messages == []
    assert len(rig.dead_letters.messages) == 20
    assert outcomes.count("NotPublished") == (20 if hanging.startswith("events") else 0)
