"""The Lambda function behind a REST API, which makes the updates or sends them to a queue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from aws_cdk import Duration, Fn, Stack, Token
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from connect_constructs._handler_function import TimeoutLimits, add_handler_function, checked_options
from connect_constructs._region_warning import warn_of_region_out_of_reach
from connect_constructs._validation import check_account, check_attribute_keys, check_is, check_members, check_origins
from connect_constructs.contact_update_function_options import ContactUpdateFunctionOptions
from connect_constructs.instance import ConnectInstance
from connect_constructs.operation import ContactUpdateOperation, checked_operations

if TYPE_CHECKING:
    from connect_constructs.contact_update_queue import ContactUpdateQueue

_TIMEOUT_LIMITS = TimeoutLimits(
    minimum=12,  # one attempt with both of the handler's timeouts, and time to answer
    maximum=29,  # API Gateway's default limit for an integration (Amazon API Gateway quotas)
)
_DEFAULT_TIMEOUT_SECONDS = 25

# No page has this origin, so the function refuses all pages. Without a preflight, any page that somebody opens inside
# the network could otherwise send updates to an API with unsigned callers.
_NO_ORIGIN = "none"

# AWS Lambda quotas: "Function environment variables: 4 KB, for all of them together".
_MAX_ENVIRONMENT_BYTES = 4096
# Allowed for each token, whose value is not known yet; a queue's URL is the longest.
_TOKEN_BYTES = 160


class ApiFunctionDefinition:
    """What the function is made of. Its arguments are checked before anything is created."""

    def __init__(
        self,
        scope: Construct,
        *,
        instance: ConnectInstance | None,
        queue: ContactUpdateQueue | None,
        operations: Iterable[ContactUpdateOperation] | None,
        allowed_attributes: Sequence[str] | None,
        allowed_members: Sequence[str] | None,
        allow_origins: Sequence[str] | None,
        tracing: bool,
        function_options: ContactUpdateFunctionOptions | None,
        unsigned_callers: bool = False,
    ) -> None:
        """Check the arguments, which are those of ContactUpdateFunction. Raises TypeError or ValueError."""
        stack = Stack.of(scope)
        self._instance = _target_instance(instance, queue)
        check_account("instance", self._instance.env.account, stack)
        self._queue = queue
        # The instance whose contacts the function's role may update.
        self.updated_instance = None if queue else self._instance
        self.operations = _offered_operations(operations, queue)
        self._environment = _environment(
            self._instance, queue, allowed_attributes, allowed_members, allow_origins, unsigned_callers
        )
        check_is("tracing", tracing, bool)
        self._tracing = tracing
        self._options = checked_options(function_options, _TIMEOUT_LIMITS, stack)

    def add_to(self, scope: Construct) -> lambda_.Function:
        """Add the function to `scope`, with the permission to make the updates, or to send them to the queue."""
        function = add_handler_function(
            scope,
            description="Updates Amazon Connect contacts",
            handler="contact_updates.api_function.handler",
            environment=self._environment,
            timeout=Duration.seconds(_DEFAULT_TIMEOUT_SECONDS),
            options=self._options,
            tracing=self._tracing,
        )
        if self._queue:
            self._queue.grant_send_updates(function)
        else:
            self._instance.grant_updates(function, operations=self.operations)
            warn_of_region_out_of_reach(function, self._instance, self._options)
        return function


def _target_instance(instance: ConnectInstance | None, queue: ContactUpdateQueue | None) -> ConnectInstance:
    """The instance whose contacts are updated, directly or through the queue."""
    if (instance is None) == (queue is None):
        raise ValueError(
            f"expected exactly one of instance= and queue=, got {'neither' if instance is None else 'both'}"
        )
    if queue is not None:
        # Imported here, so that an app without a queue does not load CDK's modules for queues.
        from connect_constructs.contact_update_queue import ContactUpdateQueue

        check_is("queue", queue, ContactUpdateQueue)
        return queue.instance
    check_is("instance", instance, ConnectInstance)
    assert instance is not None  # just checked
    return instance


def _offered_operations(
    operations: Iterable[ContactUpdateOperation] | None, queue: ContactUpdateQueue | None
) -> list[ContactUpdateOperation]:
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
    allowed_members: Sequence[str] | None,
    allow_origins: Sequence[str] | None,
    unsigned_callers: bool,
) -> dict[str, str]:
    environment = {"INSTANCE_ARN": instance.instance_arn}
    if queue:
        environment["QUEUE_URL"] = queue.queue.queue_url
    if allowed_attributes is not None:
        check_attribute_keys(allowed_attributes)
        environment["ALLOWED_ATTRIBUTES"] = _joined(allowed_attributes)
    if allowed_members is not None:
        check_members(allowed_members)
        environment["ALLOWED_MEMBERS"] = _joined(allowed_members)
    if allow_origins is not None:
        check_origins(allow_origins)
        if allow_origins:
            environment["ALLOW_ORIGINS"] = ",".join(allow_origins)
    if unsigned_callers and not allow_origins:
        environment["ALLOW_ORIGINS"] = _NO_ORIGIN
    size = sum(
        len(name) + (_TOKEN_BYTES if Token.is_unresolved(value) else len(value.encode()))
        for name, value in environment.items()
    )
    if size > _MAX_ENVIRONMENT_BYTES:
        raise ValueError(
            "allowed_attributes, allowed_members and allow_origins: expected at most "
            f"{_MAX_ENVIRONMENT_BYTES} bytes in the function's environment, got {size}"
        )
    return environment


def _joined(items: Sequence[str]) -> str:
    return Fn.join(",", items) if Token.is_unresolved(items) else ",".join(items)
