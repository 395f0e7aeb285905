"""The one log line of each request: who called, what happened to which contact, how long it took. No values."""

from __future__ import annotations

import json
import re
import sys
import traceback
from typing import Any

# More than any identifier of AWS's has. What producers and authorizers choose can be of any length.
_MAX_IDENTIFIER_LENGTH = 1_024

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")

# In ASCII: no character of an identifier ends the line.
_encode = json.JSONEncoder(separators=(",", ":")).encode


def write(fields: dict[str, Any]) -> None:
    """Write `fields` as one line of JSON."""
    sys.stdout.write(_encode(fields) + "\n")
    sys.stdout.flush()


def identifier(value: Any) -> str | None:
    """An identifier from outside, cut at 1,024 characters; None for what is no text."""
    return value[:_MAX_IDENTIFIER_LENGTH] if isinstance(value, str) else None


def contact_id(value: Any) -> str | None:
    """A contact's id in lower case; None for what does not have a UUID's form, as Amazon Connect's contact ids have.

    The contract lets any text of 1 to 256 characters pass, and so a customer's name or number, too.
    """
    return value.lower() if isinstance(value, str) and _UUID.match(value) else None


def fault(error: Exception) -> dict[str, str]:
    """What the log may say of an unexpected exception: its type and place. Its message may quote the request."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "unknown"
    return {"fault": type(error).__name__, "faultAt": place}
