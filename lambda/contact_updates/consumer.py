"""Applies the queue's updates in Amazon Connect: a batch of messages → calls, dead letters, and what goes back.

Nothing is acknowledged before Amazon Connect has taken it or the dead-letter queue holds it. What is not acknowledged
goes back to the queue, and holds up the later updates of its contact.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from contact_updates import log_line
from contact_updates.aws_session import REQUEST_SECONDS
from contact_updates.connect_client import ConnectClient, Trace
from contact_updates.dead_letters import DeadLetterQueue
from contact_updates.errors import UpdateError
from contact_updates.received import Received, groups_of, merged_beginning
from contact_updates.rejection_events import MAX_REASON_LENGTH, RejectionEvents
from contact_updates.settings import ConsumerSettings
from contact_updates.settled import Settled
from contact_updates.update import Update
from contact_updates.update_message import Rejection
from contact_updates.visibility import Visibility, backoff_seconds, next_call_at, resend_seconds

_NOT_FOUND = "ResourceNotFoundException"

# What Amazon Connect also answers for some minutes after a change that it does not know everywhere yet (Amazon Connect
# API Reference, "Amazon Connect eventual consistency"). It is taken for final only when the update is old enough.
_MAY_BE_TOO_EARLY = frozenset({"InvalidRequestException", _NOT_FOUND})

# What trying again does not change then. Everything else may pass, and so waits: throttles, faults, denied access,
# expired credentials, conflicts, and what nobody has seen yet.
_PERMANENT = _MAY_BE_TOO_EARLY | {"InvalidParameterException"}

# The queue forgets after 14 days.
_EXPIRY_SECONDS = 12 * 24 * 3600
_EXPIRED = Rejection(
    type="Expired",
    reason="It could not be applied within 12 days.",
    public_reason="It could not be applied within 12 days.",
)

# Left of the function's time for its answer.
_ANSWER_SECONDS = 0.5

# How often messages that an execution had no time for are received again at once.
_FREE_HAND_BACKS = 3

Waiting = list[tuple[Received, int]]
_T = TypeVar("_T")


class _HeldUpError(Exception):
    """The group's messages have to wait, for reasons that stand in the trace."""


class _TooEarlyError(Exception):
    """Amazon Connect may not know the contact yet: the group's messages have to wait until `until`."""

    def __init__(self, until: float) -> None:
        super().__init__(until)
        self.until = until


class _NotKeptError(Exception):
    """The dead-letter queue has not confirmed the message: the group's messages have to wait."""


class _NoTimeLeftError(Exception):
    """The group's messages are for the next invocation."""


class _Batch:
    """One invocation: its time, and what it has found out on the way."""

    def __init__(self, context: Any) -> None:
        """`context` is Lambda's."""
        self._context = context
        # The details of the events that are still to be published.
        self.rejections: list[dict[str, Any]] = []
        # Whether the dead-letter queue has answered as far as it was asked.
        self.dead_letter_queue_answers = True

    def remaining_seconds(self) -> float:
        seconds: float = self._context.get_remaining_time_in_millis() / 1000
        return seconds

    def has_time_for(self, *, seconds: float = 0, requests: int) -> bool:
        """Whether a call of so many seconds, and then so many requests of SQS or EventBridge, fit into its time."""
        return self.remaining_seconds() >= seconds + requests * REQUEST_SECONDS + _ANSWER_SECONDS

    def request(self, request: Callable[[], _T], *, and_then: int) -> _T:
        """What `request` returns, to SQS or EventBridge; it is made again if it fails, as its answer may be lost.

        So many other requests have to fit in after it. Raises _NoTimeLeftError, or what the request raises.
        """
        if not self.has_time_for(requests=1 + and_then):
            raise _NoTimeLeftError
        try:
            return request()
        except Exception:
            if not self.has_time_for(requests=1 + and_then):
                raise
            return request()


class Consumer:
    """Takes one batch of the queue's messages at a time."""

    def __init__(
        self,
        settings: ConsumerSettings,
        *,
        connect: ConnectClient,
        dead_letters: DeadLetterQueue,
        visibility: Visibility,
        events: RejectionEvents | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock` tells the seconds since 1970."""
        self._settings = settings
        self._connect = connect
        self._dead_letters = dead_letters
        self._visibility = visibility
        self._events = events
        self._clock = clock
        self._settled = Settled()

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
        """Lambda's partial batch response: the messages that go back to the queue."""
        batch = _Batch(context)
        waiting: Waiting = []
        for group in groups_of(event["Records"], self._settings.instance):
            waiting += self._work_off(self._unsettled(group), batch)
        if batch.rejections:
            self._publish(batch)
        if waiting:
            self._set_visibility(waiting, batch)
        return {"batchItemFailures": [{"itemIdentifier": message.id} for message, _ in waiting]}

    def _unsettled(self, group: list[Received]) -> list[Received]:
        """Without the messages that came back although they were settled: an older value must not replace a newer."""
        for message in group:
            if message in self._settled:
                _log(message, "Repeated", Trace())
        return [message for message in group if message not in self._settled]

    def _work_off(self, group: list[Received], batch: _Batch) -> Waiting:
        """Apply a group's messages in their order; those that go back, with the seconds that they wait."""
        pending, alone = group, 0
        while pending:
            merge = self._settings.merge_updates and not alone
            count, update = merged_beginning(pending if merge else pending[:1])
            step, trace = pending[:count], Trace()
            try:
                rejection = self._rejection(step, update, batch, trace)
                if rejection and rejection.type == _NOT_FOUND:
                    # There is no culprit: it is so of the contact. The younger ones have time left.
                    step = [message for message in step if next_call_at(self._age(message)) is None] or step[:1]
                elif rejection and count > 1:
                    # One of them is the culprit, and only Amazon Connect can tell which.
                    alone = count
                    continue
                for message in step:
                    if rejection:
                        self._reject(message, rejection, batch)
                    self._settled.add(message)
                    _log(message, "Rejected" if rejection else "Updated", trace, merged=count)
                    pending = pending[1:]
            except Exception as error:
                # What came before was received as often: after it, this is a first failure.
                failures = pending[0].receive_count if pending is group else 1
                return self._go_back(pending, failures, error, trace)
            alone = max(0, alone - 1)
        return []

    def _age(self, message: Received) -> float:
        """In seconds, by the queue's own time of arrival: what a producer says in `acceptedAt` does not count."""
        return self._clock() - message.sent_at

    def _rejection(self, step: list[Received], update: Update | None, batch: _Batch, trace: Trace) -> Rejection | None:
        """Make the update; why it will never be made, if so. Raises what stands for now in its way."""
        first = step[0]
        age = self._age(first)
        if update is None:
            return first.rejection
        applied = self._settings.operations
        if applied is not None and update.operation.name not in applied:
            return _unsupported(applied)
        if age > _EXPIRY_SECONDS:
            return _EXPIRED
        # Afterwards come the events of what was rejected before, and what goes back.
        requests = 2 if batch.rejections else 1
        if not batch.has_time_for(seconds=self._connect.seconds_per_update, requests=requests):
            raise _NoTimeLeftError
        try:
            self._connect.update(update, remaining_seconds=batch.remaining_seconds, trace=trace)
        except UpdateError as error:
            kind = error.error_type
            call_at = next_call_at(age) if kind in _MAY_BE_TOO_EARLY else None
            # An invalid request of several updates may be that of a later one, which must not hold up the others.
            if call_at is not None and (kind == _NOT_FOUND or len(step) == 1):
                raise _TooEarlyError(first.sent_at + call_at) from error
            if kind in _PERMANENT:
                reason = error.upstream_message or error.message
                return Rejection(type=kind, reason=reason, public_reason=error.public_message)
            raise _HeldUpError from error
        return None

    def _reject(self, message: Received, rejection: Rejection, batch: _Batch) -> None:
        """Send the message to the dead-letter queue; its event follows at the end of the batch."""
        # Where it hangs, it would take each message's time, and that of the contacts behind them.
        if not batch.dead_letter_queue_answers:
            raise _NotKeptError
        try:
            dead_letter_id = batch.request(
                lambda: self._dead_letters.send(message, rejection), and_then=2 if self._events else 1
            )
        except _NoTimeLeftError:
            raise
        except Exception as error:
            batch.dead_letter_queue_answers = isinstance(error, ClientError)
            raise _NotKeptError from error
        if self._events:
            batch.rejections.append(
                {
                    **_identification(message),
                    "type": rejection.type,
                    "reason": rejection.public_reason[:MAX_REASON_LENGTH],
                    "deadLetterMessageId": dead_letter_id,
                }
            )

    def _publish(self, batch: _Batch) -> None:
        assert self._events
        events, rejections, fault = self._events, batch.rejections, {}
        try:
            taken = batch.request(lambda: events.publish(rejections), and_then=1)
        except Exception as error:  # The dead letters are safe. Waiting for the event bus would hold up the contacts.
            taken, fault = [False] * len(rejections), log_line.fault(error)
        for rejection, is_taken in zip(rejections, taken, strict=True):
            if not is_taken:
                what = {name: rejection[name] for name in ("updateId", "requestId", "operation", "contactId")}
                log_line.write({**what, "outcome": "NotAnnounced", **fault})

    def _go_back(self, pending: list[Received], failures: int, error: Exception, trace: Trace) -> Waiting:
        outcome, seconds, fault = "HeldUp", backoff_seconds(failures), {}
        if isinstance(error, _NoTimeLeftError):
            outcome = "HandedBack"
            # Where all calls hang, batch after batch has no time for it, and each receive counts.
            seconds = 0 if failures <= _FREE_HAND_BACKS else seconds
        elif isinstance(error, _TooEarlyError):
            # One more, so that clocks which differ a little do not make it a call too early.
            seconds = max(0, int(error.until - self._clock())) + 1
        elif isinstance(error, _NotKeptError):
            seconds = resend_seconds(failures)
            cause = error.__cause__
            fault = log_line.fault(cause if isinstance(cause, Exception) else error)
        elif not isinstance(error, _HeldUpError):
            fault = log_line.fault(error)
        for message in pending:
            _log(message, outcome, trace, waitSeconds=seconds, **fault)
        return [(message, seconds) for message in pending]

    def _set_visibility(self, waiting: Waiting, batch: _Batch) -> None:
        # Those that could not be told come back when the queue's own visibility timeout ends.
        try:
            failed = batch.request(lambda: self._visibility.set(waiting), and_then=0)
        except Exception as error:
            log_line.write({"outcome": "VisibilityNotSet", **log_line.fault(error)})
        else:
            if failed:
                log_line.write({"outcome": "VisibilityNotSet", "messages": failed})


def _unsupported(applied: frozenset[str]) -> Rejection:
    reason = f"operation: expected one that the queue applies, {' or '.join(sorted(applied))}"
    return Rejection(type="UnsupportedOperation", reason=reason, public_reason=reason)


def _identification(message: Received) -> dict[str, Any]:
    """What a message is about, without any value."""
    return {
        "updateId": message.update_id,
        "requestId": message.request_id,
        "operation": message.update.operation.name if message.update else None,
        "contactId": log_line.contact_id(message.update.contact_id) if message.update else None,
    }


def _log(message: Received, outcome: str, trace: Trace, **more: Any) -> None:
    log_line.write(
        {
            **_identification(message),
            "outcome": outcome,
            "upstreamRequestId": trace.upstream_request_id,
            "upstreamError": trace.upstream_error,
            "attempts": trace.attempts,
            "receiveCount": message.receive_count,
            **more,
        }
    )
