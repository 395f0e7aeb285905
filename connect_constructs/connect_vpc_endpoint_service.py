"""Amazon Connect's interface VPC endpoints, for which CDK has no constants."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2


class ConnectVpcEndpointService:
    """Amazon Connect as the `service` of an `ec2.InterfaceVpcEndpoint`.

    Amazon Connect Administrator Guide, "Amazon Connect and interface VPC endpoints".
    """

    CONNECT = ec2.InterfaceVpcEndpointAwsService("connect")
    """`com.amazonaws.{region}.connect`."""

    CONNECT_FIPS = ec2.InterfaceVpcEndpointAwsService("connect-fips")
    """`com.amazonaws.{region}.connect-fips`, whose cryptography complies with FIPS 140. A function uses it with
    `add_environment("AWS_USE_FIPS_ENDPOINT", "true")`; its other services are then called at their FIPS endpoints, too.
    In AWS GovCloud (US), `CONNECT` is the endpoint in both cases."""
