"""Each metric that an alarm or a graph names exists: the handler writes it, with those dimensions, or AWS does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from aws_cdk.assertions import Template

from connect_constructs.local.faults import BARE_THROTTLE, documented_error
from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.log_line import METRICS, NAMESPACE
from contact_updates.settings import EndpointSettings, Instance
from tests.constructs.contact_update_monitoring.monitoring_stacks import WATCHED, alarms_of, graphs_of, new_monitoring
from tests.handler.emf import extracted
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN, attributes_event, send
from tests.handler.queue_fakes import client_error
from tests.handler.queue_rig import OTHER_CONTACT, Rig

# Namespace, name, and the names of the dimensions.
Named = tuple[str, str, tuple[str, ...]]

# Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS"; AWS Lambda Developer Guide, "Types of
# metrics for Lambda functions"; API Gateway Developer Guide, "Amazon API Gateway dimensions and metrics".
AWS = {
    *(
        ("AWS/SQS", name, ("QueueName",))
        for name in (
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesNotVisible",
            "NumberOfMessagesDeleted",
            "NumberOfMessagesSent",
        )
    ),
    *(("AWS/Lambda", name, ("FunctionName",)) for name in ("Errors", "Throttles")),
    *(("AWS/ApiGateway", name, ("ApiName",)) for name in ("4XXError", "5XXError", "Count", "Latency")),
}

SEARCH = re.compile(r"SEARCH\('\{(\w+),([\w,]+)\} MetricName=\"(\w+)\" function=\"\{'Ref': '(\w+)'\}\"', 'Sum'\)")


@pytest.fixture(scope="module")
def written() -> set[Named]:
    """What the handler writes while updates are applied, merged, throttled, denied and rejected."""
    rig = Rig()
    printed = ""
    for error in (BARE_THROTTLE, documented_error("AccessDeniedException")):
        rig.attributes({"a": "1"})
        rig.attributes({"b": "1"})
        rig.fail_for(CONTACT_ID, client_error(error))
        printed += rig.deliver().printed
        rig.heal()
        rig.clock.advance(300)
    rig.body("nonsense", OTHER_CONTACT)
    printed += rig.deliver().printed
    endpoint = Endpoint(EndpointSettings(instance=Instance(INSTANCE_ARN)), rig.target)
    printed += send(endpoint, attributes_event()).line
    return {
        (NAMESPACE, name, tuple(dimension for dimension, _ in dimensions))
        for line in printed.splitlines()
        for name, dimensions in extracted(line)
    }


def in_alarm(alarm: dict[str, Any]) -> Iterator[Named]:
    metrics = [alarm] if "MetricName" in alarm else [part["MetricStat"]["Metric"] for part in alarm["Metrics"][1:]]
    for metric in metrics:
        yield metric["Namespace"], metric["MetricName"], tuple(each["Name"] for each in metric["Dimensions"])


def in_graph(graph: dict[str, Any]) -> Iterator[Named]:
    for row in graph["metrics"]:
        if isinstance(row[0], str):
            namespace, name, *dimensions = (part for part in row if isinstance(part, str))
            yield namespace, name, tuple(dimensions[::2])
        elif "SEARCH" in row[0]["expression"]:
            match = SEARCH.fullmatch(row[0]["expression"])
            assert match, row
            yield match[1], match[3], tuple(match[2].split(","))


@pytest.mark.parametrize("watched", WATCHED)
def test_every_metric_of_alarms_and_graphs_is_written(watched: str, written: set[Named]) -> None:
    template = Template.from_stack(new_monitoring(watched).dashboard.stack)

    named = [*(metric for alarm in alarms_of(template).values() for metric in in_alarm(alarm))]
    named += [metric for graph in graphs_of(template) for metric in in_graph(graph)]

    assert len(named) > 10
    assert [metric for metric in named if metric not in written | AWS] == []


def test_every_metric_that_the_handler_writes_is_shown(written: set[Named]) -> None:
    template = Template.from_stack(new_monitoring().dashboard.stack)

    shown = {name for graph in graphs_of(template) for namespace, name, _ in in_graph(graph) if namespace == NAMESPACE}
    assert shown == METRICS.keys() == {name for _, name, _ in written}


def test_no_contact_and_no_value_can_be_a_dimension(written: set[Named]) -> None:
    assert {dimensions for _, _, dimensions in written} == {("function",), ("function", "operation", "outcome")}
    template = Template.from_stack(new_monitoring().dashboard.stack)
    assert "contactId" not in json.dumps(template.to_json())
