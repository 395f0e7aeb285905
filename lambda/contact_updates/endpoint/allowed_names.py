"""What callers may write: attributes by their keys, and members of UpdateContact by their names.

A name such as `References` stands for the whole member, and `References.Ticket` for one key of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contact_updates.contract import PLAIN_KEY
from contact_updates.outcome import UpdateError
from contact_updates.update import Update


def check_names(update: Update, limits: Sequence[frozenset[str]]) -> None:
    """Raise UpdateError if the update writes anything that is not within all `limits`."""
    attributes = update.parameters.get("Attributes")
    names = list(_members(update) if attributes is None else attributes)
    refused = sum(not _is_within(name, limits) for name in names)
    if refused:
        what = "members" if attributes is None else "attributes"
        raise UpdateError(
            "AccessDeniedException",
            f"This endpoint does not write {refused} of the {what} that were sent. It writes: {_shown(limits)}.",
        )


def _members(update: Update) -> Iterator[str]:
    """The members that UpdateContact writes, or each key of a member that has keys."""
    for member, value in update.parameters.items():
        if member in update.operation.labels:
            continue
        if isinstance(value, dict) and value:
            yield from (f"{member}.{key}" for key in value)
        else:
            yield member


def _is_within(name: str, limits: Sequence[frozenset[str]]) -> bool:
    # Members and attribute keys have no dots.
    member = name.partition(".")[0]
    return all(name in limit or member in limit for limit in limits)


def _shown(limits: Sequence[frozenset[str]]) -> str:
    """The names that are within all limits, for a message."""
    names = {name for limit in limits for name in limit if name and _is_within(name, limits)}
    plain = sorted(name for name in names if PLAIN_KEY.match(name))
    # An authorizer can name keys after customers.
    others = [f"{len(names) - len(plain)} not named here"] if len(names) > len(plain) else []
    return ", ".join([*plain, *others]) or "none"
