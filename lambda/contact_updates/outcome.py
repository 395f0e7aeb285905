"""The outcome of an update: Applied, Accepted, or an UpdateError as the caller gets it."""

from __future__ import annotations

from typing import Any, NamedTuple

from contact_updates import log_line
from contact_updates.contract import error_status

# Error types that are not in Amazon Connect's model of the two operations, and their statuses.
_OTHER_STATUSES = {
    "RequestEntityTooLargeException": 413,
    "UnknownOperationException": 404,
    "UnsupportedMediaTypeException": 415,
}


class Trace(NamedTuple):
    """The calls that one update took, for the log line and its metrics."""

    attempts: int = 0
    upstream_request_id: str | None = None
    # The error type of the last attempt, or the name of its exception.
    upstream_error: str | None = None
    # Only for the queue. It is known before the update is sent, which may be in the queue although an error came back.
    update_id: str | None = None
    # Set if an unexpected exception is why it failed.
    unexpected: Exception | None = None
    # How long each call to Amazon Connect took, in milliseconds.
    latencies: tuple[float, ...] = ()
    # Whether that is why the last attempt failed.
    throttled: bool = False
    access_denied: bool = False

    def after(self, earlier: Trace) -> Trace:
        """This trace with the calls of an earlier one that no line has counted."""
        return self._replace(latencies=earlier.latencies + self.latencies) if earlier.latencies else self

    def fields(self) -> dict[str, Any]:
        """The fields that the log lines of the endpoint and of the consumer have in common."""
        return {
            "upstreamRequestId": self.upstream_request_id,
            "upstreamError": self.upstream_error,
            "attempts": self.attempts,
        }

    def metrics(self) -> dict[str, Any]:
        """The log line's metrics of the calls."""
        return {
            **({"ConnectLatency": self.latencies} if self.latencies else {}),
            **({"Throttles": 1} if self.throttled else {}),
            **({"AccessDenied": 1} if self.access_denied else {}),
        }

    def fault(self) -> dict[str, str]:
        """The log line's fields about the unexpected exception; empty without one."""
        return log_line.fault(self.unexpected) if self.unexpected else {}


NO_CALLS = Trace()


class Applied(NamedTuple):
    """Amazon Connect has applied the update."""

    trace: Trace
    outcome: str = "Updated"
    status: int = 200


class Accepted(NamedTuple):
    """The queue has the update, under `trace.update_id`."""

    trace: Trace
    outcome: str = "Accepted"
    status: int = 202


class UpdateError(Exception):
    """An update was not applied. The error type, message and status are what the caller gets.

    `message` is only for the caller: Amazon Connect's own text if there is one, which may repeat the caller's values.
    `public_message` can be stored and published: our own text, without values or account details. Default: `message`.
    `upstream_message` is Amazon Connect's text, for the dead letter. `trace` has the calls that were made.
    """

    def __init__(
        self,
        error_type: str,
        message: str,
        *,
        public_message: str | None = None,
        upstream_message: str | None = None,
        trace: Trace = NO_CALLS,
    ) -> None:
        super().__init__(error_type)
        self.error_type = self.outcome = error_type
        self.message = message
        self.public_message = public_message or message
        self.upstream_message = upstream_message
        self.trace = trace
        self.status = _OTHER_STATUSES.get(error_type) or error_status(error_type)


def internal_error(trace: Trace) -> UpdateError:
    """A fault that is not the caller's. A retry may succeed."""
    return UpdateError(
        "InternalServiceException",
        "The update could not be made because of a fault in this service.",
        trace=trace,
    )


def not_found() -> UpdateError:
    """The instance or the contact does not exist for this endpoint."""
    return UpdateError("ResourceNotFoundException", "The instance or the contact was not found.")
