"""docs/clients.md says what this run saw."""

from __future__ import annotations

import pytest

from tests.clients import client_names
from tests.clients.special_rows import SPECIAL_ROWS
from tests.clients.table import FILE, Cells, case_rows


# The last of this folder's tests: it reads what the others have recorded.
def test_table_shows_what_ran(cells: Cells, request: pytest.FixtureRequest) -> None:
    committed = FILE.read_text(encoding="utf-8") if FILE.exists() else ""

    document = cells.document([*case_rows(), *SPECIAL_ROWS], client_names.ALL, committed)

    if request.config.getoption("--write-clients-table", default=False):
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(document, encoding="utf-8")
    else:
        assert committed == document, f"{FILE.name} differs from what the tests saw: make clients-table writes it anew"
