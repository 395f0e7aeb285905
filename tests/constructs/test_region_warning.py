"""The warning for a function that cannot reach its instance's Region."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from connect_constructs import (
    ContactUpdateApi,
    ContactUpdateFunction,
    ContactUpdateFunctionOptions,
    ContactUpdateQueue,
)
from tests.constructs.stacks import new_instance, new_stack, warnings

ISOLATED = ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
PRIVATE = ec2.SubnetConfiguration(name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)

# The instance is in us-east-1.
WARNING = (
    "The instance is in us-east-1, and the function runs in subnets without a route out of its VPC in eu-west-2: "
    "Amazon Connect's interface endpoint there does not reach us-east-1. Choose subnets with NAT in function_options, "
    "or deploy the stack to us-east-1. [ack: connect-constructs:regionOutOfReach]"
)


def isolated_vpc(stack: Stack) -> ContactUpdateFunctionOptions:
    return ContactUpdateFunctionOptions(vpc=ec2.Vpc(stack, "Vpc", nat_gateways=0, subnet_configuration=[ISOLATED]))


def imported_isolated_vpc(stack: Stack) -> ContactUpdateFunctionOptions:
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["eu-west-2a"],
        isolated_subnet_ids=["subnet-0123456789abcdef0"],
        isolated_subnet_route_table_ids=["rtb-0123456789abcdef0"],
    )
    return ContactUpdateFunctionOptions(vpc=vpc)


def isolated_subnets_of_a_vpc_with_nat(stack: Stack) -> ContactUpdateFunctionOptions:
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=1, subnet_configuration=[PUBLIC, PRIVATE, ISOLATED])
    return ContactUpdateFunctionOptions(
        vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    )


def vpc_with_nat(stack: Stack) -> ContactUpdateFunctionOptions:
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=1, subnet_configuration=[PUBLIC, PRIVATE, ISOLATED])
    return ContactUpdateFunctionOptions(vpc=vpc)


def no_vpc(_: Stack) -> ContactUpdateFunctionOptions:
    return ContactUpdateFunctionOptions()


@pytest.mark.parametrize("construct", [ContactUpdateApi, ContactUpdateFunction, ContactUpdateQueue])
@pytest.mark.parametrize("new_options", [isolated_vpc, imported_isolated_vpc, isolated_subnets_of_a_vpc_with_nat])
def test_warns_of_an_instance_out_of_reach(
    construct: Callable[..., Construct], new_options: Callable[[Stack], ContactUpdateFunctionOptions]
) -> None:
    stack = new_stack(region="eu-west-2")
    construct(stack, "Construct", instance=new_instance(stack), function_options=new_options(stack))

    assert warnings(stack) == [WARNING]


@pytest.mark.parametrize(
    ("region", "new_options"),
    [
        ("us-east-1", isolated_vpc),
        ("eu-west-2", vpc_with_nat),
        ("eu-west-2", no_vpc),
        # The Region is not known before the deployment.
        (None, isolated_vpc),
    ],
)
def test_does_not_warn_of_an_instance_within_reach(
    region: str | None, new_options: Callable[[Stack], ContactUpdateFunctionOptions]
) -> None:
    stack = new_stack(region=region)
    ContactUpdateApi(stack, "Api", instance=new_instance(stack), function_options=new_options(stack))

    assert warnings(stack) == []


def test_does_not_warn_where_the_queue_makes_the_calls() -> None:
    stack = new_stack(region="eu-west-2")
    queue: Any = ContactUpdateQueue(stack, "Updates", instance=new_instance(stack))
    ContactUpdateApi(stack, "Api", queue=queue, function_options=isolated_vpc(stack))

    assert warnings(stack) == []
