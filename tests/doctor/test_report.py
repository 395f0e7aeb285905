"""The report as a whole: output, exit status and arguments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.doctor.aws_fake import AwsFake
from tests.doctor.conftest import User
from tests.doctor.doctor_run import ACCOUNT, INSTANCE_ARN, INSTANCE_ID, Doctor

ROOT = Path(__file__).resolve().parents[2]
QUICK = ["credentials", "Region", "account", "CDK bootstrap", "CloudWatch role", "instance"]
ALL = [*QUICK, "UpdateContactAttributes quota", "UpdateContact quota", "Lambda concurrency"]


def test_bootstrapped_account_has_nothing_in_the_way(doctor: Doctor) -> None:
    code, printed = doctor.run("-c", f"instance_arn={INSTANCE_ARN}")

    *lines, blank, verdict = printed.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["ok"] * len(ALL), printed
    assert f"ok             credentials                    arn:aws:iam::{ACCOUNT}:user/deployer" in lines
    assert (blank, verdict, code) == ("", "no problem found", 0)


def test_json_has_every_check_with_its_status(doctor: Doctor) -> None:
    ran = doctor()

    assert list(ran.findings) == ALL
    assert {key for finding in ran.findings.values() for key in finding} == {"status", "found", "todo"}
    assert ran.exit_status == 0


def test_quick_asks_only_what_stops_a_deployment(doctor: Doctor, fake: AwsFake) -> None:
    ran = doctor("--quick")

    assert list(ran.findings) == QUICK
    assert fake.calls == {}


def test_what_stops_a_deployment_is_exit_status_1(doctor: Doctor) -> None:
    code, printed = doctor.run("-c", f"instance_arn={INSTANCE_ARN}", "-c", "region=eu-west-1")

    assert f"-> cdk bootstrap aws://{ACCOUNT}/eu-west-1" in printed
    assert printed.endswith("\n1 action needed\n")
    assert code == 1


def test_user_without_permissions_is_told_which_are_missing(
    doctor: Doctor, stranger: User, log_in: Callable[[User], None], fake: AwsFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The emulator lets everybody call Lambda; AWS does not.
    for service in ("LAMBDA", "CONNECT"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", fake.url)
    for operation in ("GetAccountSettings", "DescribeInstance"):
        fake.refuse(operation, 403, "AccessDeniedException")
    fake.refuse("GetServiceQuota", 400, "AccessDeniedException")
    log_in(stranger)

    code, printed = doctor.run("-c", f"instance_arn={INSTANCE_ARN}", "-c", "access_log=true")

    assert [line.split(maxsplit=1)[0] for line in printed.splitlines()[:9]] == ["ok"] * 3 + ["unknown"] * 6, printed
    assert [line.partition("not allowed: needs ")[2] for line in printed.splitlines()[3:9]] == [
        "ssm:GetParameter, or cloudformation:DescribeStacks",
        "apigateway:GET on arn:aws:apigateway:REGION::/account",
        "connect:DescribeInstance and ds:DescribeDirectories",
        "servicequotas:GetServiceQuota and servicequotas:GetAWSDefaultServiceQuota",
        "servicequotas:GetServiceQuota and servicequotas:GetAWSDefaultServiceQuota",
        "lambda:GetAccountSettings",
    ]
    assert printed.endswith("\nno problem found, 6 unknown\n")
    assert code == 0


def test_context_comes_from_cdk_json_and_the_command_line_goes_before_it(doctor: Doctor, tmp_path: Path) -> None:
    context = {"instance_arn": INSTANCE_ARN, "queue": True, "region": "eu-west-1"}
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "python3 app.py", "context": context}))

    _, printed = doctor.run("-c", "region=us-east-1")

    assert "us-east-1 (context), the instance's own" in printed
    assert "the queue makes up to 7/s" in printed


def test_flags_of_cdk_deploy_are_understood(doctor: Doctor) -> None:
    flags = ["--require-approval", "never", "--context=queue=true", "-c", "region=eu-west-1", "--no-rollback", "Stack"]

    _, printed = doctor.run("-c", f"instance_arn={INSTANCE_ARN}", "--", *flags)

    assert "eu-west-1 (context)" in printed
    assert "the queue makes up to 7/s" in printed


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({}, "error: set the Amazon Connect instance: -c instance_arn=arn:aws:connect:us-east-1:"),
        ({"instance_arn": INSTANCE_ID}, f"got '{INSTANCE_ID}'"),
        ({"instance_arn": INSTANCE_ARN, "queue": "maybe"}, "error: queue: expected true or false, got 'maybe'"),
    ],
)
def test_context_that_the_app_refuses_is_a_usage_error(doctor: Doctor, context: dict[str, str], message: str) -> None:
    code, printed = doctor.run(*(part for key, value in context.items() for part in ("-c", f"{key}={value}")))

    assert message in printed
    assert code == 2


def test_cdk_json_that_is_no_json_is_a_usage_error(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text("{")

    code, printed = doctor.run("-c", f"instance_arn={INSTANCE_ARN}")

    assert printed.startswith(f"error: {tmp_path / 'cdk.json'} is not JSON: ")
    assert code == 2


@pytest.mark.parametrize("text", ["[]", '{"context": []}', '"text"'])
def test_cdk_json_of_another_form_is_a_usage_error(doctor: Doctor, tmp_path: Path, text: str) -> None:
    (tmp_path / "cdk.json").write_text(text)

    code, printed = doctor.run("-c", f"instance_arn={INSTANCE_ARN}")

    assert printed == f"error: {tmp_path / 'cdk.json'}: expected a JSON object whose context is an object\n"
    assert code == 2


def test_nothing_reachable_is_said_without_a_traceback(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    ran = doctor(context={"access_log": "true"})

    unreachable = {
        name for name, finding in ran.findings.items() if "Could not connect to the endpoint" in str(finding)
    }
    assert unreachable == {*ALL} - {"Region", "account"}
    assert {ran.status(name) for name in unreachable} == {"unknown"}
    assert ran.exit_status == 0


def test_endpoint_that_is_no_url_is_said(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", "nonsense")

    assert doctor().line("CDK bootstrap") == (
        "unknown",
        "the endpoint for ssm is not a URL: Invalid endpoint: nonsense",
        "correct or unset AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SSM, or the profile's endpoint_url",
    )


def test_help_names_options_and_exit_statuses_without_boto3_and_cdk() -> None:
    code = (
        "import sys; from connect_constructs.cli import main\n"
        "try: main(['doctor', '--help'])\n"
        "finally: print(sorted({'aws_cdk', 'jsii', 'boto3', 'botocore'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, env={"PATH": ""}
    )

    assert ran.stdout.rstrip().endswith("[]"), ran.stderr
    for text in (
        "--profile",
        "--region",
        "--quick",
        "--json",
        "-c KEY=VALUE",
        "exit status:\n  0  ",
        "\n  1  ",
        "\n  2",
    ):
        assert text in ran.stdout


def test_missing_boto3_says_how_to_install_it(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    assert doctor.run("-c", f"instance_arn={INSTANCE_ARN}") == (
        2,
        "boto3 is missing: pip install 'connect-constructs[local]'\n",
    )
