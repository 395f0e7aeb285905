"""A scenario: what is sent, what fails, and what still has to hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.attack.event_source import Weather
from tests.attack.network import Faults, ServiceError

if TYPE_CHECKING:
    from tests.attack.updates import Update

Verdict = Callable[[str, dict[str, Any], float], ServiceError | None]


def refuse_marked(operation: str, parameters: dict[str, Any], at: float) -> ServiceError | None:
    """Amazon Connect refuses attributes that are marked for it. Its texts repeat what was sent."""
    attributes = parameters.get("Attributes", {})
    if "refused" in attributes:
        return ServiceError(400, "InvalidRequestException", f"Not allowed: {attributes['refused']}")
    if "invalid" in attributes:
        return ServiceError(400, "InvalidParameterException", f"Not allowed: {attributes['invalid']}")
    return None


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What is sent, what fails, and which parts of the promise still hold."""

    name: str
    faults: Faults = lambda _: None
    weather: Weather = field(default_factory=Weather)
    verdict: Verdict = refuse_marked

    updates: int = 120
    contacts: int = 8
    # The time over which the updates arrive, and the mean length of the bursts.
    seconds: float = 60
    mean_burst: int = 4
    # The share of UpdateContact.
    details: float = 0.3
    # The shares of updates that are refused, invalid, unreadable, missing (for contacts that do not exist) or foreign.
    troubles: Mapping[str, float] = field(default_factory=dict)
    # The share of contacts that take up to 290 seconds to propagate.
    new_contacts: float = 0
    # The share of updates that come through the endpoint, and of calls that are retried although they were answered.
    through_endpoint: float = 0
    resent: float = 0
    value_sizes: Sequence[int] = (0,)
    # How many calls a second others make of each operation.
    calls_of_others: float = 0
    jitter_seconds: float = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    maximum_concurrency: int = 2
    # When the dead letters are moved back, in seconds. Nothing that arrives after `healed_at` is rejected.
    redrive_at: float | None = None
    healed_at: float = float("inf")

    # Everything must be done by then.
    hours: float = 3
    # Whether faults kill executions. Otherwise none may run into its timeout.
    may_be_killed: bool = False
    # The most calls in any two seconds. None if executions are killed, as the next one does not know of their calls.
    rate_bound: int | None = 14
    # Updates of contacts without trouble must be done by then.
    prompt_seconds: float | None = None
    # Limits of the promise, as in docs/queue.md.
    dead_letters_once: bool = True
    may_be_stale: bool = False
    publishes_all: bool = True
    # The updates that are rejected, in addition to those with a trouble.
    also_rejected: Callable[[Update], bool] = lambda _: False
    # The updates that may have to wait.
    is_troubled: Callable[[Update], bool] = lambda update: update.trouble is not None

    def is_rejected(self, update: Update, sent_at: float) -> bool:
        """Whether the update, sent at that second of the run, must be rejected."""
        return (update.trouble is not None and sent_at < self.healed_at) or self.also_rejected(update)
