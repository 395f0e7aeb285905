"""The queue's promise, kept while everything around it fails."""

from __future__ import annotations

import os
import random

import pytest

from tests.queue.fault_run import DeployedQueue, microburst, run


def test_accepted_updates_are_applied_in_order_whatever_fails(queue: DeployedQueue) -> None:
    command = microburst()
    if command is None:
        pytest.skip("microburst is not installed: it is in the environment that make sets up, and make test runs this")
    seed = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(2**32))
    print(f"FAULT_SEED={seed}")

    result = run(queue, command, seed=seed, updates=300, contacts=40)

    print(result)
    assert not result.violations
    assert result.dead_letters
    never = [kind for kind, count in result.faults.items() if not count]
    assert not never, f"these faults never struck: {never}"
