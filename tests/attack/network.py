"""AWS as the handler's botocore sees it: HTTP requests answered in this process, with faults.

Only urllib3's `urlopen` is replaced. Signing, timeouts, retries, parsing and exceptions are botocore's.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock
from urllib.parse import unquote

import botocore.endpoint
import urllib3
from urllib3.connectionpool import HTTPConnectionPool

from tests.attack.virtual_time import KilledError, Simulation


@dataclass(frozen=True)
class Call:
    """One request, as a scenario sees it."""

    # connect, queue, dead letters or events.
    service: str
    operation: str
    parameters: dict[str, Any]
    # In seconds since the run began.
    at: float
    rng: random.Random


@dataclass(frozen=True)
class ServiceError(Exception):
    """An error response of a service."""

    status: int
    error_type: str | None
    message: str = ""


@dataclass(frozen=True)
class Fault:
    """The fault of one request."""

    # error, reset, hang (no response), unreachable (no connection), killed, slow (a response after `seconds`), drip (a
    # response that takes `seconds`, without a pause long enough for a timeout).
    kind: str
    # Whether the call still takes effect, where that is possible.
    applied: bool = False
    error: ServiceError | None = None
    seconds: float = 0.0


Faults = Callable[[Call], Fault | None]
# Lets a call take effect, and returns the body of the response. Raises ServiceError.
Service = Callable[[str, dict[str, Any]], dict[str, Any] | None]


class Network:
    """The network that requests go through."""

    def __init__(
        self,
        simulation: Simulation,
        services: dict[str, Service],
        *,
        dead_letter_queue_url: str,
        rng: random.Random,
        faults: Faults = lambda _: None,
        jitter_seconds: float = 0,
        answer_seconds: tuple[float, float] = (0.02, 0.08),
    ) -> None:
        """`jitter_seconds` is the most that a request takes to arrive, `answer_seconds` the range for the response."""
        # The service, and when the request arrived.
        self.arrivals: list[tuple[str, float]] = []
        self._simulation = simulation
        self._services = services
        self._dead_letter_queue_url = dead_letter_queue_url
        self._faults = faults
        self._rng = rng
        self._jitter_seconds = jitter_seconds
        self._answer_seconds = answer_seconds
        self._start = simulation.clock()
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Send all requests of this process here."""
        network = self

        def urlopen(
            pool: HTTPConnectionPool, method: str, url: str, body: Any = None, headers: Any = None, **more: Any
        ) -> urllib3.HTTPResponse:
            timeout = more.get("timeout") or pool.timeout
            return network._answer(pool, method, url, body, headers or {}, timeout)

        with (
            mock.patch.object(HTTPConnectionPool, "urlopen", urlopen),
            # It sleeps before it retries.
            mock.patch.object(botocore.endpoint, "time", self._simulation.time_module()),
        ):
            yield

    def _answer(
        self, pool: HTTPConnectionPool, method: str, url: str, body: Any, headers: Any, timeout: urllib3.Timeout
    ) -> urllib3.HTTPResponse:
        execution = self._simulation.running
        if execution is not None and execution.killed:
            raise KilledError
        connect_timeout, read_timeout = timeout.connect_timeout, timeout.read_timeout
        assert isinstance(connect_timeout, (int, float))
        assert isinstance(read_timeout, (int, float))
        assert "Authorization" in headers, "expected a signed request"
        service, operation, parameters = self._call(pool.host, method, url, body, headers)
        if self._jitter_seconds:
            self._simulation.sleep(self._rng.uniform(0, self._jitter_seconds))
        now = self._simulation.clock()
        fault = self._faults(Call(service, operation, parameters, now - self._start, self._rng))
        if fault and fault.kind == "unreachable":
            # For each of the two addresses of the host, as urllib3 tries both.
            self._simulation.sleep(2 * connect_timeout)
            raise urllib3.exceptions.ConnectTimeoutError(pool, "timed out")
        self.arrivals.append((service, now))
        status, error_type, answer = 200, None, None
        if fault is None or fault.applied or fault.kind in ("slow", "drip"):
            try:
                answer = self._services[service](operation, parameters)
            except ServiceError as error:
                status, error_type, answer = error.status, error.error_type, _error_body(error)
        if fault is None:
            self._simulation.sleep(self._rng.uniform(*self._answer_seconds))
        elif fault.kind == "error":
            assert fault.error is not None
            self._simulation.sleep(0.03)
            status, error_type, answer = fault.error.status, fault.error.error_type, _error_body(fault.error)
        elif fault.kind == "reset":
            self._simulation.sleep(0.03)
            raise urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))
        elif fault.kind == "killed":
            assert execution is not None
            execution.killed = True
            raise KilledError
        elif fault.kind == "drip":
            self._simulation.sleep(fault.seconds)
        else:
            seconds = fault.seconds if fault.kind == "slow" else float("inf")
            self._simulation.sleep(min(seconds, read_timeout))
            if seconds >= read_timeout:
                raise urllib3.exceptions.ReadTimeoutError(pool, url, "Read timed out.")
        return self._response(service, status, error_type, answer)

    def _call(self, host: str, method: str, url: str, body: Any, headers: Any) -> tuple[str, str, dict[str, Any]]:
        assert method == "POST"
        parameters = json.loads(body or b"{}")
        if host.startswith("connect."):
            if url == "/contact/attributes":
                return "connect", "UpdateContactAttributes", parameters
            contacts, instance_id, contact_id = map(unquote, url.strip("/").split("/"))
            assert contacts == "contacts"
            return "connect", "UpdateContact", {**parameters, "InstanceId": instance_id, "ContactId": contact_id}
        target = headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        if host.startswith("events."):
            return "events", operation, parameters
        assert host.startswith("sqs."), host
        is_dead_letter = parameters["QueueUrl"] == self._dead_letter_queue_url
        return "dead letters" if is_dead_letter else "queue", operation, parameters

    def _response(self, service: str, status: int, error_type: str | None, answer: Any) -> urllib3.HTTPResponse:
        is_rest = service == "connect"
        headers = {
            "x-amzn-RequestId": f"00000000-0000-4000-8000-{next(self._numbers):012}",
            "Content-Type": "application/json" if is_rest else "application/x-amz-json-1.0",
        }
        if error_type:
            headers["x-amzn-ErrorType" if is_rest else "x-amzn-query-error"] = (
                error_type if is_rest else f"{error_type};Sender"
            )
        body = b"" if answer is None else json.dumps(answer).encode()
        return urllib3.HTTPResponse(io.BytesIO(body), headers=headers, status=status, preload_content=False)


def _error_body(error: ServiceError) -> dict[str, str] | None:
    if error.error_type is None:
        return None
    return {"__type": error.error_type, "message": error.message}
