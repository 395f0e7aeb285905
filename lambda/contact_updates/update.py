"""One update of a contact, from the endpoint or from the queue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from contact_updates.contract import Operation, violations
from contact_updates.outcome import UpdateError, not_found
from contact_updates.settings import Instance

# HTTP libraries resolve these in a path, and would call another operation.
_RESOLVED_BY_HTTP_LIBRARIES = frozenset({".", ".."})


class Update(NamedTuple):
    """One update that meets the contract. `parameters` are those of Amazon Connect's operation."""

    operation: Operation
    parameters: dict[str, Any]

    @property
    def contact_id(self) -> str:
        contact_id: str = self.parameters[self.operation.contact_member]
        return contact_id


def checked_update(
    operation: Operation, parameters: dict[str, Any], instance: Instance, *, found: Iterable[str] = ()
) -> Update:
    """The update, if it meets the contract and is for the bound instance. Raises UpdateError.

    `found` are violations that are already known; the error names them before the contract's.
    """
    if all_found := [*found, *violations(operation, parameters)]:
        raise UpdateError("InvalidRequestException", "; ".join(all_found))
    if parameters["InstanceId"] not in {instance.id, instance.arn}:
        raise not_found()
    if parameters[operation.contact_member] in _RESOLVED_BY_HTTP_LIBRARIES:
        raise not_found()
    # Send the id: given an ARN instead, IAM puts it into another ARN, and denies the call.
    return Update(operation=operation, parameters={**parameters, "InstanceId": instance.id})
