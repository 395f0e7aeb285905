"""One step of the consumer: one call that applies one or more messages, in the time that its invocation has left."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from contact_updates.aws_session import REQUEST_SECONDS
from contact_updates.connect_target import ConnectTarget
from contact_updates.consumer.received import Received
from contact_updates.consumer.visibility import backoff_seconds, next_call_at
from contact_updates.outcome import Applied, Trace, UpdateError
from contact_updates.settings import ConsumerSettings
from contact_updates.update import Update
from contact_updates.update_message import Rejection

NOT_FOUND = "ResourceNotFoundException"

# Amazon Connect also returns these for some minutes until a change has propagated (Amazon Connect API Reference,
# "Amazon Connect eventual consistency"). They are final only once the update is old enough.
_MAY_BE_TOO_EARLY = frozenset({"InvalidRequestException", NOT_FOUND})

# Errors that no retry changes. Everything else may pass, and waits: throttles, faults, denied access, expired
# credentials, conflicts, unknown errors.
_PERMANENT = _MAY_BE_TOO_EARLY | {"InvalidParameterException"}

# The queue deletes messages after 14 days.
_EXPIRY_SECONDS = 12 * 24 * 3600
_EXPIRED = Rejection(
    type="Expired",
    reason="It could not be applied within 12 days.",
    public_reason="It could not be applied within 12 days.",
)

# How often a message goes back without a delay because the execution had no time for it.
_FREE_HAND_BACKS = 3


# Reserved for the function's answer.
_ANSWER_SECONDS = 0.5

_T = TypeVar("_T")


class Invocation:
    """The time left in one invocation, and what it has learned so far."""

    def __init__(self, context: Any) -> None:
        """`context` is Lambda's."""
        self._context = context
        # Details of the events to publish at the end.
        self.rejections: list[dict[str, Any]] = []
        # False once a request to the dead-letter queue got no answer.
        self.dead_letter_queue_answers = True

    def remaining_seconds(self) -> float:
        seconds: float = self._context.get_remaining_time_in_millis() / 1000
        return seconds

    def has_time_for(self, *, seconds: float = 0, requests: int) -> bool:
        """Whether a call of up to `seconds`, then `requests` to SQS or EventBridge, and the answer fit in."""
        return self.remaining_seconds() >= seconds + requests * REQUEST_SECONDS + _ANSWER_SECONDS

    def request(self, request: Callable[[], _T], *, and_then: int) -> _T:
        """Make a request to SQS or EventBridge, and retry once, as perhaps only the response was lost.

        The retry must leave time for `and_then` more requests. Raises what `request` raises.
        """
        try:
            return request()
        except Exception:
            if not self.has_time_for(requests=1 + and_then):
                raise
            return request()


class Rejected(NamedTuple):
    """The update will never be applied."""

    rejection: Rejection
    trace: Trace


class Wait(NamedTuple):
    """The messages of the step, and those behind them in their group, go back to the queue."""

    # How long until they can be received again.
    seconds: int
    trace: Trace
    outcome: str = "HeldUp"
    # The log line's fields about an unexpected fault.
    fault: Mapping[str, str] = {}
    # Metrics that are not the trace's.
    metrics: Mapping[str, int] = {}


def no_time_left(failures: int, trace: Trace) -> Wait:
    """Leave the messages to the next invocation."""
    # If all calls hang, batch after batch has no time for them, and each receive counts.
    return Wait(0 if failures <= _FREE_HAND_BACKS else backoff_seconds(failures), trace, "HandedBack")


class UpdateStep:
    """Applies the update of a step in Amazon Connect, or says why not."""

    def __init__(
        self, settings: ConsumerSettings, connect: ConnectTarget, *, clock: Callable[[], float] = time.time
    ) -> None:
        """`clock` returns seconds since 1970."""
        self._operations = settings.operations
        self._connect = connect
        self._clock = clock

    def age(self, message: Received) -> float:
        """How long ago the queue received it, in seconds. A producer's `acceptedAt` does not count."""
        return self._clock() - message.sent_at

    def __call__(
        self, messages: list[Received], update: Update | None, failures: int, invocation: Invocation
    ) -> Applied | Rejected | Wait:
        """Apply `update`, which stands for all `messages`. It is None if the first message has none.

        `failures` is how often they have failed, including this time.
        """
        first = messages[0]
        age = self.age(first)
        if update is None:
            assert first.rejection
            return Rejected(first.rejection, Trace())
        if self._operations is not None and update.operation.name not in self._operations:
            return Rejected(_unsupported(self._operations), Trace())
        if age > _EXPIRY_SECONDS:
            return Rejected(_EXPIRED, Trace())
        # Afterwards, events may have to be published, and the visibility timeout to be set.
        requests = 2 if invocation.rejections else 1
        if not invocation.has_time_for(seconds=self._connect.seconds_per_update, requests=requests):
            return no_time_left(failures, Trace())
        try:
            return self._connect.apply(update, invocation.remaining_seconds)
        except UpdateError as error:
            kind = error.error_type
            call_at = next_call_at(age) if kind in _MAY_BE_TOO_EARLY else None
            # An invalid request may be due to a later one of several updates, which must not hold up the others.
            if call_at is not None and (kind == NOT_FOUND or len(messages) == 1):
                # One second more, in case clocks differ a little.
                seconds = max(0, int(first.sent_at + call_at - self._clock())) + 1
                return Wait(seconds, error.trace)
            if kind in _PERMANENT:
                reason = error.upstream_message or error.message
                return Rejected(Rejection(kind, reason, error.public_message), error.trace)
            return Wait(backoff_seconds(failures), error.trace, fault=error.trace.fault())


def _unsupported(applied: frozenset[str]) -> Rejection:
    reason = f"operation: expected one that this queue applies, {' or '.join(sorted(applied))}"
    return Rejection(type="UnsupportedOperation", reason=reason, public_reason=reason)
