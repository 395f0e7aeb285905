"""The access log and its log group."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateApi, ContactUpdateFunctionOptions
from tests.constructs.contact_update_api.api_stacks import new_api, template_with
from tests.constructs.stacks import new_stack, only, resources, warnings


@pytest.fixture(scope="module")
def logging_stack() -> Stack:
    stack = new_stack()
    new_api(stack, access_log=True)
    return stack


@pytest.fixture(scope="module")
def logging(logging_stack: Stack) -> Template:
    return Template.from_stack(logging_stack)


def test_stage_writes_no_access_log_by_default(stack: Stack, template: Template) -> None:
    # API Gateway refuses a stage with an access log in an account without a CloudWatch role.
    api = stack.node.find_child("ContactUpdates")
    assert isinstance(api, ContactUpdateApi)
    assert api.access_log_group is None
    assert "AccessLogSetting" not in only(template, "AWS::ApiGateway::Stage")
    assert len(resources(template, "AWS::Logs::LogGroup")) == 1


def test_access_log_is_a_line_of_json(logging: Template) -> None:
    setting = only(logging, "AWS::ApiGateway::Stage")["AccessLogSetting"]
    line = re.sub(r"\$context(\.\w+)+", "value", setting["Format"])

    fields = json.loads(line)
    assert "$" not in line
    assert {"requestId", "status", "responseLatency", "resourcePath"} <= set(fields)
    # Each kind of caller is identified by one of these.
    assert {"sourceIp", "userArn", "cognitoIdentityId", "apiKeyId", "authorizerPrincipalId"} <= set(fields)
    assert set(fields.values()) == {"value"}


def test_access_log_contains_nothing_that_callers_write(logging: Template) -> None:
    variables = re.findall(
        r"\$context(?:\.\w+)+", only(logging, "AWS::ApiGateway::Stage")["AccessLogSetting"]["Format"]
    )

    assert variables
    # The path contains ids, the validation string and the error message quote values, and the others are bodies and
    # headers.
    for forbidden in ("$context.path", "validationErrorString", "error.message", "requestOverride", "responseOverride"):
        assert not [variable for variable in variables if forbidden in variable]


def test_access_log_goes_to_its_own_log_group_which_is_retained(logging_stack: Stack, logging: Template) -> None:
    groups = resources(logging, "AWS::Logs::LogGroup")
    function_group = only(logging, "AWS::Lambda::Function")["LoggingConfig"]["LogGroup"]["Ref"]
    destination = only(logging, "AWS::ApiGateway::Stage")["AccessLogSetting"]["DestinationArn"]
    (access_log,) = groups.keys() - {function_group}

    assert destination == {"Fn::GetAtt": [access_log, "Arn"]}
    assert groups[access_log] == {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {"RetentionInDays": 90},
        "UpdateReplacePolicy": "Retain",
        "DeletionPolicy": "Retain",
    }
    api = logging_stack.node.find_child("ContactUpdates")
    assert isinstance(api, ContactUpdateApi)
    assert api.access_log_group is not None
    assert logging_stack.resolve(api.access_log_group.log_group_arn) == destination


def test_access_log_retention_can_be_chosen() -> None:
    template = template_with(access_log=True, access_log_retention=logs.RetentionDays.ONE_YEAR)

    retentions = {
        group["Properties"]["RetentionInDays"] for group in resources(template, "AWS::Logs::LogGroup").values()
    }
    assert retentions == {90, 365}


def test_access_log_can_be_removed_with_the_stack() -> None:
    stack = new_stack()
    api = new_api(stack, access_log=True, access_log_removal_policy=RemovalPolicy.DESTROY)

    groups = resources(Template.from_stack(stack), "AWS::Logs::LogGroup")
    assert api.access_log_group is not None
    access_log = stack.resolve(api.access_log_group.log_group_name)["Ref"]
    policies = {name: (group["DeletionPolicy"], group["UpdateReplacePolicy"]) for name, group in groups.items()}
    # The function's log group has its own option.
    assert policies.pop(access_log) == ("Delete", "Delete")
    assert list(policies.values()) == [("Retain", "Retain")]


@pytest.mark.parametrize("of_function", [True, False])
def test_access_log_and_function_have_separate_keys(of_function: bool) -> None:
    # Given
    stack = new_stack(region="eu-west-2")
    key = kms.Key(stack, "Key")

    # When
    api = new_api(
        stack,
        access_log=True,
        access_log_encryption_key=None if of_function else key,
        function_options=ContactUpdateFunctionOptions(encryption_key=key if of_function else None),
    )

    # Then
    template = Template.from_stack(stack)
    group = api.function.log_group if of_function else api.access_log_group
    assert group is not None
    encrypted = {
        name
        for name, resource in resources(template, "AWS::Logs::LogGroup").items()
        if "KmsKeyId" in resource["Properties"]
    }
    assert encrypted == {stack.resolve(group.log_group_name)["Ref"]}
    _administration, for_logs = only(template, "AWS::KMS::Key")["KeyPolicy"]["Statement"]
    assert for_logs["Principal"] == {"Service": "logs.eu-west-2.amazonaws.com"}
    assert ("KmsKeyArn" in only(template, "AWS::Lambda::Function")) == of_function


def test_imported_key_of_the_access_log_is_a_warning() -> None:
    stack = new_stack(region="us-east-1")
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/1")
    new_api(stack, access_log=True, access_log_encryption_key=key)

    (warning,) = warnings(stack)
    assert '"Service":"logs.us-east-1.amazonaws.com"' in warning


ACCESS_LOG_OPTIONS = {
    "access_log_retention": logs.RetentionDays.ONE_YEAR,
    "access_log_removal_policy": RemovalPolicy.DESTROY,
}


@pytest.mark.parametrize("argument", ACCESS_LOG_OPTIONS)
def test_rejects_access_log_options_without_an_access_log(argument: str) -> None:
    arguments: dict[str, Any] = {argument: ACCESS_LOG_OPTIONS[argument]}

    with pytest.raises(ValueError, match=f"^{argument}: expected access_log=True as well, got access_log=False$"):
        new_api(new_stack(), **arguments)


def test_rejects_an_access_log_key_without_an_access_log() -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=r"^access_log_encryption_key: expected access_log=True as well, got "):
        new_api(stack, access_log_encryption_key=kms.Key(stack, "Key"))


@pytest.mark.parametrize(
    ("argument", "value", "error", "message"),
    [
        ("access_log_retention", 30, TypeError, "expected a RetentionDays, got 30"),
        ("access_log_removal_policy", "destroy", TypeError, "expected a RemovalPolicy, got 'destroy'"),
        ("access_log_removal_policy", RemovalPolicy.SNAPSHOT, ValueError, "expected another removal policy, got .*"),
        ("access_log_encryption_key", "key", TypeError, "expected a KMS key, got 'key'"),
    ],
)
def test_rejects_wrong_access_log_options(argument: str, value: Any, error: type[Exception], message: str) -> None:
    stack = new_stack()
    arguments: dict[str, Any] = {argument: value}

    with pytest.raises(error, match=f"^{argument}: {message}$"):
        new_api(stack, access_log=True, **arguments)
    assert stack.node.try_find_child("ContactUpdates") is None
