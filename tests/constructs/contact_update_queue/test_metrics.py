"""The queue's own metrics."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateQueue
from tests.constructs.contact_update_queue.queue_stacks import new_queue, the_queue
from tests.constructs.stacks import new_stack, only


@pytest.mark.parametrize(
    ("method", "rejected"),
    [(ContactUpdateQueue.metric_waiting_updates, False), (ContactUpdateQueue.metric_rejected_updates, True)],
)
def test_updates_are_counted_whether_or_not_they_are_visible(stack: Stack, method: Any, rejected: bool) -> None:
    # An update that is held up waits by visibility timeout: if all are, the queue has no visible message.
    queue = the_queue(stack)
    measured = queue.dead_letter_queue if rejected else queue.queue

    metric: cloudwatch.MathExpression = method(queue)
    by_minutes = metric.with_(period=Duration.minutes(1))

    assert metric.expression == "visible + notVisible"
    for expression, seconds in ((metric, 300), (by_minutes, 60)):
        assert expression.period.to_seconds() == seconds
        parts: dict[str, Any] = dict(expression.using_metrics)
        assert {name: part.metric_name for name, part in parts.items()} == {
            "visible": "ApproximateNumberOfMessagesVisible",
            "notVisible": "ApproximateNumberOfMessagesNotVisible",
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
    assert [metric.get("Expression") for metric in metrics] == ["visible + notVisible", None, None]


def test_held_up_attempts_are_counted_from_the_consumers_log(stack: Stack, template: Template) -> None:
    queue = the_queue(stack)
    name = stack.resolve(queue.function.function_name)

    metric = queue.metric_held_up_attempts()

    assert only(template, "AWS::Logs::MetricFilter") == {
        "FilterPattern": '{ $.outcome = "HeldUp" }',
        "LogGroupName": stack.resolve(queue.function.log_group.log_group_name),
        "MetricTransformations": [
            {
                "DefaultValue": 0,
                "MetricName": {"Fn::Join": ["", ["HeldUpAttempts-", name]]},
                "MetricNamespace": "ConnectConstructs",
                "MetricValue": "1",
            }
        ],
    }
    assert metric.namespace == "ConnectConstructs"
    assert stack.resolve(metric.metric_name) == {"Fn::Join": ["", ["HeldUpAttempts-", name]]}
    assert (metric.statistic, metric.period.to_seconds()) == ("Sum", 300)
