"""The model of AWS Lambda's event source for a queue: batches → executions → what is deleted.

From the AWS Lambda Developer Guide, "Using Lambda with Amazon SQS" (FIFO queues, maximum concurrency, partial batch
responses): a batch of a FIFO queue has at most 10 messages; the maximum concurrency limits how many batches are
processed at a time; after the function's response, all messages are deleted that it does not report as failed; if it
fails, or the response is invalid, nothing is deleted, and the messages come back when their visibility timeout ends.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.attack.virtual_time import KilledError, Simulation
from tests.sqs_fifo import MAX_BATCH, FifoQueue, Message

Handler = Callable[[dict[str, Any], Any], dict[str, list[dict[str, str]]]]


class Context:
    """The part of Lambda's context that the handler uses."""

    aws_request_id = "11111111-2222-3333-4444-555555555555"

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self._ends_at = clock() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._ends_at - self._clock()) * 1000)


@dataclass(frozen=True, kw_only=True)
class Weather:
    """The faults of Lambda and of its calls to SQS: shares of the batches or messages, and maximums in seconds."""

    # Between receiving a batch and invoking the function. Until the visibility timeout ends, Lambda retries to invoke a
    # throttled function (Developer Guide, "Using Lambda with Amazon SQS", on reserved concurrency).
    late_seconds: float = 0.0
    late: float = 0.0
    # The function's response is lost, or the whole execution fails after it.
    lost_answers: float = 0.0
    # Deletes that SQS confirms and loses.
    lost_deletes: float = 0.0
    # The environment ends after its batch, and the next batch gets a new one.
    recycled: float = 0.0


class EventSource:
    """Receives batches from a queue, and has execution environments process them."""

    def __init__(
        self,
        simulation: Simulation,
        queue: FifoQueue,
        new_environment: Callable[[], Handler],
        *,
        maximum_concurrency: int = 2,
        function_seconds: float = 45.0,
        weather: Weather | None = None,
        rng: random.Random | None = None,
    ) -> None:
        """Start polling.

        :param new_environment: Creates an execution environment, and returns its handler.
        :param function_seconds: The function's timeout.
        """
        # Called with each message before it is deleted.
        self.on_delete: Callable[[Message], None] = lambda _: None
        # The exceptions that reached Lambda.
        self.crashes: list[Exception] = []
        self.killed = 0
        self._simulation = simulation
        self._queue = queue
        self._new_environment = new_environment
        self._free = maximum_concurrency
        self._function_seconds = function_seconds
        self._weather = weather or Weather()
        self._rng = rng or random.Random(0)  # noqa: S311 - a run is to be repeatable
        self._idle: list[Handler] = []
        queue.on_receivable = lambda when: simulation.at(when, self._poll)

    def _poll(self) -> None:
        while self._free and (messages := self._queue.receive(MAX_BATCH)):
            self._free -= 1
            records = [self._queue.record(message) for message in messages]
            self._simulation.start(functools.partial(self._work, messages, records))

    def _work(self, messages: list[Message], records: list[dict[str, Any]]) -> None:
        try:
            if self._rng.random() < self._weather.late:
                self._simulation.sleep(self._rng.uniform(0, self._weather.late_seconds))
            self._invoke(messages, records)
        finally:
            self._free += 1
            self._simulation.after(0, self._poll)

    def _invoke(self, messages: list[Message], records: list[dict[str, Any]]) -> None:
        environment = self._idle.pop() if self._idle else self._new_environment()
        execution = self._simulation.running
        assert execution is not None
        working = True

        def time_out() -> None:
            if working:
                self._simulation.kill(execution)

        self._simulation.after(self._function_seconds, time_out)
        try:
            answer = environment({"Records": records}, Context(self._simulation.clock, self._function_seconds))
        except KilledError:
            self.killed += 1
            return
        except Exception as error:
            self.crashes.append(error)
            return
        finally:
            working = False
        if self._rng.random() >= self._weather.recycled:
            self._idle.append(environment)
        if self._rng.random() >= self._weather.lost_answers:
            self._settle(messages, records, answer)

    def _settle(self, messages: list[Message], records: list[dict[str, Any]], answer: dict[str, Any]) -> None:
        failed = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
        # For Lambda, a response with an unknown id is a failure of the whole batch.
        if not set(failed) <= {message.id for message in messages}:
            self.crashes.append(ValueError("batchItemFailures names a message that is not in the batch"))
            return
        for message, record in zip(messages, records, strict=True):
            if message.id not in failed:
                self.on_delete(message)
                if self._rng.random() >= self._weather.lost_deletes:
                    self._queue.delete(record["receiptHandle"])
