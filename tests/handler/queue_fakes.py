"""Clients and a context for the queue's handler, all in this process: SQS, Amazon Connect, an event bus, a clock."""

# ruff: noqa: N803 - the parameters have the names that they have in the AWS SDK

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from connect_constructs.local.amazon_connect import AmazonConnect, ConnectError
from connect_constructs.local.faults import ErrorAnswer
from contact_updates.consumer.consumer import Consumer
from tests.handler import emf
from tests.sqs_fifo import MAX_BATCH, FifoQueue, Message, Sqs, SqsError

QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/111122223333/updates.fifo"
DEAD_LETTER_QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/111122223333/rejected.fifo"

Record = dict[str, Any]


class Clock:
    """Seconds since 1970. Time passes only when a test says so."""

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
    """The function's process is killed here."""


READ_TIMEOUT = ReadTimeoutError(endpoint_url="https://sqs.us-east-1.amazonaws.com")
NO_ENDPOINT = EndpointConnectionError(endpoint_url="https://sqs.us-east-1.amazonaws.com")


def raises(error: BaseException) -> Callable[..., None]:
    """A `trouble` with which each call fails."""

    def trouble(*_: Any) -> None:
        raise error

    return trouble


def raises_nothing(*_: Any) -> None:
    """A `trouble` with which no call fails."""


def client_error(answer: ErrorAnswer, operation: str = "UpdateContact") -> ClientError:
    """The exception that botocore raises for an error."""
    return ClientError(
        {
            "Error": {"Code": answer.error_type or str(answer.status), "Message": answer.message},
            "ResponseMetadata": {"HTTPStatusCode": answer.status},
        },
        operation,
    )


class SqsClient:
    """An SQS client for queues in this process, with the methods that the handler uses.

    `trouble` is called with the method's name when a call comes in, `trouble_after` when it has taken effect; either
    can raise.
    """

    def __init__(self, *queues: FifoQueue) -> None:
        self.trouble: Callable[[str], None] = lambda _: None
        self.trouble_after: Callable[[str], None] = lambda _: None
        # The entries of each change_message_visibility_batch.
        self.visibility_calls: list[list[dict[str, Any]]] = []
        self._sqs = Sqs(*queues)

    def send_message(self, **parameters: Any) -> dict[str, Any]:
        return self._perform("send_message", "SendMessage", parameters)

    def change_message_visibility_batch(self, **parameters: Any) -> dict[str, Any]:
        self.visibility_calls.append(parameters["Entries"])
        return self._perform("change_message_visibility_batch", "ChangeMessageVisibilityBatch", parameters)

    def _perform(self, method: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self.trouble(method)
        try:
            answer = self._sqs.perform(operation, parameters)
        except SqsError as error:
            raise client_error(ErrorAnswer(error.status, error.code, error.message), operation) from None
        self.trouble_after(method)
        return answer


def update_queue(clock: Clock, *, visibility_seconds: float = 1_800) -> FifoQueue:
    """The queue of updates, as the construct configures it."""
    return FifoQueue(QUEUE_URL, clock, visibility_seconds=visibility_seconds)


def dead_letter_queue(clock: Clock) -> FifoQueue:
    """The dead-letter queue, as the construct configures it."""
    return FifoQueue(DEAD_LETTER_QUEUE_URL, clock)


def fields_of(message: Message) -> dict[str, Any]:
    """The fields of the message's body."""
    fields: dict[str, Any] = json.loads(message.body)
    return fields


class ConnectClient:
    """An Amazon Connect client that calls the in-memory one without a socket.

    `trouble` is called with the operation and its parameters when a call comes in, `trouble_after` when it has taken
    effect; either can raise.
    """

    def __init__(self, state: AmazonConnect) -> None:
        self._state = state
        self.trouble: Callable[[str, dict[str, Any]], None] = lambda *_: None
        self.trouble_after: Callable[[str, dict[str, Any]], None] = lambda *_: None
        # The operation and the parameters of each call.
        self.made: list[tuple[str, dict[str, Any]]] = []

    def update_contact_attributes(self, **parameters: Any) -> dict[str, Any]:
        return self._call("UpdateContactAttributes", parameters)

    def update_contact(self, **parameters: Any) -> dict[str, Any]:
        return self._call("UpdateContact", parameters)

    def _call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self.made.append((operation, parameters))
        self.trouble(operation, parameters)
        try:
            self._state.perform(operation, parameters)
        except ConnectError as error:
            raise client_error(ErrorAnswer(error.status, error.error_type, error.message), operation) from None
        self.trouble_after(operation, parameters)
        return {"ResponseMetadata": {"RequestId": "up-1", "HTTPStatusCode": 200}}


class EventBus:
    """An Amazon EventBridge client that keeps what it gets."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        # Called when a request comes in. It can raise.
        self.trouble: Callable[[], None] = lambda: None
        # The answer. Default: all events are accepted.
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
    """One batch: what the consumer got, answered and printed."""

    records: list[Record]
    response: dict[str, Any]
    printed: str

    @property
    def failed(self) -> list[str]:
        return [failure["itemIdentifier"] for failure in self.response["batchItemFailures"]]

    @property
    def logs(self) -> list[dict[str, Any]]:
        """The log lines without their metrics."""
        return [emf.fields(line) for line in self.printed.splitlines()]

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The metrics of each log line."""
        return [emf.metrics(line) for line in self.printed.splitlines()]

    @property
    def outcomes(self) -> list[str]:
        return [log["outcome"] for log in self.logs]


def receive(queue: FifoQueue, limit: int = MAX_BATCH) -> list[Record]:
    """The next batch, as Lambda passes it on."""
    return [queue.record(message) for message in queue.receive(limit)]


def settle(queue: FifoQueue, records: list[Record], response: dict[str, Any], lost: Collection[str] = ()) -> None:
    """Delete the received messages that are not batch item failures, as Lambda does after the function has answered.

    Messages with the ids in `lost` are not deleted.
    """
    assert response.keys() == {"batchItemFailures"}
    assert all(failure.keys() == {"itemIdentifier"} for failure in response["batchItemFailures"])
    failed = [failure["itemIdentifier"] for failure in response["batchItemFailures"]]
    assert len(set(failed)) == len(failed)
    assert set(failed) <= {record["messageId"] for record in records}
    for record in records:
        if record["messageId"] not in {*failed, *lost}:
            queue.delete(record["receiptHandle"])


def invoke(consumer: Consumer, records: list[Record], context: Any) -> Delivery:
    """Let the consumer process a batch."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        response: dict[str, Any] = consumer({"Records": records}, context)
    return Delivery(records, response, out.getvalue())


def deliver(queue: FifoQueue, consumer: Consumer, context: Any) -> Delivery:
    """Do what the event source does: receive a batch, have it processed, delete what was settled."""
    delivery = invoke(consumer, receive(queue), context)
    settle(queue, delivery.records, delivery.response)
    return delivery
