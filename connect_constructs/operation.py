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
    """Return `operations` in their fixed order, or all of them for None. Raises TypeError or ValueError."""
    if operations is None:
        return list(ContactUpdateOperation)
    if isinstance(operations, ContactUpdateOperation):
        raise TypeError(f"operations: expected a list, got {operations}; write [{operations}]")
    expected = f"operations: expected one or more of {', '.join(map(str, ContactUpdateOperation))}"
    if isinstance(operations, str) or not isinstance(operations, Iterable):
        raise TypeError(f"{expected}, got {operations!r}")
    given = list(operations)  # a generator can only be read once
    if not all(isinstance(operation, ContactUpdateOperation) for operation in given):
        raise TypeError(f"{expected}, got {given!r}")
    if not given:
        raise ValueError(f"{expected}, got []")
    return [operation for operation in ContactUpdateOperation if operation in given]
