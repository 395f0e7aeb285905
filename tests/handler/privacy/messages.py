"""The queue's messages as Lambda passes them on, with a marked value in every part that a producer chooses.

Left out are `updateId` and `requestId`, which identify the update, and so are logged and published.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from contact_updates.update_message import message_group_id
from tests.handler.privacy.bodies import OPERATIONS, full_body, invalid_bodies, malformed_texts
from tests.handler.privacy.sentinels import Sentinels
from tests.handler.proxy import CONTACT_ID, INSTANCE_ID
from tests.handler.queue_fakes import Record

_SEQUENCE_NUMBER = 18_850_000_000_000_000_000


def valid_bodies(sentinels: Sentinels, contact: str = CONTACT_ID) -> Iterator[str]:
    """For each operation an update that meets the contract."""
    for operation in OPERATIONS:
        yield _body(sentinels, operation, full_body(sentinels, operation), contact)


def rejected_bodies(sentinels: Sentinels) -> Iterator[str]:
    """Messages that the consumer rejects by itself, for every reason."""
    for operation in OPERATIONS:
        for parameters in invalid_bodies(sentinels, operation):
            yield _body(sentinels, operation, parameters)
        full = full_body(sentinels, operation)
        yield _body(sentinels, operation, {**full, sentinels.key(): sentinels.text()})
        yield _body(sentinels, operation, {**full, f"{sentinels.value()} ü": sentinels.text()})
        yield _body(sentinels, operation, full, sentinels.text() + "x" * 300)
        yield _body(sentinels, operation, full, InstanceId=sentinels.text())
        yield _body(sentinels, sentinels.value(), full)
        for field in ("version", "operation", "parameters"):
            message = json.loads(_body(sentinels, operation, full))
            yield json.dumps({**message, field: sentinels.text()})
            yield json.dumps({**message, field: {sentinels.key(): [sentinels.text()]}})
    yield from malformed_texts(sentinels)


def record(sentinels: Sentinels, body: str, *, number: int, age: float = 0, contact: str = CONTACT_ID) -> Record:
    """A received message, which was sent `age` seconds ago."""
    return {
        "messageId": f"message-{number}",
        "receiptHandle": f"handle-{number}",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(int((time.time() - age) * 1000)),
            "SequenceNumber": str(_SEQUENCE_NUMBER + number),
            "MessageGroupId": message_group_id(contact),
            "MessageDeduplicationId": sentinels.value(),
            "SenderId": sentinels.value(),
            "AWSTraceHeader": sentinels.text(),
        },
        "messageAttributes": {
            sentinels.value(): {"stringValue": sentinels.text(), "dataType": "String"},
            "AWSTraceHeader": {"stringValue": sentinels.text(), "dataType": "String"},
        },
        "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:updates.fifo",
    }


def _body(
    sentinels: Sentinels, operation: str, parameters: dict[str, Any], contact: str = CONTACT_ID, **changes: Any
) -> str:
    member = "ContactId" if operation == "UpdateContact" else "InitialContactId"
    return json.dumps(
        {
            "version": 1,
            "updateId": "u1",
            "requestId": "r1",
            "acceptedAt": sentinels.text(),
            sentinels.key(): sentinels.text(),
            "operation": operation,
            "parameters": {"InstanceId": INSTANCE_ID, member: contact, **parameters, **changes},
        }
    )
