"""The app with the queue, deployed once for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.queue.deployed_queue import DeployedQueue, deployed_queue

# A killed batch comes back when the visibility timeout ends. As deployed, that takes minutes: longer than a batch,
# because Lambda processes several batches at a time. The emulator processes one.
_VISIBILITY_SECONDS = 8


@pytest.fixture(scope="session")
def queue() -> Iterator[DeployedQueue]:
    with deployed_queue() as deployed:
        deployed.set_visibility_seconds(_VISIBILITY_SECONDS)
        # Pacing has its own test and would slow down the others.
        deployed.set_consumer(SECONDS_PER_CALL="0.01")
        yield deployed
