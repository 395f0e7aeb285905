"""A Lambda function with the handler's code: its role, log group, metrics and options."""

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

from connect_constructs._grants import add_to_key_policy
from connect_constructs._handler_code import ASSET_EXCLUDE, handler_directory
from connect_constructs._validation import check_has, check_integer, check_is, check_key, check_seconds

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_kms as kms


@dataclass(frozen=True, kw_only=True)
class ContactUpdateFunctionOptions:
    """Options of the Lambda function. Each has a default."""

    memory_size: int | None = None
    """MiB of memory, and CPU in proportion. Default: 512, at which a cold start is not starved of CPU."""

    timeout: Duration | None = None
    """Behind an API, 12 to 29 seconds; behind a queue, 30 to 48. Default: 25 seconds behind an API, which leaves room
    for two attempts within API Gateway's 29; 45 behind a queue."""

    vpc: ec2.IVpc | None = None
    """The VPC that the function runs in. It must reach Amazon Connect, through NAT or through the interface endpoint
    `com.amazonaws.REGION.connect` with private DNS (Amazon Connect Administrator Guide, "Amazon Connect and interface
    VPC endpoints"); with a queue, also Amazon SQS, and EventBridge where there is an event bus. Default: the function
    runs outside any VPC."""

    vpc_subnets: ec2.SubnetSelection | None = None
    """The subnets in `vpc`. Default: its private subnets with egress; where it has none, its isolated ones."""

    security_groups: Sequence[ec2.ISecurityGroup] | None = None
    """The security groups in `vpc`. Default: a new one, which allows nothing but outbound TCP on port 443."""

    log_retention: logs.RetentionDays | None = None
    """How long log lines are kept. Default: three months."""

    log_removal_policy: RemovalPolicy | None = None
    """What happens to the log groups when the stack goes. Default: they are retained, as CDK's own are."""

    encryption_key: kms.IKey | None = None
    """Encrypts the environment variables and the log groups. The policy of a key that is created in the same app is
    completed; for an imported key, a warning shows the statement that its policy needs. Default: AWS's own keys are
    used."""

    reserved_concurrent_executions: int | None = None
    """The executions that are reserved for the function, and the most that it can have. Lambda refuses a reservation
    that leaves too few unreserved: 100 (AWS Lambda Developer Guide, "Configuring reserved concurrency"), in accounts
    with small limits 10. New accounts may have 10 in all, so that nothing can be reserved there. Default: the function
    uses the account's unreserved executions."""

    runtime_management_mode: lambda_.RuntimeManagementMode | None = None
    """When AWS Lambda moves the function to a new version of the Python runtime, and of botocore with it.
    `FUNCTION_UPDATE` and `manual(…)` keep the version that was tested, and with them security patches become your own
    duty: deploy regularly, or name a newer version (AWS Lambda Developer Guide, "Understanding how Lambda manages
    runtime version updates"). Default: AWS Lambda updates the runtime by itself."""


@dataclass(frozen=True, kw_only=True)
class TimeoutLimits:
    """Seconds that a function's time-out may be, and what it is by default."""

    minimum: int
    maximum: int
    default: int


def checked_options(
    options: ContactUpdateFunctionOptions | None, limits: TimeoutLimits, stack: Stack
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
    check_key("encryption_key", options.encryption_key, stack)
    if options.runtime_management_mode is not None:
        check_is("runtime_management_mode", options.runtime_management_mode, lambda_.RuntimeManagementMode)
    if options.vpc is not None:
        check_has("vpc", options.vpc, "vpc_id", "a VPC, such as ec2.Vpc.from_lookup gives")
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
        options = checked_options(options, timeout_limits, Stack.of(scope))
        super().__init__(scope, construct_id)

        self._log_group = logs.LogGroup(
            self,
            "LogGroup",
            retention=options.log_retention or logs.RetentionDays.THREE_MONTHS,
            removal_policy=options.log_removal_policy,
            encryption_key=options.encryption_key,
        )
        self._role = role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self._log_group.grant_write(role)
        if options.vpc:
            _allow_network_interfaces(role, Stack.of(self))
        if options.encryption_key:
            options.encryption_key.grant_decrypt(role)
            _allow_logs_to_use(options.encryption_key, self)
        has_own_security_group = options.vpc is not None and not options.security_groups
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
            vpc_subnets=options.vpc_subnets,
            security_groups=options.security_groups,
            allow_all_outbound=False if has_own_security_group else None,
            reserved_concurrent_executions=options.reserved_concurrent_executions,
            runtime_management_mode=options.runtime_management_mode,
        )
        if has_own_security_group:
            # A VPC's own DNS server is reached past security groups.
            self._function.connections.allow_to_any_ipv4(ec2.Port.tcp(443), "AWS's endpoints")

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


def _allow_network_interfaces(role: iam.Role, stack: Stack) -> None:
    # AWS Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC": these actions take
    # no narrower resource. They are AWS Lambda's own calls; those of the function's code carry its ARN, and are denied.
    # The pattern stands for all functions of the account: the function's own ARN would make a circle.
    actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ]
    functions = stack.format_arn(
        service="lambda", resource="function", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    role.add_to_policy(iam.PolicyStatement(actions=actions, resources=["*"]))
    role.add_to_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=actions,
            resources=["*"],
            conditions={"ArnLike": {"lambda:SourceFunctionArn": functions}},
        )
    )


def _allow_logs_to_use(key: kms.IKey, scope: Construct) -> None:
    # CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
    stack = Stack.of(scope)
    groups = stack.format_arn(
        service="logs", resource="log-group", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    add_to_key_policy(
        key,
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
            actions=["kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            resources=["*"],
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        ),
        scope,
    )
