"""One emulator for the tests of all gaps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connect_constructs.local.cdk_cli import tool_environment
from connect_constructs.local.emulator import Emulator, emulator_python
from tests.local.gaps.emulated_aws import EmulatedAws


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    directory = tmp_path_factory.mktemp("emulator")
    with Emulator(emulator_python(tool_environment()), directory, connect_url="http://127.0.0.1:1") as emulator:
        yield EmulatedAws(emulator.url)
