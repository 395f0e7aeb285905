"""Three ways to let a page in a browser update contacts, each in its own stack. Deploy the one that fits.

`cdk deploy OwnTokens -c instance_arn=… -c page_origin=https://desk.example.com`, or `CognitoTokens`, or
`CognitoCredentials`.
"""

from __future__ import annotations

from pathlib import Path

from aws_cdk import App, CfnOutput, Duration, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from connect_constructs import ConnectInstance, ContactUpdateApi, ContactUpdateOperation

# Users can read a page's code and send whatever it could send. So each stack limits what can be written, and all but
# the first offer one operation only.
ATTRIBUTES = ["language", "tier"]
# Not who handles the contact, nor its endpoints and recipients.
MEMBERS = ["Name", "Description", "References"]


class OwnTokens(Stack):
    """The page sends a token from your own backend, which names the contacts that the agent may update."""

    def __init__(self, scope: Construct, construct_id: str, *, instance_arn: str, page_origin: str) -> None:
        super().__init__(scope, construct_id)
        key = kms.Key(
            self,
            "TokenKey",
            description="Signs and checks the agents' tokens",
            key_spec=kms.KeySpec.HMAC_256,
            key_usage=kms.KeyUsage.GENERATE_VERIFY_MAC,
        )
        authorizer = lambda_.Function(
            self,
            "Authorizer",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="contact_token.handler",
            code=lambda_.Code.from_asset(str(Path(__file__).parent / "authorizer"), exclude=["__pycache__"]),
            environment={"KEY_ARN": key.key_arn},
            timeout=Duration.seconds(10),
        )
        key.grant_verify_mac(authorizer)
        api = ContactUpdateApi(
            self,
            "ContactUpdates",
            instance=ConnectInstance.from_instance_arn(self, "Instance", instance_arn),
            authorizer=apigateway.RequestAuthorizer(
                self,
                "TokenAuthorizer",
                handler=authorizer,
                identity_sources=[apigateway.IdentitySource.header("Authorization")],
                # How long an expired token is still accepted.
                results_cache_ttl=Duration.minutes(1),
            ),
            api_key_required=True,
            allow_origins=[page_origin],
            allowed_attributes=ATTRIBUTES,
            allowed_members=MEMBERS,
        )
        assert api.api_key
        CfnOutput(self, "Endpoint", value=api.endpoint_url)
        CfnOutput(self, "ApiId", value=api.rest_api.rest_api_id)
        CfnOutput(self, "ApiKeyId", value=api.api_key.key_id)
        CfnOutput(self, "TokenKeyArn", value=key.key_arn)


class CognitoTokens(Stack):
    """The page sends the token of a user who has signed in with Cognito. Every user may update every contact."""

    def __init__(self, scope: Construct, construct_id: str, *, instance_arn: str, page_origin: str) -> None:
        super().__init__(scope, construct_id)
        users, client = _users(self)
        api = ContactUpdateApi(
            self,
            "ContactUpdates",
            instance=ConnectInstance.from_instance_arn(self, "Instance", instance_arn),
            authorizer=apigateway.CognitoUserPoolsAuthorizer(self, "SignedIn", cognito_user_pools=[users]),
            operations=[ContactUpdateOperation.UPDATE_CONTACT_ATTRIBUTES],
            allow_origins=[page_origin],
            allowed_attributes=ATTRIBUTES,
        )
        CfnOutput(self, "Endpoint", value=api.endpoint_url)
        CfnOutput(self, "ApiId", value=api.rest_api.rest_api_id)
        CfnOutput(self, "UserPoolId", value=users.user_pool_id)
        CfnOutput(self, "ClientId", value=client.user_pool_client_id)


class CognitoCredentials(Stack):
    """The page exchanges the token for AWS credentials and signs its calls, as the AWS SDK for JavaScript does.

    Every user may update every contact.
    """

    def __init__(self, scope: Construct, construct_id: str, *, instance_arn: str, page_origin: str) -> None:
        super().__init__(scope, construct_id)
        users, client = _users(self)
        identities = cognito.CfnIdentityPool(
            self,
            "Identities",
            allow_unauthenticated_identities=False,
            cognito_identity_providers=[
                cognito.CfnIdentityPool.CognitoIdentityProviderProperty(
                    client_id=client.user_pool_client_id, provider_name=users.user_pool_provider_name
                )
            ],
        )
        agent = iam.Role(
            self,
            "Agent",
            assumed_by=iam.WebIdentityPrincipal(
                "cognito-identity.amazonaws.com",
                {
                    "StringEquals": {"cognito-identity.amazonaws.com:aud": identities.ref},
                    "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
                },
            ),
        )
        cognito.CfnIdentityPoolRoleAttachment(
            self, "AgentRole", identity_pool_id=identities.ref, roles={"authenticated": agent.role_arn}
        )
        api = ContactUpdateApi(
            self,
            "ContactUpdates",
            instance=ConnectInstance.from_instance_arn(self, "Instance", instance_arn),
            operations=[ContactUpdateOperation.UPDATE_CONTACT_ATTRIBUTES],
            allow_origins=[page_origin],
            allowed_attributes=ATTRIBUTES,
        )
        api.grant_update_contact_attributes(agent)
        CfnOutput(self, "Endpoint", value=api.endpoint_url)
        CfnOutput(self, "ApiId", value=api.rest_api.rest_api_id)
        CfnOutput(self, "UserPoolId", value=users.user_pool_id)
        CfnOutput(self, "ClientId", value=client.user_pool_client_id)
        CfnOutput(self, "IdentityPoolId", value=identities.ref)


def _users(stack: Stack) -> tuple[cognito.UserPool, cognito.UserPoolClient]:
    users = cognito.UserPool(
        stack, "Agents", self_sign_up_enabled=False, sign_in_aliases=cognito.SignInAliases(username=True)
    )
    return users, users.add_client("Page", auth_flows=cognito.AuthFlow(user_password=True))


def main() -> None:
    app = App()
    context = {name: app.node.try_get_context(name) for name in ("instance_arn", "page_origin")}
    if missing := [name for name, value in context.items() if not value]:
        raise SystemExit(f"error: set {' and '.join(f'-c {name}=…' for name in missing)}")
    for stack in (OwnTokens, CognitoTokens, CognitoCredentials):
        stack(app, stack.__name__, **context)
    app.synth()


if __name__ == "__main__":
    main()
