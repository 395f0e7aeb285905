"""The API's methods, and who may invoke the function."""

from __future__ import annotations

import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateOperation
from tests.constructs.contact_update_api.api_stacks import PATHS, methods, new_api
from tests.constructs.stacks import CONTACT_ARNS, logical_id, new_stack, resources


def test_api_has_the_two_methods_of_amazon_connect_and_no_others(template: Template) -> None:
    assert set(methods(template)) == PATHS
    assert len(resources(template, "AWS::ApiGateway::Method")) == 2


def test_methods_require_signed_requests_and_no_key(template: Template) -> None:
    for method in methods(template).values():
        assert method["AuthorizationType"] == "AWS_IAM"
        assert method["ApiKeyRequired"] is False
        assert "AuthorizerId" not in method


def test_api_gateway_validates_no_body(template: Template) -> None:
    # API Gateway's own 400 would have an x-amzn-ErrorType that SDKs do not know; the function validates bodies.
    assert template.find_resources("AWS::ApiGateway::RequestValidator") == {}
    assert template.find_resources("AWS::ApiGateway::Model") == {}
    for method in methods(template).values():
        assert not {"RequestModels", "RequestParameters", "RequestValidatorId"} & method.keys()


def test_methods_invoke_the_function_itself(template: Template) -> None:
    function = {"Fn::GetAtt": [logical_id(template, "AWS::Lambda::Function"), "Arn"]}
    uri = [
        "arn:",
        {"Ref": "AWS::Partition"},
        ":apigateway:",
        {"Ref": "AWS::Region"},
        ":lambda:path/2015-03-31/functions/",
        function,
        "/invocations",
    ]

    for method in methods(template).values():
        assert method["Integration"] == {
            "IntegrationHttpMethod": "POST",
            "TimeoutInMillis": 29_000,
            "Type": "AWS_PROXY",
            "Uri": {"Fn::Join": ["", uri]},
        }
    assert template.find_resources("AWS::Lambda::Version") == {}
    assert template.find_resources("AWS::Lambda::Alias") == {}


def test_only_the_two_methods_of_the_stage_may_invoke_the_function(template: Template) -> None:
    permissions = [resource["Properties"] for resource in resources(template, "AWS::Lambda::Permission").values()]
    stage = {"Ref": logical_id(template, "AWS::ApiGateway::Stage")}

    # No permission for the test console, whose stage is test-invoke-stage.
    assert [permission["SourceArn"]["Fn::Join"][1][-3:] for permission in permissions] == [
        ["/", stage, "/POST/contact/attributes"],
        ["/", stage, "/POST/contacts/*/*"],
    ]
    for permission in permissions:
        assert permission["Action"] == "lambda:InvokeFunction"
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert permission["FunctionName"] == {"Fn::GetAtt": [logical_id(template, "AWS::Lambda::Function"), "Arn"]}


def test_only_the_chosen_operation_is_offered_and_allowed() -> None:
    stack = new_stack()
    api = new_api(stack, operations=[ContactUpdateOperation.UPDATE_CONTACT_ATTRIBUTES])
    role = iam.Role(stack, "Caller", assumed_by=iam.AccountRootPrincipal())

    api.grant_updates(role)
    with pytest.raises(ValueError, match=r"^expected an operation that the endpoint offers, got UpdateContact$"):
        api.grant_update_contact(role)

    template = Template.from_stack(stack)
    assert list(methods(template, "POST")) == ["/contact/attributes"]
    assert [
        statement
        for policy in template.find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "connect:" in str(statement["Action"])
    ] == [{"Action": "connect:UpdateContactAttributes", "Effect": "Allow", "Resource": CONTACT_ARNS}]
