"""Stacks with monitoring, and what their alarms and dashboards say."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import Stack
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateApi, ContactUpdateMonitoring, ContactUpdateQueue
from tests.constructs.stacks import new_instance, new_stack, only, resources

QUEUE_ALARMS = ["StalledUpdates", "RejectedUpdates", "AccessDenied", "UpdatesInFlight", "QueueFunctionThrottles"]
API_ALARMS = ["ServerErrors", "ApiFunctionThrottles"]

# What is watched, by name: a direct endpoint, a queue, or an endpoint before a queue.
WATCHED = {"api": API_ALARMS, "queue": QUEUE_ALARMS, "both": [*QUEUE_ALARMS, *API_ALARMS]}


def new_monitoring(watched: str = "both", stack: Stack | None = None, **arguments: Any) -> ContactUpdateMonitoring:
    stack = stack or new_stack()
    instance = new_instance(stack)
    queue = None if watched == "api" else ContactUpdateQueue(stack, "Updates", instance=instance)
    api = None
    if watched != "queue":
        target: dict[str, Any] = {"queue": queue} if queue else {"instance": instance}
        api = ContactUpdateApi(stack, "ContactUpdates", **target)
    return ContactUpdateMonitoring(stack, "Monitoring", api=api, queue=queue, **arguments)


def alarms_of(template: Template) -> dict[str, dict[str, Any]]:
    """The alarms' properties, by their names in `alarms`."""
    return {
        next(name for name in WATCHED["both"] if logical_id.startswith(f"Monitoring{name}")): alarm["Properties"]
        for logical_id, alarm in resources(template, "AWS::CloudWatch::Alarm").items()
    }


def graphs_of(template: Template) -> list[dict[str, Any]]:
    """The properties of the dashboard's graphs, with a text for each reference."""
    return [widget["properties"] for widget in widgets_of(template) if widget["type"] == "metric"]


def widgets_of(template: Template) -> list[dict[str, Any]]:
    _, parts = only(template, "AWS::CloudWatch::Dashboard")["DashboardBody"]["Fn::Join"]
    body = "".join(part if isinstance(part, str) else json.dumps(part).replace('"', "'") for part in parts)
    widgets: list[dict[str, Any]] = json.loads(body)["widgets"]
    return widgets
