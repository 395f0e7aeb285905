"""The app with the queue, deployed once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.queue.deployed_queue import DeployedQueue, deployed_queue

# A killed batch comes back when the visibility time-out ends. As deployed, that is minutes: longer than a batch can
# take, which matters where Lambda works off several batches at a time. The emulator works off one.
_VISIBILITY_SECONDS = 8


@pytest.fixture(scope="session")
def queue() -> Iterator[DeployedQueue]:
    with deployed_queue() as deployed:
        deployed.set_visibility_seconds(_VISIBILITY_SECONDS)
        # Pacing has a test of its own, and the others would be longer by it.
        deployed.set_consumer(SECONDS_PER_CALL="0.01")
        yield deployed
