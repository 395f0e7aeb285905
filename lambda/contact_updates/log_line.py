"""The one log line that each request leaves: what happened, to which contact, and how long it took. No values."""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

_encode = json.JSONEncoder(separators=(",", ":")).encode


def write(fields: dict[str, Any]) -> None:
    """Write `fields` as one line of JSON."""
    sys.stdout.write(_encode(fields) + "\n")
    sys.stdout.flush()


def fault(error: Exception) -> dict[str, str]:
    """What the log may say of an unexpected exception: its type and place. Its message may quote the request."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "unknown"
    return {"fault": type(error).__name__, "faultAt": place}
