"""Writes the tables of what changing each option does into docs/lifecycle.md (make lifecycle)."""

from __future__ import annotations

from tools.lifecycle.table import PAGE, SECTION, tables
from tools.page_sections import write_section

if __name__ == "__main__":
    write_section(PAGE, SECTION, tables())
