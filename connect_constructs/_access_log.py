"""The fields of a REST API's access log."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway

# API Gateway Developer Guide, "Variables for access logging for API Gateway". The path as requested and the error's
# validation message are left out, because they contain what the caller sent.
_FIELDS = {
    "requestId": "$context.requestId",
    "extendedRequestId": "$context.extendedRequestId",
    "requestTime": "$context.requestTime",
    "httpMethod": "$context.httpMethod",
    "resourcePath": "$context.resourcePath",
    "status": "$context.status",
    "responseType": "$context.error.responseType",
    "responseLength": "$context.responseLength",
    "responseLatency": "$context.responseLatency",
    "integrationStatus": "$context.integration.status",
    "integrationLatency": "$context.integration.latency",
    "sourceIp": "$context.identity.sourceIp",
    "userArn": "$context.identity.userArn",
    # The users of a Cognito identity pool share a role, and so a userArn.
    "cognitoIdentityId": "$context.identity.cognitoIdentityId",
    "apiKeyId": "$context.identity.apiKeyId",
    "authorizerPrincipalId": "$context.authorizer.principalId",
}


def access_log_format() -> apigateway.AccessLogFormat:
    """A line of JSON for each request."""
    fields = ",".join(f'"{name}":"{variable}"' for name, variable in _FIELDS.items())
    return apigateway.AccessLogFormat.custom(f"{{{fields}}}")
