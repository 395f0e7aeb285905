"""The updates that the local AWS demonstrates, in the form that each kind of client needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

# The contact's values after the updates.
ATTRIBUTES = {"tier": "gold", "callback": "2026-12-01"}
NAME = "Order 4711, express"


@dataclass(frozen=True)
class Call:
    """One update, for any kind of client."""

    method: str
    cli: str
    # Percent-encoded.
    path: str
    parameters: dict[str, Any]
    body: dict[str, Any]
    # The part that is worth showing.
    shown: dict[str, Any]


def calls(instance_id: str, contact_id: str) -> dict[str, Call]:
    """One update for each of the two operations, by operation name."""
    attributes = {"InstanceId": instance_id, "InitialContactId": contact_id, "Attributes": ATTRIBUTES}
    name = {"Name": NAME}
    return {
        "UpdateContactAttributes": Call(
            method="update_contact_attributes",
            cli="update-contact-attributes",
            path="/contact/attributes",
            parameters=attributes,
            body=attributes,
            shown=ATTRIBUTES,
        ),
        "UpdateContact": Call(
            method="update_contact",
            cli="update-contact",
            path=f"/contacts/{instance_id}/{quote(contact_id, safe='')}",
            parameters={"InstanceId": instance_id, "ContactId": contact_id, **name},
            body=name,
            shown=name,
        ),
    }
