"""Waits until the queue has rejected this run's updates, and deletes their dead letters and no others."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from connect_constructs.verify.rows import Accepted, Row

# While this run looks for its own dead letters, others in the queue are invisible; then they are made visible again.
_LOOK_SECONDS = 20
_HIDDEN_SECONDS = 60
_POLL_SECONDS = 15
_BATCH = 10

_THROUGH_THE_QUEUE = ", through queue"
_EXPECTED = "a dead letter: ResourceNotFoundException of Amazon Connect itself"
_NOT_YET = (
    "The update still waits, or is lost. It waits if Amazon Connect denies or throttles the function's calls or cannot "
    "be reached, or if the function does not run. The function's log has a line for each attempt, under the Update-Id. "
    "If the update is rejected later, its dead letter stays in the queue."
)
_OTHER_REASON = (
    "The update was rejected, but not because the contact is unknown to Amazon Connect. Either the function behind the "
    "queue is bound to another instance, or its log has the reason, under the Update-Id."
)
_NO_ACCESS = (
    "Your credentials need sqs:ReceiveMessage, sqs:DeleteMessage and sqs:ChangeMessageVisibility on the dead-letter "
    "queue, and kms:Decrypt if it has a KMS key. The dead letters stay in it."
)
_OTHER_REQUEST = "docs/queue.md promises that the dead letter's requestId is the x-amzn-RequestId of the answer."

Report = Callable[[str], None]
Letter = dict[str, Any]


class DeadLetterQueueError(Exception):
    """The dead-letter queue could not be read. The message can be shown to users as it is."""


class DeadLetterQueue:
    """The dead-letter queue. Only dead letters with given update ids are deleted."""

    def __init__(self, sqs: Any, queue: str, *, report: Report) -> None:
        """Find the queue. Raises DeadLetterQueueError.

        :param sqs: A boto3 client of Amazon SQS.
        :param queue: The queue's ARN or URL.
        """
        self._sqs = sqs
        self._report = report
        self._url = queue if not queue.startswith("arn:") else self._call("get_queue_url", **_name(queue))["QueueUrl"]

    def take(self, update_ids: set[str]) -> dict[str, Letter]:
        """Look once for the dead letters of these updates, and delete them. Returns them by update id.

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
                    # Long polling asks all of SQS's servers; without it, messages can be missed.
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
            hint = "; pass the queue's URL instead of its ARN to avoid this call" if method == "get_queue_url" else ""
            raise DeadLetterQueueError(f"the dead-letter queue: SQS answered {method} with {code}{hint}") from None
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
    """Wait until all accepted updates have been rejected or the time is up. Returns a row for each.

    :param accepted: By update id.
    :param own_text: This library's own message for something that it does not find, which differs from Amazon
        Connect's.
    """
    started = time.monotonic()
    taken: dict[str, tuple[Letter, float]] = {}
    while True:
        waiting = set(accepted) - taken.keys()
        try:
            found = queue.take(waiting)
        except DeadLetterQueueError as error:
            return [_row(update, str(error), False, _NO_ACCESS) for update in accepted.values()]
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
    # This run's updates contain no secrets, so neither does the reason.
    seen = f"after {_duration(seconds)}: {kind} {json.dumps(reason, ensure_ascii=False)}, deleted"
    if kind != "ResourceNotFoundException" or own_text is None or reason == own_text:
        return _row(update, seen, False, _OTHER_REASON)
    if letter.get("requestId") != update.request_id:
        return _row(update, f"{seen}; its requestId is a different one", False, _OTHER_REQUEST)
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
