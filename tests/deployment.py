"""The app in a local AWS, deployed once per process. A plugin that conftest.py loads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from connect_constructs.local import LocalAws


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """The repository's own app. Tests share its quota and its throttle, and restore what they change."""
    from connect_constructs.local import LocalAws

    with LocalAws(Path(__file__).resolve().parents[1]) as local:
        yield local


@pytest.fixture(scope="session")
def local_aws_with_queue() -> Iterator[LocalAws]:
    """The same app with a queue between the endpoint and Amazon Connect, in a local AWS of its own."""
    from connect_constructs.local import LocalAws

    with LocalAws(Path(__file__).resolve().parents[1], context={"queue": "true"}) as local:
        yield local
