"""The report as JSON; report.schema.json describes it."""

from __future__ import annotations

import json
from typing import Any

from connect_constructs._review.facts import source
from connect_constructs._review.report import CODE_NOTE, Entry, Report

# Raised when something that is there changes its meaning or goes.
VERSION = 1


def as_json(report: Report) -> str:
    """The document, indented."""
    facts = source()
    document = {
        "version": VERSION,
        "facts": {"package": facts["package"], "version": facts["version"]},
        "stacks_compared": report.compared,
        "notes": [CODE_NOTE],
        "failing": len(report.failing),
        "findings": [_entry(entry) for entry in report.entries],
        "stale_accepted": report.stale,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _entry(entry: Entry) -> dict[str, Any]:
    finding = entry.finding
    return {
        "id": finding.id,
        "rule": finding.rule,
        "class": finding.class_.value,
        "class_name": finding.class_.slug,
        "aspect": finding.aspect.value if finding.aspect else None,
        "stack": finding.stack,
        "resource": finding.resource or None,
        "type": finding.type or None,
        "construct_path": finding.path or None,
        "property": finding.place or None,
        "old": finding.old,
        "new": finding.new,
        "what": finding.what,
        "why": finding.why,
        "todo": finding.todo,
        "branch": finding.branch or None,
        "related": list(finding.related),
        "accepted": entry.accepted,
        "fails": entry.fails,
    }
