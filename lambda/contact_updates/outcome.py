"""What comes of an update: Applied, Accepted, or an UpdateError in the form in which a caller gets it."""

from __future__ import annotations

from typing import Any, NamedTuple

from contact_updates import log_line
from contact_updates.contract import error_status

# Types that Amazon Connect's model of the two operations does not have, and their statuses.
_OTHER_STATUSES = {
    "RequestEntityTooLargeException": 413,
    "UnknownOperationException": 404,
    "UnsupportedMediaTypeException": 415,
}


class Trace(NamedTuple):
    """What the log line says about the calls that one update took."""

    attempts: int = 0
    upstream_request_id: str | None = None
    # The last attempt's error type, or the name of the exception.
    upstream_error: str | None = None
    # Only the queue sets it, before it sends: an update can be in the queue although the confirmation was lost.
    update_id: str | None = None
    # The exception that nobody foresaw, if that is why it failed.
    unexpected: Exception | None = None

    def fields(self) -> dict[str, Any]:
        """What the log lines of the endpoint and of the consumer have in common."""
        return {
            "upstreamRequestId": self.upstream_request_id,
            "upstreamError": self.upstream_error,
            "attempts": self.attempts,
        }

    def fault(self) -> dict[str, str]:
        """What the log line says of an unexpected exception; nothing without one."""
        return log_line.fault(self.unexpected) if self.unexpected else {}


_NO_CALLS = Trace()


class Applied(NamedTuple):
    """Amazon Connect has made the update."""

    trace: Trace
    outcome: str = "Updated"
    status: int = 200


class Accepted(NamedTuple):
    """The queue has the update. `trace.update_id` identifies it there."""

    trace: Trace
    outcome: str = "Accepted"
    status: int = 202


class UpdateError(Exception):
    """An update that was not made, in the form in which the caller is told.

    `message` is for the caller alone: Amazon Connect's own text where there is one, which may repeat the caller's
    values. `public_message` is for what is stored or published: a text of ours, without any value or account detail.
    Default: `message`. `upstream_message` is Amazon Connect's text, for the dead letter.

    `trace` is for the log line: the calls that were made before.
    """

    def __init__(
        self,
        error_type: str,
        message: str,
        *,
        public_message: str | None = None,
        upstream_message: str | None = None,
        trace: Trace = _NO_CALLS,
    ) -> None:
        super().__init__(error_type)
        self.error_type = self.outcome = error_type
        self.message = message
        self.public_message = public_message or message
        self.upstream_message = upstream_message
        self.trace = trace
        self.status = _OTHER_STATUSES.get(error_type) or error_status(error_type)


def internal_error(trace: Trace) -> UpdateError:
    """What a caller is told of a fault that is not the caller's: it may be worth trying again."""
    return UpdateError(
        "InternalServiceException",
        "The update could not be made because of a fault in this service.",
        trace=trace,
    )


def not_found() -> UpdateError:
    """The instance or the contact does not exist as far as this endpoint is concerned."""
    return UpdateError("ResourceNotFoundException", "The instance or the contact was not found.")
