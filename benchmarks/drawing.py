"""Draws pictures with matplotlib, which is in the environment of the benchmark's peers and not in the one of the tests.

A picture is a module that reads its data as JSON from standard input and writes the SVG file that its only argument
names. It imports nothing of the project but benchmarks.svg.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
# Where make installs requirements/benchmark-peers.txt.
PEERS_PYTHON = _ROOT / ".venv" / "benchmark-peers" / "bin" / "python"


def draw(module: str, data: Any, output: Path, *, python: Path = PEERS_PYTHON) -> None:
    """Write the module's picture of the data to `output`. Raises subprocess.CalledProcessError."""
    subprocess.run([python, "-m", module, output.absolute()], input=json.dumps(data), text=True, cwd=_ROOT, check=True)
