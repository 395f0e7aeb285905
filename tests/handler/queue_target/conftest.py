"""An endpoint with a queue behind it."""

from __future__ import annotations

import pytest

from contact_updates.endpoint.endpoint import Endpoint
from tests.handler.queue_fakes import Clock, SqsClient, update_queue
from tests.handler.queue_target.calls import endpoint_before
from tests.sqs_fifo import FifoQueue


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
