"""The Lambda function of an endpoint without its REST API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from connect_constructs._api_function import ApiFunctionDefinition
from connect_constructs.contact_update_function_options import ContactUpdateFunctionOptions
from connect_constructs.instance import ConnectInstance
from connect_constructs.operation import ContactUpdateOperation

if TYPE_CHECKING:
    from connect_constructs.contact_update_queue import ContactUpdateQueue


class ContactUpdateFunction(Construct):
    """The Lambda function of `ContactUpdateApi` alone, for a REST API of your own.

    It answers API Gateway's proxy events for `POST /contact/attributes` and `POST /contacts/{InstanceId}/{ContactId}`.
    Its role may call the operations on the contacts of the one instance and write to the function's own log group.
    With a queue, the role may send to the queue instead, and has no permission in Amazon Connect. The function calls
    the instance's Region, whichever its own Region is, and logs one line of JSON for each request, without values.
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
        allowed_members: Sequence[str] | None = None,
        allow_origins: Sequence[str] | None = None,
        tracing: bool = False,
        function_options: ContactUpdateFunctionOptions | None = None,
    ) -> None:
        """Create the function. Exactly one of `instance` and `queue` is required.

        :param instance: The instance whose contacts the function updates. A request for another instance is answered
            with ResourceNotFoundException. Default: the updates go to `queue`.
        :param queue: The queue that the updates are sent to: the function then answers 202 once the queue has the
            update. Default: the function updates the contacts of `instance`.
        :param operations: The operations that the function's role may call. Default: both operations, or those that
            the queue applies.
        :param allowed_attributes: The attribute keys that callers may write with UpdateContactAttributes. Default:
            callers may write any attribute.
        :param allowed_members: The members that callers may write with UpdateContact, such as `Name`, or single keys of
            them, such as `References.Ticket` or `SegmentAttributes.connect:Subtype`. Default: callers may write any
            member.
        :param allow_origins: The origins whose pages may read the function's answers (CORS). Default: answers carry no
            CORS headers.
        :param tracing: Whether AWS X-Ray traces the function. Its role may then send traces. Default: no tracing.
        :param function_options: Memory, timeout, VPC and other options of the function. Default: the default of each
            option.
        :raises TypeError: if an argument has the wrong type.
        :raises ValueError: if an argument has a wrong value, if `operations` has one that the queue does not apply, or
            if the lists do not fit into the function's environment, which holds 4,096 bytes.
        """
        definition = ApiFunctionDefinition(
            scope,
            instance=instance,
            queue=queue,
            operations=operations,
            allowed_attributes=allowed_attributes,
            allowed_members=allowed_members,
            allow_origins=allow_origins,
            tracing=tracing,
            function_options=function_options,
        )
        super().__init__(scope, construct_id)
        self._updated_instance = definition.updated_instance
        self._function = definition.add_to(self)

    @property
    def function(self) -> lambda_.Function:
        """The Lambda function, with its role, log group and metrics."""
        return self._function
