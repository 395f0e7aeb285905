"""The scenarios: what can happen to a queue, and worse."""

from __future__ import annotations

from typing import Any

from tests.attack.event_source import Weather
from tests.attack.network import Call, Fault, Faults, ServiceError
from tests.attack.scenario import Scenario, refuse_marked
from tests.attack.updates import CONTACT_IDS
from tests.sqs_fifo import DAY

THROTTLES = [
    Fault("error", error=ServiceError(429, "ThrottlingException", "Rate exceeded")),
    Fault("error", error=ServiceError(429, "TooManyRequestsException", "Rate exceeded")),
    Fault("error", error=ServiceError(429, None)),
]
FAULT_500 = Fault("error", error=ServiceError(500, "InternalServiceException", "internal"))
FAULT_503 = Fault("error", error=ServiceError(503, None))
DENIED = Fault("error", error=ServiceError(403, "AccessDeniedException", "not authorized"))
EXPIRED_TOKEN = Fault("error", error=ServiceError(403, "ExpiredTokenException", "expired"))
CONFLICT = Fault("error", error=ServiceError(409, "ConflictException", "conflict"))
UNKNOWN = Fault("error", error=ServiceError(418, "TeapotException", "unknown"))
RESET, RESET_AFTER = Fault("reset"), Fault("reset", applied=True)
HANG, HANG_AFTER = Fault("hang"), Fault("hang", applied=True)
UNREACHABLE = Fault("unreachable")
KILLED, KILLED_AFTER = Fault("killed"), Fault("killed", applied=True)


def sometimes(share: float, *faults: Fault, service: str | None = "connect", until: float = 600) -> Faults:
    """A share of the requests to `service`, None for all, gets one of the faults for the first `until` seconds."""

    def suffers(call: Call) -> Fault | None:
        if service in (None, call.service) and call.at < until and call.rng.random() < share:
            return call.rng.choice(faults)
        return None

    return suffers


def always(fault: Fault, *, service: str = "connect", until: float = 600) -> Faults:
    """All requests to `service` get the fault for the first `until` seconds."""
    return sometimes(1, fault, service=service, until=until)


def first_of(*several: Faults) -> Faults:
    """The first fault that any of them has for a request."""
    return lambda call: next((fault for faults in several if (fault := faults(call))), None)


def _of_one_contact(fault: Fault, until: float) -> Faults:
    def suffers(call: Call) -> Fault | None:
        ids = (call.parameters.get("InitialContactId"), call.parameters.get("ContactId"))
        return fault if CONTACT_IDS[0] in ids and call.at < until else None

    return suffers


def _of_visibility(fault: Fault, until: float = 3_600) -> Faults:
    def suffers(call: Call) -> Fault | None:
        return fault if call.operation == "ChangeMessageVisibilityBatch" and call.at < until else None

    return suffers


def _refuse_until(healed_at: float) -> Any:
    return lambda operation, parameters, at: refuse_marked(operation, parameters, at) if at < healed_at else None


def _denies_contacts(operation: str, parameters: dict[str, Any], at: float) -> ServiceError | None:
    """The role of a queue for attribute updates only may not call UpdateContact."""
    if operation == "UpdateContact":
        return ServiceError(403, "AccessDeniedException", "not authorized")
    return refuse_marked(operation, parameters, at)


SCENARIOS = [
    Scenario(name="calm", through_endpoint=0.5, prompt_seconds=90),
    Scenario(name="merged bursts", mean_burst=20, seconds=10, details=0.05, updates=240, prompt_seconds=60),
    Scenario(name="unmerged bursts", mean_burst=12, environment={"MERGE_UPDATES": "false"}, prompt_seconds=120),
    Scenario(name="calls sent again", through_endpoint=1, resent=0.4),
    Scenario(
        name="lost answers to producers",
        through_endpoint=1,
        faults=sometimes(0.2, RESET, RESET_AFTER, FAULT_503, service="queue"),
    ),
    Scenario(name="long values", value_sizes=(0, 2_000, 5_000)),
    # -- Amazon Connect
    Scenario(name="the quota shared with others", calls_of_others=9),
    Scenario(name="throttles of each form", faults=sometimes(0.4, *THROTTLES)),
    Scenario(name="an outage of ten minutes", faults=sometimes(1, FAULT_500, FAULT_503)),
    Scenario(name="hanging calls", faults=sometimes(0.3, HANG, HANG_AFTER)),
    Scenario(name="all calls hang for ten minutes", faults=always(HANG)),
    Scenario(name="unreachable", faults=always(UNREACHABLE)),
    Scenario(name="resets before and after", faults=sometimes(0.4, RESET, RESET_AFTER)),
    Scenario(name="slow answers", faults=sometimes(0.5, Fault("slow", seconds=7))),
    Scenario(
        name="denied, expired, conflicts, unknown", faults=sometimes(0.6, DENIED, EXPIRED_TOKEN, CONFLICT, UNKNOWN)
    ),
    Scenario(
        name="one contact held up for an hour",
        seconds=5,
        faults=_of_one_contact(CONFLICT, 3_600),
        is_troubled=lambda update: update.contact_id == CONTACT_IDS[0],
        prompt_seconds=90,
    ),
    Scenario(
        name="one contact hangs for an hour",
        updates=60,
        seconds=600,
        faults=_of_one_contact(HANG, 3_600),
        is_troubled=lambda update: update.contact_id == CONTACT_IDS[0],
        prompt_seconds=300,
    ),
    Scenario(name="jitter in delivery", jitter_seconds=0.09, updates=240, contacts=60, mean_burst=1, seconds=10),
    # -- rejections
    Scenario(name="invalid parameters", troubles={"invalid": 0.15}, prompt_seconds=120),
    Scenario(name="refused updates", troubles={"refused": 0.1}),
    Scenario(name="missing contacts", troubles={"missing": 0.2}, prompt_seconds=90),
    Scenario(name="new contacts", new_contacts=0.7),
    Scenario(name="new contacts and refused updates", new_contacts=0.5, troubles={"refused": 0.1, "missing": 0.1}),
    Scenario(
        name="unreadable messages",
        troubles={"unreadable": 0.3},
        mean_burst=8,
        is_troubled=lambda _: False,
        prompt_seconds=120,
    ),
    Scenario(
        name="unreadable messages, and EventBridge hangs",
        troubles={"unreadable": 0.5},
        mean_burst=8,
        updates=80,
        faults=always(HANG, service="events", until=7_200),
        publishes_all=False,
        hours=1,
    ),
    Scenario(
        name="unreadable messages, and the dead-letter queue hangs",
        troubles={"unreadable": 0.4},
        mean_burst=8,
        updates=80,
        faults=always(HANG, service="dead letters", until=1_200),
        rate_bound=None,
    ),
    Scenario(
        name="the dead-letter queue's answers are lost",
        troubles={"invalid": 0.2},
        faults=always(HANG_AFTER, service="dead letters", until=3_000),
        dead_letters_once=False,
    ),
    Scenario(
        name="the dead-letter queue's answers are reset now and then",
        troubles={"invalid": 0.2},
        # All attempts are within five minutes after the first.
        faults=sometimes(0.5, RESET_AFTER, service="dead letters", until=120),
    ),
    Scenario(
        name="the dead-letter queue fails",
        troubles={"invalid": 0.1, "missing": 0.1, "unreadable": 0.1},
        faults=sometimes(0.8, DENIED, FAULT_500, UNREACHABLE, service="dead letters", until=1_800),
    ),
    Scenario(
        name="EventBridge fails",
        troubles={"invalid": 0.2},
        faults=sometimes(0.7, DENIED, RESET, service="events"),
        publishes_all=False,
    ),
    Scenario(
        name="what a queue of attributes does not have",
        troubles={"foreign": 0.15},
        details=0,
        verdict=_denies_contacts,
        environment={"OPERATIONS": "UpdateContactAttributes"},
    ),
    Scenario(
        name="what expires after twelve days",
        updates=12,
        contacts=3,
        faults=always(CONFLICT, until=12.5 * DAY),
        also_rejected=lambda _: True,
        hours=13 * 24,
    ),
    Scenario(
        name="dead letters moved back",
        troubles={"refused": 0.1, "invalid": 0.1},
        redrive_at=3_600,
        healed_at=3_000,
        verdict=_refuse_until(3_000),
    ),
    # -- executions, the event source, SQS
    Scenario(
        name="killed at any call",
        may_be_killed=True,
        troubles={"invalid": 0.1},
        faults=sometimes(0.15, KILLED, KILLED_AFTER, service=None),
        rate_bound=None,
        publishes_all=False,
        dead_letters_once=False,
    ),
    Scenario(
        name="killed by the timeout",
        may_be_killed=True,
        faults=sometimes(0.1, Fault("drip", seconds=60), HANG),
        mean_burst=10,
        details=1,
        rate_bound=None,
    ),
    Scenario(name="late batches", weather=Weather(late=0.4, late_seconds=200), rate_bound=None),
    Scenario(
        name="lost answers of the function",
        weather=Weather(lost_answers=0.3),
        troubles={"invalid": 0.1},
        dead_letters_once=False,
    ),
    Scenario(
        name="lost deletes within one environment",
        weather=Weather(lost_deletes=0.1),
        maximum_concurrency=1,
        seconds=1_200,
    ),
    Scenario(
        name="lost deletes",
        weather=Weather(lost_deletes=0.1, recycled=0.3),
        troubles={"invalid": 0.1},
        seconds=1_200,
        may_be_stale=True,
        dead_letters_once=False,
    ),
    Scenario(name="visibility cannot be set", faults=first_of(_of_visibility(DENIED), sometimes(0.4, FAULT_500))),
    Scenario(name="setting the visibility hangs", faults=first_of(_of_visibility(HANG), sometimes(0.4, FAULT_500))),
    Scenario(
        name="all at once",
        may_be_killed=True,
        updates=160,
        troubles={"refused": 0.05, "invalid": 0.05, "missing": 0.05, "unreadable": 0.05},
        new_contacts=0.3,
        through_endpoint=0.3,
        resent=0.2,
        calls_of_others=5,
        jitter_seconds=0.2,
        weather=Weather(late=0.1, late_seconds=100, lost_answers=0.05, recycled=0.2),
        faults=first_of(
            sometimes(0.02, KILLED, KILLED_AFTER, service=None),
            sometimes(0.1, *THROTTLES, FAULT_500, HANG_AFTER, RESET_AFTER, UNREACHABLE, CONFLICT),
            sometimes(0.2, HANG_AFTER, RESET_AFTER, FAULT_503, service="dead letters"),
            sometimes(0.2, RESET, DENIED, HANG, service="events"),
        ),
        rate_bound=None,
        publishes_all=False,
        dead_letters_once=False,
    ),
]
