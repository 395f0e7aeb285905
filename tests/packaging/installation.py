"""Install the package and run commands outside this checkout."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTANCE_ARN = "arn:aws:connect:us-east-1:111122223333:instance/12345678-1234-1234-1234-123456789012"

# An app of an importer. It prints where the package came from.
FOREIGN_APP = f"""\
import sys

import aws_cdk as cdk
import connect_constructs
from connect_constructs import ConnectInstance, ContactUpdateApi

app = cdk.App(outdir=sys.argv[1])
stack = cdk.Stack(app, "Foreign")
instance = ConnectInstance.from_instance_arn(stack, "Instance", instance_arn="{INSTANCE_ARN}")
ContactUpdateApi(stack, "ContactUpdates", instance=instance)
app.synth()
print(connect_constructs.__file__)
"""


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Return what the command prints. If the command fails, the test fails with both outputs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    # The setup's Node is in the same folder as its Python, which may not be on the path.
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    done = subprocess.run(command, cwd=cwd, env=environment | (env or {}), capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{command} exited with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


@dataclasses.dataclass(frozen=True)
class Distributions:
    """The built files: the wheel from the checkout, the sdist, and the wheel from the sdist."""

    wheel: Path
    sdist: Path
    wheel_from_sdist: Path


@dataclasses.dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    directory: Path

    @property
    def python(self) -> Path:
        return self.directory / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        return next(self.directory.glob("lib/python*/site-packages"))
