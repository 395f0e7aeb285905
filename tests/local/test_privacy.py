"""No value of a request is in anything that the deployed stack has written: logs, metrics, events, queues' attributes.

tests/handler/privacy has more kinds of requests and answers, and the leaks that the search finds.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from connect_constructs.local import LocalAws
from connect_constructs.local.faults import ErrorAnswer, Fault, Garbage, Reset, documented_error
from tests.handler.privacy.bodies import OPERATIONS, full_body, invalid_bodies, malformed_texts
from tests.handler.privacy.counts import DEPLOYED
from tests.handler.privacy.sentinels import Sentinels, count_in, marks_in, values_in

APP = Path(__file__).with_name("privacy_app")

_OWN_TEXT = "Text of Amazon Connect: "
_HEADERS = ("Cookie", "Referer", "User-Agent", "X-Api-Key", "amz-sdk-invocation-id", "amz-sdk-request", "traceparent")


@pytest.fixture(scope="module")
def local() -> Iterator[LocalAws]:
    with LocalAws(APP) as local:
        local.connect.set_quota(rate=1_000_000, burst=1_000_000)
        yield local


class Deployed:
    """The deployed endpoints, and everything that can be read of what they have written."""

    def __init__(self, local: LocalAws) -> None:
        self.local = local
        self.outputs = local.outputs["Privacy"]
        self.sentinels = Sentinels()
        self.planted = self.searched = 0
        self.found: list[str] = []
        arns = [local.invoke_arn(api) for api in local.rest_apis]
        self._caller = Credentials(*local.create_user(f"caller-{uuid.uuid4()}", may_invoke=arns))
        self._session = URLLib3Session()
        self._sqs = local.client("sqs")
        self.contact_id = local.connect.create_contact()

    def send(self, api: str, operation: str, body: dict[str, Any] | str, contact_id: str | None = None) -> int:
        """Send a request to the API whose id is the output `api`. Returns the status."""
        contact_id, instance_id = contact_id or self.contact_id, self.local.connect.instance_ids[0]
        path = f"/contacts/{instance_id}/{contact_id}" if operation == "UpdateContact" else "/contact/attributes"
        if isinstance(body, dict) and operation != "UpdateContact":
            body = {"InstanceId": instance_id, "InitialContactId": contact_id, **body}
        text = body if isinstance(body, str) else json.dumps(body)
        headers = {"Content-Type": "application/json", **{name: self.sentinels.value() for name in _HEADERS}}
        (rest_api,) = (each for each in self.local.rest_apis if each.api_id == self.outputs[api])
        url = f"{self.local.endpoint_of(rest_api)}{path}?q={self.sentinels.value()}"
        request = AWSRequest("POST", url, headers, text.encode("utf-8", "surrogatepass"))
        SigV4Auth(self._caller, "execute-api", "us-east-1").add_auth(request)
        self.planted += count_in(json.dumps([url, headers, text]))
        response = self._session.send(request.prepare())
        answer = json.loads(response.content) if response.content else {}
        if not str(answer.get("message")).startswith(_OWN_TEXT):
            self._search("answer", json.dumps(answer), keys_may_be_there=True)
        self._search("answer's headers", json.dumps(dict(response.headers)))
        return int(response.status_code)

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """All messages of the queue whose name is an output, which stay there."""
        url = self._sqs.get_queue_url(QueueName=self.outputs[queue])["QueueUrl"]
        names: dict[str, Any] = {"AttributeNames": ["All"], "MessageAttributeNames": ["All"]}
        received: list[dict[str, Any]] = []
        while batch := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **names).get("Messages"):
            received += batch
        for message in received:
            self._sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
        return received

    def search_all_but_bodies(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            assert values_in(message.pop("Body")) != []
            self._search("message's attributes", json.dumps(message))

    def search_events(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            self._search("event", json.dumps(message), keys_may_be_there=True)

    def search_logs_and_metrics(self) -> list[str]:
        logs = self.local.client("logs")
        texts = []
        for group in logs.describe_log_groups()["logGroups"]:
            self._search("log group", json.dumps(group))
            name = group["logGroupName"]
            for stream in logs.describe_log_streams(logGroupName=name)["logStreams"]:
                self._search("log stream", json.dumps(stream))
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
                texts += [event["message"] for event in page["events"]]
        for text in texts:
            self._search("log", text)
        for metric in self.local.client("cloudwatch").list_metrics()["Metrics"]:
            self._search("metric", json.dumps(metric))
        return texts

    def set_consumer(self, *, enabled: bool) -> None:
        client = self.local.client("lambda")
        (mapping,) = client.list_event_source_mappings(FunctionName=self.outputs["ConsumerName"])["EventSourceMappings"]
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)

    def wait_until_empty(self) -> None:
        deadline = time.monotonic() + 60
        url = self._sqs.get_queue_url(QueueName=self.outputs["QueueName"])["QueueUrl"]
        while any(
            int(value)
            for name, value in self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
                "Attributes"
            ].items()
            if name.startswith("ApproximateNumberOfMessages")
        ):
            assert time.monotonic() < deadline, "the queue is not empty"
            time.sleep(0.1)

    def _search(self, place: str, text: str, *, keys_may_be_there: bool = False) -> None:
        self.searched += 1
        self.found += [f"{place}, {each}" for each in (values_in if keys_may_be_there else marks_in)(text)]


def faults(sentinels: Sentinels) -> Iterator[Fault]:
    """What Amazon Connect answers, with a marked value wherever there is a text."""
    for error_type in (
        "InvalidParameterException",
        "InvalidRequestException",
        "ConflictException",
        "ThrottlingException",
    ):
        status = documented_error(error_type).status
        yield ErrorAnswer(status, error_type, _OWN_TEXT + sentinels.text())
    yield ErrorAnswer(403, "AccessDeniedException", sentinels.text())
    yield ErrorAnswer(500, "InternalServiceException", sentinels.text())
    yield ErrorAnswer(400, f"no type, but {sentinels.value()}", sentinels.text())
    yield Garbage()
    yield Reset()


def test_nothing_that_the_deployed_stack_writes_has_a_value(
    local: LocalAws, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed = Deployed(local)
    sentinels, statuses = deployed.sentinels, set()

    # The endpoint that waits for Amazon Connect
    for operation in OPERATIONS:
        statuses.add(deployed.send("ApiId", operation, full_body(sentinels, operation)))
        for fault in faults(sentinels):
            # A connection error or a fault is tried again.
            local.connect.inject(fault, calls=2)
            statuses.add(deployed.send("ApiId", operation, full_body(sentinels, operation)))
            local.connect.clear_faults()
        invalid = list(invalid_bodies(sentinels, operation))[::9]
        refused: list[dict[str, Any] | str] = [*malformed_texts(sentinels), *invalid]
        for body in refused:
            statuses.add(deployed.send("ApiId", operation, body))
        statuses.add(deployed.send("ApiId", operation, full_body(sentinels, operation), sentinels.value()))
    assert statuses == {200, 400, 404, 409, 429, 500}

    # The endpoint that sends to the queue: what is in it, then what becomes of it
    deployed.set_consumer(enabled=False)
    for operation in OPERATIONS:
        for _ in range(10):
            # Messages of one contact are not received before those ahead of them are deleted.
            contact_id = local.connect.create_contact()
            assert deployed.send("QueuedApiId", operation, full_body(sentinels, operation), contact_id) == 202
        for body in list(invalid_bodies(sentinels, operation))[::40]:
            deployed.send("QueuedApiId", operation, body)
    waiting = deployed.messages("QueueName")
    assert len(waiting) == 20
    deployed.search_all_but_bodies(waiting)
    refusal = ErrorAnswer(400, "InvalidParameterException", _OWN_TEXT + sentinels.text())
    local.connect.inject(refusal, calls=8)
    deployed.set_consumer(enabled=True)
    deployed.wait_until_empty()

    dead_letters, published = deployed.messages("DeadLetterQueueName"), deployed.messages("PublishedName")
    assert dead_letters != []
    assert all(_OWN_TEXT in letter["Body"] for letter in dead_letters)
    assert len(published) == len(dead_letters)
    deployed.search_all_but_bodies(dead_letters)
    deployed.search_events(published)
    texts = deployed.search_logs_and_metrics()

    with capsys.disabled():
        print(f"\ndeployed: {deployed.planted:,} values planted, {deployed.searched:,} texts searched")
    assert deployed.found == []
    outcomes = {json.loads(text)["outcome"] for text in texts if text.startswith('{"') and '"outcome"' in text}
    assert outcomes >= {"Updated", "Accepted", "Rejected", "InvalidRequestException", "InternalServiceException"}
    assert deployed.planted >= DEPLOYED.planted
    assert deployed.searched >= DEPLOYED.searched


def test_search_finds_a_line_with_a_value(local: LocalAws) -> None:
    deployed = Deployed(local)
    logs = local.client("logs")
    logs.create_log_group(logGroupName="leak")
    try:
        logs.create_log_stream(logGroupName="leak", logStreamName="leak")
        line = {"timestamp": int(time.time() * 1000), "message": f'{{"Name": "{deployed.sentinels.text()}"}}'}
        logs.put_log_events(logGroupName="leak", logStreamName="leak", logEvents=[line])

        deployed.search_logs_and_metrics()
    finally:
        logs.delete_log_group(logGroupName="leak")

    assert deployed.found != []
