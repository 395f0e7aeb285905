"""The messages that this execution environment has settled: applied, or sent to the dead-letter queue."""

from __future__ import annotations

from contact_updates.consumer.received import Received

# Half an hour at five updates a second; a message comes back after about five minutes.
_MAX_GROUPS = 10_000


class Settled:
    """Recognizes settled messages that come back because Lambda's response or SQS's delete was lost.

    SQS delivers a message only when those ahead of it in its group are deleted or in the same batch, and sequence
    numbers increase within a group (Amazon SQS Developer Guide, "FIFO queue delivery logic"; API Reference,
    "SendMessage"). So a message that is not newer than the newest settled one of its group was settled, too.
    """

    def __init__(self) -> None:
        # The group that was settled last is at the end.
        self._newest: dict[tuple[str, str], int] = {}

    def __contains__(self, message: Received) -> bool:
        return message.sequence_number <= self._newest.get(message.group, -1)

    def add(self, message: Received) -> None:
        """Record that `message` and all before it in its group are settled."""
        self._newest.pop(message.group, None)
        self._newest[message.group] = message.sequence_number
        if len(self._newest) > _MAX_GROUPS:
            del self._newest[next(iter(self._newest))]
