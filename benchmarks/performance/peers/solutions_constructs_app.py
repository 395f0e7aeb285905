"""The same endpoint with AWS Solutions Constructs' pattern for a REST API and a function."""

import sys

from aws_cdk import App, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_solutions_constructs.aws_apigateway_lambda import ApiGatewayToLambda
from endpoint_by_hand import add_operations, function_properties, update_statement

assembly, instance_arn, handler_directory = sys.argv[1:]
app = App(outdir=assembly)
stack = Stack(app, "Stack")

# The pattern includes the role, the log groups, the access log and the CloudWatch role.
pattern = ApiGatewayToLambda(
    stack,
    "Endpoint",
    lambda_function_props=lambda_.FunctionProps(**function_properties(instance_arn, handler_directory)),
    # A JavaScript structure: the pattern accepts anything here.
    api_gateway_props={
        "proxy": False,
        "description": "Updates of Amazon Connect contacts",
        "endpointConfiguration": {"types": [apigateway.EndpointType.REGIONAL]},
        "cloudWatchRole": False,
        "deployOptions": {"throttlingRateLimit": 10, "throttlingBurstLimit": 15},
    },
    create_usage_plan=False,
)
pattern.lambda_function.add_to_role_policy(update_statement(instance_arn))
add_operations(pattern.api_gateway, pattern.lambda_function)
app.synth()
