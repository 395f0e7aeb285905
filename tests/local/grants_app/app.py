"""Two endpoints with an access log, and a queue, with grants that need a resource policy."""

from __future__ import annotations

from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_iam as iam

from connect_constructs import ApiGatewayAccount, ConnectInstance, ContactUpdateApi, ContactUpdateQueue

app = App()
stack = Stack(app, "Grants")
instance = ConnectInstance.from_instance_arn(stack, "Instance", app.node.get_context("instance_arn"))
# A policy can only name an existing user. This one has no policy of its own.
user = iam.User(stack, "Named")
named_user = iam.ArnPrincipal(user.user_arn)
other_account = iam.AccountPrincipal(app.node.get_context("other_account"))

ApiGatewayAccount(stack, "ApiGatewayAccount")
api = ContactUpdateApi(
    stack, "ContactUpdates", instance=instance, access_log=True, allow_origins=["https://crm.example.com"]
)
api.grant_update_contact_attributes(named_user)
api.grant_updates(other_account)

queue = ContactUpdateQueue(stack, "Updates", instance=instance)
queue.grant_send_updates(named_user)
queue.grant_send_updates(other_account)
ContactUpdateApi(stack, "Queued", queue=queue, access_log=True)

CfnOutput(stack, "ApiId", value=api.rest_api.rest_api_id)
CfnOutput(stack, "UserName", value=user.user_name)
CfnOutput(stack, "QueueUrl", value=queue.queue.queue_url)
app.synth()
