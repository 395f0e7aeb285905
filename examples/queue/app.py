"""An endpoint with a durable queue, traced and monitored.

Rejected updates are published as events, which a rule sends to another queue. Alarms notify an SNS topic.

Deploy it with -c instance_arn=arn:aws:connect:us-east-1:111122223333:instance/12345678-1234-1234-1234-123456789012
"""

from __future__ import annotations

from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from connect_constructs import ConnectInstance, ContactUpdateApi, ContactUpdateMonitoring, ContactUpdateQueue


class QueueStack(Stack):
    """The endpoint, its queue, and the event bus for rejected updates."""

    def __init__(self, scope: Construct, construct_id: str, *, instance_arn: str) -> None:
        super().__init__(scope, construct_id)
        instance = ConnectInstance.from_instance_arn(self, "Instance", instance_arn)
        bus = events.EventBus(self, "Bus")
        updates = ContactUpdateQueue(self, "Updates", instance=instance, event_bus=bus, tracing=True)
        api = ContactUpdateApi(self, "ContactUpdates", queue=updates, tracing=True)

        # A CRM could read these and ask an agent to correct the update.
        rejections = sqs.Queue(self, "Rejections")
        events.Rule(
            self,
            "Rejected",
            event_bus=bus,
            event_pattern=events.EventPattern(source=["connect-constructs"], detail_type=["Contact Update Rejected"]),
            targets=[targets.SqsQueue(rejections)],
        )

        operators = sns.Topic(self, "Operators")
        ContactUpdateMonitoring(
            self, "Monitoring", api=api, queue=updates, alarm_actions=[actions.SnsAction(operators)]
        )

        # An operator may read rejected updates and move them back into the queue.
        operator = iam.Role(self, "Operator", assumed_by=iam.AccountRootPrincipal())
        updates.grant_redrive(operator)

        CfnOutput(self, "Endpoint", value=api.endpoint_url)
        CfnOutput(self, "DeadLetterQueueUrl", value=updates.dead_letter_queue.queue_url)
        CfnOutput(self, "RejectionsUrl", value=rejections.queue_url)


if __name__ == "__main__":
    app = App()
    QueueStack(app, "Queue", instance_arn=app.node.get_context("instance_arn"))
    app.synth()
