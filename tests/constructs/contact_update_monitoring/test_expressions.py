"""The alarms' expressions, computed for queues in trouble and for queues without any."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk.assertions import Template

from tests.constructs.contact_update_monitoring.monitoring_stacks import alarms_of, new_monitoring

# The values in one period; None where SQS reports none.
Values = dict[str, float | None]


@pytest.fixture(scope="module")
def alarms() -> dict[str, dict[str, Any]]:
    return alarms_of(Template.from_stack(new_monitoring("queue").dashboard.stack))


def value_of(expression: str, values: Values) -> float:
    """What metric math makes of one period (Amazon CloudWatch User Guide, "Metric math syntax and functions")."""
    functions: dict[str, Any] = {
        "FILL": lambda value, filler: filler if value is None else value,
        "IF": lambda condition, then, otherwise: then if condition else otherwise,
    }
    value: float = eval(expression, {"__builtins__": {}}, {**functions, **values})  # noqa: S307 - our own expressions
    return value


def is_on(alarm: dict[str, Any], periods: list[Values]) -> bool:
    """Whether the figure is above the threshold in as many of the newest periods as the alarm demands."""
    expression: str = alarm["Metrics"][0]["Expression"]
    count: int = alarm["EvaluationPeriods"]
    demanded: int = alarm.get("DatapointsToAlarm", count)
    above: list[bool] = [value_of(expression, values) > alarm["Threshold"] for values in periods[-count:]]
    return sum(above) >= demanded


def goes_off(alarm: dict[str, Any], periods: list[Values]) -> bool:
    """Whether the alarm is on after any of the periods."""
    return any(is_on(alarm, periods[: end + 1]) for end in range(len(periods)))


def waiting(visible: float | None, in_flight: float | None, deleted: float | None) -> Values:
    return {"waitingVisible": visible, "waitingNotVisible": in_flight, "deleted": deleted}


IDLE = waiting(None, None, None)
ACTIVE_AND_EMPTY = waiting(0, None, 0)
FLOWING = waiting(300, 20, 2_000)
DEAD_CONSUMER = waiting(40, None, 0)
ALL_HELD_UP = waiting(0, 16, 0)
ONE_ARRIVED = waiting(1, None, None)


@pytest.mark.parametrize(
    ("periods", "stalled"),
    [
        ([DEAD_CONSUMER] * 3, True),
        # SQS need not report that nothing was deleted.
        ([waiting(40, None, None)] * 3, True),
        # Every update waits by visibility timeout, and none is visible.
        ([ALL_HELD_UP] * 3, True),
        ([waiting(None, 16, None)] * 3, True),
        ([FLOWING, DEAD_CONSUMER, ALL_HELD_UP, DEAD_CONSUMER], True),
        ([DEAD_CONSUMER] * 2, False),
        ([DEAD_CONSUMER, DEAD_CONSUMER, FLOWING, DEAD_CONSUMER, DEAD_CONSUMER], False),
        ([FLOWING] * 6, False),
        ([IDLE] * 6, False),
        ([ACTIVE_AND_EMPTY] * 6, False),
        # An update that arrives at the end of a period is deleted in the next one.
        ([ACTIVE_AND_EMPTY, ONE_ARRIVED, waiting(0, None, 1), ACTIVE_AND_EMPTY], False),
        # One of an unknown contact is tried for five minutes, and then rejected.
        ([ONE_ARRIVED, ALL_HELD_UP, waiting(0, 1, 1), ACTIVE_AND_EMPTY], False),
    ],
)
def test_stalled_updates_go_off_when_updates_wait_and_none_leaves(
    alarms: dict[str, dict[str, Any]], periods: list[Values], stalled: bool
) -> None:
    assert goes_off(alarms["StalledUpdates"], periods) == stalled


@pytest.mark.parametrize(
    ("visible", "in_flight", "rejected"),
    [
        # Nobody reads the dead-letter queue, so that SQS reports none in flight.
        (1, None, True),
        (0, 1, True),
        (None, 1, True),
        (0, None, False),
        (None, None, False),
    ],
)
def test_rejected_updates_go_off_whether_or_not_somebody_reads_them(
    alarms: dict[str, dict[str, Any]], visible: float | None, in_flight: float | None, rejected: bool
) -> None:
    values: Values = {"rejectedVisible": visible, "rejectedNotVisible": in_flight}

    assert goes_off(alarms["RejectedUpdates"], [values]) == rejected


def test_rejected_updates_stay_on_while_data_is_late_and_end_once_they_are_gone(
    alarms: dict[str, dict[str, Any]],
) -> None:
    held: Values = {"rejectedVisible": 3, "rejectedNotVisible": None}
    late: Values = {"rejectedVisible": None, "rejectedNotVisible": None}
    empty: Values = {"rejectedVisible": 0, "rejectedNotVisible": None}

    assert is_on(alarms["RejectedUpdates"], [held, held, late])
    assert not is_on(alarms["RejectedUpdates"], [held, empty, empty])
    assert not is_on(alarms["RejectedUpdates"], [late, late])
