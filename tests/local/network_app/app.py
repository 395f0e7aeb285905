"""Endpoints that are bounded by networks: private ones, with each kind of authorization, and regional ones."""

from __future__ import annotations

from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from connect_constructs import ConnectInstance, ContactUpdateApi

_LETS_IN = """
def handler(event, context):
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}
    return {"principalId": "caller", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""

app = App()
stack = Stack(app, "Network")
instance = ConnectInstance.from_instance_arn(stack, "Instance", app.node.get_context("instance_arn"))
vpc = ec2.Vpc(
    stack,
    "Vpc",
    nat_gateways=0,
    subnet_configuration=[ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)],
)


def endpoint(name: str) -> ec2.InterfaceVpcEndpoint:
    # Without open=False, it needs the VPC's CidrBlock, which the emulator does not tell.
    return ec2.InterfaceVpcEndpoint(
        stack, name, vpc=vpc, service=ec2.InterfaceVpcEndpointAwsService.APIGATEWAY, open=False
    )


first, second, elsewhere, custom = (endpoint(name) for name in ("First", "Second", "Elsewhere", "CustomPolicy"))
custom.add_to_policy(
    iam.PolicyStatement(principals=[iam.AnyPrincipal()], actions=["execute-api:Invoke"], resources=["*"])
)
user_pool = cognito.UserPool(stack, "UserPool")
authorizer_function = lambda_.Function(
    stack,
    "AuthorizerFunction",
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="index.handler",
    code=lambda_.Code.from_inline(_LETS_IN),
)
other_account = iam.AccountPrincipal(app.node.get_context("other_account"))

private = ContactUpdateApi(
    stack,
    "Private",
    instance=instance,
    vpc_endpoints=[first, second],
    allow_origins=["https://crm.example.com"],
)
private.grant_updates(other_account)
# Here, the tests call from 127.0.0.1.
inside = ContactUpdateApi(stack, "Inside", instance=instance, allowed_cidrs=["127.0.0.0/8"])
inside.grant_updates(other_account)
outside = ContactUpdateApi(stack, "Outside", instance=instance, allowed_cidrs=["192.0.2.0/24", "2001:db8::/32"])
outside.grant_updates(other_account)

apis = {
    "Private": private,
    "Inside": inside,
    "Outside": outside,
    "Unsigned": ContactUpdateApi(
        stack, "Unsigned", instance=instance, vpc_endpoints=[first, second], unsigned_callers=True
    ),
    "UnsignedUnderCustomPolicy": ContactUpdateApi(
        stack, "UnsignedUnderCustomPolicy", instance=instance, vpc_endpoints=[custom], unsigned_callers=True
    ),
    "Cognito": ContactUpdateApi(
        stack,
        "Cognito",
        instance=instance,
        vpc_endpoints=[first],
        authorizer=apigateway.CognitoUserPoolsAuthorizer(stack, "CognitoAuthorizer", cognito_user_pools=[user_pool]),
    ),
    "Lambda": ContactUpdateApi(
        stack,
        "Lambda",
        instance=instance,
        vpc_endpoints=[first],
        authorizer=apigateway.TokenAuthorizer(stack, "LambdaAuthorizer", handler=authorizer_function),
    ),
}
for name, api in apis.items():
    CfnOutput(stack, f"{name}ApiId", value=api.rest_api.rest_api_id)
CfnOutput(stack, "PrivateUrls", value=" ".join(private.endpoint_urls))
CfnOutput(stack, "VpcEndpointIds", value=" ".join(one.vpc_endpoint_id for one in (first, second, elsewhere)))
CfnOutput(stack, "UserPoolId", value=user_pool.user_pool_id)
app.synth()
