"""Fixtures for the command line: a folder for the app, and one for temporary files, which must not stay."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.command_line import ROOT, processes_of


@pytest.fixture(autouse=True, scope="session")
def commands_get_hangups() -> None:
    """Under nohup, this process ignores SIGHUP, and so would the commands that it starts.

    A handler does not pass on to other processes, and this one still survives its terminal.
    """
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """This process's environment, with a folder of its own for temporary files."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder for a CDK app that the test writes."""
    folder = tmp_path / "app"
    folder.mkdir()
    return folder


@pytest.fixture
def nothing_stays(environment: dict[str, str]) -> Iterator[None]:
    yield
    # Node keeps its compile cache there, for all Node programs.
    left = [path.name for path in Path(environment["TMPDIR"]).iterdir() if path.name != "node-compile-cache"]
    assert left == []
    assert processes_of(environment["TMPDIR"]) == []
