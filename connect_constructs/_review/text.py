"""The report for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from connect_constructs._review.findings import Class
from connect_constructs._review.report import CODE_NOTE, Entry, Report, alike, place_of

_WIDTH = 110
_MOST_RELATED = 8


def as_text(report: Report) -> str:
    """Headings by class, and under each what, why and what to do."""
    lines: list[str] = []
    for class_, entries in report.by_class():
        lines += [f"{class_.value} {class_.title}", ""]
        if class_ is Class.OTHER:
            lines += [line for entry in entries for line in _line(entry)]
        else:
            lines += [line for group in alike(entries) for line in _paragraph(group)]
        if class_ is Class.OTHER:
            lines.append("")
    lines += [report.summary(), CODE_NOTE]
    lines += [f"warning: accepted, and no longer found: {one}" for one in report.stale]
    accepted = sum(entry.accepted is not None for entry in report.entries)
    if report.failing or accepted:
        lines.append(f"{len(report.failing)} to look at, {accepted} accepted")
    return "\n".join(printable(line) for line in lines)


def _line(entry: Entry) -> Iterator[str]:
    finding = entry.finding
    place = finding.path or finding.resource or finding.stack
    accepted = " (accepted)" if entry.accepted else ""
    yield (
        f"  {finding.stack}: {place}: {finding.what}{accepted}"
        if place != finding.stack
        else f"  {place}: {finding.what}"
    )


def _paragraph(entries: list[Entry]) -> Iterator[str]:
    entry = entries[0]
    finding = entry.finding
    mark = "!" if entry.fails else " "
    for one in entries:
        yield f"{mark} {place_of(one.finding)}"
    yield from _wrapped("", finding.what + (f" [where {finding.branch}]" if finding.branch else ""))
    yield from _wrapped("why: ", finding.why)
    yield from _wrapped("do:  ", finding.todo)
    if finding.related:
        more = len(finding.related) - _MOST_RELATED
        related = ", ".join(finding.related[:_MOST_RELATED]) + (f" and {more} more" if more > 0 else "")
        yield from _wrapped("with: ", related)
    yield from _wrapped("accepted: ", entry.accepted or "")
    yield from (f"    id:  {one.finding.id}" for one in entries)
    yield ""


def _wrapped(label: str, text: str) -> list[str]:
    if not text:
        return []
    indent = "    "
    return textwrap.wrap(
        printable(text),
        _WIDTH,
        initial_indent=indent + label,
        subsequent_indent=indent + " " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )


def printable(text: str) -> str:
    """`text` without characters that a terminal would act on."""
    return "".join(one if one.isprintable() else "�" for one in text)
