"""The command, and a caller who may call the deployed endpoint."""

from __future__ import annotations

import uuid

import pytest

from connect_constructs.local import LocalAws
from tests.verify.verify_command import User, Verify


@pytest.fixture
def verify(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verify:
    return Verify(monkeypatch, capsys)


@pytest.fixture(scope="session")
def caller(local_aws: LocalAws) -> User:
    return local_aws.create_user(f"verify-{uuid.uuid4()}", may_invoke=local_aws.invoke_arn(local_aws.rest_apis[0]))


@pytest.fixture(scope="session")
def instance_arn(local_aws: LocalAws) -> str:
    return f"arn:aws:connect:us-east-1:000000000000:instance/{local_aws.connect.instance_ids[0]}"
