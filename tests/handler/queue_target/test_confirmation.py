"""An update is accepted only if the queue confirms it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from connect_constructs.local.faults import ErrorAnswer
from contact_updates.endpoint.endpoint import Endpoint
from tests.handler.proxy import send
from tests.handler.queue_fakes import SqsClient, client_error, fields_of
from tests.handler.queue_target.calls import CALL, attributes, endpoint_before
from tests.sqs_fifo import FifoQueue

# A word that occurs nowhere else.
SECRET = "zq7canary7qz"

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")

FAILURES: dict[str, tuple[Exception, str]] = {
    "denied": (client_error(ErrorAnswer(403, "AccessDenied", SECRET), "SendMessage"), "AccessDenied"),
    "throttled": (client_error(ErrorAnswer(400, "RequestThrottled", SECRET), "SendMessage"), "RequestThrottled"),
    "no queue": (
        ClientError({"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue", "Message": SECRET}}, "SendMessage"),
        "AWS.SimpleQueueService.NonExistentQueue",
    ),
    "a code in the wrong form": (client_error(ErrorAnswer(503, f"{SECRET} !"), "SendMessage"), "HTTP 503"),
    "no endpoint": (EndpointConnectionError(endpoint_url=f"https://{SECRET}"), "EndpointConnectionError"),
    "a timeout": (ReadTimeoutError(endpoint_url=f"https://{SECRET}"), "ReadTimeoutError"),
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
    # The update may be in the queue all the same: the consumer's log line then has this id, too.
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
