"""Who may call: authorizers, API keys and grants."""

from __future__ import annotations

from collections.abc import Callable

import jsii
import pytest
from aws_cdk import Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateApi
from tests.constructs.contact_update_api.api_stacks import methods, new_api
from tests.constructs.stacks import logical_id, new_stack, only, resources


def authorizer_function(stack: Stack) -> lambda_.IFunction:
    return lambda_.Function(
        stack,
        "AuthorizerFunction",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )


def token_authorizer(stack: Stack) -> apigateway.IAuthorizer:
    return apigateway.TokenAuthorizer(stack, "Authorizer", handler=authorizer_function(stack))


def request_authorizer(stack: Stack) -> apigateway.IAuthorizer:
    return apigateway.RequestAuthorizer(
        stack,
        "Authorizer",
        handler=authorizer_function(stack),
        identity_sources=[apigateway.IdentitySource.header("X-Session")],
    )


def cognito_authorizer(stack: Stack) -> apigateway.IAuthorizer:
    return apigateway.CognitoUserPoolsAuthorizer(
        stack, "Authorizer", cognito_user_pools=[cognito.UserPool(stack, "Callers")]
    )


@pytest.mark.parametrize(
    ("new_authorizer", "authorizer_type", "authorization_type"),
    [
        (token_authorizer, "TOKEN", "CUSTOM"),
        (request_authorizer, "REQUEST", "CUSTOM"),
        (cognito_authorizer, "COGNITO_USER_POOLS", "COGNITO_USER_POOLS"),
    ],
)
def test_authorizer_decides_instead_of_iam(
    new_authorizer: Callable[[Stack], apigateway.IAuthorizer], authorizer_type: str, authorization_type: str
) -> None:
    # Given
    stack = new_stack()
    api = new_api(stack, authorizer=new_authorizer(stack), allow_origins=["https://crm.example.com"])
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))

    # When, Then: a grant would have no effect
    for grant in (api.grant_update_contact_attributes, api.grant_update_contact, api.grant_updates):
        with pytest.raises(ValueError, match=r"^expected an API with IAM authorization, got one with an authorizer"):
            grant(role)

    # Then
    template = Template.from_stack(stack)
    authorizer = logical_id(template, "AWS::ApiGateway::Authorizer", {"Type": authorizer_type})
    for method in methods(template).values():
        assert method["AuthorizationType"] == authorization_type
        assert method["AuthorizerId"] == {"Ref": authorizer}
    # Browsers send no credentials with a preflight.
    assert {method["AuthorizationType"] for method in methods(template, "OPTIONS").values()} == {"NONE"}


@jsii.implements(apigateway.IAuthorizer)
class AuthorizerWithoutType:
    authorizer_id = "abc123"
    authorization_type = None


def test_rejects_an_authorizer_without_type() -> None:
    # With such an authorizer, CDK makes the methods open to everybody.
    with pytest.raises(ValueError, match=r"^authorizer: expected one with an authorization_type"):
        new_api(new_stack(), authorizer=AuthorizerWithoutType())


def test_rejects_other_objects_than_authorizers() -> None:
    with pytest.raises(TypeError, match=r"^authorizer: expected an authorizer of Amazon API Gateway, got 'x'$"):
        new_api(new_stack(), authorizer="x")


def test_api_key_is_required_in_addition_to_the_signature() -> None:
    # Given
    stack = new_stack()
    api = new_api(stack, api_key_required=True)

    # Then the key and the plan can be reached, and further keys can be added.
    assert api.api_key is not None
    assert api.usage_plan is not None
    api.usage_plan.add_api_key(apigateway.ApiKey.from_api_key_id(stack, "Second", "second"))
    template = Template.from_stack(stack)
    for method in methods(template).values():
        assert (method["AuthorizationType"], method["ApiKeyRequired"]) == ("AWS_IAM", True)
    key = {"Ref": logical_id(template, "AWS::ApiGateway::ApiKey")}
    plan = {"Ref": logical_id(template, "AWS::ApiGateway::UsagePlan")}
    stage = {"Ref": logical_id(template, "AWS::ApiGateway::Stage")}
    assert stack.resolve(api.api_key.key_id) == key
    assert stack.resolve(api.usage_plan.usage_plan_id) == plan
    (plan_stage,) = only(template, "AWS::ApiGateway::UsagePlan")["ApiStages"]
    assert plan_stage["Stage"] == stage
    assert [
        (link["Properties"]["KeyId"], link["Properties"]["UsagePlanId"])
        for link in resources(template, "AWS::ApiGateway::UsagePlanKey").values()
    ] == [(key, plan), ("second", plan)]


def test_without_api_key_there_is_no_plan(stack: Stack, template: Template) -> None:
    api = stack.node.find_child("ContactUpdates")

    assert isinstance(api, ContactUpdateApi)
    assert (api.api_key, api.usage_plan) == (None, None)
    assert template.find_resources("AWS::ApiGateway::UsagePlan") == {}
    assert template.find_resources("AWS::ApiGateway::ApiKey") == {}


@pytest.mark.parametrize(
    ("grant", "paths"),
    [
        (ContactUpdateApi.grant_update_contact_attributes, ["/POST/contact/attributes"]),
        (ContactUpdateApi.grant_update_contact, ["/POST/contacts/*/*"]),
        (ContactUpdateApi.grant_updates, ["/POST/contact/attributes", "/POST/contacts/*/*"]),
    ],
)
def test_grant_allows_exactly_its_methods(
    grant: Callable[[ContactUpdateApi, iam.IGrantable], iam.Grant], paths: list[str]
) -> None:
    # Given
    stack = new_stack(region="eu-west-2")
    api = new_api(stack)
    user = iam.User(stack, "User")

    # When
    assert grant(api, user).success

    # Then
    template = Template.from_stack(stack)
    partition, rest_api, stage = (
        {"Ref": "AWS::Partition"},
        {"Ref": logical_id(template, "AWS::ApiGateway::RestApi")},
        {"Ref": logical_id(template, "AWS::ApiGateway::Stage")},
    )
    arns = [
        {"Fn::Join": ["", ["arn:", partition, ":execute-api:eu-west-2:111122223333:", rest_api, "/", stage, path]]}
        for path in paths
    ]
    user_id = logical_id(template, "AWS::IAM::User")
    policy = only(template, "AWS::IAM::Policy", {"Users": [{"Ref": user_id}]})
    assert policy["PolicyDocument"]["Statement"] == [
        {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": arns if len(arns) > 1 else arns[0]}
    ]


def test_invoke_arn_pattern_covers_both_methods() -> None:
    stack = new_stack(region="eu-west-2")
    api = new_api(stack)

    template = Template.from_stack(stack)
    assert stack.resolve(api.invoke_arn_pattern) == {
        "Fn::Join": [
            "",
            [
                "arn:",
                {"Ref": "AWS::Partition"},
                ":execute-api:eu-west-2:111122223333:",
                {"Ref": logical_id(template, "AWS::ApiGateway::RestApi")},
                "/",
                {"Ref": logical_id(template, "AWS::ApiGateway::Stage")},
                "/POST/*",
            ],
        ]
    }
