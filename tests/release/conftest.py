"""Small repositories of their own, with tags."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.release.repository import Repository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    # Whatever the machine's settings of Git are, such as signed commits.
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@example.com")
    return Repository(tmp_path)
