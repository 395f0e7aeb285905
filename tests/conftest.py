"""What holds for all tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

# Node and the CDK app's Python are the environment's own, also where pytest is not started by make.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

# CDK's own validation of templates costs seconds at each synthesis. Set here, before CDK starts its Node process;
# tests/test_app.py synthesises once with it.
os.environ.setdefault("CDK_VALIDATION", "false")

pytest_plugins = ["tests.deployment", "tests.skips"]

_TESTS = Path(__file__).parent
# Folders whose files share what takes seconds to set up, or what their tests have seen.
_TOGETHER = [_TESTS / name for name in ("browser", "clients", "doctor", "local/gaps", "packaging", "queue")]


# Before pytest-xdist, which reads the marks.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--dist loadgroup`, one process runs all tests of a file, or of a folder whose files belong together."""
    if not config.pluginmanager.hasplugin("xdist"):
        return  # as in the environment with the oldest botocore
    for item in items:
        group = next((folder for folder in _TOGETHER if folder in item.path.parents), item.path)
        item.add_marker(pytest.mark.xdist_group(str(group.relative_to(_TESTS))))
