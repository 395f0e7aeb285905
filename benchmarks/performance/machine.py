"""The machine that the figures were measured on."""

from __future__ import annotations

import datetime
import os
import platform
import re
from pathlib import Path

from benchmarks.performance.paired_runs import completed

_PACKAGES = (
    "boto3",
    "botocore",
    "aws-lambda-powertools",
    "aws-cdk-lib",
    "aws-solutions-constructs.aws-apigateway-lambda",
)
_VERSIONS = """
import importlib.metadata, platform, ssl, sys
print("Python", platform.python_version())
print(ssl.OPENSSL_VERSION)
for name in sys.argv[1:]:
    print(name, importlib.metadata.version(name))
"""


def describe(python: Path) -> list[str]:
    """The date, the processor, the system, and all versions that matter."""
    return [
        datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat(),
        f"{_processor()}, {os.cpu_count()} cores",
        f"{platform.system()} {platform.machine()}",
        *completed([python, "-c", _VERSIONS, *_PACKAGES]).stdout.splitlines(),
        f"Node.js {completed(['node', '--version']).stdout.strip()}",
    ]


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists() and (found := re.search(r"model name\s*:\s*(.+)", information.read_text(encoding="utf-8"))):
        return found[1]
    return platform.processor() or platform.machine()
