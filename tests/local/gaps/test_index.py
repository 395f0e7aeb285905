"""The index of the room names all that is in it."""

from __future__ import annotations

import re
from pathlib import Path

from connect_constructs.local import emulator
from connect_constructs.local.emulator_gaps.gaps import GAPS, MODULES, table
from tools.emulator_gaps_table import PAGE, SECTION
from tools.page_sections import section

_ROOM = Path(emulator.__file__).with_name("emulator_gaps")


def test_each_module_of_the_room_is_in_the_index() -> None:
    in_the_emulator = {file.stem for file in _ROOM.glob("*.py")} - {"__main__", "gaps"}
    at_deployment = {f"at_deployment.{file.stem}" for file in _ROOM.glob("at_deployment/*.py")}

    assert set(MODULES) == in_the_emulator
    assert {gap.closed_by for gap in GAPS} == in_the_emulator | at_deployment


def test_only_the_room_and_what_starts_the_emulator_know_which_one_it_is() -> None:
    local = _ROOM.parent
    known_by = {
        file.relative_to(local)
        for file in local.rglob("*.py")
        if re.search("ministack|_user_request_", file.read_text(encoding="utf-8"), re.IGNORECASE)
    }

    assert {file for file in known_by if file.parts[0] != _ROOM.name} == {Path("emulator.py")}


def test_each_gap_has_its_source() -> None:
    assert all(gap.what and gap.why and gap.source for gap in GAPS)


def test_document_shows_the_index() -> None:
    assert section(PAGE, SECTION) == table().strip(), "make emulator-gaps writes the table"
