"""No value of an update is in anything that is written on its way through the queue, but in the messages' bodies.

The queue and the dead-letter queue encrypt those.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from connect_constructs.local.faults import ErrorAnswer
from contact_updates import connect_target, log_line
from contact_updates.aws_session import AwsSession
from contact_updates.connect_target import ConnectTarget, connect_client
from contact_updates.consumer import consumer as consumer_module
from contact_updates.consumer.consumer import Consumer
from contact_updates.consumer.rejections import DeadLetterQueue, RejectionEvents
from contact_updates.consumer.visibility import Visibility
from contact_updates.endpoint import queue_target
from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.endpoint.queue_target import QueueTarget
from contact_updates.outcome import UpdateError
from contact_updates.settings import ConsumerSettings, EndpointSettings, Instance
from tests.handler.privacy import connect_answers
from tests.handler.privacy.counts import QUEUE
from tests.handler.privacy.events import marks_sent, refused_events, unidentified_contacts, valid_events
from tests.handler.privacy.messages import record, rejected_bodies, valid_bodies
from tests.handler.privacy.sentinels import Sentinels, count_in, values_in
from tests.handler.privacy.written import Written, function_output, without
from tests.handler.proxy import INSTANCE_ARN, Event, LambdaContext, Outcome
from tests.handler.queue_fakes import DEAD_LETTER_QUEUE_URL, QUEUE_URL, Record, client_error
from tests.handler.scripted_upstream import ScriptedUpstream, http

# AWS Lambda's runtime sets it for each invocation.
_TRACE_VARIABLE = "_X_AMZN_TRACE_ID"
_OLD = 600
_EXPIRED = 13 * 24 * 3600

# Answers of SQS to the endpoint. `{}` is a marked value.
_OF_SQS = [
    http("200 OK", '{"MessageId": "m-1", "MD5OfMessageBody": "x"}'),
    http("200 OK", '{"MessageId": "", "More": "{}"}'),
    http("200 OK", "<html>{}</html>"),
    http("400 Bad Request", '{"__type": "com.amazonaws.sqs#InvalidMessageContents", "message": "{}"}'),
    http("400 Bad Request", '{"__type": "com.amazonaws.sqs#no type, but {}", "message": "{}"}'),
    http("403 Forbidden", '{"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "{}"}'),
    http("500 Internal Server Error", "{}"),
    ScriptedUpstream.RESET,
    ScriptedUpstream.SILENCE,
]


class Service:
    """A client for an AWS service that keeps each request, and fails if `trouble` raises."""

    def __init__(self, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self.requests: list[dict[str, Any]] = []
        self.trouble: Callable[[], None] = lambda: None
        self._answer = answer

    def __getattr__(self, _: str) -> Callable[..., dict[str, Any]]:
        def call(**parameters: Any) -> dict[str, Any]:
            self.requests.append(parameters)
            self.trouble()
            return self._answer(parameters)

        return call


class QueueRun:
    """Sends updates to the real handlers of both functions, and collects what they write."""

    def __init__(self, upstream: ScriptedUpstream) -> None:
        self.sentinels = Sentinels()
        self.written = Written()
        self.planted = 0
        self.in_bodies = 0
        self.outcomes: set[str] = set()
        self._upstream = upstream
        self._endpoint = Endpoint(
            EndpointSettings(Instance(INSTANCE_ARN), queue_url=QUEUE_URL),
            QueueTarget(AwsSession().client("sqs", region="us-east-1", read_timeout=0.05), QUEUE_URL),
        )
        self._target = ConnectTarget(connect_client(AwsSession(), "us-east-1"))
        self._number = 0

    def accept(self, event: Event, answer: bytes) -> None:
        """Let the endpoint send the update to SQS, which answers so."""
        answer = answer.replace(b"{}", self.sentinels.value().encode())
        self.planted += marks_sent(event) + count_in(answer.decode("latin-1"))
        self._upstream.script(answer)
        os.environ[_TRACE_VARIABLE] = self.sentinels.text()
        with function_output(self.written):
            response = self._endpoint(event, LambdaContext())
        self.written.answered(Outcome(response, "", ""), own_text_of_connect=None)
        for request in self._upstream.requests:
            head, _, body = request.partition(b"\r\n\r\n")
            parameters = json.loads(body)
            self.in_bodies += bool(values_in(parameters["MessageBody"]))
            self.written.stored("request to SQS", head.decode("latin-1") + without(parameters, "MessageBody"))

    def apply(
        self, bodies: list[str], answer: bytes, *, age: float = 0, trouble: Callable[[], None] | None = None
    ) -> None:
        """Let the consumer process a batch of one contact's messages. Amazon Connect answers so, and the rest fails."""
        sqs = Service(lambda _: {"MessageId": "dead-letter-1"})
        bus = Service(lambda parameters: {"Entries": [self._entry(trouble) for _ in parameters["Entries"]]})
        if trouble:
            sqs.trouble = trouble
        consumer = Consumer(
            ConsumerSettings(Instance(INSTANCE_ARN), QUEUE_URL, DEAD_LETTER_QUEUE_URL, 0),
            connect=self._target,
            dead_letters=DeadLetterQueue(sqs, DEAD_LETTER_QUEUE_URL),
            visibility=Visibility(sqs, QUEUE_URL),
            events=RejectionEvents(bus, "the-bus"),
        )
        records = [self._record(body, age) for body in bodies]
        self.planted += count_in(json.dumps(records)) + count_in(answer.decode("latin-1"))
        self._upstream.script(answer)
        os.environ[_TRACE_VARIABLE] = self.sentinels.text()
        with function_output(self.written):
            response = consumer({"Records": records}, LambdaContext(remaining_ms=45_000))
        self.written.stored("response to Lambda", json.dumps(response))
        for parameters in sqs.requests:
            self.in_bodies += bool(values_in(parameters.get("MessageBody", "")))
            self.written.stored("request to SQS", without(parameters, "MessageBody"))
        for parameters in bus.requests:
            self.written.published("event", json.dumps(parameters))
            self.outcomes |= {json.loads(entry["Detail"])["type"] for entry in parameters["Entries"]}

    def _record(self, body: str, age: float) -> Record:
        self._number += 1
        return record(self.sentinels, body, number=self._number, age=age)

    def _entry(self, trouble: Callable[[], None] | None) -> dict[str, str]:
        if trouble is None:
            return {"EventId": "e-1"}
        return {"ErrorCode": self.sentinels.value(), "ErrorMessage": self.sentinels.text()}


def run_everything(run: QueueRun) -> None:
    for answer in _OF_SQS:
        for event in valid_events(run.sentinels):
            run.accept(event, answer)
    for event in (*refused_events(run.sentinels), *unidentified_contacts(run.sentinels)):
        run.accept(event, _OF_SQS[0])

    for answer_of in (*connect_answers.ECHOES, *map(_always, [*connect_answers.SUCCESSES, ScriptedUpstream.SILENCE])):
        for age in (0, _OLD, _EXPIRED):
            for trouble in (None, *_troubles(run.sentinels)):
                for body in valid_bodies(run.sentinels):
                    run.apply([body], answer_of(run.sentinels), age=age, trouble=trouble)
        # Updates of attributes that can be merged, and one that cannot.
        bodies = [*valid_bodies(run.sentinels), *valid_bodies(run.sentinels)]
        run.apply([bodies[0], bodies[2], bodies[1]], answer_of(run.sentinels), age=_OLD)
    for body in (*rejected_bodies(run.sentinels), *valid_bodies(run.sentinels, contact=run.sentinels.text())):
        run.apply([body], connect_answers.SUCCESSES[0])


def _always(answer: bytes) -> connect_answers.Echo:
    return lambda _: answer


def _troubles(sentinels: Sentinels) -> Iterator[Callable[[], None]]:
    """Ways in which SQS fails, each time with a text that repeats values."""

    def refuse() -> None:
        raise client_error(ErrorAnswer(400, "InvalidMessageContents", sentinels.text()))

    def hang() -> None:
        raise ReadTimeoutError(endpoint_url=f"https://example.com/{sentinels.value()}")

    def crash() -> None:
        raise ValueError(sentinels.text())

    return iter((refuse, hang, crash))


@pytest.fixture
def run(upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> QueueRun:
    monkeypatch.setattr(connect_target, "READ_TIMEOUT_SECONDS", 0.05)
    # The backoff between an SQS client's attempts.
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    # botocore sends the trace header with each request of a Lambda function.
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "contact-updates")
    monkeypatch.setenv(_TRACE_VARIABLE, "")
    for service in ("CONNECT", "SQS"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", upstream.url)
    return QueueRun(upstream)


def test_nothing_that_is_written_on_the_way_through_the_queue_has_a_value(
    run: QueueRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run_everything(run)

    with capsys.disabled():
        print(f"\nqueue: {run.planted:,} values planted, {run.written.texts:,} texts searched")
    assert run.written.found == []
    # The bodies are where the values are, and every kind of rejection was published.
    assert run.in_bodies > 1_000
    assert run.outcomes >= {
        "Expired",
        "InvalidParameterException",
        "InvalidRequestException",
        "ResourceNotFoundException",
        "UnreadableMessage",
    }
    assert run.planted >= QUEUE.planted
    assert run.written.texts >= QUEUE.searched


# What a careless change of the handler could write.

Leak = Callable[[pytest.MonkeyPatch], None]


def group_is_the_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_target, "message_group_id", lambda contact_id: contact_id)


def deduplication_id_is_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_target, "_update_id", lambda _, request: request.named_call or request.own_call)


def event_has_amazon_connects_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def error(error_type: str, message: str, *, upstream_message: str | None = None, **more: Any) -> UpdateError:
        return UpdateError(error_type, message, **{**more, "public_message": upstream_message or message})

    monkeypatch.setattr(connect_target, "UpdateError", error)


def log_has_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    identification = consumer_module._identification

    def more(message: Any) -> dict[str, Any]:
        return {**identification(message), "record": message.record}

    monkeypatch.setattr(consumer_module, "_identification", more)


def log_has_any_contact_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_line, "contact_id", lambda value: value)


def log_has_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_line, "fault", lambda error: {"fault": repr(error)})


def trace_header_is_any_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_line, "trace_header", lambda value: value)


def trace_header_of_the_runtime_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_line, "own_trace_header", lambda: None)


def dead_letter_has_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(queue: Any, message: Any, _: Any) -> str:
        queue._sqs.send_message(MessageBody="…", MessageAttributes=message.record["messageAttributes"])
        return "m"

    monkeypatch.setattr(DeadLetterQueue, "send", send)


LEAKS: dict[str, Leak] = {
    "the contact as message group": group_is_the_contact,
    "the caller's id as deduplication id": deduplication_id_is_the_callers,
    "Amazon Connect's text in an event": event_has_amazon_connects_text,
    "the message in the log line and the event": log_has_the_message,
    "a contact's id that is a name": log_has_any_contact_id,
    "an exception's text": log_has_exceptions,
    "any trace header": trace_header_is_any_text,
    "the SDK's trace header": trace_header_of_the_runtime_stays,
    "attributes of a dead letter": dead_letter_has_attributes,
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_search_finds_a_leak(run: QueueRun, monkeypatch: pytest.MonkeyPatch, leak: Leak) -> None:
    leak(monkeypatch)
    for event in (next(valid_events(run.sentinels)), *unidentified_contacts(run.sentinels)):
        run.accept(event, _OF_SQS[0])
    for trouble in (None, *_troubles(run.sentinels)):
        for echo in connect_answers.ECHOES[:5]:
            for body in valid_bodies(run.sentinels, contact=run.sentinels.text()):
                run.apply([body], echo(run.sentinels), age=_OLD, trouble=trouble)

    assert run.written.found != []
