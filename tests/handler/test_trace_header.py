"""The trace of AWS X-Ray goes with an update through the queue; nothing else of a header does."""

from __future__ import annotations

import os

import pytest

from connect_constructs.local.faults import documented_error
from tests.handler.conftest import Connect, EndpointAt
from tests.handler.proxy import CONTACT_ID, attributes_event, send
from tests.handler.queue_fakes import client_error
from tests.handler.queue_rig import Rig
from tests.handler.scripted_upstream import ScriptedUpstream, http

VARIABLE = "_X_AMZN_TRACE_ID"
TRACE_ID = "1-5759e988-bd862e3fe1be46a994272793"
HEADER = f"Root={TRACE_ID};Parent=557abcec3ee5a047;Sampled=1"

# A word that nothing else says.
SECRET = "zq7canary7qz"

WELL_FORMED = [
    HEADER,
    f"Root={TRACE_ID}",
    f"Root={TRACE_ID};Sampled=?",
    f"{HEADER};Lineage=a87bd80c:0|68fd508a:5",
    f"{HEADER};Lineage=1:a87bd80c:0",
]
MALFORMED = [
    "",
    SECRET,
    f"{HEADER};{SECRET}",
    f"{HEADER};Name={SECRET}",
    f"{HEADER}\n",
    f"{HEADER};Lineage={SECRET}",
    f"Name={SECRET};{HEADER}",
    f"Root={TRACE_ID}{SECRET}",
    f"Root={SECRET}",
    "Parent=557abcec3ee5a047;Sampled=1",
    f"{HEADER};Lineage=" + "a" * 201,
    HEADER.replace("5759e988", "5759e98\u0668"),
]


@pytest.mark.parametrize("header", WELL_FORMED)
def test_trace_goes_with_the_update_through_the_queue_and_is_in_both_log_lines(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    # Given: the header of the endpoint's invocation, and another one of the consumer's
    monkeypatch.setenv(VARIABLE, header)
    accepted = send(rig.endpoint(), attributes_event())
    monkeypatch.setenv(VARIABLE, HEADER.replace("5759e988", "6759e988"))

    delivery = rig.deliver()

    assert delivery.records[0]["attributes"]["AWSTraceHeader"] == header
    assert accepted.log["traceId"] == delivery.logs[0]["traceId"] == TRACE_ID


@pytest.mark.parametrize("header", MALFORMED)
def test_malformed_trace_header_is_dropped_by_the_endpoint(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    monkeypatch.setenv(VARIABLE, header)
    accepted = send(rig.endpoint(), attributes_event())

    delivery = rig.deliver()

    assert accepted.status == 202
    assert "AWSTraceHeader" not in delivery.records[0]["attributes"]
    assert "traceId" not in accepted.log
    assert "traceId" not in delivery.logs[0]
    assert SECRET not in accepted.everything_said + delivery.printed
    # botocore does not find it either.
    assert VARIABLE not in os.environ


@pytest.mark.parametrize("header", MALFORMED)
def test_malformed_trace_header_of_a_direct_producer_is_dropped_by_the_consumer(rig: Rig, header: str) -> None:
    rig.details({"Name": "N"})
    rig.queue.messages[0].trace_header = header
    rig.fail_for(CONTACT_ID, client_error(documented_error("InvalidParameterException")))

    delivery = rig.deliver()

    assert delivery.outcomes == ["Rejected"]
    assert "traceId" not in delivery.logs[0]
    assert SECRET not in delivery.printed
    assert rig.dead_letters.messages[0].trace_header is None


def test_dead_letter_has_the_trace_of_its_update(rig: Rig) -> None:
    rig.details({"Name": "N"})
    rig.queue.messages[0].trace_header = HEADER
    rig.fail_for(CONTACT_ID, client_error(documented_error("InvalidParameterException")))

    rig.deliver()

    assert rig.dead_letters.messages[0].trace_header == HEADER


def test_update_without_a_trace_has_none(rig: Rig) -> None:
    accepted = send(rig.endpoint(), attributes_event())

    assert "traceId" not in accepted.log
    assert rig.queue.messages[0].trace_header is None


@pytest.mark.parametrize("header", [HEADER, *MALFORMED])
def test_consumer_drops_a_malformed_header_of_its_own_invocation(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    monkeypatch.setenv(VARIABLE, header)
    rig.attributes({"a": "1"})

    rig.deliver()

    assert os.environ.get(VARIABLE) == (header if header == HEADER else None)


@pytest.mark.parametrize(("header", "travels"), [(HEADER, True), (f"{HEADER};Name={SECRET}", False)])
def test_request_to_amazon_connect_carries_a_well_formed_trace_only(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, header: str, travels: bool
) -> None:
    # botocore sends the variable along with each request of a function.
    upstream.script(http("200 OK", "{}"))
    endpoint = endpoint_at(upstream.url)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "contact-updates")
    monkeypatch.setenv(VARIABLE, header)

    assert send(endpoint, attributes_event()).status == 200

    (request,) = upstream.requests
    assert (b"X-Amzn-Trace-Id" in request) == travels
    assert SECRET.encode() not in request


def test_trace_id_is_in_the_line_of_an_endpoint_without_a_queue(
    endpoint_at: EndpointAt, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, HEADER)

    assert send(endpoint_at(connect.url), attributes_event()).log["traceId"] == TRACE_ID
