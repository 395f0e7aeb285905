"""What the dashboard shows."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateApi, ContactUpdateMonitoring, ContactUpdateQueue
from tests.constructs.contact_update_monitoring.monitoring_stacks import (
    WATCHED,
    graphs_of,
    new_monitoring,
    widgets_of,
)
from tests.constructs.stacks import new_instance, new_stack, resources

API_GRAPHS = [
    "Requests by operation and outcome",
    "Requests that fail",
    "Latency of the endpoint (milliseconds)",
    "Requests",
]
QUEUE_GRAPHS = [
    "Updates out of the queue by operation and outcome",
    "What waits",
    "Into the queue and out of it",
    "The queue's function",
]
CALL_GRAPHS = ["Calls to Amazon Connect against the quota", "Latency of Amazon Connect (milliseconds)"]


def titles(template: Template) -> list[str]:
    return [graph["title"] for graph in graphs_of(template)]


def calls_graphs(template: Template) -> list[dict[str, Any]]:
    return [graph for graph in graphs_of(template) if graph["title"] == CALL_GRAPHS[0]]


@pytest.mark.parametrize(
    ("watched", "graphs"),
    [
        ("api", API_GRAPHS + CALL_GRAPHS),
        ("queue", QUEUE_GRAPHS + CALL_GRAPHS),
        # The function of an endpoint before a queue makes no calls to Amazon Connect.
        ("both", API_GRAPHS + QUEUE_GRAPHS + CALL_GRAPHS),
    ],
)
def test_dashboard_shows_the_alarms_and_the_graphs_of_what_is_watched(watched: str, graphs: list[str]) -> None:
    template = Template.from_stack(new_monitoring(watched).dashboard.stack)

    alarms, *_ = widgets_of(template)
    assert (alarms["type"], len(alarms["properties"]["alarms"])) == ("alarm", len(WATCHED[watched]))
    assert titles(template) == graphs


def test_widgets_fill_the_grid_and_do_not_overlap() -> None:
    alarms, *graphs = widgets_of(Template.from_stack(new_monitoring().dashboard.stack))

    assert (alarms["x"], alarms["y"], alarms["width"]) == (0, 0, 24)
    places = [(graph["x"], graph["y"] - alarms["height"], graph["width"], graph["height"]) for graph in graphs]
    assert places == [(12 * (number % 2), 6 * (number // 2), 12, 6) for number in range(len(graphs))]


@pytest.mark.parametrize(
    ("watched", "arguments", "limit"), [("api", {}, 10), ("queue", {}, 7), ("queue", {"updates_per_second": 25}, 25)]
)
def test_calls_per_second_stand_beside_their_limit(watched: str, arguments: dict[str, Any], limit: float) -> None:
    stack = new_stack()
    instance = new_instance(stack)
    what: dict[str, Any] = (
        {"api": ContactUpdateApi(stack, "ContactUpdates", instance=instance)}
        if watched == "api"
        else {"queue": ContactUpdateQueue(stack, "Updates", instance=instance, **arguments)}
    )
    ContactUpdateMonitoring(stack, "Monitoring", **what)

    (graph,) = calls_graphs(Template.from_stack(stack))
    expression, calls, *_ = graph["metrics"]
    assert expression[0]["expression"] == "calls / PERIOD(calls)"
    assert calls[1] == "ConnectLatency"
    assert calls[-1]["stat"] == "SampleCount"
    assert [annotation["value"] for annotation in graph["annotations"]["horizontal"]] == [limit]


def test_endpoint_and_queue_that_both_call_amazon_connect_have_graphs_of_their_own() -> None:
    stack = new_stack()
    instance = new_instance(stack)
    api = ContactUpdateApi(stack, "ContactUpdates", instance=instance)
    queue = ContactUpdateQueue(stack, "Updates", instance=instance)
    ContactUpdateMonitoring(stack, "Monitoring", api=api, queue=queue)

    template = Template.from_stack(stack)
    assert titles(template) == API_GRAPHS + CALL_GRAPHS + QUEUE_GRAPHS + CALL_GRAPHS
    functions = [graph["metrics"][1][3] for graph in calls_graphs(template)]
    assert len(set(functions)) == 2


def test_widgets_can_be_added() -> None:
    monitoring = new_monitoring("queue")
    monitoring.dashboard.add_widgets(cloudwatch.TextWidget(markdown="Ask Jane."))

    assert widgets_of(Template.from_stack(monitoring.dashboard.stack))[-1]["properties"] == {"markdown": "Ask Jane."}


def test_one_stack_can_have_two() -> None:
    stack = new_stack()
    queue = ContactUpdateQueue(stack, "Updates", instance=new_instance(stack))
    for name in ("First", "Second"):
        ContactUpdateMonitoring(stack, name, queue=queue)

    assert len(resources(Template.from_stack(stack), "AWS::CloudWatch::Dashboard")) == 2
