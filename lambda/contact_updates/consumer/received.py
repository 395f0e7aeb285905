"""Messages as Lambda passes them on, and which of them one call can apply."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from contact_updates.contract import violations
from contact_updates.log_line import identifier, trace_header
from contact_updates.outcome import UpdateError
from contact_updates.settings import Instance
from contact_updates.update import Update
from contact_updates.update_message import Rejection, UnreadableMessageError, parse_message, update_in

_MERGED_OPERATION = "UpdateContactAttributes"


class Received(NamedTuple):
    """One received message. It has either an update or a rejection."""

    # As in an SQS event of Lambda.
    record: dict[str, Any]
    update: Update | None
    rejection: Rejection | None
    # The ids that the caller got with the 202.
    update_id: str
    request_id: str | None
    # AWS X-Ray's, from the request that was accepted. A direct producer can send any.
    trace_header: str | None

    @property
    def id(self) -> str:
        message_id: str = self.record["messageId"]
        return message_id

    @property
    def group(self) -> tuple[str, str]:
        """The queue's ARN and the message group."""
        return self.record["eventSourceARN"], self.record["attributes"]["MessageGroupId"]

    @property
    def sequence_number(self) -> int:
        """It increases within a message group."""
        return int(self.record["attributes"]["SequenceNumber"])

    @property
    def sent_at(self) -> float:
        """When the queue received the message, in seconds since 1970."""
        return int(self.record["attributes"]["SentTimestamp"]) / 1000

    @property
    def receive_count(self) -> int:
        """How often the message has been received, including this time."""
        return int(self.record["attributes"]["ApproximateReceiveCount"])


def groups_of(records: Iterable[dict[str, Any]], instance: Instance) -> list[list[Received]]:
    """The messages by group. Those of one group must be processed in order."""
    groups: dict[str, list[Received]] = {}
    for record in records:
        groups.setdefault(record["attributes"]["MessageGroupId"], []).append(_received(record, instance))
    return list(groups.values())


def _received(record: dict[str, Any], instance: Instance) -> Received:
    fields: dict[str, Any] = {}
    update, rejection = None, None
    try:
        fields = parse_message(record["body"])
        update = update_in(fields, instance)
    except UnreadableMessageError as error:
        fields = error.fields
        rejection = Rejection(type="UnreadableMessage", reason=error.reason, public_reason=error.reason)
    except UpdateError as error:
        rejection = Rejection(type=error.error_type, reason=error.message, public_reason=error.message)
    return Received(
        record=record,
        update=update,
        rejection=rejection,
        # A direct producer can choose both.
        update_id=identifier(fields.get("updateId")) or record["messageId"],
        request_id=identifier(fields.get("requestId")),
        trace_header=trace_header(record["attributes"].get("AWSTraceHeader")),
    )


def merged_beginning(messages: Sequence[Received]) -> tuple[int, Update | None]:
    """How many of the first messages one call can apply, and the update that does so.

    Consecutive updates of one contact's attributes are merged as far as the contract allows. Later values win. The
    update is None if the first message has none.
    """
    merged = messages[0].update
    count = 1
    if merged is not None:
        for message in messages[1:]:
            both = _merged(merged, message.update)
            if both is None:
                break
            merged, count = both, count + 1
    return count, merged


def _merged(first: Update, second: Update | None) -> Update | None:
    if second is None or not first.operation.name == second.operation.name == _MERGED_OPERATION:
        return None
    if first.contact_id != second.contact_id:
        return None
    attributes = {**first.parameters["Attributes"], **second.parameters["Attributes"]}
    parameters = {**first.parameters, "Attributes": attributes}
    # Together they may be too large for one call.
    if violations(first.operation, parameters):
        return None
    return Update(operation=first.operation, parameters=parameters)
