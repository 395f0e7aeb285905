"""Private end to end: a VPC without NAT, a private API in it, and interface endpoints to all that its functions call.

Deploy it with -c instance_arn=arn:aws:connect:us-east-1:111122223333:instance/12345678-1234-1234-1234-123456789012

With -c queue=true, updates go through a queue, and rejected ones to an event bus. With -c fips=true, the functions call
FIPS endpoints. Leave it out in AWS GovCloud (US), where SDKs find them under the ordinary names. The instance must be
in the stack's Region, which the interface endpoints reach.
"""

from __future__ import annotations

from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from connect_constructs import (
    ConnectInstance,
    ConnectVpcEndpointService,
    ContactUpdateApi,
    ContactUpdateFunctionOptions,
    ContactUpdateOperation,
    ContactUpdateQueue,
)

AWS_SERVICE = ec2.InterfaceVpcEndpointAwsService


class VpcStack(Stack):
    """A VPC with isolated subnets, and the endpoint for contact updates, which only the VPC can call."""

    def __init__(
        self, scope: Construct, construct_id: str, *, instance_arn: str, queued: bool = False, fips: bool = False
    ) -> None:
        super().__init__(scope, construct_id)
        self._fips = fips
        self._vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            ],
        )
        instance = ConnectInstance.from_instance_arn(self, "Instance", instance_arn)
        options = ContactUpdateFunctionOptions(vpc=self._vpc)

        # The way in, with the default endpoint policy: the API's own policy says who may call. The endpoint's URL needs
        # no private DNS, with which no public API could be called from this VPC.
        callers = ec2.SecurityGroup(self, "Callers", vpc=self._vpc, description="May call the private API")
        way_in = self._endpoint("ExecuteApi", AWS_SERVICE.APIGATEWAY, callers, private_dns_enabled=False)

        if queued:
            bus = events.EventBus(self, "Bus")
            updates = ContactUpdateQueue(self, "Updates", instance=instance, event_bus=bus, function_options=options)
            api = ContactUpdateApi(
                self, "ContactUpdates", queue=updates, vpc_endpoints=[way_in], function_options=options
            )
            self._let_out(api.function, updates.function, to_connect=updates.function, instance=instance)
            self._endpoint("Sqs", AWS_SERVICE.SQS_FIPS if fips else AWS_SERVICE.SQS, api.function, updates.function)
            # The name is from the AWS PrivateLink Guide: CDK has no constant for EventBridge's FIPS endpoint.
            self._endpoint(
                "EventBridge", AWS_SERVICE("events-fips") if fips else AWS_SERVICE.EVENTBRIDGE, updates.function
            )
        else:
            api = ContactUpdateApi(
                self, "ContactUpdates", instance=instance, vpc_endpoints=[way_in], function_options=options
            )
            self._let_out(api.function, to_connect=api.function, instance=instance)

        CfnOutput(self, "Endpoint", value=api.endpoint_url)
        CfnOutput(self, "CallersSecurityGroup", value=callers.security_group_id)

    def _let_out(self, *functions: lambda_.Function, to_connect: lambda_.Function, instance: ConnectInstance) -> None:
        """Let one of the functions through to Amazon Connect, for updates of the instance's contacts only."""
        service = ConnectVpcEndpointService.CONNECT_FIPS if self._fips else ConnectVpcEndpointService.CONNECT
        connect = self._endpoint("Connect", service, to_connect)
        connect.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=[operation.iam_action for operation in ContactUpdateOperation],
                resources=[instance.contact_arns],
            )
        )
        if self._fips:
            for function in functions:
                function.add_environment("AWS_USE_FIPS_ENDPOINT", "true")

    def _endpoint(
        self,
        construct_id: str,
        service: ec2.InterfaceVpcEndpointAwsService,
        *clients: ec2.IConnectable,
        private_dns_enabled: bool = True,
    ) -> ec2.InterfaceVpcEndpoint:
        """An interface endpoint that only its clients can reach."""
        endpoint = ec2.InterfaceVpcEndpoint(
            self, construct_id, vpc=self._vpc, service=service, private_dns_enabled=private_dns_enabled, open=False
        )
        for client in clients:
            endpoint.connections.allow_default_port_from(client)
        return endpoint


if __name__ == "__main__":
    app = App()
    VpcStack(
        app,
        "Vpc",
        instance_arn=app.node.get_context("instance_arn"),
        queued=app.node.try_get_context("queue") == "true",
        fips=app.node.try_get_context("fips") == "true",
    )
    app.synth()
