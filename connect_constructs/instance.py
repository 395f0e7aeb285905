"""A reference to an Amazon Connect instance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aws_cdk import Arn, ArnFormat, Resource, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from connect_constructs._grants import grant_to_identity
from connect_constructs._validation import check_instance_arn, check_instance_id
from connect_constructs.operation import ContactUpdateOperation, checked_operations

if TYPE_CHECKING:
    from aws_cdk.interfaces import aws_connect as connect_interfaces


class ConnectInstance(Resource):
    """A reference to an Amazon Connect instance that exists already, or that another construct creates.

    Use `from_instance_arn`, `from_instance_id` or `from_cfn_instance`. This construct creates no resources.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        instance_arn: str,
        account: str | None = None,
        region: str | None = None,
    ) -> None:
        """Refer to the instance with this ARN, as `from_instance_arn` does.

        :param instance_arn: The instance's ARN. May be a token.
        :param account: The instance's account, if the ARN is a token. Default: the account in the ARN.
        :param region: The instance's Region, if the ARN is a token. Default: the Region in the ARN.
        :raises TypeError: if `instance_arn` is not a string.
        :raises ValueError: if `instance_arn` is not an instance's ARN.
        """
        check_instance_arn(instance_arn)
        environment_from_arn = None if account or region else instance_arn
        super().__init__(scope, construct_id, account=account, region=region, environment_from_arn=environment_from_arn)
        self._instance_arn = instance_arn

    @classmethod
    def from_instance_arn(cls, scope: Construct, construct_id: str, instance_arn: str) -> ConnectInstance:
        """Refer to the instance with this ARN, which may be in another Region than the stack.

        :param instance_arn: The ARN, which the Amazon Connect console shows under "Distribution settings". May be a
            token.
        :raises TypeError: if `instance_arn` is not a string.
        :raises ValueError: if `instance_arn` is not an instance's ARN.
        """
        return cls(scope, construct_id, instance_arn=instance_arn)

    @classmethod
    def from_instance_id(cls, scope: Construct, construct_id: str, instance_id: str) -> ConnectInstance:
        """Refer to the instance with this id in the stack's Region and account.

        :param instance_id: The part of the ARN after `instance/`. May be a token.
        :raises TypeError: if `instance_id` is not a string.
        :raises ValueError: if `instance_id` is not an instance's id.
        """
        check_instance_id(instance_id)
        arn = Stack.of(scope).format_arn(service="connect", resource="instance", resource_name=instance_id)
        return cls(scope, construct_id, instance_arn=arn)

    @classmethod
    def from_cfn_instance(
        cls, scope: Construct, construct_id: str, cfn_instance: connect_interfaces.IInstanceRef
    ) -> ConnectInstance:
        """Refer to the instance that an `aws_connect.CfnInstance` creates.

        :param cfn_instance: The `CfnInstance`, or any other `IInstanceRef`.
        :raises TypeError: if `cfn_instance` does not refer to an instance.
        """
        if not hasattr(cfn_instance, "instance_ref"):
            raise TypeError(
                f"cfn_instance: expected a CfnInstance, got {cfn_instance!r}; use from_instance_arn for "
                "an ARN, or from_instance_id for an id"
            )
        # The ARN is a token, which does not tell the account and Region.
        environment = cfn_instance.env
        return cls(
            scope,
            construct_id,
            instance_arn=cfn_instance.instance_ref.instance_arn,
            account=environment.account,
            region=environment.region,
        )

    @property
    def instance_arn(self) -> str:
        """`arn:{partition}:connect:{region}:{account}:instance/{id}`."""
        return self._instance_arn

    @property
    def instance_id(self) -> str:
        """The part of the ARN after `instance/`."""
        name = Arn.split(self._instance_arn, ArnFormat.SLASH_RESOURCE_NAME).resource_name
        assert name is not None  # the ARN format has one
        return name

    @property
    def contact_arns(self) -> str:
        """The pattern of the ARNs of all contacts of the instance: IAM evaluates both operations against it.

        The instance's own ARN matches neither (service authorization reference of Amazon Connect).
        """
        return f"{self._instance_arn}/contact/*"

    def grant_update_contact_attributes(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow `grantee` to call UpdateContactAttributes on the instance's contacts, and nothing else.

        :raises TypeError: if `grantee` is not a principal.
        :raises ValueError: if `grantee` has no policy that this app may change, or belongs to another account.
        """
        return self._grant(grantee, ContactUpdateOperation.UPDATE_CONTACT_ATTRIBUTES)

    def grant_update_contact(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow `grantee` to call UpdateContact on the instance's contacts, and nothing else.

        :raises TypeError: if `grantee` is not a principal.
        :raises ValueError: if `grantee` has no policy that this app may change, or belongs to another account.
        """
        return self._grant(grantee, ContactUpdateOperation.UPDATE_CONTACT)

    def grant_updates(
        self, grantee: iam.IGrantable, *, operations: Iterable[ContactUpdateOperation] | None = None
    ) -> iam.Grant:
        """Allow `grantee` to call the operations on the instance's contacts, and nothing else.

        :param operations: The operations to allow. Default: both operations.
        :raises TypeError: if `grantee` is not a principal, or `operations` has something other than operations.
        :raises ValueError: if `operations` is empty, or if `grantee` has no policy that this app may change, or belongs
            to another account.
        """
        return self._grant(grantee, *checked_operations(operations))

    def _grant(self, grantee: iam.IGrantable, *operations: ContactUpdateOperation) -> iam.Grant:
        return grant_to_identity(
            grantee,
            actions=[operation.iam_action for operation in operations],
            resource_arns=[self.contact_arns],
            account=self.env.account,
            because="Amazon Connect has no resource policies",
        )
