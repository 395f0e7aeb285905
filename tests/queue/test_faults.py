"""The queue keeps its promise while everything around it fails."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.queue.deployed_queue import DeployedQueue
from tests.queue.fault_run import microburst, run


def test_accepted_updates_are_applied_in_order_whatever_fails(
    queue: DeployedQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    command = microburst()
    if command is None:
        pytest.skip("microburst is missing (make setup)")
    if not Path("/proc/self/environ").exists():
        pytest.skip("there is no /proc, by which the consumer's processes are found (run it on Linux)")
    seed = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(2**32))
    # Print the seed even if the test passes: it repeats the run.
    with capsys.disabled():
        print(f"\nFAULT_SEED={seed}")
        result = run(queue, command, seed=seed, updates=300, contacts=40)
        print(result)

    assert not result.violations
    assert result.dead_letters
    assert result.too_early
    never = [kind for kind, count in result.faults.items() if not count]
    assert not never, f"these faults were never injected: {never}"
