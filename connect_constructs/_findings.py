"""What rule packs find in the constructs' resources, and why each finding is accepted.

`acknowledge_findings` writes these reasons into the resources' metadata, and docs/findings.md shows them. The tests run
the rule packs. They fail if a finding is missing here, or if an acknowledgment has no finding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from connect_constructs._finding_conditions import (
    allows_network_interfaces_only,
    allows_own_contacts_only,
    allows_own_wildcards_only,
    answers_without_cognito,
    depends_on_its_role,
    has_alarm_without_action,
    has_no_cache,
    has_no_execution_log,
    has_no_web_acl,
    has_older_python,
    is_open,
    is_open_without_key,
    is_without,
    logging_policy,
)


class Finding(NamedTuple):
    """A finding of one or more rules about resources of these types."""

    says: str
    resource_types: tuple[str, ...]
    # Ids as in acknowledgments. `{}` stands for the detail that cdk-nag adds to the id.
    rules: tuple[str, ...]
    # Whether a resource has this finding. The second argument is the ARN pattern of the contacts that the resource's
    # construct may update, or None.
    found: Callable[[Any, str | None], bool]
    # The option or L1 property that resolves the finding. Empty if nothing does, so that it is always accepted.
    mended_by: str
    reason: str
    detail: Callable[[Any, str | None], str] | None = None


def _managed(rule: str, *packs: str) -> tuple[str, ...]:
    """A rule that has the same name in several packs."""
    return tuple(f"{pack}-{rule}" for pack in packs)


_R4, _R5, _HIPAA, _PCI = "NIST.800.53.R4", "NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321"

_STAGE = "AWS::ApiGateway::Stage"
_METHOD = "AWS::ApiGateway::Method"
_FUNCTION = "AWS::Lambda::Function"
_QUEUE = "AWS::SQS::Queue"

_OPEN = (
    "The API has unsigned_callers, so everybody who reaches its VPC endpoints may call. Its resource policy denies all "
    "other callers."
)

# AWS Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC"; Service Authorization
# Reference, "Actions, resources, and condition keys for AWS X-Ray".
_WILDCARDS = (
    "A function in a VPC manages network interfaces, and a traced one sends traces. These actions support no narrower "
    "resource. A Deny statement keeps the function's code from using the network actions."
)
_TRACES = "Traces cost money for each request. Log lines have the request's id and the latency of Amazon Connect."

FINDINGS = (
    Finding(
        "The stage has no access log.",
        (_STAGE,),
        ("AwsSolutions-APIG1", "Serverless-APIGWAccessLogging", "CKV_AWS_76"),
        is_without("access_log_setting"),
        "`access_log=True`",
        "The function's log has a line for each request that reaches it, with its caller. The access log needs a role "
        "that API Gateway shares among all APIs of the account and Region.",
    ),
    Finding(
        "The stage has no web ACL.",
        (_STAGE,),
        ("AwsSolutions-APIG3", *_managed("APIGWAssociatedWithWAF", _R5, _PCI)),
        has_no_web_acl,
        "[a web ACL](recipes.md#a-web-acl)",
        "Callers are authenticated or bounded by network, requests are throttled, and bodies are validated against a "
        "closed contract. A web ACL costs money, and its rules depend on who calls.",
    ),
    Finding(
        "The stage has no execution log.",
        (_STAGE,),
        (
            "AwsSolutions-APIG6",
            *_managed("APIGWExecutionLoggingEnabled", _R4, _R5, _HIPAA, _PCI),
        ),
        has_no_execution_log,
        "`CfnStage.method_settings`, which is not recommended",
        "Execution logs can contain paths and bodies, which are customers' data. The function's log and the access log "
        "have a line for each request, without values.",
    ),
    Finding(
        "The stage has no cache.",
        (_STAGE,),
        (*_managed("APIGWCacheEnabledAndEncrypted", _R4, _R5, _HIPAA, _PCI), "CKV_AWS_120"),
        has_no_cache,
        "",
        "All methods are updates. A cached response would mean that an update is not made.",
    ),
    Finding(
        "The stage has no client certificate.",
        (_STAGE,),
        _managed("APIGWSSLEnabled", _R5, _HIPAA, _PCI),
        is_without("client_certificate_id"),
        "`CfnStage.client_certificate_id`, which has no effect here",
        # API Gateway Developer Guide, "Generate and configure an SSL certificate for backend authentication".
        "API Gateway presents a client certificate to HTTP backends. This backend is a Lambda function, which API "
        "Gateway invokes over TLS with AWS's own authorization.",
    ),
    Finding(
        "The stage is not traced.",
        (_STAGE,),
        ("Serverless-APIGWXrayEnabled", *_managed("APIGWXrayEnabled", _HIPAA), "CKV_AWS_73"),
        lambda stage, _: stage.tracing_enabled is not True,
        "`tracing=True`",
        _TRACES,
    ),
    Finding(
        "API Gateway does not validate requests.",
        ("AWS::ApiGateway::RestApi",),
        ("AwsSolutions-APIG2",),
        lambda *_: True,
        "",
        "The function validates paths and bodies completely. API Gateway's own 400 response has an error type that "
        "Amazon Connect's clients cannot read.",
    ),
    Finding(
        "A method is not authorized by a Cognito user pool.",
        (_METHOD,),
        ("AwsSolutions-COG4",),
        answers_without_cognito,
        "`authorizer=` with a `CognitoUserPoolsAuthorizer`",
        "Callers are systems that sign with IAM credentials, or the stack's author has chosen another authorizer.",
    ),
    Finding(
        "A method is open.",
        (_METHOD,),
        ("AwsSolutions-APIG4",),
        is_open,
        "`unsigned_callers=False` (the default)",
        _OPEN,
    ),
    Finding(
        "A method is open and needs no API key.",
        (_METHOD,),
        ("CKV_AWS_59",),
        is_open_without_key,
        "`unsigned_callers=False` (the default)",
        _OPEN,
    ),
    Finding(
        "The function's Python is not the newest that CDK knows.",
        (_FUNCTION,),
        ("AwsSolutions-L1", "Serverless-LambdaLatestVersion"),
        has_older_python,
        "`CfnFunction.runtime`",
        "Python 3.13 is a supported runtime of AWS Lambda, and the handler is tested and measured with it.",
    ),
    Finding(
        "The function has no reserved concurrency.",
        (_FUNCTION,),
        (*_managed("LambdaConcurrency", _R5, _HIPAA), "CKV_AWS_115"),
        is_without("reserved_concurrent_executions"),
        "`function_options.reserved_concurrent_executions`",
        "Reserved concurrency is taken from the account's other functions. The API's throttle, or the event source's "
        "maximum concurrency, already limits the executions.",
    ),
    Finding(
        "The function has no dead-letter queue.",
        (_FUNCTION,),
        ("Serverless-LambdaDLQ", *_managed("LambdaDLQ", _R5, _HIPAA), "CKV_AWS_116"),
        is_without("dead_letter_config"),
        "",
        # AWS Lambda Developer Guide, "Adding a dead-letter queue".
        "It would never be used: AWS Lambda sends failed asynchronous invocations there, and this function is invoked "
        "synchronously by API Gateway or by its event source. The queue has a dead-letter queue of its own.",
    ),
    Finding(
        "The function is outside a VPC.",
        (_FUNCTION,),
        (*_managed("LambdaInsideVPC", _R4, _R5, _HIPAA, _PCI), "CKV_AWS_117"),
        is_without("vpc_config"),
        "`function_options.vpc`",
        "The function only calls AWS's endpoints, over TLS, and nothing can connect to it. A VPC needs endpoints or a "
        "NAT gateway, which cost money.",
    ),
    Finding(
        "The function is not traced.",
        (_FUNCTION,),
        ("Serverless-LambdaTracing",),
        is_without("tracing_config"),
        "`tracing=True`",
        _TRACES,
    ),
    Finding(
        "The function's environment is not encrypted with a customer managed key.",
        (_FUNCTION,),
        ("CKV_AWS_173",),
        is_without("kms_key_arn"),
        "`function_options.encryption_key`",
        "The environment has ARNs, URLs and limits, and no secret. AWS Lambda encrypts it with a key that AWS manages.",
    ),
    Finding(
        "The function has a `DependsOn` that its role's ARN implies.",
        (_FUNCTION,),
        ("W3005",),
        depends_on_its_role,
        "",
        "CDK writes it for each function. It is redundant and does no harm.",
    ),
    Finding(
        "A log group is not encrypted with a customer managed key.",
        ("AWS::Logs::LogGroup",),
        (*_managed("CloudWatchLogGroupEncrypted", _R4, _R5, _HIPAA, _PCI), "CKV_AWS_158"),
        is_without("kms_key_id"),
        "`function_options.encryption_key`, `access_log_encryption_key`",
        "CloudWatch Logs encrypts all log groups, and these logs have no customers' values.",
    ),
    Finding(
        "A role has an inline policy.",
        ("AWS::IAM::Policy",),
        _managed("IAMNoInlinePolicy", _R4, _R5, _HIPAA, _PCI),
        lambda *_: True,
        "",
        "The policy belongs to one function's role, must not be attached to another role, and is deleted with it. "
        "That is what inline policies are for.",
    ),
    Finding(
        "A policy allows updates of all contacts of the instance.",
        ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"),
        ("AwsSolutions-IAM5[Resource::{}]",),
        allows_own_contacts_only,
        "",
        "Contacts come and go, so their ids are not known at deployment. The policy allows at most two actions, on the "
        "contacts of one instance.",
        lambda _, contact_arns: str(contact_arns),
    ),
    Finding(
        "The function's role has permissions on all resources.",
        ("AWS::IAM::Policy",),
        ("AwsSolutions-IAM5[Resource::*]",),
        allows_own_wildcards_only,
        "neither `function_options.vpc` nor `tracing` (the default)",
        _WILDCARDS,
    ),
    Finding(
        "The function's role has write permissions on all resources.",
        ("AWS::IAM::Policy",),
        ("CKV_AWS_111",),
        allows_network_interfaces_only,
        "no `function_options.vpc` (the default)",
        _WILDCARDS,
    ),
    Finding(
        "API Gateway's account-wide role has an AWS managed policy.",
        ("AWS::IAM::Role",),
        ("AwsSolutions-IAM4[Policy::{}]",),
        lambda role, _: bool(logging_policy(role, None)),
        "",
        # API Gateway Developer Guide, "Set up CloudWatch logging for REST APIs in API Gateway".
        "It is the policy that API Gateway's documentation asks for.",
        logging_policy,
    ),
    Finding(
        "The event source has no destination for failed batches.",
        ("AWS::Lambda::EventSourceMapping",),
        ("Serverless-LambdaEventSourceMappingDestination",),
        is_without("destination_config"),
        "",
        # AWS CloudFormation Template Reference, "AWS::Lambda::EventSourceMapping OnFailure".
        "Such destinations are for Kinesis, DynamoDB and Kafka. Updates that fail go back to the SQS queue, or to its "
        "dead-letter queue with the reason.",
    ),
    Finding(
        "The dead-letter queue has no dead-letter queue.",
        (_QUEUE,),
        ("Serverless-SQSRedrivePolicy",),
        is_without("redrive_policy"),
        "",
        "It is the dead-letter queue. Nothing consumes it automatically.",
    ),
    Finding(
        "A queue is not encrypted with a customer managed key.",
        (_QUEUE,),
        ("CKV_AWS_27",),
        is_without("kms_master_key_id"),
        "`encryption_key`",
        "Both queues are encrypted with keys that Amazon SQS manages, and refuse calls without TLS.",
    ),
    Finding(
        "An alarm has no action.",
        ("AWS::CloudWatch::Alarm",),
        _managed("CloudWatchAlarmAction", _R4, _R5, _HIPAA),
        has_alarm_without_action,
        "`alarm_actions`",
        "The dashboard shows the alarm. The stack's author decides who is notified.",
    ),
)
