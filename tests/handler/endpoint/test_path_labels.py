"""Labels of the path are percent-decoded exactly once, and never resolved as parts of a path."""

from __future__ import annotations

from typing import Any

import pytest

from contact_updates.endpoint.endpoint import Endpoint
from tests.handler.conftest import EndpointAt
from tests.handler.proxy import CONTACT_ID, INSTANCE_ID, Event, contact_event, send
from tests.handler.scripted_upstream import ScriptedUpstream, http

OK = http("200 OK")


def with_contact(label: Any) -> Event:
    return contact_event(pathParameters={"InstanceId": INSTANCE_ID, "ContactId": label})


@pytest.mark.parametrize(
    ("label", "sent"),
    [
        (CONTACT_ID, CONTACT_ID),
        ("a%2Fb", "a%2Fb"),
        ("a%2fb", "a%2Fb"),
        ("a%252Fb", "a%252Fb"),
        ("50%25", "50%25"),
        ("%2E%2E%2Fother", "..%2Fother"),
        ("%252E%252E", "%252E%252E"),
        ("a+b", "a%2Bb"),
        ("a%20b", "a%20b"),
        ("a%3Fb%23c", "a%3Fb%23c"),
        ("Z%C3%BCrich", "Z%C3%BCrich"),
        ("Zürich", "Z%C3%BCrich"),
        ("%", "%25"),
        ("%zz", "%25zz"),
        ("...", "..."),
        ("a%0Ab", "a%0Ab"),
    ],
)
def test_decodes_a_label_once(endpoint_at: EndpointAt, upstream: ScriptedUpstream, label: str, sent: str) -> None:
    upstream.script(OK)
    outcome = send(endpoint_at(upstream.url), with_contact(label))

    assert outcome.status == 200
    assert upstream.requests[0].split(b" ")[1].decode() == f"/contacts/{INSTANCE_ID}/{sent}"


@pytest.mark.parametrize("label", [".", "..", "%2E", "%2e%2E", ".%2e"])
def test_dot_segments_are_not_found_and_amazon_connect_not_asked(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, label: str
) -> None:
    upstream.script(OK)
    outcome = send(endpoint_at(upstream.url), with_contact(label))

    assert (outcome.status, outcome.error_type) == (404, "ResourceNotFoundException")
    assert outcome.log["attempts"] == 0
    assert upstream.requests == []


@pytest.fixture
def endpoint(endpoint_at: EndpointAt) -> Endpoint:
    """An endpoint that must not call Amazon Connect: nothing listens on port 1."""
    return endpoint_at("http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("%FF", "ContactId: expected percent-encoded UTF-8"),
        ("%C3", "ContactId: expected percent-encoded UTF-8"),
        ("%ED%A0%80", "ContactId: expected percent-encoded UTF-8"),
        ("\ud800", "ContactId: expected percent-encoded UTF-8"),
        ("", "ContactId: expected at least 1 characters, got 0"),
        ("c" * 257, "ContactId: expected at most 256 characters, got 257"),
        (None, "ContactId: required, but missing"),
        (5, "ContactId: required, but missing"),
        ([CONTACT_ID], "ContactId: required, but missing"),
    ],
)
def test_names_what_is_wrong_with_a_label(endpoint: Endpoint, label: Any, expected: str) -> None:
    outcome = send(endpoint, with_contact(label))

    assert (outcome.status, outcome.error_type) == (400, "InvalidRequestException")
    assert outcome.message == expected
    assert outcome.log["contactId"] is None
    assert outcome.log["attempts"] == 0


def test_length_of_a_label_is_that_of_its_decoded_text(endpoint_at: EndpointAt, upstream: ScriptedUpstream) -> None:
    upstream.script(OK)
    assert send(endpoint_at(upstream.url), with_contact("%C3%BC" * 256)).status == 200


@pytest.mark.parametrize("labels", [None, {}, [], "x", 5])
def test_missing_labels_are_violations(endpoint: Endpoint, labels: Any) -> None:
    outcome = send(endpoint, contact_event(pathParameters=labels))

    assert outcome.message == "InstanceId: required, but missing; ContactId: required, but missing"


@pytest.mark.parametrize("label", ["InstanceId", "ContactId"])
def test_a_label_does_not_belong_into_the_body(endpoint: Endpoint, label: str) -> None:
    outcome = send(endpoint, contact_event({label: INSTANCE_ID, "Name": "n"}))

    assert (outcome.status, outcome.error_type) == (400, "InvalidRequestException")
    assert outcome.message == f"{label}: belongs in the path, not in the body"


def test_labels_in_the_body_and_other_violations_are_named_together(endpoint: Endpoint) -> None:
    outcome = send(endpoint, contact_event({"InstanceId": "x", "ContactId": "y", "Name": 5}))

    for violation in (
        "InstanceId: belongs in the path, not in the body",
        "ContactId: belongs in the path, not in the body",
        "Name: expected a string, got a number",
    ):
        assert violation in outcome.message
