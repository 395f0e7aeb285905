"""The handler's settings. The constructs set them as environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Instance(NamedTuple):
    """The bound instance."""

    # `arn:{partition}:connect:{region}:{account}:instance/{id}`
    arn: str

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def region(self) -> str:
        """The instance's Region, which can differ from the function's."""
        return self.arn.split(":")[3]


class EndpointSettings(NamedTuple):
    """What callers may do with the instance, and where their updates go."""

    instance: Instance
    # The attribute keys that callers may write; None means all.
    allowed_attributes: frozenset[str] | None = None
    # The members of UpdateContact that callers may write, such as `Name` or `References.Ticket`; None means all.
    allowed_members: frozenset[str] | None = None
    # The origins whose pages may call from a browser; `*` means all.
    allow_origins: frozenset[str] = frozenset()
    # The queue that accepts the updates; None means that Amazon Connect is called directly.
    queue_url: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> EndpointSettings:
        """Read INSTANCE_ARN and, if set, QUEUE_URL.

        Also, if set, the comma-separated lists ALLOWED_ATTRIBUTES, ALLOWED_MEMBERS and ALLOW_ORIGINS.
        """
        attributes, members = environment.get("ALLOWED_ATTRIBUTES"), environment.get("ALLOWED_MEMBERS")
        return cls(
            instance=Instance(environment["INSTANCE_ARN"]),
            allowed_attributes=None if attributes is None else _items(attributes),
            allowed_members=None if members is None else _items(members),
            allow_origins=_items(environment.get("ALLOW_ORIGINS", "")),
            queue_url=environment.get("QUEUE_URL"),
        )


class ConsumerSettings(NamedTuple):
    """Where the consumer's updates come from and go to, and how fast."""

    instance: Instance
    queue_url: str
    dead_letter_queue_url: str
    # The least time from the start of one call to the next in one execution: together all executions keep the set rate.
    seconds_per_call: float
    # Whether consecutive attribute updates of one contact become one call.
    merge_updates: bool = True
    # The event bus to which rejections are published; None means that they are not.
    event_bus_name: str | None = None
    # The names of the operations that the function's role may call; None means all.
    operations: frozenset[str] | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> ConsumerSettings:
        """Read INSTANCE_ARN, QUEUE_URL, DEAD_LETTER_QUEUE_URL and SECONDS_PER_CALL.

        If set, also MERGE_UPDATES, EVENT_BUS_NAME and OPERATIONS (comma-separated).
        """
        operations = environment.get("OPERATIONS")
        return cls(
            instance=Instance(environment["INSTANCE_ARN"]),
            queue_url=environment["QUEUE_URL"],
            dead_letter_queue_url=environment["DEAD_LETTER_QUEUE_URL"],
            seconds_per_call=float(environment["SECONDS_PER_CALL"]),
            merge_updates=environment.get("MERGE_UPDATES") != "false",
            event_bus_name=environment.get("EVENT_BUS_NAME"),
            operations=None if operations is None else _items(operations),
        )


def _items(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))
