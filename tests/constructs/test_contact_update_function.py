from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Duration, Environment, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template

from connect_constructs import ConnectInstance, ContactUpdateFunction, ContactUpdateFunctionOptions
from tests.constructs.stacks import (
    CONTACT_ARNS,
    INSTANCE_ARN,
    logical_id,
    new_instance,
    new_stack,
    only,
    resources,
    statements,
    warnings,
)

UPDATES = {
    "Action": ["connect:UpdateContactAttributes", "connect:UpdateContact"],
    "Effect": "Allow",
    "Resource": CONTACT_ARNS,
}


LAMBDA = {
    "Statement": [
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}},
    ],
    "Version": "2012-10-17",
}


def new_function(stack: Stack, **options: Any) -> ContactUpdateFunction:
    return ContactUpdateFunction(
        stack, "Updates", instance=new_instance(stack), function_options=ContactUpdateFunctionOptions(**options)
    )


def template_with(**options: Any) -> Template:
    stack = new_stack()
    new_function(stack, **options)
    return Template.from_stack(stack)


def own_logs(template: Template) -> dict[str, Any]:
    group = logical_id(template, "AWS::Logs::LogGroup")
    return {
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Effect": "Allow",
        "Resource": {"Fn::GetAtt": [group, "Arn"]},
    }


@pytest.fixture(scope="module")
def plain() -> Template:
    return template_with()


def test_role_may_update_contacts_and_write_its_own_log_and_nothing_else(plain: Template) -> None:
    role = logical_id(plain, "AWS::IAM::Role")

    assert statements(plain) == [own_logs(plain), UPDATES]
    assert only(plain, "AWS::IAM::Policy")["Roles"] == [{"Ref": role}]
    assert plain.find_resources("AWS::IAM::ManagedPolicy") == {}
    # No ManagedPolicyArns, no Policies
    assert only(plain, "AWS::IAM::Role") == {"AssumeRolePolicyDocument": LAMBDA}


def test_function_has_the_documented_defaults(plain: Template) -> None:
    function = only(plain, "AWS::Lambda::Function")
    del function["Code"]

    assert function == {
        "Architectures": ["arm64"],
        "Description": "Updates Amazon Connect contacts",
        "Environment": {"Variables": {"INSTANCE_ARN": INSTANCE_ARN}},
        "Handler": "contact_updates.api_function.handler",
        "LoggingConfig": {"LogGroup": {"Ref": logical_id(plain, "AWS::Logs::LogGroup")}},
        "MemorySize": 512,
        "Role": {"Fn::GetAtt": [logical_id(plain, "AWS::IAM::Role"), "Arn"]},
        "Runtime": "python3.13",
        "Timeout": 25,
    }


def test_log_group_keeps_three_months_and_is_retained(plain: Template) -> None:
    (group,) = resources(plain, "AWS::Logs::LogGroup").values()

    assert group == {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {"RetentionInDays": 90},
        "UpdateReplacePolicy": "Retain",
        "DeletionPolicy": "Retain",
    }


def test_function_waits_for_its_policy(plain: Template) -> None:
    (function,) = resources(plain, "AWS::Lambda::Function").values()

    assert logical_id(plain, "AWS::IAM::Policy") in function["DependsOn"]


def test_it_is_four_resources(plain: Template) -> None:
    types = sorted(resource["Type"] for resource in plain.to_json()["Resources"].values())

    assert types == ["AWS::IAM::Policy", "AWS::IAM::Role", "AWS::Lambda::Function", "AWS::Logs::LogGroup"]


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


def test_function_gets_a_security_group_of_its_own_without_ingress(in_vpc: Template) -> None:
    group = logical_id(in_vpc, "AWS::EC2::SecurityGroup")
    config = only(in_vpc, "AWS::Lambda::Function")["VpcConfig"]

    assert config["SecurityGroupIds"] == [{"Fn::GetAtt": [group, "GroupId"]}]
    assert "SecurityGroupIngress" not in only(in_vpc, "AWS::EC2::SecurityGroup")


def test_security_group_lets_nothing_out_but_tls(in_vpc: Template) -> None:
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
    # code carry the condition's key.
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


@pytest.fixture(scope="module")
def with_key() -> Template:
    stack = new_stack(region="eu-west-2")
    new_function(stack, encryption_key=kms.Key(stack, "Key"))
    return Template.from_stack(stack)


def test_key_encrypts_environment_and_log(with_key: Template) -> None:
    key = {"Fn::GetAtt": [logical_id(with_key, "AWS::KMS::Key"), "Arn"]}

    assert only(with_key, "AWS::Lambda::Function")["KmsKeyArn"] == key
    assert only(with_key, "AWS::Logs::LogGroup")["KmsKeyId"] == key


def test_role_may_decrypt_with_the_key(with_key: Template) -> None:
    key = {"Fn::GetAtt": [logical_id(with_key, "AWS::KMS::Key"), "Arn"]}

    decrypt = {"Action": "kms:Decrypt", "Effect": "Allow", "Resource": key}
    assert statements(with_key) == [own_logs(with_key), decrypt, UPDATES]


def test_key_policy_lets_cloudwatch_logs_use_the_key_for_log_groups_here(with_key: Template) -> None:
    log_groups = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":logs:eu-west-2:111122223333:log-group:*"]]}
    _administration, *others = only(with_key, "AWS::KMS::Key")["KeyPolicy"]["Statement"]

    assert others == [
        {
            "Action": ["kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
            "Effect": "Allow",
            "Principal": {"Service": "logs.eu-west-2.amazonaws.com"},
            "Resource": "*",
        }
    ]


def test_imported_key_is_used_and_left_as_it_is() -> None:
    arn = "arn:aws:kms:us-east-1:111122223333:key/1"
    stack = new_stack(region="us-east-1")
    new_function(stack, encryption_key=kms.Key.from_key_arn(stack, "Key", arn))

    template = Template.from_stack(stack)
    assert only(template, "AWS::Lambda::Function")["KmsKeyArn"] == arn
    assert {"Action": "kms:Decrypt", "Effect": "Allow", "Resource": arn} in statements(template)
    assert template.find_resources("AWS::KMS::Key") == {}
    # Nobody but the key's owner can let CloudWatch Logs use it.
    (warning,) = warnings(stack)
    assert warning.startswith("The policy of the imported key Stack/Key cannot be changed here.")
    assert '"Service":"logs.us-east-1.amazonaws.com"' in warning


@pytest.mark.parametrize(
    ("options", "properties"),
    [
        ({"memory_size": 128}, {"MemorySize": 128}),
        ({"memory_size": 10_240}, {"MemorySize": 10_240}),
        ({"timeout": Duration.seconds(12)}, {"Timeout": 12}),
        ({"timeout": Duration.seconds(29)}, {"Timeout": 29}),
        ({"reserved_concurrent_executions": 1}, {"ReservedConcurrentExecutions": 1}),
        (
            {"runtime_management_mode": lambda_.RuntimeManagementMode.FUNCTION_UPDATE},
            {"RuntimeManagementConfig": {"UpdateRuntimeOn": "FunctionUpdate"}},
        ),
    ],
)
def test_option_of_the_function_takes_effect(options: dict[str, Any], properties: dict[str, Any]) -> None:
    template_with(**options).has_resource_properties("AWS::Lambda::Function", properties)


def test_log_options_take_effect() -> None:
    template = template_with(log_retention=logs.RetentionDays.ONE_WEEK, log_removal_policy=RemovalPolicy.DESTROY)

    (group,) = resources(template, "AWS::Logs::LogGroup").values()
    assert group["Properties"]["RetentionInDays"] == 7
    assert (group["DeletionPolicy"], group["UpdateReplacePolicy"]) == ("Delete", "Delete")


def test_infinite_log_retention_sets_no_end() -> None:
    template = template_with(log_retention=logs.RetentionDays.INFINITE)

    assert "RetentionInDays" not in only(template, "AWS::Logs::LogGroup")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": Duration.seconds(5)}, "timeout: expected 12 to 29 whole seconds, got 5 seconds"),
        ({"timeout": Duration.seconds(11)}, "timeout: expected 12 to 29 whole seconds, got 11 seconds"),
        ({"timeout": Duration.seconds(30)}, "timeout: expected 12 to 29 whole seconds, got 30 seconds"),
        ({"memory_size": 64}, "memory_size: expected an integer from 128 to 10240, got 64"),
        ({"memory_size": 0}, "memory_size: expected an integer from 128 to 10240, got 0"),
        (
            {"reserved_concurrent_executions": 0},
            "reserved_concurrent_executions: expected an integer of at least 1, got 0",
        ),
        (
            {"vpc_subnets": ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)},
            "vpc_subnets: expected vpc= beside it, got none",
        ),
        (
            {"log_removal_policy": RemovalPolicy.SNAPSHOT},
            "log_removal_policy: expected another removal policy, got RemovalPolicy.SNAPSHOT: the resource has no "
            "snapshots",
        ),
    ],
)
def test_rejects_option_out_of_its_range(options: dict[str, Any], message: str) -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=f"^function_options.{message}$"):
        new_function(stack, **options)
    # Nothing half-made is left behind.
    assert stack.node.try_find_child("Updates") is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"memory_size": "512"}, "memory_size: expected an integer from 128 to 10240, got '512'"),
        ({"memory_size": 512.0}, "memory_size: expected an integer from 128 to 10240, got 512.0"),
        ({"timeout": 20}, "timeout: expected a Duration, got 20"),
        ({"vpc": "vpc-1"}, "vpc: expected a VPC, such as ec2.Vpc.from_lookup gives, got 'vpc-1'"),
        ({"vpc_subnets": ["subnet-1"]}, r"vpc_subnets: expected a SubnetSelection, got \['subnet-1'\]"),
        ({"security_groups": "sg-1"}, "security_groups: expected a list of security groups, got 'sg-1'"),
        ({"security_groups": ["sg-1"]}, "security_groups: expected security groups, got 'sg-1'"),
        ({"log_retention": 30}, "log_retention: expected a RetentionDays, got 30"),
        ({"log_removal_policy": "destroy"}, "log_removal_policy: expected a RemovalPolicy, got 'destroy'"),
        ({"encryption_key": "key"}, "encryption_key: expected a KMS key, got 'key'"),
        (
            {"runtime_management_mode": "Auto"},
            "runtime_management_mode: expected a RuntimeManagementMode, got 'Auto'",
        ),
    ],
)
def test_rejects_option_of_another_type(options: dict[str, Any], message: str) -> None:
    stack = new_stack()

    with pytest.raises(TypeError, match=f"^function_options.{message}$"):
        new_function(stack, **options)
    assert stack.node.try_find_child("Updates") is None


@pytest.mark.parametrize("imported", [True, False])
def test_rejects_an_alias_as_key(imported: bool) -> None:
    stack = new_stack()
    alias = (
        kms.Alias.from_alias_name(stack, "Alias", "alias/a")
        if imported
        else kms.Alias(stack, "Alias", alias_name="alias/a", target_key=kms.Key(stack, "Key"))
    )

    with pytest.raises(ValueError, match=r"^function_options.encryption_key: expected a key, got an alias"):
        new_function(stack, encryption_key=alias)


def test_function_takes_isolated_subnets_where_a_vpc_has_no_others() -> None:
    # Amazon Connect has an interface endpoint, so that no NAT is needed.
    stack = new_stack()
    isolated = ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    new_function(stack, vpc=ec2.Vpc(stack, "Vpc", max_azs=2, subnet_configuration=[isolated]))

    template = Template.from_stack(stack)
    subnets = [{"Ref": subnet} for subnet in resources(template, "AWS::EC2::Subnet")]
    assert len(subnets) == 2
    assert only(template, "AWS::Lambda::Function")["VpcConfig"]["SubnetIds"] == subnets


def test_rejects_an_instance_of_another_account() -> None:
    stack = Stack(App(), "Stack", env=Environment(account="999999999999", region="us-east-1"))

    with pytest.raises(ValueError, match=r"^instance: expected one in the stack's account 999999999999, got one"):
        ContactUpdateFunction(stack, "Updates", instance=new_instance(stack))


def test_rejects_security_groups_without_a_vpc() -> None:
    stack = new_stack()
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")

    with pytest.raises(ValueError, match=r"^function_options.security_groups: expected vpc= beside it, got none$"):
        new_function(stack, security_groups=[group])


def test_options_may_be_tokens() -> None:
    stack = new_stack()

    def number(name: str) -> int:
        return int(CfnParameter(stack, name, type="Number").value_as_number)

    new_function(
        stack,
        memory_size=number("Memory"),
        timeout=Duration.seconds(number("Timeout")),
        reserved_concurrent_executions=number("Reserved"),
    )

    Template.from_stack(stack).has_resource_properties(
        "AWS::Lambda::Function",
        {
            "MemorySize": {"Ref": "Memory"},
            "Timeout": {"Ref": "Timeout"},
            "ReservedConcurrentExecutions": {"Ref": "Reserved"},
        },
    )


def environment_with(**arguments: Any) -> dict[str, Any]:
    stack = new_stack()
    ContactUpdateFunction(stack, "Updates", instance=new_instance(stack), **arguments)
    function = only(Template.from_stack(stack), "AWS::Lambda::Function")
    return dict(function["Environment"]["Variables"])


def test_environment_tells_the_handler_attributes_and_origins() -> None:
    environment = environment_with(
        allowed_attributes=["tier", "language"], allow_origins=["https://b.example.com", "http://localhost:3000"]
    )

    assert environment == {
        "INSTANCE_ARN": INSTANCE_ARN,
        "ALLOWED_ATTRIBUTES": "tier,language",
        "ALLOW_ORIGINS": "https://b.example.com,http://localhost:3000",
    }


def test_environment_holds_the_arn_of_an_instance_in_another_region() -> None:
    arn = INSTANCE_ARN.replace("us-east-1", "eu-west-2")
    stack = new_stack(region="us-east-1")
    ContactUpdateFunction(stack, "Updates", instance=ConnectInstance.from_instance_arn(stack, "Instance", arn))

    function = only(Template.from_stack(stack), "AWS::Lambda::Function")
    assert function["Environment"] == {"Variables": {"INSTANCE_ARN": arn}}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"allowed_attributes": []}, "allowed_attributes: expected at least one attribute key, got none"),
        ({"allowed_attributes": ["a b"]}, "allowed_attributes: expected attribute keys of letters.*, got 'a b'"),
        ({"allowed_attributes": ["ok", ""]}, "allowed_attributes: expected attribute keys of letters.*, got ''"),
        ({"allowed_attributes": ["a,b"]}, "allowed_attributes: expected attribute keys of letters.*, got 'a,b'"),
        ({"allowed_attributes": ["é"]}, "allowed_attributes: expected attribute keys of letters.*, got 'é'"),
        ({"allowed_attributes": ["a\n"]}, r"allowed_attributes: expected attribute keys of letters.*, got 'a\\n'"),
        ({"allow_origins": ["a.example.com"]}, "allow_origins: expected an origin such as .*, got 'a.example.com'"),
        ({"allow_origins": ["https://a.example.com/"]}, "allow_origins: expected an origin .*, without a path, got"),
        ({"allow_origins": ["https://a'b.example.com"]}, "allow_origins: expected an origin .*, got"),
        ({"allow_origins": ["*", "https://a.example.com"]}, r"allow_origins: expected '\*' alone, or origins, got"),
    ],
)
def test_rejects_wrong_lists(arguments: dict[str, Any], message: str) -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=f"^{message}"):
        ContactUpdateFunction(stack, "Updates", instance=new_instance(stack), **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"allowed_attributes": "tier"}, "allowed_attributes: expected a list of attribute keys, got 'tier'"),
        ({"allowed_attributes": [None]}, "allowed_attributes: expected attribute keys of letters.*, got None"),
        ({"allow_origins": "https://a.example.com"}, "allow_origins: expected a list of origins, got '"),
        ({"allow_origins": ""}, "allow_origins: expected a list of origins, got ''"),
        ({"allow_origins": [7]}, "allow_origins: expected an origin such as .*, got 7"),
    ],
)
def test_rejects_what_are_no_lists_of_texts(arguments: dict[str, Any], message: str) -> None:
    stack = new_stack()

    with pytest.raises(TypeError, match=f"^{message}"):
        ContactUpdateFunction(stack, "Updates", instance=new_instance(stack), **arguments)


def test_allowed_attributes_may_fill_the_environment_to_the_last_byte() -> None:
    # Lambda's limit: 4,096 bytes for names and values together.
    used = len("INSTANCE_ARN" + INSTANCE_ARN + "ALLOWED_ATTRIBUTES")
    key = "k" * (4096 - used)

    assert environment_with(allowed_attributes=[key])["ALLOWED_ATTRIBUTES"] == key
    with pytest.raises(ValueError, match=r"^allowed_attributes .*: expected at most 4096 bytes .*, got 4097$"):
        environment_with(allowed_attributes=[f"{key}k"])


def test_allowed_attributes_may_hold_tokens() -> None:
    stack = new_stack()
    key = CfnParameter(stack, "AttributeKey").value_as_string
    ContactUpdateFunction(stack, "Updates", instance=new_instance(stack), allowed_attributes=[key])

    function = only(Template.from_stack(stack), "AWS::Lambda::Function")
    assert function["Environment"]["Variables"]["ALLOWED_ATTRIBUTES"] == {"Ref": "AttributeKey"}


def test_allowed_attributes_may_be_a_token() -> None:
    stack = new_stack()
    keys = CfnParameter(stack, "AttributeKeys", type="CommaDelimitedList").value_as_list
    ContactUpdateFunction(stack, "Updates", instance=new_instance(stack), allowed_attributes=keys)

    function = only(Template.from_stack(stack), "AWS::Lambda::Function")
    assert function["Environment"]["Variables"]["ALLOWED_ATTRIBUTES"] == {"Fn::Join": [",", {"Ref": "AttributeKeys"}]}


def test_rejects_a_token_for_the_list_of_origins() -> None:
    # Each origin is compared with the caller's in a template of its own, so their number must be known.
    stack = new_stack()
    origins = CfnParameter(stack, "Origins", type="CommaDelimitedList").value_as_list

    with pytest.raises(
        ValueError, match=r"^allow_origins: expected a list whose length is known at synthesis, got a token"
    ):
        ContactUpdateFunction(stack, "Updates", instance=new_instance(stack), allow_origins=origins)


def test_everything_is_reachable_through_the_function() -> None:
    stack = new_stack()
    function = new_function(stack).function

    template = Template.from_stack(stack)
    assert isinstance(function, lambda_.Function)
    assert isinstance(function.role, iam.Role)
    assert isinstance(function.log_group, logs.LogGroup)
    metric = function.metric_errors()
    assert stack.resolve(metric.dimensions) == {"FunctionName": {"Ref": logical_id(template, "AWS::Lambda::Function")}}
