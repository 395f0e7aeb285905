"""The comparison of the public names with those of the last release, on a package of the test."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.release.repository import Repository

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv" / "release" / "bin" / "python"

PROJECT = '[project]\nversion = "0.1.0"\n'
INIT = """\
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connect_constructs.queue import Queue

__all__ = ["Queue"]
"""
QUEUE = """\
class Queue:
    def __init__(self, scope: str, *, rate: int = 7, key: str | None = None) -> None: ...
    def grant(self) -> None: ...
    def _inner(self) -> None: ...

def helper(text: str) -> None: ...
"""

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="griffe is missing (make public-names)")


@pytest.fixture
def released(repository: Repository) -> Repository:
    """A package with a release, and a commit after it."""
    repository.commit(
        {"pyproject.toml": PROJECT, "connect_constructs/__init__.py": INIT, "connect_constructs/queue.py": QUEUE},
        tag="v0.1.0",
    )
    repository.commit({})
    return repository


def compare(repository: Repository) -> tuple[int, list[str]]:
    command = [str(PYTHON), "-m", "tools.release.public_names", str(repository.root)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()


def change(repository: Repository, old: str, new: str, *, file: str = "connect_constructs/queue.py") -> None:
    text = (repository.root / file).read_text()
    assert old in text
    repository.commit({file: text.replace(old, new)})


def test_without_a_release_there_is_nothing_to_compare_with(repository: Repository) -> None:
    repository.commit({"pyproject.toml": PROJECT})

    assert compare(repository) == (
        0,
        ["public names: no release before this commit, nothing to compare with"],
    )


def test_removed_parameter_breaks(released: Repository) -> None:
    change(released, ", key: str | None = None", "")

    assert compare(released) == (
        1,
        [
            "public names: breaking changes since v0.1.0: 1",
            "  connect_constructs/queue.py:2: Queue.__init__(key): Parameter was removed",
            "  version 0.1.0 must not break v0.1.0: keep the names, or raise the version",
        ],
    )


def test_removed_method_breaks(released: Repository) -> None:
    change(released, "def grant(", "def grant_send(")

    status, lines = compare(released)

    assert status == 1
    assert "Queue.grant: Public object was removed" in lines[1]


def test_name_that_leaves_all_breaks(released: Repository) -> None:
    change(released, '["Queue"]', "[]", file="connect_constructs/__init__.py")

    status, lines = compare(released)

    assert status == 1
    assert lines[1] == "  connect_constructs.Queue: is no longer in __all__"


def test_what_is_not_in_all_may_change(released: Repository) -> None:
    change(released, "def helper(text: str)", "def other()")
    change(released, "def _inner(self)", "def _other(self, size: int)")
    change(released, "rate: int = 7, key", "rate: int = 7, burst: int = 15, key")

    assert compare(released) == (0, ["public names: breaking changes since v0.1.0: 0"])


def test_new_minor_version_below_1_may_break(released: Repository) -> None:
    change(released, ", key: str | None = None", "")
    change(released, "0.1.0", "0.2.0", file="pyproject.toml")

    status, lines = compare(released)

    assert status == 0
    assert len(lines) == 2
