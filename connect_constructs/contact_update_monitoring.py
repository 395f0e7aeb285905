"""Alarms for what a person must act on, and a dashboard for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from connect_constructs._metrics import function_metric
from connect_constructs._monitoring_dashboard import dashboard_widgets
from connect_constructs._validation import check_has, check_integer, check_is, check_list
from connect_constructs.contact_update_api import ContactUpdateApi
from connect_constructs.contact_update_queue import ContactUpdateQueue

_PERIOD = Duration.minutes(5)
_STALLED_PERIODS = 3

_THROTTLED_INVOCATIONS = (
    "Raise the account's quota of concurrent executions, or the function's reserved concurrency if it has one."
)


class _Condition(NamedTuple):
    """When an alarm goes off, and what it says."""

    metric: cloudwatch.IMetric
    threshold: int
    description: str
    periods: int = 1
    # In how many of the periods the figure must be above the threshold; None means in all.
    periods_above: int | None = None


class ContactUpdateMonitoring(Construct):
    """Alarms for an endpoint, a queue, or both, and a dashboard that answers at a glance whether updates flow.

    Each alarm says in its description what it means and what to do. Metrics without data do not raise an alarm: most of
    them have data only if there is something to count.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        api: ContactUpdateApi | None = None,
        queue: ContactUpdateQueue | None = None,
        alarm_actions: Sequence[cloudwatch.IAlarmAction] | None = None,
        stalled_updates_threshold: int = 0,
        rejected_updates_threshold: int = 0,
        access_denied_threshold: int = 0,
        updates_in_flight_threshold: int = 80_000,
        server_errors_threshold: int = 5,
        throttled_invocations_threshold: int = 0,
    ) -> None:
        """Create the alarms and the dashboard. At least one of `api` and `queue` is required.

        An alarm goes off when its figure is above its threshold.

        :param api: The endpoint to watch. Default: only the queue is watched.
        :param queue: The queue to watch. Default: only the endpoint is watched.
        :param alarm_actions: What is done when an alarm goes off, such as `SnsAction(topic)`. Default: nothing; the
            dashboard shows the alarm.
        :param stalled_updates_threshold: `StalledUpdates`: the updates that wait in the queue while none has left it
            for 15 minutes. Default: 0.
        :param rejected_updates_threshold: `RejectedUpdates`: the updates in the dead-letter queue. Default: 0.
        :param access_denied_threshold: `AccessDenied`: the calls within 5 minutes that failed because access is denied,
            so that their updates wait. Default: 0.
        :param updates_in_flight_threshold: `UpdatesInFlight`: the updates that are being applied or wait after a
            failure. SQS delivers no more of them beyond 120,000 (Amazon SQS Developer Guide, "Amazon SQS FIFO queue
            quotas"). Default: 80,000.
        :param server_errors_threshold: `ServerErrors`: the endpoint's answers within 5 minutes with a status of 500 or
            above. Default: 5, the most that one failing call causes with an SDK's default retries: 3 attempts in
            standard mode, 5 in boto3's legacy mode (Boto3 documentation, "Retries").
        :param throttled_invocations_threshold: `ApiFunctionThrottles` and `QueueFunctionThrottles`: the invocations of
            the function within 5 minutes that AWS Lambda throttled. Default: 0.
        :raises TypeError: if an argument has the wrong type.
        :raises ValueError: if neither `api` nor `queue` is given, or a threshold is negative.
        """
        if api is None and queue is None:
            raise ValueError("expected at least one of api= and queue=, got neither")
        if api is not None:
            check_is("api", api, ContactUpdateApi)
        if queue is not None:
            check_is("queue", queue, ContactUpdateQueue)
        actions = [] if alarm_actions is None else alarm_actions
        check_list("alarm_actions", actions, "alarm actions")
        for action in actions:
            check_has("alarm_actions", action, "bind", "alarm actions, such as SnsAction(topic)")
        check_integer("stalled_updates_threshold", stalled_updates_threshold, 0)
        check_integer("rejected_updates_threshold", rejected_updates_threshold, 0)
        check_integer("access_denied_threshold", access_denied_threshold, 0)
        check_integer("updates_in_flight_threshold", updates_in_flight_threshold, 0)
        check_integer("server_errors_threshold", server_errors_threshold, 0)
        check_integer("throttled_invocations_threshold", throttled_invocations_threshold, 0)
        super().__init__(scope, construct_id)

        conditions: dict[str, _Condition] = {}
        if queue:
            conditions |= {
                "StalledUpdates": _stalled(queue, stalled_updates_threshold),
                "RejectedUpdates": _rejected(queue, rejected_updates_threshold),
                "AccessDenied": _access_denied(queue, access_denied_threshold),
                "UpdatesInFlight": _in_flight(queue, updates_in_flight_threshold),
                "QueueFunctionThrottles": _queue_function_throttles(queue, throttled_invocations_threshold),
            }
        if api:
            conditions |= {
                "ServerErrors": _server_errors(api, server_errors_threshold),
                "ApiFunctionThrottles": _api_function_throttles(api, throttled_invocations_threshold),
            }
        self._alarms = {name: self._alarm(name, condition, actions) for name, condition in conditions.items()}
        self._dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            default_interval=Duration.hours(3),
            widgets=dashboard_widgets(api, queue, list(self._alarms.values())),
        )

    def _alarm(self, name: str, condition: _Condition, actions: Sequence[cloudwatch.IAlarmAction]) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=condition.metric,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            threshold=condition.threshold,
            evaluation_periods=condition.periods,
            datapoints_to_alarm=condition.periods_above,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=condition.description,
        )
        if actions:
            # Without the condition, aws-cdk-lib 2.225 writes an empty list into the template.
            alarm.add_alarm_action(*actions)
        return alarm

    @property
    def alarms(self) -> Mapping[str, cloudwatch.Alarm]:
        """The alarms of the watched endpoint and queue, by the names in the descriptions of the thresholds."""
        return MappingProxyType(self._alarms)

    @property
    def dashboard(self) -> cloudwatch.Dashboard:
        """The dashboard, to which you can add widgets."""
        return self._dashboard


def _stalled(queue: ContactUpdateQueue, threshold: int) -> _Condition:
    """Updates wait, and none leaves.

    SQS excludes messages that were received repeatedly from the age of the oldest one (Amazon SQS Developer Guide,
    "Available CloudWatch metrics for Amazon SQS"), and a function that fails at its start writes no metric. The number
    of deleted messages shows both.
    """
    waiting = queue.metric_waiting_updates()
    return _Condition(
        cloudwatch.MathExpression(
            expression=f"IF(FILL(deleted, 0) == 0, {waiting.expression}, 0)",
            using_metrics={**waiting.using_metrics, "deleted": queue.queue.metric_number_of_messages_deleted()},
            label="Waiting updates while none leaves the queue",
            period=_PERIOD,
        ),
        threshold,
        "Updates wait, and none has been applied or rejected for 15 minutes. Amazon Connect refuses all calls, or the "
        "function fails before it makes one. Look at upstreamError and fault in the newest lines of the function's "
        "log, at the function's errors, and whether the event source mapping is enabled. Nothing is lost: updates are "
        "kept for 12 days and applied in their order once the cause is gone.",
        _STALLED_PERIODS,
    )


def _rejected(queue: ContactUpdateQueue, threshold: int) -> _Condition:
    return _Condition(
        queue.metric_rejected_updates(),
        threshold,
        "The dead-letter queue holds updates that will not be applied. Read the rejection in each message: it has "
        "Amazon Connect's error and text. Correct the cause, then move the messages back with a redrive, or delete "
        "them. A message without a rejection was received 1,000 times: the function dies or cannot set visibility "
        "timeouts.",
        # FILL turns late data of the newest period into 0. The period before it then keeps the alarm on (Amazon
        # CloudWatch User Guide, "Using metric math", FILL).
        periods=2,
        periods_above=1,
    )


def _access_denied(queue: ContactUpdateQueue, threshold: int) -> _Condition:
    return _Condition(
        function_metric(queue.function, "AccessDenied"),
        threshold,
        "A call is denied to the function's role, so that updates wait. The function's log has Amazon Connect's error "
        "as upstreamError, or the fault ClientError if the dead-letter queue is denied. Check the role's policy, a "
        "permissions boundary, service control policies, the policy of a VPC endpoint, and those of KMS keys. Nothing "
        "is lost: the updates are applied after access is allowed.",
    )


def _in_flight(queue: ContactUpdateQueue, threshold: int) -> _Condition:
    return _Condition(
        queue.queue.metric_approximate_number_of_messages_not_visible(),
        threshold,
        "Very many updates wait after a failure. SQS has up to 120,000 in flight and then gives out no more, without "
        "an error, so that no update of any contact would be applied. Remove the cause that upstreamError in the "
        "function's log names, slow down producers, or ask AWS Support for a higher quota of the queue.",
    )


def _queue_function_throttles(queue: ContactUpdateQueue, threshold: int) -> _Condition:
    return _Condition(
        queue.function.metric_throttles(),
        threshold,
        "AWS Lambda throttles the function that applies the queue's updates: the account has no concurrency left, and "
        f"updates are applied later. {_THROTTLED_INVOCATIONS}",
    )


def _server_errors(api: ContactUpdateApi, threshold: int) -> _Condition:
    return _Condition(
        api.rest_api.metric_server_error(),
        threshold,
        "Callers get errors that are not theirs: Amazon Connect or the queue fails, is not reachable, or denies "
        "access to the function's role. Look at upstreamError and fault in the lines of the function's log with a "
        "status of 500 or above. Without such lines, the function fails at its start or times out.",
    )


def _api_function_throttles(api: ContactUpdateApi, threshold: int) -> _Condition:
    return _Condition(
        api.function.metric_throttles(),
        threshold,
        "AWS Lambda throttles the endpoint's function: the account has no concurrency left, and callers get 503. "
        f"{_THROTTLED_INVOCATIONS}",
    )
