"""Applies batches of the queue's messages in Amazon Connect.

A message is acknowledged once Amazon Connect has applied it or the dead-letter queue has it. Until then it goes back to
the queue, and holds up the later updates of its contact.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from contact_updates import log_line
from contact_updates.aws_session import is_access_denied
from contact_updates.connect_target import ConnectTarget
from contact_updates.consumer.received import Received, groups_of, merged_beginning
from contact_updates.consumer.rejections import MAX_REASON_LENGTH, DeadLetterQueue, RejectionEvents
from contact_updates.consumer.settled import Settled
from contact_updates.consumer.step import NOT_FOUND, Invocation, Rejected, UpdateStep, Wait, no_time_left
from contact_updates.consumer.visibility import Visibility, backoff_seconds, next_call_at, resend_seconds
from contact_updates.outcome import Applied, Trace
from contact_updates.settings import ConsumerSettings
from contact_updates.update import Update
from contact_updates.update_message import Rejection

Waiting = list[tuple[Received, int]]

_NO_TIME_LEFT = {"fault": "NoTimeLeft"}

_NO_METRICS: Mapping[str, int] = {}
# Metrics of their own for outcomes, so that an alarm need not add up operations.
_METRICS = {"HeldUp": "HeldUpAttempts", "Rejected": "DeadLetters"}


class Consumer:
    """Processes one batch at a time."""

    def __init__(
        self,
        settings: ConsumerSettings,
        *,
        connect: ConnectTarget,
        dead_letters: DeadLetterQueue,
        visibility: Visibility,
        events: RejectionEvents | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock` returns seconds since 1970."""
        self._settings = settings
        self._update = UpdateStep(settings, connect, clock=clock)
        self._dead_letters = dead_letters
        self._visibility = visibility
        self._events = events
        self._settled = Settled()
        # The trace whose calls the last line has counted.
        self._counted = Trace()

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
        """Process a batch. Returns Lambda's partial batch response: the messages that go back to the queue."""
        log_line.own_trace_header()  # A malformed one goes no further.
        invocation = Invocation(context)
        waiting: Waiting = []
        for group in groups_of(event["Records"], self._settings.instance):
            waiting += self._process(self._unsettled(group), invocation)
        if invocation.rejections:
            self._publish(invocation)
        if waiting:
            self._set_visibility(waiting, invocation)
        return {"batchItemFailures": [{"itemIdentifier": message.id} for message, _ in waiting]}

    def _unsettled(self, group: list[Received]) -> list[Received]:
        """Drop the messages that were settled before: an older value must not replace a newer one."""
        for message in group:
            if message in self._settled:
                self._log(message, "Repeated", Trace())
        return [message for message in group if message not in self._settled]

    def _process(self, group: list[Received], invocation: Invocation) -> Waiting:
        """Process a group's messages in order. Returns those that go back, with the seconds that they wait."""
        pending, alone, unlogged = group, 0, Trace()
        failures = group[0].receive_count if group else 0
        while pending:
            merge = self._settings.merge_updates and not alone
            count, update = merged_beginning(pending if merge else pending[:1])
            step = pending[:count]
            result = self._attempt(step, update, failures, invocation)
            result = result._replace(trace=result.trace.after(unlogged))
            unlogged = Trace()
            match result:
                case Wait() as wait:
                    return self._go_back(pending, wait)
                case Rejected(rejection, trace) if count > 1 and rejection.type != NOT_FOUND:
                    # One of them is invalid, and only Amazon Connect can tell which: apply each on its own.
                    alone, unlogged = count, trace
                    continue
                case Rejected(rejection, trace):
                    if rejection.type == NOT_FOUND:
                        # The contact is missing, so that all of them fail. The younger ones still have time.
                        step = [message for message in step if next_call_at(self._update.age(message)) is None]
                    for message in step or pending[:1]:
                        if not_kept := self._reject(message, rejection, trace, failures, invocation):
                            return self._go_back(pending, not_kept)
                        self._settle(message, "Rejected", trace, count)
                        # The messages behind a settled one were received as often, but have not failed yet.
                        pending, failures = pending[1:], 1
                case Applied(trace):
                    for position, message in enumerate(step):
                        self._settle(
                            message, "Updated", trace, count, {"MergedUpdates": 1} if position else _NO_METRICS
                        )
                    pending, failures = pending[count:], 1
            alone = max(0, alone - 1)
        return []

    def _attempt(
        self, step: list[Received], update: Update | None, failures: int, invocation: Invocation
    ) -> Applied | Rejected | Wait:
        try:
            return self._update(step, update, failures, invocation)
        except Exception as error:  # It must not hold up other contacts.
            return Wait(backoff_seconds(failures), Trace(), fault=log_line.fault(error))

    def _settle(
        self, message: Received, outcome: str, trace: Trace, merged: int, metrics: Mapping[str, int] = _NO_METRICS
    ) -> None:
        self._settled.add(message)
        self._log(message, outcome, trace, metrics, merged=merged)

    def _reject(
        self, message: Received, rejection: Rejection, trace: Trace, failures: int, invocation: Invocation
    ) -> Wait | None:
        """Send the message to the dead-letter queue. Its event follows at the end of the batch.

        Returns None if the message is there, otherwise how long it waits.
        """
        # A dead-letter queue that hangs would take up the time of all other messages.
        if not invocation.dead_letter_queue_answers:
            return Wait(resend_seconds(failures), trace, fault={"fault": "DeadLetterQueueDown"})
        and_then = 2 if self._events else 1
        if not invocation.has_time_for(requests=1 + and_then):
            return no_time_left(failures, trace)
        try:
            dead_letter_id = invocation.request(lambda: self._dead_letters.send(message, rejection), and_then=and_then)
        except Exception as error:
            invocation.dead_letter_queue_answers = isinstance(error, ClientError)
            is_denied = isinstance(error, ClientError) and is_access_denied(error.response)
            metrics = {"AccessDenied": 1} if is_denied else _NO_METRICS
            return Wait(resend_seconds(failures), trace, fault=log_line.fault(error), metrics=metrics)
        if self._events:
            invocation.rejections.append(
                {
                    **_identification(message),
                    "type": rejection.type,
                    "reason": rejection.public_reason[:MAX_REASON_LENGTH],
                    "deadLetterMessageId": dead_letter_id,
                }
            )
        return None

    def _publish(self, invocation: Invocation) -> None:
        assert self._events
        events, rejections = self._events, invocation.rejections
        taken, fault = [False] * len(rejections), _NO_TIME_LEFT
        if invocation.has_time_for(requests=2):
            try:
                taken, fault = invocation.request(lambda: events.publish(rejections), and_then=1), {}
            except Exception as error:  # The dead letters are safe, and waiting for the bus would hold up contacts.
                fault = log_line.fault(error)
        for rejection, is_taken in zip(rejections, taken, strict=True):
            if not is_taken:
                what = {name: rejection[name] for name in ("updateId", "requestId", "operation", "contactId")}
                log_line.write({**what, "outcome": "NotPublished", **fault})

    def _go_back(self, pending: list[Received], wait: Wait) -> Waiting:
        metrics = wait.metrics
        for message in pending:
            self._log(message, wait.outcome, wait.trace, metrics, waitSeconds=wait.seconds, **wait.fault)
            metrics = _NO_METRICS
        return [(message, wait.seconds) for message in pending]

    def _set_visibility(self, waiting: Waiting, invocation: Invocation) -> None:
        # If this fails, the messages come back when the queue's own visibility timeout ends.
        what: dict[str, Any] = _NO_TIME_LEFT
        if invocation.has_time_for(requests=1):
            try:
                failed = invocation.request(lambda: self._visibility.set(waiting), and_then=0)
                what = {"messages": failed} if failed else {}
            except Exception as error:
                what = log_line.fault(error)
        if what:
            log_line.write({"outcome": "VisibilityNotSet", **what})

    def _log(
        self, message: Received, outcome: str, trace: Trace, metrics: Mapping[str, int] = _NO_METRICS, **more: Any
    ) -> None:
        # Several messages can have one call, which is counted in the first of their lines.
        calls = {} if trace is self._counted else trace.metrics()
        self._counted = trace
        of_outcome = {_METRICS[outcome]: 1} if outcome in _METRICS else {}
        log_line.write_update(
            {
                **_identification(message),
                **log_line.trace_id(message.trace_header),
                "outcome": outcome,
                **trace.fields(),
                "receiveCount": message.receive_count,
                **more,
            },
            {**calls, **of_outcome, **metrics},
        )


def _identification(message: Received) -> dict[str, Any]:
    """What the message is about, without values."""
    return {
        "updateId": message.update_id,
        "requestId": message.request_id,
        "operation": message.update.operation.name if message.update else None,
        "contactId": log_line.contact_id(message.update.contact_id) if message.update else None,
    }
