"""Amazon Connect as the service of an interface endpoint."""

from __future__ import annotations

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from connect_constructs import ConnectVpcEndpointService
from tests.constructs.stacks import new_stack, only


@pytest.mark.parametrize(
    ("service", "name"),
    [
        (ConnectVpcEndpointService.CONNECT, "connect"),
        (ConnectVpcEndpointService.CONNECT_FIPS, "connect-fips"),
    ],
)
def test_names_amazon_connects_service_of_the_stacks_region(
    service: ec2.InterfaceVpcEndpointAwsService, name: str
) -> None:
    stack = new_stack(region="us-gov-west-1")
    ec2.InterfaceVpcEndpoint(stack, "Connect", vpc=ec2.Vpc(stack, "Vpc"), service=service)

    endpoint = only(Template.from_stack(stack), "AWS::EC2::VPCEndpoint")
    assert (endpoint["ServiceName"], endpoint["VpcEndpointType"], endpoint["PrivateDnsEnabled"]) == (
        f"com.amazonaws.us-gov-west-1.{name}",
        "Interface",
        True,
    )
