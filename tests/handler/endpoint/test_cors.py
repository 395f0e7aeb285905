"""CORS headers on answers, for successes and errors alike."""

from __future__ import annotations

from typing import Any

import pytest

from contact_updates.endpoint.endpoint import Endpoint
from tests.handler.conftest import EndpointAt
from tests.handler.proxy import Event, contact_event, send
from tests.handler.scripted_upstream import ScriptedUpstream, http

AGENTS, ADMIN, EVIL = "https://agents.example.com", "https://admin.example.com", "https://evil.example"
EXPOSED = "Retry-After,Update-Id,x-amzn-ErrorType,x-amzn-RequestId"


def cors_headers(endpoint: Endpoint, event: Event) -> dict[str, str]:
    headers = send(endpoint, event).headers
    return {name: value for name, value in headers.items() if name.startswith("Access-Control-") or name == "Vary"}


def from_origin(origin: Any, body: Any = None, name: str = "Origin") -> Event:
    return contact_event(body, headers={"Content-Type": "application/json", name: origin})


@pytest.fixture(params=[None, {"Name": 5}], ids=["success", "error"])
def body(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize(
    ("allowed", "origin", "expected"),
    [
        (set(), AGENTS, {}),
        ({AGENTS}, AGENTS, {"Access-Control-Allow-Origin": AGENTS, "Vary": "Origin"}),
        ({AGENTS, ADMIN}, AGENTS, {"Access-Control-Allow-Origin": AGENTS, "Vary": "Origin"}),
        ({AGENTS, ADMIN}, ADMIN, {"Access-Control-Allow-Origin": ADMIN, "Vary": "Origin"}),
        ({AGENTS, ADMIN}, EVIL, {"Vary": "Origin"}),
        ({AGENTS}, AGENTS + ".evil.example", {"Vary": "Origin"}),
        ({AGENTS}, "null", {"Vary": "Origin"}),
        ({AGENTS}, None, {"Vary": "Origin"}),
        ({AGENTS}, [AGENTS], {"Vary": "Origin"}),
        ({"*"}, EVIL, {"Access-Control-Allow-Origin": "*"}),
        ({"*"}, None, {"Access-Control-Allow-Origin": "*"}),
    ],
)
def test_allows_the_configured_origins(
    endpoint_at: EndpointAt,
    upstream: ScriptedUpstream,
    body: Any,
    allowed: set[str],
    origin: Any,
    expected: dict[str, str],
) -> None:
    upstream.script(http("200 OK"))
    endpoint = endpoint_at(upstream.url, allow_origins=frozenset(allowed))
    headers = cors_headers(endpoint, from_origin(origin, body))

    if "Access-Control-Allow-Origin" in expected:
        # Scripts can read only the exposed headers of an answer.
        expected = {**expected, "Access-Control-Expose-Headers": EXPOSED}
    assert headers == expected


@pytest.mark.parametrize("name", ["origin", "ORIGIN"])
def test_finds_the_origin_however_its_name_is_spelled(endpoint_at: EndpointAt, name: str) -> None:
    endpoint = endpoint_at("http://127.0.0.1:1", allow_origins=frozenset({AGENTS}))

    headers = cors_headers(endpoint, from_origin(AGENTS, {"Name": 5}, name))

    assert headers["Access-Control-Allow-Origin"] == AGENTS


def test_headers_are_there_on_answers_to_unknown_operations(endpoint_at: EndpointAt) -> None:
    endpoint = endpoint_at("http://127.0.0.1:1", allow_origins=frozenset({AGENTS}))

    headers = cors_headers(endpoint, {**from_origin(AGENTS), "resource": "/other"})

    assert headers["Access-Control-Allow-Origin"] == AGENTS


@pytest.mark.parametrize("headers", [{"Content-Type": "application/json"}, {}], ids=["preflighted", "simple"])
def test_page_of_another_origin_changes_nothing(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, headers: dict[str, str]
) -> None:
    endpoint = endpoint_at(upstream.url, allow_origins=frozenset({AGENTS}))

    outcome = send(endpoint, contact_event(headers={**headers, "Origin": EVIL}))

    assert (outcome.status, outcome.error_type) == (403, "AccessDeniedException")
    assert upstream.requests == []
