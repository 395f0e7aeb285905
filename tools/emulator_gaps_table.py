"""Writes the table of the emulator's gaps into docs/testing.md (make emulator-gaps)."""

from __future__ import annotations

from pathlib import Path

from connect_constructs.local.emulator_gaps.gaps import table
from tools.page_sections import write_section

PAGE = Path(__file__).resolve().parents[1] / "docs" / "testing.md"
SECTION = "emulator-gaps"

if __name__ == "__main__":
    write_section(PAGE, SECTION, table())
