"""The cost of synthesis: ContactUpdateApi, the same by hand, AWS Solutions Constructs, and an empty app."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.performance.asset import copy_asset
from benchmarks.performance.handlers import OURS
from benchmarks.performance.paired_runs import Command, Samples, in_turn

_HERE = Path(__file__).resolve().parent
_PACKAGE = _HERE.parents[1] / "connect_constructs"

BY_HAND, SOLUTIONS_CONSTRUCTS, EMPTY = "by hand", "AWS Solutions Constructs", "empty app"

_APPS = {
    OURS: "contact_update_app.py",
    BY_HAND: "hand_written_app.py",
    SOLUTIONS_CONSTRUCTS: "solutions_constructs_app.py",
    EMPTY: "empty_app.py",
}

_INSTANCE_ARN = "arn:aws:connect:us-east-1:111122223333:instance/12345678-1234-1234-1234-123456789012"


def measure(python: Path, *, runs: int, progress: Callable[[str], None]) -> Samples:
    """The CPU seconds of each app: those of Python and of the Node process that it waits for."""
    with tempfile.TemporaryDirectory() as directory:
        # A copy: later runs find the first one's byte code, and none of it ends up in the checkout.
        packages = Path(directory) / "packages"
        shutil.copytree(_PACKAGE, packages / _PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
        handler = copy_asset(packages / "lambda")
        commands: dict[str, Command] = {
            name: [python, _HERE / "peers" / app, Path(directory) / app, _INSTANCE_ARN, handler]
            for name, app in _APPS.items()
        }
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", directory),
            "PYTHONPATH": str(packages),
            # CDK's own validation would take most of the time, on all sides.
            "CDK_VALIDATION": "false",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
            "overrideWarningsEnabled": "false",  # Solutions Constructs' own
        }
        return in_turn(commands, environment, runs=runs, progress=lambda run: progress(f"synthesis: {run}"))
