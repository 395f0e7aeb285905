"""The clients and the two targets, shared by all tests of this folder."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from connect_constructs.local import LocalAws
from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.connect_server import ConnectServer
from connect_constructs.local.deployment import bound_instances
from connect_constructs.local.quota import DEFAULT_BURST, DEFAULT_RATE
from tests.clients.aws_cli import AwsCli
from tests.clients.boto3_sdk import Boto3
from tests.clients.call import Client, Credentials
from tests.clients.cases import Case
from tests.clients.client_names import AWS_CLI_1, AWS_CLI_2
from tests.clients.http_forms import ImitatedPaws, PlainHttp
from tests.clients.javascript_sdk import FOLDER, JavaScriptSdk
from tests.clients.outcomes import Outcomes
from tests.clients.table import Cells
from tests.clients.target import ClientNamed, Target, TargetName, Targets
from tests.stage_throttle import stage_throttle

_CONNECT_CONSTRUCTS = Path(sys.executable).with_name("connect-constructs")

# make installs it here.
_AWS_CLI_1 = Path(__file__).resolve().parents[2] / ".venv" / "aws-cli" / "bin" / "aws"

# More requests, per second and at once, than all clients make together.
_UNLIMITED = 1_000_000

# For the in-memory Amazon Connect, which does not check access keys.
_ANYBODY = Credentials("anybody", "anything")

_INSTANCE_ARN = "arn:aws:connect:us-east-1:111122223333:instance/12345678-1234-1234-1234-123456789012"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-clients-table", action="store_true", help="write the results into the table in docs/contract.md"
    )


@pytest.fixture(scope="session")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Client | str]]:
    """The clients by name. If one is missing: why, and how to get it."""
    folder = tmp_path_factory.mktemp("clients")
    model = folder / "contact-updates.json"
    with model.open("wb") as output:
        subprocess.run([_CONNECT_CONSTRUCTS, "client-model"], stdout=output, check=True)
    found: dict[str, Client | str] = {
        Boto3.name: Boto3(folder / "models", model),
        AWS_CLI_1: "the AWS CLI 1 is missing (make clients-setup)",
        AWS_CLI_2: "the AWS CLI 2 is missing (apt install awscli, on Debian 12 or later)",
        JavaScriptSdk.name: "the AWS SDK for JavaScript is missing (make clients-setup)",
        PlainHttp.name: PlainHttp(),
        ImitatedPaws.name: ImitatedPaws(),
    }
    with contextlib.ExitStack() as stack:
        if _AWS_CLI_1.exists():
            found[AWS_CLI_1] = AwsCli(AWS_CLI_1, _AWS_CLI_1, folder / "aws-cli-1", model)
        if command := _aws_cli_2():
            found[AWS_CLI_2] = AwsCli(AWS_CLI_2, command, folder / "aws-cli-2", model)
        if (FOLDER / "node_modules").exists():
            found[JavaScriptSdk.name] = stack.enter_context(JavaScriptSdk())
        yield found


def _aws_cli_2() -> Path | None:
    # The first on the path may be version 1 and hide the system's.
    for name in (shutil.which("aws"), "/usr/bin/aws", "/usr/local/bin/aws"):
        if name and Path(name).exists():
            printed = subprocess.run([name, "--version"], capture_output=True, text=True, check=False).stdout
            if re.match(r"aws-cli/2\.", printed):
                return Path(name)
    return None


@pytest.fixture(scope="session")
def client_named(clients: dict[str, Client | str]) -> ClientNamed:
    def named(name: str) -> Client:
        client = clients[name]
        if isinstance(client, str):
            pytest.skip(client)
        return client

    return named


@pytest.fixture(scope="session")
def amazon_connect() -> Iterator[Target]:
    # The quota is not under test, and all clients share it.
    connect = AmazonConnect(rate=_UNLIMITED, burst=_UNLIMITED)
    connect.add_instance(_INSTANCE_ARN)
    with ConnectServer(connect) as server:
        yield Target(
            name=TargetName.AMAZON_CONNECT,
            url=server.url,
            connect=connect,
            instance_arn=_INSTANCE_ARN,
            signing_name="connect",
            permitted=_ANYBODY,
            without_permission=None,
            closed_gateway=None,
        )


@pytest.fixture(scope="session")
def endpoint(local_aws: LocalAws) -> Iterator[Target]:
    api = local_aws.rest_apis[0]
    (instance_arn,) = bound_instances(local_aws.client)
    # All clients share the quota and the stage's throttle, and neither is under test here.
    local_aws.connect.set_quota(rate=_UNLIMITED, burst=_UNLIMITED)
    with stage_throttle(local_aws, rate=_UNLIMITED, burst=_UNLIMITED):
        yield Target(
            name=TargetName.ENDPOINT,
            url=local_aws.endpoint,
            connect=local_aws.connect,
            instance_arn=instance_arn,
            signing_name="execute-api",
            permitted=Credentials(*local_aws.create_user("clients", may_invoke=local_aws.invoke_arn(api))),
            without_permission=Credentials(*local_aws.create_user("clients-without-permission", may_invoke=None)),
            closed_gateway=partial(stage_throttle, local_aws, rate=0, burst=0),
        )
    local_aws.connect.set_quota(rate=DEFAULT_RATE, burst=DEFAULT_BURST)


@pytest.fixture(scope="session")
def targets(request: pytest.FixtureRequest) -> Targets:
    """Only the targets that the selected tests call: without the endpoint, nothing is deployed."""
    fixtures = {TargetName.ENDPOINT: "endpoint", TargetName.AMAZON_CONNECT: "amazon_connect"}
    selected = {name for name, _ in _selected(request)}
    return {name: request.getfixturevalue(fixture) for name, fixture in fixtures.items() if name in selected}


@pytest.fixture(scope="session")
def outcomes(targets: Targets, clients: dict[str, Client | str], request: pytest.FixtureRequest) -> Iterator[Outcomes]:
    installed = [client for client in clients.values() if not isinstance(client, str)]
    with Outcomes(targets.values(), installed, (case for _, case in _selected(request) if case)) as outcomes:
        yield outcomes


def _selected(request: pytest.FixtureRequest) -> Iterator[tuple[TargetName, Case | None]]:
    """The target and, if it has one, the case of each selected test."""
    for item in request.session.items:
        if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            given = item.callspec.params
            target, case = given.get("target_name"), given.get("case")
            if isinstance(target, TargetName):
                yield target, case if isinstance(case, Case) else None


@pytest.fixture(scope="session")
def cells() -> Cells:
    return Cells()
