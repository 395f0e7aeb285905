"""A model of an Amazon SQS FIFO queue, as producers, an event source and the handler see it.

It takes the time from a clock and does nothing by itself, so that it works for simulations and for tests whose clock
stands still. It follows the Amazon SQS Developer Guide, unless a line names something else:

- "Exactly-once processing": a deduplication id is accepted once in five minutes; a second send succeeds, and returns
  the message id and sequence number of the first.
- "FIFO queue delivery logic": a group with a message in flight delivers no other; a receive returns as many messages of
  one group as it can, then goes on with the next group.
- "Visibility timeout": a receipt handle of a FIFO queue is no longer valid when the timeout has ended.
- "Dead-letter queues": a message that has been received `max_receive_count` times is moved instead of being received
  again; in a FIFO queue it then gets a new time of arrival.
- "Message quotas": at most 14 days; a message body has only characters of XML.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import re
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

DAY = 24 * 3600.0
DEDUPLICATION_SECONDS = 300.0
MAX_BATCH = 10
# ContactUpdateQueue gives both queues this maximum message size.
MAX_BYTES = 262_144

_REFUSED_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ID = re.compile(r"[\w!\"#$%&'()*+,./:;<=>?@\[\\\]^`{|}~-]{1,128}\Z", re.ASCII)
_TRACE_HEADER = re.compile(r"(\w+=[\w:|?-]+;?)+\Z", re.ASCII)
_FIRST_SEQUENCE_NUMBER = 18_850_000_000_000_000_000


class SqsError(Exception):
    """An error response of SQS."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.message = message or code
        self.status = status


@dataclass(eq=False)
class Message:
    """A message in a queue."""

    number: int
    id: str
    body: str
    group: str
    deduplication_id: str
    sent_at: float
    trace_header: str | None = None
    receive_count: int = 0
    first_received_at: float | None = None
    visible_at: float = 0.0
    # None if it is not in flight.
    receipt_handle: str | None = None

    @property
    def sequence_number(self) -> str:
        """20 digits, which increase."""
        return str(_FIRST_SEQUENCE_NUMBER + self.number * 256)


@dataclass(eq=False)
class _Group:
    waiting: deque[Message] = field(default_factory=deque)
    in_flight: set[Message] = field(default_factory=set)
    # Visible again, but behind others of the group that are still in flight.
    returned: list[Message] = field(default_factory=list)
    offered: bool = False


class FifoQueue:
    """One queue."""

    def __init__(
        self,
        url: str,
        clock: Callable[[], float],
        *,
        visibility_seconds: float = 30,
        retention_seconds: float = 14 * DAY,
        max_receive_count: int = 1_000,
        dead_letter_queue: FifoQueue | None = None,
    ) -> None:
        """Create an empty queue.

        :param clock: Seconds since 1970.
        :param dead_letter_queue: Where messages go after `max_receive_count` receives. Default: they stay.
        """
        self.url = url
        # Called with a time from which a receive may return more than before.
        self.on_receivable: Callable[[float], None] = lambda _: None
        # All messages that were accepted, and those that expired.
        self.accepted: list[Message] = []
        self.expired: list[Message] = []
        self.emptied_at = 0.0
        self._clock = clock
        self._visibility_seconds = visibility_seconds
        self._retention_seconds = retention_seconds
        self._max_receive_count = max_receive_count
        self._dead_letter_queue = dead_letter_queue
        self._numbers = itertools.count(1)
        self._groups: dict[str, _Group] = {}
        # Groups that can deliver messages, by the number of their oldest.
        self._ready: list[tuple[int, str]] = []
        self._hidden: list[tuple[float, int, Message, str]] = []
        self._by_receipt: dict[str, Message] = {}
        self._deduplicated: dict[str, tuple[float, Message]] = {}
        self._held = 0

    def __len__(self) -> int:
        return self._held

    @property
    def messages(self) -> list[Message]:
        """The messages in the queue, in order."""
        held: list[Message] = []
        for group in self._groups.values():
            held += [*group.waiting, *group.in_flight, *group.returned]
        return sorted(held, key=lambda message: message.number)

    def send(self, body: str, group: str, deduplication_id: str, trace_header: str | None = None) -> Message:
        """Accept a message. Returns it, or the one with the same deduplication id. Raises SqsError."""
        if not (_ID.match(group) and _ID.match(deduplication_id)):
            raise SqsError("InvalidParameterValue")
        if not body:
            raise SqsError("MissingParameter")
        if _REFUSED_CHARACTER.search(body):
            raise SqsError("InvalidMessageContents")
        if len(body.encode()) > MAX_BYTES:
            raise SqsError("InvalidParameterValue", "Message must be shorter than the queue's maximum")
        now = self._clock()
        if known := self._deduplicated.get(deduplication_id):
            sent_at, message = known
            if now - sent_at < DEDUPLICATION_SECONDS:
                return message
        message_id = str(uuid.UUID(int=next(_IDS), version=4))
        message = self._take_in(body, group, deduplication_id, message_id, trace_header)
        self._deduplicated[deduplication_id] = now, message
        return message

    def receive(self, limit: int = MAX_BATCH) -> list[Message]:
        """The next batch, which can be empty."""
        now = self._clock()
        self._surface(now)
        received: list[Message] = []
        while self._ready and len(received) < limit:
            _, name = heapq.heappop(self._ready)
            group = self._groups[name]
            group.offered = False
            while group.waiting and len(received) < limit:
                message = group.waiting.popleft()
                if now - message.sent_at >= self._retention_seconds:
                    self._forget(message)
                    self.expired.append(message)
                elif self._dead_letter_queue is not None and message.receive_count >= self._max_receive_count:
                    self._forget(message)
                    self._dead_letter_queue._take_in(
                        message.body, message.group, message.deduplication_id, message.id, message.trace_header
                    )
                else:
                    received.append(message)
                    self._give_out(message, group, now)
            if not group.in_flight:
                self._offer(name)
        return received

    def delete(self, receipt_handle: str) -> bool:
        """Delete a message that is in flight. Returns False if the handle is no longer valid."""
        self._surface(self._clock())
        message = self._by_receipt.pop(receipt_handle, None)
        if message is None:
            return False
        message.receipt_handle = None
        self._forget(message)
        self._leave_flight(message)
        return True

    def change_visibility(self, receipt_handle: str, seconds: float) -> bool:
        """Let a message in flight be received again after some time. Returns False if it is not in flight."""
        now = self._clock()
        self._surface(now)
        message = self._by_receipt.get(receipt_handle)
        if message is None:
            return False
        self._hide(message, now + seconds)
        return True

    def record(self, message: Message) -> dict[str, Any]:
        """A received message as Lambda passes it on (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS")."""
        assert message.first_received_at is not None
        return {
            "messageId": message.id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": str(message.receive_count),
                "SentTimestamp": str(int(message.sent_at * 1000)),
                "SequenceNumber": message.sequence_number,
                "MessageGroupId": message.group,
                "SenderId": "AIDAEXAMPLE",
                "MessageDeduplicationId": message.deduplication_id,
                "ApproximateFirstReceiveTimestamp": str(int(message.first_received_at * 1000)),
                **({"AWSTraceHeader": message.trace_header} if message.trace_header else {}),
            },
            "messageAttributes": {},
            "md5OfBody": hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest(),
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:us-east-1:111122223333:{self.url.rpartition('/')[2]}",
            "awsRegion": "us-east-1",
        }

    def move_to(self, destination: FifoQueue) -> int:
        """Move the visible messages, as StartMessageMoveTask does. Returns how many.

        "Redriven messages are considered new messages with a new messageID and enqueueTime" (Developer Guide,
        "Dead-letter queue redrive"). That each then has a deduplication id of its own is a guess.
        """
        moved = 0
        while messages := self.receive():
            for message in messages:
                assert message.receipt_handle is not None
                destination.send(
                    message.body, message.group, f"moved-{message.number}-{message.deduplication_id}"[:128]
                )
                self.delete(message.receipt_handle)
                moved += 1
        return moved

    def _take_in(
        self, body: str, group: str, deduplication_id: str, message_id: str, trace_header: str | None
    ) -> Message:
        now = self._clock()
        message = Message(next(self._numbers), message_id, body, group, deduplication_id, now, trace_header)
        self.accepted.append(message)
        self._groups.setdefault(group, _Group()).waiting.append(message)
        self._held += 1
        self._offer(group)
        return message

    def _give_out(self, message: Message, group: _Group, now: float) -> None:
        message.receive_count += 1
        message.first_received_at = now if message.first_received_at is None else message.first_received_at
        message.receipt_handle = f"{message.id}#{message.receive_count}"
        group.in_flight.add(message)
        self._by_receipt[message.receipt_handle] = message
        self._hide(message, now + self._visibility_seconds)

    def _hide(self, message: Message, until: float) -> None:
        assert message.receipt_handle is not None
        message.visible_at = until
        heapq.heappush(self._hidden, (until, message.number, message, message.receipt_handle))
        self.on_receivable(until)

    def _surface(self, now: float) -> None:
        """Let messages that are visible again by now be received again."""
        while self._hidden and self._hidden[0][0] <= now:
            until, _, message, receipt_handle = heapq.heappop(self._hidden)
            # It may have been deleted, or hidden again.
            if message.receipt_handle == receipt_handle and message.visible_at == until:
                message.receipt_handle = None
                del self._by_receipt[receipt_handle]
                self._groups[message.group].returned.append(message)
                self._leave_flight(message)

    def _leave_flight(self, message: Message) -> None:
        group = self._groups[message.group]
        group.in_flight.discard(message)
        if not group.in_flight:
            group.waiting.extendleft(sorted(group.returned, key=lambda returned: -returned.number))
            group.returned.clear()
            self._offer(message.group)

    def _offer(self, name: str) -> None:
        group = self._groups[name]
        if group.waiting and not group.in_flight and not group.offered:
            group.offered = True
            heapq.heappush(self._ready, (group.waiting[0].number, name))
            self.on_receivable(self._clock())

    def _forget(self, message: Message) -> None:
        self._held -= 1
        self.emptied_at = self._clock()


class Sqs:
    """Amazon SQS, with the operations that the handler calls."""

    def __init__(self, *queues: FifoQueue) -> None:
        self._queues = {queue.url: queue for queue in queues}

    def perform(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """The response to one call. Raises SqsError."""
        queue = self._queues.get(parameters["QueueUrl"])
        if queue is None:
            raise SqsError("QueueDoesNotExist")
        if operation == "SendMessage":
            message = queue.send(
                parameters["MessageBody"],
                parameters["MessageGroupId"],
                parameters["MessageDeduplicationId"],
                _trace_header(parameters.get("MessageSystemAttributes", {})),
            )
            digest = hashlib.md5(parameters["MessageBody"].encode(), usedforsecurity=False).hexdigest()
            return {"MessageId": message.id, "SequenceNumber": message.sequence_number, "MD5OfMessageBody": digest}
        if operation == "ChangeMessageVisibilityBatch":
            return _answer(parameters["Entries"], lambda entry: _changed(queue, entry))
        if operation == "DeleteMessageBatch":
            return _answer(parameters["Entries"], lambda entry: queue.delete(entry["ReceiptHandle"]))
        raise SqsError("UnsupportedOperation", operation)


def _trace_header(attributes: dict[str, dict[str, str]]) -> str | None:
    """The only system attribute that a sender can set (Amazon SQS API Reference, "SendMessage")."""
    if not attributes:
        return None
    if attributes.keys() != {"AWSTraceHeader"} or attributes["AWSTraceHeader"]["DataType"] != "String":
        raise SqsError("InvalidParameterValue")
    value = attributes["AWSTraceHeader"]["StringValue"]
    if not _TRACE_HEADER.match(value):
        raise SqsError("InvalidParameterValue", "Expected a correctly formatted X-Ray trace header")
    return value


def _changed(queue: FifoQueue, entry: dict[str, Any]) -> bool:
    if not 0 <= entry["VisibilityTimeout"] <= 43_200:
        raise SqsError("InvalidParameterValue")
    return queue.change_visibility(entry["ReceiptHandle"], entry["VisibilityTimeout"])


def _answer(entries: list[dict[str, Any]], perform: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    if not entries:
        raise SqsError("EmptyBatchRequest")
    if len(entries) > MAX_BATCH:
        raise SqsError("TooManyEntriesInBatchRequest")
    if len({entry["Id"] for entry in entries}) < len(entries):
        raise SqsError("BatchEntryIdsNotDistinct")
    answer: dict[str, Any] = {"Successful": [], "Failed": []}
    for entry in entries:
        if perform(entry):
            answer["Successful"].append({"Id": entry["Id"]})
        else:
            answer["Failed"].append({"Id": entry["Id"], "SenderFault": True, "Code": "ReceiptHandleIsInvalid"})
    return {key: value for key, value in answer.items() if value}


# Message ids are unique over all queues.
_IDS: Iterator[int] = itertools.count(1)
