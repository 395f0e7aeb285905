"""The format of the messages in the queue and in the dead-letter queue.

Version 1 of a message body is a JSON object:

    version     1
    operation   UpdateContactAttributes or UpdateContact
    parameters  the operation's parameters, named as in Amazon Connect's API
    updateId    optional: the id that the caller got. Default: the message id
    requestId   optional: API Gateway's id of the request
    acceptedAt  optional: when it was accepted, as ISO 8601 text
    rejection   in the dead-letter queue: type, reason, rejectedAt. Ignored when the message is moved back

Any spelling of JSON is accepted. The handler writes UTF-8, and escapes only the characters that SQS or JSON refuses.

The message group is `message_group_id` of the contact: SHA-256 of the contact id in lower case, in hexadecimal.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timezone
from typing import Any, NamedTuple

from contact_updates.contract import operations
from contact_updates.outcome import UpdateError
from contact_updates.settings import Instance
from contact_updates.update import Update, checked_update

VERSION = 1

# The queue's maximum message size, in UTF-8. The construct sets it.
_QUEUE_BYTES = 262_144

# The most that an update takes of it. The rest is room for a rejection, so that the dead letter can be moved back.
MAX_MESSAGE_BYTES = 250_000

# In characters. None takes more than six bytes.
_MAX_REASON_LENGTH = 1_000

_OPERATIONS = {operation.name: operation for operation in operations()}


class UnreadableMessageError(Exception):
    """The message does not have this format. `reason` says why, without repeating any of it."""

    def __init__(self, reason: str, fields: dict[str, Any] | None = None) -> None:
        """`fields` are those of the message, if it is a JSON object."""
        super().__init__(reason)
        self.reason = reason
        self.fields = fields or {}


class Rejection(NamedTuple):
    """Why an update will never be applied."""

    # Amazon Connect's error type, or one of ours: UnreadableMessage, UnsupportedOperation, Expired.
    type: str
    # For people. It may repeat private values, so that it belongs only where the update itself is.
    reason: str
    # The same without values.
    public_reason: str


def message_group_id(contact_id: str) -> str:
    """The message group of a contact. Its updates are applied in the order in which they were accepted."""
    return hashlib.sha256(contact_id.lower().encode()).hexdigest()


def trace_attribute(header: str | None) -> dict[str, Any]:
    """The parameter of SQS's SendMessage that lets a message carry a trace header; empty without one.

    It takes precedence over the header that botocore sends with the request (AWS X-Ray Developer Guide, "Amazon SQS and
    AWS X-Ray").
    """
    if header is None:
        return {}
    return {"MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": header}}}


def write_message(update: Update, *, update_id: str, request_id: str | None) -> str:
    """The message body of `update`. Raises UpdateError if it is too large."""
    body = _in_json(
        {
            "version": VERSION,
            "updateId": update_id,
            "requestId": request_id,
            "acceptedAt": now(),
            "operation": update.operation.name,
            "parameters": update.parameters,
        }
    )
    size = len(body.encode())
    if size > MAX_MESSAGE_BYTES:
        raise UpdateError(
            "RequestEntityTooLargeException",
            f"Expected an update that takes at most {MAX_MESSAGE_BYTES} bytes as JSON in UTF-8, got {size}.",
        )
    return body


def parse_message(body: str) -> dict[str, Any]:
    """The fields of a message of this format. Raises UnreadableMessageError."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableMessageError("expected JSON") from None
    if not isinstance(fields, dict):
        raise UnreadableMessageError("expected a JSON object")
    if fields.get("version") != VERSION:
        raise UnreadableMessageError(f"version: expected {VERSION}", fields)
    if not isinstance(fields.get("operation"), str) or fields["operation"] not in _OPERATIONS:
        raise UnreadableMessageError(f"operation: expected one of {', '.join(_OPERATIONS)}", fields)
    if not isinstance(fields.get("parameters"), dict):
        raise UnreadableMessageError("parameters: expected an object", fields)
    return fields


def update_in(fields: dict[str, Any], instance: Instance) -> Update:
    """The update in a parsed message. Raises UpdateError if it does not meet the contract."""
    return checked_update(_OPERATIONS[fields["operation"]], fields["parameters"], instance)


def write_rejected(body: str, rejection: Rejection, update_id: str) -> str:
    """The body of the dead letter: the original message with its id and rejection, small enough for the queue.

    A message of up to MAX_MESSAGE_BYTES has room for its rejection, as no string takes more bytes than before. Without
    room it is kept unchanged: a larger message, one whose numbers take more bytes in another spelling, or a large one
    that is not a JSON object and would be twice as large as a JSON string.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        fields = {"unreadable": body}
    fields["updateId"] = update_id
    reason = rejection.reason[:_MAX_REASON_LENGTH]
    fields["rejection"] = {"type": rejection.type, "reason": reason, "rejectedAt": now()}
    letter = _in_json(fields)
    return letter if len(letter.encode()) <= _QUEUE_BYTES else body


_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def _in_json(fields: dict[str, Any]) -> str:
    """Compact JSON in UTF-8: it escapes what JSON has to escape, and what SQS refuses.

    SQS accepts #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF (Amazon SQS API Reference,
    "SendMessage"), which excludes lone surrogates and the last two characters of the plane.
    """
    text = _encode(fields)
    if text.isascii():
        return text
    text = text.replace("\ufffe", r"\ufffe").replace("\uffff", r"\uffff")
    return text.encode("utf-8", "backslashreplace").decode()


def now() -> str:
    """The time as ISO 8601 text, in UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
