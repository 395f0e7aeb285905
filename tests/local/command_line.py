"""Runs `connect-constructs` in a process of its own, and writes apps for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "connect_constructs.cli"]


def run(*arguments: str, environment: dict[str, str], directory: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, cwd=directory, capture_output=True, text=True, timeout=120, check=False
    )


def write_app(folder: Path, code: str, *, context: dict[str, str] | None = None) -> Path:
    """Write a CDK app with `code` between `app = App()` and `app.synth()` into `folder`. Returns the folder."""
    (folder / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py", "context": context or {}}))
    # `code` imports the rest of aws_cdk itself.
    (folder / "app.py").write_text(f"from aws_cdk import App\napp = App()\n{code}\napp.synth()\n")
    return folder


def processes_of(temporary: str) -> list[str]:
    """The command lines of running processes that use this folder for temporary files."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            known = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue  # it has ended, or belongs to another user
        if temporary.encode() in known and process.name != str(os.getpid()):
            found.append((process / "cmdline").read_text().replace("\0", " "))
    return found
