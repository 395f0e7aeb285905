"""The command's findings, read from its JSON output."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from connect_constructs.cli import _parser

ACCOUNT = "000000000000"
INSTANCE_ID = "12345678-1234-1234-1234-123456789012"
INSTANCE_ARN = f"arn:aws:connect:us-east-1:{ACCOUNT}:instance/{INSTANCE_ID}"

# The permissions listed in docs/testing.md.
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "ssm:GetParameter",
            "Resource": "arn:aws:ssm:*:*:parameter/cdk-bootstrap/*",
        },
        {"Effect": "Allow", "Action": "apigateway:GET", "Resource": "arn:aws:apigateway:*::/account"},
        {
            "Effect": "Allow",
            "Action": [
                "connect:DescribeInstance",
                "ds:DescribeDirectories",
                "lambda:GetAccountSettings",
                "servicequotas:GetAWSDefaultServiceQuota",
                "servicequotas:GetServiceQuota",
            ],
            "Resource": "*",
        },
    ],
}


@dataclass(frozen=True)
class Ran:
    exit_status: int
    findings: dict[str, dict[str, Any]]

    def status(self, check: str) -> str:
        return str(self.findings[check]["status"])

    def line(self, check: str) -> tuple[str, str, str]:
        finding = self.findings[check]
        return finding["status"], finding["found"], finding["todo"]


class Doctor:
    """Runs the command in this process, with the environment's settings."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *arguments: str) -> tuple[int, str]:
        """The exit status and the output."""
        options = _parser().parse_args(["doctor", *arguments])
        code = options.run(options)
        captured = self._capsys.readouterr()
        return code, captured.out + captured.err

    def __call__(self, *arguments: str, context: dict[str, str] | None = None) -> Ran:
        """The findings for the existing instance, unless `context` says otherwise."""
        whole = {"instance_arn": INSTANCE_ARN, **(context or {})}
        options = [part for key, value in whole.items() for part in ("-c", f"{key}={value}")]
        code, printed = self.run("--json", *options, *arguments)
        return Ran(code, {item.pop("check"): item for item in json.loads(printed)["checks"]})
