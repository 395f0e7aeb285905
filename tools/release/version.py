"""The version, which is only in pyproject.toml, and whether the changelog and the tag agree with it.

`python -m tools.release.version` prints the version.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def project_version(root: Path = ROOT) -> str:
    # tomllib is new in Python 3.11.
    found = re.search(r'^version = "([^"]+)"$', (root / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert found, "pyproject.toml has no version"
    return found[1]


def version_problems(root: Path = ROOT) -> list[str]:
    """Why the current commit cannot be released as its version."""
    version = project_version(root)
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    problems = [*changelog_problems(version, changelog), *tag_problems(version, root)]
    if not (root / "tests" / "upgrade" / version).is_dir():
        problems.append(f"tests/upgrade/{version} is missing: run make upgrade-templates")
    if changes := git(root, "status", "--porcelain"):
        problems.append(f"not committed: {', '.join(line[3:] for line in changes.splitlines())}")
    return problems


def changelog_problems(version: str, changelog: str) -> list[str]:
    """What is missing in CHANGELOG.md for a release of `version`."""
    problems = []
    sections = dict(re.findall(r"^## (\[.+?)$\n(.*?)(?=^## |^\[|\Z)", changelog, re.MULTILINE | re.DOTALL))
    dated = [title for title in sections if re.fullmatch(rf"\[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d", title)]
    if not dated:
        problems.append(f"CHANGELOG.md has no section '## [{version}] - YYYY-MM-DD'")
    elif not sections[dated[0]].strip():
        problems.append(f"CHANGELOG.md says nothing about {version}")
    if not re.search(rf"^\[{re.escape(version)}\]: https://\S+$", changelog, re.MULTILINE):
        problems.append(f"CHANGELOG.md has no link '[{version}]: https://…'")
    if sections.get("[Unreleased]", "").strip():
        problems.append(f"CHANGELOG.md has text under Unreleased: move it to {version}")
    return problems


def tag_problems(version: str, root: Path = ROOT) -> list[str]:
    """Whether the tags contradict `version`. A commit without a tag is not tagged yet."""
    wanted = f"v{version}"
    here = git(root, "tag", "--points-at", "HEAD", "--list", "v[0-9]*").split()
    problems = [f"the tag is {tag}, and the version in pyproject.toml is {version}" for tag in here if tag != wanted]
    if wanted not in here and git(root, "tag", "--list", wanted):
        problems.append(f"{wanted} is the tag of another commit: raise the version in pyproject.toml")
    return problems


def last_release(root: Path = ROOT) -> str | None:
    """The tag of the last release before this commit; None if there is none."""
    found = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD^"],  # noqa: S607
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or None


def may_break(old: str, new: str) -> bool:
    """Whether semantic versioning lets version `new` break what `old` promised: a new major version or 0.MINOR does."""
    before, after = ([int(number) for number in re.findall(r"\d+", version)[:2]] for version in (old, new))
    return after > before and (after[0] > before[0] or after[0] == 0)


def git(root: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.rstrip()


if __name__ == "__main__":
    print(project_version())
