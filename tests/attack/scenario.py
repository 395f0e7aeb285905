"""What a scenario can say."""

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
    """Amazon Connect's verdict on attributes that are marked for it. Its texts repeat what was sent."""
    attributes = parameters.get("Attributes", {})
    if "refused" in attributes:
        return ServiceError(400, "InvalidRequestException", f"Not allowed: {attributes['refused']}")
    if "invalid" in attributes:
        return ServiceError(400, "InvalidParameterException", f"Not allowed: {attributes['invalid']}")
    return None


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What is sent, what fails meanwhile, and what of the promise holds all the same."""

    name: str
    faults: Faults = lambda _: None
    weather: Weather = field(default_factory=Weather)
    verdict: Verdict = refuse_marked

    updates: int = 120
    contacts: int = 8
    # Over which the updates arrive, in bursts of this mean length.
    seconds: float = 60
    mean_burst: int = 4
    # The share of UpdateContact.
    details: float = 0.3
    # The shares of refused, invalid, unreadable, missing (contacts that do not exist) and foreign updates.
    troubles: Mapping[str, float] = field(default_factory=dict)
    # Of contacts that Amazon Connect does not know everywhere for up to 290 seconds.
    new_contacts: float = 0
    # The share that comes through the endpoint, and of calls that are sent again although they were answered.
    through_endpoint: float = 0
    resent: float = 0
    value_sizes: Sequence[int] = (0,)
    # The calls a second of each operation that others make.
    calls_of_others: float = 0
    jitter_seconds: float = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    maximum_concurrency: int = 2
    # When the dead letters are moved back, in seconds; what comes after `healed_at` is not rejected.
    redrive_at: float | None = None
    healed_at: float = float("inf")

    # By when all is done.
    hours: float = 3
    # Whether a fault kills executions. Otherwise none runs into its timeout.
    may_be_killed: bool = False
    # The most calls in any two seconds. None where executions are killed: the next one does not know of their calls.
    rate_bound: int | None = 14
    # By when the updates of contacts without trouble are done.
    prompt_seconds: float | None = None
    # Limits that docs/queue.md names.
    dead_letters_once: bool = True
    may_be_stale: bool = False
    announces_all: bool = True
    # The updates that are rejected, beside those with a trouble.
    also_rejected: Callable[[Update], bool] = lambda _: False
    # The updates that may wait.
    is_troubled: Callable[[Update], bool] = lambda update: update.trouble is not None

    def is_rejected(self, update: Update, sent_at: float) -> bool:
        """Whether the update, sent at that second of the run, has to be rejected."""
        return (update.trouble is not None and sent_at < self.healed_at) or self.also_rejected(update)
