"""The function in a VPC."""

from __future__ import annotations

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from tests.constructs.contact_update_function.function_stacks import LAMBDA, UPDATES, new_function, own_logs
from tests.constructs.stacks import logical_id, new_stack, only, resources, statements


@pytest.fixture(scope="module")
def in_vpc() -> Template:
    stack = new_stack()
    new_function(stack, vpc=ec2.Vpc(stack, "Vpc", max_azs=2))
    return Template.from_stack(stack)


def test_function_is_in_the_subnets_with_nat(in_vpc: Template) -> None:
    private = resources(in_vpc, "AWS::EC2::Subnet", {"MapPublicIpOnLaunch": False})
    config = only(in_vpc, "AWS::Lambda::Function")["VpcConfig"]

    assert len(private) == 2
    assert config["SubnetIds"] == [{"Ref": subnet} for subnet in private]
    assert len(resources(in_vpc, "AWS::EC2::NatGateway")) == 2


def test_function_gets_its_own_security_group_without_ingress(in_vpc: Template) -> None:
    group = logical_id(in_vpc, "AWS::EC2::SecurityGroup")
    config = only(in_vpc, "AWS::Lambda::Function")["VpcConfig"]

    assert config["SecurityGroupIds"] == [{"Fn::GetAtt": [group, "GroupId"]}]
    assert "SecurityGroupIngress" not in only(in_vpc, "AWS::EC2::SecurityGroup")


def test_security_group_only_allows_outbound_tls(in_vpc: Template) -> None:
    assert only(in_vpc, "AWS::EC2::SecurityGroup")["SecurityGroupEgress"] == [
        {
            "CidrIp": "0.0.0.0/0",
            "Description": "AWS's endpoints",
            "FromPort": 443,
            "IpProtocol": "tcp",
            "ToPort": 443,
        }
    ]


def test_lambda_may_manage_network_interfaces_and_the_functions_code_may_not(in_vpc: Template) -> None:
    interfaces = {
        "Action": [
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
        ],
        "Effect": "Allow",
        "Resource": "*",
    }

    # AWS Lambda Developer Guide, "Working with Lambda execution environment credentials": only calls of the function's
    # code carry the condition key.
    functions = ["arn:", {"Ref": "AWS::Partition"}, ":lambda:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]
    denied = {
        **interfaces,
        "Effect": "Deny",
        "Condition": {"ArnLike": {"lambda:SourceFunctionArn": {"Fn::Join": ["", [*functions, ":function:*"]]}}},
    }

    assert statements(in_vpc) == [own_logs(in_vpc), interfaces, denied, UPDATES]
    role = only(in_vpc, "AWS::IAM::Role", {"AssumeRolePolicyDocument": LAMBDA})
    assert "ManagedPolicyArns" not in role


def test_subnets_and_security_groups_can_be_chosen() -> None:
    # Given
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")

    # When
    new_function(
        stack, vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnets=[vpc.private_subnets[1]]), security_groups=[group]
    )

    # Then
    config = only(Template.from_stack(stack), "AWS::Lambda::Function")["VpcConfig"]
    assert config["SubnetIds"] == [stack.resolve(vpc.private_subnets[1].subnet_id)]
    assert config["SecurityGroupIds"] == ["sg-1"]


def test_function_uses_isolated_subnets_if_a_vpc_has_no_others() -> None:
    # Amazon Connect has an interface endpoint, so no NAT is needed.
    stack = new_stack()
    isolated = ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    new_function(stack, vpc=ec2.Vpc(stack, "Vpc", max_azs=2, subnet_configuration=[isolated]))

    template = Template.from_stack(stack)
    subnets = [{"Ref": subnet} for subnet in resources(template, "AWS::EC2::Subnet")]
    assert len(subnets) == 2
    assert only(template, "AWS::Lambda::Function")["VpcConfig"]["SubnetIds"] == subnets


def test_rejects_security_groups_without_a_vpc() -> None:
    stack = new_stack()
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")

    with pytest.raises(ValueError, match=r"^function_options.security_groups: expected vpc= as well, got none$"):
        new_function(stack, security_groups=[group])
