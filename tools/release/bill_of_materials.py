"""The bill of materials (SBOM) of an environment with the wheel and its dependencies, and the licences in it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

Component = dict[str, Any]

# SPDX ids, and the classifiers of packages that state nothing better. All are permissive: they require only a notice.
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "PSF-2.0",
    "License :: OSI Approved :: Apache Software License",
    "License :: OSI Approved :: BSD License",
}
# The prefix of a classifier, which names no licence.
_EMPTY = "License :: OSI Approved"


def install(wheel: Path, environment: Path, *, lock: Path) -> Path:
    """Install the wheel and its dependencies, as locked, into a new environment. Returns its interpreter."""
    python = environment / "bin" / "python"
    _run("uv", "venv", "--quiet", environment)
    _run("uv", "pip", "install", "--quiet", "--python", python, "--constraints", lock, wheel)
    # It would put a path of this machine into the bill of materials.
    for file in environment.rglob("direct_url.json"):
        file.unlink()
    return python


def write_bill(cyclonedx: Path, python: Path, *, pyproject: Path, to: Path, time: str) -> None:
    """Write the environment's bill of materials as CycloneDX JSON, reproducibly for the same environment and time."""
    options = ("--output-reproducible", "--mc-type", "library", "--pyproject", pyproject, "--output-file", to)
    _run(cyclonedx, "environment", *options, python, SOURCE_DATE_EPOCH=time)


def bill_problems(bill: dict[str, Any], *, name: str, version: str, allowed: set[str] = ALLOWED) -> list[str]:
    """The problems of a bill: it is of another package, or has licences that are missing or not allowed."""
    problems = []
    component = bill["metadata"]["component"]
    if (component["name"], component["version"]) != (name, version):
        problems.append(f"expected {name} {version}, got {component['name']} {component['version']}")
    if "aws-cdk-lib" not in {one["name"] for one in bill["components"]}:
        problems.append("the environment has no aws-cdk-lib")
    for one in [component, *bill["components"]]:
        stated = licenses(one)
        if not stated:
            problems.append(f"{one['name']} {one['version']}: no licence")
        problems += [
            f"{one['name']} {one['version']}: {license_} is not allowed" for license_ in sorted(stated - allowed)
        ]
    return problems


def licenses(component: Component) -> set[str]:
    """All licences that a package states. Each must be allowed, even where the package offers a choice."""
    stated: set[str] = set()
    for entry in component.get("licenses", []):
        if "expression" in entry:
            stated |= set(re.split(r"[\s()]+(?:AND|OR)[\s()]+|[()]+", entry["expression"])) - {""}
        else:
            stated.add(entry["license"].get("id") or entry["license"]["name"])
    return stated - {_EMPTY}


def _run(*command: str | Path, **environment: str) -> None:
    subprocess.run(command, env=os.environ | environment, check=True)
