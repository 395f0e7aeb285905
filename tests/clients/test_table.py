"""The table in docs/contract.md shows the results of this run."""

from __future__ import annotations

import pytest

from tests.clients import client_names
from tests.clients.special_rows import SPECIAL_ROWS
from tests.clients.table import PAGE, SECTION, Cells, case_rows
from tools.page_sections import section, write_section


# This must be the last test of the folder: it reads what the others have recorded.
def test_table_shows_what_ran(cells: Cells, request: pytest.FixtureRequest) -> None:
    committed = section(PAGE, SECTION)

    seen = cells.section([*case_rows(), *SPECIAL_ROWS], client_names.ALL, committed)

    if request.config.getoption("--write-clients-table", default=False):
        write_section(PAGE, SECTION, seen)
    else:
        assert committed == seen, f"{PAGE.name} differs from the results of the tests: make clients-table updates it"
