"""Settings for all tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

# Node and the CDK app's Python come from this environment even if pytest is not started by make.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

# CDK's own template validation takes seconds per synthesis. This must be set before CDK starts its Node process.
# tests/test_app.py has one synthesis with validation.
os.environ.setdefault("CDK_VALIDATION", "false")

pytest_plugins = ["tests.deployment", "tests.skips"]

# Folders whose files share a slow setup or the results of their tests.
_TOGETHER = tuple(f"tests/{name}/" for name in ("browser", "clients", "doctor", "local/gaps", "packaging", "queue"))


def group(nodeid: str) -> str:
    """The file of a test, or the folder if it is one of those above."""
    return next((folder for folder in _TOGETHER if nodeid.startswith(folder)), nodeid.partition("::")[0])


# The environment with the oldest botocore does not have pytest-xdist.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Run the tests of a group in one process. pytest-xdist 3.8's `--dist loadgroup` has no effect with pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    return Scheduling(config, log)
