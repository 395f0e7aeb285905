"""The log lines alone tell who changed a contact, with and without a queue."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contact_updates.endpoint.endpoint import Endpoint
from tests.handler.conftest import Connect, EndpointAt
from tests.handler.proxy import CONTACT_ID, INSTANCE_ID, Event, attributes_event, called_by, contact_event, send
from tests.handler.queue_rig import Rig

OTHER_CONTACT = "87654321-4321-4321-4321-210987654322"

Line = dict[str, Any]

# What API Gateway says about callers: identity and authorizer.
CALLERS = {
    "a role": ({"userArn": "arn:aws:sts::111122223333:assumed-role/crm/job-7"}, None),
    "an authorizer's principal": ({}, {"principalId": "agent-7"}),
    "a Cognito user": ({}, {"claims": {"sub": "0b9c5a3e-0000-4000-8000-000000000001"}}),
    "a user of an identity pool": (
        {
            "userArn": "arn:aws:sts::111122223333:assumed-role/pool/CognitoIdentityCredentials",
            "cognitoIdentityId": "us-east-1:4a1b0000-0000-4000-8000-000000000001",
        },
        None,
    ),
    "a role with an API key": (
        {"userArn": "arn:aws:sts::111122223333:assumed-role/batch/job-8", "apiKeyId": "k1x2y3"},
        None,
    ),
}
LOGGED = [
    {"userArn": "arn:aws:sts::111122223333:assumed-role/crm/job-7"},
    {"principalId": "agent-7"},
    {"sub": "0b9c5a3e-0000-4000-8000-000000000001"},
    {
        "userArn": "arn:aws:sts::111122223333:assumed-role/pool/CognitoIdentityCredentials",
        "cognitoIdentityId": "us-east-1:4a1b0000-0000-4000-8000-000000000001",
    },
    {"userArn": "arn:aws:sts::111122223333:assumed-role/batch/job-8", "apiKeyId": "k1x2y3"},
]


def events(contact_id: str) -> list[Event]:
    """Each caller's update of the contact."""
    body = {"InstanceId": INSTANCE_ID, "InitialContactId": contact_id}
    return [
        called_by(attributes_event({**body, "Attributes": {"by": name}}), identity, authorizer)
        for name, (identity, authorizer) in CALLERS.items()
    ]


def callers_of(contact_id: str, endpoint_lines: list[Line], consumer_lines: list[Line]) -> list[dict[str, str]]:
    """Who changed the contact, in order: an operator would ask CloudWatch Logs Insights."""
    if not consumer_lines:
        changes = [line for line in endpoint_lines if line["contactId"] == contact_id and line["outcome"] == "Updated"]
        return [line["caller"] for line in changes]
    by_update_id = {line["updateId"]: line["caller"] for line in endpoint_lines if "updateId" in line}
    changes = [line for line in consumer_lines if line["contactId"] == contact_id and line["outcome"] == "Updated"]
    return [by_update_id[line["updateId"]] for line in changes]


def test_endpoint_alone_tells_who_changed_a_contact(endpoint_at: EndpointAt, connect: Connect) -> None:
    endpoint = endpoint_at(connect.url)
    lines = [send(endpoint, event).log for event in [*events(CONTACT_ID), *events(OTHER_CONTACT)]]

    assert callers_of(CONTACT_ID, lines, []) == LOGGED
    # This contact does not exist.
    assert callers_of(OTHER_CONTACT, lines, []) == []


def test_endpoint_and_queue_together_tell_who_changed_a_contact() -> None:
    rig = Rig()
    rig.state.create_contact(contact_id=OTHER_CONTACT)
    endpoint = rig.endpoint()
    refused = called_by(contact_event({"Name": 5}), {"userArn": "arn:aws:iam::111122223333:user/clumsy"})
    lines = [send(endpoint, event).log for event in [*events(CONTACT_ID), refused, *events(OTHER_CONTACT)]]

    consumer_lines = rig.deliver().logs

    assert callers_of(CONTACT_ID, lines, consumer_lines) == LOGGED
    assert callers_of(OTHER_CONTACT, lines, consumer_lines) == LOGGED
    assert "job-7" not in json.dumps(consumer_lines)


def test_update_whose_acceptance_was_lost_is_known_by_its_caller_too() -> None:
    # Given: the queue has the update, but its confirmation is lost
    rig = Rig()
    endpoint = rig.endpoint()

    def lose_the_answer(_: str) -> None:
        raise TimeoutError

    rig.queue_client.trouble_after = lose_the_answer
    outcome = send(endpoint, events(CONTACT_ID)[0])
    rig.queue_client.trouble_after = lambda _: None
    assert outcome.status == 500

    assert callers_of(CONTACT_ID, [outcome.log], rig.deliver().logs) == LOGGED[:1]


@pytest.mark.parametrize("name", CALLERS)
def test_refused_caller_is_named(endpoint_at: EndpointAt, connect: Connect, name: str) -> None:
    identity, authorizer = CALLERS[name]
    endpoint: Endpoint = endpoint_at(connect.url)

    line = send(endpoint, called_by(contact_event({"Name": 5}), identity, authorizer)).log

    assert line["outcome"] == "InvalidRequestException"
    assert line["caller"] == LOGGED[list(CALLERS).index(name)]
