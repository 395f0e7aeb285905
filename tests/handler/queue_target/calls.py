"""Calls of an endpoint with a queue behind it."""

from __future__ import annotations

from typing import Any

from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.endpoint.queue_target import QueueTarget
from contact_updates.settings import EndpointSettings, Instance
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN, INSTANCE_ID, REQUEST_ID, Event, attributes_event
from tests.handler.queue_fakes import QUEUE_URL

CALL = {"amz-sdk-invocation-id": "call-1"}


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
