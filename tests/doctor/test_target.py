"""The credentials, the Region and the account."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from connect_constructs.local.connect_server import ConnectServer
from tests.doctor.aws_fake import AwsFake
from tests.doctor.conftest import User
from tests.doctor.doctor_run import ACCOUNT, INSTANCE_ARN, INSTANCE_ID, Doctor
from tests.http_server import HttpServer

ROOT = Path(__file__).resolve().parents[2]
OTHER_ACCOUNT = "111122223333"


def write_profiles(home: Path, text: str) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(text)


def test_credentials_are_named(doctor: Doctor) -> None:
    assert doctor().line("credentials") == ("ok", f"arn:aws:iam::{ACCOUNT}:user/deployer", "")


def test_missing_credentials_are_one_line_and_end_the_report(doctor: Doctor) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "connect_constructs.cli", "doctor", "-c", f"instance_arn={INSTANCE_ARN}"],
        env={name: text for name, text in os.environ.items() if "ACCESS_KEY" not in name} | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.stdout.startswith("action needed  credentials  Unable to locate credentials\n")
    assert "CDK bootstrap" not in ran.stdout
    assert (ran.returncode, ran.stderr) == (1, "")


@pytest.mark.parametrize(
    ("secret_of", "code"), [("deployer", "SignatureDoesNotMatch"), ("nobody", "InvalidClientTokenId")]
)
def test_credentials_that_aws_does_not_accept_end_the_report(
    doctor: Doctor, permitted: User, log_in: Callable[[User], None], secret_of: str, code: str
) -> None:
    log_in((permitted[0] if secret_of == "deployer" else "AKIANOBODY", "wrong"))

    ran = doctor()

    assert ran.line("credentials")[:2] == ("action needed", f"AWS does not accept them: {code}")
    assert list(ran.findings) == ["credentials", "Region"]
    assert ran.exit_status == 1


def test_expired_token_is_said(doctor: Doctor, fake: AwsFake, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.refuse("GetCallerIdentity", 403, "ExpiredToken")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", fake.url)

    assert doctor().line("credentials")[:2] == ("action needed", "AWS does not accept them: ExpiredToken")


def test_failing_sts_is_unknown_and_the_rest_is_asked(
    doctor: Doctor, fake: AwsFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", fake.url)

    ran = doctor()

    assert ran.status("credentials") == "unknown"
    assert ran.line("account") == ("unknown", f"not known; the instance belongs to {ACCOUNT}", "")
    assert ran.status("CDK bootstrap") == "ok"
    assert ran.exit_status == 0


def test_answer_that_is_not_of_aws_is_unknown(
    doctor: Doctor, connect_server: ConnectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a proxy's page would be: STS uses XML, and this server JSON
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", connect_server.url)

    status, found, _ = doctor().line("credentials")

    assert (status, found.startswith("no answer: Unable to parse response"), "\n" in found) == ("unknown", True, False)


def test_profile_gives_credentials_and_region(
    doctor: Doctor, stranger: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = f"aws_access_key_id = {stranger[0]}\naws_secret_access_key = {stranger[1]}\n"
    write_profiles(tmp_path, f"[profile crm]\nregion = eu-west-1\n{keys}")
    monkeypatch.delenv("AWS_REGION")

    for arguments in (["--profile", "crm"], ["--", "--profile", "crm"]):
        ran = doctor(*arguments)

        assert ran.findings["credentials"]["found"].endswith(":user/stranger")
        assert ran.findings["Region"]["found"].startswith("eu-west-1 (profile crm)")


def test_unknown_profile_is_said(doctor: Doctor) -> None:
    ran = doctor("--profile", "nobody")

    assert ran.line("credentials")[:2] == ("action needed", "The config profile (nobody) could not be found")
    assert ran.exit_status == 1


@pytest.mark.parametrize(
    ("environment", "arguments", "context", "found"),
    [
        ({}, [], {}, "us-east-1 (AWS_REGION), the instance's own"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, [], {}, "us-east-1 (AWS_REGION), the instance's own"),
        ({"AWS_REGION": ""}, [], {}, "us-east-1 (profile default), the instance's own"),
        ({}, ["--region", "us-east-1"], {}, "us-east-1 (--region), the instance's own"),
        ({}, ["--region", "eu-west-1"], {"region": "us-east-1"}, "us-east-1 (context), the instance's own"),
    ],
)
def test_region_is_the_one_that_cdk_deploy_takes(
    doctor: Doctor,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    environment: dict[str, str],
    arguments: list[str],
    context: dict[str, str],
    found: str,
) -> None:
    write_profiles(tmp_path, "[default]\nregion = us-east-1\n")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert doctor(*arguments, context=context).line("Region") == ("ok", found, "")


class _InstanceMetadata(BaseHTTPRequestHandler):
    """The metadata service of an EC2 instance, with its Region only."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing."""

    def do_PUT(self) -> None:
        self._answer({"/latest/api/token": "token"})

    def do_GET(self) -> None:
        self._answer({"/latest/meta-data/placement/availability-zone/": "us-east-1a"})

    def _answer(self, texts: dict[str, str]) -> None:
        text = texts.get(self.path, "")
        self.send_response(200 if text else 404)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


def test_region_of_the_ec2_instance_is_found(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")

    with HttpServer(_InstanceMetadata) as metadata:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url)
        line = doctor().line("Region")

    assert line == ("ok", "us-east-1 (EC2 instance metadata), the instance's own", "")


def test_no_region_is_an_action_and_its_checks_are_not_asked(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")

    ran = doctor()

    assert ran.line("Region")[:2] == ("action needed", "none is set: cdk deploy would use us-east-1")
    for check in ("CDK bootstrap", "CloudWatch role", "Lambda concurrency"):
        assert ran.line(check) == ("unknown", "not checked: no Region is set", "")
    assert ran.status("instance") == "ok"
    assert ran.exit_status == 1


def test_instance_in_another_region_is_said_and_suffices(doctor: Doctor) -> None:
    assert doctor("--region", "eu-west-1").line("Region") == (
        "ok",
        "eu-west-1 (--region); the instance is in us-east-1, and the function will call it there",
        "to deploy into the instance's Region: -c region=us-east-1",
    )


@pytest.mark.parametrize("region", ["here and there", "us-east-1 ", "US-EAST-1", "us-east", "eu_west_1", "-"])
def test_wrong_name_of_a_region_is_an_action_and_its_checks_are_not_asked(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    monkeypatch.setenv("AWS_REGION", region)

    ran = doctor()

    assert ran.line("Region") == (
        "action needed",
        f"{region!r} (AWS_REGION) is not the name of a Region",
        "set it to one such as us-east-1, the instance's",
    )
    assert ran.line("credentials")[0] == "ok"
    for check in ("CDK bootstrap", "CloudWatch role", "Lambda concurrency"):
        assert ran.line(check) == ("unknown", "not checked: no Region is set", "")
    assert ran.status("instance") == "ok"
    assert ran.exit_status == 1


@pytest.mark.parametrize("region", ["us-gov-west-1", "us-isob-east-1", "eusc-de-east-1", "cn-north-1", "xx-nowhere-99"])
def test_names_that_regions_can_have_are_taken(doctor: Doctor, region: str) -> None:
    assert doctor("--quick", "--region", region).status("Region") == "ok"


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"])
@pytest.mark.parametrize("url", ["nonsense", "http://", "localhost:4566", "http://[::1"])
def test_endpoint_that_is_no_url_is_an_action(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, variable: str, url: str
) -> None:
    monkeypatch.setenv(variable, url)

    ran = doctor()

    status, found, todo = ran.line("credentials")
    assert (status, found.startswith("the endpoint for sts is not a URL: ")) == ("action needed", True)
    assert todo == "correct or unset AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS, or the profile's endpoint_url"
    assert ran.exit_status == 1


def test_account_of_the_instance_is_the_credentials_own(doctor: Doctor) -> None:
    assert doctor().line("account") == ("ok", f"{ACCOUNT}, the instance's own", "")


def test_instance_of_another_account_is_an_action(doctor: Doctor) -> None:
    arn = f"arn:aws:connect:us-east-1:{OTHER_ACCOUNT}:instance/{INSTANCE_ID}"

    ran = doctor(context={"instance_arn": arn})

    assert ran.line("account") == (
        "action needed",
        f"the stack would be in {ACCOUNT}, but the instance belongs to {OTHER_ACCOUNT}: "
        "Amazon Connect has no cross-account permissions",
        f"use credentials of {OTHER_ACCOUNT} (--profile), or an instance of {ACCOUNT}",
    )
    assert ran.exit_status == 1


def test_stack_for_another_account_than_the_credentials_leaves_the_rest_open(doctor: Doctor) -> None:
    arn = f"arn:aws:connect:us-east-1:{OTHER_ACCOUNT}:instance/{INSTANCE_ID}"

    ran = doctor(context={"instance_arn": arn, "account": OTHER_ACCOUNT})

    assert ran.line("account")[:2] == (
        "warning",
        f"the stack would be in {OTHER_ACCOUNT}, but the credentials belong to {ACCOUNT}",
    )
    assert {ran.status(check) for check in ("CDK bootstrap", "instance", "Lambda concurrency")} == {"unknown"}
    assert ran.exit_status == 0
