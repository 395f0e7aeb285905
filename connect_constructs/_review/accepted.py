"""Findings that somebody has accepted, with the reason: review-accepted.toml."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connect_constructs._review.errors import InputError
from connect_constructs._review.findings import Finding


@dataclass(frozen=True)
class Accepted:
    """The reason for each accepted finding, by its id."""

    reasons: dict[str, str]

    def stale(self, findings: Iterable[Finding]) -> list[str]:
        """The ids that no finding has any more."""
        found = {finding.id for finding in findings}
        return [one for one in self.reasons if one not in found]


def read_accepted(path: Path) -> Accepted:
    """The file's entries: `[[accepted]]` tables, each with an id and a reason.

    :raises InputError: if the file cannot be read, or an entry lacks one of them.
    """
    try:
        content = _toml(path.read_text(encoding="utf-8"), path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected TOML: {error}") from None
    entries = content.pop("accepted", [])
    if content or not isinstance(entries, list):
        raise InputError(f"{path}: expected [[accepted]] tables only")
    reasons: dict[str, str] = {}
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or set(entry) != {"id", "reason"}:
            raise InputError(f"{path}: expected an id and a reason in entry {number}, and nothing else")
        one, reason = entry["id"], entry["reason"]
        if not (isinstance(one, str) and isinstance(reason, str) and one.strip() and reason.strip()):
            raise InputError(f"{path}: expected an id and a reason in entry {number}")
        if one in reasons:
            raise InputError(f"{path}: {one} is there twice")
        reasons[one] = reason
    return Accepted(reasons)


def _toml(text: str, path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib

        return tomllib.loads(text)
    raise InputError(f"{path}: reading it needs Python 3.11 or newer")
