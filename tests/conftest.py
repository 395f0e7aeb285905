"""What holds for all tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Node and the CDK app's Python are the environment's own, also where pytest is not started by make.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

# CDK's own validation of templates costs seconds at each synthesis. Set here, before CDK starts its Node process;
# tests/test_app.py synthesises once with it.
os.environ.setdefault("CDK_VALIDATION", "false")

pytest_plugins = ["tests.deployment"]
