"""What callers may write: the endpoint says so, and an authorizer can narrow it for one caller."""

from __future__ import annotations

from typing import Any

import pytest

from contact_updates.endpoint.endpoint import Endpoint
from tests.handler.conftest import Connect, EndpointAt
from tests.handler.proxy import (
    CONTACT_ID,
    INSTANCE_ID,
    Event,
    Outcome,
    attributes_event,
    called_by,
    contact_event,
    send,
)
from tests.handler.scripted_upstream import ScriptedUpstream, http

# A word that occurs nowhere else.
SECRET = "zq7canary7qz"

TICKET = {"Type": "URL", "Value": "https://tickets.example.com/1"}
# Each member of UpdateContact, with one key if it has keys.
MEMBERS: dict[str, Any] = {
    "Name": "A name",
    "Description": "A description",
    "References": {"Ticket": TICKET},
    "SegmentAttributes": {"connect:Subtype": {"ValueString": "connect:Guide"}},
    "QueueInfo": {"Id": "q"},
    "UserInfo": {"UserId": "u"},
    "CustomerEndpoint": {"Address": "a"},
    "SystemEndpoint": {"Address": "a"},
    "AdditionalRecipients": {"CcEmailAddresses": [{"EmailAddress": "a@example.com"}]},
}


def attributes(*keys: str) -> Event:
    values = dict.fromkeys(keys, SECRET)
    return attributes_event({"InstanceId": INSTANCE_ID, "InitialContactId": CONTACT_ID, "Attributes": values})


def names(*allowed: str) -> frozenset[str]:
    return frozenset(allowed)


def assert_refused(outcome: Outcome, message: str) -> None:
    assert (outcome.status, outcome.error_type) == (403, "AccessDeniedException")
    assert outcome.message == message
    assert outcome.log["attempts"] == 0
    assert SECRET not in outcome.everything_said


@pytest.mark.parametrize("member", MEMBERS)
def test_each_member_is_written_only_where_it_is_allowed(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, member: str
) -> None:
    upstream.script(http("200 OK"))
    event = contact_event({member: MEMBERS[member]})

    assert send(endpoint_at(upstream.url, allowed_members=names(member)), event).status == 200
    assert len(upstream.requests) == 1
    refused = send(endpoint_at(upstream.url, allowed_members=names(*MEMBERS) - {member}), event)
    others = ", ".join(sorted(MEMBERS.keys() - {member}))
    assert_refused(refused, f"This endpoint does not write 1 of the members that were sent. It writes: {others}.")
    assert len(upstream.requests) == 1


def test_keys_of_a_member_can_be_allowed_alone(endpoint_at: EndpointAt, connect: Connect) -> None:
    allowed = names("Name", "References.Ticket", "References.Ticket no. 2", "SegmentAttributes.connect:Subtype")
    endpoint = endpoint_at(connect.url, allowed_members=allowed)
    references = {"Ticket": TICKET, "Ticket no. 2": TICKET}

    accepted = send(endpoint, contact_event({"Name": "A name", "References": references}))
    refused = send(
        endpoint,
        contact_event(
            {
                "References": {**references, SECRET: TICKET, "ticket": TICKET, "Ticket.x": TICKET, " Ticket": TICKET},
                "SegmentAttributes": {"connect:Subtype": {"ValueString": SECRET}, "Subtype": {"ValueString": SECRET}},
                "Description": SECRET,
            }
        ),
    )

    assert accepted.status == 200
    assert connect.contact(CONTACT_ID)["References"] == references
    # Keys with blanks are no identifiers of a program, and may hold anything.
    assert_refused(
        refused,
        "This endpoint does not write 6 of the members that were sent. It writes: Name, References.Ticket, "
        "SegmentAttributes.connect:Subtype, 1 not named here.",
    )


@pytest.mark.parametrize("member", ["References", "SegmentAttributes", "QueueInfo"])
def test_member_without_keys_needs_the_whole_member(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, member: str
) -> None:
    # What Amazon Connect makes of it is not documented.
    upstream.script(http("200 OK"))
    event = contact_event({member: {}})

    assert send(endpoint_at(upstream.url, allowed_members=names(member)), event).status == 200
    assert_refused(
        send(endpoint_at(upstream.url, allowed_members=names(f"{member}.Id")), event),
        f"This endpoint does not write 1 of the members that were sent. It writes: {member}.Id.",
    )


def test_no_member_is_allowed_by_an_empty_list(endpoint_at: EndpointAt, upstream: ScriptedUpstream) -> None:
    assert_refused(
        send(endpoint_at(upstream.url, allowed_members=names()), contact_event()),
        "This endpoint does not write 1 of the members that were sent. It writes: none.",
    )


def test_allowed_members_leave_attributes_alone(endpoint_at: EndpointAt, connect: Connect) -> None:
    assert send(endpoint_at(connect.url, allowed_members=names()), attributes_event()).status == 200


def test_invalid_update_is_refused_as_such_first(endpoint_at: EndpointAt, upstream: ScriptedUpstream) -> None:
    outcome = send(endpoint_at(upstream.url, allowed_members=names()), contact_event({"Name": 5}))

    assert (outcome.status, outcome.message) == (400, "Name: expected a string, got a number")


@pytest.fixture
def endpoint(endpoint_at: EndpointAt, upstream: ScriptedUpstream) -> Endpoint:
    upstream.script(http("200 OK"))
    return endpoint_at(
        upstream.url, allowed_attributes=names("a", "b"), allowed_members=names("Name", "References", "QueueInfo.Id")
    )


@pytest.mark.parametrize(
    ("event", "context", "writes"),
    [
        (attributes("a", "b"), {}, None),
        (attributes("a", "b"), {"allowedAttributes": "a,b"}, None),
        (attributes("a", "b"), {"allowedAttributes": " b , a,"}, None),
        (attributes("a"), {"allowedAttributes": "a"}, None),
        (attributes("a"), {"allowedAttributes": "b"}, "b"),
        # It narrows, and never widens.
        (attributes("c"), {"allowedAttributes": "a,b,c"}, "a, b"),
        (attributes("c"), {"allowedAttributes": "c"}, "none"),
        (attributes("a"), {"allowedAttributes": ""}, "none"),
        (attributes("a"), {"allowedAttributes": "A"}, "none"),
        (attributes("a"), {"allowedMembers": ""}, None),
        # API Gateway passes numbers and booleans on as text.
        (attributes("a"), {"allowedAttributes": "true"}, "none"),
        (contact_event({"Name": SECRET}), {}, None),
        (contact_event({"Name": SECRET}), {"allowedMembers": "Name"}, None),
        (contact_event({"Name": SECRET}), {"allowedAttributes": ""}, None),
        (contact_event({"Name": SECRET}), {"allowedMembers": "References"}, "References"),
        (contact_event({"Description": SECRET}), {"allowedMembers": "Name,Description"}, "Name"),
        (contact_event({"Name": SECRET}), {"allowedMembers": ""}, "none"),
        (contact_event({"References": {"Ticket": TICKET}}), {"allowedMembers": "References.Ticket"}, None),
        (
            contact_event({"References": {"Other": TICKET}}),
            {"allowedMembers": f"References.Ticket,References.A {SECRET},SegmentAttributes"},
            "References.Ticket, 1 not named here",
        ),
        (contact_event({"QueueInfo": {"Id": "q"}}), {"allowedMembers": "QueueInfo"}, None),
        (contact_event({"QueueInfo": {}}), {"allowedMembers": "QueueInfo"}, "QueueInfo.Id"),
    ],
)
def test_authorizer_narrows_what_its_caller_may_write(
    endpoint: Endpoint, upstream: ScriptedUpstream, event: Event, context: dict[str, str], writes: str | None
) -> None:
    outcome = send(endpoint, called_by(event, authorizer=context))

    if writes is None:
        assert outcome.status == 200
        assert len(upstream.requests) == 1
    else:
        what = "attributes" if "attributes" in event["resource"] else "members"
        message = f"This endpoint does not write 1 of the {what} that were sent. It writes: {writes}."
        assert_refused(outcome, message)
        assert upstream.requests == []


def test_authorizer_limits_its_caller_where_the_endpoint_does_not(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream
) -> None:
    upstream.script(http("200 OK"))
    endpoint = endpoint_at(upstream.url)
    context = {"allowedAttributes": "a", "allowedMembers": "Name"}

    assert send(endpoint, called_by(attributes("a"), authorizer=context)).status == 200
    assert send(endpoint, called_by(attributes("b"), authorizer=context)).status == 403
    assert send(endpoint, called_by(contact_event({"Name": "A name"}), authorizer=context)).status == 200
    assert send(endpoint, called_by(contact_event({"Description": "x"}), authorizer=context)).status == 403


@pytest.mark.parametrize("malformed", [None, True, 5, ["a", "Name"], {"a": "Name"}])
@pytest.mark.parametrize(
    ("event", "key"), [(attributes("a"), "allowedAttributes"), (contact_event({"Name": SECRET}), "allowedMembers")]
)
def test_malformed_limit_is_refused_and_not_ignored(
    endpoint: Endpoint, upstream: ScriptedUpstream, event: Event, key: str, malformed: Any
) -> None:
    outcome = send(endpoint, called_by(event, authorizer={key: malformed}))

    assert_refused(outcome, f"The authorizer's {key} is not text.")
    assert upstream.requests == []


def test_claims_of_a_user_pool_are_no_limits(endpoint: Endpoint) -> None:
    # Users may be able to change attributes of their own.
    claims = {"claims": {"allowedAttributes": "", "allowedMembers": ""}}

    assert send(endpoint, called_by(attributes("a"), authorizer=claims)).status == 200
