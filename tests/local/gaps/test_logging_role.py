"""A stage with logging needs the CloudWatch role of the account and Region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from connect_constructs.local.emulator import ACCOUNT, REGION
from tests.local.gaps.emulated_aws import EmulatedAws

_REFUSED = "CloudWatch Logs role ARN must be set in account settings to enable logging"
_API_GATEWAY = {"Service": "apigateway.amazonaws.com"}
_WRITES_LOGS = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
_LOG_GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:access"
_ACCESS_LOG = {"AccessLogSetting": {"DestinationArn": _LOG_GROUP, "Format": "$context.requestId"}}


@pytest.fixture(autouse=True)
def _no_role(aws: EmulatedAws) -> Iterator[None]:
    """Reset the role before and after each test. The console can do so, and so can the emulator's API."""
    _set_role(aws, "")
    yield
    _set_role(aws, "")


def _set_role(aws: EmulatedAws, arn: str) -> None:
    operations = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}]
    aws.client("apigateway").update_account(patchOperations=operations)


def _resources(stage: dict[str, Any]) -> dict[str, Any]:
    api = {"RestApiId": {"Ref": "Api"}}
    method = {
        "HttpMethod": "GET",
        "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
        "AuthorizationType": "NONE",
        "Integration": {"Type": "MOCK"},
        **api,
    }
    return {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "logging"}},
        "Method": {"Type": "AWS::ApiGateway::Method", "Properties": method},
        "Deployment": {"Type": "AWS::ApiGateway::Deployment", "Properties": api, "DependsOn": "Method"},
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {"StageName": "prod", "DeploymentId": {"Ref": "Deployment"}, **api, **stage},
        },
    }


def _account(arn: Any) -> dict[str, Any]:
    return {"Account": {"Type": "AWS::ApiGateway::Account", "Properties": {"CloudWatchRoleArn": arn}}}


def _role() -> dict[str, Any]:
    """The role as CDK creates it."""
    statement = {"Effect": "Allow", "Principal": _API_GATEWAY, "Action": "sts:AssumeRole"}
    managed = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    properties = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "ManagedPolicyArns": [managed],
    }
    return {"Role": {"Type": "AWS::IAM::Role", "Properties": properties, "DeletionPolicy": "Retain"}}


@pytest.mark.parametrize(
    "stage",
    [
        _ACCESS_LOG,
        {"MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "LoggingLevel": "INFO"}]},
        {"MethodSettings": [{"ResourcePath": "/updates", "HttpMethod": "POST", "LoggingLevel": "ERROR"}]},
    ],
    ids=["access log", "execution log", "errors of one method"],
)
def test_stack_with_a_logging_stage_fails_without_the_role_and_rolls_back(
    aws: EmulatedAws, stage: dict[str, Any]
) -> None:
    stack = aws.create_stack(_resources(stage))

    assert stack.status() == "ROLLBACK_COMPLETE"
    assert any(_REFUSED in reason for reason in stack.failures())


@pytest.mark.parametrize(
    "stage", [{}, {"MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "LoggingLevel": "OFF"}]}]
)
def test_stack_with_a_stage_that_does_not_log_needs_no_role(aws: EmulatedAws, stage: dict[str, Any]) -> None:
    assert aws.create_stack(_resources(stage)).status() == "CREATE_COMPLETE"


def test_stage_that_depends_on_the_accounts_role_is_created(aws: EmulatedAws) -> None:
    resources = {**_resources(_ACCESS_LOG), **_role(), **_account({"Fn::GetAtt": ["Role", "Arn"]})}
    resources["Stage"]["DependsOn"] = "Account"

    stack = aws.create_stack(resources)

    assert stack.status() == "CREATE_COMPLETE"
    role_arn = f"arn:aws:iam::{ACCOUNT}:role/{stack.physical_id('Role')}"
    assert aws.client("apigateway").get_account()["cloudwatchRoleArn"] == role_arn
    stage = aws.client("apigateway").get_stage(restApiId=stack.physical_id("Api"), stageName="prod")
    assert stage["accessLogSettings"] == {"destinationArn": _LOG_GROUP, "format": "$context.requestId"}


def test_update_that_switches_the_access_log_on_is_refused_and_rolled_back(aws: EmulatedAws) -> None:
    stack = aws.create_stack(_resources({}))
    assert stack.status() == "CREATE_COMPLETE"

    stack.update(_resources(_ACCESS_LOG))

    assert stack.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert any(_REFUSED in reason for reason in stack.failures())


def test_account_can_change_to_another_role(aws: EmulatedAws) -> None:
    first, second = (aws.create_role(_API_GATEWAY, _WRITES_LOGS) for _ in range(2))
    stack = aws.create_stack(_account(first))
    assert stack.status() == "CREATE_COMPLETE"

    stack.update(_account(second))

    assert (stack.status(), stack.failures()) == ("UPDATE_COMPLETE", [])
    assert aws.client("apigateway").get_account()["cloudwatchRoleArn"] == second


def test_deleting_the_resource_leaves_the_accounts_role_set(aws: EmulatedAws) -> None:
    role_arn = aws.create_role(_API_GATEWAY, _WRITES_LOGS)
    stack = aws.create_stack(_account(role_arn))
    assert stack.status() == "CREATE_COMPLETE"

    stack.delete()

    assert stack.status() == "DELETE_COMPLETE"
    assert aws.client("apigateway").get_account()["cloudwatchRoleArn"] == role_arn


@pytest.mark.parametrize(
    ("trusted", "statements"),
    [({"Service": "lambda.amazonaws.com"}, [_WRITES_LOGS]), (_API_GATEWAY, [])],
    ids=["does not trust API Gateway", "may not write logs"],
)
def test_account_with_an_unfit_role_is_refused(
    aws: EmulatedAws, trusted: dict[str, str], statements: list[Any]
) -> None:
    role_arn = aws.create_role(trusted, *statements)

    stack = aws.create_stack(_account(role_arn))
    with pytest.raises(ClientError, match="does not have required permissions configured"):
        _set_role(aws, role_arn)

    assert stack.status() == "ROLLBACK_COMPLETE"
    assert any("does not have required permissions configured" in reason for reason in stack.failures())
    assert not aws.client("apigateway").get_account().get("cloudwatchRoleArn")


def test_api_calls_are_refused_too(aws: EmulatedAws) -> None:
    gateway, api = aws.client("apigateway"), aws.create_api()
    stage = {"restApiId": api.api_id, "stageName": "prod"}
    switch_on = [
        {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": _LOG_GROUP},
        {"op": "replace", "path": "/accessLogSettings/format", "value": "$context.requestId"},
    ]

    with pytest.raises(ClientError, match=_REFUSED) as refused:
        gateway.update_stage(**stage, patchOperations=switch_on)
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    assert not gateway.get_stage(**stage).get("accessLogSettings")

    level = [{"op": "replace", "path": "/*/*/logging/loglevel", "value": "INFO"}]
    with pytest.raises(ClientError, match=_REFUSED):
        gateway.update_stage(**stage, patchOperations=level)

    _set_role(aws, aws.create_role(_API_GATEWAY, _WRITES_LOGS))
    assert gateway.update_stage(**stage, patchOperations=switch_on)["accessLogSettings"]["destinationArn"] == _LOG_GROUP
