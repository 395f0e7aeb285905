"""The app with the queue in a local AWS, and helpers for its tests."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from connect_constructs.local import LocalAws
from connect_constructs.local.amazon_connect import AmazonConnect, ConnectError, error_of
from connect_constructs.local.emulator import REGION
from connect_constructs.local.faults import Fault, documented_error
from tests.queue.model import REFUSED

ROOT = Path(__file__).resolve().parents[2]
# More requests than a test can send.
UNLIMITED = 1_000_000

User = tuple[str, str]
Print = Callable[[str], None]


class WatchedConnect(AmazonConnect):
    """An in-memory Amazon Connect that records what happens to it."""

    def __init__(self) -> None:
        super().__init__(rate=UNLIMITED, burst=UNLIMITED)
        # The arrival times of calls, in seconds of the monotonic clock.
        self.arrivals: list[float] = []
        self.suffered: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        # Called once, after a call was processed and before its response is sent.
        self.before_answer: Callable[[], None] | None = None
        # Whether successes have the body `{}` instead of none, so that a connection can break in the middle of it.
        self.answers_with_body = False

    def receive(self, operation: str) -> Fault | None:
        self.arrivals.append(time.monotonic())
        fault = super().receive(operation)
        if fault:
            self.suffered[type(fault).__name__] += 1
        return fault

    def perform(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
        try:
            if str(parameters.get("Name")).startswith(REFUSED):
                raise error_of(documented_error("InvalidParameterException"))
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
        """Reset the consumer's environment to the deployed one, with `changes`."""
        self.local.client("lambda").update_function_configuration(
            FunctionName=self.consumer["FunctionName"],
            Environment={"Variables": {**self.deployed_environment, **changes}},
        )

    def set_visibility_seconds(self, seconds: int) -> None:
        self.sqs.set_queue_attributes(QueueUrl=self.queue_url, Attributes={"VisibilityTimeout": str(seconds)})

    def create_caller(self) -> User:
        """Create an IAM user that may call the API."""
        may_invoke = self.local.invoke_arn(self.local.rest_apis[0])
        return self.local.create_user(f"caller-{uuid.uuid4()}", may_invoke=may_invoke)

    def waiting(self) -> int:
        """The number of messages in the queue, in any state."""
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["All"])["Attributes"]
        return sum(int(value) for name, value in attributes.items() if name.startswith("ApproximateNumberOfMessages"))

    def wait_until_empty(self, seconds: float) -> bool:
        """Wait at most `seconds` for the queue to become empty. Returns whether it is."""
        deadline = time.monotonic() + seconds
        while self.waiting():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def take_dead_letters(self) -> list[dict[str, Any]]:
        """Receive and delete all dead letters. Returns their bodies."""
        letters = []
        while messages := self.sqs.receive_message(QueueUrl=self.dead_letter_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                letters.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.dead_letter_url, ReceiptHandle=message["ReceiptHandle"])
        return letters

    def kill_consumer(self) -> int:
        """Kill the consumer's processes. Returns their number."""
        name = f"AWS_LAMBDA_FUNCTION_NAME={self.consumer['FunctionName']}\0".encode()
        # Another local AWS on this machine may have functions with the same names.
        ours = self.local.url.rpartition(":")[2].encode()
        killed = 0
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended, or belongs to another user
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
