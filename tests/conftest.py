"""What holds for all tests."""

from __future__ import annotations

import os

# CDK's own validation of templates costs seconds at each synthesis. Set here, before CDK starts its Node process;
# tests/test_app.py synthesises once with it.
os.environ.setdefault("CDK_VALIDATION", "false")
