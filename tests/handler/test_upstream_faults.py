"""Responses that the in-memory Amazon Connect cannot give, scripted byte for byte.

What is the caller told, and how often is Amazon Connect asked?
"""

from __future__ import annotations

import socket

import pytest

from contact_updates.aws_session import AwsSession
from contact_updates.connect_target import ConnectTarget, connect_client
from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.settings import EndpointSettings, Instance
from tests.handler.conftest import EndpointAt
from tests.handler.proxy import INSTANCE_ARN, LambdaContext, Outcome, attributes_event, contact_event, send
from tests.handler.scripted_upstream import ScriptedUpstream, http, typed

OK = http("200 OK")

RESET, SILENCE = ScriptedUpstream.RESET, ScriptedUpstream.SILENCE

HTML = "<html><body>arn:aws:connect:us-east-1:111122223333:instance/x is away</body></html>"


def assert_internal(outcome: Outcome) -> None:
    assert outcome.status == 500
    assert outcome.error == {
        "__type": "InternalServiceException",
        "message": "The update could not be made because of a fault in this service.",
        "Message": "The update could not be made because of a fault in this service.",
    }
    assert outcome.headers["x-amzn-ErrorType"] == "InternalServiceException"
    assert outcome.log["outcome"] == "InternalServiceException"
    assert outcome.log["status"] == 500


@pytest.mark.parametrize(
    ("answer", "logged"),
    [
        (typed("429 Too Many Requests", "ThrottlingException"), "ThrottlingException"),
        (typed("429 Too Many Requests", "TooManyRequestsException"), "TooManyRequestsException"),
        (typed("400 Bad Request", "ThrottlingException"), "ThrottlingException"),
        (http("429 Too Many Requests"), "429"),
        (http("429 Too Many Requests", HTML), "429"),
        (
            http("429 Too Many Requests", '{"__type": "com.amazonaws.connect#ThrottlingException"}'),
            "ThrottlingException",
        ),
    ],
)
def test_passes_a_throttle_on_at_once_whatever_its_shape(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, answer: bytes, logged: str
) -> None:
    upstream.script(answer)
    outcome = send(endpoint_at(upstream.url), attributes_event())

    assert (outcome.status, outcome.error_type) == (429, "ThrottlingException")
    assert outcome.headers["Retry-After"] == "1"
    assert len(upstream.requests) == 1
    assert (outcome.log["attempts"], outcome.log["upstreamError"]) == (1, logged)


@pytest.mark.parametrize(
    ("answer", "logged"),
    [
        (typed("500 Internal Server Error", "InternalServiceException"), "InternalServiceException"),
        (http("500 Internal Server Error"), "500"),
        (http("502 Bad Gateway", HTML), "502"),
        (http("503 Service Unavailable", HTML), "503"),
        (http("504 Gateway Timeout", '{"Message": "half'), "504"),
        (RESET, "ConnectionClosedError"),
        (SILENCE, "ReadTimeoutError"),
        (b"", "ConnectionClosedError"),
        (b"no HTTP at all\r\n\r\n", "ConnectionClosedError"),
    ],
)
def test_tries_again_once_on_a_fault_that_may_pass(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, answer: bytes, logged: str
) -> None:
    upstream.script(answer)
    outcome = send(endpoint_at(upstream.url), attributes_event())

    assert_internal(outcome)
    assert len(upstream.requests) == 2
    assert upstream.requests[0].partition(b"\r\n\r\n")[2] == upstream.requests[1].partition(b"\r\n\r\n")[2]
    assert (outcome.log["attempts"], outcome.log["upstreamError"]) == (2, logged)


@pytest.mark.parametrize(
    "first", [http("500 Internal Server Error"), http("503 Service Unavailable", HTML), RESET, SILENCE]
)
def test_succeeds_when_the_second_attempt_does(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, first: bytes
) -> None:
    upstream.script(first, http("200 OK", "", "x-amzn-RequestId: up-2"))
    outcome = send(endpoint_at(upstream.url), attributes_event())

    assert (outcome.status, outcome.answer["body"]) == (200, "")
    assert len(upstream.requests) == 2
    assert outcome.log["outcome"] == "Updated"
    assert (outcome.log["attempts"], outcome.log["upstreamRequestId"], outcome.log["upstreamError"]) == (
        2,
        "up-2",
        None,
    )


def test_gives_the_second_attempts_error(endpoint_at: EndpointAt, upstream: ScriptedUpstream) -> None:
    upstream.script(RESET, typed("404 Not Found", "ResourceNotFoundException"))
    outcome = send(endpoint_at(upstream.url), attributes_event())

    assert (outcome.status, outcome.error_type, outcome.message) == (404, "ResourceNotFoundException", "Words.")
    assert outcome.log["attempts"] == 2


def test_log_names_no_request_id_of_an_earlier_attempt(endpoint_at: EndpointAt, upstream: ScriptedUpstream) -> None:
    upstream.script(typed("500 Internal Server Error", "InternalServiceException"), RESET)
    outcome = send(endpoint_at(upstream.url), attributes_event())

    assert outcome.log["upstreamError"] == "ConnectionClosedError"
    assert outcome.log["upstreamRequestId"] is None


def test_unreachable_endpoint_is_tried_twice(endpoint_at: EndpointAt) -> None:
    # Given: a port that nothing listens on
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    outcome = send(endpoint_at(f"http://127.0.0.1:{port}"), attributes_event())

    assert_internal(outcome)
    assert (outcome.log["attempts"], outcome.log["upstreamError"]) == (2, "EndpointConnectionError")


@pytest.mark.parametrize(("remaining_ms", "attempts"), [(0, 1), (1999, 1), (2000, 2), (60_000, 2)])
@pytest.mark.parametrize("answer", [RESET, http("503 Service Unavailable")])
def test_second_attempt_is_made_only_if_its_timeouts_fit(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, answer: bytes, remaining_ms: int, attempts: int
) -> None:
    # The tests' timeouts are 1 s and 0.5 s; 0.5 s is reserved for the answer.
    upstream.script(answer)
    outcome = send(endpoint_at(upstream.url), attributes_event(), LambdaContext(remaining_ms=remaining_ms))

    assert_internal(outcome)
    assert len(upstream.requests) == outcome.log["attempts"] == attempts


@pytest.mark.parametrize(
    ("answer", "logged"),
    [
        (typed("403 Forbidden", "AccessDeniedException", "User: arn:aws:sts::111122223333:x"), "AccessDeniedException"),
        (typed("403 Forbidden", "ExpiredTokenException", "expired"), "ExpiredTokenException"),
        (typed("403 Forbidden", "UnrecognizedClientException"), "UnrecognizedClientException"),
        (typed("403 Forbidden", "InvalidSignatureException"), "InvalidSignatureException"),
        (typed("400 Bad Request", "NoSuchTypeKnownException"), "NoSuchTypeKnownException"),
        (http("404 Not Found", HTML), "404"),
        (http("418 I'm a teapot"), "418"),
        (http("302 Found", "", "Location: https://example.com/"), "302"),
        (typed("400 Bad Request", "not a type, but a secret"), "HTTP 400"),
    ],
)
def test_what_the_caller_cannot_act_on_is_an_internal_error_and_logged(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, answer: bytes, logged: str
) -> None:
    upstream.script(answer)
    outcome = send(endpoint_at(upstream.url), contact_event())

    assert_internal(outcome)
    assert len(upstream.requests) == 1
    assert outcome.log["upstreamError"] == logged
    assert "111122223333" not in outcome.everything_said


def test_missing_credentials_are_an_internal_error(monkeypatch: pytest.MonkeyPatch, upstream: ScriptedUpstream) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    upstream.script(OK)
    monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", upstream.url)
    endpoint = Endpoint(
        EndpointSettings(instance=Instance(INSTANCE_ARN)), ConnectTarget(connect_client(AwsSession(), "us-east-1"))
    )
    outcome = send(endpoint, attributes_event())

    assert_internal(outcome)
    assert upstream.requests == []
    assert outcome.log["upstreamError"] == "NoCredentialsError"


@pytest.mark.parametrize(
    "answer",
    [
        OK,
        http("200 OK", "{}"),
        http("202 Accepted"),
        b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Le",
    ],
)
def test_every_2xx_is_a_success(endpoint_at: EndpointAt, upstream: ScriptedUpstream, answer: bytes) -> None:
    upstream.script(answer)
    outcome = send(endpoint_at(upstream.url), contact_event())

    assert (outcome.status, outcome.answer["body"]) == (200, "")
    assert outcome.log["outcome"] == "Updated"


def test_success_whose_body_is_cut_off_is_a_success_in_the_end(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream
) -> None:
    # Newer versions of botocore accept the status. Up to 1.43, it counts as a broken connection, and the update is
    # retried, which changes nothing.
    upstream.script(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\n{}", OK)
    outcome = send(endpoint_at(upstream.url), contact_event())

    assert (outcome.status, outcome.log["outcome"]) == (200, "Updated")
    assert len(upstream.requests) == outcome.log["attempts"] <= 2


@pytest.mark.parametrize(
    "answer",
    [
        http("200 OK", HTML),
        http("200 OK", '{"half": '),
        http("200 OK", "null"),
        http("200 OK", "[]"),
        http("200 OK", '"text"'),
        http("200 OK", "5"),
        http("200 OK", b"\xff\xfe"),
        http("200 OK", "[" * 10_000),
        http("400 Bad Request", "null"),
        http("400 Bad Request", "[]"),
        http("400 Bad Request", '"text"'),
        http("400 Bad Request", "5"),
        http("400 Bad Request", b"\xff\xfe"),
        http("400 Bad Request", "[" * 10_000),
        http("400 Bad Request", '{"__type": 5, "message": {"a": 1}}'),
        http("400 Bad Request", '{"__type": null, "Message": null}'),
        http("400 Bad Request", '{"__type": ["x"]}'),
        http("503 Service Unavailable", "null"),
        http("503 Service Unavailable", "[]"),
    ],
)
def test_garbage_gets_a_typed_answer_and_one_log_line(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, answer: bytes
) -> None:
    upstream.script(answer)
    outcome = send(endpoint_at(upstream.url), contact_event())

    assert outcome.status == outcome.log["status"]
    assert_internal(outcome)


@pytest.mark.parametrize("header", ["broken header", "x-amzn-RequestId: not an id; a secret"])
def test_odd_headers_do_not_matter_and_are_not_repeated(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, header: str
) -> None:
    upstream.script(http("200 OK", "", header))
    outcome = send(endpoint_at(upstream.url), contact_event())

    assert outcome.status == 200
    assert "a secret" not in outcome.everything_said


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n",
        http("300 Multiple Choices"),
    ],
)
def test_what_is_neither_success_nor_error_is_tried_again(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, answer: bytes
) -> None:
    upstream.script(answer, http("200 OK"))
    outcome = send(endpoint_at(upstream.url), contact_event())

    assert (outcome.status, outcome.log["attempts"]) == (200, 2)


@pytest.mark.parametrize("body", ["null", "[]", b"\xff\xfe", "[" * 10_000])
def test_type_in_the_header_counts_whatever_the_body_is(
    endpoint_at: EndpointAt, upstream: ScriptedUpstream, body: str | bytes
) -> None:
    upstream.script(http("404 Not Found", body, "x-amzn-ErrorType: ResourceNotFoundException"))
    outcome = send(endpoint_at(upstream.url), contact_event())

    assert (outcome.status, outcome.error_type) == (404, "ResourceNotFoundException")
