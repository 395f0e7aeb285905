"""Announces rejected updates on an event bus, without their values."""

from __future__ import annotations

import json
from typing import Any

from botocore.session import Session

from contact_updates.aws_session import new_client

SOURCE = "connect-constructs"
DETAIL_TYPE = "Contact Update Rejected"

_CONNECT_TIMEOUT_SECONDS = 1
_READ_TIMEOUT_SECONDS = 4
_MAX_ATTEMPTS = 2


class NotAnnouncedError(Exception):
    """EventBridge has answered that it did not take the event."""


class RejectionEvents:
    """An event bus on which rejections are announced."""

    def __init__(self, session: Session, event_bus_name: str) -> None:
        self._event_bus_name = event_bus_name
        self._events: Any = new_client(
            session,
            "events",
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            read_timeout=_READ_TIMEOUT_SECONDS,
            max_attempts=_MAX_ATTEMPTS,
        )

    def announce(self, detail: dict[str, Any]) -> None:
        """Announce one. Raises botocore's exceptions, or NotAnnouncedError."""
        answer = self._events.put_events(
            Entries=[
                {
                    "EventBusName": self._event_bus_name,
                    "Source": SOURCE,
                    "DetailType": DETAIL_TYPE,
                    "Detail": json.dumps(detail),
                }
            ]
        )
        # An answer of 200 can say that the event was not taken.
        if answer.get("FailedEntryCount") != 0:
            raise NotAnnouncedError
