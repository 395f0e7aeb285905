"""The index of this folder: where the emulator, ministack 1.5.33, is more lenient than AWS, or lacks something.

Each gap has a file of its own. The files here are loaded into the emulator: their `close()` makes it behave like AWS.
Those in `at_deployment` work from outside, before or after the deployment. This module imports nothing of the
emulator's, so that it can be read where the emulator is not installed.

`make emulator-gaps` writes their table into docs/testing.md.
"""

from __future__ import annotations

from typing import NamedTuple


class Gap(NamedTuple):
    """One difference between the emulator and AWS."""

    what: str
    """What AWS does and the emulator alone does not."""
    why: str
    """What would go wrong unnoticed in connect-constructs."""
    source: str
    """Where this is known from. A guess is called one."""
    closed_by: str
    """The module in this folder that closes the gap."""


GAPS = (
    Gap(
        "API Gateway refuses a stage with logging unless a CloudWatch role that it can assume is set for the account "
        "and Region. Deleting AWS::ApiGateway::Account leaves the role set.",
        "A first deployment that fails in a fresh account would work here.",
        "aws-samples/amazon-bedrock-knowledgebase-slackbot#6, sbt-aws#19, aws-cdk#7140, aws-cdk#6194",
        "logging_role",
    ),
    Gap(
        "A REST API matches percent-encoded paths, and passes path parameters to the function without decoding them.",
        "An ARN in a path would be split at its slashes here.",
        "hotsock/voker#8, middleapi/standard-server#93",
        "encoded_paths",
    ),
    Gap(
        "Header names reach the function, the authorizer and mappings as the client sent them (HTTP/2: lower case).",
        "A mapping of `method.request.header.Origin` that finds no `origin` on AWS would work here, and so would a "
        "handler that reads only one spelling.",
        "middyjs/middy#257",
        "header_names",
    ),
    Gap(
        "Each of API Gateway's own errors has an `x-amzn-ErrorType`, which is sent after the one that a gateway "
        "response sets. A status set for DEFAULT_4XX or DEFAULT_5XX applies to all their response types; "
        "INTEGRATION_FAILURE is 500 by default.",
        "SDKs read the two types as one unusable code.",
        "smithy#1170, smithy PR 1934, aws-sdk-js-v3 PR 3852, localstack PR 11142, re:Post QUL-z6rJbmR4meafB7MzYXxw; "
        "the types of REQUEST_TOO_LARGE and RESOURCE_NOT_FOUND are guesses",
        "gateway_errors",
    ),
    Gap(
        "A throttled function leads to INTEGRATION_FAILURE, and one that fails leads to a 502 without details.",
        "A throttled function would look like a throttled endpoint; an exception's text would reach the caller.",
        "Stack Overflow 36363280, re:Post QUL-z6rJbmR4meafB7MzYXxw; API Gateway Developer Guide, "
        '"Lambda proxy integrations"',
        "function_failures",
    ),
    Gap(
        "API Gateway needs a permission in the policy of each function and authorizer that it invokes.",
        "A template without one would work only here.",
        "re:Post, \"How do I resolve 'Invalid permissions on Lambda function' errors from API Gateway REST APIs?\"",
        "function_permissions",
    ),
    Gap(
        "A client can set `requestId` but not `extendedRequestId`; the response has both. The function's own "
        "`x-amzn-RequestId`, Date, Server and the like are remapped.",
        "A new call with a reused id could be mistaken for a retry.",
        'API Gateway Developer Guide, "Access logging for REST APIs" and "important notes"',
        "request_ids",
    ),
    Gap(
        "API Gateway evaluates identity and resource policy together, within and across accounts, for methods with "
        "IAM, Cognito, a Lambda authorizer or none, with the resource policy as it was deployed. A denied caller gets "
        "ACCESS_DENIED, wrong credentials get gateway responses of their own, and a signature for another service is "
        "invalid.",
        "A grant that has no effect on AWS would have one here, and a refusal would show the caller's ARN instead of "
        "the fixed text.",
        'API Gateway Developer Guide, "How API Gateway resource policies affect authorization workflow"; re:Post, '
        '"How do I troubleshoot HTTP 403 errors from API Gateway?"; aws-sdk-js#3571; guesses: the gateway responses of '
        "an unknown key (DEFAULT_4XX) and of a wrong scope (INVALID_SIGNATURE)",
        "api_authorization",
    ),
    Gap(
        "A private API answers through VPC endpoints only, any of them, and is not deployed without a resource policy. "
        "A call through an endpoint has its condition keys, and passes the endpoint's policy first: under a custom "
        "one, a signature for another service is refused for methods without authorization, too.",
        "An API without bounds could be called from everybody's VPC; one that nobody can reach would look fine.",
        'API Gateway Developer Guide, "Invoke a private API", "Use VPC endpoint policies for private APIs"; re:Post, '
        '"How do I troubleshoot HTTP 403 errors from API Gateway?"; terraform-provider-aws#14290; guess: refusals by '
        "an endpoint's policy are gateway responses",
        "private_apis",
    ),
    Gap(
        "StartMessageMoveTask and ListMessageMoveTasks exist.",
        "A redrive could not be tested.",
        "Amazon SQS API Reference, StartMessageMoveTask",
        "dead_letter_redrive",
    ),
    Gap(
        "A batch call needs the permission for the single call.",
        "A function without sqs:SendMessage could send batches.",
        'Amazon SQS Developer Guide, "Amazon SQS API permissions"',
        "batch_permissions",
    ),
    Gap(
        "API Gateway and SQS refuse a resource policy that names a user or role that does not exist.",
        "A grant to a role in another account would deploy before that role exists.",
        "API Gateway Developer Guide (resource policies, troubleshooting); terraform-provider-aws#29392, aws-cdk#13530",
        "policy_principals",
    ),
    Gap(
        "An EventBridge rule can send to a queue only if the queue's policy allows it. It sends no deduplication id, "
        "so a FIFO queue without content-based deduplication gets nothing.",
        "An example that sends events to the queue would work only here.",
        'aws-cdk#36498; re:Post, "Why is the EventBridge rule … failing to invoke its target?"',
        "event_rules",
    ),
    Gap(
        "Lambda refuses reserved concurrency that leaves fewer than ten executions unreserved, and CloudFormation sets "
        "reserved concurrency.",
        "A deployment that fails in a new account, which may have ten executions in all, would work here.",
        "aws-samples/alarm-context-tool#2, one-observability-demo#278",
        "reserved_concurrency",
    ),
    Gap(
        "Every call is signed, including a root user's, and its signature is checked.",
        "Other users of the machine, and web pages, could run code as the developer.",
        'IAM User Guide, "AWS Signature Version 4 for API requests"',
        "signatures",
    ),
    Gap(
        "A web page cannot use the credentials of the person who opens it. So requests that a page can send are "
        "refused, except to deployed APIs.",
        "Any page that a developer opens could create and invoke functions, and so run code as the developer.",
        'Fetch Standard, "Origin header"; Fetch Metadata Request Headers, "Sec-Fetch-Site"',
        "foreign_requests",
    ),
    Gap(
        "CloudFormation sets a method's request validator.",
        "An invalid body would pass, although the template asks for a validator.",
        "CloudFormation User Guide, AWS::ApiGateway::Method",
        "at_deployment.request_validators",
    ),
    Gap(
        "Endpoints have TLS, and policies can require it.",
        "Queues and the bootstrap bucket would refuse all local calls, so the local copy does not require TLS.",
        "IAM User Guide, aws:SecureTransport",
        "at_deployment.tls",
    ),
    Gap(
        "All resource types exist.",
        "A template with a type that the emulator lacks would not deploy, so the local copy does not have it.",
        "CloudFormation User Guide, resource type reference",
        "at_deployment.resource_types",
    ),
)
"""All gaps, in the order of the documentation."""

MODULES = tuple(gap.closed_by for gap in GAPS if "." not in gap.closed_by)
"""The modules to start the emulator with."""


def table() -> str:
    """All gaps as a Markdown table."""
    rows = [("What AWS does", "Without it", "Source"), ("---",) * 3, *((gap.what, gap.why, gap.source) for gap in GAPS)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
