"""The queue as the endpoint's target."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from contact_updates.aws_session import error_code
from contact_updates.endpoint.request import Request
from contact_updates.outcome import Accepted, Trace, internal_error
from contact_updates.update import Update
from contact_updates.update_message import message_group_id, trace_attribute, write_message

# Differs between execution environments, and is written nowhere.
_SECRET = uuid.uuid4().hex


class QueueTarget:
    """Sends updates to the queue."""

    def __init__(self, sqs: Any, url: str) -> None:
        """`sqs` is an Amazon SQS client."""
        self._sqs = sqs
        self._url = url

    def apply(self, update: Update, _: Callable[[], float], request: Request) -> Accepted:
        """Send the update. When this returns, the queue has it. Raises UpdateError.

        A call that the client retries within five minutes is in the queue once (Amazon SQS Developer Guide,
        "Exactly-once processing in Amazon SQS").
        """
        update_id = _update_id(update, request)
        body = write_message(update, update_id=update_id, request_id=request.id)
        trace = Trace(attempts=1, update_id=update_id)
        try:
            response = self._sqs.send_message(
                QueueUrl=self._url,
                MessageBody=body,
                MessageGroupId=message_group_id(update.contact_id),
                MessageDeduplicationId=update_id,
                **trace_attribute(request.trace_header),
            )
        except ClientError as error:
            trace = trace._replace(upstream_error=error_code(error.response))
        except (BotoCoreError, ResponseParserError) as error:
            trace = trace._replace(upstream_error=type(error).__name__)
        except Exception as error:
            trace = trace._replace(unexpected=error)
        else:
            if response.get("MessageId"):
                return Accepted(trace)
            trace = trace._replace(upstream_error="UnreadableAnswer")
        raise internal_error(trace)


def _update_id(update: Update, request: Request) -> str:
    """An id that is the same for each attempt of one call, and different for every other call."""
    named = request.named_call
    parts = [request.caller, named or request.own_call, update.operation.name, update.parameters]
    if named is None:
        # The log has all parts but the values: whoever reads it could guess them, and check the guess by the id.
        parts.append(_SECRET)
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16]))
