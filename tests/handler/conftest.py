"""The handler with an Amazon Connect behind it that runs in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.connect_server import ConnectServer
from connect_constructs.local.faults import Fault

from contact_updates import connect_client
from contact_updates.api import Endpoint
from contact_updates.connect_client import ConnectClient
from contact_updates.settings import Settings
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN

EndpointAt = Callable[..., Endpoint]


class Connect:
    """The in-memory Amazon Connect behind HTTP, with the test instance and one contact in it."""

    def __init__(self, url: str, state: AmazonConnect) -> None:
        self.url = url
        self._state = state

    @property
    def calls(self) -> int:
        """How many calls arrived."""
        return self._state.calls.total()

    def attributes(self, contact_id: str) -> dict[str, str]:
        return self._state.contact(contact_id).attributes

    def contact(self, contact_id: str) -> dict[str, Any]:
        """What UpdateContact wrote."""
        return self._state.contact(contact_id).details

    def order(self, fault: Fault, *, calls: int = 1) -> None:
        self._state.order(fault, calls=calls)

    def set_quota(self, *, rate: float, burst: int) -> None:
        self._state.set_quota(rate=rate, burst=burst)


@pytest.fixture(autouse=True)
def _aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps the developer's own AWS settings and credentials out."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture(autouse=True)
def _short_time_outs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_client, "CONNECT_TIMEOUT_SECONDS", 1)
    monkeypatch.setattr(connect_client, "READ_TIMEOUT_SECONDS", 0.5)


@pytest.fixture
def endpoint_at(monkeypatch: pytest.MonkeyPatch) -> EndpointAt:
    """Makes the endpoint of the test instance, with Amazon Connect at the given URL."""

    def make(
        url: str, *, allowed_attributes: frozenset[str] | None = None, allow_origins: frozenset[str] = frozenset()
    ) -> Endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", url)
        settings = Settings(
            instance_arn=INSTANCE_ARN, allowed_attributes=allowed_attributes, allow_origins=allow_origins
        )
        return Endpoint(settings, ConnectClient(settings.region))

    return make


@pytest.fixture
def connect() -> Iterator[Connect]:
    state = AmazonConnect(rate=1000, burst=1000)
    state.add_instance(INSTANCE_ARN)
    state.create_contact(contact_id=CONTACT_ID, name="Old")
    with ConnectServer(state) as server:
        yield Connect(server.url, state)
