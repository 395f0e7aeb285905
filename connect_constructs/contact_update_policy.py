"""A managed policy for principals that call Amazon Connect themselves."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import aws_iam as iam
from constructs import Construct

from connect_constructs._validation import check_is
from connect_constructs.instance import ConnectInstance
from connect_constructs.operation import ContactUpdateOperation, checked_operations


class ContactUpdatePolicy(iam.ManagedPolicy):
    """A managed policy that allows updates of the contacts of one instance, and nothing else."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        instance: ConnectInstance,
        operations: Iterable[ContactUpdateOperation] | None = None,
    ) -> None:
        """Create the policy.

        :param instance: The instance whose contacts may be updated.
        :param operations: The operations that the policy allows. Default: both operations.
        :raises TypeError: if an argument has the wrong type.
        :raises ValueError: if `operations` is empty.
        """
        check_is("instance", instance, ConnectInstance)
        allowed = checked_operations(operations)
        super().__init__(
            scope,
            construct_id,
            description="Updates of Amazon Connect contacts of one instance",
            statements=[
                iam.PolicyStatement(
                    actions=[operation.iam_action for operation in allowed],
                    resources=[instance.contact_arns],
                )
            ],
        )
        self._updated_instance = instance
