"""Options of the Lambda functions, which ContactUpdateApi, ContactUpdateQueue and ContactUpdateFunction share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_cdk import Duration, RemovalPolicy
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_logs as logs


@dataclass(frozen=True, kw_only=True)
class ContactUpdateFunctionOptions:
    """Options of a Lambda function. All of them are optional."""

    memory_size: int | None = None
    """Memory in MiB; CPU is allocated in proportion. Default: 512 MiB, enough CPU for a fast cold start."""

    timeout: Duration | None = None
    """The function's timeout: 12 to 29 seconds behind an API, 30 to 48 seconds behind a queue. Default: 25 seconds
    behind an API, which leaves room for two attempts within API Gateway's limit of 29 seconds; 45 seconds behind a
    queue."""

    vpc: ec2.IVpc | None = None
    """The VPC that the function runs in. It must reach Amazon Connect, through NAT or through an interface endpoint
    (`ConnectVpcEndpointService`) with private DNS, which only reaches its own Region. With a queue, it must also reach
    Amazon SQS, and with an event bus, Amazon EventBridge. Default: the function does not run in a VPC of yours."""

    vpc_subnets: ec2.SubnetSelection | None = None
    """The subnets of `vpc`. Default: its private subnets with egress, or its isolated subnets if it has no others."""

    security_groups: Sequence[ec2.ISecurityGroup] | None = None
    """The security groups of the function in `vpc`. Default: a new one, which only allows outbound TCP on port 443."""

    log_retention: logs.RetentionDays | None = None
    """How long the function's log events are kept. Default: three months."""

    log_removal_policy: RemovalPolicy | None = None
    """What happens to the function's log group when it is removed from the stack, or the stack is deleted. Default:
    the log group is retained, as CDK's own are."""

    encryption_key: kms.IKey | None = None
    """The KMS key that encrypts the function's environment variables and its log group. If the key is created in the
    same app, its policy gets the statements that this needs; for an imported key, a warning shows them. Default: keys
    owned by AWS are used."""

    reserved_concurrent_executions: int | None = None
    """The concurrency that is reserved for the function, which is also its maximum. Lambda refuses a reservation that
    would leave the account less than 100 unreserved executions (AWS Lambda Developer Guide, "Configuring reserved
    concurrency"), or less than 10 in accounts with a small limit. New accounts may have a limit of 10, which leaves
    nothing to reserve. Default: the function uses the account's unreserved concurrency."""

    runtime_management_mode: lambda_.RuntimeManagementMode | None = None
    """When AWS Lambda updates the function's Python runtime, and with it botocore. `FUNCTION_UPDATE` and `manual(…)`
    keep the version that you have tested, but make security patches your own task: deploy regularly, or name a newer
    version (AWS Lambda Developer Guide, "Understanding how Lambda manages runtime version updates"). Default: AWS
    Lambda updates the runtime automatically."""
