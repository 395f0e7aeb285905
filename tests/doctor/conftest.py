"""An emulator that is bootstrapped in us-east-1 only, an instance in an in-memory Amazon Connect, and IAM users."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from connect_constructs.doctor import aws
from connect_constructs.local import deployment
from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.cdk_cli import CdkCli, tool_environment
from connect_constructs.local.clients import Clients
from connect_constructs.local.connect_server import ConnectServer
from connect_constructs.local.emulator import ACCOUNT, REGION, ROOT_CREDENTIALS, Emulator, emulator_python
from tests.doctor.aws_fake import AwsFake
from tests.doctor.doctor_run import INSTANCE_ARN, POLICY, Doctor

User = tuple[str, str]

_ROOT = Path(__file__).resolve().parents[2]
_QUOTA = {"ServiceCode": "connect", "QuotaName": "Rate of API requests", "Value": 10.0, "Unit": "None"}


@pytest.fixture(scope="session")
def connect_server() -> Iterator[ConnectServer]:
    connect = AmazonConnect()
    connect.add_instance(INSTANCE_ARN)
    with ConnectServer(connect) as server:
        yield server


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory, connect_server: ConnectServer) -> Iterator[Emulator]:
    """An emulator that is not bootstrapped."""
    directory = tmp_path_factory.mktemp("emulator")
    with Emulator(emulator_python(tool_environment()), directory, connect_url=connect_server.url) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def root(emulator: Emulator) -> Clients:
    """boto3 clients in the emulator's account, with all permissions."""

    def client(service: str, region: str = REGION) -> Any:
        return boto3.client(
            service,
            endpoint_url=emulator.url,
            region_name=region,
            aws_access_key_id=ROOT_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ROOT_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(proxies={}),
        )

    return functools.cache(client)


@pytest.fixture(scope="session")
def bootstrapped(emulator: Emulator, root: Clients, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The emulator, bootstrapped by the CDK CLI in us-east-1."""
    directory = tmp_path_factory.mktemp("bootstrap")
    environment = {
        **ROOT_CREDENTIALS,
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "HOME": str(directory),
    }
    deployment.bootstrap(
        CdkCli(_ROOT, directory), directory, environment, root, account=ACCOUNT, region=REGION, qualifier=None
    )


@pytest.fixture(scope="session")
def create_user(root: Clients) -> Callable[[str, Any], User]:
    def create(name: str, policy: Any = None) -> User:
        iam = root("iam")
        iam.create_user(UserName=name)
        if policy:
            iam.put_user_policy(UserName=name, PolicyName="Doctor", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    return create


@pytest.fixture(scope="session")
def permitted(create_user: Callable[[str, Any], User]) -> User:
    """A user with the permissions that docs/testing.md lists."""
    return create_user("deployer", POLICY)


@pytest.fixture(scope="session")
def stranger(create_user: Callable[[str, Any], User]) -> User:
    """A user without any permission."""
    return create_user("stranger", None)


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[User], None]:
    """Set a user's credentials in the environment."""

    def log_in(user: User) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", user[0])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", user[1])

    return log_in


@pytest.fixture
def fake() -> Iterator[AwsFake]:
    """Service Quotas, which the emulator lacks: both quotas are 10."""
    with AwsFake() as fake:
        fake.answer("GetServiceQuota", {"Quota": _QUOTA})
        yield fake


@pytest.fixture
def doctor(
    bootstrapped: None,
    emulator: Emulator,
    connect_server: ConnectServer,
    fake: AwsFake,
    permitted: User,
    log_in: Callable[[User], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Doctor:
    """The command in an empty folder, without the user's own AWS settings."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "AMAZON_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "HOME": str(tmp_path),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ENDPOINT_URL_CONNECT": connect_server.url,
        "AWS_ENDPOINT_URL_SERVICE_QUOTAS": fake.url,
    }.items():
        monkeypatch.setenv(name, value)
    log_in(permitted)
    monkeypatch.chdir(tmp_path)
    # A busy machine must not make a test fail.
    monkeypatch.setattr(aws, "_CONFIG", aws._CONFIG.merge(Config(connect_timeout=60, read_timeout=60)))
    return Doctor(capsys)
