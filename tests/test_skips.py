"""The reasons for skipped tests are printed at the end of a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

TESTS = """
import pytest

@pytest.mark.parametrize("number", range(2))
def test_in_a_browser(number):
    pytest.skip("a browser is missing (apt install browser)")

@pytest.mark.skipif(True, reason="curl is missing (apt install curl)")
def test_of_a_command():
    pass

def test_that_runs():
    pass
"""


def run_pytest(directory: Path, *arguments: str) -> list[str]:
    """The last two lines that pytest prints."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.skips", *arguments, directory / "test_some.py"],
        cwd=directory,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.splitlines()[-2:]


def test_skips_are_named_in_one_line_before_the_numbers(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)

    named, numbers = run_pytest(tmp_path)

    assert named == (
        "2 skipped: a browser is missing (apt install browser); 1 skipped: curl is missing (apt install curl)"
    )
    assert "1 passed, 3 skipped" in numbers


def test_nothing_is_printed_where_nothing_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)

    before, _ = run_pytest(tmp_path, "-k", "test_that_runs")

    assert "skipped" not in before
