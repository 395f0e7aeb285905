"""API Gateway's events with a marked value in every part that comes from the caller or its authorizer.

Left out is what identifies the caller and the request, which the log is for: `userArn`, `cognitoIdentityId`,
`apiKeyId`, `principalId`, `sub`, the request ids, and the source address of the access log.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.handler.privacy.bodies import OPERATIONS, full_body, invalid_bodies, malformed_texts
from tests.handler.privacy.sentinels import Sentinels, count_in
from tests.handler.proxy import CONTACT_ID, INSTANCE_ID, Event, attributes_event, contact_event

_HEADERS = (
    "Authorization",
    "Cookie",
    "Idempotency-Key",
    "Referer",
    "User-Agent",
    "X-Amz-Security-Token",
    "X-Amzn-Trace-Id",
    "X-Api-Key",
    "X-Forwarded-For",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "traceparent",
)
_IDENTITY = ("accessKey", "apiKey", "caller", "cognitoAuthenticationProvider", "user", "userAgent")

_ACCESS_LOG = Path(__file__).resolve().parents[3] / "connect_constructs" / "_access_log.py"


def valid_events(sentinels: Sentinels) -> Iterator[Event]:
    """For each operation a valid request, in each form that bodies come in."""
    for operation in OPERATIONS:
        yield _event(sentinels, operation, full_body(sentinels, operation))
        encoded = _event(sentinels, operation, full_body(sentinels, operation))
        yield {**encoded, "body": base64.b64encode(encoded["body"].encode()).decode(), "isBase64Encoded": True}
        other_type = _event(sentinels, operation, full_body(sentinels, operation))
        other_type["headers"]["content-type"] = f"application/x-amz-json-1.1; charset={sentinels.value()}"
        yield other_type


def refused_events(sentinels: Sentinels) -> Iterator[Event]:
    """Requests that the endpoint refuses by itself, for every reason."""
    for operation in OPERATIONS:
        for body in invalid_bodies(sentinels, operation):
            yield _event(sentinels, operation, body)
        for text in malformed_texts(sentinels):
            yield {**_event(sentinels, operation, {}), "body": text}
            yield {**_event(sentinels, operation, {}), "body": text, "isBase64Encoded": True}
        full = full_body(sentinels, operation)
        yield _event(sentinels, operation, {**full, sentinels.key(): sentinels.text()})
        yield _event(sentinels, operation, {**full, f"{sentinels.value()} ü": sentinels.text()})
        yield _event(sentinels, operation, full, contact=sentinels.text() + "x" * 300)
        yield _event(sentinels, operation, full, instance=sentinels.text())
        yield {**_event(sentinels, operation, full), "body": {sentinels.key(): sentinels.text()}}
        yield {**_event(sentinels, operation, full), "resource": f"/{sentinels.value()}"}
        yield {**_event(sentinels, operation, full), "httpMethod": sentinels.value()}
        other_type = _event(sentinels, operation, full)
        other_type["headers"]["content-type"] = f"{sentinels.value()}/{sentinels.value()}"
        yield other_type
        foreign_page = _event(sentinels, operation, full)
        foreign_page["headers"]["origin"] = f"https://{sentinels.value()}.example"
        yield foreign_page
        for key in ("contactIds", "allowedAttributes", "allowedMembers"):
            for limit in (sentinels.key(), f"{sentinels.value()} ü", [sentinels.text()], {sentinels.key(): 1}):
                limited = _event(sentinels, operation, full)
                limited["requestContext"]["authorizer"][key] = limit
                yield limited
    body = {"InstanceId": sentinels.text(), "ContactId": sentinels.text(), "Name": sentinels.text()}
    yield _event(sentinels, "UpdateContact", body)
    yield {**_event(sentinels, "UpdateContact", body), "pathParameters": {"ContactId": f"%FF{sentinels.value()}"}}


def unidentified_contacts(sentinels: Sentinels) -> Iterator[Event]:
    """Valid requests for a contact whose id may be a customer's name."""
    for operation in OPERATIONS:
        yield _event(sentinels, operation, full_body(sentinels, operation), contact=sentinels.text())


def _event(
    sentinels: Sentinels, operation: str, body: Any, *, contact: str = CONTACT_ID, instance: str = INSTANCE_ID
) -> Event:
    if operation == "UpdateContact":
        event = contact_event(body, instance, contact)
    else:
        event = attributes_event({"InstanceId": instance, "InitialContactId": contact, **body})
    headers = {name: sentinels.text() for name in _HEADERS} | {sentinels.value(): sentinels.text()}
    event["headers"] = {"content-type": "application/json", **headers}
    event["multiValueHeaders"] = {name: [value] for name, value in headers.items()}
    for name in ("queryStringParameters", "stageVariables"):
        event[name] = {sentinels.value(): sentinels.text()}
    event["path"] += sentinels.value()
    event["requestContext"] |= {
        "resourcePath": event["resource"],
        "httpMethod": event["httpMethod"],
        "authorizer": {"email": sentinels.text(), "claims": {"email": sentinels.text(), "name": sentinels.text()}},
        "error": {name: sentinels.text() for name in ("message", "messageString", "validationErrorString")},
        "identity": {name: sentinels.text() for name in _IDENTITY},
        "path": event["path"],
        "requestOverride": {"path": event["path"]},
    }
    return event


def marks_sent(event: Event) -> int:
    """How many marks the event has."""
    body = event["body"]
    if event["isBase64Encoded"] and isinstance(body, str):
        with contextlib.suppress(ValueError):
            body = base64.b64decode(body, validate=True).decode()
    return count_in(json.dumps({**event, "body": body}))


def access_log_line(event: Event) -> str:
    """The line that API Gateway writes for the event, in the construct's format.

    The emulator writes none. The format is read from the source, because importing it starts Node.
    """
    return "\n".join(_variable(event, name) for name in _access_log_variables())


def _access_log_variables() -> list[str]:
    variables = re.findall(r"\$context\.([\w.]+)", _ACCESS_LOG.read_text(encoding="utf-8"))
    assert len(variables) > 10
    return variables


def _variable(event: Event, name: str) -> str:
    value: Any = event["requestContext"]
    for step in name.split("."):
        value = value.get(step, "-") if isinstance(value, dict) else "-"
    return json.dumps(value)
