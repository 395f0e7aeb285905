"""Faults that a test orders from the in-memory Amazon Connect."""

from __future__ import annotations

from dataclasses import dataclass

from connect_constructs.contract.service_model import service_model


@dataclass(frozen=True)
class ErrorAnswer:
    """An error instead of the verdict. Without a type, the answer is the bare status with an empty body."""

    status: int
    error_type: str | None = None
    message: str = "ordered by a test"


@dataclass(frozen=True)
class Hang:
    """The verdict comes late. The call takes effect all the same, as one does that the caller gave up on."""

    seconds: float


@dataclass(frozen=True)
class Reset:
    """The connection is reset without an answer, and without effect."""


@dataclass(frozen=True)
class Garbage:
    """A status of 200 with a body that is not JSON, and without effect."""


Fault = ErrorAnswer | Hang | Reset | Garbage

BARE_THROTTLE = ErrorAnswer(429)
# Not in the operations' models, but seen.
TOO_MANY_REQUESTS = ErrorAnswer(429, "TooManyRequestsException")


def documented_error(error_type: str) -> ErrorAnswer:
    """One of the contract's error types, with the status that the contract states. Raises KeyError for another."""
    return ErrorAnswer(service_model()["shapes"][error_type]["error"]["httpStatusCode"], error_type)
