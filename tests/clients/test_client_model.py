"""The output of `connect-constructs client-model`, used by boto3 and the AWS CLIs."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from typing import Any

import pytest

from connect_constructs.contract.client_model import ENDPOINT_VARIABLE, SERVICE, client_settings
from tests.clients.aws_cli import AwsCli, Finished
from tests.clients.boto3_sdk import Boto3
from tests.clients.call import REGION, Client, Credentials
from tests.clients.client_names import AWS_CLI_1, AWS_CLIS, BOTO3
from tests.clients.target import ClientNamed, Target

_ATTRIBUTES = {"tier": "gold"}
_SOMEBODY = Credentials("somebody", "anything")
# Requests to the internet end at this dead proxy.
_NO_INTERNET = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
_ENDPOINT = "https://abc123.execute-api.eu-west-2.amazonaws.com/prod"


def _update(client: Client, environment: dict[str, str], instance_id: str, contact_id: str) -> Finished:
    """Update the contact's attributes with a program or command that names no endpoint."""
    if isinstance(client, AwsCli):
        return client.run(
            *(SERVICE, "update-contact-attributes"),
            *("--instance-id", instance_id, "--initial-contact-id", contact_id),
            *("--attributes", json.dumps(_ATTRIBUTES)),
            credentials=_SOMEBODY,
            environment=environment,
        )
    assert isinstance(client, Boto3)
    parameters: dict[str, Any] = {
        "InstanceId": instance_id,
        "InitialContactId": contact_id,
        "Attributes": _ATTRIBUTES,
    }
    finished = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import boto3; boto3.client({SERVICE!r}).update_contact_attributes(**{parameters!r})",
        ],
        env={
            "AWS_DATA_PATH": str(client.models),
            "AWS_ACCESS_KEY_ID": _SOMEBODY.access_key_id,
            "AWS_SECRET_ACCESS_KEY": _SOMEBODY.secret_access_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_MAX_ATTEMPTS": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Finished(finished.returncode, finished.stdout, finished.stderr)


@pytest.mark.parametrize("client_name", [BOTO3, *AWS_CLIS])
def test_a_call_without_an_endpoint_is_not_made_and_says_what_to_give(
    client_name: str, client_named: ClientNamed
) -> None:
    finished = _update(client_named(client_name), _NO_INTERNET, "instance", "contact")

    assert finished.status != 0
    assert "Invalid endpoint: https://none was given, use --endpoint-url, " in finished.errors
    assert ENDPOINT_VARIABLE in finished.errors


# Not the AWS CLI 2: it reads the variable since 2.13, and the system's may be older.
@pytest.mark.parametrize("client_name", [BOTO3, AWS_CLI_1])
def test_the_environment_can_name_the_endpoint(
    client_name: str, client_named: ClientNamed, amazon_connect: Target
) -> None:
    contact_id = amazon_connect.connect.create_contact()

    finished = _update(
        client_named(client_name), {ENDPOINT_VARIABLE: amazon_connect.url}, amazon_connect.instance_id, contact_id
    )

    assert (finished.status, finished.output, finished.errors) == (0, "", "")
    assert amazon_connect.connect.contact(contact_id).attributes == _ATTRIBUTES


def test_settings_for_an_endpoint_go_to_standard_error_and_the_model_alone_to_standard_output() -> None:
    command = [sys.executable, "-m", "connect_constructs.cli", "client-model"]
    without = subprocess.run(command, capture_output=True, text=True, check=True)

    printed = subprocess.run([*command, "--endpoint", f"{_ENDPOINT}/"], capture_output=True, text=True, check=True)

    assert printed.stdout == without.stdout
    assert json.loads(printed.stdout)["metadata"]["signingName"] == "execute-api"
    assert without.stderr == ""
    assert printed.stderr == (
        "aws configure add-model --service-name contact-updates --service-model file://FILE\n"
        "export AWS_DEFAULT_REGION=eu-west-2\n"
        f"export AWS_ENDPOINT_URL_CONTACT_UPDATES={_ENDPOINT}\n"
        "# An AWS CLI older than 2.13 or 1.29 does not read that variable: add --endpoint-url "
        f"{_ENDPOINT} to each call.\n"
    )


def test_settings_name_no_region_that_the_endpoint_does_not_name() -> None:
    assert "AWS_DEFAULT_REGION" not in client_settings("https://updates.example.com")


def test_settings_can_be_pasted_whatever_the_endpoint_is() -> None:
    url = "https://example.com/a b'$(c)"
    settings = client_settings(url).splitlines()
    (export,) = [line for line in settings if line.startswith("export ")]

    assert shlex.split(export) == ["export", f"{ENDPOINT_VARIABLE}={url}"]
