"""The role by which API Gateway writes logs, for a whole account and Region."""

from __future__ import annotations

from typing import Any

import jsii
from aws_cdk import Annotations, Aspects, IAspect, RemovalPolicy, Stack, Stage, Token
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct


class ApiGatewayAccount(Construct):
    """The CloudWatch role in API Gateway's settings of the account and Region that its stack is deployed into.

    API Gateway refuses a stage with an access log while the setting is missing: "CloudWatch Logs role ARN must be set
    in account settings to enable logging". There is one setting for all APIs of an account and Region, and setting it
    replaces what is there: create this construct once for each account and Region, and only where nobody else sets the
    role. All stages of the app that log in the same account and Region wait for it, so that its stack must not use
    their APIs; in a pipeline, those of its own stage. It stays when the stack goes, as other APIs may have come to need
    it.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Create the role and set it.

        At synthesis it is an error if the app sets the role of the same account and Region a second time.
        """
        super().__init__(scope, construct_id)
        # API Gateway Developer Guide, "Set up CloudWatch logging for REST APIs in API Gateway".
        self._role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonAPIGatewayPushToCloudWatchLogs")
            ],
        )
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=self._role.role_arn)
        for resource in (self._role, account):
            # Also when the first deployment is rolled back: the setting is not, and must not lack its role.
            resource.apply_removal_policy(RemovalPolicy.RETAIN)
        # A stage of a pipeline applies its own aspects only.
        Aspects.of(Stage.of(self) or self.node.root).add(_LoggingStagesWait(account))

    @property
    def role(self) -> iam.Role:
        """The role that API Gateway writes logs with."""
        return self._role


@jsii.implements(IAspect)
class _LoggingStagesWait:
    """Lets the stages that log wait for the account's setting, whichever stack they are in."""

    def __init__(self, account: apigateway.CfnAccount) -> None:
        self._account = account

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, apigateway.CfnStage) and _logs(node):
            if self._is_here(node):
                node.node.add_dependency(self._account)
            elif _may_be_same(Stack.of(node), Stack.of(self._account)):
                Annotations.of(node).add_warning_v2(
                    "connect-constructs:apiGatewayAccountOrder",
                    f"Whether {self._account.node.path} sets API Gateway's CloudWatch role for this account and Region "
                    "cannot be told: give both stacks the same env=, or add a dependency between them",
                )
        elif isinstance(node, apigateway.CfnAccount) and node is not self._account and self._is_here(node):
            Annotations.of(node).add_error(
                "API Gateway has one CloudWatch role for an account and Region, and "
                f"{self._account.node.path} sets it already: remove one of the two. A RestApi sets the role unless it "
                "is given cloud_watch_role=False"
            )

    def _is_here(self, node: IConstruct) -> bool:
        return Stack.of(node).environment == Stack.of(self._account).environment


def _may_be_same(first: Stack, second: Stack) -> bool:
    """Whether two environments that differ in writing may be the same account and Region when they are deployed."""
    return all(
        one == other or Token.is_unresolved(one) or Token.is_unresolved(other)
        for one, other in ((first.account, second.account), (first.region, second.region))
    )


def _logs(stage: apigateway.CfnStage) -> bool:
    if stage.access_log_setting is not None:
        return True
    settings: list[dict[str, Any]] = Stack.of(stage).resolve(stage.method_settings) or []
    return any(setting.get("loggingLevel", "OFF") != "OFF" for setting in settings)
