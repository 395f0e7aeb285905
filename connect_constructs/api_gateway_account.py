"""The role that API Gateway writes logs with, in a whole account and Region."""

from __future__ import annotations

from typing import Any

import jsii
from aws_cdk import Annotations, Aspects, IAspect, RemovalPolicy, Stack, Stage, Token
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct


class ApiGatewayAccount(Construct):
    """The CloudWatch role in API Gateway's settings for the account and Region that the stack is deployed to.

    Without this setting, API Gateway refuses a stage with an access log: "CloudWatch Logs role ARN must be set in
    account settings to enable logging". All APIs of an account and Region share the setting, and setting it replaces
    the previous role. So create this construct once for each account and Region, and only if nobody else sets the role.

    All stages of the app that write logs in the same account and Region are deployed after this construct (in a
    pipeline, those of the same pipeline stage). Its stack must therefore not use their APIs. The role and the setting
    are retained when the stack is deleted, because other APIs may need them by then.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Create the role and set it.

        Synthesis reports an error if the app sets the role for the same account and Region a second time.
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
            # Even if the first deployment is rolled back: the setting would remain, and must not lose its role.
            resource.apply_removal_policy(RemovalPolicy.RETAIN)
        # A pipeline's stage only applies aspects of its own.
        Aspects.of(Stage.of(self) or self.node.root).add(_LoggingStagesWait(account))

    @property
    def role(self) -> iam.Role:
        """The role that API Gateway writes logs with."""
        return self._role


@jsii.implements(IAspect)
class _LoggingStagesWait:
    """Makes all stages that write logs wait for the account's setting, whichever stack they are in."""

    def __init__(self, account: apigateway.CfnAccount) -> None:
        self._account = account

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, apigateway.CfnStage) and _logs(node):
            if self._is_here(node):
                node.node.add_dependency(self._account)
            elif _may_be_same(Stack.of(node), Stack.of(self._account)):
                Annotations.of(node).add_warning_v2(
                    "connect-constructs:apiGatewayAccountOrder",
                    f"{self._account.node.path} may set API Gateway's CloudWatch role for this account and Region, "
                    "or for others: give both stacks the same env=, or add a dependency between them",
                )
        elif isinstance(node, apigateway.CfnAccount) and node is not self._account and self._is_here(node):
            Annotations.of(node).add_error(
                "API Gateway has one CloudWatch role for an account and Region, and "
                f"{self._account.node.path} sets it already: remove one of the two. A RestApi sets the role, too, "
                "unless it has cloud_watch_role=False"
            )

    def _is_here(self, node: IConstruct) -> bool:
        return Stack.of(node).environment == Stack.of(self._account).environment


def _may_be_same(first: Stack, second: Stack) -> bool:
    """Whether two environments that look different may turn out to be the same account and Region."""
    return all(
        one == other or Token.is_unresolved(one) or Token.is_unresolved(other)
        for one, other in ((first.account, second.account), (first.region, second.region))
    )


def _logs(stage: apigateway.CfnStage) -> bool:
    if stage.access_log_setting is not None:
        return True
    settings: list[dict[str, Any]] = Stack.of(stage).resolve(stage.method_settings) or []
    return any(setting.get("loggingLevel", "OFF") != "OFF" for setting in settings)
