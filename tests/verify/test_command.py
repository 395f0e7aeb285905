"""The command's options, and the errors before the first call."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys

import pytest

from connect_constructs.verify.command import _queue_region, _region_of
from tests.verify.verify_command import Verify

ARN = "arn:aws:connect:eu-west-2:111122223333:instance/12345678-1234-1234-1234-123456789012"
ENDPOINT = "https://abc123.execute-api.us-east-1.amazonaws.com/prod"


def test_help_imports_neither_botocore_nor_aws_cdk() -> None:
    code = (
        "import sys; from connect_constructs.cli import main\n"
        "try: main(['verify', '--help'])\n"
        "finally: print(sorted({'aws_cdk', 'jsii', 'boto3', 'botocore'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert ran.stdout.startswith("usage: connect-constructs verify"), ran.stderr
    assert ran.stdout.endswith("[]\n")


def test_missing_boto3_is_one_line(verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "botocore" else find_spec(name))

    ran = verify("--endpoint", ENDPOINT, "--instance-arn", ARN)

    assert ran == (1, "", "error: boto3 is missing: pip install 'connect-constructs[local]'\n")


def test_missing_credentials_are_one_line(verify: Verify) -> None:
    ran = verify("--endpoint", ENDPOINT, "--instance-arn", ARN)

    assert (ran.code, ran.output, ran.errors.count("\n")) == (1, "", 1)
    assert ran.errors.startswith("error: no AWS credentials to sign with")


def test_unknown_profile_is_one_line(verify: Verify) -> None:
    ran = verify("--endpoint", ENDPOINT, "--instance-arn", ARN, "--profile", "nobody")

    assert ran == (1, "", "error: The config profile (nobody) could not be found\n")


def test_unreachable_endpoint_is_one_line(verify: Verify) -> None:
    verify.act_as(("AKIAEXAMPLE", "secret"))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}/prod"

        ran = verify("--endpoint", endpoint, "--instance-arn", ARN)

    assert (ran.code, ran.output, ran.errors.count("\n")) == (1, "", 1)
    assert ran.errors.startswith(f"error: no answer from {endpoint}: EndpointConnectionError: ")
    assert "Connection refused" in ran.errors


def test_silent_endpoint_is_given_up(verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    verify.act_as(("AKIAEXAMPLE", "secret"))
    monkeypatch.setattr("connect_constructs.verify.endpoint._READ_TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"

        ran = verify("--endpoint", endpoint, "--instance-arn", ARN)

    assert (ran.code, ran.output, ran.errors.count("\n")) == (1, "", 1)
    assert ran.errors.startswith(f"error: no answer from {endpoint}: ReadTimeoutError")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--instance-arn", ARN], "required: --endpoint"),
        (["--endpoint", ENDPOINT], "required: --instance-arn"),
        (["--endpoint", "abc123", "--instance-arn", ARN], "expected a URL with the stage"),
        (["--endpoint", f"{ENDPOINT}?a=b", "--instance-arn", ARN], "expected a URL with the stage"),
        (["--endpoint", "http://127.0.0.1:99999/prod", "--instance-arn", ARN], "expected a URL with the stage"),
        (["--endpoint", "http://[::1/prod", "--instance-arn", ARN], "expected a URL with the stage"),
        (["--endpoint", "https://me:secret@a.example", "--instance-arn", ARN], "without a user"),
        (["--endpoint", ENDPOINT, "--instance-arn", ARN, "--through-queue", "arn:aws"], "expected the dead-letter"),
        (["--endpoint", ENDPOINT, "--instance-arn", "12345678"], "expected an instance's ARN"),
        (["--endpoint", ENDPOINT, "--instance-arn", ARN, "--operation", "DeleteContact"], "invalid choice"),
        (["--endpoint", ENDPOINT, "--instance-arn", ARN, "--attribute", "a b"], "expected letters, digits"),
        (["--endpoint", ENDPOINT, "--instance-arn", ARN, "--member", "QueueInfo"], "expected Name, Description"),
        (["--endpoint", ENDPOINT, "--instance-arn", ARN, "--member", "References"], "expected Name, Description"),
        (["--endpoint", ENDPOINT, "--instance-arn", ARN, "--origin", "https://a.example/"], "as browsers send it"),
        (["--endpoint", ENDPOINT, "--instance-arn", ARN, "--region", "us east"], "expected a Region"),
        (["--endpoint", ENDPOINT, "--instance-arn", ARN, "--queue-timeout", "0"], "expected whole seconds"),
    ],
)
def test_wrong_usage_says_what_was_expected(verify: Verify, arguments: list[str], expected: str) -> None:
    ran = verify(*arguments)

    assert (ran.code, ran.output) == (2, "")
    assert expected in ran.errors
    assert "secret" not in ran.errors


@pytest.mark.parametrize("name", ["--header", "--api-key"])
def test_wrong_secret_option_is_not_repeated(verify: Verify, name: str) -> None:
    ran = verify("--endpoint", ENDPOINT, "--instance-arn", ARN, name, "tökén secret")

    assert (ran.code, ran.output) == (2, "")
    assert "secret" not in ran.errors


def test_wrong_header_of_the_environment_is_wrong_usage(verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACT_UPDATES_HEADER", "secret")

    ran = verify("--endpoint", ENDPOINT, "--instance-arn", ARN)

    assert ran == (
        2,
        "",
        "error: CONTACT_UPDATES_HEADER: expected 'NAME: VALUE', such as 'Authorization: Bearer …'\n",
    )


@pytest.mark.parametrize("variable", ["CONTACT_UPDATES_API_KEY", "CONTACT_UPDATES_HEADER"])
def test_empty_variable_is_wrong_usage(verify: Verify, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "")

    ran = verify("--endpoint", ENDPOINT, "--instance-arn", ARN)

    assert ran == (2, "", f"error: {variable} is empty: set it, or unset it\n")


def test_wrong_api_key_of_the_environment_is_wrong_usage(verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACT_UPDATES_API_KEY", "a secret")

    ran = verify("--endpoint", ENDPOINT, "--instance-arn", ARN)

    assert ran == (2, "", "error: CONTACT_UPDATES_API_KEY: expected printable ASCII characters without spaces\n")


def test_empty_api_key_is_wrong_usage(verify: Verify) -> None:
    ran = verify("--endpoint", ENDPOINT, "--instance-arn", ARN, "--api-key", "")

    assert (ran.code, ran.output) == (2, "")
    assert ran.errors.endswith("error: argument --api-key: expected an API key, got an empty string\n")


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        (ENDPOINT, "us-east-1"),
        ("https://abc123.execute-api.us-gov-west-1.amazonaws.com/prod", "us-gov-west-1"),
        ("https://abc123-vpce-0123.execute-api.ap-southeast-2.amazonaws.com/prod", "ap-southeast-2"),
        ("https://vpce-0123-abc.execute-api.ca-central-1.vpce.amazonaws.com/prod", "ca-central-1"),
        ("https://updates.example.com", "eu-west-2"),
    ],
)
def test_region_is_that_of_the_url_or_of_the_instance(endpoint: str, region: str) -> None:
    assert _region_of(endpoint, ARN) == region


@pytest.mark.parametrize(
    ("queue", "region"),
    [
        ("arn:aws:sqs:eu-central-1:111122223333:dead.fifo", "eu-central-1"),
        ("https://sqs.us-west-2.amazonaws.com/111122223333/dead.fifo", "us-west-2"),
        ("http://127.0.0.1:4566/000000000000/dead.fifo", None),
    ],
)
def test_region_of_the_queue_is_its_own(queue: str, region: str | None) -> None:
    assert _queue_region(queue) == region
