"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Status(Enum):
    """Whether what was found suffices."""

    OK = "ok"
    # The deployment or the first update would fail.
    ACTION_NEEDED = "action needed"
    # Both would succeed, and something would be slower or refused later on.
    WARNING = "warning"
    # AWS did not say.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    check: str
    status: Status
    found: str
    # What to do; empty where nothing is to be done.
    todo: str = ""
