"""The model of SQS FIFO does what the Amazon SQS Developer Guide says."""

from __future__ import annotations

import pytest

from tests.sqs_fifo import DAY, FifoQueue, Message, Sqs, SqsError

URL, DEAD_LETTERS = "https://sqs.example.com/updates.fifo", "https://sqs.example.com/rejected.fifo"


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> FifoQueue:
    return FifoQueue(URL, clock, visibility_seconds=30)


def bodies(messages: list[Message]) -> list[str]:
    return [message.body for message in messages]


def handle(message: Message) -> str:
    assert message.receipt_handle is not None
    return message.receipt_handle


def test_a_deduplication_id_is_taken_once_in_five_minutes(queue: FifoQueue, clock: Clock) -> None:
    first = queue.send("a", "g", "d")
    clock.now += 299
    assert queue.send("b", "g", "d") is first
    clock.now += 1
    assert queue.send("c", "g", "d") is not first
    assert bodies(queue.messages) == ["a", "c"]


def test_a_group_with_a_message_in_flight_gives_out_no_other(queue: FifoQueue) -> None:
    for number in range(12):
        queue.send(f"a{number}", "a", f"a{number}")
    queue.send("b", "b", "b")

    first = queue.receive()
    assert bodies(first) == [f"a{number}" for number in range(10)]
    assert bodies(queue.receive()) == ["b"]
    assert queue.receive() == []
    for message in first:
        assert queue.delete(handle(message))
    assert bodies(queue.receive()) == ["a10", "a11"]


def test_a_receive_fills_up_with_the_next_group(queue: FifoQueue) -> None:
    for body, group in (("a1", "a"), ("b1", "b"), ("a2", "a"), ("b2", "b")):
        queue.send(body, group, body)

    assert bodies(queue.receive(3)) == ["a1", "a2", "b1"]


def test_what_comes_back_keeps_its_order(queue: FifoQueue, clock: Clock) -> None:
    for body in ("a1", "a2", "a3"):
        queue.send(body, "a", body)
    first, second, third = queue.receive()
    assert queue.change_visibility(handle(third), 0)
    assert queue.change_visibility(handle(second), 5)
    assert queue.delete(handle(first))

    # The group is free when nothing of it is in flight.
    assert queue.receive() == []
    clock.now += 5
    again = queue.receive()
    assert bodies(again) == ["a2", "a3"]
    assert [message.receive_count for message in again] == [2, 2]


def test_a_receipt_handle_ends_with_the_visibility_timeout(queue: FifoQueue, clock: Clock) -> None:
    queue.send("a", "a", "a")
    (message,) = queue.receive()
    old = handle(message)
    clock.now += 30

    assert not queue.delete(old)
    assert not queue.change_visibility(old, 5)
    (message,) = queue.receive()
    assert handle(message) != old
    assert not queue.delete(old)
    assert queue.delete(handle(message))
    assert len(queue) == 0


def test_sqs_moves_a_message_after_its_receives(clock: Clock) -> None:
    dead_letters = FifoQueue(DEAD_LETTERS, clock)
    queue = FifoQueue(URL, clock, max_receive_count=2, dead_letter_queue=dead_letters, visibility_seconds=30)
    sent = queue.send("a", "a", "a")
    queue.send("b", "a", "b")
    for _ in range(2):
        queue.receive(1)
        clock.now += 30

    assert bodies(queue.receive(1)) == ["b"]
    (moved,) = dead_letters.messages
    assert (moved.id, moved.body, moved.sent_at) == (sent.id, "a", clock.now)


def test_messages_expire(clock: Clock) -> None:
    queue = FifoQueue(URL, clock, retention_seconds=14 * DAY)
    queue.send("a", "a", "a")
    clock.now += 14 * DAY

    assert queue.receive() == []
    assert (len(queue), bodies(queue.expired)) == (0, ["a"])


def test_dead_letters_that_are_moved_back_are_new_messages(clock: Clock, queue: FifoQueue) -> None:
    dead_letters = FifoQueue(DEAD_LETTERS, clock)
    letter = dead_letters.send("a", "a", "a")
    clock.now += 60

    assert dead_letters.move_to(queue) == 1
    (message,) = queue.messages
    assert (message.body, message.group, message.sent_at) == ("a", "a", clock.now)
    assert message.id != letter.id
    assert len(dead_letters) == 0


@pytest.mark.parametrize(
    ("body", "group", "deduplication_id", "code"),
    [
        ("", "g", "d", "MissingParameter"),
        ("\u0000", "g", "d", "InvalidMessageContents"),
        ("\ufffe", "g", "d", "InvalidMessageContents"),
        ("ä" * 131_073, "g", "d", "InvalidParameterValue"),
        ("a", "g" * 129, "d", "InvalidParameterValue"),
        ("a", "g", "ä", "InvalidParameterValue"),
    ],
)
def test_sqs_refuses(queue: FifoQueue, body: str, group: str, deduplication_id: str, code: str) -> None:
    with pytest.raises(SqsError) as raised:
        queue.send(body, group, deduplication_id)
    assert raised.value.code == code


def test_lambda_gets_the_attributes_of_a_fifo_queue(queue: FifoQueue) -> None:
    queue.send("a", "g", "d1")
    queue.send("b", "g", "d2")
    first, second = (queue.record(message)["attributes"] for message in queue.receive())

    assert first == {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": "1000000",
        "SequenceNumber": first["SequenceNumber"],
        "MessageGroupId": "g",
        "SenderId": "AIDAEXAMPLE",
        "MessageDeduplicationId": "d1",
        "ApproximateFirstReceiveTimestamp": "1000000",
    }
    assert len(first["SequenceNumber"]) == 20
    assert first["SequenceNumber"] < second["SequenceNumber"]


def test_a_batch_answers_for_each_entry(queue: FifoQueue) -> None:
    queue.send("a", "g", "d")
    (message,) = queue.receive()
    entries = [
        {"Id": "0", "ReceiptHandle": handle(message), "VisibilityTimeout": 5},
        {"Id": "1", "ReceiptHandle": "gone", "VisibilityTimeout": 5},
    ]

    answer = Sqs(queue).perform("ChangeMessageVisibilityBatch", {"QueueUrl": URL, "Entries": entries})

    assert answer == {
        "Successful": [{"Id": "0"}],
        "Failed": [{"Id": "1", "SenderFault": True, "Code": "ReceiptHandleIsInvalid"}],
    }
