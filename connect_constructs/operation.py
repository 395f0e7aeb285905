"""The operations of Amazon Connect that write to a contact."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class ContactUpdateOperation(Enum):
    """An operation that writes to a contact. The value is its name in the service model."""

    UPDATE_CONTACT_ATTRIBUTES = "UpdateContactAttributes"
    """Creates, changes or removes a contact's user-defined attributes."""

    UPDATE_CONTACT = "UpdateContact"
    """Changes a contact's name, description, references and other details."""

    @property
    def iam_action(self) -> str:
        """The IAM action that allows the operation, such as `connect:UpdateContact`."""
        return f"connect:{self.value}"


def checked_operations(operations: Iterable[ContactUpdateOperation] | None) -> list[ContactUpdateOperation]:
    """`operations` in their fixed order; all of them for None. Raises ValueError if there are none, or others."""
    if operations is None:
        return list(ContactUpdateOperation)
    if isinstance(operations, ContactUpdateOperation):
        raise ValueError(f"operations: expected a list, got {operations}; write [{operations}]")
    # A generator can be read only once.
    given = list(operations) if isinstance(operations, Iterable) else []
    if not given or not all(isinstance(operation, ContactUpdateOperation) for operation in given):
        raise ValueError(
            f"operations: expected one or more of {', '.join(map(str, ContactUpdateOperation))}, got "
            f"{given if given else operations!r}"
        )
    return [operation for operation in ContactUpdateOperation if operation in given]
