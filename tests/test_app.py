"""The deployable app, run as the CDK CLI runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
INSTANCE_ARN = "arn:aws:connect:us-east-1:111122223333:instance/12345678-1234-1234-1234-123456789012"


def run_app(
    directory: Path, context: dict[str, Any], *, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run app.py as the CDK CLI does, with `context`, and with `directory` for its output."""
    return subprocess.run(
        [sys.executable, ROOT / "app.py"],
        cwd=directory,
        # The CLI passes the context of the command line and of cdk.json in CDK_CONTEXT_JSON.
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "CDK_OUTDIR": str(directory / "out"),
            "CDK_CONTEXT_JSON": json.dumps(context),
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def synthesise(directory: Path, context: dict[str, Any], **arguments: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The app's only template and that stack's entry in the manifest."""
    result = run_app(directory, context, **arguments)
    assert result.returncode == 0, result.stderr
    manifest = json.loads((directory / "out" / "manifest.json").read_text())
    (stack,) = [entry for entry in manifest["artifacts"].values() if entry["type"] == "aws:cloudformation:stack"]
    template = json.loads((directory / "out" / stack["properties"]["templateFile"]).read_text())
    return template, stack


def types(template: dict[str, Any]) -> list[str]:
    return [resource["Type"] for resource in template["Resources"].values()]


@pytest.fixture(scope="module")
def cdk_json_context() -> dict[str, Any]:
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return context


@pytest.fixture(scope="module")
def validated(
    tmp_path_factory: pytest.TempPathFactory, cdk_json_context: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The app as it is deployed, with an instance only. This is the only synthesis that CDK validates."""
    context = {**cdk_json_context, "instance_arn": INSTANCE_ARN}
    return synthesise(tmp_path_factory.mktemp("app"), context, environment={"CDK_VALIDATION": "true"})


def test_app_is_agnostic_of_account_and_region(validated: tuple[dict[str, Any], dict[str, Any]]) -> None:
    _, stack = validated

    assert stack["environment"] == "aws://unknown-account/unknown-region"
    assert stack["properties"].get("stackName", "ContactUpdates") == "ContactUpdates"


def test_outputs_are_endpoint_api_id_and_invoke_arn(validated: tuple[dict[str, Any], dict[str, Any]]) -> None:
    template, _ = validated
    (api,) = [
        name for name, resource in template["Resources"].items() if resource["Type"] == "AWS::ApiGateway::RestApi"
    ]
    (stage,) = [
        name for name, resource in template["Resources"].items() if resource["Type"] == "AWS::ApiGateway::Stage"
    ]
    region, account = {"Ref": "AWS::Region"}, {"Ref": "AWS::AccountId"}

    assert {name: output["Value"] for name, output in template["Outputs"].items()} == {
        "Endpoint": {
            "Fn::Join": [
                "",
                [
                    "https://",
                    {"Ref": api},
                    ".execute-api.",
                    region,
                    ".",
                    {"Ref": "AWS::URLSuffix"},
                    "/",
                    {"Ref": stage},
                ],
            ]
        },
        "ApiId": {"Ref": api},
        "InvokeArn": {
            "Fn::Join": [
                "",
                [
                    "arn:",
                    {"Ref": "AWS::Partition"},
                    ":execute-api:",
                    region,
                    ":",
                    account,
                    ":",
                    {"Ref": api},
                    "/",
                    {"Ref": stage},
                    "/POST/*",
                ],
            ]
        },
    }


def test_app_leaves_the_account_as_it_is(validated: tuple[dict[str, Any], dict[str, Any]]) -> None:
    template, _ = validated

    assert "AWS::ApiGateway::Account" not in types(template)


def test_app_has_no_queue_unless_asked_for(validated: tuple[dict[str, Any], dict[str, Any]]) -> None:
    template, _ = validated

    assert "AWS::SQS::Queue" not in types(template)


def test_every_context_value_takes_effect(tmp_path: Path) -> None:
    template, stack = synthesise(
        tmp_path,
        {
            "instance_arn": INSTANCE_ARN,
            "account": "111122223333",
            "region": "eu-west-2",
            "stack_name": "crm-updates",
            "allow_origins": "https://crm.example.com, https://desk.example.com",
            "allowed_attributes": "tier,language",
            "api_key_required": "true",
            "access_log": "True",
        },
    )

    assert stack["environment"] == "aws://111122223333/eu-west-2"
    assert stack["properties"]["stackName"] == "crm-updates"
    (key,) = [name for name, resource in template["Resources"].items() if resource["Type"] == "AWS::ApiGateway::ApiKey"]
    assert template["Outputs"]["ApiKeyId"]["Value"] == {"Ref": key}
    (function,) = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    assert function["Environment"]["Variables"] == {
        "INSTANCE_ARN": INSTANCE_ARN,
        "ALLOW_ORIGINS": "https://crm.example.com,https://desk.example.com",
        "ALLOWED_ATTRIBUTES": "tier,language",
    }
    assert types(template).count("AWS::Logs::LogGroup") == 2


def test_first_deployment_needs_no_role_in_the_account(validated: tuple[dict[str, Any], dict[str, Any]]) -> None:
    template, _ = validated

    # API Gateway refuses a stage with an access log if the account has no role for it.
    (stage,) = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::ApiGateway::Stage"
    ]
    assert "AccessLogSetting" not in stage


def test_role_of_the_account_is_a_stack_of_its_own_when_asked_for(tmp_path: Path) -> None:
    result = run_app(tmp_path, {"instance_arn": INSTANCE_ARN, "access_log": "true", "api_gateway_account": "true"})

    assert result.returncode == 0, result.stderr
    artifacts = json.loads((tmp_path / "out" / "manifest.json").read_text())["artifacts"]
    stacks = {name for name, entry in artifacts.items() if entry["type"] == "aws:cloudformation:stack"}
    assert stacks == {"ApiGatewayAccount", "ContactUpdates"}
    assert "ApiGatewayAccount" in artifacts["ContactUpdates"]["dependencies"]
    template = json.loads((tmp_path / "out" / "ApiGatewayAccount.template.json").read_text())
    assert {"AWS::ApiGateway::Account", "AWS::IAM::Role"} <= set(types(template))


def test_queue_takes_the_updates_when_asked_for(tmp_path: Path) -> None:
    template, _ = synthesise(tmp_path, {"instance_arn": INSTANCE_ARN, "queue": "true"})

    (source,) = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
    ]
    queue = source["EventSourceArn"]["Fn::GetAtt"][0]
    redrive = template["Resources"][queue]["Properties"]["RedrivePolicy"]
    assert template["Outputs"].keys() == {"Endpoint", "ApiId", "InvokeArn", "QueueArn", "DeadLetterQueueArn"}
    assert template["Outputs"]["QueueArn"]["Value"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert template["Outputs"]["DeadLetterQueueArn"]["Value"] == redrive["deadLetterTargetArn"]
    # The endpoint's function and the queue's function
    environments = [
        resource["Properties"]["Environment"]["Variables"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    assert [environment["QUEUE_URL"] for environment in environments] == [{"Ref": queue}] * 2


def test_booleans_of_cdk_json_are_honoured(tmp_path: Path) -> None:
    template, _ = synthesise(
        tmp_path,
        {"instance_arn": INSTANCE_ARN, "access_log": True, "api_key_required": True, "api_gateway_account": False},
    )

    assert types(template).count("AWS::Logs::LogGroup") == 2
    assert types(template).count("AWS::ApiGateway::ApiKey") == 1
    assert types(template).count("AWS::ApiGateway::Account") == 0


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({}, "error: set the Amazon Connect instance: cdk deploy -c instance_arn=arn:aws:connect:"),
        ({"instance_arn": ""}, "error: set the Amazon Connect instance: cdk deploy -c instance_arn=arn:aws:connect:"),
        ({"instance_arn": "foo"}, "error: instance_arn: expected an instance ARN such as arn:aws:connect:"),
        (
            {"instance_arn": INSTANCE_ARN, "api_key_required": "yes"},
            "error: api_key_required: expected true or false, got 'yes'",
        ),
        ({"instance_arn": INSTANCE_ARN, "queue": "yes"}, "error: queue: expected true or false, got 'yes'"),
        (
            {"instance_arn": INSTANCE_ARN, "allowed_attributes": "a b"},
            "error: allowed_attributes: expected attribute keys of letters",
        ),
    ],
)
def test_wrong_context_is_one_line_and_exit_code_1(tmp_path: Path, context: dict[str, Any], message: str) -> None:
    result = run_app(tmp_path, context)

    assert result.returncode == 1
    assert result.stderr.startswith(message)
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "out" / "manifest.json").exists()
