"""The table as text and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from connect_constructs.verify.rows import Row

_WIDTHS = (30, 44, 60, 7)
_WIDTH = sum(_WIDTHS) + 2 * (len(_WIDTHS) - 1)


def as_text(rows: Sequence[Row]) -> str:
    """The rows, followed by the meaning of each failed one."""
    lines = [*_lines("row", "expected", "seen", "verdict"), *_lines(*("-" * width for width in _WIDTHS))]
    for row in rows:
        lines += _lines(row.row, row.expected, row.seen, "ok" if row.passed else "FAILED")
    failed = [row for row in rows if not row.passed]
    by_meaning: dict[str, list[str]] = {}
    for row in failed:
        by_meaning.setdefault(row.meaning, []).append(row.row)
    for meaning, names in by_meaning.items():
        lines += ["", *textwrap.wrap(f"{', '.join(names)}: {meaning}", _WIDTH, break_on_hyphens=False)]
    lines += ["", f"{len(failed)} of {len(rows)} rows failed" if failed else f"all {len(rows)} rows as expected"]
    return "\n".join(lines)


def as_json(rows: Sequence[Row], **about: Any) -> dict[str, Any]:
    """The same as a JSON object; `about` says what was verified."""
    return {**about, "passed": all(row.passed for row in rows), "rows": [_object(row) for row in rows]}


def _object(row: Row) -> dict[str, Any]:
    described: dict[str, Any] = {
        "row": row.row,
        "expected": row.expected,
        "seen": row.seen,
        "passed": row.passed,
        "meaning": row.meaning or None,
    }
    if row.answer:
        described["answer"] = {
            "status": row.answer.status or None,
            "type": row.answer.error_type,
            "errorTypeHeaders": row.answer.error_type_headers,
            "requestIds": row.answer.request_ids,
            "updateId": row.answer.update_id,
        }
    return described


def _lines(*cells: str) -> list[str]:
    wrapped = [textwrap.wrap(cell, width, break_on_hyphens=False) for cell, width in zip(cells, _WIDTHS, strict=True)]
    return [
        "  ".join(part.ljust(width) for part, width in zip(parts, _WIDTHS, strict=True)).rstrip()
        for parts in zip_longest(*wrapped, fillvalue="")
    ]
