"""What this execution environment has settled: applied in Amazon Connect, or sent to the dead-letter queue."""

from __future__ import annotations

from contact_updates.consumer.received import Received

# Half an hour's worth at the pace of five updates a second; a message comes back after some five minutes.
_MAX_GROUPS = 10_000


class Settled:
    """Knows messages that come back although they were settled: Lambda's answer or SQS's delete was lost.

    SQS hands out no message of a group before those ahead of it are deleted or in the same batch, and a group's
    sequence numbers increase (Amazon SQS Developer Guide, "FIFO queue delivery logic"; API Reference, "SendMessage").
    So whatever is not newer than the newest settled message of its group was settled, too.
    """

    def __init__(self) -> None:
        # Those that were settled last are at the end.
        self._newest: dict[tuple[str, str], int] = {}

    def __contains__(self, message: Received) -> bool:
        return message.sequence_number <= self._newest.get(message.group, -1)

    def add(self, message: Received) -> None:
        """Note that `message`, and all of its group before it, are settled."""
        self._newest.pop(message.group, None)
        self._newest[message.group] = message.sequence_number
        if len(self._newest) > _MAX_GROUPS:
            del self._newest[next(iter(self._newest))]
