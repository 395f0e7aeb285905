"""What producers send: updates with their number in all of their values, so that it can be found anywhere."""

from __future__ import annotations

import hashlib
import json
import random
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.attack.scenario import Scenario

INSTANCE_ID = "12345678-1234-1234-1234-123456789012"
INSTANCE_ARN = f"arn:aws:connect:us-east-1:111122223333:instance/{INSTANCE_ID}"
CONTACT_IDS = [f"{number:08}-0000-4000-8000-000000000000" for number in range(200)]
MISSING = "ffffffff-0000-4000-8000-000000000000"

# Each value starts with it. It must not be in any text of ours.
MARK = "s3cret"

# Attributes that Amazon Connect refuses, with InvalidRequestException and InvalidParameterException. No later update of
# the same call overwrites them.
REFUSED, INVALID = "refused", "invalid"

_TAG = re.compile(rf"{MARK}-(\d+)-")


def tag_of(text: str) -> int:
    """The number of the update that a text is about, or 0."""
    match = _TAG.search(text)
    return int(match[1]) if match else 0


@dataclass(frozen=True)
class Update:
    """One update, and how it is sent."""

    number: int
    at: float
    contact_id: str
    operation: str
    parameters: dict[str, Any]
    message: str
    # refused, invalid, unreadable, missing or foreign. None if it must be applied.
    trouble: str | None

    @property
    def group(self) -> str:
        """The message group, as documented for direct producers in docs/queue.md."""
        return hashlib.sha256(self.contact_id.lower().encode()).hexdigest()

    @property
    def has_own_id(self) -> bool:
        """Whether it has the id that it was planned with. The fields of an unreadable message are not read."""
        return self.trouble != "unreadable"

    @property
    def is_of_endpoint(self) -> bool:
        """Whether the endpoint would accept it."""
        return self.trouble not in ("unreadable", "foreign")

    def event(self, *, invocation_id: str, request_id: str) -> dict[str, Any]:
        """API Gateway's event of the call."""
        body = dict(self.parameters)
        labels = None
        resource = "/contact/attributes"
        if self.operation == "UpdateContact":
            resource = "/contacts/{InstanceId}/{ContactId}"
            labels = {name: quote(body.pop(name), safe="~") for name in ("InstanceId", "ContactId")}
        return {
            "resource": resource,
            "path": resource.format(**(labels or {})),
            "httpMethod": "POST",
            "headers": {"Content-Type": "application/json", "amz-sdk-invocation-id": invocation_id},
            "pathParameters": labels,
            "requestContext": {"requestId": request_id, "extendedRequestId": request_id, "identity": {}},
            "body": json.dumps(body),
            "isBase64Encoded": False,
        }


def plan(scenario: Scenario, rng: random.Random) -> list[Update]:
    """The updates of one run, in order of time."""
    updates: list[Update] = []
    left_of_burst, contact_id, at = 0, CONTACT_IDS[0], 0.0
    for number in range(1, scenario.updates + 1):
        if left_of_burst == 0:
            left_of_burst = rng.randint(1, 2 * scenario.mean_burst - 1)
            contact_id = rng.choice(CONTACT_IDS[: scenario.contacts])
            at = rng.uniform(0, scenario.seconds)
        left_of_burst -= 1
        at += rng.uniform(0, 0.2)
        updates.append(_update(scenario, rng, number, at, contact_id))
    # Numbered in order of time: an update is newer than another if its number is greater.
    updates.sort(key=lambda update: update.at)
    return [_renumbered(update, number) for number, update in enumerate(updates, start=1)]


def _update(scenario: Scenario, rng: random.Random, number: int, at: float, contact_id: str) -> Update:
    trouble = next((name for name, share in scenario.troubles.items() if rng.random() < share), None)
    value = f"{MARK}-{number}-ä😀"
    if trouble == "missing":
        contact_id = MISSING
    if trouble == "foreign" or (trouble not in (REFUSED, INVALID) and rng.random() < scenario.details):
        operation, id_member = "UpdateContact", "ContactId"
        body: dict[str, Any] = {"Name": value}
        if rng.random() < 0.5:
            body["References"] = {f"ref{rng.randrange(3)}": {"Type": "STRING", "Value": value}}
    else:
        operation, id_member = "UpdateContactAttributes", "InitialContactId"
        size = rng.choice(scenario.value_sizes)
        attributes = {f"key{key}": value + "x" * size for key in rng.sample(range(6), rng.randint(1, 3))}
        if rng.random() < 0.2:
            attributes[f"key{rng.randrange(6)}"] = ""
        attributes["last"] = value
        if trouble in (REFUSED, INVALID):
            attributes = {"last": value, trouble: value}
        body = {"Attributes": attributes}
    parameters = {"InstanceId": INSTANCE_ID, id_member: contact_id, **body}
    fields = {
        "version": 2 if trouble == "unreadable" else 1,
        "updateId": f"update-{number}",
        "operation": operation,
        "parameters": parameters,
    }
    message = json.dumps(fields, ensure_ascii=rng.random() < 0.5)
    if trouble == "unreadable" and rng.random() < 0.5:
        message = f"not JSON: {value}"
    return Update(number, at, contact_id, operation, parameters, message, trouble)


def _renumbered(update: Update, number: int) -> Update:
    def anew(text: str) -> str:
        text = text.replace(f"{MARK}-{update.number}-", f"{MARK}-{number}-")
        return text.replace(f'"update-{update.number}"', f'"update-{number}"')

    parameters = json.loads(anew(json.dumps(update.parameters)))
    return Update(
        number, update.at, update.contact_id, update.operation, parameters, anew(update.message), update.trouble
    )
