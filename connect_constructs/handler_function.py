"""A Lambda function with the handler's code: its role, log group and metrics, and what may be tuned of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Duration, IgnoreMode, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from connect_constructs._handler_code import ASSET_EXCLUDE, handler_directory
from connect_constructs._validation import check_integer, check_is, check_key, check_seconds

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_kms as kms


@dataclass(frozen=True, kw_only=True)
class ContactUpdateFunctionOptions:
    """What may be tuned of a function. Everything has a default."""

    memory_size: int | None = None
    """MiB of memory, and CPU with it. Left out: 512, at which a cold start is not starved of CPU."""

    timeout: Duration | None = None
    """Behind an API, 12 to 29 seconds; left out: 25, room for two attempts within API Gateway's 29. Behind a queue, 30
    to 48 seconds; left out: 45."""

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


@dataclass(frozen=True, kw_only=True)
class TimeoutLimits:
    """Seconds that a function's time-out may be, and what it is by default."""

    minimum: int
    maximum: int
    default: int


def checked_options(
    options: ContactUpdateFunctionOptions | None, limits: TimeoutLimits
) -> ContactUpdateFunctionOptions:
    """`options`, or those that leave everything at its default. Raises ValueError."""
    options = ContactUpdateFunctionOptions() if options is None else options
    check_is("options", options, ContactUpdateFunctionOptions)
    if options.timeout is not None:
        check_seconds("timeout", options.timeout, limits.minimum, limits.maximum)
    if options.memory_size is not None:
        check_integer("memory_size", options.memory_size, 128, 10_240)
    if options.reserved_concurrent_executions is not None:
        check_integer("reserved_concurrent_executions", options.reserved_concurrent_executions, 1)
    check_key("encryption_key", options.encryption_key)
    if options.vpc is None and (options.vpc_subnets or options.security_groups):
        raise ValueError("vpc_subnets and security_groups: expected vpc= beside them, got none")
    return options


class HandlerFunction(Construct):
    """A Lambda function with the handler's code. Its role may write to its own log group, and no more by itself.

    It logs one line of JSON for each update, without values.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        description: str,
        handler: str,
        environment: Mapping[str, str],
        timeout_limits: TimeoutLimits,
        options: ContactUpdateFunctionOptions | None,
    ) -> None:
        """Create the function.

        :param description: What the Lambda console says of it.
        :param handler: The entry point: one for each kind of event.
        :param environment: What the handler is told.
        :param timeout_limits: What its time-out may be.
        :param options: Memory, time-out, VPC and the like. None: each has its default.
        :raises ValueError: if an option is out of its range.
        """
        options = checked_options(options, timeout_limits)
        super().__init__(scope, construct_id)

        self._log_group = logs.LogGroup(
            self,
            "LogGroup",
            retention=options.log_retention or logs.RetentionDays.THREE_MONTHS,
            removal_policy=options.log_removal_policy or RemovalPolicy.DESTROY,
            encryption_key=options.encryption_key,
        )
        self._role = role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self._log_group.grant_write(role)
        if options.vpc:
            _allow_network_interfaces(role)
        if options.encryption_key:
            options.encryption_key.grant_decrypt(role)
            _allow_logs_to_use(options.encryption_key, Stack.of(self))
        self._function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=handler,
            code=lambda_.Code.from_asset(str(handler_directory()), exclude=ASSET_EXCLUDE, ignore_mode=IgnoreMode.GIT),
            role=role,
            environment=dict(environment),
            environment_encryption=options.encryption_key,
            log_group=self._log_group,
            memory_size=options.memory_size or 512,
            timeout=options.timeout or Duration.seconds(timeout_limits.default),
            vpc=options.vpc,
            vpc_subnets=_subnets(options),
            security_groups=options.security_groups,
            reserved_concurrent_executions=options.reserved_concurrent_executions,
        )

    @property
    def function(self) -> lambda_.Function:
        """The Lambda function."""
        return self._function

    @property
    def role(self) -> iam.Role:
        """The role that the function runs as."""
        return self._role

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


def _subnets(options: ContactUpdateFunctionOptions) -> ec2.SubnetSelection | None:
    if options.vpc is None or options.vpc_subnets is not None:
        return options.vpc_subnets
    # CDK's own default would also take isolated subnets, from which no call gets to Amazon Connect.
    return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)


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
