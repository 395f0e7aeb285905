"""Clients as they are, without a model or a setting of ours, against a private API that takes unsigned callers.

They sign for `connect`, as they do for Amazon Connect itself, with credentials that have no permission anywhere. The
local AWS has no DNS: its URL has the name of the API and its VPC endpoint in the path (see `private_apis`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connect_constructs.local import LocalAws
from connect_constructs.local.quota import DEFAULT_BURST, DEFAULT_RATE
from tests.clients import client_names
from tests.clients.aws_cli import AwsCli
from tests.clients.call import REGION, Credentials
from tests.clients.javascript_sdk import FOLDER
from tests.clients.target import ClientNamed, Target, TargetName
from tests.local.gaps.emulated_aws import OTHER_ACCOUNT
from tests.verify.verify_command import Verify

_APP = Path(__file__).resolve().parents[1] / "local" / "network_app"

_BOTO3 = """
import sys, boto3
instance_id, contact_id = sys.argv[1:]
connect = boto3.client("connect")
connect.update_contact_attributes(InstanceId=instance_id, InitialContactId=contact_id, Attributes={"tier": "gold"})
connect.update_contact(InstanceId=instance_id, ContactId=contact_id, Name="after")
"""
_JAVASCRIPT = """
import { ConnectClient, UpdateContactAttributesCommand, UpdateContactCommand } from "@aws-sdk/client-connect";
const [InstanceId, ContactId] = process.argv.slice(-2);
const client = new ConnectClient({});
await client.send(
  new UpdateContactAttributesCommand({ InstanceId, InitialContactId: ContactId, Attributes: { tier: "gold" } }),
);
await client.send(new UpdateContactCommand({ InstanceId, ContactId, Name: "after" }));
"""


@pytest.fixture(scope="module")
def local() -> Iterator[LocalAws]:
    with LocalAws(_APP, context={"other_account": OTHER_ACCOUNT}) as local:
        # All clients share the quota, which is not what is tested here.
        local.connect.set_quota(rate=1_000, burst=1_000)
        yield local
        local.connect.set_quota(rate=DEFAULT_RATE, burst=DEFAULT_BURST)


def _target(local: LocalAws, name: str) -> Target:
    api_id = local.outputs["Network"][f"{name}ApiId"]
    (api,) = [api for api in local.rest_apis if api.api_id == api_id]
    assert api.vpc_endpoint_ids
    return Target(
        name=TargetName.ENDPOINT,
        url=local.endpoint_of(api),
        connect=local.connect,
        instance_arn=local.instance_arns[0],
        signing_name="connect",
        permitted=Credentials(*local.create_user(f"caller-of-{name}", may_invoke=None)),
        without_permission=None,
        closed_gateway=None,
    )


@pytest.fixture(scope="module")
def private(local: LocalAws) -> Target:
    return _target(local, "Unsigned")


@pytest.fixture(scope="module")
def under_custom_policy(local: LocalAws) -> Target:
    return _target(local, "UnsignedUnderCustomPolicy")


@pytest.mark.parametrize("is_signed", [True, False], ids=["signed for connect", "unsigned"])
@pytest.mark.parametrize("client_name", client_names.ALL)
def test_client_works_with_the_endpoint_url_alone(
    client_name: str, is_signed: bool, client_named: ClientNamed, private: Target
) -> None:
    client, connect = client_named(client_name), private.connect
    contact_id = connect.create_contact(name="before")
    credentials = private.permitted if is_signed else None
    attributes = {"InstanceId": private.instance_id, "InitialContactId": contact_id, "Attributes": {"tier": "gold"}}
    details = {"InstanceId": private.instance_arn, "ContactId": contact_id, "Name": "after"}

    first = client.call(replace(private.call("UpdateContactAttributes", attributes), credentials=credentials))
    second = client.call(replace(private.call("UpdateContact", details), credentials=credentials))

    assert (first.error_type, second.error_type) == (None, None)
    contact = connect.contact(contact_id)
    assert (contact.attributes, contact.details["Name"]) == ({"tier": "gold"}, "after")


@pytest.mark.parametrize("client_name", client_names.ALL)
def test_client_gets_typed_errors(client_name: str, client_named: ClientNamed, private: Target) -> None:
    client = client_named(client_name)
    unknown = {"InstanceId": private.instance_id, "InitialContactId": "unknown", "Attributes": {"tier": "gold"}}

    answer = client.call(private.call("UpdateContactAttributes", unknown))

    assert answer.error_type == "ResourceNotFoundException"
    if client.has_types:
        assert answer.is_typed


@pytest.mark.parametrize("client_name", client_names.ALL)
def test_custom_endpoint_policy_refuses_clients_as_they_are(
    client_name: str, client_named: ClientNamed, under_custom_policy: Target
) -> None:
    client, connect = client_named(client_name), under_custom_policy.connect
    contact_id = connect.create_contact()
    update = {
        "InstanceId": under_custom_policy.instance_id,
        "InitialContactId": contact_id,
        "Attributes": {"tier": "gold"},
    }

    call = under_custom_policy.call("UpdateContactAttributes", update)
    signed = client.call(call)
    assert (signed.error_type, connect.contact(contact_id).attributes) == ("InvalidSignatureException", {})
    unsigned = client.call(replace(call, credentials=None))
    assert (unsigned.error_type, connect.contact(contact_id).attributes) == (None, {"tier": "gold"})


def _environment(target: Target) -> dict[str, str]:
    """What is set where the program runs, and nothing of ours but the endpoint's URL."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "AWS_ACCESS_KEY_ID": target.permitted.access_key_id,
        "AWS_SECRET_ACCESS_KEY": target.permitted.secret_access_key,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL_CONNECT": target.url,
    }


def _is_updated(target: Target, contact_id: str) -> bool:
    contact = target.connect.contact(contact_id)
    return (contact.attributes, contact.details["Name"]) == ({"tier": "gold"}, "after")


def test_boto3_needs_the_environment_variable_alone(private: Target) -> None:
    contact_id = private.connect.create_contact(name="before")

    subprocess.run(
        [sys.executable, "-c", _BOTO3, private.instance_id, contact_id],
        env=_environment(private),
        check=True,
        timeout=60,
    )

    assert _is_updated(private, contact_id)


def test_javascript_needs_the_environment_variable_alone(private: Target, client_named: ClientNamed) -> None:
    client_named(client_names.JAVASCRIPT)  # or it is not installed
    contact_id = private.connect.create_contact(name="before")

    subprocess.run(
        ["node", "--input-type=module", "--eval", _JAVASCRIPT, private.instance_id, contact_id],  # noqa: S607
        cwd=FOLDER,
        env=_environment(private),
        check=True,
        timeout=60,
    )

    assert _is_updated(private, contact_id)


# AWS CLI 2.9 does not know the variable.
def test_aws_cli_needs_the_environment_variable_alone(private: Target, client_named: ClientNamed) -> None:
    client, contact_id = client_named(client_names.AWS_CLI_1), private.connect.create_contact(name="before")
    assert isinstance(client, AwsCli)
    instance = ["--instance-id", private.instance_id]
    environment = {"AWS_ENDPOINT_URL_CONNECT": private.url}

    for command in (
        ["update-contact-attributes", "--initial-contact-id", contact_id, "--attributes", json.dumps({"tier": "gold"})],
        ["update-contact", "--contact-id", contact_id, "--name", "after"],
    ):
        finished = client.run("connect", *command, *instance, credentials=private.permitted, environment=environment)
        assert (finished.status, finished.output, finished.errors) == (0, "", "")

    assert _is_updated(private, contact_id)


def test_verify_finds_all_as_expected_without_a_signature(
    private: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verify = Verify(monkeypatch, capsys)

    found = verify("--endpoint", private.url, "--instance-arn", private.instance_arn, "--no-sign-request", "--json")

    assert (found.code, found.failed) == (0, set())
    assert {"UpdateContactAttributes", "UpdateContact", "unknown path"} <= found.rows.keys()
