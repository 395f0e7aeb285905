"""Amazon Connect's own texts: the caller gets them, cut to a length, unless they name an ARN or an account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contact_updates import connect_target
from tests.handler.conftest import EndpointAt
from tests.handler.proxy import contact_event, send
from tests.handler.scripted_upstream import ScriptedUpstream, http, typed

# Texts of Amazon Connect, and a value of the request.
ECHOES = {
    "no echo": ("Contact not found", "a"),
    "a word": ("Attribute Tier must not be gold.", "gold"),
    "in other letters": ("Invalid value: Zo\u00eb", "Zoe\u0308"),
    "cut off": ("Text too long: 'a-very-long-reference-val...'", "a-very-long-reference-value-of-mine"),
    "emoji": ("Invalid value: 😀", "😀"),
    "punctuation": ("Invalid value: ?!", "?!"),
    "a truncated number": ("Invalid value: 48151...", "481516"),
    "JSON's escapes": (r"Invalid value: \u0067old", "gold"),
    "base64": ("Invalid value: Z29sZA==", "gold"),
    "a number that is no account": ("Order 1111222233334 is unknown.", "gold"),
    "a contact's id": ("Contact 87654321-4321-4321-4321-210987654321 has ended.", "gold"),
    "a word that ends like one": ("Learn: quota is 32768 bytes.", "gold"),
}


@pytest.mark.parametrize(("message", "value"), ECHOES.values(), ids=ECHOES)
def test_caller_gets_amazon_connects_own_text_and_nobody_else(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, message: str, value: str
) -> None:
    event = contact_event({"SegmentAttributes": {"s": {"ValueList": [{"ValueMap": {"t": {"ValueString": value}}}]}}})
    upstream.script(typed("400 Bad Request", "InvalidParameterException", message))
    outcome = send(endpoint_at(upstream.url), event)

    assert (outcome.status, outcome.error_type) == (400, "InvalidParameterException")
    assert outcome.message == message
    assert message not in outcome.printed
    assert json.dumps(message)[1:-1] not in outcome.printed


@pytest.mark.parametrize(
    "message",
    [
        "Role arn:aws:iam::1:role/x may not.",
        "'arn:aws-us-gov:connect:us-gov-west-1' is no instance.",
        "Resource:arn%3Aaws%3Aconnect may not.",
        "Account 111122223333 may not.",
        "Bucket logs-111122223333-us-east-1 is not there.",
        "x" * 990 + " 111122223333",
        "x" * 999 + "111122223333",
        "." * 996 + "arn:aws:iam::1:role/x",
    ],
)
def test_text_that_names_an_arn_or_an_account_is_withheld(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, message: str
) -> None:
    upstream.script(typed("400 Bad Request", "InvalidParameterException", message))
    outcome = send(endpoint_at(upstream.url), contact_event())

    assert outcome.message == (
        "Amazon Connect answered InvalidParameterException; its text is withheld because it names an ARN or an account."
    )
    assert outcome.log["upstreamError"] == "InvalidParameterException"


def test_what_is_cut_off_need_not_be_withheld(endpoint_at: EndpointAt, upstream: ScriptedUpstream) -> None:
    upstream.script(typed("400 Bad Request", "InvalidParameterException", "x" * 5_000 + " arn:aws:connect"))

    assert send(endpoint_at(upstream.url), contact_event()).message == "x" * 1_000


@pytest.mark.parametrize("part", ["x", "1", "1 ", "a-", "arn", "😀"])
def test_text_of_any_length_is_bounded_and_costs_nothing(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    # Given: a text of 6 MB, and a record of how much the handler searches
    looked_at = []

    class Pattern:
        def search(self, text: str) -> None:
            looked_at.append(len(text))

    monkeypatch.setattr(connect_target, "_ACCOUNT_DETAIL", Pattern())
    text = part * (6_000_000 // len(part.encode()))
    upstream.script(typed("400 Bad Request", "InvalidParameterException", text))

    outcome = send(endpoint_at(upstream.url), contact_event({"Description": part * 4}))

    assert outcome.message == text[:1_000]
    assert len(outcome.answer["body"]) < 30_000
    assert len(looked_at) == 1
    assert looked_at[0] < 1_100


def test_endpoints_own_not_found_differs_from_what_it_says_for_amazon_connect(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream
) -> None:
    # `connect-constructs verify` recognizes by the text whether Amazon Connect was called.
    own = send(endpoint_at(upstream.url), contact_event(instance="another"))
    assert own.error_type == "ResourceNotFoundException"

    for message in ("", "Contact not found", "arn:aws:connect"):
        upstream.script(typed("404 Not Found", "ResourceNotFoundException", message))
        passed_on = send(endpoint_at(upstream.url), contact_event())

        assert passed_on.error_type == "ResourceNotFoundException"
        assert passed_on.message != own.message


@pytest.mark.parametrize("body", ["", "{}", '{"Message": ""}', '{"Message": null}', '{"Message": ["gold"]}'])
def test_error_without_a_message_gets_one(endpoint_at: EndpointAt, upstream: ScriptedUpstream, body: Any) -> None:
    answer = http("409 Conflict", body, "x-amzn-ErrorType: ConflictException")
    upstream.script(answer)
    outcome = send(endpoint_at(upstream.url), contact_event())

    assert (outcome.status, outcome.error_type) == (409, "ConflictException")
    assert outcome.message == "Amazon Connect answered ConflictException."
