"""A Git repository for a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tools.release.version import git


class Repository:
    """A Git repository in a folder of the test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        git(root, "init", "--quiet")

    def commit(self, files: Mapping[str, str], *, tag: str | None = None) -> None:
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", "--message", "A change")
        if tag:
            git(self.root, "tag", tag)
