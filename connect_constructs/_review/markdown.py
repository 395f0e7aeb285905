"""The report in Markdown, for the summary of a CI job or a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connect_constructs._review.findings import Class, Finding
from connect_constructs._review.report import CODE_NOTE, Entry, Report, alike
from connect_constructs._review.text import printable

# A step's summary takes 1 MiB, a comment 65,536 characters.
_MOST_CHARACTERS = 60_000
# A name or a sentence that is longer would leave no room for other findings.
_MOST_OF_A_NAME, _MOST_OF_A_SENTENCE = 300, 5_000
_ACTIVE = re.compile(r"([\\`*_{}\[\]()#+!|~<>&@$:-])")
# Names of users and numbers of issues are found in the rendered text, where a backslash is gone (cmark-gfm issue 181).
_MENTION = re.compile(r"(\\[@#])")


def as_markdown(report: Report) -> str:
    """A section for each class; what templates say is escaped, so that it is shown and does nothing."""
    parts = ["## Template review", ""]
    state = f"**{len(report.failing)} to look at.** " if report.failing else ""
    parts += [f"{state}{_escaped(report.summary())}. {CODE_NOTE}", ""]
    for class_, entries in report.by_class():
        parts += [f"### {class_.value} {class_.title}", ""]
        if class_ is Class.OTHER:
            parts += ["<details><summary>A line each</summary>", "", *map(_line, entries), "", "</details>", ""]
        else:
            for group in alike(entries):
                parts += [*_item(group), ""]
    parts += [f"> Accepted, and no longer found: {code(one)}" for one in report.stale]
    return _shortened(parts)


def _shortened(parts: list[str]) -> str:
    text = ""
    for index, part in enumerate(parts):
        if len(text) + len(part) > _MOST_CHARACTERS:
            return f"{text}\n… {len(parts) - index} more lines: see the command's own output.\n"
        text += part + "\n"
    return text


def _line(entry: Entry) -> str:
    finding = entry.finding
    return f"- {_place(finding)}: {_escaped(finding.what)}{' (accepted)' if entry.accepted else ''}"


def _item(entries: list[Entry]) -> Iterator[str]:
    entry = entries[0]
    finding = entry.finding
    mark = "❗ " if entry.fails else ""
    branch = f" (where {_escaped(finding.branch)})" if finding.branch else ""
    places = ", ".join(_place(one.finding) for one in entries)
    yield f"- {mark}{places}: **{_escaped(finding.what)}**{branch}"
    for label, text in (("Why", finding.why), ("Do", finding.todo)):
        if text:
            yield f"  {label}: {_escaped(text)}  "
    if finding.related:
        yield f"  With: {', '.join(code(one) for one in finding.related)}  "
    if entry.accepted:
        yield f"  Accepted: {_escaped(entry.accepted)}  "
    yield f"  {', '.join(code(one.finding.id) for one in entries)}"


def _place(finding: Finding) -> str:
    return (
        f"{code(finding.stack)} {code(finding.path or finding.resource)}" if finding.resource else code(finding.stack)
    )


def code(text: str) -> str:
    """`text` as code; a run of back quotes in it is shorter than those around it."""
    clean = _cut(printable(text), _MOST_OF_A_NAME)
    fence = "`" * (max((len(run) for run in re.findall("`+", clean)), default=0) + 1)
    padding = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{fence}{padding}{clean}{padding}{fence}"


def _escaped(text: str) -> str:
    clean = _ACTIVE.sub(r"\\\1", _cut(printable(text), _MOST_OF_A_SENTENCE))
    # GitHub makes a link of it.
    return _MENTION.sub(r"\1<!-- -->", clean.replace("www.", r"www\."))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
