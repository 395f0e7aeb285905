"""An EventBridge rule sends a FIFO queue no deduplication id, and so reaches it with content-based deduplication only.

Without it SQS refuses the message, EventBridge drops it, and whoever put the event hears nothing of it (aws-cdk#36498).
A FIFO queue needs a message group, too (EventBridge API Reference, SqsParameters). The emulator makes up both.
"""

from __future__ import annotations

import logging
from typing import Any

from ministack.services import eventbridge, sqs

_logger = logging.getLogger("events")


def close() -> None:
    """Drop what SQS would refuse."""
    dispatch = eventbridge._dispatch_to_sqs

    def dispatched(target: Any, payload: str, sqs_parameters: dict[str, Any] | None = None) -> None:
        queue = sqs._queue_by_arn(str(target))
        if queue and queue.get("is_fifo") and not _is_complete(queue, sqs_parameters or {}):
            _logger.warning("dropped an event for %s: it lacks a message group or a deduplication id", target)
            return
        dispatch(target, payload, sqs_parameters)

    eventbridge._dispatch_to_sqs = dispatched


def _is_complete(queue: dict[str, Any], sqs_parameters: dict[str, Any]) -> bool:
    is_content_based = str(queue["attributes"].get("ContentBasedDeduplication")).lower() == "true"
    return is_content_based and bool(sqs_parameters.get("MessageGroupId"))
