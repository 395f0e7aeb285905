"""The client of Amazon SQS."""

from __future__ import annotations

from typing import Any

from botocore.session import Session

from contact_updates.aws_session import new_client

# Two attempts with both time-outs, and the wait between them, fit into the least time-out that a function may have.
_CONNECT_TIMEOUT_SECONDS = 1
_READ_TIMEOUT_SECONDS = 4
_MAX_ATTEMPTS = 2


def sqs_client(session: Session) -> Any:
    """A client in the function's own Region, where its queues are."""
    return new_client(
        session,
        "sqs",
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        read_timeout=_READ_TIMEOUT_SECONDS,
        max_attempts=_MAX_ATTEMPTS,
    )
