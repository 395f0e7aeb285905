"""Two endpoints for which `verify` needs options. The repository's own app has no such endpoints."""

from __future__ import annotations

from aws_cdk import App, Duration, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_

from connect_constructs import ConnectInstance, ContactUpdateApi, ContactUpdateOperation

# Accepts one token.
_AUTHORIZER = """
def handler(event, context):
    effect = "Allow" if event["authorizationToken"] == "Bearer right-token" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {"principalId": "crm", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""


class Page(Stack):
    """For pages of one origin, with an API key, one allowed attribute and one allowed reference."""

    def __init__(self, scope: App, construct_id: str, *, instance_arn: str) -> None:
        super().__init__(scope, construct_id)
        ContactUpdateApi(
            self,
            "Updates",
            instance=ConnectInstance.from_instance_arn(self, "Instance", instance_arn),
            allow_origins=["https://crm.example.com"],
            allowed_attributes=["tier"],
            allowed_members=["References.Ticket"],
            api_key_required=True,
        )


class Token(Stack):
    """For callers with a token, with one operation."""

    def __init__(self, scope: App, construct_id: str, *, instance_arn: str) -> None:
        super().__init__(scope, construct_id)
        function = lambda_.Function(
            self,
            "AuthorizerFunction",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline(_AUTHORIZER),
        )
        ContactUpdateApi(
            self,
            "Updates",
            instance=ConnectInstance.from_instance_arn(self, "Instance", instance_arn),
            operations=[ContactUpdateOperation.UPDATE_CONTACT],
            authorizer=apigateway.TokenAuthorizer(
                self, "Authorizer", handler=function, results_cache_ttl=Duration.seconds(0)
            ),
        )


def main() -> None:
    app = App()
    for stack in (Page, Token):
        stack(app, stack.__name__, instance_arn=app.node.get_context("instance_arn"))
    app.synth()


if __name__ == "__main__":
    main()
