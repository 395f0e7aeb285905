"""A retried call is one update. Any other call is another one."""

from __future__ import annotations

import re

import pytest

from contact_updates.endpoint import queue_target
from contact_updates.endpoint.endpoint import Endpoint
from tests.handler.proxy import (
    INSTANCE_ARN,
    INSTANCE_ID,
    REQUEST_ID,
    Event,
    LambdaContext,
    attributes_event,
    called_by,
    contact_event,
    send,
)
from tests.handler.queue_fakes import Clock, fields_of
from tests.handler.queue_target.calls import CALL, attributes, requested_as
from tests.sqs_fifo import FifoQueue

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")

CALL_HEADERS = ["amz-sdk-invocation-id", "Amz-Sdk-Invocation-Id", "Idempotency-Key", "idempotency-key"]


@pytest.mark.parametrize("header", CALL_HEADERS)
def test_call_that_is_sent_again_is_one_update(endpoint: Endpoint, queue: FifoQueue, clock: Clock, header: str) -> None:
    first = send(endpoint, requested_as(attributes({"a": "1", "b": "2"}, **{header: "call-1"}), "request-1"))
    clock.advance(299)
    second = send(endpoint, requested_as(attributes({"b": "2", "a": "1"}, **{header: "call-1"}), "request-2"))

    assert first.status == second.status == 202
    assert first.headers["Update-Id"] == second.headers["Update-Id"]
    assert len(queue.messages) == 1


def test_call_that_is_sent_again_after_the_queues_memory_is_another_message(
    endpoint: Endpoint, queue: FifoQueue, clock: Clock
) -> None:
    event = attributes({"a": "1"}, **{"Idempotency-Key": "call-1"})
    send(endpoint, event)
    clock.advance(300)
    send(endpoint, event)

    assert len(queue.messages) == 2


def test_instance_may_be_given_as_its_id_or_its_arn_when_the_call_is_sent_again(
    endpoint: Endpoint, queue: FifoQueue
) -> None:
    headers = {"Idempotency-Key": "call-1"}
    send(endpoint, contact_event(instance=INSTANCE_ID, headers=headers))
    send(endpoint, contact_event(instance=INSTANCE_ARN, headers=headers))

    assert len(queue.messages) == 1


ARN = "arn:aws:sts::111122223333:assumed-role/role/session"

FIRST_CALL = called_by(attributes({"a": "1"}, **CALL), {"userArn": ARN, "apiKeyId": "k"}, {"principalId": "p"})

OTHER_CALLS = {
    "call": called_by(
        attributes({"a": "1"}, **{"amz-sdk-invocation-id": "call-2"}),
        {"userArn": ARN, "apiKeyId": "k"},
        {"principalId": "p"},
    ),
    "principal": called_by(
        attributes({"a": "1"}, **CALL), {"userArn": ARN + "2", "apiKeyId": "k"}, {"principalId": "p"}
    ),
    "API key": called_by(attributes({"a": "1"}, **CALL), {"userArn": ARN, "apiKeyId": "k2"}, {"principalId": "p"}),
    "authorizer's principal": called_by(
        attributes({"a": "1"}, **CALL), {"userArn": ARN, "apiKeyId": "k"}, {"principalId": "p2"}
    ),
    "Cognito user": called_by(
        attributes({"a": "1"}, **CALL),
        {"userArn": ARN, "apiKeyId": "k"},
        {"principalId": "p", "claims": {"sub": "user-1"}},
    ),
    "value": called_by(attributes({"a": "2"}, **CALL), {"userArn": ARN, "apiKeyId": "k"}, {"principalId": "p"}),
    "key": called_by(attributes({"b": "1"}, **CALL), {"userArn": ARN, "apiKeyId": "k"}, {"principalId": "p"}),
    "contact": called_by(
        attributes({"a": "1"}, "another", **CALL), {"userArn": ARN, "apiKeyId": "k"}, {"principalId": "p"}
    ),
    "operation": called_by(contact_event(headers=CALL), {"userArn": ARN, "apiKeyId": "k"}, {"principalId": "p"}),
}


@pytest.mark.parametrize("other", OTHER_CALLS.values(), ids=OTHER_CALLS)
def test_call_that_differs_is_another_update(endpoint: Endpoint, queue: FifoQueue, other: Event) -> None:
    first, second = send(endpoint, FIRST_CALL), send(endpoint, other)

    assert first.status == second.status == 202
    assert first.headers["Update-Id"] != second.headers["Update-Id"]
    assert len(queue.messages) == 2


def of_pool_user(user: str, value: str, identity: dict[str, str | None] | None = None) -> Event:
    """A call by a user of an identity pool. All users of a pool share one role and session name."""
    event = attributes({"a": value}, **{"Idempotency-Key": "1"})
    return called_by(event, {"userArn": POOL_ROLE, "cognitoIdentityId": f"us-east-1:{user}", **(identity or {})})


POOL_ROLE = "arn:aws:sts::111122223333:assumed-role/Cognito_Auth_Role/CognitoIdentityCredentials"


def test_user_of_an_identity_pool_cannot_make_anothers_update_vanish(endpoint: Endpoint, queue: FifoQueue) -> None:
    # Given: a user guesses the keys of another user's client, which counts up
    for user, value in (("jane", "A"), ("jim", "B"), ("jane", "B")):
        send(endpoint, of_pool_user(user, value))
    send(endpoint, of_pool_user("jane", "B"))

    assert [fields_of(message)["parameters"]["Attributes"]["a"] for message in queue.messages] == ["A", "B", "B"]


# What API Gateway also says about a caller, and what changes with the network, the client or new credentials.
CHANGES_BETWEEN_RETRIES: list[dict[str, str | None]] = [
    {"accessKey": "ASIAIOSFODNN7EXAMPLE"},
    {"sourceIp": "192.0.2.1"},
    {"userAgent": "another"},
    {"cognitoAuthenticationType": "authenticated"},
    {"cognitoAuthenticationProvider": "cognito-idp.us-east-1.amazonaws.com/p:CognitoSignIn:s"},
    {"vpceId": "vpce-1"},
    {"apiKey": "the key itself"},
]


@pytest.mark.parametrize("identity", CHANGES_BETWEEN_RETRIES, ids=lambda identity: next(iter(identity)))
def test_what_may_change_between_retries_makes_no_other_caller(
    endpoint: Endpoint, queue: FifoQueue, identity: dict[str, str | None]
) -> None:
    ids = {send(endpoint, of_pool_user("jane", "A", more)).headers["Update-Id"] for more in ({}, identity)}

    assert len(ids) == len(queue.messages) == 1


def test_unsigned_callers_are_one_caller(endpoint: Endpoint, queue: FifoQueue) -> None:
    for address in ("192.0.2.1", "192.0.2.2"):
        send(endpoint, called_by(attributes({"a": "1"}, **CALL), {"sourceIp": address}))

    assert len(queue.messages) == 1


def test_idempotency_key_counts_before_the_sdks_own_id(endpoint: Endpoint, queue: FifoQueue) -> None:
    for sdk_call in ("call-1", "call-2"):
        send(endpoint, attributes({"a": "1"}, **{"amz-sdk-invocation-id": sdk_call, "Idempotency-Key": "mine"}))

    assert len(queue.messages) == 1


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": ""}, {"amz-sdk-invocation-id": ""}])
def test_without_an_invocation_id_each_request_is_an_update(
    endpoint: Endpoint, queue: FifoQueue, headers: dict[str, str]
) -> None:
    for request_id in ("request-1", "request-2"):
        send(endpoint, requested_as(attributes({"a": "1"}, **headers), request_id))

    assert len(queue.messages) == 2


def test_request_that_arrives_twice_under_its_own_id_is_one_update(endpoint: Endpoint, queue: FifoQueue) -> None:
    outcomes = [send(endpoint, requested_as(attributes({"a": "1"}), "extended-1")) for _ in range(2)]

    assert outcomes[0].headers["Update-Id"] == outcomes[1].headers["Update-Id"]
    assert len(queue.messages) == 1


@pytest.mark.parametrize(("headers", "ids"), [({}, 2), ({"Idempotency-Key": ""}, 2), (CALL, 1)])
@pytest.mark.parametrize("extended", ["extended-1", None])
def test_id_of_an_update_cannot_be_computed_from_the_log_and_a_guessed_value(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], ids: int, extended: str | None
) -> None:
    # The log has the caller, the request's ids, the operation and the contact, but not the client's id of a call. A
    # call with such an id may be sent again to another execution environment, which must find the same id for it.
    event, found = requested_as(attributes({"pin": "1234"}, **headers), extended), set()
    for secret in ("of one environment", "of another"):
        monkeypatch.setattr(queue_target, "_SECRET", secret)
        found.add(send(endpoint, event).log["updateId"])

    assert len(found) == ids


def test_client_that_repeats_its_own_request_id_makes_an_update_with_each_request(
    endpoint: Endpoint, queue: FifoQueue
) -> None:
    # A UUID in `x-amzn-RequestId` becomes the request id; the extended one is always API Gateway's own (API Gateway
    # Developer Guide, "Set up access logging"). Of A, B and A, the last A counts.
    for extended, value in (("extended-1", "A"), ("extended-2", "B"), ("extended-3", "A")):
        send(endpoint, requested_as(attributes({"a": value}), extended, request_id=REQUEST_ID))

    assert [fields_of(message)["parameters"]["Attributes"] for message in queue.messages] == [
        {"a": "A"},
        {"a": "B"},
        {"a": "A"},
    ]


def test_without_an_extended_request_id_the_request_id_counts(endpoint: Endpoint, queue: FifoQueue) -> None:
    for request_id in ("request-1", "request-2", "request-2"):
        send(endpoint, requested_as(attributes({"a": "1"}), None, request_id))

    assert len(queue.messages) == 2


def test_request_without_any_id_is_an_update_of_its_own(endpoint: Endpoint, queue: FifoQueue) -> None:
    event = {**attributes_event(), "requestContext": {}}
    context = LambdaContext(aws_request_id="")

    assert [send(endpoint, event, context).status for _ in range(2)] == [202, 202]
    assert len(queue.messages) == 2
