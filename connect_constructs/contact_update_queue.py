"""The durable queue: updates are accepted at once, and applied in the order of each contact within Connect's quota."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from connect_constructs._grants import grant_to_identity, grant_to_identity_or_resource, grant_use_of_key
from connect_constructs._validation import check_account, check_has, check_is, check_key
from connect_constructs.handler_function import (
    ContactUpdateFunctionOptions,
    HandlerFunction,
    TimeoutLimits,
    checked_options,
)
from connect_constructs.instance import ConnectInstance
from connect_constructs.operation import ContactUpdateOperation, checked_operations

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_events as events
    from aws_cdk import aws_kms as kms

# Of Amazon Connect's default quota of 10: agents and flows share it.
_DEFAULT_UPDATES_PER_SECOND = 7
_MAX_UPDATES_PER_SECOND = 5_000

# What one execution can do when a call takes up to 200 ms.
_CALLS_PER_SECOND_OF_AN_EXECUTION = 5
# The least maximum concurrency that an event source takes (AWS Lambda Developer Guide, "Configuring maximum concurrency
# for Amazon SQS event sources").
_MIN_CONCURRENCY = 2
# The rate holds over any two seconds, as long as no call takes so much longer than another to arrive.
_WINDOW_MILLISECONDS = 2_000
_JITTER_MILLISECONDS = 100

_VISIBILITY_TIMEOUT_FACTOR = 6  # AWS Lambda Developer Guide, "Configuring a queue to use with Lambda"
_TIMEOUT_LIMITS = TimeoutLimits(
    minimum=30,  # two attempts with both of the handler's time-outs, 22 seconds, and room for a dead letter
    # A batch whose execution was killed comes back within five minutes: so long does the dead-letter queue know what
    # it has been sent already.
    maximum=48,
    default=45,
)

# SQS counts no further. The handler's backoff makes so many receives last longer than an update waits.
_MAX_RECEIVE_COUNT = 1_000
# Ten messages fit into one invocation.
_MAX_MESSAGE_BYTES = 262_144
# A message is kept within JSON there, which may double its size.
_MAX_DEAD_LETTER_BYTES = 1_048_576
_RETENTION = 14  # days, SQS's longest

_RECEIVE_ACTIONS = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
# SQS Developer Guide, "Key management": senders need both, receivers kms:Decrypt.
_SEND_KEY_ACTIONS = ["kms:Decrypt", "kms:GenerateDataKey"]


class ContactUpdateQueue(Construct):
    """A durable queue of updates, the function that applies them in Amazon Connect, and a queue of rejected ones.

    Updates of one contact are applied in the order in which they were accepted, and consecutive attribute updates of a
    contact are merged into one call where they wait together. What Amazon Connect rejects for good goes to the
    dead-letter queue with its reason; what may pass later waits, and holds up its contact only.

    Both queues outlive the construct: a construct that is renamed or left out of a deployment would otherwise delete
    what waits in them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        instance: ConnectInstance,
        operations: Iterable[ContactUpdateOperation] | None = None,
        updates_per_second: float | None = None,
        merge_updates: bool = True,
        event_bus: events.IEventBus | None = None,
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy | None = None,
        function_options: ContactUpdateFunctionOptions | None = None,
    ) -> None:
        """Create the queue.

        :param instance: The instance whose contacts are updated.
        :param operations: What is applied, and what the function's role may call. Default: both operations.
        :param updates_per_second: How often Amazon Connect is called at most, over any two seconds and both operations
            together; 1 to 5,000. Fractions are mostly rounded down. It holds where calls arrive, if none takes 100 ms
            longer to arrive than another. Default: 7, which leaves agents and flows a part of Amazon Connect's default
            quota of 10 for each operation.
        :param merge_updates: Whether consecutive attribute updates of one contact that wait together become one call.
            Amazon Connect then does not see the values in between. Default: they do.
        :param event_bus: The event bus in the stack's Region to which each rejected update is published, without its
            values. Default: rejected updates are not published.
        :param encryption_key: Encrypts both queues; whoever sends to them or receives from them gets the permission to
            use it. Default: keys that SQS manages are used.
        :param removal_policy: What happens to both queues, with the updates in them, and to their policies when the
            stack or this construct goes. Default: they are retained, unless the deployment that creates them is
            rolled back (`RETAIN_ON_UPDATE_OR_DELETE`).
        :param function_options: Memory, timeout, VPC and the like of the function. Default: each has its default.
        :raises ValueError: if an argument is out of its range, or contradicts another.
        """
        check_is("instance", instance, ConnectInstance)
        options = checked_options(function_options, _TIMEOUT_LIMITS, Stack.of(scope))
        rate = _checked_rate(updates_per_second)
        self._max_concurrency = max(_MIN_CONCURRENCY, math.ceil(rate / _CALLS_PER_SECOND_OF_AN_EXECUTION))
        _check_concurrency(options, self._max_concurrency)
        timeout = _timeout_seconds(options)
        check_is("merge_updates", merge_updates, bool)
        check_key("encryption_key", encryption_key, Stack.of(scope))
        if event_bus is not None:
            _check_event_bus(event_bus, Stack.of(scope))
        check_account(instance.env.account, Stack.of(scope))
        self._operations = checked_operations(operations)
        self._instance = instance
        super().__init__(scope, construct_id)

        self._encryption_key = encryption_key
        self._removal_policy = removal_policy or RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
        self._dead_letter_queue = self._fifo_queue("DeadLetterQueue", max_message_size_bytes=_MAX_DEAD_LETTER_BYTES)
        self._queue = self._fifo_queue(
            "Queue",
            max_message_size_bytes=_MAX_MESSAGE_BYTES,
            visibility_timeout=Duration.seconds(_VISIBILITY_TIMEOUT_FACTOR * timeout),
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=_MAX_RECEIVE_COUNT, queue=self._dead_letter_queue),
        )
        environment = {
            "INSTANCE_ARN": instance.instance_arn,
            "QUEUE_URL": self._queue.queue_url,
            "DEAD_LETTER_QUEUE_URL": self._dead_letter_queue.queue_url,
            "SECONDS_PER_CALL": str(_seconds_per_call(rate, self._max_concurrency)),
        }
        if self._operations != list(ContactUpdateOperation):
            environment["OPERATIONS"] = ",".join(operation.value for operation in self._operations)
        if not merge_updates:
            environment["MERGE_UPDATES"] = "false"
        if event_bus:
            environment["EVENT_BUS_NAME"] = event_bus.event_bus_arn
        self._function = HandlerFunction(
            self,
            "Function",
            description="Applies queued updates of Amazon Connect contacts",
            handler="contact_updates.queue_function.handler",
            environment=environment,
            timeout_limits=_TIMEOUT_LIMITS,
            options=function_options,
        )
        instance.grant_updates(self._function.role, operations=self._operations)
        self._grant_send(self._function.role, self._dead_letter_queue)
        self._held_up_attempts = logs.MetricFilter(
            self,
            "HeldUpAttempts",
            log_group=self._function.log_group,
            filter_pattern=logs.FilterPattern.string_value("$.outcome", "=", "HeldUp"),
            metric_namespace="ConnectConstructs",
            # A metric filter has no fixed dimensions: the name tells one queue's figure from another's.
            metric_name=f"HeldUpAttempts-{self._function.function.function_name}",
            default_value=0,
        )
        if event_bus:
            iam.Grant.add_to_principal(
                grantee=self._function.role, actions=["events:PutEvents"], resource_arns=[event_bus.event_bus_arn]
            )
        may_receive = iam.Grant.add_to_principal(
            grantee=self._function.role, actions=_RECEIVE_ACTIONS, resource_arns=[self._queue.queue_arn]
        )
        self._event_source = lambda_.EventSourceMapping(
            self,
            "EventSource",
            target=self._function.function,
            event_source_arn=self._queue.queue_arn,
            batch_size=10,
            max_concurrency=self._max_concurrency,
            report_batch_item_failures=True,
        )
        # Lambda takes no event source that the function's role may not read.
        may_receive.apply_before(self._event_source)

    def _fifo_queue(
        self,
        construct_id: str,
        *,
        max_message_size_bytes: int,
        visibility_timeout: Duration | None = None,
        dead_letter_queue: sqs.DeadLetterQueue | None = None,
    ) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            construct_id,
            fifo=True,
            # Together these are the high-throughput mode: each contact has a limit of its own.
            fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
            deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP,
            encryption=sqs.QueueEncryption.KMS if self._encryption_key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=self._encryption_key,
            enforce_ssl=True,
            max_message_size_bytes=max_message_size_bytes,
            retention_period=Duration.days(_RETENTION),
            visibility_timeout=visibility_timeout,
            dead_letter_queue=dead_letter_queue,
            removal_policy=self._removal_policy,
        )
        # The policy that refuses calls without TLS, and names those who may send, stays as long as its queue.
        policy = queue.node.find_child("Policy")
        assert isinstance(policy, sqs.QueuePolicy)
        policy.apply_removal_policy(self._removal_policy)
        return queue

    @property
    def instance(self) -> ConnectInstance:
        """The instance whose contacts are updated."""
        return self._instance

    @property
    def operations(self) -> list[ContactUpdateOperation]:
        """What is applied."""
        return list(self._operations)

    @property
    def queue(self) -> sqs.Queue:
        """The queue of accepted updates."""
        return self._queue

    @property
    def dead_letter_queue(self) -> sqs.Queue:
        """The queue of updates that were rejected for good, each with its reason."""
        return self._dead_letter_queue

    @property
    def function(self) -> HandlerFunction:
        """The function that applies the updates, with its log group and metrics."""
        return self._function

    @property
    def event_source(self) -> lambda_.EventSourceMapping:
        """What hands the queue's messages to the function."""
        return self._event_source

    @property
    def max_concurrency(self) -> int:
        """How many executions apply updates at the same time, at most."""
        return self._max_concurrency

    def grant_send_updates(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow `grantee` to send messages in the queue's format (see docs/queue.md), past the API and its checks.

        It may be an identity of this account, which gets the statement in its own policy, or another account, one of
        its roles or an organization, which the queue's policy then names. An identity of another account also needs
        the permission of its own account. With `encryption_key`, the key's use is allowed in the same way.

        :raises ValueError: if `grantee` is everybody, or a service without a condition: whoever can make that service
            send a message would get in.
        """
        return self._grant_send(grantee, self._queue)

    def grant_redrive(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow `grantee` to look at rejected updates, to delete them, and to move them back into the queue.

        SQS Developer Guide, "Configure a dead-letter queue redrive": the task reads and deletes there, and sends here.

        :raises ValueError: if `grantee` has no policy that this app may change, or belongs to another account: SQS
            moves messages within one account.
        """
        account = Stack.of(self).account
        because = "Amazon SQS moves messages within one account, by a permission of the caller's own"
        may_read = grant_to_identity(
            grantee,
            actions=[
                "sqs:CancelMessageMoveTask",
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:ListMessageMoveTasks",
                "sqs:ReceiveMessage",
                "sqs:StartMessageMoveTask",
            ],
            resource_arns=[self._dead_letter_queue.queue_arn],
            account=account,
            because=because,
        )
        return may_read.combine(self._grant_send(grantee, self._queue))

    def metric_waiting_updates(
        self, *, period: Duration | None = None, statistic: str | None = None
    ) -> cloudwatch.MathExpression:
        """The number of accepted updates that have not been applied or rejected; the maximum over 5 minutes by default.

        It counts visible messages and those that are not visible: an update that is held up waits by visibility
        timeout, so that a queue whose updates are all held up has no visible message.
        """
        return _sum_of(
            "Waiting updates",
            period,
            self._queue.metric_approximate_number_of_messages_visible(period=period, statistic=statistic),
            self._queue.metric_approximate_number_of_messages_not_visible(period=period, statistic=statistic),
        )

    def metric_held_up_attempts(
        self, *, period: Duration | None = None, statistic: str | None = None
    ) -> cloudwatch.Metric:
        """The number of attempts after which an update had to wait; the sum over 5 minutes by default.

        It counts throttles, faults, denied access and whatever else may pass, once for each update and attempt.
        """
        return self._held_up_attempts.metric(period=period, statistic=statistic or "Sum")

    def metric_oldest_update_age(
        self, *, period: Duration | None = None, statistic: str | None = None
    ) -> cloudwatch.Metric:
        """The age of the oldest update in seconds; the maximum over 5 minutes by default.

        SQS leaves messages that have been received more than three times out (SQS Developer Guide, "Available
        CloudWatch metrics for Amazon SQS"): use `metric_waiting_updates` to see updates that are held up.
        """
        return self._queue.metric_approximate_age_of_oldest_message(period=period, statistic=statistic)

    def metric_rejected_updates(
        self, *, period: Duration | None = None, statistic: str | None = None
    ) -> cloudwatch.MathExpression:
        """The number of rejected updates in the dead-letter queue; the maximum over 5 minutes by default.

        It counts those too that somebody has received and not deleted yet.
        """
        return _sum_of(
            "Rejected updates",
            period,
            self._dead_letter_queue.metric_approximate_number_of_messages_visible(period=period, statistic=statistic),
            self._dead_letter_queue.metric_approximate_number_of_messages_not_visible(
                period=period, statistic=statistic
            ),
        )

    def _grant_send(self, grantee: iam.IGrantable, queue: sqs.Queue) -> iam.Grant:
        grant = grant_to_identity_or_resource(
            grantee,
            actions=["sqs:SendMessage"],
            resource_arns=[queue.queue_arn],
            resource=queue,
            resource_self_arns=[queue.queue_arn],
            services_may_call=True,
        )
        if self._encryption_key is None:
            return grant
        return grant.combine(grant_use_of_key(grantee, self._encryption_key, actions=_SEND_KEY_ACTIONS, scope=self))


def _checked_rate(updates_per_second: float | None) -> float:
    if updates_per_second is None:
        return _DEFAULT_UPDATES_PER_SECOND
    # A token for a number is a negative one. The rate of the calls is computed here and now.
    if type(updates_per_second) not in (int, float) or not 1 <= updates_per_second <= _MAX_UPDATES_PER_SECOND:
        raise ValueError(
            f"updates_per_second: expected a number from 1 to {_MAX_UPDATES_PER_SECOND}, known at synthesis, "
            f"got {updates_per_second!r}"
        )
    return updates_per_second


def _check_event_bus(event_bus: events.IEventBus, stack: Stack) -> None:
    check_has("event_bus", event_bus, "event_bus_arn", "an EventBridge event bus")
    region = event_bus.env.region
    if not Token.is_unresolved(region) and not Token.is_unresolved(stack.region) and region != stack.region:
        raise ValueError(
            f"event_bus: expected one in the stack's Region {stack.region}, got one in {region}: EventBridge takes "
            "events of its own Region only. A rule there can send them on to another Region"
        )


def _sum_of(
    label: str, period: Duration | None, visible: cloudwatch.Metric, not_visible: cloudwatch.Metric
) -> cloudwatch.MathExpression:
    # Here, so that an app without such a metric does not load CDK's module for them.
    from aws_cdk import aws_cloudwatch as cloudwatch

    return cloudwatch.MathExpression(
        expression="visible + notVisible",
        using_metrics={"visible": visible, "notVisible": not_visible},
        label=label,
        period=period,
    )


def _check_concurrency(options: ContactUpdateFunctionOptions, max_concurrency: int) -> None:
    reserved = options.reserved_concurrent_executions
    if reserved is not None and not Token.is_unresolved(reserved) and reserved < max_concurrency:
        raise ValueError(
            f"reserved_concurrent_executions: expected at least {max_concurrency}, which the event source starts at a "
            f"time, got {reserved}: updates would come back unapplied"
        )


def _timeout_seconds(options: ContactUpdateFunctionOptions) -> float:
    if options.timeout is None:
        return _TIMEOUT_LIMITS.default
    if options.timeout.is_unresolved():
        raise ValueError("timeout: expected one that is known at synthesis, since the queue's visibility goes by it")
    return options.timeout.to_seconds()


def _seconds_per_call(rate: float, max_concurrency: int) -> float:
    """How long each call keeps its execution, so that all of them together keep to `rate` over any two seconds."""
    calls_in_window = math.floor(_WINDOW_MILLISECONDS / 1_000 * rate / max_concurrency)
    return math.ceil(round((_WINDOW_MILLISECONDS + _JITTER_MILLISECONDS) / calls_in_window, 6)) / 1_000
