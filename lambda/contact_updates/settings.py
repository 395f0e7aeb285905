"""What the constructs tell the handler, through environment variables."""

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
        """The instance's Region, which need not be the function's."""
        return self.arn.split(":")[3]


class EndpointSettings(NamedTuple):
    """What callers may do with the instance, and where their updates go."""

    instance: Instance
    # The attribute keys that callers may write; None stands for all.
    allowed_attributes: frozenset[str] | None = None
    # The origins whose pages may call from a browser; `*` stands for all.
    allow_origins: frozenset[str] = frozenset()
    # The queue that accepts the updates; None if Amazon Connect is called at once.
    queue_url: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> EndpointSettings:
        """Read INSTANCE_ARN and, where present, ALLOWED_ATTRIBUTES, ALLOW_ORIGINS (lists with commas) and QUEUE_URL."""
        allowed = environment.get("ALLOWED_ATTRIBUTES")
        return cls(
            instance=Instance(environment["INSTANCE_ARN"]),
            allowed_attributes=None if allowed is None else _items(allowed),
            allow_origins=_items(environment.get("ALLOW_ORIGINS", "")),
            queue_url=environment.get("QUEUE_URL"),
        )


class ConsumerSettings(NamedTuple):
    """Where the consumer's updates come from and go to, and how fast."""

    instance: Instance
    queue_url: str
    dead_letter_queue_url: str
    # How long each call keeps its execution from the next one, so that all executions together keep to the set rate.
    seconds_per_call: float
    # Whether consecutive attribute updates of one contact become one call.
    merge_updates: bool = True
    # The event bus to which rejections are published; None if they are not.
    event_bus_name: str | None = None
    # The names of the operations that the function's role may call; None stands for all.
    operations: frozenset[str] | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> ConsumerSettings:
        """Read INSTANCE_ARN, QUEUE_URL, DEAD_LETTER_QUEUE_URL, SECONDS_PER_CALL.

        Where present, also MERGE_UPDATES, EVENT_BUS_NAME and OPERATIONS (a list with commas).
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
