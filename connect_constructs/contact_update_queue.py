"""The durable queue, which accepts updates at once and applies them in order for each contact, within the quota."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from connect_constructs._grants import grant_to_identity, grant_to_identity_or_resource, grant_use_of_key
from connect_constructs._handler_function import TimeoutLimits, add_handler_function, checked_options
from connect_constructs._region_warning import warn_of_region_out_of_reach
from connect_constructs._validation import (
    check_account,
    check_event_bus,
    check_is,
    check_key,
    check_removal_policy,
)
from connect_constructs.contact_update_function_options import ContactUpdateFunctionOptions
from connect_constructs.instance import ConnectInstance
from connect_constructs.operation import ContactUpdateOperation, checked_operations

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_events as events
    from aws_cdk import aws_kms as kms

# Out of Amazon Connect's default quota of 10, which agents and flows share.
_DEFAULT_UPDATES_PER_SECOND = 7
_MAX_UPDATES_PER_SECOND = 5_000

# What one execution achieves if a call takes up to 200 ms.
_CALLS_PER_SECOND_OF_AN_EXECUTION = 5
# The smallest maximum concurrency of an event source (AWS Lambda Developer Guide, "Configuring maximum concurrency
# for Amazon SQS event sources").
_MIN_CONCURRENCY = 2
# The rate holds over any two seconds, unless one call takes more than this jitter longer to arrive than another.
_WINDOW_MILLISECONDS = 2_000
_JITTER_MILLISECONDS = 100

_VISIBILITY_TIMEOUT_FACTOR = 6  # AWS Lambda Developer Guide, "Configuring a queue to use with Lambda"
_TIMEOUT_LIMITS = TimeoutLimits(
    minimum=30,  # two attempts with both of the handler's timeouts, 22 seconds, and room for a dead letter
    # After 6 × 48 seconds, the batch of a killed execution comes back. That is within SQS's deduplication interval of
    # five minutes, so that the dead-letter queue still recognizes what it has been sent.
    maximum=48,
)
_DEFAULT_TIMEOUT_SECONDS = 45

# SQS's maximum. With the handler's backoff, that many receives take longer than an update is kept.
_MAX_RECEIVE_COUNT = 1_000
# Ten messages of this size fit into one invocation. The handler keeps dead letters within it, too.
_MAX_MESSAGE_BYTES = 262_144
_RETENTION_DAYS = 14  # SQS's maximum

_RECEIVE_ACTIONS = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
# SQS Developer Guide, "Key management": senders need both, receivers kms:Decrypt.
_SEND_KEY_ACTIONS = ["kms:Decrypt", "kms:GenerateDataKey"]


class ContactUpdateQueue(Construct):
    """A durable queue of updates, the function that applies them in Amazon Connect, and a dead-letter queue.

    Updates of a contact are applied in the order in which they were accepted. Consecutive attribute updates of a
    contact that wait together are merged into one call. An update that Amazon Connect rejects permanently goes to the
    dead-letter queue with the reason; one that may succeed later waits, and only holds up its own contact.

    Both queues are retained by default, because renaming the construct or leaving it out of one deployment would
    otherwise delete the updates that wait in them.
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
        tracing: bool = False,
        function_options: ContactUpdateFunctionOptions | None = None,
    ) -> None:
        """Create the queue.

        :param instance: The instance whose contacts are updated.
        :param operations: The operations that are applied, and that the function's role may call. Default: both
            operations.
        :param updates_per_second: The maximum rate of calls to Amazon Connect, over any two seconds and both operations
            together: 1 to 5,000. Fractions are mostly rounded down. The rate holds where calls arrive, unless one call
            takes 100 ms longer to arrive than another. Default: 7, which leaves agents and flows a part of Amazon
            Connect's default quota of 10 for each operation.
        :param merge_updates: Whether consecutive attribute updates of a contact that wait together become one call.
            Amazon Connect then does not see the values in between. Default: updates are merged.
        :param event_bus: The event bus in the stack's Region to which each rejected update is published, without its
            values. Default: rejected updates are not published.
        :param encryption_key: The KMS key that encrypts both queues. Whoever is granted to send to them or receive from
            them is also granted to use the key. Default: keys managed by SQS are used.
        :param removal_policy: What happens to both queues, with the updates in them, and to their policies when this
            construct is removed from the stack, or the stack is deleted. Default: they are retained, unless the
            deployment that creates them is rolled back (`RETAIN_ON_UPDATE_OR_DELETE`).
        :param tracing: Whether AWS X-Ray traces the function, whose role may then send traces. An update's trace id
            goes through the queue, so that its trace is linked to that of its request. Default: no tracing.
        :param function_options: Memory, timeout, VPC and other options of the function. Default: the default of each
            option.
        :raises TypeError: if an argument has the wrong type.
        :raises ValueError: if an argument has a wrong value, or contradicts another.
        """
        stack = Stack.of(scope)
        check_is("instance", instance, ConnectInstance)
        check_account("instance", instance.env.account, stack)
        self._updated_instance = instance
        self._operations = checked_operations(operations)
        self._rate = rate = _checked_rate(updates_per_second)
        self._max_concurrency = max(_MIN_CONCURRENCY, math.ceil(rate / _CALLS_PER_SECOND_OF_AN_EXECUTION))
        check_is("merge_updates", merge_updates, bool)
        check_event_bus("event_bus", event_bus, stack)
        check_key("encryption_key", encryption_key, stack)
        check_removal_policy("removal_policy", removal_policy)
        check_is("tracing", tracing, bool)
        options = checked_options(function_options, _TIMEOUT_LIMITS, stack)
        _check_concurrency(options, self._max_concurrency)
        timeout = _timeout(options)
        super().__init__(scope, construct_id)

        self._encryption_key = encryption_key
        self._removal_policy = removal_policy or RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
        self._dead_letter_queue = self._fifo_queue("DeadLetterQueue")
        self._queue = self._fifo_queue(
            "Queue",
            visibility_timeout=Duration.seconds(_VISIBILITY_TIMEOUT_FACTOR * timeout.to_seconds()),
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
        self._function = add_handler_function(
            Construct(self, "Function"),
            description="Applies queued updates of Amazon Connect contacts",
            handler="contact_updates.queue_function.handler",
            environment=environment,
            timeout=timeout,
            options=options,
            tracing=tracing,
        )
        instance.grant_updates(self._function, operations=self._operations)
        warn_of_region_out_of_reach(self._function, instance, options)
        self._grant_send(self._function, self._dead_letter_queue)
        if event_bus:
            iam.Grant.add_to_principal(
                grantee=self._function, actions=["events:PutEvents"], resource_arns=[event_bus.event_bus_arn]
            )
        may_receive = iam.Grant.add_to_principal(
            grantee=self._function, actions=_RECEIVE_ACTIONS, resource_arns=[self._queue.queue_arn]
        )
        self._event_source = lambda_.EventSourceMapping(
            self,
            "EventSource",
            target=self._function,
            event_source_arn=self._queue.queue_arn,
            batch_size=10,
            max_concurrency=self._max_concurrency,
            report_batch_item_failures=True,
        )
        # Lambda refuses an event source that the function's role may not read.
        may_receive.apply_before(self._event_source)

    def _fifo_queue(
        self,
        construct_id: str,
        *,
        visibility_timeout: Duration | None = None,
        dead_letter_queue: sqs.DeadLetterQueue | None = None,
    ) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            construct_id,
            fifo=True,
            # Together, these two are the high-throughput mode: each contact has its own limit.
            fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
            deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP,
            encryption=sqs.QueueEncryption.KMS if self._encryption_key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=self._encryption_key,
            enforce_ssl=True,
            max_message_size_bytes=_MAX_MESSAGE_BYTES,
            retention_period=Duration.days(_RETENTION_DAYS),
            visibility_timeout=visibility_timeout,
            dead_letter_queue=dead_letter_queue,
            removal_policy=self._removal_policy,
        )
        # The policy refuses calls without TLS and names who may send: it must stay as long as its queue.
        policy = queue.node.find_child("Policy")
        assert isinstance(policy, sqs.QueuePolicy)
        policy.apply_removal_policy(self._removal_policy)
        return queue

    @property
    def instance(self) -> ConnectInstance:
        """The instance whose contacts are updated."""
        return self._updated_instance

    @property
    def operations(self) -> list[ContactUpdateOperation]:
        """The operations that are applied."""
        return list(self._operations)

    @property
    def queue(self) -> sqs.Queue:
        """The queue of accepted updates, with its metrics."""
        return self._queue

    @property
    def dead_letter_queue(self) -> sqs.Queue:
        """The queue of updates that were rejected permanently, each with the reason."""
        return self._dead_letter_queue

    @property
    def function(self) -> lambda_.Function:
        """The Lambda function that applies the updates, with its role, log group and metrics."""
        return self._function

    @property
    def event_source(self) -> lambda_.EventSourceMapping:
        """The event source mapping that hands the queue's messages to the function."""
        return self._event_source

    @property
    def updates_per_second(self) -> float:
        """The maximum rate of calls to Amazon Connect."""
        return self._rate

    @property
    def max_concurrency(self) -> int:
        """The maximum number of executions that apply updates at the same time."""
        return self._max_concurrency

    def grant_send_updates(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow `grantee` to send messages in the queue's format (see docs/queue.md), without the API and its checks.

        An identity of this account gets the statement in its own policy. Another account, an identity of another
        account or an organization is named in the queue's policy; an identity of another account also needs the
        permission of its own account. With `encryption_key`, the use of the key is granted in the same way.

        :raises TypeError: if `grantee` is not a principal.
        :raises ValueError: if `grantee` is everybody, or a service without a condition: everybody who can make that
            service send a message would be allowed.
        """
        return self._grant_send(grantee, self._queue)

    def grant_redrive(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow `grantee` to read rejected updates, to delete them, and to move them back into the queue.

        A redrive task reads and deletes in the dead-letter queue, and sends to the queue (SQS Developer Guide,
        "Configure a dead-letter queue redrive").

        :raises TypeError: if `grantee` is not a principal.
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

    def metric_waiting_updates(self) -> cloudwatch.MathExpression:
        """The number of accepted updates that have been neither applied nor rejected: the maximum over 5 minutes.

        It is the sum of SQS's visible and not visible messages, because an update that is held up waits by visibility
        timeout. SQS's `ApproximateAgeOfOldestMessage` does not show such updates: it leaves out messages that have
        been received more than three times (SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS").
        """
        from connect_constructs._metrics import messages_in

        return messages_in(self._queue, "waiting")

    def metric_rejected_updates(self) -> cloudwatch.MathExpression:
        """The number of rejected updates in the dead-letter queue: the maximum over 5 minutes.

        It includes those that somebody has received but not deleted yet.
        """
        from connect_constructs._metrics import messages_in

        return messages_in(self._dead_letter_queue, "rejected")

    def metric_held_up_attempts(self) -> cloudwatch.Metric:
        """The number of attempts after which an update had to wait: the sum over 5 minutes.

        It counts throttles, faults, denied access and everything else that may succeed later, once for each update and
        attempt. It has no data as long as there are none.
        """
        from connect_constructs._metrics import function_metric

        return function_metric(self._function, "HeldUpAttempts")

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
    message = (
        f"updates_per_second: expected a number from 1 to {_MAX_UPDATES_PER_SECOND}, known at synthesis, "
        f"got {updates_per_second!r}"
    )
    if type(updates_per_second) not in (int, float):
        raise TypeError(message)
    # The pace of the calls is computed at synthesis. A token for a number is negative, and so rejected.
    if not 1 <= updates_per_second <= _MAX_UPDATES_PER_SECOND:
        raise ValueError(message)
    return updates_per_second


def _check_concurrency(options: ContactUpdateFunctionOptions, max_concurrency: int) -> None:
    reserved = options.reserved_concurrent_executions
    if reserved is not None and not Token.is_unresolved(reserved) and reserved < max_concurrency:
        raise ValueError(
            f"function_options.reserved_concurrent_executions: expected at least {max_concurrency}, the event source's "
            f"maximum concurrency, got {reserved}: some batches would come back without being processed"
        )


def _timeout(options: ContactUpdateFunctionOptions) -> Duration:
    if options.timeout is None:
        return Duration.seconds(_DEFAULT_TIMEOUT_SECONDS)
    if options.timeout.is_unresolved():
        raise ValueError(
            "function_options.timeout: expected one that is known at synthesis, got a token: the queue's visibility "
            "timeout is computed from it"
        )
    return options.timeout


def _seconds_per_call(rate: float, max_concurrency: int) -> float:
    """How long a call occupies its execution, so that all executions together keep to `rate` over any two seconds."""
    calls_in_window = math.floor(_WINDOW_MILLISECONDS / 1_000 * rate / max_concurrency)
    return math.ceil(round((_WINDOW_MILLISECONDS + _JITTER_MILLISECONDS) / calls_in_window, 6)) / 1_000
