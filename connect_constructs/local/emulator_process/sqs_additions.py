"""What the emulator's SQS lacks: moving dead letters, and the permissions of batch calls."""

from __future__ import annotations

import time
import uuid
from typing import Any

from ministack.core import iam_actions
from ministack.services import sqs

# What StartMessageMoveTask has done, newest first.
_tasks: list[dict[str, Any]] = []


def add_to_sqs() -> None:
    """Let the emulator's SQS do it."""
    sqs._HANDLERS["StartMessageMoveTask"] = _start_message_move_task
    sqs._HANDLERS["ListMessageMoveTasks"] = _list_message_move_tasks
    _name_actions_of_batches()


def _name_actions_of_batches() -> None:
    """A batch call needs the permission of the single call (SQS Developer Guide, "Amazon SQS API permissions")."""
    extract = iam_actions.extract_iam_action

    def extract_iam_action(service: str, *arguments: Any, **options: Any) -> Any:
        action = extract(service, *arguments, **options)
        return action.removesuffix("Batch") if service == "sqs" and isinstance(action, str) else action

    iam_actions.extract_iam_action = extract_iam_action


def _start_message_move_task(data: dict[str, Any], _: str) -> dict[str, Any]:
    """Move the visible messages of a dead-letter queue, all of them before the answer."""
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
        # Only what SQS itself has put there knows where it came from.
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
