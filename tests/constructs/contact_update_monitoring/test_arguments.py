"""Which arguments the monitoring accepts and refuses."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import CfnParameter
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateMonitoring, ContactUpdateQueue
from tests.constructs.contact_update_monitoring.monitoring_stacks import alarms_of, new_monitoring
from tests.constructs.stacks import new_instance, new_stack

THRESHOLDS = [
    "stalled_updates_threshold",
    "rejected_updates_threshold",
    "access_denied_threshold",
    "updates_in_flight_threshold",
    "server_errors_threshold",
    "throttled_invocations_threshold",
]


def test_rejects_monitoring_of_nothing() -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=r"^expected at least one of api= and queue=, got neither$"):
        ContactUpdateMonitoring(stack, "Monitoring")
    assert stack.node.try_find_child("Monitoring") is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"api": "api"}, "api: expected a ContactUpdateApi, got 'api'"),
        ({"queue": "queue"}, "queue: expected a ContactUpdateQueue, got 'queue'"),
        ({"alarm_actions": "topic"}, "alarm_actions: expected a list of alarm actions, got 'topic'"),
        (
            {"alarm_actions": ["topic"]},
            r"alarm_actions: expected alarm actions, such as SnsAction\(topic\), got 'topic'",
        ),
        *(({name: "5"}, f"{name}: expected an integer of at least 0, got '5'") for name in THRESHOLDS),
        *(({name: 0.5}, f"{name}: expected an integer of at least 0, got 0.5") for name in THRESHOLDS),
        *(({name: True}, f"{name}: expected an integer of at least 0, got True") for name in THRESHOLDS),
    ],
)
def test_rejects_argument_of_wrong_type(arguments: dict[str, Any], message: str) -> None:
    stack = new_stack()
    queue = ContactUpdateQueue(stack, "Updates", instance=new_instance(stack))

    with pytest.raises(TypeError, match=f"^{message}$"):
        ContactUpdateMonitoring(stack, "Monitoring", **{"queue": queue, **arguments})
    assert stack.node.try_find_child("Monitoring") is None


def test_rejects_a_queue_of_amazon_sqs_in_place_of_its_construct() -> None:
    stack = new_stack()
    queue: Any = ContactUpdateQueue(stack, "Updates", instance=new_instance(stack)).queue

    with pytest.raises(TypeError, match=r"^queue: expected a ContactUpdateQueue, got "):
        ContactUpdateMonitoring(stack, "Monitoring", queue=queue)


@pytest.mark.parametrize("name", THRESHOLDS)
def test_rejects_negative_threshold(name: str) -> None:
    arguments: dict[str, Any] = {name: -1}

    with pytest.raises(ValueError, match=f"^{name}: expected an integer of at least 0, got -1$"):
        new_monitoring(**arguments)


def test_threshold_may_be_a_token() -> None:
    stack = new_stack()
    threshold = CfnParameter(stack, "Threshold", type="Number").value_as_number
    new_monitoring("queue", stack, updates_in_flight_threshold=threshold)

    assert alarms_of(Template.from_stack(stack))["UpdatesInFlight"]["Threshold"] == {"Ref": "Threshold"}
