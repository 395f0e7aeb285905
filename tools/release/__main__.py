"""Everything that a release needs except the upload (make release-check). Leaves the release's files in dist/.

Every check runs, even after another has failed. Exits with 1 if there is a problem.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tools.release.bill_of_materials import bill_problems, install, write_bill
from tools.release.distributions import build_twice
from tools.release.index_page import dead_links, files_and_folders, page, project_urls
from tools.release.version import ROOT, git, project_version, version_problems

NAME = "connect-constructs"
TOOLS = ROOT / ".venv" / "release" / "bin"
DIST = ROOT / "dist"


def version(workspace: Path) -> list[str]:
    return version_problems()


def upgrade_templates(workspace: Path) -> list[str]:
    return printed_if_it_fails(sys.executable, "-m", "tests.upgrade.templates", "--check", project_version())


def public_names(workspace: Path) -> list[str]:
    return printed_if_it_fails(TOOLS / "python", "-m", "tools.release.public_names")


def workflows(workspace: Path) -> list[str]:
    return printed_if_it_fails("make", "--silent", "check-workflows")


def reproducible_build(workspace: Path) -> list[str]:
    return build_twice(ROOT, workspace, DIST)


def index_page(workspace: Path) -> list[str]:
    (wheel,) = DIST.glob("*.whl")
    (sdist,) = DIST.glob("*.tar.gz")
    repository, tag = project_urls(wheel)["Repository"], f"v{project_version()}"
    return [
        *printed_if_it_fails(TOOLS / "twine", "check", "--strict", wheel, sdist),
        *dead_links(page(wheel), repository=repository, tag=tag, files=files_and_folders(ROOT)),
    ]


def licences(workspace: Path) -> list[str]:
    (wheel,) = DIST.glob("*.whl")
    bill = DIST / f"{NAME}-{project_version()}.cdx.json"
    python = install(wheel, workspace / "environment", lock=ROOT / "requirements" / "dev.txt")
    write_bill(
        TOOLS / "cyclonedx-py",
        python,
        pyproject=ROOT / "pyproject.toml",
        to=bill,
        time=git(ROOT, "log", "-1", "--format=%ct"),
    )
    return bill_problems(json.loads(bill.read_text()), name=NAME, version=project_version())


CHECKS: dict[str, Callable[[Path], list[str]]] = {
    "version, changelog and tag agree": version,
    "templates for upgrade tests are today's": upgrade_templates,
    "public names are as in the last release": public_names,
    "workflows": workflows,
    "wheel and sdist, built twice": reproducible_build,
    "page of the package index": index_page,
    "bill of materials and licences": licences,
}


def printed_if_it_fails(*command: str | Path) -> list[str]:
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=300
    )
    return done.stdout.splitlines() or [f"{command[0]} exited with {done.returncode}"] if done.returncode else []


def main() -> int:
    problems = 0
    with tempfile.TemporaryDirectory() as workspace:
        for number, (title, check) in enumerate(CHECKS.items(), 1):
            print(f"{number}/{len(CHECKS)} {title} … ", end="", flush=True)
            start = time.monotonic()
            try:
                found = check(Path(workspace))
            except (subprocess.SubprocessError, OSError, ValueError) as error:
                # Such as no wheel after a build that failed.
                found = str(error).splitlines()
            print(f"{'not ok' if found else 'ok'} ({time.monotonic() - start:.0f} s)")
            for line in found:
                print(f"    {line}")
            problems += bool(found)
    if problems:
        print(f"release-check: {problems} of {len(CHECKS)} checks failed")
        return 1
    print(f"release-check: {NAME} {project_version()} lacks only the upload:")
    for file in sorted(DIST.iterdir()):
        print(f"    dist/{file.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
