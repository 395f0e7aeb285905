"""Class 3, beside grants: the boundary that holds an identity's permissions back."""

from __future__ import annotations

from collections.abc import Iterator

from connect_constructs._review.changes import Change, Hit, Rule
from connect_constructs._review.findings import Class
from connect_constructs._review.rules.checks import display


def _boundary(change: Change) -> Iterator[Hit]:
    if change.old is None or change.new is None:
        return
    name = "PermissionsBoundary"
    old, new = change.old.properties.get(name), change.new.properties.get(name)
    if old is not None and old != new:
        what = f"{name} is removed; it was {display(old)}" if new is None else f"{name} goes to {display(new)}"
        # Which of two boundaries allows more is not in the template.
        yield Hit(old, new, what, name, certain=new is None)


BOUNDARY_RULES = (
    Rule(
        "permissions-boundary-weakened",
        Class.PERMISSIONS,
        "It no longer limits what the identity's policies allow.",
        "Keep the boundary.",
        _boundary,
        ("PermissionsBoundary",),
        ("AWS::IAM::Role", "AWS::IAM::User"),
    ),
)
