"""The result of a check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Status(Enum):
    """What a finding means for the deployment."""

    OK = "ok"
    # The deployment or the first update would fail.
    ACTION_NEEDED = "action needed"
    # Both would succeed, but something would be slower, or refused later.
    WARNING = "warning"
    # AWS did not say whether there is a problem.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """One line in the report."""

    check: str
    status: Status
    found: str
    # What to do. Empty if there is nothing to do.
    todo: str = ""
