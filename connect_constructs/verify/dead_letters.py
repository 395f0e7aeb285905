"""Waits until the queue has rejected this run's updates, and takes away their dead letters, and no others."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from connect_constructs.verify.rows import Accepted, Row

# Other dead letters that are in the way are invisible for the seconds that one look takes, then visible again.
_LOOK_SECONDS = 20
_HIDDEN_SECONDS = 60
_POLL_SECONDS = 15
_BATCH = 10

_THROUGH_THE_QUEUE = ", through queue"
_EXPECTED = "a dead letter: ResourceNotFoundException of Amazon Connect itself"
_NOT_YET = (
    "The update still waits, or is nowhere. It waits where Amazon Connect denies or throttles the function's calls, or "
    "cannot be reached, and where the function does not run: its log has a line for each attempt, under the Update-Id. "
    "When it is rejected later, its dead letter stays in the queue."
)
_OTHER_REASON = (
    "The update was rejected, but not because Amazon Connect does not know the contact: the function behind the queue "
    "is bound to another instance, or its log has the reason under the Update-Id."
)
_NOT_LOOKED = (
    "Your credentials need sqs:ReceiveMessage, sqs:DeleteMessage and sqs:ChangeMessageVisibility on the dead-letter "
    "queue, and kms:Decrypt if it has a key. The dead letters stay there."
)
_OTHER_REQUEST = "docs/queue.md promises that the dead letter's requestId is the x-amzn-RequestId of the answer."

Report = Callable[[str], None]
Letter = dict[str, Any]


class DeadLetterQueueError(Exception):
    """The dead-letter queue could not be looked into. The message is meant to be shown as it is."""


class DeadLetterQueue:
    """The queue's dead letters, of which only those with given update ids are touched."""

    def __init__(self, sqs: Any, queue: str, *, report: Report) -> None:
        """Find the queue. Raises DeadLetterQueueError.

        :param sqs: A boto3 client of Amazon SQS.
        :param queue: The queue's ARN or URL.
        """
        self._sqs = sqs
        self._report = report
        self._url = queue if not queue.startswith("arn:") else self._call("get_queue_url", **_name(queue))["QueueUrl"]

    def take(self, update_ids: set[str]) -> dict[str, Letter]:
        """One look for dead letters of these updates: they are deleted and returned, by update id.

        All others are visible again when this returns. Raises DeadLetterQueueError.
        """
        taken: dict[str, Letter] = {}
        others: list[str] = []
        deadline = time.monotonic() + _LOOK_SECONDS
        try:
            while update_ids - taken.keys() and time.monotonic() < deadline:
                received = self._call(
                    "receive_message",
                    MaxNumberOfMessages=_BATCH,
                    VisibilityTimeout=_HIDDEN_SECONDS,
                    # Asks all of SQS's servers: without it, a message can be missed.
                    WaitTimeSeconds=1,
                ).get("Messages", [])
                if not received:
                    break
                others += [message["ReceiptHandle"] for message in received]
                for message in received:
                    letter = _letter(message["Body"])
                    if letter.get("updateId") in update_ids:
                        self._call("delete_message", ReceiptHandle=message["ReceiptHandle"])
                        others.remove(message["ReceiptHandle"])
                        taken[letter["updateId"]] = letter
        finally:
            self._show_again(others)
        return taken

    def _show_again(self, receipt_handles: list[str]) -> None:
        failed = 0
        for start in range(0, len(receipt_handles), _BATCH):
            entries = [
                {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for number, handle in enumerate(receipt_handles[start : start + _BATCH])
            ]
            try:
                answer = self._call("change_message_visibility_batch", Entries=entries)
            except DeadLetterQueueError:
                failed += len(entries)
            else:
                failed += len(answer.get("Failed", []))
        if failed:
            self._report(
                f"{failed} other dead letters are visible again only after {_HIDDEN_SECONDS} s: the permission "
                "sqs:ChangeMessageVisibility brings them back at once"
            )

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        if method != "get_queue_url":
            parameters["QueueUrl"] = self._url
        try:
            answer: dict[str, Any] = getattr(self._sqs, method)(**parameters)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            hint = "; with its URL instead of its ARN, this call is not needed" if method == "get_queue_url" else ""
            raise DeadLetterQueueError(f"the dead-letter queue: SQS answers {method} with {code}{hint}") from None
        except BotoCoreError as error:
            raise DeadLetterQueueError(f"the dead-letter queue: {method} failed: {type(error).__name__}") from None
        return answer


def rows_of_dead_letters(
    queue: DeadLetterQueue,
    accepted: Mapping[str, Accepted],
    *,
    own_text: str | None,
    timeout_seconds: float,
    report: Report,
) -> list[Row]:
    """A row for each accepted update, when all of them have been rejected or the time is over.

    :param accepted: By update id.
    :param own_text: What this library itself says of what it does not find; Amazon Connect's text is another.
    """
    started = time.monotonic()
    taken: dict[str, tuple[Letter, float]] = {}
    while True:
        waiting = set(accepted) - taken.keys()
        try:
            found = queue.take(waiting)
        except DeadLetterQueueError as error:
            return [_row(update, str(error), False, _NOT_LOOKED) for update in accepted.values()]
        seconds = time.monotonic() - started
        taken.update({update_id: (letter, seconds) for update_id, letter in found.items()})
        missing = len(accepted) - len(taken)
        if not missing or seconds >= timeout_seconds:
            break
        report(f"{_duration(seconds)}: {missing} of {len(accepted)} updates still wait")
        time.sleep(min(_POLL_SECONDS, timeout_seconds - seconds))
    return [
        _judged(update, *taken[update_id], own_text=own_text)
        if update_id in taken
        else _row(update, f"no dead letter within {_duration(timeout_seconds)}", False, _NOT_YET)
        for update_id, update in accepted.items()
    ]


def _judged(update: Accepted, letter: Letter, seconds: float, *, own_text: str | None) -> Row:
    rejection = letter.get("rejection")
    rejection = rejection if isinstance(rejection, dict) else {}
    kind, reason = rejection.get("type"), rejection.get("reason")
    # The values of this run's updates are no secret, and so neither is the reason.
    seen = f"after {_duration(seconds)}: {kind} {json.dumps(reason, ensure_ascii=False)}, deleted"
    if kind != "ResourceNotFoundException" or own_text is None or reason == own_text:
        return _row(update, seen, False, _OTHER_REASON)
    if letter.get("requestId") != update.request_id:
        return _row(update, f"{seen}; its requestId is another", False, _OTHER_REQUEST)
    return _row(update, seen, True, "")


def _row(update: Accepted, seen: str, passed: bool, meaning: str) -> Row:
    return Row(f"{update.row}{_THROUGH_THE_QUEUE}", _EXPECTED, seen, passed, meaning)


def _duration(seconds: float) -> str:
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def _letter(body: str) -> Letter:
    try:
        letter = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return letter if isinstance(letter, dict) and isinstance(letter.get("updateId"), str) else {}


def _name(arn: str) -> dict[str, str]:
    _, _, name = arn.rpartition(":")
    return {"QueueName": name, "QueueOwnerAWSAccountId": arn.split(":")[4]}
