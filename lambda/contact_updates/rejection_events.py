"""Announces rejected updates on an event bus, without their values."""

from __future__ import annotations

import json
from typing import Any

SOURCE = "connect-constructs"
DETAIL_TYPE = "Contact Update Rejected"


class NotAnnouncedError(Exception):
    """EventBridge has answered that it did not take the event."""


class RejectionEvents:
    """An event bus on which rejections are announced."""

    def __init__(self, events: Any, event_bus_name: str) -> None:
        """`events` is a client of Amazon EventBridge."""
        self._events = events
        self._event_bus_name = event_bus_name

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
