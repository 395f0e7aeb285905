"""The handler with an Amazon Connect behind it that runs in this process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.connect_server import ConnectServer
from connect_constructs.local.faults import Fault
from contact_updates import connect_target
from contact_updates.aws_session import AwsSession
from contact_updates.connect_target import ConnectTarget, connect_client
from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.settings import EndpointSettings, Instance
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN
from tests.handler.queue_rig import Rig
from tests.handler.scripted_upstream import ScriptedUpstream

EndpointAt = Callable[..., Endpoint]


class Connect:
    """The in-memory Amazon Connect behind HTTP, with the test instance and one contact."""

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

    def inject(self, fault: Fault, *, calls: int = 1) -> None:
        self._state.inject(fault, calls=calls)

    def reset(self) -> None:
        """Reset it: no calls, no faults, a quota that no test reaches, and the one contact."""
        self._state.clear_faults()
        self._state.calls.clear()
        self._state.set_quota(rate=1000, burst=1000)
        self._state.create_contact(contact_id=CONTACT_ID, name="Old")

    def set_quota(self, *, rate: float, burst: int) -> None:
        self._state.set_quota(rate=rate, burst=burst)


@pytest.fixture(autouse=True)
def _aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own AWS settings and credentials out."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture(autouse=True)
def _short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_target, "CONNECT_TIMEOUT_SECONDS", 1)
    monkeypatch.setattr(connect_target, "READ_TIMEOUT_SECONDS", 0.5)


@pytest.fixture(scope="session")
def _clients() -> dict[str, ConnectTarget]:
    """Clients by URL: creating one takes longer than most tests."""
    return {}


@pytest.fixture
def endpoint_at(monkeypatch: pytest.MonkeyPatch, _clients: dict[str, ConnectTarget]) -> EndpointAt:
    """Creates an endpoint for the test instance, with Amazon Connect at the given URL."""

    def make(
        url: str,
        *,
        allowed_attributes: frozenset[str] | None = None,
        allowed_members: frozenset[str] | None = None,
        allow_origins: frozenset[str] = frozenset(),
    ) -> Endpoint:
        if url not in _clients:
            monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", url)
            _clients[url] = ConnectTarget(connect_client(AwsSession(), "us-east-1"))
        settings = EndpointSettings(
            instance=Instance(INSTANCE_ARN),
            allowed_attributes=allowed_attributes,
            allowed_members=allowed_members,
            allow_origins=allow_origins,
        )
        return Endpoint(settings, _clients[url])

    return make


@contextlib.contextmanager
def _serve() -> Iterator[Connect]:
    state = AmazonConnect()
    state.add_instance(INSTANCE_ARN)
    with ConnectServer(state) as server:
        connect = Connect(server.url, state)
        connect.reset()
        yield connect


@pytest.fixture(scope="session")
def _shared_connect() -> Iterator[Connect]:
    with _serve() as connect:
        yield connect


@pytest.fixture
def connect(_shared_connect: Connect) -> Connect:
    """One server for all tests, reset for each."""
    _shared_connect.reset()
    return _shared_connect


@pytest.fixture
def own_connect() -> Iterator[Connect]:
    """A server for one test: a call that hangs takes effect later, when another test may be running."""
    with _serve() as connect:
        yield connect


@pytest.fixture
def rig() -> Rig:
    """A consumer between a queue and Amazon Connect, in this process."""
    return Rig()


@pytest.fixture(scope="session")
def upstream() -> Iterator[ScriptedUpstream]:
    """One for all tests. Each scripts it first."""
    with ScriptedUpstream() as scripted:
        yield scripted
