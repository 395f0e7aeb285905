"""What a client reports of one call, in a form that is the same for all clients."""

from __future__ import annotations

from dataclasses import dataclass


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
