"""When messages that go back to the queue can be received again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contact_updates.consumer.received import Received

_FIRST_SECONDS = 5
_MAX_SECONDS = 300
# A queue counts to 1,000 receives, and would then give up before an update expires: 300 times 5 minutes and 526 times
# 30 minutes are 12 days. So are 699 times 30 minutes, however short the first 300 waits are.
_LATE_SECONDS = 1_800
_LATE_FROM = 300

_RESEND_SECONDS = 60

# In seconds of an update's age: when Amazon Connect is called again that did not know its contact, or refused it.
_NEXT_CALL_AT = (60, 300)


def next_call_at(age: float) -> int | None:
    """The age at which an update may be called for again that was refused at `age`; None if it has had its time.

    Both in seconds. For an update there is at most one call before each of these ages, and one after the last of them.
    """
    return next((at for at in _NEXT_CALL_AT if age < at), None)


def backoff_seconds(failures: int) -> int:
    """How long a message waits that has failed so often: 5 seconds, doubled each time, up to 5 minutes."""
    if failures > _LATE_FROM:
        return _LATE_SECONDS
    return int(min(_MAX_SECONDS, _FIRST_SECONDS * 2 ** min(failures - 1, 10)))


def resend_seconds(failures: int) -> int:
    """How long a message waits whose dead letter may have been sent: the dead-letter queue is to know it still.

    SQS recognises what it has been sent within five minutes (Amazon SQS Developer Guide, "Exactly-once processing").
    """
    seconds = backoff_seconds(failures)
    return seconds if failures > _LATE_FROM else min(_RESEND_SECONDS, seconds)


class Visibility:
    """Sets the visibility timeout of messages of the queue."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        """`sqs` is a client of Amazon SQS."""
        self._sqs = sqs
        self._queue_url = queue_url

    def set(self, messages: Sequence[tuple[Received, int]]) -> int:
        """Let each message be received again after its seconds; how many could not be told so.

        Those are received again when the queue's own visibility timeout ends. Raises botocore's exceptions.
        """
        answer = self._sqs.change_message_visibility_batch(
            QueueUrl=self._queue_url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": message.record["receiptHandle"], "VisibilityTimeout": seconds}
                for number, (message, seconds) in enumerate(messages)
            ],
        )
        return len(answer.get("Failed", []))
