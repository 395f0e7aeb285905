"""The log line of a request or message: who called, what happened to which contact, how long it took. No values."""

from __future__ import annotations

import json
import re
import sys
import traceback
from typing import Any

# Longer than any identifier of AWS. Producers and authorizers can choose identifiers of any length.
_MAX_IDENTIFIER_LENGTH = 1_024

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")

# In ASCII, so that no character of an identifier can end the line.
_encode = json.JSONEncoder(separators=(",", ":")).encode


def write(fields: dict[str, Any]) -> None:
    """Write `fields` as one line of JSON."""
    sys.stdout.write(_encode(fields) + "\n")
    sys.stdout.flush()


def identifier(value: Any) -> str | None:
    """An identifier from outside, cut to 1,024 characters. None if it is not text."""
    return value[:_MAX_IDENTIFIER_LENGTH] if isinstance(value, str) else None


def contact_id(value: Any) -> str | None:
    """A contact id in lower case. None unless it has the form of a UUID, as Amazon Connect's contact ids have.

    The contract allows any text of 1 to 256 characters, such as a customer's name or number.
    """
    return value.lower() if isinstance(value, str) and _UUID.match(value) else None


def fault(error: Exception) -> dict[str, str]:
    """The type and place of an unexpected exception. Its message may quote the request, and is not logged."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "unknown"
    return {"fault": type(error).__name__, "faultAt": place}
