"""No value of a request is in anything that the endpoint's function writes, whatever is asked and answered."""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from contact_updates import connect_target, contract, log_line
from contact_updates.aws_session import AwsSession
from contact_updates.connect_target import ConnectTarget, connect_client
from contact_updates.endpoint import endpoint as endpoint_module
from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.settings import EndpointSettings, Instance
from contact_updates.update import Update
from tests.handler.privacy import connect_answers
from tests.handler.privacy.counts import ENDPOINT
from tests.handler.privacy.events import (
    access_log_line,
    marks_sent,
    refused_events,
    unidentified_contacts,
    valid_events,
)
from tests.handler.privacy.sentinels import Sentinels, count_in
from tests.handler.privacy.written import Written, function_output
from tests.handler.proxy import INSTANCE_ARN, Event, LambdaContext, Outcome
from tests.handler.scripted_upstream import ScriptedUpstream

# Too little for a second attempt: an answer that does not come is waited for once.
_ONE_ATTEMPT = LambdaContext(remaining_ms=0)

_TRACE_VARIABLE = "_X_AMZN_TRACE_ID"
_ORIGINS = frozenset({"https://agents.example.com"})


class CrashingTarget:
    """Fails with an exception that quotes the update, as botocore's and Python's own do."""

    def apply(self, update: Update, *_: Any) -> Any:
        nothing: dict[str, Any] = {}
        try:
            nothing[json.dumps(update.parameters)]
        except KeyError as error:
            raise ValueError(update) from error


class Run:
    """Sends requests to the real handler, and collects what it writes."""

    def __init__(self, upstream: ScriptedUpstream) -> None:
        self.sentinels = Sentinels()
        self.planted = 0
        self.written = Written()
        self._upstream = upstream
        target = ConnectTarget(connect_client(AwsSession(), "us-east-1"))
        instance = Instance(INSTANCE_ARN)
        self._open = Endpoint(EndpointSettings(instance), target)
        self._limited = Endpoint(
            EndpointSettings(instance, frozenset({"Tier"}), frozenset({"Name", "References.Ticket"}), _ORIGINS), target
        )
        crashing: Any = CrashingTarget()
        self._crashing = Endpoint(EndpointSettings(instance), crashing)
        self.outcomes: set[str] = set()

    def send(self, event: Event, answer: bytes, *, limited: bool = False) -> None:
        self.planted += count_in(answer.decode("latin-1"))
        self._upstream.script(answer)
        self._send(self._limited if limited else self._open, event)

    def crash(self, event: Event) -> None:
        self._send(self._crashing, event)

    def _send(self, endpoint: Endpoint, event: Event) -> None:
        self.planted += marks_sent(event)
        # AWS Lambda's runtime sets it for each invocation, to what the request's header says.
        os.environ[_TRACE_VARIABLE] = event["headers"].get("X-Amzn-Trace-Id", "")
        with function_output(self.written):
            response = endpoint(event, _ONE_ATTEMPT)
        outcome = Outcome(response, "", "")
        self.outcomes.add(outcome.error_type if outcome.answer["body"] else "Updated")
        self.written.answered(outcome, own_text_of_connect=connect_answers.OWN_TEXT)
        self.written.stored("access log", access_log_line(event))


def run_everything(run: Run) -> None:
    """Every kind of request, and every answer of Amazon Connect to each valid one."""
    for echo in connect_answers.ECHOES:
        for event in valid_events(run.sentinels):
            run.send(event, echo(run.sentinels))
    for answer in (*connect_answers.SUCCESSES, ScriptedUpstream.SILENCE):
        for event in valid_events(run.sentinels):
            run.send(event, answer)
    for event in refused_events(run.sentinels):
        run.send(event, connect_answers.SUCCESSES[0])
    for event in (*valid_events(run.sentinels), *refused_events(run.sentinels)):
        run.send(event, connect_answers.SUCCESSES[0], limited=True)
    for event in unidentified_contacts(run.sentinels):
        run.send(event, connect_answers.SUCCESSES[0])
    for event in (*valid_events(run.sentinels), *unidentified_contacts(run.sentinels)):
        run.crash(event)


@pytest.fixture
def run(upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(connect_target, "READ_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", upstream.url)
    monkeypatch.setenv(_TRACE_VARIABLE, "")
    return Run(upstream)


def test_nothing_that_the_endpoint_writes_has_a_value(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run_everything(run)

    with capsys.disabled():
        print(f"\nendpoint: {run.planted:,} values planted, {run.written.texts:,} texts searched")
    assert run.written.found == []
    # Requests and answers reached every part of the handler.
    assert run.outcomes >= {
        "Updated",
        "AccessDeniedException",
        "ConflictException",
        "InternalServiceException",
        "InvalidActiveRegionException",
        "InvalidParameterException",
        "InvalidRequestException",
        "ResourceNotFoundException",
        "ThrottlingException",
        "UnknownOperationException",
        "UnsupportedMediaTypeException",
    }
    assert run.planted >= ENDPOINT.planted
    assert run.written.texts >= ENDPOINT.searched


# What a careless change of the handler could write.

Leak = Callable[[pytest.MonkeyPatch, Event], None]


def logged(text_of: Callable[[Event], str]) -> Leak:
    """A log line that has something of the event as well."""

    def leak(monkeypatch: pytest.MonkeyPatch, event: Event) -> None:
        write = log_line.write_update
        more = {"more": text_of(event)}
        monkeypatch.setattr(log_line, "write_update", lambda fields, metrics: write({**fields, **more}, metrics))

    return leak


def printed(text_of: Callable[[Event], str]) -> Leak:
    def leak(monkeypatch: pytest.MonkeyPatch, event: Event) -> None:
        write = log_line.write_update

        def write_more(fields: dict[str, Any], metrics: dict[str, Any]) -> None:
            write(fields, metrics)
            print(text_of(event))

        monkeypatch.setattr(log_line, "write_update", write_more)

    return leak


def debugged(monkeypatch: pytest.MonkeyPatch, event: Event) -> None:
    write = log_line.write_update

    def write_more(fields: dict[str, Any], metrics: dict[str, Any]) -> None:
        write(fields, metrics)
        logging.getLogger("contact_updates").debug("request", extra={"event": event["body"]})

    monkeypatch.setattr(log_line, "write_update", write_more)


def answers_values(monkeypatch: pytest.MonkeyPatch, _: Event) -> None:
    monkeypatch.setattr(contract, "_wrong_type", lambda expected, value: f"expected {expected}, got {value!r}")


def answers_header(monkeypatch: pytest.MonkeyPatch, event: Event) -> None:
    def confirmation(_: Any) -> tuple[dict[str, str], str]:
        return {"Update-Id": event["headers"]["amz-sdk-invocation-id"]}, ""

    monkeypatch.setattr(endpoint_module, "_confirmation", confirmation)


def logs_any_contact_id(monkeypatch: pytest.MonkeyPatch, _: Event) -> None:
    monkeypatch.setattr(log_line, "contact_id", lambda value: value)


def logs_exceptions(monkeypatch: pytest.MonkeyPatch, _: Event) -> None:
    monkeypatch.setattr(log_line, "fault", lambda error: {"fault": repr(error)})
    monkeypatch.setattr(endpoint_module, "permitted_update", lambda request, _: {}[request.parameters.values["Name"]])


def counts_by_a_value(monkeypatch: pytest.MonkeyPatch, event: Event) -> None:
    write = log_line.write_update
    dimension = event["headers"]["User-Agent"]
    monkeypatch.setitem(log_line.METRICS, dimension, "Count")
    monkeypatch.setattr(log_line, "write_update", lambda fields, metrics: write(fields, {**metrics, dimension: 1}))


def takes_any_trace_header(monkeypatch: pytest.MonkeyPatch, _: Event) -> None:
    monkeypatch.setattr(log_line, "trace_header", lambda value: value)


def lets_the_sdk_log(monkeypatch: pytest.MonkeyPatch, _: Event) -> None:
    logger = logging.getLogger("botocore")
    monkeypatch.setattr(logger, "level", logging.NOTSET)
    monkeypatch.setattr(logger, "_cache", {})
    for name, child in logging.Logger.manager.loggerDict.items():
        if name.startswith("botocore.") and isinstance(child, logging.Logger):
            monkeypatch.setattr(child, "_cache", {})


def body_in(encoding: Callable[[bytes], str]) -> Callable[[Event], str]:
    return lambda event: encoding(event["body"].encode())


LEAKS: dict[str, Leak] = {
    "the body": logged(lambda event: event["body"]),
    "the body in base64": logged(body_in(lambda body: base64.b64encode(body).decode())),
    "the body in base64 for URLs": printed(body_in(lambda body: base64.urlsafe_b64encode(b"1" + body).decode())),
    "the body in hexadecimal": printed(body_in(bytes.hex)),
    "the body percent-encoded": printed(body_in(lambda body: "".join(f"%{byte:02x}" for byte in body))),
    "the body percent-encoded twice": printed(body_in(lambda body: quote("".join(f"%{byte:02X}" for byte in body)))),
    "the body as escapes": printed(body_in(lambda body: "".join(f"\\u{byte:04X}" for byte in body))),
    "the body as escapes in a log line": logged(body_in(lambda body: "".join(f"\\u{byte:04x}" for byte in body))),
    "the body as HTML": printed(body_in(lambda body: "".join(f"&#{byte};" for byte in body))),
    "the body in UTF-16": printed(body_in(lambda body: body.decode("latin-1").encode("utf-16-le").decode("latin-1"))),
    "the body in upper case": logged(lambda event: event["body"].upper()),
    "the body in lower case, in base64": printed(
        lambda event: base64.b64encode(event["body"].lower().encode()).decode()
    ),
    "the last characters of a value": logged(lambda event: json.loads(event["body"])["Name"][-20:]),
    "the first characters of a value": logged(lambda event: json.loads(event["body"])["Name"][:12]),
    "a key": logged(lambda event: next(iter(json.loads(event["body"])["References"]))),
    "a header": logged(lambda event: event["headers"]["User-Agent"]),
    "the trace header": logged(lambda event: event["headers"]["X-Amzn-Trace-Id"]),
    "the path": logged(lambda event: event["path"]),
    "the query": logged(lambda event: json.dumps(event["queryStringParameters"])),
    "a claim": logged(lambda event: event["requestContext"]["authorizer"]["claims"]["email"]),
    "the API key itself": logged(lambda event: event["requestContext"]["identity"]["apiKey"]),
    "a debug message": debugged,
    "a value as the name of a metric": counts_by_a_value,
    "any trace header": takes_any_trace_header,
    "a contact's id that is a name": logs_any_contact_id,
    "an exception's text": logs_exceptions,
    "a value in an answer": answers_values,
    "a value in an answer's header": answers_header,
    "the SDK's debug messages": lets_the_sdk_log,
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_search_finds_a_leak(run: Run, monkeypatch: pytest.MonkeyPatch, leak: Leak) -> None:
    for event in _one_of_each_kind(run.sentinels):
        with monkeypatch.context() as patched:
            leak(patched, event)
            run.send(event, connect_answers.SUCCESSES[0])

    assert run.written.found != []


def _one_of_each_kind(sentinels: Sentinels) -> Iterator[Event]:
    update_contact = [event for event in valid_events(sentinels) if "contacts" in event["resource"]]
    yield update_contact[0]
    yield {
        **update_contact[0],
        "body": json.dumps({**json.loads(update_contact[0]["body"]), "Description": [sentinels.text()]}),
    }
    yield next(event for event in unidentified_contacts(sentinels) if "contacts" in event["resource"])


@pytest.mark.parametrize("variable", ["path", "identity.userAgent", "authorizer.email", "error.validationErrorString"])
def test_search_finds_a_leak_in_the_access_log(run: Run, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setattr("tests.handler.privacy.events._access_log_variables", lambda: ["requestId", variable])

    run.send(next(valid_events(run.sentinels)), connect_answers.SUCCESSES[0])

    assert run.written.found != []
