from __future__ import annotations

from typing import Any

from aws_cdk import App, Environment, Stack, Stage
from aws_cdk import aws_apigateway as apigateway
from aws_cdk.assertions import Annotations, Match, Template

from connect_constructs import ApiGatewayAccount, ContactUpdateApi
from tests.constructs.stacks import logical_id, new_instance, new_stack, resources, warnings


def new_api(stack: Stack, construct_id: str, *, access_log: bool = True) -> ContactUpdateApi:
    instance = new_instance(stack, f"{construct_id}Instance")
    return ContactUpdateApi(stack, construct_id, instance=instance, access_log=access_log)


def stage_of(stack: Stack, template: Template, api: apigateway.RestApi) -> dict[str, Any]:
    stage = api.deployment_stage.node.default_child
    assert isinstance(stage, apigateway.CfnStage)
    return resources(template, "AWS::ApiGateway::Stage")[stack.get_logical_id(stage)]


def errors(stack: Stack) -> set[str]:
    return {str(message.entry.data) for message in Annotations.from_stack(stack).find_error("*", Match.any_value())}


def test_role_is_set_for_the_account_and_both_are_retained() -> None:
    stack = new_stack()
    account = ApiGatewayAccount(stack, "ApiGatewayAccount")

    template = Template.from_stack(stack)
    role = logical_id(template, "AWS::IAM::Role")
    policy = ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"]
    retained = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    assert stack.resolve(account.role.role_arn) == {"Fn::GetAtt": [role, "Arn"]}
    assert list(resources(template, "AWS::IAM::Role").values()) == [
        {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Statement": [
                        {
                            "Action": "sts:AssumeRole",
                            "Effect": "Allow",
                            "Principal": {"Service": "apigateway.amazonaws.com"},
                        }
                    ],
                    "Version": "2012-10-17",
                },
                "ManagedPolicyArns": [{"Fn::Join": ["", policy]}],
            },
            **retained,
        }
    ]
    assert list(resources(template, "AWS::ApiGateway::Account").values()) == [
        {
            "Type": "AWS::ApiGateway::Account",
            "Properties": {"CloudWatchRoleArn": {"Fn::GetAtt": [role, "Arn"]}},
            **retained,
        }
    ]


def test_stages_that_log_wait_for_the_role_and_others_do_not() -> None:
    # Given two APIs that write logs, one before and one after the construct; one that does not; and another RestApi
    stack = new_stack()
    first = new_api(stack, "First").rest_api
    ApiGatewayAccount(stack, "ApiGatewayAccount")
    second = new_api(stack, "Second").rest_api
    silent = new_api(stack, "Silent", access_log=False).rest_api
    foreign = apigateway.RestApi(
        stack,
        "Foreign",
        cloud_watch_role=False,
        deploy_options=apigateway.StageOptions(logging_level=apigateway.MethodLoggingLevel.ERROR),
    )
    foreign.root.add_method("GET")

    # Then
    template = Template.from_stack(stack)
    account = logical_id(template, "AWS::ApiGateway::Account")
    for api in (first, second, foreign):
        assert stage_of(stack, template, api)["DependsOn"] == [account]
    assert "DependsOn" not in stage_of(stack, template, silent)


def test_stack_with_an_api_that_logs_waits_for_the_stack_with_the_role() -> None:
    app = App()
    api_stack, silent_stack, account_stack = Stack(app, "Api"), Stack(app, "Silent"), Stack(app, "Account")
    new_api(api_stack, "ContactUpdates")
    new_api(silent_stack, "ContactUpdates", access_log=False)
    ApiGatewayAccount(account_stack, "ApiGatewayAccount")

    app.synth()
    assert account_stack in api_stack.dependencies
    assert account_stack not in silent_stack.dependencies


def test_stages_in_a_pipeline_stage_wait_too() -> None:
    # Given a pipeline's stage, which the app's own aspects do not visit
    production = Stage(App(), "Production")
    api_stack, account_stack = Stack(production, "Api"), Stack(production, "Account")
    here = new_api(account_stack, "ContactUpdates").rest_api
    new_api(api_stack, "ContactUpdates")
    ApiGatewayAccount(account_stack, "ApiGatewayAccount")

    # Then
    production.synth()
    template = Template.from_stack(account_stack)
    account = logical_id(template, "AWS::ApiGateway::Account")
    assert account_stack in api_stack.dependencies
    assert stage_of(account_stack, template, here)["DependsOn"] == [account]


def test_warns_about_environments_that_may_be_the_same() -> None:
    app = App()
    known = Stack(app, "Known", env=Environment(account="111122223333", region="us-east-1"))
    agnostic = Stack(app, "Agnostic")
    new_api(agnostic, "ContactUpdates")
    ApiGatewayAccount(known, "ApiGatewayAccount")

    (warning,) = warnings(agnostic)
    assert "give both stacks the same env=, or add a dependency between them" in warning


def test_stage_of_another_region_does_not_wait() -> None:
    app = App()
    here, there = (
        Stack(app, region, env=Environment(account="111122223333", region=region))
        for region in ("us-east-1", "eu-west-2")
    )
    new_api(there, "ContactUpdates")
    ApiGatewayAccount(here, "ApiGatewayAccount")

    app.synth()
    assert there.dependencies == []


def test_setting_the_role_twice_in_an_account_and_region_is_an_error() -> None:
    app = App()
    stacks = [Stack(app, name) for name in ("First", "Second")]
    for stack in stacks:
        ApiGatewayAccount(stack, "ApiGatewayAccount")

    (error,) = errors(stacks[0])
    assert "Second/ApiGatewayAccount/Account sets it already: remove one of the two" in error


def test_rest_api_that_also_sets_the_role_is_an_error() -> None:
    stack = new_stack()
    ApiGatewayAccount(stack, "ApiGatewayAccount")
    apigateway.RestApi(stack, "Foreign", cloud_watch_role=True).root.add_method("GET")

    (error,) = errors(stack)
    assert error.endswith("A RestApi sets the role, too, unless it has cloud_watch_role=False")
