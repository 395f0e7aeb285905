"""A changed resource, as the rules see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from connect_constructs._review.expressions import Value
from connect_constructs._review.findings import Class
from connect_constructs._review.pairing import Likeness
from connect_constructs._review.replacement import Replacement
from connect_constructs._review.template import Resource


@dataclass(frozen=True)
class Change:
    """A resource before and after, in one branch of the templates' conditions, with the parameters' defaults."""

    # None where it is added or removed in this branch.
    old: Resource | None
    new: Resource | None
    replacement: Replacement
    likeness: Likeness = Likeness.ID
    # The old logical id, where the new one is another.
    old_id: str = ""
    # Which branch; empty for all.
    branch: str = ""
    # What refers to the old resource: logical ids, and outputs as `output NAME`.
    referred_by: tuple[str, ...] = ()
    # The logical ids of the resources that are replaced because this one is.
    takes_along: tuple[str, ...] = ()
    # The stack's own account; empty where that is not known.
    account: str = ""

    @property
    def resource(self) -> Resource:
        """The new resource, or the removed one."""
        resource = self.new or self.old
        assert resource is not None
        return resource


@dataclass(frozen=True)
class Hit:
    """That a rule applies."""

    old: Value
    new: Value
    # What has happened, in a sentence that starts with the property or the resource.
    what: str
    place: str = ""
    # False where it depends on what only the deployment knows.
    certain: bool = True
    related: tuple[str, ...] = ()
    why: str = ""
    todo: str = ""


Check = Callable[[Change], Iterable[Hit]]


@dataclass(frozen=True)
class Rule:
    """One row of the table."""

    id: str
    class_: Class
    # Why it matters, and what to do; a hit can say it more precisely.
    why: str
    todo: str
    check: Check
    # The top-level properties that it reads.
    reads: tuple[str, ...] = field(default=())
    # Empty for all types.
    types: tuple[str, ...] = ()

    def hits(self, change: Change) -> Iterator[Hit]:
        """Where it applies to a change."""
        if not self.types or change.resource.type in self.types:
            yield from self.check(change)
