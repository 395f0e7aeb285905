"""Prints one closing line with the reasons for skipped tests. A plugin that conftest.py loads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest


# This must be the last line before pytest's own with the numbers.
@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.getreports("skipped")
    if reports:
        terminalreporter.write_line(closing_line(_reason(report) for report in reports))


def closing_line(reasons: Iterable[str]) -> str:
    """For example "3 skipped: chromium is missing (apt install chromium)". A reason says what would run the test."""
    counted = Counter(reasons)
    return "; ".join(f"{count} skipped: {reason}" for reason, count in counted.items())


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    # It has the file, the line and the text.
    assert isinstance(report.longrepr, tuple)
    return report.longrepr[2].removeprefix("Skipped: ")
