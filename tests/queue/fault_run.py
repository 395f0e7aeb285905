"""Many updates through the deployed queue while everything around it fails: what has to come out is known beforehand.

The model: a contact's accepted updates, applied in the order of their 202s without the rejected ones, are its final
state; the dead-letter queue holds exactly the rejected ones; the queue is empty.

    python -m tests.queue.fault_run --updates 3000 --contacts 300 --seed 1

The seed decides on the updates and on the faults. When each strikes is up to the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from connect_constructs.local import LocalAws
from connect_constructs.local.amazon_connect import AmazonConnect, ConnectError
from connect_constructs.local.emulator import REGION
from connect_constructs.local.faults import Fault, Garbage
from connect_constructs.local.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
UNLIMITED = 1_000_000
# Of the contact's 4,096: whatever else it gets as a reference with as many bytes is too much.
_FULL_REFERENCE_BYTES = 4_000
_PRODUCERS = 3
_SENDS_PER_SECOND = 15
# Each round lets every fault strike.
_UPDATES_A_ROUND = 300
_SCARCE_ROUNDS = 3

User = tuple[str, str]
Print = Callable[[str], None]


class WatchedConnect(AmazonConnect):
    """The in-memory Amazon Connect, which also tells what happened to it."""

    def __init__(self) -> None:
        super().__init__(rate=UNLIMITED, burst=UNLIMITED)
        # When calls arrived, in seconds of the monotonic clock.
        self.arrivals: list[float] = []
        self.suffered: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        # Called once, when a call has been judged and before its answer leaves.
        self.before_answer: Callable[[], None] | None = None
        # `{}` instead of nothing as the body of a success: a connection can break in the middle of that.
        self.answers_with_body = False

    def receive(self, operation: str) -> Fault | None:
        self.arrivals.append(time.monotonic())
        fault = super().receive(operation)
        if fault:
            self.suffered[type(fault).__name__] += 1
        return fault

    def perform(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
        try:
            answer = super().perform(operation, parameters)
        except ConnectError as error:
            self.refused[str(error.error_type)] += 1
            raise
        finally:
            hook, self.before_answer = self.before_answer, None
            if hook:
                hook()
        return {} if answer is None and self.answers_with_body else answer


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class DeployedQueue:
    """The app with the queue in a local AWS."""

    def __init__(self, local: LocalAws, connect: WatchedConnect) -> None:
        self.local = local
        self.connect = connect
        self.sqs = local.client("sqs")
        outputs = local.outputs["ContactUpdates"]
        self.queue_arn, self.dead_letter_arn = outputs["QueueArn"], outputs["DeadLetterQueueArn"]
        self.queue_url, self.dead_letter_url = (
            self.sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
            for arn in (self.queue_arn, self.dead_letter_arn)
        )
        functions = local.client("lambda").list_functions()["Functions"]
        (self.consumer,) = (each for each in functions if "DEAD_LETTER_QUEUE_URL" in _environment(each))
        (self.api_function,) = (each for each in functions if each != self.consumer)
        self.deployed_environment = _environment(self.consumer)

    @property
    def instance_id(self) -> str:
        return self.connect.instance_ids[0]

    def set_consumer(self, **changes: str) -> None:
        """Let the consumer's environment be as deployed, but for `changes`."""
        self.local.client("lambda").update_function_configuration(
            FunctionName=self.consumer["FunctionName"],
            Environment={"Variables": {**self.deployed_environment, **changes}},
        )

    def set_visibility_seconds(self, seconds: int) -> None:
        self.sqs.set_queue_attributes(QueueUrl=self.queue_url, Attributes={"VisibilityTimeout": str(seconds)})

    def create_caller(self) -> User:
        """A new IAM user that may call the API."""
        may_invoke = self.local.invoke_arn(self.local.rest_apis[0])
        return self.local.create_user(f"caller-{uuid.uuid4()}", may_invoke=may_invoke)

    def waiting(self) -> int:
        """How many messages the queue has, in whatever state."""
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["All"])["Attributes"]
        return sum(int(value) for name, value in attributes.items() if name.startswith("ApproximateNumberOfMessages"))

    def wait_until_empty(self, seconds: float) -> bool:
        """Whether the queue has become empty within `seconds`."""
        deadline = time.monotonic() + seconds
        while self.waiting():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def take_dead_letters(self) -> list[dict[str, Any]]:
        """The bodies of all dead letters, which are gone then."""
        letters = []
        while messages := self.sqs.receive_message(QueueUrl=self.dead_letter_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                letters.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.dead_letter_url, ReceiptHandle=message["ReceiptHandle"])
        return letters

    def kill_consumer(self) -> int:
        """Kill the consumer's processes; how many there were."""
        name = f"AWS_LAMBDA_FUNCTION_NAME={self.consumer['FunctionName']}\0".encode()
        # Other local AWS may run on this machine, with functions of the same name.
        ours = self.local.url.rpartition(":")[2].encode()
        killed = 0
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended, or is somebody else's
                environment = (folder / "environ").read_bytes()
                if name in environment and ours in environment:
                    os.kill(int(folder.name), signal.SIGKILL)
                    killed += 1
        return killed


@contextlib.contextmanager
def deployed_queue(report: Print | None = None) -> Iterator[DeployedQueue]:
    local = LocalAws(ROOT, context={"queue": "true"}, report=report)
    connect = WatchedConnect()
    local.connect = connect
    with local:
        yield DeployedQueue(local, connect)


def post(
    url: str,
    body: Mapping[str, Any],
    *,
    signed_by: User,
    headers: Mapping[str, str] | None = None,
    session: URLLib3Session | None = None,
) -> Answer:
    request = AWSRequest(
        "POST", url, {"Content-Type": "application/json", **(headers or {})}, json.dumps(body).encode()
    )
    SigV4Auth(Credentials(*signed_by), "execute-api", REGION).add_auth(request)
    response = (session or URLLib3Session()).send(request.prepare())
    return Answer(
        response.status_code, {name.lower(): text for name, text in response.headers.items()}, response.content
    )


def _environment(function: Mapping[str, Any]) -> dict[str, str]:
    variables: dict[str, str] = function.get("Environment", {}).get("Variables", {})
    return variables


# The load and its model.


@dataclass
class ModelContact:
    """What a contact has to be in the end."""

    contact_id: str
    full: bool
    attributes: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    # The Update-Ids of what Amazon Connect has to reject.
    rejected: list[str] = field(default_factory=list)

    def accept(self, update: Update, update_id: str) -> None:
        if update.rejected:
            self.rejected.append(update_id)
        elif update.is_attributes:
            merged = {**self.attributes, **update.body}
            self.attributes = {key: value for key, value in merged.items() if value}
        else:
            body = dict(update.body)
            if "References" in body:
                body["References"] = {**self.details.get("References", {}), **body["References"]}
            self.details.update(body)


@dataclass(frozen=True)
class Update:
    contact: int
    is_attributes: bool
    # The attributes, or the members of UpdateContact.
    body: dict[str, Any]
    rejected: bool = False
    # Its client sends it again, as one does that has not got the answer.
    sent_again: bool = False


def _plan(rng: random.Random, updates: int, contacts: int, full: list[bool]) -> list[Update]:
    plan = []
    for number in range(updates):
        contact = rng.randrange(contacts)
        sent_again = rng.random() < 0.05
        if full[contact] and rng.random() < 0.25:
            body = {"Name": f"must not be {number}", "References": {"more": _reference("x" * rng.randint(200, 4_000))}}
            plan.append(Update(contact, is_attributes=False, body=body, rejected=True, sent_again=sent_again))
        elif rng.random() < 0.6:
            keys = rng.sample([f"key{n}" for n in range(6)], rng.randint(1, 3))
            attributes = {key: "" if rng.random() < 0.2 else f"{number} ä" for key in keys}
            plan.append(Update(contact, is_attributes=True, body=attributes, sent_again=sent_again))
        else:
            body = {rng.choice(["Name", "Description"]): f"text {number}"}
            if not full[contact] and rng.random() < 0.5:
                body["References"] = {f"ref{rng.randrange(3)}": _reference(f"https://example.com/{number}?a=b")}
            plan.append(Update(contact, is_attributes=False, body=body, sent_again=sent_again))
    return plan


def _reference(value: str) -> dict[str, str]:
    return {"Type": "STRING", "Value": value}


@dataclass
class _Progress:
    lock: threading.Lock = field(default_factory=threading.Lock)
    sent: int = 0
    sent_again: int = 0
    # The part of the updates that may have been sent by now, so that each fault has something to strike.
    may_be_sent: float = 0.0
    # The run has failed.
    stopped: bool = False


# The faults.


class FaultProxy:
    """microburst between the consumer and Amazon Connect."""

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
        # It reads the services' models at the first request, for seconds.
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
        """Let the rule be the only one, and forget what the one before has done."""
        self._call("POST", "rules", [])
        self._call("DELETE", "fired")  # before the new rule, which may strike at once
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
    # Longer than the handler waits, and not forwarded afterwards: what lands late could land after a later update. That
    # is the queue's known limit.
    "hang": {"timeout_ms": 20_000},
}
_AFTER_APPLYING = ("reset after applying", "garbled after applying")
_QUOTA, _GARBAGE, _DOWN, _KILLED = "over the quota", "garbage", "Connect down", "consumer killed"
_KINDS = [*_RULES, _QUOTA, _GARBAGE, _DOWN, _KILLED]
# A hang stops the only batch for nine seconds, so there are few.
_SCARCE = {"hang", _DOWN}
# More than the handler's read time-out.
_LONGEST_FAULT_SECONDS = 12


class Chaos:
    """Lets one fault after the other strike."""

    def __init__(self, queue: DeployedQueue, proxy: FaultProxy, rng: random.Random, busy: Callable[[], bool]) -> None:
        """Prepare it. `busy` tells whether there is anything that a fault could strike."""
        self._queue = queue
        self._connect = queue.connect
        self._proxy = proxy
        self._rng = rng
        self._busy = busy
        self.fired: Counter[str] = Counter(dict.fromkeys(_KINDS, 0))
        self.violations: list[str] = []

    def strikes(self, rounds: int, kills: int) -> list[str]:
        """The faults of so many rounds, each in an order of its own."""
        chosen = []
        for number in range(rounds):
            kinds = [kind for kind in _KINDS if number < _SCARCE_ROUNDS or kind not in _SCARCE]
            kinds += [_KILLED] * (kills - 1)
            self._rng.shuffle(kinds)
            chosen += kinds
        return chosen

    def strike(self, kind: str) -> int:
        """Let the fault strike a few times; how often it has."""
        count = self._strike(kind, 1 if kind in _SCARCE else self._rng.randint(2, 5))
        self.fired[kind] += count
        return count

    def wait_for_recovery(self) -> None:
        """Until the consumer calls Amazon Connect again: the next fault is to find it at work."""
        calls = len(self._connect.arrivals)
        self._wait(1, lambda: len(self._connect.arrivals) - calls)

    def _strike(self, kind: str, times: int) -> int:
        if kind == _KILLED:
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
            self._connect.order(Garbage(), calls=times)
            count = self._wait(times, lambda: self._connect.suffered["Garbage"] - before)
            self._connect.cancel_orders()
            return count
        calls = sum(self._connect.calls.values())
        self._proxy.set_rule({**_RULES[kind], "times": times})
        count = self._wait(times, self._proxy.fired)
        self._proxy.set_rule(None)
        # The proxy notes a fault before it forwards the call.
        if kind in _AFTER_APPLYING and self._wait(count, lambda: sum(self._connect.calls.values()) - calls) < count:
            self.violations.append(f"{kind}: Amazon Connect has not got all {count} calls")
        return count

    def _wait(self, times: int, fired: Callable[[], int]) -> int:
        """Until the fault has struck so often, or nothing is left that it could strike, or it has lasted too long."""
        deadline = time.monotonic() + _LONGEST_FAULT_SECONDS
        while (count := fired()) < times and self._busy() and time.monotonic() < deadline:
            time.sleep(0.05)
        return count

    def _kill(self) -> int:
        killed: list[int] = []

        def kill() -> None:
            killed.append(self._queue.kill_consumer())

        # In the middle of a batch: Amazon Connect has applied an update, and the consumer does not learn it.
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


# The run.


@dataclass
class Result:
    seed: int
    updates: int
    contacts: int
    accepted: int
    sent_again: int
    faults: Counter[str]
    calls: int
    dead_letters: int
    seconds: float
    violations: list[str]

    def __str__(self) -> str:
        faults = ", ".join(f"{kind} {count}" for kind, count in sorted(self.faults.items()) if kind != _KILLED)
        lines = [
            f"seed {self.seed}: {self.updates} updates to {self.contacts} contacts, {self.sent_again} sent again, "
            f"{self.accepted} accepted",
            f"faults: {faults}",
            f"kills of the consumer: {self.faults[_KILLED]}",
            f"calls to Amazon Connect: {self.calls}",
            f"dead letters: {self.dead_letters}",
            f"seconds: {self.seconds:.1f}",
            *[f"VIOLATION: {violation}" for violation in self.violations],
        ]
        return "\n".join([*lines, "the model holds" if not self.violations else "the model does not hold"])


def microburst() -> str | None:
    """Where microburst is, if it is."""
    beside = Path(sys.executable).with_name("microburst")
    return str(beside) if beside.exists() else shutil.which("microburst")


def run(
    queue: DeployedQueue,
    command: str,
    *,
    seed: int,
    updates: int,
    contacts: int,
    kills: int = 3,
    drain_seconds: float = 120,
    show: Print = print,
) -> Result:
    """Send the updates, let the faults strike, wait for the queue to become empty, and compare.

    :param command: microburst's.
    :param kills: How often the consumer is killed in each round of faults.
    :param drain_seconds: How long the queue may take to become empty after the last fault.
    """
    started = time.monotonic()
    rng = random.Random(seed)  # noqa: S311 - it is to be repeatable
    connect = queue.connect
    full = [rng.random() < 0.25 for _ in range(contacts)]
    plan = _plan(rng, updates, contacts, full)
    models = [_create(connect, is_full) for is_full in full]
    queue.take_dead_letters()
    connect.answers_with_body = True
    proxy = FaultProxy(command, queue.local.connect_url)
    progress = _Progress()
    try:
        proxy.start()
        calls_before = sum(connect.calls.values())
        queue.set_consumer(SECONDS_PER_CALL="0.01", AWS_ENDPOINT_URL_CONNECT=proxy.url)
        with ThreadPoolExecutor(_PRODUCERS) as pool:
            producers = [
                pool.submit(_produce, queue, [u for u in plan if u.contact % _PRODUCERS == part], models, progress)
                for part in range(_PRODUCERS)
            ]

            def sending() -> bool:
                return not all(each.done() for each in producers)

            chaos = Chaos(queue, proxy, rng, busy=lambda: sending() or queue.waiting() > 0)
            try:
                strikes = chaos.strikes(max(1, updates // _UPDATES_A_ROUND), kills)
                for number, kind in enumerate(strikes, start=1):
                    progress.may_be_sent = number / len(strikes)
                    # Faults strike from the first update to the last.
                    while sending() and progress.sent < (number - 1) / len(strikes) * updates - _PRODUCERS:
                        time.sleep(0.05)
                    count = chaos.strike(kind)
                    progress.may_be_sent = (number + 0.5) / len(strikes)
                    chaos.wait_for_recovery()
                    seconds = time.monotonic() - started
                    show(f"{seconds:6.1f} s {progress.sent} sent, {queue.waiting()} waiting; {kind}: {count}")
            except BaseException:
                progress.stopped = True
                raise
            progress.may_be_sent = 1
        show(f"{time.monotonic() - started:6.1f} s all sent, no more faults")
        violations = [*chaos.violations, *_failures(producers)]
        deadline = time.monotonic() + drain_seconds
        while not queue.wait_until_empty(5) and time.monotonic() < deadline:
            show(f"{time.monotonic() - started:6.1f} s {queue.waiting()} waiting")
        if left := queue.waiting():
            violations.append(f"the queue still has {left} messages after {drain_seconds} seconds without faults")
        letters = queue.take_dead_letters()
    finally:
        proxy.stop()
        connect.answers_with_body = False
        queue.set_consumer(SECONDS_PER_CALL="0.01")
    violations += _differences(connect, models, letters)
    return Result(
        seed=seed,
        updates=updates,
        contacts=contacts,
        accepted=progress.sent,
        sent_again=progress.sent_again,
        faults=chaos.fired,
        calls=sum(connect.calls.values()) - calls_before,
        dead_letters=len(letters),
        seconds=time.monotonic() - started,
        violations=violations,
    )


def _create(connect: AmazonConnect, is_full: bool) -> ModelContact:
    contact_id = connect.create_contact(attributes={"before": "1"})
    model = ModelContact(contact_id, is_full, attributes={"before": "1"})
    if is_full:
        model.details = {"References": {"full": _reference("x" * _FULL_REFERENCE_BYTES)}}
        parameters = {"InstanceId": connect.instance_ids[0], "ContactId": contact_id, **model.details}
        connect.perform("UpdateContact", parameters)
    return model


def _produce(queue: DeployedQueue, plan: list[Update], models: list[ModelContact], progress: _Progress) -> None:
    """Send the updates one after the other, so that the order of the answers is the order of acceptance."""
    user, session = queue.create_caller(), URLLib3Session()
    for number, update in enumerate(plan):
        time.sleep(_PRODUCERS / _SENDS_PER_SECOND)
        while number >= progress.may_be_sent * len(plan) and not progress.stopped:
            time.sleep(0.05)
        if progress.stopped:
            return
        model = models[update.contact]
        headers = {"amz-sdk-invocation-id": str(uuid.uuid4())}
        if update.is_attributes:
            url = f"{queue.local.endpoint}/contact/attributes"
            ids = {"InstanceId": queue.instance_id, "InitialContactId": model.contact_id}
            body = {**ids, "Attributes": update.body}
        else:
            url = f"{queue.local.endpoint}/contacts/{queue.instance_id}/{model.contact_id}"
            body = update.body
        answers = [
            post(url, body, signed_by=user, headers=headers, session=session) for _ in range(1 + update.sent_again)
        ]
        update_ids = {answer.headers.get("update-id", "none") for answer in answers}
        if {answer.status for answer in answers} != {202} or len(update_ids) != 1:
            raise AssertionError(f"expected 202 and one id, got {answers}")
        model.accept(update, *update_ids)
        with progress.lock:
            progress.sent += 1
            progress.sent_again += update.sent_again


def _failures(producers: list[Future[None]]) -> list[str]:
    return [f"a producer: {error}" for error in (each.exception() for each in producers) if error]


def _differences(connect: AmazonConnect, models: list[ModelContact], letters: list[dict[str, Any]]) -> list[str]:
    found = []
    for model in models:
        contact = connect.contact(model.contact_id)
        for name, is_, expected in (
            ("attributes", contact.attributes, model.attributes),
            ("details", contact.details, model.details),
        ):
            for key in sorted({*is_, *expected}):
                if (got := is_.get(key)) != (wanted := expected.get(key)):
                    found.append(f"contact {model.contact_id}, {name}, {key}: expected {wanted}, got {got}"[:300])
    expected_ids = Counter(update_id for model in models for update_id in model.rejected)
    ids = Counter(letter["updateId"] for letter in letters)
    if ids != expected_ids:
        found.append(f"dead letters: missing {dict(expected_ids - ids)}, too many {dict(ids - expected_ids)}")
    types = {letter["rejection"]["type"] for letter in letters}
    if types - {"InvalidRequestException"}:
        found.append(f"dead letters: expected InvalidRequestException, got {types}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.queue.fault_run", description=__doc__.partition("\n")[0])
    parser.add_argument("--updates", type=int, default=3_000, help="how many updates are sent (default: %(default)s)")
    parser.add_argument("--contacts", type=int, default=300, help="to how many contacts (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="of the updates and the faults; left out, a new one")
    parser.add_argument("--kills", type=int, default=3, help="of the consumer, each round (default: %(default)s)")
    options = parser.parse_args()
    command = microburst()
    if command is None:
        parser.error("microburst is neither beside this Python nor on the path")
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)

    def show(line: str) -> None:
        print(line, flush=True)

    with deployed_queue(show) as queue:
        # Batches of killed consumers are to come back soon; nothing else waits for it.
        queue.set_visibility_seconds(8)
        result = run(
            queue,
            command,
            seed=seed,
            updates=options.updates,
            contacts=options.contacts,
            kills=options.kills,
            drain_seconds=600,
            show=show,
        )
    print(result, flush=True)
    return 1 if result.violations else 0


if __name__ == "__main__":
    sys.exit(main())
