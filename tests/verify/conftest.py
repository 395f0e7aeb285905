"""The command, a user who may call the deployed endpoint, and a proxy in between that spoils responses."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from connect_constructs.local import LocalAws
from connect_constructs.local.quota import DEFAULT_BURST, DEFAULT_RATE
from tests.stage_throttle import stage_throttle
from tests.verify.sabotaging_proxy import Sabotage, SabotagingProxy
from tests.verify.verify_command import Ran, Sabotaged, User, Verify


@pytest.fixture
def verify(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verify:
    return Verify(monkeypatch, capsys)


@pytest.fixture(scope="session")
def caller(local_aws: LocalAws) -> User:
    return local_aws.create_user(f"verify-{uuid.uuid4()}", may_invoke=local_aws.invoke_arn(local_aws.rest_apis[0]))


@pytest.fixture(scope="session")
def instance_arn(local_aws: LocalAws) -> str:
    return f"arn:aws:connect:us-east-1:000000000000:instance/{local_aws.connect.instance_ids[0]}"


@pytest.fixture
def unthrottled(local_aws: LocalAws) -> Iterator[None]:
    """Lift all throttles, because a test makes many calls."""
    local_aws.connect.set_quota(rate=1_000_000, burst=1_000_000)
    with stage_throttle(local_aws, rate=1_000_000, burst=1_000_000):
        yield
    local_aws.connect.set_quota(rate=DEFAULT_RATE, burst=DEFAULT_BURST)


@pytest.fixture
def sabotaged(local_aws: LocalAws, caller: User, instance_arn: str, verify: Verify) -> Sabotaged:
    """The command against the deployed endpoint, with a sabotaging proxy in between."""
    verify.act_as(caller)

    def sabotaged(sabotage: Sabotage, *arguments: str) -> Ran:
        with SabotagingProxy(local_aws.endpoint, sabotage) as proxy:
            return verify("--endpoint", proxy.endpoint, "--instance-arn", instance_arn, *arguments)

    return sabotaged
