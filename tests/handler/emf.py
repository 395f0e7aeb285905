"""The two parts of a log line: fields for people, and metrics for CloudWatch in the embedded metric format."""

from __future__ import annotations

import json
from typing import Any

from contact_updates.log_line import METRICS


def fields(line: str) -> dict[str, Any]:
    """The line without its metrics."""
    members: dict[str, Any] = json.loads(line)
    return {name: value for name, value in members.items() if name not in {"_aws", "function", *METRICS}}


def metrics(line: str) -> dict[str, Any]:
    """The values of the line's metrics, by name."""
    members: dict[str, Any] = json.loads(line)
    return {name: value for name, value in members.items() if name in METRICS}
