"""The dead-letter queue: where updates are kept that will never be made."""

from __future__ import annotations

from typing import Any

from contact_updates.consumer.received import Received
from contact_updates.update_message import Rejection, write_rejected


class DeadLetterQueue:
    """Keeps rejected updates, in a form that the queue takes again."""

    def __init__(self, sqs: Any, url: str) -> None:
        """`sqs` is a client of Amazon SQS."""
        self._sqs = sqs
        self._url = url

    def send(self, message: Received, rejection: Rejection) -> str:
        """Send a rejected message there; the dead letter's message id.

        Raises botocore's exceptions, or KeyError for an answer without an id: then it is not certain to be there. Sent
        again within five minutes, it is there once (Amazon SQS Developer Guide, "Exactly-once processing").
        """
        message_id: str = self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=write_rejected(message.record["body"], rejection, message.update_id),
            MessageGroupId=message.record["attributes"]["MessageGroupId"],
            MessageDeduplicationId=message.id,
        )["MessageId"]
        return message_id
