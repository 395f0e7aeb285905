"""Links lead somewhere on GitHub, too. The site's own are checked when it is built (make docs)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, SITE, name_of

_REPOSITORY = re.compile(r"https://github\.com/connect-constructs/connect-constructs/(?:blob|tree)/main/(.+)")
_CONFIGURATION = ROOT / "zensical.toml"


def text_of(page: Path) -> str:
    """The page without its code blocks."""
    return re.sub(r"^( *)```.*?^\1```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def links(page: Path) -> set[str]:
    text = text_of(page)
    return {*re.findall(r"\]\(\s*<?([^)\s>]+)", text), *re.findall(r"^\[[^\]]+\]: (\S+)$", text, re.MULTILINE)}


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_to_files_and_headings_lead_somewhere(page: Path) -> None:
    for link in links(page):
        target, _, anchor = link.partition("#")
        if own := _REPOSITORY.fullmatch(target):
            file = ROOT / own[1]
        elif "://" in target:
            continue
        else:
            file = page.parent / target if target else page
        assert file.exists(), link
        assert not anchor or anchor in anchors(file), link


@pytest.mark.parametrize("page", SITE, ids=name_of)
def test_pages_of_the_site_name_files_outside_it_by_their_address(page: Path) -> None:
    outside = {link for link in links(page) if link.startswith("../")}

    assert outside == set(), "the site has no such files: link to them on GitHub"


def test_site_has_every_page_in_its_menu() -> None:
    menu = re.findall(r'= "(\w+\.md)"', _CONFIGURATION.read_text(encoding="utf-8"))

    assert sorted(menu) == [page.name for page in SITE]
    assert menu


def test_every_picture_of_the_documentation_is_shown() -> None:
    shown = {Path(link).name for page in PAGES for link in links(page)}

    assert {file.name for file in (ROOT / "docs").iterdir() if file.suffix in {".svg", ".png"}} <= shown


def test_readme_is_a_landing_page() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 160


def test_contributing_says_what_each_folder_of_tests_is_for() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    folders = {file.relative_to(ROOT / "tests").parts[0] for file in (ROOT / "tests").rglob("test_*.py")}

    assert {folder for folder in folders if "." not in folder and f"`tests/{folder}`" not in text} == set()
