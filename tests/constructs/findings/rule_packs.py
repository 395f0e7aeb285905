"""The stacks that rule packs run over, and what is acknowledged in them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from aws_cdk import App, CfnParameter, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_wafv2 as wafv2

from connect_constructs import (
    ApiGatewayAccount,
    ConnectInstance,
    ContactUpdateApi,
    ContactUpdateFunction,
    ContactUpdateFunctionOptions,
    ContactUpdateMonitoring,
    ContactUpdatePolicy,
    ContactUpdateQueue,
    acknowledge_findings,
)
from tests.constructs.stacks import INSTANCE_ARN, SHARED_STACKS, new_instance, new_stack, new_vpc

_OURS = (
    ApiGatewayAccount,
    ContactUpdateApi,
    ContactUpdateFunction,
    ContactUpdateMonitoring,
    ContactUpdatePolicy,
    ContactUpdateQueue,
)


def cdk_nag_acknowledgments(stack: Stack) -> set[tuple[str, str]]:
    """What is acknowledged anywhere in the stack's app, as rule and path in the stack."""
    return {
        (rule.partition("::")[2], construct.node.path.removeprefix(f"{stack.node.path}/"))
        for construct in stack.node.root.node.find_all()
        for entry in construct.node.metadata
        if entry.type == "aws:cdk:acknowledged-rules"
        for rule in dict(entry.data)
    }


def without_acknowledgments(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template as it is without the call, which only adds to the metadata of resources."""
    plain = dict(copy.deepcopy(template))
    for resource in plain["Resources"].values():
        for key in ("cdk_nag", "checkov", "cfn-lint"):
            resource.get("Metadata", {}).pop(key, None)
        if resource.get("Metadata") == {}:
            del resource["Metadata"]
    return plain


def acknowledge_all(stack: Stack) -> None:
    """Acknowledge the findings in all constructs of ours."""
    acknowledge_findings(*(each for each in stack.node.find_all() if isinstance(each, _OURS)))


def varied_stack() -> Stack:
    """Options one by one, the remaining constructs, and what users mend through the inner resources."""
    stack = new_stack("Varied")
    instance = new_instance(stack)
    pool = cognito.UserPool.from_user_pool_id(stack, "Pool", "us-east-1_123456789")
    ContactUpdateApi(
        stack,
        "Cognito",
        instance=instance,
        authorizer=apigateway.CognitoUserPoolsAuthorizer(stack, "Users", cognito_user_pools=[pool]),
    )
    function = lambda_.Function.from_function_arn(
        stack, "AuthorizerFunction", "arn:aws:lambda:us-east-1:111122223333:function:authorizer"
    )
    ContactUpdateApi(
        stack,
        "Token",
        instance=instance,
        authorizer=apigateway.TokenAuthorizer(stack, "Tokens", handler=function),
        api_key_required=True,
        allow_origins=["https://crm.example.com"],
    )
    endpoint = ec2.InterfaceVpcEndpoint.from_interface_vpc_endpoint_attributes(
        stack, "Endpoint", port=443, vpc_endpoint_id="vpce-0123456789abcdef0"
    )
    ContactUpdateApi(
        stack,
        "OpenWithKey",
        instance=instance,
        vpc_endpoints=[endpoint],
        unsigned_callers=True,
        api_key_required=True,
    )
    ContactUpdateApi(stack, "Traced", instance=instance, tracing=True)
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/key")
    encrypted = ContactUpdateQueue(
        stack,
        "Encrypted",
        instance=instance,
        encryption_key=key,
        tracing=True,
        function_options=ContactUpdateFunctionOptions(encryption_key=key),
    )
    # The function's permission in Amazon Connect is the user's.
    behind_queue = ContactUpdateApi(stack, "BehindQueue", queue=encrypted)
    parameter = CfnParameter(stack, "InstanceId")
    elsewhere = ConnectInstance.from_instance_id(stack, "Elsewhere", parameter.value_as_string)
    ContactUpdateFunction(stack, "Alone", instance=elsewhere)
    ContactUpdatePolicy(stack, "Policy", instance=elsewhere)
    mended = ContactUpdateApi(stack, "Mended", instance=elsewhere)
    stage: Any = mended.rest_api.deployment_stage.node.default_child
    stage.add_property_override("MethodSettings.0.LoggingLevel", "OFF")
    wafv2.CfnWebACLAssociation(
        stack,
        "WebAcl",
        resource_arn=mended.rest_api.deployment_stage.stage_arn,
        web_acl_arn="arn:aws:wafv2:us-east-1:111122223333:regional/webacl/acl/id",
    )
    handler: Any = mended.function.node.default_child
    handler.runtime = max(
        (runtime.name for runtime in lambda_.Runtime.ALL if runtime.name.startswith("python3.")),
        key=lambda name: int(name.partition(".")[2]),
    )
    ContactUpdateMonitoring(stack, "Monitoring", api=behind_queue, queue=encrypted)
    return stack


def users_stack() -> Stack:
    """Constructs of ours, and findings that are their user's."""
    stack = new_stack("Users")
    instance = new_instance(stack)
    api = ContactUpdateApi(
        stack, "Api", instance=instance, function_options=ContactUpdateFunctionOptions(vpc=new_vpc(stack))
    )
    acknowledge_findings(api)
    s3.Bucket(stack, "Beside")
    sqs.Queue(api, "Queue")
    api.rest_api.root.add_resource("health").add_method("GET", apigateway.MockIntegration())
    for resource, *actions in (
        ("*", "iam:PassRole", "iam:CreatePolicyVersion", "s3:GetObject"),
        ("arn:aws:s3:::*", "s3:*"),
        (instance.contact_arns, "connect:StopContact"),
        (f"{INSTANCE_ARN}0/contact/*", "connect:UpdateContact"),
    ):
        api.function.add_to_role_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
    account = ApiGatewayAccount(stack, "Account")
    acknowledge_findings(account)
    account.role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name("ReadOnlyAccess"))
    # This function's role has no permission of its own in Amazon Connect.
    queue = ContactUpdateQueue(stack, "Updates", instance=instance)
    behind_queue = ContactUpdateApi(stack, "BehindQueue", queue=queue)
    acknowledge_findings(queue, behind_queue)
    instance.grant_updates(behind_queue.function)
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    instance.grant_updates(role)
    return stack


def unaffected_stack() -> Stack:
    """A stack whose app has another one, with acknowledgments."""
    app = App()
    other = Stack(app, "Other")
    acknowledge_findings(ContactUpdateApi(other, "Api", instance=new_instance(other)))
    stack = Stack(app, "Unaffected")
    ContactUpdateApi(stack, "ContactUpdates", instance=new_instance(stack))
    return stack


STACKS: dict[str, Callable[[], Stack]] = {
    **SHARED_STACKS,
    "varied": varied_stack,
}
