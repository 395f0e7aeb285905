"""The queue's own metrics."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateQueue
from contact_updates.log_line import METRICS, NAMESPACE
from tests.constructs.contact_update_queue.queue_stacks import new_queue, the_queue
from tests.constructs.stacks import new_stack, only, resources


@pytest.mark.parametrize(
    ("method", "rejected"),
    [(ContactUpdateQueue.metric_waiting_updates, False), (ContactUpdateQueue.metric_rejected_updates, True)],
    ids=["waiting", "rejected"],
)
def test_updates_are_counted_whether_or_not_they_are_visible(stack: Stack, method: Any, rejected: bool) -> None:
    # An update that is held up waits by visibility timeout: if all are, the queue has no visible message.
    queue = the_queue(stack)
    measured = queue.dead_letter_queue if rejected else queue.queue
    name = "rejected" if rejected else "waiting"

    metric: cloudwatch.MathExpression = method(queue)
    by_minutes = metric.with_(period=Duration.minutes(1))

    # SQS does not report that no message is in flight, and a sum without one of its parts has no data.
    assert metric.expression == f"FILL({name}Visible, 0) + FILL({name}NotVisible, 0)"
    for expression, seconds in ((metric, 300), (by_minutes, 60)):
        assert expression.period.to_seconds() == seconds
        parts: dict[str, Any] = dict(expression.using_metrics)
        assert {name: part.metric_name for name, part in parts.items()} == {
            f"{name}Visible": "ApproximateNumberOfMessagesVisible",
            f"{name}NotVisible": "ApproximateNumberOfMessagesNotVisible",
        }
        for part in parts.values():
            assert stack.resolve(part.dimensions) == {"QueueName": stack.resolve(measured.queue_name)}
            assert (part.statistic, part.period.to_seconds()) == ("Maximum", seconds)


def test_alarm_on_waiting_updates_can_be_created() -> None:
    stack = new_stack()
    queue = new_queue(stack)
    queue.metric_waiting_updates().create_alarm(stack, "Alarm", threshold=0, evaluation_periods=3)

    # The alarm has the expression and its two metrics.
    metrics = only(Template.from_stack(stack), "AWS::CloudWatch::Alarm")["Metrics"]
    assert [metric.get("Expression") for metric in metrics] == [
        "FILL(waitingVisible, 0) + FILL(waitingNotVisible, 0)",
        None,
        None,
    ]


def test_one_graph_can_show_all_metrics_of_a_queue() -> None:
    stack = new_stack()
    queue = new_queue(stack)
    metrics: list[cloudwatch.IMetric] = [
        queue.metric_waiting_updates(),
        queue.metric_rejected_updates(),
        queue.metric_held_up_attempts(),
    ]
    cloudwatch.Dashboard(stack, "Dashboard", widgets=[[cloudwatch.GraphWidget(left=metrics)]])

    assert len(resources(Template.from_stack(stack), "AWS::CloudWatch::Dashboard")) == 1


def test_held_up_attempts_are_the_metric_that_the_function_writes(stack: Stack) -> None:
    queue = the_queue(stack)

    metric = queue.metric_held_up_attempts()

    assert "HeldUpAttempts" in METRICS
    assert (metric.namespace, metric.metric_name) == (NAMESPACE, "HeldUpAttempts")
    assert stack.resolve(metric.dimensions) == {"function": stack.resolve(queue.function.function_name)}
    assert (metric.statistic, metric.period.to_seconds()) == ("Sum", 300)
