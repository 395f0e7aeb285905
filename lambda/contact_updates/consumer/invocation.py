"""One invocation of the consumer, and the time that it has left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from contact_updates.aws_session import REQUEST_SECONDS

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
