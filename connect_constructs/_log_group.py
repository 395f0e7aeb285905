"""Log groups: their defaults, and what the policies of their keys must allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from connect_constructs._grants import add_to_key_policy

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms


def add_log_group(
    scope: Construct,
    construct_id: str,
    *,
    retention: logs.RetentionDays | None,
    removal_policy: RemovalPolicy | None,
    encryption_key: kms.IKey | None,
) -> logs.LogGroup:
    """Add a log group. By default, it keeps three months of events, and is retained when the stack is deleted."""
    if encryption_key:
        _let_cloudwatch_logs_use(encryption_key, scope)
    return logs.LogGroup(
        scope,
        construct_id,
        retention=retention or logs.RetentionDays.THREE_MONTHS,
        removal_policy=removal_policy,
        encryption_key=encryption_key,
    )


def _let_cloudwatch_logs_use(key: kms.IKey, scope: Construct) -> None:
    # CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
    stack = Stack.of(scope)
    log_groups = stack.format_arn(
        service="logs", resource="log-group", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    add_to_key_policy(
        key,
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
            actions=["kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            resources=["*"],
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
        ),
        scope,
    )
