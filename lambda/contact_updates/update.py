"""One update of a contact, whatever way it came in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from contact_updates.contract import Operation, violations
from contact_updates.outcome import UpdateError, not_found
from contact_updates.settings import Instance

# HTTP libraries resolve these as parts of the path, and so would call another operation.
_RESOLVED_BY_HTTP_LIBRARIES = frozenset({".", ".."})


class Update(NamedTuple):
    """One update, checked against the contract. `parameters` are those of the operation in Amazon Connect."""

    operation: Operation
    parameters: dict[str, Any]

    @property
    def contact_id(self) -> str:
        contact_id: str = self.parameters[self.operation.contact_member]
        return contact_id


def checked_update(
    operation: Operation, parameters: dict[str, Any], instance: Instance, *, found: Iterable[str] = ()
) -> Update:
    """The update, if the contract lets it pass and it is for the bound instance. Raises UpdateError.

    `found` are violations that were found before, to be named along with the contract's.
    """
    if all_found := [*found, *violations(operation, parameters)]:
        raise UpdateError("InvalidRequestException", "; ".join(all_found))
    if parameters["InstanceId"] not in {instance.id, instance.arn}:
        raise not_found()
    if parameters[operation.contact_member] in _RESOLVED_BY_HTTP_LIBRARIES:
        raise not_found()
    # IAM evaluates an ARN given as the id to a doubled ARN, and denies: Amazon Connect gets the id.
    return Update(operation=operation, parameters={**parameters, "InstanceId": instance.id})
