"""Checks parameters that are valid except for what a test changes."""

from __future__ import annotations

from typing import Any

from contact_updates.contract import operations, violations
from tests.handler.proxy import CONTACT_ID, INSTANCE_ID

UPDATE_ATTRIBUTES, UPDATE_CONTACT = operations()

REFERENCE_TYPES = (
    "URL, ATTACHMENT, CONTACT_ANALYSIS, NUMBER, STRING, DATE, EMAIL, EMAIL_MESSAGE, EMAIL_MESSAGE_PLAIN_TEXT, "
    "EMAIL_MESSAGE_PLAIN_TEXT_REDACTED, EMAIL_MESSAGE_REDACTED"
)


def of_attributes(attributes: Any, **changes: Any) -> list[str]:
    body = {"InstanceId": INSTANCE_ID, "InitialContactId": CONTACT_ID, "Attributes": attributes}
    return violations(UPDATE_ATTRIBUTES, {**body, **changes})


def of_contact(**fields: Any) -> list[str]:
    return violations(UPDATE_CONTACT, {"InstanceId": INSTANCE_ID, "ContactId": CONTACT_ID, **fields})


def nested(levels: int, innermost: dict[str, Any]) -> dict[str, Any]:
    """SegmentAttributes with `innermost` inside `levels` ValueMaps: a map at depth 2 + 2 * levels of the request."""
    for _ in range(levels):
        innermost = {"k": {"ValueMap": innermost}}
    return innermost
