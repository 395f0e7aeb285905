"""That the version, the changelog and the tag agree."""

from __future__ import annotations

import pytest

from tests.release.repository import Repository
from tools.release.version import (
    changelog_problems,
    last_release,
    may_break,
    project_version,
    tag_problems,
    version_problems,
)

RELEASED = """\
# Changelog

## [Unreleased]

## [1.2.0] - 2026-11-25

### Added

- Something.

## [1.1.0] - 2026-10-01

- The first.

[Unreleased]: https://example.com/compare/v1.2.0...main
[1.2.0]: https://example.com/releases/v1.2.0
[1.1.0]: https://example.com/releases/v1.1.0
"""
PROJECT = '[project]\nname = "x"\nversion = "1.2.0"\n'


def test_changelog_with_a_dated_section_and_a_link_is_ready() -> None:
    assert changelog_problems("1.2.0", RELEASED) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[1.2.0] - 2026", "[1.2.0] 2026", "CHANGELOG.md has no section '## [1.2.0] - YYYY-MM-DD'"),
        ("### Added\n\n- Something.\n\n", "", "CHANGELOG.md says nothing about 1.2.0"),
        ("[1.2.0]: https://example.com/releases/v1.2.0\n", "", "CHANGELOG.md has no link '[1.2.0]: https://…'"),
        (
            "[Unreleased]\n\n##",
            "[Unreleased]\n\n- More.\n\n##",
            "CHANGELOG.md has text under Unreleased: move it to 1.2.0",
        ),
    ],
)
def test_changelog_lacks(old: str, new: str, problem: str) -> None:
    assert old in RELEASED

    assert changelog_problems("1.2.0", RELEASED.replace(old, new)) == [problem]


def test_every_problem_of_a_commit_is_named(repository: Repository) -> None:
    repository.commit({"pyproject.toml": PROJECT, "CHANGELOG.md": RELEASED, "tests/upgrade/1.2.0/queue.json": "{}"})
    assert project_version(repository.root) == "1.2.0"
    assert version_problems(repository.root) == []

    repository.commit({"pyproject.toml": PROJECT.replace("1.2.0", "1.3.0")}, tag="v1.2.0")
    (repository.root / "new").touch()

    assert version_problems(repository.root) == [
        "CHANGELOG.md has no section '## [1.3.0] - YYYY-MM-DD'",
        "CHANGELOG.md has no link '[1.3.0]: https://…'",
        "the tag is v1.2.0, and the version in pyproject.toml is 1.3.0",
        "tests/upgrade/1.3.0 is missing: run make upgrade-templates",
        "not committed: new",
    ]


def test_version_that_is_released_already_is_a_problem(repository: Repository) -> None:
    repository.commit({"pyproject.toml": PROJECT}, tag="v1.2.0")
    assert tag_problems("1.2.0", repository.root) == []

    repository.commit({})

    assert tag_problems("1.2.0", repository.root) == [
        "v1.2.0 is the tag of another commit: raise the version in pyproject.toml"
    ]


def test_last_release_is_the_one_before_this_commit(repository: Repository) -> None:
    repository.commit({}, tag="v1.1.0")
    assert last_release(repository.root) is None

    repository.commit({}, tag="not-a-release")
    repository.commit({}, tag="v1.2.0")

    assert last_release(repository.root) == "v1.1.0"


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ("v0.1.0", "0.1.1", False),
        ("v0.1.0", "0.2.0", True),
        ("v0.9.0", "0.10.0", True),
        ("v0.9.0", "1.0.0", True),
        ("v1.1.0", "1.2.0", False),
        ("v1.1.0", "2.0.0", True),
        ("v1.1.0", "1.1.0", False),
        ("v2.0.0", "1.9.0", False),
        ("v1.0.0", "0.9.0", False),
    ],
)
def test_version_says_whether_it_may_break(old: str, new: str, *, allowed: bool) -> None:
    assert may_break(old, new) is allowed
