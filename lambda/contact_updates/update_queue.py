"""The queue as the endpoint sees it: what is sent there is accepted."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from contact_updates.aws_session import error_code
from contact_updates.connect_client import Trace
from contact_updates.errors import internal_error
from contact_updates.request import Event, caller_of, extended_request_id_of, header_of
from contact_updates.update import Update
from contact_updates.update_message import message_group_id, write_message

# What stays the same when a client sends a call again, in the order in which it counts: the field's header for it, and
# that of the AWS SDKs.
_CALL_HEADERS = ("idempotency-key", "amz-sdk-invocation-id")


class UpdateQueue:
    """Sends updates to the queue."""

    def __init__(self, sqs: Any, url: str) -> None:
        """`sqs` is a client of Amazon SQS."""
        self._sqs = sqs
        self._url = url

    def send(self, update: Update, event: Event, request_id: str | None, trace: Trace) -> str:
        """Send the update that `event` asks for; its id. When this returns, the queue has it. Raises UpdateError.

        A call that its client sends again within five minutes is the same update, and is in the queue once (SQS
        Developer Guide, "Exactly-once processing in Amazon SQS").
        """
        update_id = _update_id(update, event, request_id)
        body = write_message(update, update_id=update_id, request_id=request_id)
        trace.attempts, trace.update_id = 1, update_id
        try:
            response = self._sqs.send_message(
                QueueUrl=self._url,
                MessageBody=body,
                MessageGroupId=message_group_id(update.contact_id),
                MessageDeduplicationId=update_id,
            )
        except ClientError as error:
            trace.upstream_error = error_code(error.response)
        except (BotoCoreError, ResponseParserError) as error:
            trace.upstream_error = type(error).__name__
        else:
            if response.get("MessageId"):
                return update_id
            trace.upstream_error = "UnreadableAnswer"
        raise internal_error()


def _update_id(update: Update, event: Event, request_id: str | None) -> str:
    """The same for each attempt of one call, and different for everything else."""
    call = next((value for name in _CALL_HEADERS if (value := header_of(event, name))), None)
    # Without such a header, nothing tells a repeated call from a new one: each request is a call of its own.
    call = call or extended_request_id_of(event) or request_id or str(uuid.uuid4())
    parts = [caller_of(event), call, update.operation.name, update.parameters]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16]))
