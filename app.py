"""The deployable app: one stack with one endpoint, configured by context.

    cdk deploy -c instance_arn=arn:aws:connect:us-east-1:111122223333:instance/12345678-1234-1234-1234-123456789012

Optional context: queue, api_key_required, access_log and api_gateway_account (true or false); allow_origins,
allowed_attributes and allowed_members (comma-separated lists); account, region and stack_name. api_gateway_account adds
a second stack, which sets API Gateway's CloudWatch role for the account and Region.
"""

from __future__ import annotations

import sys

from aws_cdk import App, CfnOutput, Environment, Stack
from constructs import Construct, Node

from connect_constructs import ApiGatewayAccount, ConnectInstance, ContactUpdateApi, ContactUpdateQueue


class ContactUpdateStack(Stack):
    """One endpoint for one instance, with outputs for its clients."""

    def __init__(self, scope: Construct, construct_id: str, *, env: Environment, stack_name: str | None) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            stack_name=stack_name,
            description="An endpoint that updates Amazon Connect contacts",
        )
        instance = ConnectInstance.from_instance_arn(self, "Instance", _instance_arn(self.node))
        has_queue = _flag(self.node, "queue", default=False)
        queue = ContactUpdateQueue(self, "Updates", instance=instance) if has_queue else None
        api = ContactUpdateApi(
            self,
            "ContactUpdates",
            instance=None if queue else instance,
            queue=queue,
            allow_origins=_items(self.node, "allow_origins"),
            allowed_attributes=_items(self.node, "allowed_attributes"),
            allowed_members=_items(self.node, "allowed_members"),
            api_key_required=_flag(self.node, "api_key_required", default=False),
            access_log=_flag(self.node, "access_log", default=False),
        )
        CfnOutput(self, "Endpoint", value=api.endpoint_url, description="The endpoint to give to clients")
        CfnOutput(self, "ApiId", value=api.rest_api.rest_api_id, description="The REST API's id")
        CfnOutput(
            self,
            "InvokeArn",
            value=api.invoke_arn_pattern,
            description="The resource that callers need execute-api:Invoke on",
        )
        if queue:
            CfnOutput(self, "QueueArn", value=queue.queue.queue_arn, description="Accepted updates wait here")
            CfnOutput(
                self,
                "DeadLetterQueueArn",
                value=queue.dead_letter_queue.queue_arn,
                description="Rejected updates are kept here",
            )
        if api.api_key:
            CfnOutput(self, "ApiKeyId", value=api.api_key.key_id, description="Its value: aws apigateway get-api-key")


def _instance_arn(node: Node) -> str:
    arn = node.try_get_context("instance_arn")
    if not arn:
        raise ValueError(
            "set the Amazon Connect instance: cdk deploy -c instance_arn=arn:aws:connect:REGION:ACCOUNT:instance/ID. "
            "The Amazon Connect console shows the ARN on the instance's page, and `aws connect list-instances` "
            "prints it"
        )
    return str(arn)


def _items(node: Node, name: str) -> list[str] | None:
    value = node.try_get_context(name)
    return None if value is None else [item.strip() for item in str(value).split(",") if item.strip()]


def _flag(node: Node, name: str, *, default: bool) -> bool:
    # Values from the command line are strings; those from cdk.json may be booleans.
    value = node.try_get_context(name)
    if value is None:
        return default
    if str(value).lower() not in {"true", "false"}:
        raise ValueError(f"{name}: expected true or false, got {value!r}")
    return str(value).lower() == "true"


def main() -> None:
    app = App()
    context = app.node.try_get_context
    env = Environment(account=context("account"), region=context("region"))
    try:
        if _flag(app.node, "api_gateway_account", default=False):
            # In a separate stack, because all endpoints of an account and Region share the role, and it outlives them.
            ApiGatewayAccount(Stack(app, "ApiGatewayAccount", env=env), "ApiGatewayAccount")
        ContactUpdateStack(app, "ContactUpdates", env=env, stack_name=context("stack_name"))
    except ValueError as error:
        sys.exit(f"error: {error}")
    app.synth()


if __name__ == "__main__":
    main()
