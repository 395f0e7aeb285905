"""Generated events of every kind: not events at all, garbage anywhere, and almost valid calls."""

from __future__ import annotations

import base64
import json
import random
from typing import Any
from urllib.parse import quote

from tests.handler.contract.generated_inputs import generate_input
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN, INSTANCE_ID, attributes_event, contact_event

# These are logged: no secret may be put there.
_IDENTIFIERS = {"InstanceId", "ContactId", "InitialContactId", "requestId"}

_CONTENT_TYPES = (*["application/json", "application/x-amz-json-1.1; charset=utf-8"] * 6, "text/plain", "")


def generate_event(rng: random.Random, secret: str) -> Any:
    """An event in which every value that must not be repeated has `secret` in it."""
    kind = rng.random()
    if kind < 0.1:
        return any_json(rng, secret)
    event = _call(rng, secret)
    if kind < 0.3:
        for _ in range(rng.randint(1, 3)):
            name = rng.choice([*event, "surplus"])
            if name == "pathParameters":
                event[name] = any_json(rng, "")
            elif name == "requestContext":
                event[name] = _request_context(rng) if rng.random() < 0.5 else any_json(rng, "")
            else:
                event[name] = any_json(rng, secret)
    elif kind < 0.35:
        del event[rng.choice(list(event))]
    elif kind < 0.5 and isinstance(event["body"], str):
        event["body"] = _damaged(rng, event["body"], secret)
    return event


def _request_context(rng: random.Random) -> dict[str, Any]:
    """Anything in place of each part that is logged."""
    identity = {name: any_json(rng, "") for name in ("userArn", "apiKeyId", "cognitoIdentityId")}
    authorizer = {name: any_json(rng, "") for name in ("principalId", "claims")}
    claims = {"sub": any_json(rng, "")}
    limits = {name: rng.choice(["", "a,Name", any_json(rng, "")]) for name in ("allowedAttributes", "allowedMembers")}
    return {
        "requestId": any_json(rng, ""),
        "extendedRequestId": any_json(rng, ""),
        "identity": rng.choice([identity, any_json(rng, "")]),
        "authorizer": rng.choice([authorizer, {"claims": claims}, limits, any_json(rng, "")]),
    }


def any_json(rng: random.Random, secret: str, depth: int = 0) -> Any:
    """Any JSON value."""
    kind = rng.randrange(9 if depth < 3 else 7)
    if kind == 7:
        return [any_json(rng, secret, depth + 1) for _ in range(rng.randrange(4))]
    if kind == 8:
        names = [*_IDENTIFIERS, "resource", "httpMethod", "headers", "body", "k", "", "\ud800", "Origin", "__proto__"]
        chosen = rng.sample(names, rng.randrange(4))
        return {name: any_json(rng, "" if name in _IDENTIFIERS else secret, depth + 1) for name in chosen}
    return [None, True, rng.randrange(-(2**40), 2**40), 0.5, secret, secret + "\ud800", f"{secret}é\n\0"][kind]


def _call(rng: random.Random, secret: str) -> dict[str, Any]:
    faults = rng.choice([0.0, 0.0, 0.0, 0.01, 0.05, 0.3])
    instance = rng.choice([INSTANCE_ID, INSTANCE_ID, INSTANCE_ARN])
    contact = rng.choice([CONTACT_ID, CONTACT_ID, CONTACT_ID, "other/contact", "..", "é" * 256])
    if rng.random() < 0.5:
        labels = {"InstanceId": instance, "InitialContactId": contact}
        event = attributes_event(
            generate_input(rng, "UpdateContactAttributes", faults=faults, secret=secret, labels=labels)
        )
    else:
        labels = {"InstanceId": instance, "ContactId": contact}
        body = generate_input(rng, "UpdateContact", faults=faults, secret=secret, labels=labels)
        path = {name: body.pop(name) for name in labels if name in body and rng.random() < 0.98}
        event = contact_event(body, pathParameters={name: _label(value) for name, value in path.items()})
    event["headers"] = {
        rng.choice(["Content-Type", "content-type"]): rng.choice(_CONTENT_TYPES),
        rng.choice(["Origin", "origin"]): rng.choice(["https://agents.example.com", secret]),
        "Authorization": secret,
    }
    event["queryStringParameters"] = {"q": secret}
    if rng.random() < 0.2:
        event["body"] = base64.b64encode(event["body"].encode()).decode()
        event["isBase64Encoded"] = True
    return event


def _label(value: Any) -> Any:
    return quote(value, safe="~", errors="replace") if isinstance(value, str) else value


def _damaged(rng: random.Random, body: str, secret: str) -> str:
    place = rng.randrange(len(body) + 1)
    return rng.choice(
        [
            body[:place],
            body[:place] + "x" + body[place:],
            body[:place] + rng.choice('{}[]",:\\\n\ud800') + body[place:],
            body + body,
            "[" * 5_000 + body,
            '{"Name":' * 200_000,
            json.dumps(body),
            secret,
            "",
            "null",
        ]
    )
