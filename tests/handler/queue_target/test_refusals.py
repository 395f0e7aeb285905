"""An update that could never be applied is not accepted."""

from __future__ import annotations

import pytest

from tests.handler.proxy import INSTANCE_ARN, Event, attributes_event, called_by, contact_event, send
from tests.handler.queue_fakes import SqsClient
from tests.handler.queue_target.calls import attributes, endpoint_before
from tests.sqs_fifo import FifoQueue

# A word that occurs nowhere else.
SECRET = "zq7canary7qz"

REJECTED: dict[str, tuple[Event, int, str]] = {
    "no JSON": (attributes_event("{"), 400, "InvalidRequestException"),
    "a member that is missing": (attributes_event({}), 400, "InvalidRequestException"),
    "a wrong type": (contact_event({"Name": 7}), 400, "InvalidRequestException"),
    "nothing to update": (contact_event({}), 400, "InvalidRequestException"),
    "an unknown member": (contact_event({"Nome": SECRET}), 400, "InvalidRequestException"),
    "too large attributes": (attributes({"a": "x" * 32_768}), 400, "InvalidRequestException"),
    "a contact of no length": (attributes({"a": "1"}, ""), 400, "InvalidRequestException"),
    "a foreign instance": (contact_event(instance="another"), 404, "ResourceNotFoundException"),
    "a foreign instance's ARN": (
        contact_event(instance=INSTANCE_ARN.replace("us-east-1", "eu-west-2")),
        404,
        "ResourceNotFoundException",
    ),
    "a dot": (contact_event(contact="."), 404, "ResourceNotFoundException"),
    "two dots": (attributes({"a": "1"}, ".."), 404, "ResourceNotFoundException"),
    "attributes that are not allowed": (attributes({"a": SECRET, "b": SECRET}), 403, "AccessDeniedException"),
    "a member that is not allowed": (
        contact_event({"Name": "A name", "Description": SECRET}),
        403,
        "AccessDeniedException",
    ),
    "an attribute that the token does not have": (
        called_by(attributes({"a": SECRET}), authorizer={"allowedAttributes": "Tier"}),
        403,
        "AccessDeniedException",
    ),
    "a member that the token does not have": (
        called_by(contact_event({"Name": SECRET}), authorizer={"allowedMembers": "Description"}),
        403,
        "AccessDeniedException",
    ),
    "a contact that the token does not have": (
        {**contact_event(), "requestContext": {"authorizer": {"contactIds": "another"}}},
        403,
        "AccessDeniedException",
    ),
    "an origin that may not call": (attributes({"a": "1"}, Origin="https://x.example"), 403, "AccessDeniedException"),
    "another media type": (
        attributes_event(headers={"Content-Type": "text/plain"}),
        415,
        "UnsupportedMediaTypeException",
    ),
    "an unknown operation": (attributes_event(resource="/else"), 404, "UnknownOperationException"),
}


@pytest.mark.parametrize(("event", "status", "error_type"), REJECTED.values(), ids=REJECTED)
def test_what_would_never_be_made_is_not_accepted(
    queue: FifoQueue, client: SqsClient, event: Event, status: int, error_type: str
) -> None:
    endpoint = endpoint_before(
        client,
        allowed_attributes=frozenset({"a", "Tier"}),
        allowed_members=frozenset({"Name"}),
        allow_origins=frozenset({"https://agents.example.com"}),
    )

    outcome = send(endpoint, event)

    assert (outcome.status, outcome.error_type) == (status, error_type)
    assert queue.messages == []
    assert "Update-Id" not in outcome.headers
    assert "updateId" not in outcome.log
    assert outcome.log["attempts"] == 0
    assert SECRET not in outcome.everything_said
