"""What is reported: the findings with what was decided about each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from connect_constructs._review.accepted import Accepted
from connect_constructs._review.failing import Failing
from connect_constructs._review.findings import Class, Finding
from connect_constructs._review.review import Review

CODE_NOTE = "The code of functions, images and other assets is not compared."


@dataclass(frozen=True)
class Entry:
    """A finding, and what follows from it."""

    finding: Finding
    # Why somebody has accepted it; None if nobody has.
    accepted: str | None
    # Whether it is one of those that --fail-on asks for.
    fails: bool


@dataclass(frozen=True)
class Report:
    """All entries, most serious class first."""

    entries: list[Entry]
    compared: int
    # Ids in the file of accepted findings that no finding has any more.
    stale: list[str]

    @property
    def failing(self) -> list[Entry]:
        """The entries that make the command end with 1."""
        return [entry for entry in self.entries if entry.fails]

    def by_class(self) -> Iterator[tuple[Class, list[Entry]]]:
        """The entries of each class that has some."""
        for class_, entries in groupby(self.entries, key=lambda entry: entry.finding.class_):
            yield class_, list(entries)

    def summary(self) -> str:
        """One line."""
        stacks = f"{self.compared} stack{'' if self.compared == 1 else 's'} compared"
        counts = [f"{len(entries)} {class_.title.lower()}" for class_, entries in self.by_class()]
        return f"{stacks}: {', '.join(counts) if counts else 'no difference found'}"


def alike(entries: list[Entry]) -> list[list[Entry]]:
    """The entries of one class, those that say the same of several resources together."""
    groups: dict[tuple[object, ...], list[Entry]] = {}
    for entry in entries:
        one = entry.finding
        # What else it concerns is said of each alone.
        key = (one.rule, one.stack, one.what, one.why, one.todo, one.branch, one.related, entry.accepted, entry.fails)
        groups.setdefault(key, []).append(entry)
    return list(groups.values())


def make_report(review: Review, failing: Failing, accepted: Accepted) -> Report:
    """The report of a review."""
    entries = []
    for finding in review.findings:
        reason = accepted.reasons.get(finding.id)
        entries.append(Entry(finding, reason, reason is None and failing.concerns(finding)))
    return Report(entries, review.compared, accepted.stale(review.findings))


def place_of(finding: Finding) -> str:
    """Where in the stack it is: the construct's path if the template has it, and the logical id."""
    if not finding.resource:
        return finding.stack
    resource = finding.path or finding.resource
    return f"{finding.stack}: {resource}" + (f" ({finding.resource})" if finding.path else "")
