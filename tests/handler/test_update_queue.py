"""The endpoint with a queue behind it: what it accepts, what is then in the queue, and what the caller is told."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from connect_constructs.local.faults import ErrorAnswer
from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.endpoint.queue_target import QueueTarget
from contact_updates.settings import EndpointSettings, Instance
from contact_updates.update_message import MAX_MESSAGE_BYTES
from tests.handler.proxy import (
    CONTACT_ID,
    EXTENDED_REQUEST_ID,
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
from tests.handler.queue_fakes import QUEUE_URL, Clock, SqsClient, client_error, fields_of, update_queue
from tests.sqs_fifo import FifoQueue

# A word that nothing else says.
SECRET = "zq7canary7qz"

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> FifoQueue:
    return update_queue(clock)


@pytest.fixture
def client(queue: FifoQueue) -> SqsClient:
    return SqsClient(queue)


@pytest.fixture
def endpoint(client: SqsClient) -> Endpoint:
    return endpoint_before(client)


def endpoint_before(sqs: Any, **settings: Any) -> Endpoint:
    return Endpoint(
        EndpointSettings(instance=Instance(INSTANCE_ARN), queue_url=QUEUE_URL, **settings), QueueTarget(sqs, QUEUE_URL)
    )


def attributes(values: dict[str, str], contact_id: str = CONTACT_ID, **headers: str) -> Event:
    body = {"InstanceId": INSTANCE_ID, "InitialContactId": contact_id, "Attributes": values}
    return attributes_event(body, headers={"Content-Type": "application/json", **headers})


def requested_as(event: Event, extended_request_id: str | None, request_id: str = REQUEST_ID) -> Event:
    ids = {"requestId": request_id, "extendedRequestId": extended_request_id}
    return {**event, "requestContext": {**event["requestContext"], **ids}}


# -- what is accepted -------------------------------------------------------------------------------------------------


def test_accepted_update_is_answered_with_its_id(endpoint: Endpoint, queue: FifoQueue) -> None:
    outcome = send(endpoint, attributes_event())

    update_id = outcome.headers["Update-Id"]
    assert UUID.match(update_id)
    assert outcome.answer == {
        "statusCode": 202,
        "headers": {"Content-Type": "application/json", "Update-Id": update_id},
        "body": "",
        "isBase64Encoded": False,
    }
    assert len(queue.messages) == 1


def test_log_line_has_the_ids_of_the_update_and_of_the_request(endpoint: Endpoint) -> None:
    outcome = send(endpoint, attributes_event())

    log = outcome.log
    assert log.pop("durationMs") >= 0
    assert log == {
        "requestId": REQUEST_ID,
        "extendedRequestId": EXTENDED_REQUEST_ID,
        "caller": {},
        "operation": "UpdateContactAttributes",
        "contactId": CONTACT_ID,
        "updateId": outcome.headers["Update-Id"],
        "outcome": "Accepted",
        "status": 202,
        "upstreamRequestId": None,
        "upstreamError": None,
        "attempts": 1,
    }


@pytest.mark.parametrize(
    ("event", "operation", "parameters"),
    [
        (
            attributes({"Tier": "gold", "gone": ""}),
            "UpdateContactAttributes",
            {"InstanceId": INSTANCE_ID, "InitialContactId": CONTACT_ID, "Attributes": {"Tier": "gold", "gone": ""}},
        ),
        (
            contact_event({"Name": "Ä 😀\n\x00", "QueueInfo": {"Id": "q"}}, instance=INSTANCE_ARN),
            "UpdateContact",
            {"InstanceId": INSTANCE_ID, "ContactId": CONTACT_ID, "Name": "Ä 😀\n\x00", "QueueInfo": {"Id": "q"}},
        ),
    ],
    ids=["attributes", "details"],
)
def test_message_has_the_documented_format(
    endpoint: Endpoint, queue: FifoQueue, event: Event, operation: str, parameters: dict[str, Any]
) -> None:
    outcome = send(endpoint, event)

    (message,) = queue.messages
    fields = fields_of(message)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", fields.pop("acceptedAt"))
    assert fields == {
        "version": 1,
        "updateId": outcome.headers["Update-Id"],
        "requestId": REQUEST_ID,
        "operation": operation,
        "parameters": parameters,
    }


def test_message_escapes_only_what_sqs_and_json_refuse(endpoint: Endpoint, queue: FifoQueue) -> None:
    send(endpoint, contact_event({"Name": "Ä 😀\x7f\n\x00\ufffe"}))

    assert r'"Name":"Ä 😀' + "\x7f" + r'\n\u0000\ufffe"' in queue.messages[0].body


@pytest.mark.parametrize("contact_id", [CONTACT_ID, CONTACT_ID.upper(), "A/ß Ä", "x" * 256])
def test_group_of_a_message_is_the_hash_of_its_contact(endpoint: Endpoint, queue: FifoQueue, contact_id: str) -> None:
    send(endpoint, attributes({"a": "1"}, contact_id))
    send(endpoint, contact_event(contact=contact_id))

    assert [message.group for message in queue.messages] == [
        hashlib.sha256(contact_id.lower().encode()).hexdigest()
    ] * 2


def test_largest_attributes_fit_even_if_each_character_is_escaped(endpoint: Endpoint, queue: FifoQueue) -> None:
    values = {"k": "\x01" * 32_767}

    assert send(endpoint, attributes(values)).status == 202
    assert fields_of(queue.messages[0])["parameters"]["Attributes"] == values


def segments(size: int, filling: str = "x") -> Event:
    """An update whose segment attributes have values of `size` characters in all, in 1,000 of them."""
    share, more = divmod(size, 1_000)
    values = ((filling * 255)[: share + (number < more)] for number in range(1_000))
    return contact_event({"SegmentAttributes": {f"s{n:03}": {"ValueString": value} for n, value in enumerate(values)}})


def test_update_that_no_message_can_hold_is_too_large(endpoint: Endpoint, queue: FifoQueue) -> None:
    outcome = send(endpoint, segments(255_000, SECRET))

    assert (outcome.status, outcome.error_type) == (413, "RequestEntityTooLargeException")
    assert outcome.headers["x-amzn-ErrorType"] == "RequestEntityTooLargeException"
    assert "Update-Id" not in outcome.headers
    assert "updateId" not in outcome.log
    assert SECRET not in outcome.everything_said
    assert queue.messages == []


def test_update_is_accepted_up_to_the_size_of_a_message(endpoint: Endpoint, queue: FifoQueue) -> None:
    send(endpoint, segments(0))
    room = MAX_MESSAGE_BYTES - len(queue.messages[0].body)

    fits, too_large = send(endpoint, segments(room)), send(endpoint, segments(room + 1))

    assert (fits.status, too_large.status) == (202, 413)


def test_page_that_may_call_can_read_the_id(client: SqsClient) -> None:
    endpoint = endpoint_before(client, allow_origins=frozenset({"*"}))

    outcome = send(endpoint, attributes({"a": "1"}, Origin="https://agents.example.com"))

    assert outcome.status == 202
    assert "Update-Id" in outcome.headers["Access-Control-Expose-Headers"].split(",")


# -- one call, sent once or more --------------------------------------------------------------------------------------

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


CALL = {"amz-sdk-invocation-id": "call-1"}
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
    """A call of a user of an identity pool. All users of a pool have the same role and session name."""
    event = attributes({"a": value}, **{"Idempotency-Key": "1"})
    return called_by(event, {"userArn": POOL_ROLE, "cognitoIdentityId": f"us-east-1:{user}", **(identity or {})})


POOL_ROLE = "arn:aws:sts::111122223333:assumed-role/Cognito_Auth_Role/CognitoIdentityCredentials"


def test_user_of_an_identity_pool_cannot_make_anothers_update_vanish(endpoint: Endpoint, queue: FifoQueue) -> None:
    # Given: somebody guessed the key that another user's client counts up
    for user, value in (("jane", "A"), ("jim", "B"), ("jane", "B")):
        send(endpoint, of_pool_user(user, value))
    send(endpoint, of_pool_user("jane", "B"))

    assert [fields_of(message)["parameters"]["Attributes"]["a"] for message in queue.messages] == ["A", "B", "B"]


# What API Gateway also says of a caller, and what changes with the network, the client or the credentials' renewal.
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


def test_client_that_repeats_its_own_request_id_makes_an_update_with_each_request(
    endpoint: Endpoint, queue: FifoQueue
) -> None:
    # A UUID in `x-amzn-RequestId` becomes the request's id; the extended one is always API Gateway's (API Gateway
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


# -- what is rejected before it is sent -------------------------------------------------------------------------------

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
        allow_origins=frozenset({"https://agents.example.com"}),
    )

    outcome = send(endpoint, event)

    assert (outcome.status, outcome.error_type) == (status, error_type)
    assert queue.messages == []
    assert "Update-Id" not in outcome.headers
    assert "updateId" not in outcome.log
    assert outcome.log["attempts"] == 0
    assert SECRET not in outcome.everything_said


# -- a queue that fails -----------------------------------------------------------------------------------------------

FAILURES: dict[str, tuple[Exception, str]] = {
    "denied": (client_error(ErrorAnswer(403, "AccessDenied", SECRET), "SendMessage"), "AccessDenied"),
    "throttled": (client_error(ErrorAnswer(400, "RequestThrottled", SECRET), "SendMessage"), "RequestThrottled"),
    "no queue": (
        ClientError({"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue", "Message": SECRET}}, "SendMessage"),
        "AWS.SimpleQueueService.NonExistentQueue",
    ),
    "a code that is none": (client_error(ErrorAnswer(503, f"{SECRET} !"), "SendMessage"), "HTTP 503"),
    "no endpoint": (EndpointConnectionError(endpoint_url=f"https://{SECRET}"), "EndpointConnectionError"),
    "a time-out": (ReadTimeoutError(endpoint_url=f"https://{SECRET}"), "ReadTimeoutError"),
    "no credentials": (NoCredentialsError(), "NoCredentialsError"),
    "an unreadable answer": (ResponseParserError(SECRET), "ResponseParserError"),
}


@pytest.mark.parametrize("takes_effect", [False, True])
@pytest.mark.parametrize(("error", "upstream_error"), FAILURES.values(), ids=FAILURES)
def test_update_that_the_queue_does_not_confirm_is_not_accepted(
    endpoint: Endpoint,
    queue: FifoQueue,
    client: SqsClient,
    error: Exception,
    upstream_error: str,
    takes_effect: bool,
) -> None:
    def trouble(_: str) -> None:
        raise error

    setattr(client, "trouble_after" if takes_effect else "trouble", trouble)

    outcome = send(endpoint, attributes({SECRET: SECRET}))

    assert (outcome.status, outcome.error_type) == (500, "InternalServiceException")
    assert outcome.message == "The update could not be made because of a fault in this service."
    assert "Update-Id" not in outcome.headers
    assert outcome.log["upstreamError"] == upstream_error
    # It may have taken effect: then the consumer's line has this id, too.
    assert UUID.match(outcome.log["updateId"])
    assert {fields_of(message)["updateId"] for message in queue.messages} <= {outcome.log["updateId"]}
    assert len(queue.messages) == takes_effect
    assert SECRET not in outcome.everything_said


def test_call_that_is_sent_again_after_a_lost_answer_is_in_the_queue_once(
    endpoint: Endpoint, queue: FifoQueue, client: SqsClient
) -> None:
    def trouble(_: str) -> None:
        raise ReadTimeoutError(endpoint_url="https://example.com")

    event = attributes({"a": "1"}, **CALL)
    client.trouble_after = trouble
    assert send(endpoint, event).status == 500
    client.trouble_after = lambda _: None

    assert send(endpoint, event).status == 202
    assert len(queue.messages) == 1


@pytest.mark.parametrize("answer", [{}, {"MessageId": ""}, {"MessageId": None}, {"ResponseMetadata": {}}])
def test_answer_without_a_message_id_is_no_confirmation(answer: dict[str, Any]) -> None:
    class Sqs:
        def send_message(self, **_: Any) -> dict[str, Any]:
            return answer

    outcome = send(endpoint_before(Sqs()), attributes({SECRET: SECRET}))

    assert (outcome.status, outcome.error_type) == (500, "InternalServiceException")
    assert outcome.log["upstreamError"] == "UnreadableAnswer"
    assert SECRET not in outcome.everything_said


def test_unexpected_exception_is_no_confirmation(endpoint: Endpoint, client: SqsClient) -> None:
    def trouble(_: str) -> None:
        raise ValueError(SECRET)

    client.trouble = trouble

    outcome = send(endpoint, attributes({"a": SECRET}))

    assert (outcome.status, outcome.error_type) == (500, "InternalServiceException")
    assert outcome.log["fault"] == "ValueError"
    assert outcome.log["attempts"] == 1
    assert UUID.match(outcome.log["updateId"])
    assert SECRET not in outcome.everything_said


def test_values_are_in_no_log_line(endpoint: Endpoint, queue: FifoQueue) -> None:
    event = contact_event(
        {"Name": SECRET, "References": {SECRET: {"Type": "URL", "Value": SECRET}}}, headers={"Idempotency-Key": SECRET}
    )

    outcome = send(endpoint, called_by(event, {"sourceIp": SECRET, "apiKey": SECRET}))

    assert outcome.status == 202
    assert SECRET not in outcome.everything_said + json.dumps(outcome.headers)
    assert queue.messages[0].body.count(SECRET) == 3
