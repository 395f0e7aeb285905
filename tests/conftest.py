"""Settings for all tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

# Node and the CDK app's Python come from this environment even if pytest is not started by make.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

# CDK's own template validation takes seconds per synthesis. This must be set before CDK starts its Node process.
# tests/test_app.py has one synthesis with validation.
os.environ.setdefault("CDK_VALIDATION", "false")

pytest_plugins = ["tests.deployment", "tests.skips"]

_TESTS = Path(__file__).parent
# Folders whose files share a slow set-up or the results of their tests.
_TOGETHER = [_TESTS / name for name in ("browser", "clients", "doctor", "local/gaps", "packaging", "queue")]


# This must run before pytest-xdist reads the marks.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--dist loadgroup`, run all tests of a file, or of one of these folders, in the same process."""
    if not config.pluginmanager.hasplugin("xdist"):
        return  # the environment with the oldest botocore
    for item in items:
        group = next((folder for folder in _TOGETHER if folder in item.path.parents), item.path)
        item.add_marker(pytest.mark.xdist_group(str(group.relative_to(_TESTS))))
