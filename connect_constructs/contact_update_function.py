"""The Lambda function that makes the updates, with its role, policy and log group."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aws_cdk import ArnFormat, Duration, Fn, IgnoreMode, RemovalPolicy, Stack, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from connect_constructs._handler_code import ASSET_EXCLUDE, handler_directory
from connect_constructs._validation import (
    check_attribute_keys,
    check_integer,
    check_is,
    check_origins,
    check_seconds,
)
from connect_constructs.instance import ConnectInstance
from connect_constructs.operation import ContactUpdateOperation, checked_operations

# One attempt with both of the handler's time-outs, and room for the answer.
_MIN_TIMEOUT_SECONDS = 12
# API Gateway's default limit for an integration (Amazon API Gateway quotas).
_MAX_TIMEOUT_SECONDS = 29
_DEFAULT_TIMEOUT_SECONDS = 25

# AWS Lambda quotas: "Function environment variables: 4 KB, for all of them together".
_MAX_ENVIRONMENT_BYTES = 4096
# What a token may become: an instance ARN has at most 95 characters.
_TOKEN_BYTES = 95


@dataclass(frozen=True, kw_only=True)
class ContactUpdateFunctionOptions:
    """What may be tuned of a function. Everything has a default."""

    memory_size: int | None = None
    """MiB of memory, and CPU with it. Left out: 512, at which a cold start is not starved of CPU."""

    timeout: Duration | None = None
    """12 to 29 seconds. Left out: 25, room for two attempts within API Gateway's 29."""

    vpc: ec2.IVpc | None = None
    """Where the function runs. Left out: outside any VPC. Amazon Connect has no VPC endpoint for these operations,
    so the subnets need a route to the internet through NAT."""

    vpc_subnets: ec2.SubnetSelection | None = None
    """The subnets in `vpc`. Left out: its private subnets with egress."""

    security_groups: Sequence[ec2.ISecurityGroup] | None = None
    """The security groups in `vpc`. Left out: a new one that allows outbound traffic only."""

    log_retention: logs.RetentionDays | None = None
    """How long log lines are kept. Left out: three months."""

    log_removal_policy: RemovalPolicy | None = None
    """What becomes of the log group when the stack goes. Left out: it is deleted."""

    encryption_key: kms.IKey | None = None
    """Encrypts the environment variables and the log groups. Left out: AWS's own keys do. The policy of an imported
    key must allow CloudWatch Logs to use it; that of a key of the same app is completed here."""

    reserved_concurrent_executions: int | None = None
    """How many executions are set aside, and the most there can be. Left out: the account's unreserved ones."""


class ContactUpdateFunction(Construct):
    """A Lambda function that answers API Gateway's proxy events by updating contacts in Amazon Connect.

    Its role may call the operations on the contacts of the one instance and write to its own log group. The
    function calls the instance's Region, whichever its own is. It logs one line of JSON a request, without values.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        instance: ConnectInstance,
        operations: Collection[ContactUpdateOperation] | None = None,
        allowed_attributes: Sequence[str] | None = None,
        allow_origins: Sequence[str] | None = None,
        options: ContactUpdateFunctionOptions | None = None,
    ) -> None:
        """Create the function.

        :param instance: The instance whose contacts it updates. A request for another one is answered with
            ResourceNotFoundException.
        :param operations: What its role may call. Left out: both operations.
        :param allowed_attributes: The keys that callers may write by UpdateContactAttributes. Left out, they may
            write any. What UpdateContact writes is not limited by it.
        :param allow_origins: The origins whose pages may read its answers (CORS). Left out, answers carry no CORS
            headers.
        :param options: Memory, time-out, VPC and the like. Left out, each has its default.
        :raises ValueError: if an argument is out of its range, or if the lists do not fit into the function's
            environment, which holds 4,096 bytes.
        """
        options = ContactUpdateFunctionOptions() if options is None else options
        check_is("options", options, ContactUpdateFunctionOptions)
        environment = _environment(instance, allowed_attributes, allow_origins)
        _check_account(instance, Stack.of(scope))
        checked_operations(operations)
        _check_options(options)
        super().__init__(scope, construct_id)

        self._log_group = logs.LogGroup(
            self,
            "LogGroup",
            retention=options.log_retention or logs.RetentionDays.THREE_MONTHS,
            removal_policy=options.log_removal_policy or RemovalPolicy.DESTROY,
            encryption_key=options.encryption_key,
        )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self._log_group.grant_write(role)
        if options.vpc:
            _allow_network_interfaces(role)
        if options.encryption_key:
            options.encryption_key.grant_decrypt(role)
            _allow_logs_to_use(options.encryption_key, Stack.of(self))
        self._function = lambda_.Function(
            self,
            "Function",
            description="Updates Amazon Connect contacts",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="contact_updates.api_function.handler",
            code=lambda_.Code.from_asset(str(handler_directory()), exclude=ASSET_EXCLUDE, ignore_mode=IgnoreMode.GIT),
            role=role,
            environment=environment,
            environment_encryption=options.encryption_key,
            log_group=self._log_group,
            memory_size=options.memory_size or 512,
            timeout=options.timeout or Duration.seconds(_DEFAULT_TIMEOUT_SECONDS),
            vpc=options.vpc,
            vpc_subnets=_subnets(options),
            security_groups=options.security_groups,
            reserved_concurrent_executions=options.reserved_concurrent_executions,
        )
        instance.grant_updates(role, operations=operations)

    @property
    def function(self) -> lambda_.Function:
        """The Lambda function."""
        return self._function

    @property
    def log_group(self) -> logs.LogGroup:
        """The log group that the function writes to."""
        return self._log_group

    def metric_invocations(self, *, period: Duration | None = None, statistic: str | None = None) -> cloudwatch.Metric:
        """How often the function was invoked; the sum over 5 minutes, unless told otherwise."""
        return self._function.metric_invocations(period=period, statistic=statistic)

    def metric_errors(self, *, period: Duration | None = None, statistic: str | None = None) -> cloudwatch.Metric:
        """How many invocations crashed or timed out; the sum over 5 minutes, unless told otherwise.

        An answer that reports an error is no such crash: see the API's metrics for those.
        """
        return self._function.metric_errors(period=period, statistic=statistic)

    def metric_throttles(self, *, period: Duration | None = None, statistic: str | None = None) -> cloudwatch.Metric:
        """How many invocations Lambda refused for want of concurrency; the sum over 5 minutes by default."""
        return self._function.metric_throttles(period=period, statistic=statistic)

    def metric_duration(self, *, period: Duration | None = None, statistic: str | None = None) -> cloudwatch.Metric:
        """How many milliseconds an invocation took; the average over 5 minutes, unless told otherwise."""
        return self._function.metric_duration(period=period, statistic=statistic)


def _environment(
    instance: ConnectInstance, allowed_attributes: Sequence[str] | None, allow_origins: Sequence[str] | None
) -> dict[str, str]:
    check_is("instance", instance, ConnectInstance)
    environment = {"INSTANCE_ARN": instance.instance_arn}
    if allowed_attributes is not None:
        check_attribute_keys(allowed_attributes)
        known = not Token.is_unresolved(allowed_attributes)
        environment["ALLOWED_ATTRIBUTES"] = ",".join(allowed_attributes) if known else Fn.join(",", allowed_attributes)
    if allow_origins:
        check_origins(allow_origins)
        environment["ALLOW_ORIGINS"] = ",".join(allow_origins)
    size = sum(
        len(name) + (_TOKEN_BYTES if Token.is_unresolved(value) else len(value.encode()))
        for name, value in environment.items()
    )
    if size > _MAX_ENVIRONMENT_BYTES:
        raise ValueError(
            f"allowed_attributes and allow_origins: expected at most {_MAX_ENVIRONMENT_BYTES} bytes in the function's "
            f"environment, got {size}"
        )
    return environment


def _check_account(instance: ConnectInstance, stack: Stack) -> None:
    account = instance.env.account
    if not Token.is_unresolved(account) and not Token.is_unresolved(stack.account) and account != stack.account:
        raise ValueError(
            f"instance: expected one in the stack's account {stack.account}, got one in {account}: Amazon Connect "
            "has no permissions across accounts"
        )


def _subnets(options: ContactUpdateFunctionOptions) -> ec2.SubnetSelection | None:
    if options.vpc is None or options.vpc_subnets is not None:
        return options.vpc_subnets
    # CDK's own default would also take isolated subnets, from which no call gets to Amazon Connect.
    return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)


def _check_options(options: ContactUpdateFunctionOptions) -> None:
    if options.timeout is not None:
        check_seconds("timeout", options.timeout, _MIN_TIMEOUT_SECONDS, _MAX_TIMEOUT_SECONDS)
    if options.memory_size is not None:
        check_integer("memory_size", options.memory_size, 128, 10_240)
    if options.reserved_concurrent_executions is not None:
        check_integer("reserved_concurrent_executions", options.reserved_concurrent_executions, 1)
    if getattr(options.encryption_key, "alias_name", None):
        raise ValueError("encryption_key: expected a key, got an alias: CloudWatch Logs takes keys only")
    if options.vpc is None and (options.vpc_subnets or options.security_groups):
        raise ValueError("vpc_subnets and security_groups: expected vpc= beside them, got none")


def _allow_network_interfaces(role: iam.Role) -> None:
    # AWS Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC": these actions take
    # no narrower resource.
    role.add_to_policy(
        iam.PolicyStatement(
            actions=[
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            ],
            resources=["*"],
        )
    )


def _allow_logs_to_use(key: kms.IKey, stack: Stack) -> None:
    # CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
    groups = stack.format_arn(
        service="logs", resource="log-group", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
            actions=["kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            resources=["*"],
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        )
    )
