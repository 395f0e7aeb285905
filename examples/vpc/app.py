"""An endpoint whose function runs in a VPC without NAT, and reaches Amazon Connect through an interface endpoint.

Deploy it with -c instance_arn=arn:aws:connect:us-east-1:111122223333:instance/12345678-1234-1234-1234-123456789012

The instance must be in the stack's Region, because an interface endpoint only reaches the service in its own Region.
"""

from __future__ import annotations

from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from connect_constructs import (
    ConnectInstance,
    ContactUpdateApi,
    ContactUpdateFunctionOptions,
    ContactUpdateOperation,
)


class VpcStack(Stack):
    """A VPC with isolated subnets and Amazon Connect's interface endpoint, and the endpoint for contact updates."""

    def __init__(self, scope: Construct, construct_id: str, *, instance_arn: str) -> None:
        super().__init__(scope, construct_id)
        instance = ConnectInstance.from_instance_arn(self, "Instance", instance_arn)
        vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            ],
        )
        api = ContactUpdateApi(
            self, "ContactUpdates", instance=instance, function_options=ContactUpdateFunctionOptions(vpc=vpc)
        )

        # CDK has no constant for Amazon Connect's interface endpoint.
        connect = ec2.InterfaceVpcEndpoint(
            self,
            "Connect",
            vpc=vpc,
            service=ec2.InterfaceVpcEndpointService(f"com.amazonaws.{self.region}.connect", 443),
            private_dns_enabled=True,
            open=False,
        )
        # Only the function can reach the interface endpoint, and only make updates through it.
        connect.connections.allow_default_port_from(api.function)
        connect.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=[operation.iam_action for operation in ContactUpdateOperation],
                resources=[instance.contact_arns],
            )
        )

        CfnOutput(self, "Endpoint", value=api.endpoint_url)


if __name__ == "__main__":
    app = App()
    VpcStack(app, "Vpc", instance_arn=app.node.get_context("instance_arn"))
    app.synth()
