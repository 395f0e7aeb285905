"""A call and its answer, in the same form for all clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

REGION = "us-east-1"


@dataclass(frozen=True)
class Credentials:
    """An IAM user's access key."""

    access_key_id: str
    secret_access_key: str


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call that a client can make."""

    # The endpoint.
    url: str
    # The service to sign for: connect or execute-api.
    signing_name: str
    operation: str
    parameters: dict[str, Any]
    # None for an unsigned call.
    credentials: Credentials | None
    # The maximum number of attempts. Clients that never retry ignore it.
    max_attempts: int = 1


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a client reports. None for what the client does not show."""

    # None on success.
    error_type: str | None = None
    message: str | None = None
    status: int | None = None
    # Whether the client raised the class of this error.
    is_typed: bool | None = None
    retry_after: str | None = None
    # A command's standard output.
    output: str = ""


class Client(Protocol):
    """A kind of client. Several threads may call at the same time."""

    # The column's heading in the table.
    name: str
    # Whether it shows the response's status and headers, not only the error.
    shows_http: bool
    # Whether it has error classes.
    has_types: bool
    # Whether it retries by itself.
    retries: bool
    # Whether it looks for the error type in x-amzn-ErrorType first, or in the body's __type.
    reads_type_from_header: bool
    # Whether it converts numbers and booleans to text for members that are strings in the model.
    makes_text_of_values: bool

    def call(self, call: Call) -> Answer:
        """Make the call."""
        ...
