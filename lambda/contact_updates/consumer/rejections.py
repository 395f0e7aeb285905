"""Where rejected updates go: the dead-letter queue, and an event bus."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from contact_updates.consumer.received import Received
from contact_updates.update_message import Rejection, write_rejected

SOURCE = "connect-constructs"
DETAIL_TYPE = "Contact Update Rejected"

# In characters of at most six bytes each. So ten events, each with two ids of up to 1,024 characters as well, fit
# into the 256 KB of one request (Amazon EventBridge User Guide, "Calculating Amazon EventBridge event size").
MAX_REASON_LENGTH = 1_000


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


class RejectionEvents:
    """An event bus to which rejections are published."""

    def __init__(self, events: Any, event_bus_name: str) -> None:
        """`events` is a client of Amazon EventBridge."""
        self._events = events
        self._event_bus_name = event_bus_name

    def publish(self, details: Sequence[dict[str, Any]]) -> list[bool]:
        """Publish up to ten in one request; of each, whether the event bus has taken it.

        Raises botocore's exceptions, or KeyError and ValueError for an answer of another form.
        """
        answer = self._events.put_events(
            Entries=[
                {
                    "EventBusName": self._event_bus_name,
                    "Source": SOURCE,
                    "DetailType": DETAIL_TYPE,
                    "Detail": json.dumps(detail, ensure_ascii=False).encode("utf-8", "backslashreplace").decode(),
                }
                for detail in details
            ]
        )
        # An answer of 200 can say that some of the events were not taken.
        return ["EventId" in entry for _, entry in zip(details, answer["Entries"], strict=True)]
