"""Injects faults between the consumer and Amazon Connect, one after another."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from connect_constructs.local.emulator import REGION
from connect_constructs.local.faults import Garbage
from connect_constructs.local.ports import free_port
from tests.queue.deployed_queue import UNLIMITED, DeployedQueue

# Each round injects every fault. The slow faults are only in the first rounds.
_SCARCE_ROUNDS = 3


class FaultProxy:
    """microburst as a proxy between the consumer and Amazon Connect."""

    def __init__(self, command: str, upstream: str) -> None:
        self._command = command
        self._upstream = upstream
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._command, "--upstream", self._upstream, "--port", str(self._port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                self._call("GET", "health")
                break
            except OSError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.05)
        # Its first request takes seconds, because it loads the services' models.
        with contextlib.suppress(Exception):
            boto3.client(
                "connect",
                endpoint_url=self.url,
                region_name=REGION,
                aws_access_key_id="anybody",
                aws_secret_access_key="anything",
                config=Config(proxies={}, retries={"total_max_attempts": 1}),
            ).get_contact_attributes(InstanceId=str(uuid.uuid4()), InitialContactId=str(uuid.uuid4()))

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def set_rule(self, rule: dict[str, Any] | None) -> None:
        """Make this the only rule, and reset the count of injected faults."""
        self._call("POST", "rules", [])
        self._call("DELETE", "fired")  # before the new rule, which may apply at once
        if rule:
            self._call("POST", "rules", [{"service": "connect", **rule}])

    def fired(self) -> int:
        return len(self._call("GET", "fired"))

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_microburst/{path}", data, method=method)  # noqa: S310
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as response:
            return json.loads(response.read() or b"null")


_RULES: dict[str, dict[str, Any]] = {
    "throttled (429)": {"error": {"code": "ThrottlingException", "status": 429}},
    "error 500": {"error": {"code": "InternalServiceException", "status": 500}},
    "error 503": {"error": {"code": "ServiceUnavailable", "status": 503}},
    "access denied": {"error": {"code": "AccessDeniedException", "status": 403}},
    "reset before applying": {"reset": True},
    "reset after applying": {"response": {"abort_bytes": 0}},
    "garbled after applying": {"response": {"corrupt_bytes": 1}},
    # Longer than the handler waits, and never forwarded: a late call could be applied after a later update, which is
    # the queue's known limit.
    "hang": {"timeout_ms": 20_000},
}
_AFTER_APPLYING = ("reset after applying", "garbled after applying")
_QUOTA, _GARBAGE, _DOWN, KILLED = "over the quota", "garbage", "Connect down", "consumer killed"
_KINDS = [*_RULES, _QUOTA, _GARBAGE, _DOWN, KILLED]
# A hang blocks the only batch for nine seconds, so there are few.
_SCARCE = {"hang", _DOWN}
# More than the handler's read timeout.
_LONGEST_FAULT_SECONDS = 12


class Chaos:
    """Injects one fault after another."""

    def __init__(self, queue: DeployedQueue, proxy: FaultProxy, rng: random.Random, busy: Callable[[], bool]) -> None:
        """:param busy: Whether there is still something that a fault can affect."""
        self._queue = queue
        self._connect = queue.connect
        self._proxy = proxy
        self._rng = rng
        self._busy = busy
        self.fired: Counter[str] = Counter(dict.fromkeys(_KINDS, 0))
        self.violations: list[str] = []

    def strikes(self, rounds: int, kills: int) -> list[str]:
        """The faults of all rounds. Each round has its own order."""
        chosen = []
        for number in range(rounds):
            kinds = [kind for kind in _KINDS if number < _SCARCE_ROUNDS or kind not in _SCARCE]
            kinds += [KILLED] * (kills - 1)
            self._rng.shuffle(kinds)
            chosen += kinds
        return chosen

    def strike(self, kind: str) -> int:
        """Inject the fault a few times. Returns the number of injected faults."""
        count = self._strike(kind, 1 if kind in _SCARCE else self._rng.randint(2, 5))
        self.fired[kind] += count
        return count

    def wait_for_recovery(self) -> None:
        """Wait until the consumer calls Amazon Connect again, so that the next fault finds it at work."""
        calls = len(self._connect.arrivals)
        self._wait(1, lambda: len(self._connect.arrivals) - calls)

    def _strike(self, kind: str, times: int) -> int:
        if kind == KILLED:
            return self._kill()
        if kind == _DOWN:
            return self._take_down()
        if kind == _QUOTA:
            before = self._connect.refused["ThrottlingException"]
            self._connect.set_quota(rate=2, burst=1)
            count = self._wait(times, lambda: self._connect.refused["ThrottlingException"] - before)
            self._connect.set_quota(rate=UNLIMITED, burst=UNLIMITED)
            return count
        if kind == _GARBAGE:
            before = self._connect.suffered["Garbage"]
            self._connect.inject(Garbage(), calls=times)
            count = self._wait(times, lambda: self._connect.suffered["Garbage"] - before)
            self._connect.clear_faults()
            return count
        calls = sum(self._connect.calls.values())
        self._proxy.set_rule({**_RULES[kind], "times": times})
        count = self._wait(times, self._proxy.fired)
        self._proxy.set_rule(None)
        # The proxy counts a fault before it forwards the call.
        if kind in _AFTER_APPLYING and self._wait(count, lambda: sum(self._connect.calls.values()) - calls) < count:
            self.violations.append(f"{kind}: Amazon Connect has not got all {count} calls")
        return count

    def _wait(self, times: int, fired: Callable[[], int]) -> int:
        """Wait until the fault was injected `times` times, there is nothing left to inject it into, or time is up."""
        deadline = time.monotonic() + _LONGEST_FAULT_SECONDS
        while (count := fired()) < times and self._busy() and time.monotonic() < deadline:
            time.sleep(0.05)
        return count

    def _kill(self) -> int:
        killed: list[int] = []

        def kill() -> None:
            killed.append(self._queue.kill_consumer())

        # In the middle of a batch: Amazon Connect has applied an update, and the consumer does not learn of it.
        self._connect.before_answer = kill
        self._wait(1, lambda: len(killed))
        self._connect.before_answer = None
        return sum(1 for count in killed if count)

    def _take_down(self) -> int:
        self._proxy.set_rule(None)
        self._proxy.stop()
        time.sleep(1.5)
        self._proxy.start()
        return 1
