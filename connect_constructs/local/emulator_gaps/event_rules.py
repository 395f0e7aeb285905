"""An EventBridge rule can send to a queue only if SQS accepts the message.

A rule sends no deduplication id, so it can send to a FIFO queue only if that has content-based deduplication
(aws-cdk#36498), and only with a message group (EventBridge API Reference, SqsParameters). The queue's policy must allow
the rule, even in the same account (re:Post knowledge centre, "Why is the EventBridge rule … failing to invoke its
target?"), unless the target names a role. Otherwise EventBridge drops the event without telling its sender. The
emulator makes up a deduplication id and a group, and evaluates no policy.
"""

from __future__ import annotations

import logging
from typing import Any

from ministack.services import eventbridge, sqs

_logger = logging.getLogger("events")


def close() -> None:
    """Drop events that SQS would refuse."""
    invoke = eventbridge._invoke_target

    def invoked(target: dict[str, Any], event: Any, rule: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        reason = _refusal(target, rule)
        if reason:
            _logger.warning("dropped an event for %s: %s", target["Arn"], reason)
            return None
        return invoke(target, event, rule, *arguments, **options)

    eventbridge._invoke_target = invoked


def _refusal(target: dict[str, Any], rule: dict[str, Any]) -> str | None:
    """Why SQS would refuse the message. None if it would accept it, or if the target is not a queue."""
    queue = sqs._queue_by_arn(target.get("Arn", ""))
    if queue is None:
        return None
    if queue.get("is_fifo"):
        if str(queue["attributes"].get("ContentBasedDeduplication")).lower() != "true":
            return "it has no deduplication id, and the queue derives none from the content"
        if not (target.get("SqsParameters") or {}).get("MessageGroupId"):
            return "it has no message group"
    account = rule["Arn"].split(":")[4]
    is_allowed = target.get("RoleArn") or sqs.queue_policy_allows(
        target["Arn"], "events.amazonaws.com", rule["Arn"], account
    )
    return None if is_allowed else "the queue's policy does not allow the rule"
