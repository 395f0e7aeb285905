"""A consumer between a queue and Amazon Connect, for each test."""

from __future__ import annotations

import pytest

from tests.handler.queue_rig import Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()
