"""An authorizer can say in its context which contacts the caller may update."""

from __future__ import annotations

from typing import Any

import pytest

from contact_updates.endpoint.endpoint import Endpoint
from tests.handler.conftest import EndpointAt
from tests.handler.proxy import CONTACT_ID, Event, attributes_event, contact_event, send
from tests.handler.scripted_upstream import ScriptedUpstream, http


@pytest.fixture
def endpoint(endpoint_at: EndpointAt, upstream: ScriptedUpstream) -> Endpoint:
    upstream.script(http("200 OK"))
    return endpoint_at(upstream.url)


def with_authorizer(event: Event, context: Any) -> Event:
    return {**event, "requestContext": {"authorizer": context}}


@pytest.mark.parametrize("event", [attributes_event(), contact_event()], ids=["attributes", "details"])
@pytest.mark.parametrize(
    ("context", "status"),
    [
        (None, 200),
        ({}, 200),
        ({"principalId": "agent-7"}, 200),
        ({"contactIds": CONTACT_ID}, 200),
        ({"contactIds": f"another, {CONTACT_ID}"}, 200),
        ({"contactIds": "another"}, 403),
        ({"contactIds": CONTACT_ID[:-1]}, 403),
        ({"contactIds": f"{CONTACT_ID}x"}, 403),
        ({"contactIds": ""}, 403),
        ({"contactIds": None}, 403),
    ],
)
def test_only_the_contacts_of_the_token_are_updated(
    endpoint: Endpoint, upstream: ScriptedUpstream, event: Event, context: Any, status: int
) -> None:
    outcome = send(endpoint, with_authorizer(event, context))

    assert outcome.status == status
    assert len(upstream.requests) == (1 if status == 200 else 0)
    if status == 403:
        assert outcome.error_type == "AccessDeniedException"
