"""The dashboard: are updates flowing, how fast against the quota, what is rejected and why, what waits."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

from connect_constructs._metrics import NAMESPACE, function_metric
from connect_constructs.contact_update_api import ContactUpdateApi
from connect_constructs.contact_update_queue import ContactUpdateQueue

# The grid has 24 columns.
_COLUMNS, _HEIGHT = 24, 6

# For each of the two operations (Amazon Connect Administrator Guide, "Amazon Connect service quotas").
_DEFAULT_QUOTA = 10


def dashboard_widgets(
    api: ContactUpdateApi | None, queue: ContactUpdateQueue | None, alarms: list[cloudwatch.Alarm]
) -> list[list[cloudwatch.IWidget]]:
    """The widgets, row by row: the alarms, and two graphs in each row."""
    graphs: list[cloudwatch.IWidget] = []
    if api:
        graphs += _api_graphs(api)
        if api.queue is None:
            graphs += _call_graphs(api.function, _DEFAULT_QUOTA, "Amazon Connect's default quota for each operation")
    if queue:
        graphs += _queue_graphs(queue)
        graphs += _call_graphs(queue.function, queue.updates_per_second, "updates_per_second")
    status = cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=_COLUMNS)
    return [[status], *(graphs[first : first + 2] for first in range(0, len(graphs), 2))]


def _api_graphs(api: ContactUpdateApi) -> list[cloudwatch.IWidget]:
    return [
        _graph("Requests by operation and outcome", _updates_by_outcome(api.function)),
        _graph(
            "Requests that fail",
            api.rest_api.metric_client_error(label="4xx, with those that API Gateway refuses"),
            api.rest_api.metric_server_error(label="5xx"),
            api.function.metric_errors(label="Failed invocations"),
            api.function.metric_throttles(label="Throttled invocations"),
        ),
        _graph(
            "Latency of the endpoint (milliseconds)",
            api.rest_api.metric_latency(statistic="p50", label="p50"),
            api.rest_api.metric_latency(statistic="p99", label="p99"),
        ),
        _graph("Requests", api.rest_api.metric_count(label="Requests")),
    ]


def _queue_graphs(queue: ContactUpdateQueue) -> list[cloudwatch.IWidget]:
    return [
        _graph("Updates out of the queue by operation and outcome", _updates_by_outcome(queue.function)),
        _graph(
            "What waits",
            queue.metric_waiting_updates(),
            queue.metric_held_up_attempts().with_(label="Held-up attempts"),
            queue.metric_rejected_updates(),
        ),
        _graph(
            "Into the queue and out of it",
            queue.queue.metric_number_of_messages_sent(label="Accepted"),
            queue.queue.metric_number_of_messages_deleted(label="Applied or rejected"),
            function_metric(queue.function, "MergedUpdates", label="Merged into another update's call"),
            function_metric(queue.function, "DeadLetters", label="Rejected"),
        ),
        _graph(
            "The queue's function",
            queue.function.metric_errors(label="Failed invocations"),
            queue.function.metric_throttles(label="Throttled invocations"),
        ),
    ]


def _call_graphs(function: lambda_.Function, limit: float, limit_label: str) -> list[cloudwatch.IWidget]:
    """The calls of `function` to Amazon Connect: one value of their latency stands for one call."""
    calls = cloudwatch.MathExpression(
        expression="calls / PERIOD(calls)",
        using_metrics={"calls": function_metric(function, "ConnectLatency", statistic="SampleCount", label="Calls")},
        label="Calls per second",
    )
    return [
        _graph(
            "Calls to Amazon Connect against the quota",
            calls,
            function_metric(function, "Throttles", label="Throttled calls"),
            function_metric(function, "AccessDenied", label="Calls with access denied"),
            limit=cloudwatch.HorizontalAnnotation(value=limit, label=limit_label),
        ),
        _graph(
            "Latency of Amazon Connect (milliseconds)",
            function_metric(function, "ConnectLatency", statistic="p50", label="p50"),
            function_metric(function, "ConnectLatency", statistic="p99", label="p99"),
        ),
    ]


def _updates_by_outcome(function: lambda_.Function) -> cloudwatch.IMetric:
    """One line for each operation and outcome that there has been."""
    return cloudwatch.MathExpression(
        expression=(
            f'SEARCH(\'{{{NAMESPACE},function,operation,outcome}} MetricName="Updates" '
            f"function=\"{function.function_name}\"', 'Sum')"
        ),
        using_metrics={},
        label="${PROP('Dim.operation')} ${PROP('Dim.outcome')}",
    )


def _graph(
    title: str, *metrics: cloudwatch.IMetric, limit: cloudwatch.HorizontalAnnotation | None = None
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=list(metrics),
        left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        left_annotations=[limit] if limit else None,
        width=_COLUMNS // 2,
        height=_HEIGHT,
    )
