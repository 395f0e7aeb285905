"""The operations of Amazon Connect that write to a contact."""

from __future__ import annotations

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
