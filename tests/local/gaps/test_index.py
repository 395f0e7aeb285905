"""The index of the room names all that is in it."""

from __future__ import annotations

import importlib
from pathlib import Path

from connect_constructs.local import emulator
from connect_constructs.local.emulator_gaps.gaps import GAPS, MODULES, table

_DOCUMENT = Path(__file__).parents[3] / "docs" / "local-aws.md"
_ROOM = Path(emulator.__file__).with_name("emulator_gaps")


def test_each_module_of_the_room_is_in_the_index() -> None:
    files = {file.stem for file in _ROOM.glob("*.py")} - {"__main__", "gaps"}

    assert set(MODULES) == files


def test_each_function_outside_that_the_index_names_exists() -> None:
    outside = [name for gap in GAPS for name in gap.closed_by.split(", ") if "." in name]

    for name in outside:
        module, function = name.split(".")
        assert callable(getattr(importlib.import_module(f"connect_constructs.local.{module}"), function))


def test_each_gap_has_its_source() -> None:
    assert all(gap.what and gap.why and gap.source for gap in GAPS)


def test_document_shows_the_index() -> None:
    text = _DOCUMENT.read_text(encoding="utf-8")

    assert table() in text, "python connect_constructs/local/emulator_gaps/gaps.py prints the table"
