"""The code needed for the same endpoint, both with CDK's own constructs and with a pattern."""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration, IgnoreMode
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

# All sides use the same texts for API Gateway's own errors.
from connect_constructs._gateway_responses import add_gateway_responses


def function_properties(instance_arn: str, handler_directory: str) -> dict[str, Any]:
    return {
        "runtime": lambda_.Runtime.PYTHON_3_13,
        "architecture": lambda_.Architecture.ARM_64,
        "handler": "contact_updates.api_function.handler",
        "code": lambda_.Code.from_asset(
            handler_directory, exclude=["*", "!*/", "!*.py", "!*.json"], ignore_mode=IgnoreMode.GIT
        ),
        "environment": {"INSTANCE_ARN": instance_arn},
        "memory_size": 512,
        "timeout": Duration.seconds(25),
        "description": "Updates Amazon Connect contacts",
    }


def update_statement(instance_arn: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=["connect:UpdateContactAttributes", "connect:UpdateContact"], resources=[f"{instance_arn}/contact/*"]
    )


def add_operations(rest_api: apigateway.RestApi, function: lambda_.IFunction) -> None:
    """The two methods, and API Gateway's own errors in Amazon Connect's form."""
    integration = apigateway.LambdaIntegration(function, allow_test_invoke=False, timeout=Duration.seconds(29))
    for path in ("/contact/attributes", "/contacts/{InstanceId}/{ContactId}"):
        rest_api.root.resource_for_path(path).add_method(
            "POST", integration, authorization_type=apigateway.AuthorizationType.IAM, api_key_required=False
        )
    add_gateway_responses(rest_api, [], has_authorizer=False, api_key_required=False)
