from __future__ import annotations

from pathlib import Path

import pytest

from tools.page_sections import section, write_section

_PAGE = """\
# Page

<!-- begin: figures, written by make bench -->

old

<!-- end: figures -->

<!-- begin: other, written by make other -->
<!-- end: other -->
The end.
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "page.md"
    file.write_text(_PAGE, encoding="utf-8")
    return file


def test_reads_back_what_was_written(page: Path) -> None:
    write_section(page, "figures", "| a |\n| --- |\n\n## Ünd \\1\n")

    assert section(page, "figures") == "| a |\n| --- |\n\n## Ünd \\1"


def test_leaves_the_rest_of_the_page_as_it_is(page: Path) -> None:
    write_section(page, "figures", "new")

    assert page.read_text(encoding="utf-8") == _PAGE.replace("old", "new")


def test_same_content_twice_is_the_same_page(page: Path) -> None:
    write_section(page, "other", "new\n")
    once = page.read_bytes()

    write_section(page, "other", "\nnew")

    assert page.read_bytes() == once
    assert once.decode().endswith("-->\n\nnew\n\n<!-- end: other -->\nThe end.\n")


@pytest.mark.parametrize("text", ["# Page\n", _PAGE + _PAGE, _PAGE.replace("<!-- end: figures -->", "")])
def test_refuses_a_page_without_exactly_one_such_section(page: Path, text: str) -> None:
    page.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match="expected one section 'figures'"):
        write_section(page, "figures", "new")

    assert page.read_text(encoding="utf-8") == text
