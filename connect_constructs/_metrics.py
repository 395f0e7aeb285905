"""The metrics that the functions write in their log lines, and those of a queue.

Imported only where a metric is asked for, so that other apps do not load CDK's module for metrics.
"""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

NAMESPACE = "ConnectConstructs"


def function_metric(
    function: lambda_.Function, name: str, *, statistic: str = "Sum", label: str | None = None
) -> cloudwatch.Metric:
    """One of the metrics that the handler writes for each function (lambda/contact_updates/log_line.py)."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"function": function.function_name},
        statistic=statistic,
        label=label,
    )


def messages_in(queue: sqs.Queue, updates: str) -> cloudwatch.MathExpression:
    """The number of messages in a queue, whether or not they are visible.

    :param updates: What its updates are called, such as `waiting`.
    """
    # One graph can have both queues: its metrics need different ids.
    visible, not_visible = f"{updates}Visible", f"{updates}NotVisible"
    return cloudwatch.MathExpression(
        # SQS reports neither of an inactive queue, and messages that are not visible only if there are some (Amazon SQS
        # Developer Guide, "Available CloudWatch metrics for Amazon SQS").
        expression=f"FILL({visible}, 0) + FILL({not_visible}, 0)",
        using_metrics={
            visible: queue.metric_approximate_number_of_messages_visible(),
            not_visible: queue.metric_approximate_number_of_messages_not_visible(),
        },
        label=f"{updates.capitalize()} updates",
    )
