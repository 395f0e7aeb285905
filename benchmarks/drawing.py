"""Draw pictures with matplotlib, which is installed for the benchmark's peers and not for the tests.

A picture is a module. It reads its data as JSON from standard input and writes the SVG file given as its only argument.
It imports nothing of the project except benchmarks.svg.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
# make installs requirements/benchmark-peers.txt here.
PEERS_PYTHON = _ROOT / ".venv" / "benchmark-peers" / "bin" / "python"


def draw(module: str, data: Any, output: Path, *, python: Path = PEERS_PYTHON) -> None:
    """Write the module's picture of `data` to `output`. Raises subprocess.CalledProcessError."""
    subprocess.run([python, "-m", module, output.absolute()], input=json.dumps(data), text=True, cwd=_ROOT, check=True)
