"""One call, and what a client reports of it, in a form that is the same for all clients."""

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
    """What a client is asked to send."""

    # The endpoint.
    url: str
    # The service that the request is signed for: connect or execute-api.
    signing_name: str
    operation: str
    parameters: dict[str, Any]
    # None for a call that is not signed.
    credentials: Credentials | None
    # How often the call is made at most. Clients that never retry ignore it.
    max_attempts: int = 1


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A client's report. What the client does not show is None."""

    # None for a success.
    error_type: str | None = None
    message: str | None = None
    status: int | None = None
    # Whether the client raised the error's own class.
    is_typed: bool | None = None
    retry_after: str | None = None
    # What a command printed on its standard output.
    output: str = ""


class Client(Protocol):
    """One kind of client. Calls of different threads may overlap."""

    # The table's heading.
    name: str
    # Whether it shows the answer's status and headers, and not only the error.
    shows_http: bool
    # Whether it has classes for errors.
    has_types: bool
    # Whether it tries again by itself.
    retries: bool
    # Where it looks for the error's type first: in x-amzn-ErrorType, or in the body's __type.
    reads_type_from_header: bool
    # Whether it sends a number or a boolean as text where the model says text.
    makes_text_of_values: bool

    def call(self, call: Call) -> Answer:
        """Make the call, and report."""
        ...
