"""The dead-letter queue: where updates are kept that will never be made."""

from __future__ import annotations

from typing import Any

from contact_updates.update_message import Rejection, write_rejected


class DeadLetterQueue:
    """Keeps rejected updates, in a form that the queue takes again."""

    def __init__(self, sqs: Any, url: str) -> None:
        """`sqs` is a client of Amazon SQS."""
        self._sqs = sqs
        self._url = url

    def park(self, record: dict[str, Any], rejection: Rejection) -> str:
        """Keep the update of `record`, an SQS record of Lambda's; the dead letter's message id.

        Raises botocore's exceptions, or KeyError for an answer without an id: then it is not certain to be kept. Parked
        again within five minutes, it is there once.
        """
        message_id: str = self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=write_rejected(record["body"], rejection),
            MessageGroupId=record["attributes"]["MessageGroupId"],
            MessageDeduplicationId=record["messageId"],
        )["MessageId"]
        return message_id
