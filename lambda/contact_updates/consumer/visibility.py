"""When messages that go back to the queue can be received again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contact_updates.consumer.received import Received

_FIRST_SECONDS = 5
_MAX_SECONDS = 300
# SQS gives up on a message after 1,000 receives, which must outlast the 12 days until an update expires: 300 times 5
# minutes and 526 times 30 minutes are 12 days. So are 699 times 30 minutes, however short the first 300 waits are.
_LATE_SECONDS = 1_800
_LATE_FROM = 300

_RESEND_SECONDS = 60

# The ages, in seconds, at which a refused update, or one of an unknown contact, is tried again.
_NEXT_CALL_AT = (60, 300)


def next_call_at(age: float) -> int | None:
    """The age at which an update that was refused at `age` may be tried again. None if that was the last time.

    Both are in seconds. There is at most one call before each of these ages, and one after the last.
    """
    return next((at for at in _NEXT_CALL_AT if age < at), None)


def backoff_seconds(failures: int) -> int:
    """How long a message waits after so many failures: 5 seconds, doubled each time, up to 5 minutes.

    From the 301st failure on, it waits 30 minutes.
    """
    if failures > _LATE_FROM:
        return _LATE_SECONDS
    return int(min(_MAX_SECONDS, _FIRST_SECONDS * 2 ** min(failures - 1, 10)))


def resend_seconds(failures: int) -> int:
    """How long a message waits whose dead letter may have been sent: SQS must still recognize it as a duplicate.

    It does so for five minutes (Amazon SQS Developer Guide, "Exactly-once processing").
    """
    seconds = backoff_seconds(failures)
    return seconds if failures > _LATE_FROM else min(_RESEND_SECONDS, seconds)


class Visibility:
    """Sets the visibility timeout of messages of the queue."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        """`sqs` is an Amazon SQS client."""
        self._sqs = sqs
        self._queue_url = queue_url

    def set(self, messages: Sequence[tuple[Received, int]]) -> int:
        """Let each message be received again after its seconds. Returns for how many this failed.

        Those come back when the queue's own visibility timeout ends. Raises botocore's exceptions.
        """
        answer = self._sqs.change_message_visibility_batch(
            QueueUrl=self._queue_url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": message.record["receiptHandle"], "VisibilityTimeout": seconds}
                for number, (message, seconds) in enumerate(messages)
            ],
        )
        return len(answer.get("Failed", []))
