"""The Lambda function behind a REST API: it makes the updates, or sends them to a queue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from aws_cdk import Fn, Stack, Token
from constructs import Construct

from connect_constructs._validation import check_account, check_attribute_keys, check_is, check_origins
from connect_constructs.handler_function import ContactUpdateFunctionOptions, HandlerFunction, TimeoutLimits
from connect_constructs.instance import ConnectInstance
from connect_constructs.operation import ContactUpdateOperation, checked_operations

if TYPE_CHECKING:
    from connect_constructs.contact_update_queue import ContactUpdateQueue

_TIMEOUT_LIMITS = TimeoutLimits(
    minimum=12,  # one attempt with both of the handler's time-outs, and room for the answer
    maximum=29,  # API Gateway's default limit for an integration (Amazon API Gateway quotas)
    default=25,
)

# AWS Lambda quotas: "Function environment variables: 4 KB, for all of them together".
_MAX_ENVIRONMENT_BYTES = 4096
# What a token may become: a queue's URL is the longest.
_TOKEN_BYTES = 160


class ContactUpdateFunction(HandlerFunction):
    """A Lambda function that answers API Gateway's proxy events by updating contacts in Amazon Connect.

    Its role may call the operations on the contacts of the one instance and write to its own log group. The
    function calls the instance's Region, whichever its own is. With a queue, its role may send to the queue instead,
    and has no permission in Amazon Connect. It logs one line of JSON a request, without values.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        instance: ConnectInstance | None = None,
        queue: ContactUpdateQueue | None = None,
        operations: Iterable[ContactUpdateOperation] | None = None,
        allowed_attributes: Sequence[str] | None = None,
        allow_origins: Sequence[str] | None = None,
        options: ContactUpdateFunctionOptions | None = None,
    ) -> None:
        """Create the function. It takes exactly one of `instance` and `queue`.

        :param instance: The instance whose contacts it updates. A request for another one is answered with
            ResourceNotFoundException.
        :param queue: Takes the updates instead: the answer is then 202, once the queue has the update.
        :param operations: What its role may call. Default: both operations, or those of the queue.
        :param allowed_attributes: The keys that callers may write by UpdateContactAttributes. What UpdateContact
            writes is not limited by it. Default: they may
            write any.
        :param allow_origins: The origins whose pages may read its answers (CORS). Default: answers carry no CORS
            headers.
        :param options: Memory, timeout, VPC and the like. Default: each has its default.
        :raises ValueError: if an argument is out of its range, if `operations` holds one that the queue does not
            apply, or if the lists do not fit into the function's environment, which holds 4,096 bytes.
        """
        bound = target_instance(instance, queue)
        offered = offered_operations(operations, queue)
        environment = _environment(bound, queue, allowed_attributes, allow_origins)
        check_account(bound.env.account, Stack.of(scope))
        super().__init__(
            scope,
            construct_id,
            description="Updates Amazon Connect contacts",
            handler="contact_updates.api_function.handler",
            environment=environment,
            timeout_limits=_TIMEOUT_LIMITS,
            options=options,
        )
        if queue:
            queue.grant_send_updates(self.role)
        else:
            bound.grant_updates(self.role, operations=offered)


def target_instance(instance: ConnectInstance | None, queue: ContactUpdateQueue | None) -> ConnectInstance:
    """The instance whose contacts are updated, at once or by way of the queue. Raises ValueError."""
    if (instance is None) == (queue is None):
        raise ValueError(
            f"expected exactly one of instance= and queue=, got {'neither' if instance is None else 'both'}"
        )
    if queue is not None:
        # Here, so that an app without a queue does not load CDK's modules for queues.
        from connect_constructs.contact_update_queue import ContactUpdateQueue

        check_is("queue", queue, ContactUpdateQueue)
        return queue.instance
    check_is("instance", instance, ConnectInstance)
    assert instance is not None  # just checked
    return instance


def offered_operations(
    operations: Iterable[ContactUpdateOperation] | None, queue: ContactUpdateQueue | None
) -> list[ContactUpdateOperation]:
    """`operations`, or all that there are where it is left out. Raises ValueError for one that the queue lacks."""
    if queue is None:
        return checked_operations(operations)
    offered = queue.operations if operations is None else checked_operations(operations)
    if absent := [operation.value for operation in offered if operation not in queue.operations]:
        raise ValueError(f"operations: expected those that the queue applies, got {', '.join(absent)}")
    return offered


def _environment(
    instance: ConnectInstance,
    queue: ContactUpdateQueue | None,
    allowed_attributes: Sequence[str] | None,
    allow_origins: Sequence[str] | None,
) -> dict[str, str]:
    environment = {"INSTANCE_ARN": instance.instance_arn}
    if queue:
        environment["QUEUE_URL"] = queue.queue.queue_url
    if allowed_attributes is not None:
        check_attribute_keys(allowed_attributes)
        known = not Token.is_unresolved(allowed_attributes)
        environment["ALLOWED_ATTRIBUTES"] = ",".join(allowed_attributes) if known else Fn.join(",", allowed_attributes)
    if allow_origins:
        check_origins(allow_origins)
        environment["ALLOW_ORIGINS"] = ",".join(allow_origins)
    size = sum(
        len(name) + (_TOKEN_BYTES if Token.is_unresolved(value) else len(value.encode()))
        for name, value in environment.items()
    )
    if size > _MAX_ENVIRONMENT_BYTES:
        raise ValueError(
            f"allowed_attributes and allow_origins: expected at most {_MAX_ENVIRONMENT_BYTES} bytes in the function's "
            f"environment, got {size}"
        )
    return environment
