"""Faults that a test can inject into the in-memory Amazon Connect."""

from __future__ import annotations

from dataclasses import dataclass

from connect_constructs.contract.service_model import service_model


@dataclass(frozen=True)
class ErrorAnswer:
    """An error response instead of the real one. Without a type, it is only a status with an empty body."""

    status: int
    error_type: str | None = None
    message: str = "injected by a test"


@dataclass(frozen=True)
class Hang:
    """The response is late. The call still takes effect, like one that its caller gave up on."""

    seconds: float


@dataclass(frozen=True)
class Reset:
    """The connection is reset: no response and no effect."""


@dataclass(frozen=True)
class Garbage:
    """A response with status 200 and a body that is not JSON. No effect."""


Fault = ErrorAnswer | Hang | Reset | Garbage

BARE_THROTTLE = ErrorAnswer(429)
# Not in the operations' models, but observed.
TOO_MANY_REQUESTS = ErrorAnswer(429, "TooManyRequestsException")


def documented_error(error_type: str) -> ErrorAnswer:
    """An error of the contract, with the contract's status. Raises KeyError for types that are not in the contract."""
    return ErrorAnswer(service_model()["shapes"][error_type]["error"]["httpStatusCode"], error_type)
