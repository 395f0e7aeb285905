"""What the queue's handler works with, in this process: FIFO queues, Amazon Connect, an event bus, and a clock."""

# ruff: noqa: N803 - the parameters have the names that they have in the AWS SDK

from __future__ import annotations

import contextlib
import functools
import io
import itertools
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from connect_constructs.local.amazon_connect import AmazonConnect, ConnectError
from connect_constructs.local.faults import ErrorAnswer
from contact_updates.connect_client import ConnectClient
from contact_updates.consumer import Consumer
from contact_updates.contract import operations
from contact_updates.pacing import Pacer
from contact_updates.rejection_events import RejectionEvents

QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/111122223333/updates.fifo"
DEAD_LETTER_QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/111122223333/rejected.fifo"

DAY = 24 * 3600

_DEDUPLICATION_SECONDS = 300
# What the construct lets each of them take.
_MAX_BYTES = {QUEUE_URL: 262_144, DEAD_LETTER_QUEUE_URL: 1_048_576}
_REFUSED_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ID = re.compile(r"[\w!\"#$%&'()*+,./:;<=>?@\[\\\]^`{|}~-]{1,128}\Z", re.ASCII)

Record = dict[str, Any]


class Clock:
    """Seconds since 1970, which pass only when a test says so."""

    def __init__(self, now: float = 1_800_000_000) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class TimedContext:
    """Lambda's context of an invocation that starts now."""

    def __init__(self, clock: Clock, seconds: float = 300) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._end - self._clock()) * 1000)


class KilledError(BaseException):
    """The function's process ends here."""


def client_error(answer: ErrorAnswer, operation: str = "UpdateContact") -> ClientError:
    """The exception that botocore makes of an error."""
    return ClientError(
        {
            "Error": {"Code": answer.error_type or str(answer.status), "Message": answer.message},
            "ResponseMetadata": {"HTTPStatusCode": answer.status},
        },
        operation,
    )


@dataclass
class Message:
    """A message in a queue."""

    id: str
    body: str
    group: str
    deduplication_id: str
    sent_at: float
    visible_at: float
    receive_count: int = 0

    @property
    def receipt_handle(self) -> str:
        return f"{self.id}#{self.receive_count}"

    @property
    def fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = json.loads(self.body)
        return fields


class FifoQueue:
    """A FIFO queue: the part of an SQS client that the handler uses, and what its event source does.

    `trouble` is called with the method's name when one of the handler's calls comes in, `trouble_after` when it has
    taken effect; either can raise.
    """

    def __init__(self, clock: Clock, url: str = QUEUE_URL, *, visibility_seconds: float = 1_800) -> None:
        self.messages: list[Message] = []
        self.trouble: Callable[[str], None] = lambda _: None
        self.trouble_after: Callable[[str], None] = lambda _: None
        # The entries of each change_message_visibility_batch.
        self.visibility_calls: list[list[dict[str, Any]]] = []
        self._clock = clock
        self._url = url
        self._visibility_seconds = visibility_seconds
        self._numbers = itertools.count(1)
        # The id of the message that was last taken, also if it is gone.
        self.newest_id: str | None = None
        self._sent: dict[str, tuple[float, str]] = {}

    def send_message(
        self, *, QueueUrl: str, MessageBody: str, MessageGroupId: str, MessageDeduplicationId: str
    ) -> dict[str, Any]:
        self.trouble("send_message")
        assert QueueUrl == self._url
        assert _ID.match(MessageGroupId)
        assert _ID.match(MessageDeduplicationId)
        if not MessageBody or _REFUSED_CHARACTER.search(MessageBody):
            raise client_error(ErrorAnswer(400, "InvalidMessageContents"), "SendMessage")
        if len(MessageBody.encode()) > _MAX_BYTES[self._url]:
            raise client_error(ErrorAnswer(400, "InvalidParameterValue"), "SendMessage")
        now = self._clock()
        sent_at, message_id = self._sent.get(MessageDeduplicationId, (None, ""))
        if sent_at is None or now - sent_at >= _DEDUPLICATION_SECONDS:
            message_id = self.newest_id = f"{next(self._numbers):08}-0000-4000-8000-000000000000"
            self._sent[MessageDeduplicationId] = (now, message_id)
            self.messages.append(Message(message_id, MessageBody, MessageGroupId, MessageDeduplicationId, now, now))
        self.trouble_after("send_message")
        return {"MessageId": message_id, "ResponseMetadata": {"HTTPStatusCode": 200}}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.trouble("change_message_visibility_batch")
        assert QueueUrl == self._url
        assert 1 <= len(Entries) <= 10
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        self.visibility_calls.append(Entries)
        by_handle = {message.receipt_handle: message for message in self.messages}
        answer: dict[str, Any] = {}
        for entry in Entries:
            assert 0 <= entry["VisibilityTimeout"] <= 43_200
            message = by_handle.get(entry["ReceiptHandle"])
            if message is None or message.visible_at <= self._clock():
                answer.setdefault("Failed", []).append({"Id": entry["Id"], "SenderFault": True, "Code": "NotInflight"})
            else:
                message.visible_at = self._clock() + entry["VisibilityTimeout"]
                answer.setdefault("Successful", []).append({"Id": entry["Id"]})
        self.trouble_after("change_message_visibility_batch")
        return answer

    def receive(self, limit: int = 10) -> list[Record]:
        """Up to `limit` messages, as Lambda hands them over: of no group that has one in flight, in each its order."""
        now = self._clock()
        blocked = {message.group for message in self.messages if message.visible_at > now}
        received = [message for message in self.messages if message.group not in blocked][:limit]
        for message in received:
            message.receive_count += 1
            message.visible_at = now + self._visibility_seconds
        return [self._record(message) for message in received]

    def settle(self, records: list[Record], response: dict[str, Any], lost: Collection[str] = ()) -> None:
        """Delete what was received and is no batch item failure, as Lambda does when the function has answered.

        The deletes of the messages with the ids `lost` get lost.
        """
        assert response.keys() == {"batchItemFailures"}
        assert all(failure.keys() == {"itemIdentifier"} for failure in response["batchItemFailures"])
        failed = [failure["itemIdentifier"] for failure in response["batchItemFailures"]]
        assert len(set(failed)) == len(failed)
        assert set(failed) <= {record["messageId"] for record in records}
        handles = {record["receiptHandle"] for record in records if record["messageId"] not in [*failed, *lost]}
        # A receipt handle of a FIFO queue ends with the visibility timeout.
        self.messages = [
            message
            for message in self.messages
            if message.receipt_handle not in handles or message.visible_at <= self._clock()
        ]

    def _record(self, message: Message) -> Record:
        return {
            "messageId": message.id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": str(message.receive_count),
                "SentTimestamp": str(int(message.sent_at * 1000)),
                "MessageGroupId": message.group,
                "MessageDeduplicationId": message.deduplication_id,
                "SequenceNumber": message.id[:8],
                "SenderId": "AIDAEXAMPLE",
                "ApproximateFirstReceiveTimestamp": str(int(self._clock() * 1000)),
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:updates.fifo",
            "awsRegion": "us-east-1",
        }


class DirectConnectClient(ConnectClient):
    """Calls the in-memory Amazon Connect without a socket.

    `trouble` is called with the operation and its parameters when a call comes in, `trouble_after` when it has taken
    effect; either can raise.
    """

    def __init__(self, state: AmazonConnect, pacer: Pacer | None = None) -> None:
        self._state = state
        self._pacer = pacer or Pacer(0)
        self._calls = {operation.name: functools.partial(self._call, operation.name) for operation in operations()}
        self.trouble: Callable[[str, dict[str, Any]], None] = lambda *_: None
        self.trouble_after: Callable[[str, dict[str, Any]], None] = lambda *_: None
        # The operation and the parameters of each call.
        self.made: list[tuple[str, dict[str, Any]]] = []

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        self.made.append((operation, parameters))
        self.trouble(operation, parameters)
        try:
            self._state.perform(operation, parameters)
        except ConnectError as error:
            raise client_error(ErrorAnswer(error.status, error.error_type, error.message), operation) from None
        self.trouble_after(operation, parameters)
        return {"ResponseMetadata": {"RequestId": "up-1", "HTTPStatusCode": 200}}


class EventBus(RejectionEvents):
    """Rejection events whose EventBridge is this object."""

    def __init__(self) -> None:
        self._event_bus_name = "the-bus"
        self._events = self
        self.entries: list[dict[str, Any]] = []
        # Called when a request comes in; it can raise.
        self.trouble: Callable[[], None] = lambda: None
        # The answer instead of one that says that all were taken.
        self.answer: dict[str, Any] | None = None

    @property
    def details(self) -> list[dict[str, Any]]:
        return [json.loads(entry["Detail"]) for entry in self.entries]

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.trouble()
        assert 1 <= len(Entries) <= 10
        assert sum(len(entry["Detail"].encode()) for entry in Entries) < 250_000
        if self.answer is not None:
            return self.answer
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in Entries]}


@dataclass
class Delivery:
    """One batch: what the consumer got, what it answered, and what it printed."""

    records: list[Record]
    response: dict[str, Any]
    printed: str

    @property
    def failed(self) -> list[str]:
        return [failure["itemIdentifier"] for failure in self.response["batchItemFailures"]]

    @property
    def logs(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.printed.splitlines()]

    @property
    def outcomes(self) -> list[str]:
        return [log["outcome"] for log in self.logs]


def deliver(queue: FifoQueue, consumer: Consumer, context: Any) -> Delivery:
    """What the event source does once: receive a batch, have it worked off, delete what was."""
    records = queue.receive()
    with contextlib.redirect_stdout(io.StringIO()) as out:
        response: dict[str, Any] = consumer({"Records": records}, context)
    queue.settle(records, response)
    return Delivery(records, response, out.getvalue())
