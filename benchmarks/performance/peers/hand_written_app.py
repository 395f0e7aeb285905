"""The same resources with CDK's own constructs."""

import sys

from aws_cdk import App, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from endpoint_by_hand import add_operations, function_properties, update_statement

assembly, instance_arn, handler_directory = sys.argv[1:]
app = App(outdir=assembly)
stack = Stack(app, "Stack")

function_log = logs.LogGroup(stack, "FunctionLog", retention=logs.RetentionDays.THREE_MONTHS)
role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
function_log.grant_write(role)
role.add_to_policy(update_statement(instance_arn))
function = lambda_.Function(
    stack, "Function", role=role, log_group=function_log, **function_properties(instance_arn, handler_directory)
)
rest_api = apigateway.RestApi(
    stack,
    "RestApi",
    description="Updates of Amazon Connect contacts",
    endpoint_types=[apigateway.EndpointType.REGIONAL],
    cloud_watch_role=False,
    deploy_options=apigateway.StageOptions(throttling_rate_limit=10, throttling_burst_limit=15),
)
add_operations(rest_api, function)
app.synth()
