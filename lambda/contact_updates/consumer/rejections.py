"""Where rejected updates go: the dead-letter queue, and an event bus."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from contact_updates.consumer.received import Received
from contact_updates.update_message import Rejection, trace_attribute, write_rejected

SOURCE = "connect-constructs"
DETAIL_TYPE = "Contact Update Rejected"

# In characters of at most six bytes. Ten events, each with two ids of up to 1,024 characters as well, fit into the
# 256 KB of one request (Amazon EventBridge User Guide, "Calculating Amazon EventBridge event size").
MAX_REASON_LENGTH = 1_000


class DeadLetterQueue:
    """Keeps rejected messages, in a form that the consumer accepts again."""

    def __init__(self, sqs: Any, url: str) -> None:
        """`sqs` is an Amazon SQS client."""
        self._sqs = sqs
        self._url = url

    def send(self, message: Received, rejection: Rejection) -> str:
        """Send a rejected message. Returns the message id of the dead letter.

        Raises botocore's exceptions, or KeyError for a response without an id. The dead letter may be in the queue all
        the same: sent again within five minutes, it is there once (Amazon SQS Developer Guide, "Exactly-once
        processing").
        """
        message_id: str = self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=write_rejected(message.record["body"], rejection, message.update_id),
            MessageGroupId=message.record["attributes"]["MessageGroupId"],
            MessageDeduplicationId=message.id,
            **trace_attribute(message.trace_header),
        )["MessageId"]
        return message_id


class RejectionEvents:
    """The event bus for rejections."""

    def __init__(self, events: Any, event_bus_name: str) -> None:
        """`events` is an Amazon EventBridge client."""
        self._events = events
        self._event_bus_name = event_bus_name

    def publish(self, details: Sequence[dict[str, Any]]) -> list[bool]:
        """Publish up to ten events in one request. Returns whether the event bus has accepted each.

        Raises botocore's exceptions, or KeyError or ValueError for a response of another form.
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
        # A 200 response can say that some events were not accepted.
        return ["EventId" in entry for _, entry in zip(details, answer["Entries"], strict=True)]
