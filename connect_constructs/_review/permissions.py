"""Changes of grants as findings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from connect_constructs._review.expressions import Value
from connect_constructs._review.findings import Finding
from connect_constructs._review.grants import GrantChange, compare_grants, exposes, exposure_is_unknown, is_tls_only
from connect_constructs._review.holders import IDENTITY, TRUST, Holder, holders
from connect_constructs._review.policies import Grant, shown_grants
from connect_constructs._review.rules import rows
from connect_constructs._review.template import Template

# More than these are counted.
_MOST_SHOWN = 8


def permission_findings(old: Template, new: Template, condition_names: dict[str, str]) -> Iterator[Finding]:
    """The findings about permissions.

    :param old: With the new logical ids.
    :param condition_names: Of both templates, by `key_of` the condition.
    """
    for change in compare_grants(holders(old), holders(new), new.resources, condition_names):
        was_there = change.holder.resource is None or change.holder.key in old.resources
        yield from _Report(change, new, was_there).findings()


class _Report:
    """The findings about one holder."""

    def __init__(self, change: GrantChange, template: Template, was_there: bool) -> None:
        self._change = change
        self._holder: Holder = change.holder
        self._template = template
        self._was_there = was_there

    def findings(self) -> Iterator[Finding]:
        change = self._change
        if change.too_many_branches:
            what = "has policies that depend on too many conditions to be compared by branch"
            yield self._of_grants(rows.PERMISSION_UNKNOWN, [], [], what)
            return
        if change.unread:
            old, new = change.unread
            yield self._make(rows.POLICY_UNREADABLE, old, new, "has a changed policy that the review cannot read")
        yield from self._exposed()
        if self._holder.kind == IDENTITY:
            yield from self._identity()
        else:
            yield from self._resource()
        yield from self._denials()
        if change.narrowed and self._was_there:
            lost = [one for one in change.narrowed if one.effect == "Allow"]
            refused = [one for one in change.narrowed if one.effect != "Allow"]
            words = [f"loses: {_listed(lost)}"] * bool(lost) + [f"gains: {_listed(refused)}"] * bool(refused)
            yield self._of_grants(rows.PERMISSION_NARROWED, change.narrowed, [], "; ".join(words))

    def _exposed(self) -> Iterator[Finding]:
        groups: dict[str, list[Grant]] = {}
        for one in (*self._change.widened, *self._change.unknown):
            whom = self._lets_in(one)
            if whom:
                groups.setdefault(whom, []).append(one)
        for whom, grants in groups.items():
            known = self._template.account or "account" not in whom
            who = whom if known else f"{whom} (unless the stack is in it)"
            if self._holder.kind == TRUST:
                yield self._of_grants(rows.TRUST_OPENED, [], grants, f"can be assumed by {who}: {_listed(grants)}")
            else:
                yield self._of_grants(rows.RESOURCE_POLICY_OPENED, [], grants, f"is open to {who}: {_listed(grants)}")

    def _identity(self) -> Iterator[Finding]:
        change = self._change
        if change.is_new or not self._was_there:
            grants = [*change.widened, *change.unknown]
            if grants:
                yield self._of_grants(rows.NEW_IDENTITY, [], grants, f"is new, with: {_listed(grants)}")
        else:
            yield from self._more(change.widened, change.unknown)

    def _resource(self) -> Iterator[Finding]:
        widened = [one for one in self._change.widened if not self._lets_in(one)]
        unknown = [one for one in self._change.unknown if not self._lets_in(one)]
        opaque = [one for one in widened if exposure_is_unknown(one, self._holder.kind)]
        if opaque:
            what = f"allows principals that are known only at deployment: {_listed(opaque)}"
            yield self._of_grants(rows.PRINCIPAL_UNKNOWN, [], opaque, what)
        # If it is new itself, what was there before is open to nobody else.
        if self._was_there:
            yield from self._more([one for one in widened if one not in opaque], unknown)

    def _more(self, widened: Collection[Grant], unknown: Collection[Grant]) -> Iterator[Finding]:
        lost = self._change.narrowed
        if widened:
            yield self._of_grants(rows.PERMISSION_WIDENED, lost, widened, f"gains: {_listed(widened)}")
        if unknown:
            what = f"may have gained, depending on values known only at deployment: {_listed(unknown)}"
            yield self._of_grants(rows.PERMISSION_UNKNOWN, lost, unknown, what)

    def _denials(self) -> Iterator[Finding]:
        tls = [one for one in self._change.no_longer_denied if is_tls_only(one)]
        others = [one for one in self._change.no_longer_denied if not is_tls_only(one)]
        if tls:
            yield self._of_grants(rows.TLS_NOT_REQUIRED, tls, [], "no longer refuses requests without TLS")
        if others:
            yield self._of_grants(rows.DENY_REMOVED, others, [], f"no longer has: {_listed(others)}")

    def _lets_in(self, one: Grant) -> str | None:
        return exposes(one, self._holder.kind, self._template.account)

    def _of_grants(self, row: rows.Row, old: Iterable[Grant], new: Iterable[Grant], what: str) -> Finding:
        before, after = (sorted(one.shown() for one in grants) for grants in (old, new))
        return self._make(row, before, after, what)

    def _make(self, row: rows.Row, old: Value, new: Value, what: str) -> Finding:
        resource = self._holder.resource
        return row.finding(
            self._template.stack,
            f"{_NAMES[self._holder.kind]} {what}",
            resource=self._holder.key,
            type_name=resource.type if resource else "",
            path=resource.path if resource else "",
            old=old,
            new=new,
            branch=self._change.branch,
            related=tuple(sorted(self._holder.sources - {self._holder.key})),
        )


_NAMES = {IDENTITY: "The identity", TRUST: "The role", "resource": "The resource"}


def _listed(grants: Collection[Grant]) -> str:
    lines = shown_grants(grants)
    more = len(lines) - _MOST_SHOWN
    return "; ".join(lines[:_MOST_SHOWN] + [f"and {more} more"] * (more > 0))
