"""Where the command line is tested: a folder for the app, and one for temporary files in which nothing may stay."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.command_line import ROOT, processes_of


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The own one, with a folder for temporary files in which whatever is left can be seen."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A CDK app's folder, whose app is still to be written."""
    folder = tmp_path / "app"
    folder.mkdir()
    return folder


@pytest.fixture
def nothing_stays(environment: dict[str, str]) -> Iterator[None]:
    yield
    # Node keeps its compile cache there, for all of its programs.
    left = [path.name for path in Path(environment["TMPDIR"]).iterdir() if path.name != "node-compile-cache"]
    assert left == []
    assert processes_of(environment["TMPDIR"]) == []
