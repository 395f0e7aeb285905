"""API Gateway's proxy events, and what comes back: the answer and everything that was printed."""

from __future__ import annotations

import contextlib
import io
import json
import logging
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from contact_updates.endpoint.endpoint import Endpoint
from tests.handler import emf

INSTANCE_ID = "12345678-1234-1234-1234-123456789012"
INSTANCE_ARN = f"arn:aws:connect:us-east-1:111122223333:instance/{INSTANCE_ID}"
CONTACT_ID = "87654321-4321-4321-4321-210987654321"
REQUEST_ID = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
EXTENDED_REQUEST_ID = "Fx1aaaaaIAMFexample="

# The fields of a line of the endpoint's log without a queue or a fault, in their order; metrics apart.
LOG_FIELDS = [
    "requestId",
    "extendedRequestId",
    "caller",
    "operation",
    "contactId",
    "outcome",
    "status",
    "upstreamRequestId",
    "upstreamError",
    "attempts",
    "durationMs",
]

Event = dict[str, Any]


@dataclass
class LambdaContext:
    """The part of Lambda's context that the handler uses."""

    aws_request_id: str = "11111111-2222-3333-4444-555555555555"
    remaining_ms: int = 25_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@dataclass
class Outcome:
    """The answer to one request, and what the function printed and logged."""

    answer: dict[str, Any]
    printed: str
    stderr: str
    records: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        status: int = self.answer["statusCode"]
        return status

    @property
    def headers(self) -> dict[str, str]:
        headers: dict[str, str] = self.answer["headers"]
        return headers

    @property
    def error(self) -> dict[str, str]:
        error: dict[str, str] = json.loads(self.answer["body"])
        return error

    @property
    def error_type(self) -> str:
        return self.error["__type"]

    @property
    def message(self) -> str:
        return self.error["message"]

    @property
    def log(self) -> dict[str, Any]:
        """The log line without its metrics."""
        return emf.fields(self.line)

    @property
    def metrics(self) -> dict[str, Any]:
        """The log line's metrics."""
        return emf.metrics(self.line)

    @property
    def line(self) -> str:
        """The log line. Fails unless it is the only thing that was printed or logged."""
        assert self.stderr == ""
        assert self.records == []
        assert self.printed.endswith("\n")
        assert self.printed.count("\n") == 1
        return self.printed

    @property
    def log_and_errors(self) -> str:
        return "\n".join([self.printed, self.stderr, *self.records])

    @property
    def everything_said(self) -> str:
        return "\n".join([self.answer["body"], self.log_and_errors])


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)  # the level of the Lambda runtime's own handler
        self.texts: list[str] = []
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


def send(endpoint: Endpoint, event: Any, context: Any = None) -> Outcome:
    """Invoke the function with `event`."""
    records = _Records()
    logging.getLogger().addHandler(records)
    try:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            answer = endpoint(event, context if context is not None else LambdaContext())
    finally:
        logging.getLogger().removeHandler(records)
    return Outcome(answer, out.getvalue(), err.getvalue(), records.texts)


def attributes_event(body: Any = None, **changes: Any) -> Event:
    """A call of UpdateContactAttributes. `body` is sent as JSON, a str as it is."""
    if body is None:
        body = {"InstanceId": INSTANCE_ID, "InitialContactId": CONTACT_ID, "Attributes": {"Tier": "gold"}}
    return {**_event("/contact/attributes", None, body), **changes}


def contact_event(body: Any = None, instance: str = INSTANCE_ID, contact: str = CONTACT_ID, **changes: Any) -> Event:
    """A call of UpdateContact, with labels encoded as clients do."""
    labels = {"InstanceId": quote(instance, safe="~"), "ContactId": quote(contact, safe="~")}
    if body is None:
        body = {"Name": "A name"}
    return {**_event("/contacts/{InstanceId}/{ContactId}", labels, body), **changes}


def called_by(event: Event, identity: Any = None, authorizer: Any = None) -> Event:
    """The event of a caller whom API Gateway describes like this."""
    request_context = {**event["requestContext"], "identity": identity or {}, "authorizer": authorizer or {}}
    return {**event, "requestContext": request_context}


def _event(resource: str, labels: dict[str, str] | None, body: Any) -> Event:
    return {
        "resource": resource,
        "path": resource.format(**labels) if labels else resource,
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"},
        "pathParameters": labels,
        "requestContext": {"requestId": REQUEST_ID, "extendedRequestId": EXTENDED_REQUEST_ID},
        "body": body if isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }
