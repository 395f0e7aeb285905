"""Simulates one burst through the queue with the models of tests/attack, and counts the calls to Amazon Connect.

The function is the real one, `contact_updates.queue_function` with its botocore; only the clock and the answers to its
HTTP requests are simulated.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from connect_constructs.local.amazon_connect import AmazonConnect, ConnectError
from contact_updates.connect_target import ConnectTarget
from contact_updates.consumer.received import Received, groups_of
from contact_updates.consumer.visibility import Visibility, backoff_seconds
from contact_updates.contract import operations
from contact_updates.outcome import UpdateError
from contact_updates.settings import Instance
from contact_updates.update import checked_update
from contact_updates.update_message import message_group_id, write_message
from tests.attack.event_source import Context, EventSource, Handler
from tests.attack.handler_code import HandlerCode
from tests.attack.network import Network, ServiceError
from tests.attack.virtual_time import Simulation
from tests.sqs_fifo import FifoQueue, Sqs

OPERATION = next(operation for operation in operations() if operation.name == "UpdateContactAttributes")
ARRIVALS_PER_SECOND = 500

EXECUTIONS = 2
FUNCTION_SECONDS = 45.0

CALL_SECONDS = 0.05
QUOTA_RATE, QUOTA_BURST = 10.0, 15
WINDOW_SECONDS = 2

INSTANCE = Instance("arn:aws:connect:us-east-1:111122223333:instance/11111111-2222-4333-8444-555555555555")
QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/111122223333/updates.fifo"
DEAD_LETTER_QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/111122223333/rejected.fifo"
# As deployed by default: 7 updates a second, 2 executions.
SECONDS_PER_CALL = 0.3

HANDLER_CODE = HandlerCode()


class SqsClient:
    """The naive consumer's SQS client."""

    def __init__(self, sqs: Sqs) -> None:
        self._sqs = sqs

    def change_message_visibility_batch(self, **parameters: Any) -> dict[str, Any]:
        """The SQS operation of this name."""
        return self._sqs.perform("ChangeMessageVisibilityBatch", parameters)


class MeasuredConnect:
    """The in-memory Amazon Connect with a latency. Records when it was called."""

    def __init__(self, simulation: Simulation) -> None:
        self.call_times: list[float] = []
        self.throttled = 0
        self._simulation = simulation
        self._state = AmazonConnect(rate=QUOTA_RATE, burst=QUOTA_BURST, clock=simulation.clock)
        self._state.add_instance(INSTANCE.arn)

    def create_contact(self, contact_id: str) -> None:
        """Create a contact without attributes."""
        self._state.create_contact(contact_id=contact_id)

    def perform(self, operation: str, parameters: dict[str, Any]) -> None:
        """Perform a call. Raises ServiceError."""
        self.call_times.append(self._simulation.clock())
        try:
            self._state.perform(operation, parameters)
        except ConnectError as error:
            self.throttled += error.error_type == "ThrottlingException"
            raise ServiceError(error.status, error.error_type, error.message) from None

    def update_contact_attributes(self, **parameters: Any) -> dict[str, Any]:
        """Botocore's method of this name."""
        return self._call("UpdateContactAttributes", parameters)

    def update_contact(self, **parameters: Any) -> dict[str, Any]:
        """Botocore's method of this name."""
        return self._call("UpdateContact", parameters)

    def _call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        failure = None
        try:
            self.perform(operation, parameters)
        except ServiceError as error:
            failure = error
        self._simulation.sleep(CALL_SECONDS)
        if failure is None:
            return {"ResponseMetadata": {"RequestId": "simulated", "HTTPStatusCode": 200}}
        raise ClientError(
            {
                "Error": {"Code": str(failure.error_type), "Message": failure.message},
                "ResponseMetadata": {"HTTPStatusCode": failure.status},
            },
            operation,
        )

    def attributes(self, contact_ids: Sequence[str]) -> Iterator[dict[str, str]]:
        """The attributes of each contact. The quota does not apply."""
        self._state.set_quota(rate=1, burst=len(contact_ids))
        for contact_id in contact_ids:
            parameters = {"InstanceId": INSTANCE.id, "InitialContactId": contact_id}
            answer = self._state.perform("GetContactAttributes", parameters)
            assert answer is not None
            yield answer["Attributes"]


class NaiveConsumer:
    """Makes one call per message, as fast as it can. Returns throttled updates to the queue like the real consumer."""

    def __init__(self, connect: ConnectTarget, visibility: Visibility) -> None:
        self._connect = connect
        self._visibility = visibility

    def __call__(self, event: dict[str, Any], context: Context) -> dict[str, list[dict[str, str]]]:
        waiting: list[tuple[Received, int]] = []
        for group in groups_of(event["Records"], INSTANCE):
            for position, message in enumerate(group):
                assert message.update is not None
                try:
                    self._connect.apply(message.update, lambda: 0)
                except UpdateError:
                    # The contact's later updates must not overtake it.
                    waiting += [(later, backoff_seconds(message.receive_count)) for later in group[position:]]
                    break
        if waiting:
            self._visibility.set(waiting)
        return {"batchItemFailures": [{"itemIdentifier": message.id} for message, _ in waiting]}


MakeHandler = Callable[[Simulation, MeasuredConnect, Sqs], Handler]


def real_consumer(simulation: Simulation, connect: MeasuredConnect, sqs: Sqs) -> Handler:
    """The whole function behind the queue. The simulation answers botocore's requests."""
    environment = {
        "INSTANCE_ARN": INSTANCE.arn,
        "QUEUE_URL": QUEUE_URL,
        "DEAD_LETTER_QUEUE_URL": DEAD_LETTER_QUEUE_URL,
        "SECONDS_PER_CALL": str(SECONDS_PER_CALL),
    }
    handler: Handler = HANDLER_CODE.load("queue_function", environment, simulation.time_module())
    return handler


def naive_consumer(simulation: Simulation, connect: MeasuredConnect, sqs: Sqs) -> Handler:
    """The consumer that the real one is compared with."""
    return NaiveConsumer(ConnectTarget(connect), Visibility(SqsClient(sqs), QUEUE_URL))


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The result of one burst with one consumer."""

    calls: int
    throttled: int
    drained_seconds: float
    most_calls_in_window: int
    wrong_contacts: int
    dead_letters: int
    left_in_queue: int


def simulate(make_handler: MakeHandler, updates: int, contacts: int) -> Figures:
    """Send a burst of updates, round robin over the contacts, and let a consumer process it."""
    simulation = Simulation()
    queue = FifoQueue(QUEUE_URL, simulation.clock, visibility_seconds=6 * FUNCTION_SECONDS)
    dead_letter_queue = FifoQueue(DEAD_LETTER_QUEUE_URL, simulation.clock)
    connect, sqs = MeasuredConnect(simulation), Sqs(queue, dead_letter_queue)
    network = Network(
        simulation,
        {"connect": connect.perform, "queue": sqs.perform, "dead letters": sqs.perform},
        dead_letter_queue_url=DEAD_LETTER_QUEUE_URL,
        rng=random.Random(0),  # noqa: S311 - runs must be repeatable
        answer_seconds=(CALL_SECONDS, CALL_SECONDS),
    )
    EventSource(
        simulation,
        queue,
        functools.partial(make_handler, simulation, connect, sqs),
        maximum_concurrency=EXECUTIONS,
        function_seconds=FUNCTION_SECONDS,
    )

    expected: dict[str, dict[str, str]] = {str(uuid.UUID(int=number)): {} for number in range(contacts)}
    for contact_id in expected:
        connect.create_contact(contact_id)
    for number, contact_id in zip(range(updates), itertools.cycle(expected), strict=False):
        attributes = {"last": str(number), f"key{number // contacts % 7}": str(number)}
        expected[contact_id].update(attributes)
        update = checked_update(
            OPERATION,
            {"InstanceId": INSTANCE.id, "InitialContactId": contact_id, "Attributes": attributes},
            INSTANCE,
        )
        body = write_message(update, update_id=str(number), request_id=None)
        add = functools.partial(queue.send, body, message_group_id(contact_id), str(number))
        simulation.after(number / ARRIVALS_PER_SECOND, add)

    # Discard the handler's log lines.
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere), network.in_place():
        simulation.run()

    found = connect.attributes(list(expected))
    return Figures(
        calls=len(connect.call_times),
        throttled=connect.throttled,
        drained_seconds=queue.emptied_at,
        most_calls_in_window=most_in_window(connect.call_times, WINDOW_SECONDS),
        wrong_contacts=sum(map(dict.__ne__, found, expected.values())),
        dead_letters=len(dead_letter_queue),
        left_in_queue=len(queue),
    )


def most_in_window(times: Sequence[float], seconds: int) -> int:
    """The largest number of the sorted times in a window of this length, which includes its start but not its end."""
    # In whole microseconds, so that rounding errors do not decide.
    microseconds = [round(time * 1_000_000) for time in times]
    first, most = 0, 0
    for position, now in enumerate(microseconds):
        while now - microseconds[first] >= seconds * 1_000_000:
            first += 1
        most = max(most, position + 1 - first)
    return most
