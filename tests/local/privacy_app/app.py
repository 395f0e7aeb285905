"""Two endpoints that log everything they can, one of them in front of a queue that publishes rejections."""

from __future__ import annotations

from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs

from connect_constructs import ApiGatewayAccount, ConnectInstance, ContactUpdateApi, ContactUpdateQueue

app = App()
stack = Stack(app, "Privacy")
ApiGatewayAccount(stack, "ApiGatewayAccount")
instance = ConnectInstance.from_instance_arn(stack, "Instance", app.node.get_context("instance_arn"))
api = ContactUpdateApi(stack, "ContactUpdates", instance=instance, access_log=True)

bus = events.EventBus(stack, "Bus")
published = sqs.Queue(stack, "Published")
events.Rule(
    stack,
    "All",
    event_bus=bus,
    event_pattern=events.EventPattern(account=[stack.account]),
    targets=[targets.SqsQueue(published)],
)
updates = ContactUpdateQueue(stack, "Updates", instance=instance, event_bus=bus)
queued = ContactUpdateApi(stack, "Queued", queue=updates, access_log=True)

CfnOutput(stack, "ApiId", value=api.rest_api.rest_api_id)
CfnOutput(stack, "QueuedApiId", value=queued.rest_api.rest_api_id)
CfnOutput(stack, "ConsumerName", value=updates.function.function_name)
CfnOutput(stack, "QueueName", value=updates.queue.queue_name)
CfnOutput(stack, "DeadLetterQueueName", value=updates.dead_letter_queue.queue_name)
CfnOutput(stack, "PublishedName", value=published.queue_name)
app.synth()
