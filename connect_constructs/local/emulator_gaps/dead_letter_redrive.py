"""SQS can redrive dead letters (StartMessageMoveTask). The emulator lacks the call."""

from __future__ import annotations

import time
import uuid
from typing import Any

from ministack.services import sqs

# The tasks started so far, newest first.
_tasks: list[dict[str, Any]] = []


def close() -> None:
    """Add the two calls to the emulator's SQS."""
    sqs._HANDLERS["StartMessageMoveTask"] = _start_message_move_task
    sqs._HANDLERS["ListMessageMoveTasks"] = _list_message_move_tasks


def _start_message_move_task(data: dict[str, Any], _: str) -> dict[str, Any]:
    """Move all visible messages of a dead-letter queue before returning."""
    source = _queue(data.get("SourceArn", ""))
    task = {
        "TaskHandle": str(uuid.uuid4()),
        "SourceArn": data["SourceArn"],
        "StartedTimestamp": int(time.time() * 1000),
        "Status": "COMPLETED",
        "ApproximateNumberOfMessagesMoved": 0,
        "ApproximateNumberOfMessagesToMove": len(source["messages"]),
    }
    if data.get("DestinationArn"):
        task["DestinationArn"] = data["DestinationArn"]
    _tasks.insert(0, task)
    for message in [message for message in source["messages"] if message["visible_at"] <= time.time()]:
        # Only messages that SQS itself moved there know their source queue.
        destination_arn = data.get("DestinationArn") or message.get("sys", {}).get("DeadLetterQueueSourceArn")
        if not destination_arn:
            task.update(Status="FAILED", FailureReason="CouldNotDetermineMessageSource")
            break
        url = _queue(destination_arn)["url"]
        sent = {"QueueUrl": url, "MessageBody": message["body"], "MessageAttributes": message["message_attributes"]}
        if message["group_id"]:
            sent.update(MessageGroupId=message["group_id"], MessageDeduplicationId=str(uuid.uuid4()))
        sqs._act_send_message(sent, url)
        source["messages"].remove(message)
        task["ApproximateNumberOfMessagesMoved"] += 1
    return {"TaskHandle": task["TaskHandle"]}


def _list_message_move_tasks(data: dict[str, Any], _: str) -> dict[str, Any]:
    found = [task for task in _tasks if task["SourceArn"] == data.get("SourceArn")]
    return {"Results": found[: int(data.get("MaxResults", 1))]}


def _queue(arn: str) -> dict[str, Any]:
    queue: dict[str, Any] | None = sqs._queue_by_arn(arn)
    if queue is None:
        raise sqs._Err("ResourceNotFoundException", "The resource that you specified for the SourceArn doesn't exist.")
    return queue
