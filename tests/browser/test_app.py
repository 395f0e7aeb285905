"""The example as an app: its errors for missing context, and the permissions of its roles."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from examples.browser.app import CognitoCredentials, OwnTokens
from tests.constructs.stacks import INSTANCE_ARN, only, statements

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "browser"


@pytest.fixture(scope="module")
def templates() -> dict[str, Template]:
    return {
        stack.__name__: Template.from_stack(
            stack(App(), stack.__name__, instance_arn=INSTANCE_ARN, page_origin="https://desk.example.com")
        )
        for stack in (OwnTokens, CognitoCredentials)
    }


def statement_of(template: Template, action: str) -> dict[str, Any]:
    (found,) = [statement for statement in statements(template) if statement["Action"] == action]
    return found


def test_app_without_context_says_what_to_set() -> None:
    finished = subprocess.run([sys.executable, "app.py"], cwd=FOLDER, capture_output=True, text=True, check=False)

    assert finished.returncode == 1
    assert finished.stderr == "error: set -c instance_arn=… and -c page_origin=…\n"


def test_authorizer_may_only_check_tokens(templates: dict[str, Template]) -> None:
    template = templates["OwnTokens"]

    assert only(template, "AWS::KMS::Key")["KeyUsage"] == "GENERATE_VERIFY_MAC"
    statement = statement_of(template, "kms:VerifyMac")
    assert statement["Effect"] == "Allow"
    assert list(statement["Resource"]) == ["Fn::GetAtt"]
    assert "kms:GenerateMac" not in json.dumps(statements(template))


def test_signed_in_agents_may_only_set_attributes(templates: dict[str, Template]) -> None:
    statement = statement_of(templates["CognitoCredentials"], "execute-api:Invoke")

    assert statement["Effect"] == "Allow"
    assert json.dumps(statement["Resource"]).endswith('"/POST/contact/attributes"]]}')
