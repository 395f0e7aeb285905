"""A warning for a function in a VPC that has no way to an instance in another Region."""

from __future__ import annotations

from aws_cdk import Annotations, Stack, Token
from aws_cdk import aws_lambda as lambda_

from connect_constructs.contact_update_function_options import ContactUpdateFunctionOptions
from connect_constructs.instance import ConnectInstance


def warn_of_region_out_of_reach(
    function: lambda_.Function, instance: ConnectInstance, options: ContactUpdateFunctionOptions
) -> None:
    """Warn if `function` runs in subnets without a route out of the VPC, and `instance` is in another Region.

    Such a function can only call Amazon Connect through an interface endpoint, which reaches its own Region.
    """
    if options.vpc is None:
        return
    stack, region = Stack.of(function), instance.env.region
    if Token.is_unresolved(region) or Token.is_unresolved(stack.region) or region == stack.region:
        return
    isolated = [stack.resolve(subnet.subnet_id) for subnet in options.vpc.isolated_subnets]
    resource = function.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    own = (stack.resolve(resource.vpc_config) or {}).get("subnetIds", [])
    if any(subnet in isolated for subnet in own):
        Annotations.of(function).add_warning_v2(
            "connect-constructs:regionOutOfReach",
            f"The instance is in {region}, and the function runs in subnets without a route out of its VPC in "
            f"{stack.region}: Amazon Connect's interface endpoint there does not reach {region}. Choose subnets with "
            f"NAT in function_options, or deploy the stack to {region}.",
        )
